"""Never a false *holds*: what a stranger writes first, and the scheduler cannot see, is found and said."""

import datetime
import os
import random
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from lastseat.simulations.strategies.unseen.look import Lookout
from lastseat.testing import (
    Condition,
    Exploration,
    Mutex,
    Operation,
    ProgramError,
    Register,
    Shared,
    Verdict,
    act,
    at_end,
    blocking,
    explore,
    sample,
)

STRATEGIES = ["dpor", "brute", "merged", "preemptions=9"]
HERE = "test_unseen.py:"


def shared() -> Shared:
    return Shared(counter=Register(0), left=Mutex(), changed=Condition())


def line_of(function: Callable[..., Any], offset: int) -> str:
    return f"({HERE}{function.__code__.co_firstlineno + offset})"


# --- code that takes no shared step -----------------------------------------------------------------------------


class Counter:
    """A class of somebody's own: the first thing that is tried."""

    value = 0

    def increment(self) -> None:
        seen = self.value
        self.value = seen + 1


CACHE: dict[str, int] = {}


def fills_the_cache(_: Any) -> Any:
    if "k" not in CACHE:
        CACHE["k"] = 1
    return CACHE["k"]


def a_counter_of_ones_own(strategy: str) -> Exploration:
    two = at_end("2", lambda end: end.shared.value == 2)
    return explore([blocking(Counter.increment)] * 2, shared=Counter, properties=[two], strategy=strategy)


@pytest.mark.parametrize("strategy", ["dpor", "brute", "preemptions=9"])
def test_the_first_thing_that_anyone_tries_is_not_told_that_it_holds(strategy: str) -> None:
    with pytest.raises(ProgramError) as refused:
        a_counter_of_ones_own(strategy)

    said, place = str(refused.value), line_of(Counter.increment, 2)
    assert said == (
        f"process 0 changes shared state outside its operations (value) {place}, where no schedule can come between"
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_program_without_a_process_is_vacuous(strategy: str) -> None:
    seen = explore([], shared=shared, strategy=strategy)

    assert (seen.verdict, seen.why) == (Verdict.VACUOUS, "there is no process")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_process_that_takes_no_step_and_does_something_makes_it_vacuous(strategy: str) -> None:
    seen = explore([blocking(fills_the_cache)] * 2, shared=shared, strategy=strategy)

    assert seen.verdict == Verdict.VACUOUS
    assert seen.why.startswith("process 0 (and 1 other) takes no shared step (test_unseen.py:")


def test_a_process_that_does_nothing_at_all_takes_nothing_from_what_holds() -> None:
    def nothing(_: Any) -> Iterator[Any]:
        yield from ()

    assert explore([nothing, adds], shared=shared).verdict == Verdict.HOLDS


def test_a_step_of_one_process_does_not_excuse_another_that_takes_none() -> None:
    def helps(items: list[int]) -> int:
        return sum(items)

    def forgets(shared: Any) -> Iterator[Any]:
        shared.counter.write(helps([1, 2]))
        yield from ()

    seen = explore([adds, forgets], shared=shared)

    assert seen.verdict == Verdict.VACUOUS
    assert "process 1 takes no shared step" in seen.why


# --- what is made, looked at or changed outside of operations -----------------------------------------------------


def adds(shared: Any) -> Iterator[Any]:
    yield shared.counter.fetch_and_add()


def forgets_to_yield(shared: Any) -> Iterator[Any]:
    shared.left.acquire()
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)
    shared.left.release()


def forgets_yield_from(shared: Any) -> Iterator[Any]:
    yield shared.changed.acquire()
    shared.changed.wait()
    yield shared.changed.release()


class Draw(Operation):
    kind: ClassVar[str] = "draw"
    reads = writes = ("counter",)

    def perform(self, shared: Any, /) -> None:
        shared.counter.value += 1


def forgets_an_operation_of_its_own(_: Any) -> Iterator[Any]:
    yield Draw()
    Draw()


