"""A violation is reported with the fewest preemptions that show it; every schedule of a small program says so."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lastseat.simulations.counterexamples.minimal import fewest as minimising
from lastseat.simulations.counterexamples.minimal.fewest import Cost, Fewest, fewest
from lastseat.simulations.counterexamples.minimal.simpler import blocks_of
from lastseat.simulations.kernel.actions import Action, Fault, Faults, Step, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import DEADLOCK, Property, Violation, always, at_end
from lastseat.simulations.kernel.objects import Register, Shared
from lastseat.simulations.kernel.program import Program, ProgramError, program_of
from lastseat.simulations.strategies.bounded import Preemptions, preemptions_of
from lastseat.testing import explore, sample
from lastseat.testing.notation import new_shared, processes_of
from lastseat.testing.strategies import Written, programs

Steps = Generator[Any, Any, Any]


def increment(shared: Shared) -> Steps:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counter() -> Shared:
    return Shared(counter=Register(0))


def both_count(end: Any) -> bool:
    return bool(end.shared.counter.value == 2)


COUNTED = at_end("both count", both_count)


# --- by definition --------------------------------------------------------------------------------------------


def every_end(program: Program) -> Iterator[Execution]:
    """Every execution of a program to its end, in every order and with every fault: as it is defined."""

    def longer(steps: tuple[Step, ...]) -> Iterator[Execution]:
        execution = Execution(program, program.meter())
        for step in steps:
            execution.step(step)
        free, later = list(execution.free()), list(execution.redeliveries())
        if not free:
            yield execution
        for who in (*free, *later):
            again = Execution(program, program.meter())
            for step in steps:
                again.step(step)
            operation = again.operation(who)
            again.step(who)
            for step in (who, *again.others(who, operation)):
                yield from longer((*steps, step))

    return longer(())


def least(program: Program, name: str, claim: Property | None) -> tuple[int, int]:
    """The fewest faults, and then the fewest preemptions, with which an execution violates a claim."""
    found = []
    for execution in every_end(program):
        for steps in shown_in(execution, name, claim):
            spent = Execution(program, program.meter())
            for step in steps:
                spent.step(step)
            found.append((spent.spent, forced_of(program, steps)))
    return min(found)


def forced_of(program: Program, steps: Sequence[Step]) -> int:
    execution, last, forced = Execution(program, program.meter()), -1, 0
    for step in steps:
        who = process_of(step)
        forced += who != last and last in execution.free()
        execution.step(step)
        last = who
    return forced


@dataclass
class Ended:
    """As much of an end as the claims here look at."""

    shared: Any


def shown_in(execution: Execution, name: str, claim: Property | None) -> Iterator[tuple[Step, ...]]:
    steps = tuple(execution.schedule)
    for failure in execution.broken:
        if failure.name == name:
            yield steps[: failure.taken]
    if name == DEADLOCK and execution.unfinished():
        yield steps
    if claim is not None and claim.name == name and claim.check(Ended(execution.shared)) is not True:
        yield steps


def allowed(bound: int) -> Property:
    return at_end("the sum is small", lambda end: sum(end.shared.snapshot()[at][1] for at in range(3)) <= bound)


@settings(max_examples=60, deadline=None)
@given(
    text=st.sampled_from(
        [
            "x? x=# | x? x=# | x+",
            "x? !1 | x=1 x=2",
            "l( m( m) l) | m( l( l) m)",
            "c( c. c) | c( c! c)",
            "x++ | x++ | x+",
            "x? y=# | y? x=# | x+ y+",
            "x? ?1 y=1 y? !1 | x=1 y=0 | y+",
            "1,2 x=# x? !2 | x=1 x+",
            "x+ y+ x? !2 | x+ y? !0",
        ]
    ),
    bound=st.integers(0, 2),
)
def test_no_schedule_shows_it_with_fewer_preemptions(text: str, bound: int) -> None:
    claim = allowed(bound)
    program = program_of(processes_of(text), new_shared)

    for violation in explore(processes_of(text), shared=new_shared, properties=[claim]).violations:
        cost = (0, preemptions_of(program, program.meter(), violation.steps))

        assert cost == least(program, violation.name, claim)


@settings(max_examples=80, deadline=None)
@given(
    written=programs(
        words=("x?", "x=#", "x+", "x:0>1", "!1", "!2", "l(", "l)", "y=1", "y?", "x>=1"),
        shapes=((2, 2), (3, 2), (2, 2, 1)),
    ),
    strategy=st.sampled_from(["dpor", "brute", "merged", "uniform"]),
)
@example(written=Written("x? x=# | x? x=# x+"), strategy="brute")
def test_a_drawn_program_is_shown_with_as_few_as_can_be(written: Written, strategy: str) -> None:
    claim, program = allowed(1), program_of(written.processes, written.shared)
    if strategy == "uniform":
        found = sample(written.processes, shared=written.shared, properties=[claim], runs=20)
    else:
        found = explore(written.processes, shared=written.shared, properties=[claim], strategy=strategy)

    for violation in found.violations:
        preemptions = preemptions_of(program, program.meter(), violation.steps)

        assert (0, preemptions) == least(program, violation.name, claim)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(1),
        Faults(2, crash=True),
        Faults(1, redelivery=True),
        Faults(2, acknowledgement_lost=True, unavailable=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("text", ["x? x=# | x+", "x+ y+ | x?", "1,2 x=# | x+"])
@pytest.mark.parametrize("bound", [0, 1, 2])
def test_no_schedule_shows_it_with_fewer_faults(text: str, bound: int, faults: Faults) -> None:
    claim, program = allowed(bound), program_of(processes_of(text), new_shared, faults=faults)

    found = explore(processes_of(text), shared=new_shared, properties=[claim], faults=faults)

    for violation in found.violations:
        reported = fewest(program, violation, [claim])
        assert reported.is_least
        assert reported.cost[:2] == least(program, violation.name, claim)
        assert reported.violation.steps == violation.steps, "it was minimised already"


# --- it bites -------------------------------------------------------------------------------------------------

ROUNDABOUT = Violation("both count", "it is not so", (0, 1, 0, 1))


def test_a_minimiser_that_looks_at_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minimising, "simpler", lambda *_: ())
    monkeypatch.setattr(minimising._Search, "descend", lambda _: True)
    program = program_of([increment, increment], counter)

    unchanged = fewest(program, ROUNDABOUT, [COUNTED])

    assert unchanged.cost[:2] != least(program, "both count", COUNTED)


def test_a_bound_that_is_one_too_low_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(Preemptions):
        def __init__(self, program: Any, meter: Any, observer: Any, bound: int) -> None:
            super().__init__(program, meter, observer, max(bound - 1, 0))

    monkeypatch.setattr(minimising, "simpler", lambda *_: ())
    program = program_of([increment, increment], counter)
    right = fewest(program, ROUNDABOUT, [COUNTED])
    monkeypatch.setattr(minimising, "Preemptions", Short)

    wrong = fewest(program, ROUNDABOUT, [COUNTED])

    assert right.cost[:2] == least(program, "both count", COUNTED)
    assert (wrong.is_least, wrong.cost[:2]) == (True, (0, 2))


# --- what is reported -----------------------------------------------------------------------------------------


def test_a_lost_update_needs_one_preemption() -> None:
    found = fewest(program_of([increment, increment], counter), ROUNDABOUT, [COUNTED])

    assert (found.violation.steps, found.cost) == ((0, 1, 1, 0), Cost(0, 1, 4, 2))
    assert found.told == "with 1 preemption; no schedule with fewer shows it"


def test_the_run_and_the_witness_are_those_of_the_schedule_that_is_reported() -> None:
    (violation,) = explore([increment, increment], shared=counter, properties=[COUNTED]).violations

    assert violation.run is not None
    assert violation.run.steps == violation.steps == (0, 1, 1, 0)
    assert violation.story().splitlines()[1] == "  with 1 preemption; no schedule with fewer shows it"


def test_what_always_holds_is_shown_by_the_shortest_schedule() -> None:
    small = always("the counter stays below 2", lambda shared: shared.counter.value < 2)

    (violation,) = explore([increment] * 3, shared=counter, properties=[small], strategy="brute").violations

    assert violation.steps == (0, 0, 1, 1)
    assert violation.story().splitlines()[1].startswith("  without a preemption")


def test_what_holds_at_the_start_no_longer_takes_no_step() -> None:
    never = always("there is no counter", lambda _: False)

    (violation,) = explore([increment], shared=counter, properties=[never], strategy="brute").violations

    assert violation.steps == ()


def test_a_search_that_is_cut_says_how_far_it_looked() -> None:
    program = program_of([increment] * 2, counter)

    cut = fewest(program, ROUNDABOUT, [COUNTED], executions=1)
    short = fewest(program, ROUNDABOUT, [COUNTED], steps=6)

    assert (cut.is_least, cut.told) == (False, "with 2 preemptions; fewer were looked for in 1 schedule")
    assert short.is_least is False


def test_a_fault_that_is_not_needed_is_left_out() -> None:
    found = Violation("both count", "it is not so", (Action(0, Fault.CRASH_BEFORE), 1, 1))
    lost = fewest(program_of([increment] * 2, counter, faults=Faults(2)), found, [COUNTED])

    assert (lost.cost.faults, lost.cost.preemptions) == (0, 1)


def test_a_fault_that_is_needed_is_counted() -> None:
    crashed = at_end("somebody counts", lambda end: end.shared.counter.value > 0)

    (violation,) = explore([increment], shared=counter, properties=[crashed], faults=Faults(1, crash=True)).violations

    assert violation.story().splitlines()[1] == "  with 1 fault and no preemption; no schedule with fewer shows it"


# --- what goes wrong ------------------------------------------------------------------------------------------


def test_a_violation_that_does_not_show_again_is_reported_as_it_was_found() -> None:
    program = program_of([increment, increment], counter)
    unreal = Violation("both count", "it is not so", (0, 0, 1, 1))

    assert fewest(program, unreal, [COUNTED]) == Fewest(unreal, Cost(0, 0, 4, 1), tried=1)


@pytest.mark.parametrize("error", [ProgramError("no"), KeyboardInterrupt()], ids=["program", "interrupt"])
def test_an_error_on_the_way_does_not_lose_the_violation(error: BaseException) -> None:
    asked = 0

    def check(end: Any) -> bool:
        nonlocal asked
        asked += 1
        if asked > 3:
            raise error
        return both_count(end)

    found = fewest(program_of([increment] * 2, counter), ROUNDABOUT, [at_end("both count", check)])

    assert found.is_least is None
    assert found.violation.name == "both count"
    assert found.cost.preemptions <= 2
    assert found.told.endswith("fewer were not looked for")


def spinning(shared: Shared) -> Steps:
    while not (yield shared.counter.read()):
        pass


def test_a_program_that_does_not_end_is_told_as_it_was_found() -> None:
    processes = [increment, increment, spinning]

    found = explore(processes, shared=counter, properties=[COUNTED], strategy="brute", most_steps=20)

    assert "did not end" in found.why
    assert found.violations[0].story().splitlines()[1] == "  with 2 preemptions; fewer were not looked for"


def test_the_blocks_of_a_schedule_are_the_steps_between_switches() -> None:
    assert blocks_of([0, 0, Action(0, Fault.UNAVAILABLE), 1, 0]) == [
        (0, 0, Action(0, Fault.UNAVAILABLE)),
        (1,),
        (0,),
    ]
