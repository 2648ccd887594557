"""Runs of any program in plain words: who, what, on what, what changed, and who waits for whom at the end."""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.simulations.common.widths import columns
from lastseat.simulations.counterexamples.explained import explain_program, replay
from lastseat.simulations.counterexamples.program_story import end_told, steps_told, story
from lastseat.simulations.kernel.actions import Action, Fault, Faults
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.objects import Condition, Mutex, Register, Shared
from lastseat.simulations.kernel.operations import Join, Operation, act, choose
from lastseat.simulations.kernel.program import program_of
from lastseat.simulations.kernel.run import Run, play
from lastseat.simulations.kernel.schedule import ScheduleError
from lastseat.simulations.kernel.stepping import MisfitError

Steps = Generator[Any, Any, Any]


def increment(shared: Shared) -> Steps:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counter() -> Shared:
    return Shared(counter=Register(0))


def taking(*names: str) -> Callable[[Shared], Steps]:
    def process(shared: Shared) -> Steps:
        for name in names:
            yield getattr(shared, name).acquire()
        for name in reversed(names):
            yield getattr(shared, name).release()

    return process


def two_mutexes() -> Shared:
    return Shared(left=Mutex(), right=Mutex())


def asking(shared: Shared) -> Steps:
    answer = yield choose("yes", "no")
    yield shared.answer.write(answer)
    return answer


def plain(lines: tuple[str, ...]) -> list[str]:
    """The lines without where in the code they are."""
    without = [re.sub(r" \(test_program_story\.py:[0-9]+\)", "", line) for line in lines]
    return [re.sub(r"test_program_story\.py:[0-9]+", "FILE", line) for line in without]


def test_the_story_of_a_lost_update_says_what_was_stale() -> None:
    run = play(program_of([increment, increment], counter), [0, 1, 0, 1])

    assert plain(story(run)) == [
        "  1. process 0: read counter → 0",
        "  2. process 1: read counter → 0",
        "  3. process 0: write counter: 1; counter 0 → 1; ends",
        "  4. process 1: write counter: 1; counter stays 1; what it read in step 2 is stale since step 3; ends",
    ]


def test_a_step_says_where_in_the_code_it_is() -> None:
    run = play(program_of([increment], counter), [0])

    line = increment.__code__.co_firstlineno + 1
    assert steps_told(run) == (f"process 0 (test_program_story.py:{line}): read counter → 0",)
    assert end_told(run) == (f"process 0 can go on (test_program_story.py:{line + 1}): write counter: 1",)


def test_the_story_of_a_deadlock_says_who_waits_for_whom() -> None:
    run = play(program_of([taking("left", "right"), taking("right", "left")], two_mutexes), [0, 1])

    assert plain(story(run)) == [
        "  1. process 0: acquire left; left free → held",
        "  2. process 1: acquire right; right free → held",
        "     process 0 waits: acquire right, which process 1 holds since step 2",
        "     process 1 waits: acquire left, which process 0 holds since step 1",
        "     each waits for the next: process 0 → process 1 → process 0",
        "     nobody can go on",
    ]


def test_the_story_of_a_crash_says_what_the_dead_still_hold() -> None:
    program = program_of([taking("left"), taking("left")], two_mutexes, faults=Faults(1, crash=True))

    run = play(program, [0, Action(0, Fault.CRASH_BEFORE)])

    assert plain(story(run)) == [
        "  1. process 0: acquire left; left free → held",
        "  2. process 0: crashes before it can release left",
        "     process 1 waits: acquire left, which process 0 holds since step 1 and has crashed",
        "     nobody can go on",
    ]


def test_what_was_given_back_is_held_by_nobody() -> None:
    run = play(program_of([taking("left"), taking("left", "right")], two_mutexes), [0, 0, 1])

    assert plain(end_told(run)) == ["process 1 can go on: acquire right"]


def test_the_story_of_a_choice_says_what_else_there_was() -> None:
    run = play(program_of([asking], lambda: Shared(answer=Register(None))), [Action(0, branch=1), 0])

    assert plain(story(run)) == [
        "  1. process 0: choose 'no', of 'yes', 'no'",
        "  2. process 0: write answer: 'no'; answer None → 'no'; returns 'no'",
    ]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            Fault.UNAVAILABLE,
            "; unavailable: raises OperationFailedError: write failed: it had no effect; nobody catches",
        ),
        (Fault.ANSWER_LOST, "nobody knows whether it took effect; counter 0 → 1; nobody catches it"),
        (Fault.CRASH_AFTER, "counter 0 → 1; crashes right after it"),
        (Fault.CRASH_BEFORE, "crashes before it can write counter: 1"),
    ],
)
def test_every_fault_is_told(fault: Fault, told: str) -> None:
    run = play(program_of([increment], counter, faults=Faults(1)), [0, Action(0, fault)])

    assert told in steps_told(run)[1]


def joining(_shared: Shared) -> Steps:
    return (yield Join(1))


def listening(shared: Shared) -> Steps:
    yield shared.answer.until(lambda value: value is not None)


