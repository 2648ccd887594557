"""What one execution violates, judged along a single schedule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.attempt_booking import Attempt
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome
from lastseat.simulations.bookings.explore import explore_brute
from lastseat.simulations.bookings.findings import Finding, findings, run_again
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run, schedules
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.run import Run

# For each flaw a schedule that breaks its clause, the step at which that shows, and the scenario.
SHORTEST = {
    "ignores-version": ([0, 1, 0, 1], 4, contention(2, 2)),
    "forgets-identity": ([0, 0, 1, 1], 4, contention(2, 2, same_id=True)),
    "rejects-early": ([0], 1, contention(1, 0)),
    "writes-in-two-steps": ([0, 0], 2, contention(1, 1)),
    "locks-on-observe": ([0], 1, contention(2, 1)),
    "rejects-conflicts": ([0, 1, 0, 1], 4, contention(2, 2)),
}


@pytest.mark.parametrize("flaw", [GALLERY[name] for name in SHORTEST], ids=SHORTEST)
def test_a_flaw_shows_at_the_step_that_breaks_its_clause(flaw: Implementation) -> None:
    steps, number, scenario = SHORTEST[flaw.name]

    found = findings(run(scenario, flaw, steps), scenario, flaw)

    assert (number, flaw.breaks) in {(one.step, one.clause) for one in found}
    assert [one.step for one in found] == sorted(one.step for one in found)


@pytest.mark.parametrize("flaw", [GALLERY[name] for name in SHORTEST], ids=SHORTEST)
def test_one_step_less_shows_nothing_of_it(flaw: Implementation) -> None:
    steps, _, scenario = SHORTEST[flaw.name]

    found = findings(run(scenario, flaw, steps[:-1]), scenario, flaw)

    assert flaw.breaks not in {one.clause for one in found}


@given(
    order=st.permutations([0, 0, 1, 1, 2, 2]),
    length=st.integers(0, 6),
    implementation=st.sampled_from([MEMORY, CAPACITY_FIRST]),
    scenario=st.sampled_from([contention(3, 1), contention(3, 2, [1, 2, 1]), contention(3, 2, same_id=True)]),
)
def test_the_reference_violates_nothing_finished_or_not(
    order: list[int], length: int, implementation: Implementation, scenario: Scenario
) -> None:
    execution = run(scenario, implementation, order[:length])

    assert findings(execution, scenario, implementation) == ()


def test_the_sqlite_store_violates_nothing() -> None:
    scenario = contention(2, 1)

    assert findings(run(scenario, SQLITE, [0, 1, 0, 1]), scenario, SQLITE) == ()


@pytest.mark.parametrize("flaw", GALLERY.values(), ids=GALLERY)
def test_all_schedules_judged_one_by_one_break_what_the_explorer_says(flaw: Implementation) -> None:
    scenario = contention(2, 2)
    broken: set[str] = set()

    def judge(execution: Run) -> None:
        broken.update(one.clause for one in findings(execution, scenario, flaw))

    schedules(scenario, flaw, judge)

    assert broken == explore_brute(scenario, flaw).violated


def attempt_without_a_step(_request: BookingRequest) -> Attempt:
    return Emission(Outcome.BOOKED)
    yield


def test_an_attempt_that_ends_before_its_first_step_is_judged_at_the_start() -> None:
    """Clause: emit.booked"""
    stepless = Implementation("stepless", MemoryStore.open, attempt_without_a_step)

    found = findings(run(contention(1, 1), stepless, []), contention(1, 1), stepless)

    assert {one.step for one in found} == {0}
    assert {"emit.booked", "attempt.decides_at_persist"} <= {one.clause for one in found}


@pytest.mark.parametrize("flaw", [GALLERY[name] for name in SHORTEST], ids=SHORTEST)
def test_every_violation_that_an_explorer_reports_shows_again(flaw: Implementation) -> None:
    _, _, scenario = SHORTEST[flaw.name]

    again = [run_again(one, scenario, flaw) for one in explore_brute(scenario, flaw).violations]

    assert again
    assert all(reproduced for _, reproduced in again)


def test_a_violation_that_the_code_does_not_have_does_not_show_again() -> None:
    claimed = Violation("emit.one", "an attempt ended without an outcome", (0, 0, 1, 1))

    execution, reproduced = run_again(claimed, contention(2, 1), MEMORY)

    assert (len(execution.taken), reproduced) == (4, False)


def test_a_finding_tells_what_breaks_the_clause() -> None:
    """Clause: state.sum"""
    steps, number, scenario = SHORTEST["writes-in-two-steps"]
    flaw = GALLERY["writes-in-two-steps"]

    found = findings(run(scenario, flaw, steps), scenario, flaw)

    witness = "seats has 0 units confirmed, but its reservations add up to 1"
    assert Finding(number, "state.sum", witness) in found