@dataclass(frozen=True)
class Put(Operation):
    """An operation as one writes it: a dataclass of one's own."""

    kind: ClassVar[str] = "put"
    item: int

    def perform(self, shared: Any, /) -> None:
        shared.counter.value = self.item


class Take(Operation):
    kind: ClassVar[str] = "take"

    def __init__(self, item: int) -> None:
        self.item = item

    def perform(self, shared: Any, /) -> None:
        shared.counter.value -= self.item


def forgets_a_dataclass_of_its_own(_: Any) -> Iterator[Any]:
    yield Put(1)
    Put(2)


def forgets_one_that_it_has_made_itself(_: Any) -> Iterator[Any]:
    yield Take(1)
    Take(2)


def helps(shared: Any) -> Iterator[Any]:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


async def helps_later(shared: Any) -> None:
    await shared.counter.write(1)


def forgets_the_steps_of_a_generator(shared: Any) -> Iterator[Any]:
    helps(shared)
    yield shared.left.acquire()
    yield from helps(shared)
    yield shared.left.release()


async def forgets_to_await(shared: Any) -> None:
    helps_later(shared)  # type: ignore[unused-coroutine]
    await shared.counter.read()


def forgets_an_act(shared: Any) -> Iterator[Any]:
    yield shared.counter.read()
    act("add", lambda _: None, reads=(), writes=("counter",))


def looks_before_its_first_step(shared: Any) -> Iterator[Any]:
    seen = shared.counter.value
    yield shared.counter.write(seen + 1)


def looks_while_it_holds_a_lock(shared: Any) -> Iterator[Any]:
    yield shared.left.acquire()
    yield shared.counter.write(shared.counter.value + 1)
    yield shared.left.release()


def reads_the_clock(shared: Any) -> Iterator[Any]:
    if time.monotonic() > 0:
        yield shared.counter.write(1)


def asks_what_day_it_is(shared: Any) -> Iterator[Any]:
    yield shared.counter.write(datetime.datetime.now(tz=datetime.UTC).year)


def sleeps(shared: Any) -> Iterator[Any]:
    seen = yield shared.counter.read()
    time.sleep(0.0001)
    yield shared.counter.write(seen + 1)


def tosses_a_coin(shared: Any) -> Iterator[Any]:
    if random.random() < 2:  # noqa: S311
        yield shared.counter.write(1)


def draws_without_a_seed(shared: Any) -> Iterator[Any]:
    random.Random()  # noqa: S311
    yield shared.counter.write(1)


def draws_an_id(shared: Any) -> Iterator[Any]:
    yield shared.counter.write(bool(uuid.uuid4()))


def opens_a_file(shared: Any) -> Iterator[Any]:
    with open(os.devnull) as nothing:  # noqa: PTH123
        yield shared.counter.write(len(nothing.read()))


def asks_a_database(shared: Any) -> Iterator[Any]:
    with sqlite3.connect(":memory:") as connection:
        yield shared.counter.write(connection.execute("select 1").fetchone()[0])


