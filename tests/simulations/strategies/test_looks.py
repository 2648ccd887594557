"""Code that only takes its steps holds; whoever looks at the shared state outside of them is noticed."""

import logging
import random
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lastseat.testing import (
    Condition,
    Mutex,
    Operation,
    Register,
    Shared,
    Verdict,
    act,
    blocking,
    explore,
    take,
)

STRATEGIES = ["dpor", "brute", "merged", "preemptions=9"]
HERE = "test_unseen.py:"


def shared() -> Shared:
    return Shared(counter=Register(0), left=Mutex(), changed=Condition())


def line_of(function: Callable[..., Any], offset: int) -> str:
    return f"({HERE}{function.__code__.co_firstlineno + offset})"


# --- what is none of that -----------------------------------------------------------------------------------------


class Box:
    """Operations as methods, and a constant."""

    limit = 10

    def __init__(self) -> None:
        self.items: list[int] = []
        self.name = "box"

    def put(self, item: int) -> Operation:
        where = (self.name,)
        return act("put", lambda box: box.items.append(item), reads=where, writes=where)


def puts(box: Any) -> Iterator[Any]:
    if box.limit > 3:
        yield box.put(1)


def puts_after_a_look(box: Any) -> Iterator[Any]:
    if len(box.items) < 1:
        yield box.put(1)


def seeded(shared: Any) -> Iterator[Any]:
    yield shared.counter.write(random.Random(7).random())  # noqa: S311


def logs(shared: Any) -> Iterator[Any]:
    logging.getLogger("lastseat.nobody").debug("hello")
    yield shared.counter.write(1)


def imports(shared: Any) -> Iterator[Any]:
    import this_is_imported_late  # type: ignore[import-not-found]

    yield shared.counter.write(this_is_imported_late.STARTED > 0)


def deposits(_: dict[str, int]) -> None:
    seen = take(act("look", lambda account: account["money"], reads=("money",), writes=()))
    take(act("set", lambda account: account.update(money=seen + 1), reads=(), writes=("money",)))


def test_code_that_only_takes_its_steps_holds() -> None:
    assert explore([puts, puts], shared=Box).verdict == Verdict.HOLDS
    assert explore([seeded, seeded], shared=shared).verdict == Verdict.HOLDS
    assert explore([logs, logs], shared=shared).verdict == Verdict.HOLDS
    assert explore([blocking(deposits)] * 2, shared=lambda: {"money": 0}).verdict == Verdict.HOLDS


def test_what_a_module_does_while_it_is_imported_is_not_what_the_process_does(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "this_is_imported_late.py").write_text("import time\nSTARTED = time.time()\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert explore([imports, imports], shared=shared).verdict == Verdict.HOLDS


@pytest.mark.parametrize(
    ("state", "change", "look"),
    [
        (dict, lambda held: held.update(a=1), lambda held: held.get("a")),
        (dict, lambda held: held.update(a=1), lambda held: "a" in held),
        (list, lambda held: held.append(1), len),
        (set, lambda held: held.add(1), list),
        (deque, lambda held: held.append(1), lambda held: held[0] if held else None),
    ],
)
def test_a_look_at_a_container_that_is_shared_is_noticed(
    state: Callable[[], Any], change: Callable[[Any], Any], look: Callable[[Any], Any]
) -> None:
    def process(held: Any) -> Iterator[Any]:
        look(held)
        yield act("change", change)

    seen = explore([process, process], shared=state)

    assert seen.verdict == Verdict.VACUOUS
    assert "process 0 (and 1 other) looks at the shared state outside its operations" in seen.why


def test_a_look_at_an_attribute_that_steps_change_is_noticed() -> None:
    seen = explore([puts_after_a_look] * 2, shared=Box)

    assert seen.why.startswith("process 0 (and 1 other) looks at items outside its operations")


def test_a_state_that_cannot_be_watched_is_said_not_to_be() -> None:
    def appends(_: Any) -> Iterator[Any]:
        yield act("append", lambda held: held.append(1))

    seen = explore([appends, appends], shared=lambda: array("i"))

    assert seen.unwatched == ("looks at a value of type array are not noticed",)
    assert explore([puts], shared=Box).unwatched == ()
