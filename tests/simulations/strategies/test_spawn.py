"""Processes that others begin: numbered alike in every schedule, and explored like all others."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.simulations.kernel import naive
from lastseat.simulations.kernel.footprints import DeclaredMeter
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.strategies.brute import canonical
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.testing import (
    Faults,
    Join,
    Mutex,
    ProgramError,
    Register,
    Shared,
    Verdict,
    at_end,
    blocking,
    explore,
    replay,
    sample,
    spawn,
    take,
)


def shared() -> Shared:
    return Shared(x=Register(0), y=Register(0), lock=Mutex())


def increment(shared: Any, amount: int = 1) -> Iterator[Any]:
    seen = yield shared.x.read()
    yield shared.x.write(seen + amount)
    return seen


def begins_two(_: Any) -> Iterator[Any]:
    first, second = (yield spawn(increment)), (yield spawn(increment, amount=1))
    return (yield Join(first)), (yield Join(second))


counted = at_end("no update is lost", lambda end: end.shared.x.value == 2)


@pytest.mark.parametrize("strategy", ["dpor", "brute", "preemptions=2"])
def test_the_lost_update_of_two_processes_that_a_third_one_begins_is_found(strategy: str) -> None:
    found = explore([begins_two], shared=shared, properties=[counted], strategy=strategy)

    assert found.verdict == Verdict.VIOLATED
    assert ((0, 0),) in found.vectors
    assert set(found.violations[0].steps) == {0, 1, 3}


def test_its_story_can_be_read_and_taken_again() -> None:
    (violation,) = explore([begins_two], shared=shared, properties=[counted]).violations

    again = replay([begins_two], shared=shared, schedule=violation.steps)

    assert again.steps == violation.steps
    assert again.final[0] == ("x", 1)
    assert "spawn" in violation.story()


def test_numbers_do_not_depend_on_who_begins_first() -> None:
    numbers: set[tuple[int, int]] = set()

    def begins(_: Any) -> Iterator[Any]:
        return (yield spawn(increment))

    for ending in explore([begins, begins], shared=shared, strategy="brute").vectors:
        numbers.add(ending)

    assert numbers == {(2, 3)}


def test_a_process_that_is_begun_can_begin_others_and_be_joined_by_anybody() -> None:
    def grandchild(shared: Any) -> Iterator[Any]:
        return (yield shared.x.fetch_and_add())

    def child(_: Any) -> Iterator[Any]:
        return (yield Join((yield spawn(grandchild))))

    def main(shared: Any) -> Iterator[Any]:
        yield shared.x.write(7)
        return (yield Join((yield spawn(child))))

    assert explore([main], shared=shared).vectors == {(7,)}


def test_a_deadlock_of_a_process_that_was_begun_is_found() -> None:
    def keeps(shared: Any) -> Iterator[Any]:
        yield shared.lock.acquire()

    def main(shared: Any) -> Iterator[Any]:
        yield shared.lock.acquire()
        yield Join((yield spawn(keeps)))

    (violation,) = explore([main], shared=shared).violations

    assert violation.name == "deadlock"
    assert "process 1 waits for acquire" in violation.witness


def test_what_nobody_catches_in_it_is_violated_with_its_number() -> None:
    def fails(shared: Any) -> Iterator[Any]:
        yield shared.x.read()
        raise KeyError("k")

    def main(_: Any) -> Iterator[Any]:
        yield spawn(fails)

    (violation,) = explore([main], shared=shared).violations

    assert (violation.name, violation.witness) == ("uncaught KeyError", "process 1: KeyError: 'k'")


def test_a_blocking_function_begins_and_joins_others() -> None:
    def work(shared: Any) -> int:
        shared.x.write(shared.x.read() + 1)
        return 1

    def main(_: Any) -> int:
        workers = [take(spawn(blocking(work))) for _ in range(2)]
        return sum(take(Join(worker)) for worker in workers)

    found = explore([blocking(main)], shared=shared, properties=[counted])

    assert (found.verdict, found.vectors) == (Verdict.VIOLATED, {(2,)})


def test_faults_strike_it_too() -> None:
    def main(_: Any) -> Iterator[Any]:
        yield spawn(increment)

    seen = explore([main], shared=shared, faults=Faults(1, crash=True))

    assert {dict(final)["x"] for final in seen.finals} == {0, 1}
    assert seen.by_faults.keys() == {0, 1}
    assert (
        seen.endings.keys()
        == explore([main], shared=shared, faults=Faults(1, crash=True), strategy="brute").endings.keys()
    )


@pytest.mark.parametrize("strategy", ["uniform", "pct"])
def test_a_sampler_that_counts_processes_before_a_run_refuses_them(strategy: str) -> None:
    with pytest.raises(ProgramError, match=r"process 0 begins another process, and this sampler .*: use walk or pos"):
        sample([begins_two], shared=shared, strategy=strategy, runs=5)


@pytest.mark.parametrize("strategy", ["walk", "pos"])
def test_the_other_samplers_take_them_as_they_come(strategy: str) -> None:
    assert sample([begins_two], shared=shared, strategy=strategy, runs=50, properties=[counted]).violations


def test_merging_refuses_them_in_one_line() -> None:
    with pytest.raises(ProgramError, match="process 0 begins another process, which merging cannot follow: use dpor"):
        explore([begins_two], shared=shared, strategy="merged")


def test_what_is_no_process_is_refused_in_one_line() -> None:
    def main(_: Any) -> Iterator[Any]:
        yield spawn(lambda _: 3)

    with pytest.raises(
        ProgramError, match="process 1 raised TypeError: it gave a value of type int, and a process is"
    ):
        explore([main], shared=shared)


def test_a_process_that_begins_others_for_ever_is_refused_in_one_line() -> None:
    def main(_: Any) -> Iterator[Any]:
        while True:
            yield spawn(increment)

    with pytest.raises(ProgramError, match="process 0 begins one more process than can be numbered; schedule 0"):
        explore([main], shared=shared)


def test_a_step_of_a_process_that_nobody_has_begun_is_refused_with_its_number() -> None:
    with pytest.raises(ValueError, match="step 2: there is no process 3"):
        replay([begins_two], shared=shared, schedule="0.3")


def test_the_code_of_a_process_that_is_begun_is_watched_too() -> None:
    def looks(shared: Any) -> Iterator[Any]:
        yield shared.x.write(shared.x.value + 1)

    def main(_: Any) -> Iterator[Any]:
        yield spawn(looks)

    seen = explore([main], shared=shared)

    assert seen.verdict == Verdict.VACUOUS
    assert seen.why.startswith("process 1 looks at x outside its operations")


# --- dpor against every schedule ---------------------------------------------------------------------------------

WORDS = ("x?", "x=", "y?", "y=", "l", "spawn", "join")
BODIES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2)
MOST_RUNS = 1_500  # schedules of a program that are executed; one with more is left out


class TooManyError(Exception):
    """There are more schedules than are executed."""


def process_of(words: list[str], bodies: list[list[str]]) -> Any:
    """A process that takes these steps; it begins the bodies in turn, and joins the last that it began."""

    def process(shared: Any) -> Iterator[Any]:
        later, child, given = list(bodies), None, []
        for word in words:
            if word == "spawn" and later:
                child = yield spawn(process_of(later[0], later[1:]))
                later.pop(0)
            elif word == "join" and child is not None:
                given.append((yield Join(child)))
            elif word == "l":
                yield shared.lock.acquire()
                yield shared.lock.release()
            elif word in ("x?", "y?"):
                given.append((yield getattr(shared, word[0]).read()))
            elif word in ("x=", "y="):
                yield getattr(shared, word[0]).write(len(given) + 1)
        return tuple(given)

    return process


def every_trace(program: Program) -> tuple[set[Any], set[Any]]:
    """The traces and the endings of all schedules, by the definition of each."""
    meter, traces, endings = DeclaredMeter(), set(), set()

    runs = 0

    def visit(run: Run) -> None:
        nonlocal runs
        runs += 1
        if runs > MOST_RUNS:
            raise TooManyError
        numbers = [meter.footprints.number(taken.reads, taken.writes) for taken in run.taken]
        traces.add(canonical(run.steps, numbers, meter.footprints))
        endings.add((tuple(sorted(run.returned.items())), run.final))

    naive.schedules(program, visit)
    return traces, endings


class Seen:
    needs_states, violated = False, False

    def __init__(self) -> None:
        self.endings: set[Any] = set()

    def step(self, *_: Any) -> None:
        """See nothing."""

    def end(self, execution: Any) -> None:
        self.endings.add((tuple(sorted(execution.returned.items())), execution.shared.snapshot()))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(main=BODIES, other=BODIES, bodies=st.lists(BODIES, min_size=1, max_size=2))
def test_dpor_executes_one_schedule_of_each_trace(main: list[str], other: list[str], bodies: list[list[str]]) -> None:
    program = program_of([process_of(["spawn", *main], bodies), process_of(other, bodies[:1])], shared)
    try:
        traces, endings = every_trace(program)
    except TooManyError:
        return
    seen = Seen()
    dpor = Dpor(program, program.meter(), seen)

    while dpor.advance():
        pass

    assert (dpor.executions, dpor.blocked) == (len(traces), 0)
    assert seen.endings == endings


def test_a_dpor_that_does_not_know_who_began_whom_takes_steps_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of([process_of(["y?", "spawn"], [["x="]]), process_of(["y="], [])], shared)
    monkeypatch.setattr(Program, "beginning", lambda *given: given[-1])
    dpor = Dpor(program, program.meter(), Seen())

    with pytest.raises(IndexError):
        all(iter(dpor.advance, False))
