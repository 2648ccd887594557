"""Results are kept as they were when they were given: a process may change one later."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest

from lastseat.reference.values import BookingRequest
from lastseat.simulations.common.structure import compared_by, held_by
from lastseat.simulations.kernel.endings import Frozen, differ, frozen
from lastseat.simulations.kernel.operations import Raised
from lastseat.testing import Operation, ProgramError, Register, Shared, Verdict, act, explore

STEP = act("step", lambda _: None)


class Colour(Enum):
    RED = 1


@dataclass
class Row:
    cells: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    rows: Any


class Silent:
    """Has no equality of its own."""

    def __init__(self, said: object) -> None:
        self.said = said


@pytest.mark.parametrize(
    "result",
    [
        1,
        1.5,
        "text",
        b"bytes",
        None,
        True,
        (1, ("a", None)),
        frozenset({1}),
        Colour.RED,
        Page((1, 2)),
        BookingRequest("ann", "room"),
        Raised.of(ValueError("no")),
        Silent(1),
        lambda: 1,
    ],
)
def test_what_nobody_can_change_is_kept_as_it_is(result: Any) -> None:
    assert frozen(STEP, result) is result


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (lambda: [1], lambda result: result.append(2)),
        (lambda: {"a": 1}, lambda result: result.update(b=2)),
        (lambda: {1}, lambda result: result.add(2)),
        (lambda: ([1],), lambda result: result[0].append(2)),
        (lambda: Row([1]), lambda result: result.cells.append(2)),
        (lambda: Page([1]), lambda result: result.rows.append(2)),
        (lambda: {"rows": [{"a": Row()}]}, lambda result: result["rows"][0]["a"].cells.append(2)),
    ],
)
def test_what_can_be_changed_is_compared_as_it_was(make: Callable[[], Any], change: Callable[[Any], Any]) -> None:
    result = make()
    kept = frozen(STEP, result)
    change(result)

    assert isinstance(kept, Frozen)
    assert not differ(kept, make())
    assert differ(kept, result)


def test_what_has_no_equality_is_not_told_apart_also_within() -> None:
    assert not differ(frozen(STEP, [Silent(1)]), [Silent(2)])
    assert differ(frozen(STEP, [Silent(1)]), [1])
    assert not differ(frozen(STEP, [lambda: 1]), [lambda: 2])


def test_numbers_of_several_types_are_told_apart_within_a_result() -> None:
    assert differ(frozen(STEP, [1]), [True])
    assert differ(frozen(STEP, {"a": Colour.RED}), {"a": 1})


def test_what_cannot_be_taken_apart_is_only_its_type() -> None:
    class Closed:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return self is other

        def __reduce_ex__(self, _: object) -> Any:
            raise ValueError("not to be copied")

    assert compared_by([Closed()]) == (list,)
    assert not differ(frozen(STEP, Closed()), Closed())
    with pytest.raises(ValueError, match="not to be copied"):
        held_by(Closed())


class Keyed(Operation):
    """A step whose results are compared by their length."""

    kind = "keyed"

    def __init__(self, give: Callable[[], Any]) -> None:
        self.give = give

    def perform(self, _shared: object, /) -> Any:
        return self.give()

    def key(self, result: Any, /) -> int:
        return len(result)


def test_an_operation_may_say_what_its_results_are_compared_by() -> None:
    step = Keyed(list)

    assert not differ(frozen(step, "ab"), "cd")
    assert differ(frozen(step, "ab"), "abc")
    assert frozen(step, Raised.of(ValueError("no"))) == Raised.of(ValueError("no"))
    assert not differ(frozen(step, None), None)  # what has no length is compared as it is


NUMBERS = iter(range(10**9))


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_result_that_the_process_changes_later_is_no_matter(strategy: str) -> None:
    def process(shared: Any) -> Any:
        rows = yield act("look", lambda shared: {"n": [shared.x.value]}, reads=("x",), writes=())
        yield shared.x.write(1)
        rows["n"].append(5)
        yield shared.x.read()
        rows["m"] = 1
        return tuple(rows["n"])

    seen = explore([process, process], shared=lambda: Shared(x=Register(0)), strategy=strategy)

    assert seen.verdict is Verdict.HOLDS
    assert seen.vectors == {((0, 5), (0, 5)), ((0, 5), (1, 5)), ((1, 5), (0, 5))}


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_result_that_is_another_one_each_time_is_still_found(strategy: str) -> None:
    def process(shared: Any) -> Any:
        yield act("look", lambda _: [next(NUMBERS)], reads=("x",), writes=())
        yield shared.x.write(1)

    with pytest.raises(ProgramError, match="the program is not deterministic"):
        explore([process, process], shared=lambda: Shared(x=Register(0)), strategy=strategy)
