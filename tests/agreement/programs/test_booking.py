"""Dpor finds what brute force finds on the booking system: real use cases over real stores, flawed ones too.

Clauses: persist.version, attempt.one_persist
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.reference.attempt_booking import Observe
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.explore import explore_brute
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import shipped_scenarios
from lastseat.simulations.kernel.actions import NO_FAULTS
from lastseat.testing import Exploration, explore

Compare = Callable[..., Any]
IMPLEMENTATIONS = {one.name: one for one in (MEMORY, CAPACITY_FIRST, *GALLERY.values())}
SMALL = [scenario for scenario in shipped_scenarios() if len(scenario.requests) <= 3]


def processes_of(scenario: Scenario, implementation: Implementation) -> list[Callable[[Any], Any]]:
    """The attempts of a scenario as processes: what they share is the store."""
    return [lambda _store, one=request: implementation.attempt(one) for request in scenario.requests]


def store_of(scenario: Scenario, implementation: Implementation) -> Callable[[], Any]:
    return lambda: implementation.open_store(dict(scenario.capacities))


def with_dpor(scenario: Scenario, implementation: Implementation = MEMORY) -> Exploration:
    return explore(processes_of(scenario, implementation), shared=store_of(scenario, implementation), deadlocks=True)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_on_every_small_shipped_scenario(name: str, compare: Compare) -> None:
    implementation = IMPLEMENTATIONS[name]
    for scenario in SMALL:
        compare(processes_of(scenario, implementation), store_of(scenario, implementation))


@pytest.mark.parametrize("scenario", [one for one in SMALL if one.faults == NO_FAULTS], ids=lambda one: one.name)
def test_the_explorer_of_bookings_sees_the_same_interleavings_and_outcomes(
    scenario: Scenario, compare: Compare
) -> None:
    booked = explore_brute(scenario, MEMORY)

    compared = compare(processes_of(scenario, MEMORY), store_of(scenario, MEMORY))

    vectors = {tuple(one.outcome for one in returned) for returned, _, _ in compared.ways}
    assert compared.interleavings == booked.interleavings
    assert vectors == {tuple(one.outcome for one in vector if one) for vector in booked.vectors}


@settings(deadline=None, max_examples=60)
@given(
    requests=st.lists(
        st.builds(
            BookingRequest,
            booking_id=st.sampled_from(["ann", "bob", "cid"]),
            resource_id=st.sampled_from(["x", "x", "y", "elsewhere"]),
            units=st.integers(1, 3),
        ),
        min_size=1,
        max_size=3,
    ),
    seats=st.integers(0, 4),
    name=st.sampled_from(sorted(IMPLEMENTATIONS)),
)
def test_on_drawn_scenarios(requests: list[BookingRequest], seats: int, name: str, compare: Compare) -> None:
    scenario = Scenario("drawn", "Drawn", (("x", seats), ("y", 1)), tuple(requests))

    compare(processes_of(scenario, IMPLEMENTATIONS[name]), store_of(scenario, IMPLEMENTATIONS[name]))


@pytest.mark.parametrize(
    ("attempts", "traces", "interleavings", "vectors"), [(2, 4, 6, 3), (3, 27, 90, 7), (4, 280, 2_520, 15)]
)
def test_the_traces_of_attempts_for_which_there_is_room(
    attempts: int, traces: int, interleavings: int, vectors: int
) -> None:
    seen = with_dpor(contention(attempts, attempts))

    assert (seen.executions, seen.blocked, seen.interleavings) == (traces, 0, interleavings)
    assert len(seen.vectors) == vectors


def test_attempts_on_different_resources_have_one_trace() -> None:
    requests = tuple(BookingRequest(f"b{one}", f"r{one}", 1) for one in range(5))
    scenario = Scenario("apart", "Apart", tuple((f"r{one}", 1) for one in range(5)), requests)

    assert with_dpor(scenario).executions == 1


def test_one_id_on_two_resources_and_a_rival_on_the_first(compare: Compare) -> None:
    """A persist that fails reads less than one that succeeds writes, so a reversal can make races appear."""
    requests = (BookingRequest("ann", "x", 1), BookingRequest("bob", "x", 1), BookingRequest("ann", "y", 2))
    scenario = Scenario("rival", "A rival", (("x", 1), ("y", 1)), requests)

    compared = compare(processes_of(scenario, CAPACITY_FIRST), store_of(scenario, CAPACITY_FIRST))

    assert compared.counts == (6, 90, 3)


def test_an_attempt_that_stops_while_it_holds_a_lock_stops_the_others() -> None:
    locking = GALLERY["locks-on-observe"]
    scenario = contention(2, 2)

    def stops(_store: Any) -> Any:
        yield Observe(scenario.requests[0].resource_id)

    seen = explore([*processes_of(scenario, locking), stops], shared=store_of(scenario, locking))

    assert (seen.deadlocks > 0, seen.blocked) == (True, 0)
    assert [one.name for one in seen.violations] == ["deadlock"]
