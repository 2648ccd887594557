"""Who watches faults is watched: each is shown a case that it alone tells.

Clauses: progress.suspension
"""

from collections.abc import Sequence
from dataclasses import replace
from math import comb, factorial
from typing import ClassVar

import pytest

from lastseat.reference.attempt_booking import Attempt, Observe, Operation, Persist, emit, propose
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Resource
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.merging import merged
from lastseat.simulations.bookings.merging.merged import BookingWalk
from lastseat.simulations.bookings.merging.real_steps import RealSteps
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.counterexamples.smallest import smallest_schedule
from lastseat.simulations.kernel.actions import Action, Fault, FaultKind, Faults, Step
from lastseat.simulations.strategies.merging.recheck import SCHEDULES, difference


def faulty(most: int) -> Scenario:
    return replace(contention(2, 1), faults=Faults(most))


class ShutsWhenFull(MemoryStore):
    """Once a unit is confirmed, nobody may observe any more."""

    partitioned: ClassVar[bool] = False

    def would_block(self, operation: Operation) -> bool:
        return isinstance(operation, Observe) and any(held.confirmed for _, held in self.snapshot().resources)


SHUTS = Implementation("shuts-when-full", ShutsWhenFull.open)


def suspended(most: int) -> bool:
    """Return whether somebody waits after both ended and the first was delivered again, without an answer."""
    steps: list[Step] = [0, 1, Action(2, Fault.UNAVAILABLE), 0, 1]
    found = findings(run(faulty(most), SHUTS, steps), faulty(most), SHUTS)
    return any(finding.clause == "progress.suspension" for finding in found)


def test_a_redelivery_that_is_struck_at_once_is_two_faults_and_leaves_none_for_another() -> None:
    assert suspended(3)  # the second attempt could be delivered again, and would have to wait
    assert not suspended(2)


@pytest.mark.parametrize(("seconds", "complete"), [(1e-9, False), (3_600.0, True)])
def test_merged_keeps_its_seconds_with_faults_too(seconds: float, complete: bool) -> None:
    assert explore_merged(faulty(2), MEMORY, seconds=seconds).complete is complete


def test_the_step_with_a_fault_is_not_the_same_with_another_fault_and_no_ordinary_step() -> None:
    action: object = Action(0, Fault.UNAVAILABLE)

    assert action == Action(0, Fault.UNAVAILABLE)
    assert action not in (0, Action(0, Fault.ANSWER_LOST), Action(1, Fault.UNAVAILABLE))


def test_a_budget_says_what_it_allows() -> None:
    crashes = frozenset({FaultKind.CRASH})

    assert str(Faults(0, crashes)) == "no faults"
    assert str(Faults(1, crashes)) == "at most 1 fault (crash)"
    assert str(Faults(2, crashes)) == "at most 2 faults (crash)"


def greedy(request: BookingRequest) -> Attempt:
    """Once there is a booking on the resource, take it for one's own: without a persist."""
    observation = yield Observe(request.resource_id)
    if isinstance(observation, Resource) and observation.confirmed:
        return Emission(Outcome.BOOKED)
    return emit((yield Persist(propose(request, observation))))


def test_the_smallest_counterexample_repeats_an_attempt_though_an_earlier_one_has_not_begun() -> None:
    """Attempts 2 and 3 repeat 0 and 1. Only the repeated one has a booking of its own to find."""
    requests = (BookingRequest("ann", "seat", 1), BookingRequest("bob", "sofa", 1))
    scenario = Scenario("two-resources", "Two", (("seat", 0), ("sofa", 1)), requests, Faults(1))

    found = smallest_schedule(
        scenario, Implementation("greedy", MemoryStore.open, greedy), "attempt.decides_at_persist"
    )

    assert found is not None
    assert found.violation.steps == (1, 1, 3)


def test_symmetry_does_not_switch_itself_off_with_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = replace(contention(3, 1), faults=Faults(1, frozenset({FaultKind.CRASH, FaultKind.UNAVAILABLE})))
    plain = explore_merged(scenario, MEMORY, symmetry=False)
    monkeypatch.setattr(BookingWalk, "_plain", None)  # what goes on without symmetry

    assert explore_merged(scenario, MEMORY).outcomes == plain.outcomes


def test_the_field_of_faults_holds_as_many_as_a_budget_may_allow() -> None:
    """All crash: before their observe, after it, or after their persist. The last two take two steps."""
    scenario = replace(contention(8, 1), faults=Faults(8, frozenset({FaultKind.CRASH})))

    seen = explore_merged(scenario, MEMORY)

    orders = (comb(8, once) * 2 ** (8 - once) * factorial(16 - once) // 2 ** (8 - once) for once in range(9))
    assert seen.by_faults[8] == sum(orders)
    assert sum(seen.by_faults.values()) == seen.interleavings


def test_a_redelivery_is_counted_once_for_each_state_in_which_it_begins() -> None:
    """Of one attempt: before its reservation is recorded, and after it."""
    scenario = replace(contention(1, 1), faults=Faults(1, frozenset({FaultKind.REDELIVERY})))

    assert explore_merged(scenario, MEMORY).fired["redelivery"] == 2


def test_random_schedules_keep_to_the_budget_of_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take no step that the search did not take."""

    def watched(steps: RealSteps, prefix: Sequence[Step] = ()) -> str | None:
        before = steps.judge.figures()
        differs = difference(steps, prefix)
        assert steps.judge.figures() == before
        return differs

    monkeypatch.setattr(merged, "difference", watched)
    scenario = replace(contention(1, 1), faults=Faults(2, frozenset({FaultKind.REDELIVERY, FaultKind.CRASH})))

    assert explore_merged(scenario, MEMORY).audited == SCHEDULES
