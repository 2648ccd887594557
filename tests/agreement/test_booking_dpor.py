"""dpor over real code breaks the clauses that brute force breaks, and says where it cannot tell."""

from collections.abc import Callable

import pytest

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Resource
from lastseat.simulations.bookings.explore import explore_brute, explore_program
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import shipped_scenarios
from lastseat.simulations.kernel.exploration import Exploration

SMALL = {one.name: one for one in shipped_scenarios() if len(one.requests) <= 3 and not one.faults.most}
IMPLEMENTATIONS = {one.name: one for one in (MEMORY, CAPACITY_FIRST, *GALLERY.values())}


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_dpor_finds_the_violations_and_the_vectors_of_brute_force(
    name: str, explored: Callable[..., Exploration]
) -> None:
    for scenario in SMALL.values():
        brute = explored(explore_brute, scenario, IMPLEMENTATIONS[name])
        reduced = explore_program(scenario, IMPLEMENTATIONS[name])

        assert (reduced.violated, reduced.vectors) == (brute.violated, brute.vectors), scenario.name
        assert (reduced.nonconforming is None) == (brute.nonconforming is None), scenario.name
        assert (reduced.complete, reduced.blocked) == (True, 0)
        assert reduced.interleavings in (None, brute.interleavings), scenario.name
        assert reduced.fired[LINEARIZABLE] == brute.fired[LINEARIZABLE], scenario.name


def test_dpor_says_how_many_schedules_its_traces_have_where_every_attempt_takes_two_steps() -> None:
    assert explore_program(contention(3, 2), MEMORY).interleavings == 90
    assert explore_program(contention(3, 2), MEMORY, executions=5).interleavings is None
    assert explore_program(contention(2, 2), GALLERY["hidden-retry"]).interleavings is None


def test_linearizability_is_claimed_where_every_step_is_explained_at_its_own_place() -> None:
    """Clause: history.linearizable"""
    assert explore_program(contention(3, 2), MEMORY).fired[LINEARIZABLE] == 9  # distinct ends


def test_where_steps_are_explained_elsewhere_a_second_search_tells_who_ended_before_whom_began() -> None:
    """Clause: history.linearizable"""
    elsewhere = explore_program(contention(3, 2), GALLERY["rejects-conflicts"])
    every = explore_program(contention(3, 2), GALLERY["rejects-conflicts"], strategy="preemptions=9")

    assert every.complete
    assert (every.executions, every.fired[LINEARIZABLE]) == (90, 6)
    assert elsewhere.executions < every.executions
    assert elsewhere.fired[LINEARIZABLE] == every.fired[LINEARIZABLE]


def test_a_second_search_that_is_cut_short_leaves_the_whole_incomplete() -> None:
    """Clause: history.linearizable"""
    flaw, scenario = GALLERY["swallows-failures"], contention(3, 3)  # 27 traces, and 36 where ends are ordered
    whole, cut = explore_program(scenario, flaw, executions=40), explore_program(scenario, flaw, executions=30)

    assert (whole.executions, whole.complete, whole.fired[LINEARIZABLE] > 0) == (27, True, True)
    assert (cut.executions, cut.complete, cut.fired[LINEARIZABLE]) == (27, False, 0)
    assert cut.why.startswith("in the search for who ended first, 30 executions were asked for; about 83 % of 36 ")


def rejects_early(request: BookingRequest) -> Attempt:
    """Decide at the observe where the resource is full; else as it should be."""
    observation = yield Observe(request.resource_id)
    if isinstance(observation, Resource) and observation.confirmed + request.units > observation.capacity:
        return Emission(Outcome.REJECTED)
    return emit((yield Persist(propose(request, observation))))


def test_an_attempt_that_ends_at_its_observe_is_judged_by_its_booking_id_too() -> None:
    """One id on two resources: to reject it is right before it is booked at the other one, and not after.

    Clause: history.linearizable
    """
    requests = (BookingRequest("ann", "seat", 1), BookingRequest("ann", "sofa", 1))
    scenario = Scenario("one-id", "One id", (("seat", 1), ("sofa", 0)), requests)
    early = Implementation("rejects-early", MemoryStore.open, rejects_early)

    brute, reduced = explore_brute(scenario, early), explore_program(scenario, early)

    assert reduced.violated == brute.violated == {"attempt.decides_at_persist", LINEARIZABLE}
    assert reduced.executions == 2