def changes_a_global(shared: Any) -> Iterator[Any]:
    seen = yield shared.counter.read()
    CACHE["seen"] = CACHE.get("seen", 0) + 1
    yield shared.counter.write(seen + 1)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("process", "said", "offset"),
    [
        (forgets_to_yield, "makes the operation acquire left and never takes it", 1),
        (forgets_to_yield, "makes the operation release left and never takes it", 4),
        (forgets_yield_from, "makes the operation waiting changed and never takes it", 2),
        (forgets_an_operation_of_its_own, "makes the operation draw and never takes it", 2),
        (forgets_a_dataclass_of_its_own, "makes the operation put and never takes it", 2),
        (forgets_one_that_it_has_made_itself, "makes the operation take and never takes it", 2),
        (forgets_the_steps_of_a_generator, "calls helps and never takes its steps", 1),
        (forgets_to_await, "calls helps_later and never takes its steps", 1),
        (forgets_an_act, "makes the operation add and never takes it", 2),
        (looks_before_its_first_step, "looks at counter outside its operations", 1),
        (looks_while_it_holds_a_lock, "looks at counter outside its operations", 2),
        (reads_the_clock, "reads the clock with time.monotonic", 1),
        (asks_what_day_it_is, "reads the clock with datetime.now", 1),
        (sleeps, "sleeps in real time with time.sleep", 2),
        (tosses_a_coin, "draws random numbers with random.random", 1),
        (draws_without_a_seed, "draws random numbers without a seed", 1),
        (draws_an_id, "draws random bytes", 1),
        (opens_a_file, "opens a file", 1),
        (asks_a_database, "uses a database (execute)", 2),
        (changes_a_global, "changes CACHE outside its operations", 3),
    ],
)
def test_what_no_schedule_decides_makes_it_vacuous_and_is_said_with_its_line(
    process: Callable[[Any], Any], said: str, offset: int, strategy: str
) -> None:
    due = f"process 0 {said} {line_of(process, offset)}"
    try:
        seen = explore([process, adds], shared=shared, strategy=strategy)
    except ProgramError as error:  # what a look gives depends on the schedule: the audit may notice that
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert "looks at" in said
        assert due in refused
        return

    assert seen.verdict == Verdict.VACUOUS
    assert due in seen.why
    with pytest.raises(AssertionError, match=r"^vacuous: process 0 "):
        seen.assert_holds()


class Totals:
    sold = 0


def test_a_class_and_a_captured_value_that_are_changed_are_no_shared_state() -> None:
    kept: list[int] = []

    def counts_in_a_class(shared: Any) -> Iterator[Any]:
        yield shared.counter.read()
        Totals.sold += 1

    def keeps(shared: Any) -> Iterator[Any]:
        kept.append((yield shared.counter.read()))

    for process, name in ((counts_in_a_class, "Totals"), (keeps, "kept")):
        assert f"changes {name} outside its operations" in explore([process, adds], shared=shared).why


def test_it_is_said_of_a_sample_and_of_workers_too() -> None:
    drawn = sample([looks_before_its_first_step, adds], shared=shared, runs=10)
    with ThreadPoolExecutor(2) as executor:
        split = explore([looks_before_its_first_step, adds], shared=shared, executor=executor)

    assert "looks at counter" in drawn.unseen[0]
    assert (split.verdict, "looks at counter" in split.why) == (Verdict.VACUOUS, True)


def test_a_violation_is_reported_beside_what_was_not_seen() -> None:
    two = at_end("2", lambda end: end.shared.counter.value == 2)

    seen = explore([looks_before_its_first_step] * 2, shared=shared, properties=[two])

    assert seen.verdict == Verdict.VIOLATED
    assert seen.unseen


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    yield
    CACHE.clear()


# --- the check bites ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "process", [blocking(fills_the_cache), forgets_to_yield, looks_before_its_first_step, sleeps]
)
def test_without_the_lookout_all_this_would_hold(process: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lookout, "look_around", lambda _: None)
    monkeypatch.setattr(Lookout, "unseen", property(lambda _: type("Nothing", (), {"found": (), "unwatched": ()})))

    assert explore([process, process], shared=shared).verdict == Verdict.HOLDS


def test_a_profile_function_of_somebody_else_is_put_back() -> None:
    source = (
        "import sys\n"
        "from lastseat.testing import Register, Shared, explore\n"
        "calls = []\n"
        "def mine(frame, event, given): calls.append(event)\n"
        "def process(shared): yield shared.x.read()\n"
        "sys.setprofile(mine)\n"
        "explore([process], shared=lambda: Shared(x=Register(0)))\n"
        "assert sys.getprofile() is mine, sys.getprofile()\n"
    )

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