def test_who_waits_for_an_end_or_for_a_value_says_so() -> None:
    run = play(program_of([joining, listening], lambda: Shared(answer=Register(None))), [])

    assert plain(end_told(run)) == [
        "process 0 waits: join process 1, which has to wait itself",
        "process 1 waits: await answer, and nobody else has changed what it waits for",
        "nobody can go on",
    ]


def sleeping(shared: Shared) -> Steps:
    yield shared.lock.acquire()
    yield from shared.full.wait()


def waking(shared: Shared) -> Steps:
    yield shared.lock.acquire()
    yield shared.full.notify()
    yield shared.lock.release()


def room() -> Shared:
    lock = Mutex()
    return Shared(lock=lock, full=Condition(lock))


def test_to_sleep_on_a_condition_frees_its_mutex_and_to_wake_takes_it() -> None:
    run = play(program_of([sleeping, waking], room), [0, 0, 1, 1])
    late = play(program_of([sleeping, waking], room), [1, 1, 1, 0, 0])

    assert plain(end_told(run))[0] == "process 0 waits: wake full: 0, which process 1 holds since step 3"
    assert plain(end_told(late))[0].startswith("process 0 waits: wake full: 0, what it waits for was last changed by")


class Silent:
    """A shared state that shows nothing."""


def moving(_shared: Silent) -> Steps:
    yield act("move", lambda _: None, reads=("here",), writes=("there", ("room", "12")))
    yield act("look", lambda _: Silent())
    raise AssertionError("lost \x1b[31m")


def test_an_operation_of_your_own_is_told_by_its_name_and_what_it_touches() -> None:
    run = play(program_of([moving], Silent), [0, 0])

    assert plain(steps_told(run)) == [
        "process 0: move on here, there, room 12",
        "process 0: look → a Silent; fails at FILE: lost \\x1b[31m",
    ]


@dataclass(frozen=True)
class Odd(Operation):
    """An operation that says of itself what nobody wants to print."""

    said: Any

    @property
    def reads(self) -> tuple[Any, ...]:
        return (self.said,)

    @property
    def writes(self) -> tuple[Any, ...]:
        return ()

    def perform(self, _shared: Any, /) -> Any:
        return self.said


class Hostile:
    """A value whose text cannot be had."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


HOSTILE = (
    "\x1b[31m\n\u202e",
    "x" * 100_000,
    Hostile(),
    object(),
    10**5000,
    "日本語" * 50,
    "a\u0301\u0302\u0303" * 30,
)


def told_of(value: Any) -> Run:
    def process(_shared: Any) -> Steps:
        given = yield Odd(value)
        return [given]

    return play(program_of([process, process], lambda: Shared(odd=Register(value))), [0])


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: type(value).__name__)
def test_no_value_breaks_a_line_or_fills_the_screen(value: Any) -> None:
    lines = story(told_of(value))

    assert [line for line in lines if not line.isprintable() or len(line) > 510] == []
    assert " at 0x" not in "".join(lines)


@given(st.text())
def test_no_text_breaks_a_line(text: str) -> None:
    assert all(line.isprintable() for line in story(told_of(text)))


# --- explained ------------------------------------------------------------------------------------------------

LOST = Violation("both count", "the counter is 1 after 2 increments", (0, 1, 0, 1))


@pytest.mark.parametrize("width", [60, 80])
def test_an_explanation_fits_the_terminal_and_says_how_to_replay_it(width: int) -> None:
    told = explain_program(program_of([increment, increment], counter), LOST)

    *lines, last = told.text(width).splitlines()

    assert lines[:3] == [
        "both count is violated after 4 steps",
        "  the counter is 1 after 2 increments",
        "  p0 increment · p1 increment",
    ]
    assert re.fullmatch(r'  replay it: replay\(processes, shared=..., schedule="0\.1\.0\.1@[0-9a-f.-]+"\)', last)
    assert max(map(columns, lines)) <= width
    assert "what it read in step 2 is stale" in " ".join(" ".join(lines).split())
    assert told.token.startswith("0.1.0.1@")
    assert (told.violating, told.run.final) == ((4,), (("counter", 1),))


def test_a_printed_schedule_is_replayed() -> None:
    run = replay([increment, increment], shared=counter, schedule="0.1.0.1")

    assert (run.steps, run.final) == (LOST.steps, (("counter", 1),))


def test_a_schedule_with_a_fault_needs_a_budget_for_it() -> None:
    run = replay([increment], shared=counter, schedule="0.0c", faults=Faults(1))

    assert run.crashed == {0}
    with pytest.raises(MisfitError, match=r"^step 2: the fault crash of process 0 is beyond what the program allows"):
        replay([increment], shared=counter, schedule="0.0c")


@pytest.mark.parametrize(
    ("schedule", "complaint"),
    [
        ("0.0.0", "step 3: process 0 has ended already"),
        ("0.2", "step 2: there is no process 2, only 0 to 1"),
        ("0:1", "step 1: process 0 has no branch 1 in this step"),
    ],
)
def test_the_first_step_that_no_longer_applies_is_named(schedule: str, complaint: str) -> None:
    with pytest.raises(MisfitError, match=f"^{complaint}$"):
        replay([increment, increment], shared=counter, schedule=schedule)


def test_what_is_no_schedule_is_refused() -> None:
    with pytest.raises(ScheduleError):
        replay([increment], shared=counter, schedule="0..1")
