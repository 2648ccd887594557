"""Brute force, merging and merging with symmetry say the same of the same code, and the model agrees.

Clauses: history.linearizable, progress.two_steps
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.searches.readable import search
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import shipped_scenarios
from lastseat.simulations.bookings.scheduler import schedules
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.testing.strategies import scenarios

SHIPPED = {scenario.name: scenario for scenario in shipped_scenarios()}
SMALL = [name for name, scenario in SHIPPED.items() if len(scenario.requests) <= 4]
IMPLEMENTATIONS = {
    implementation.name: implementation for implementation in (MEMORY, CAPACITY_FIRST, *GALLERY.values())
}


def seen(exploration: Exploration) -> dict[str, object]:
    """What two strategies must agree on."""
    return {
        "interleavings": exploration.interleavings,
        "outcomes": exploration.outcomes,
        "endings": exploration.endings,
        "blocked": exploration.blocked,
        "deadlocks": exploration.deadlocks,
        "fired": dict(exploration.fired),
        "conformed": exploration.conformed,
        "complete": exploration.complete,
        "violations": sorted((violation.name, len(violation.steps)) for violation in exploration.violations),
        "conforms": exploration.nonconforming is None,
    }


# Their attempts take more steps, so that four of them have hundreds of thousands of schedules.
LONG = ("checks-then-writes", "hidden-retry")
PAIRS = [
    (scenario, name)
    for scenario in SMALL
    for name in IMPLEMENTATIONS
    if name not in LONG or len(SHIPPED[scenario].requests) < 4
]


@pytest.mark.parametrize(("scenario", "implementation"), PAIRS)
def test_merging_says_what_brute_force_says_on_every_small_shipped_scenario(
    scenario: str, implementation: str, explored: Callable[..., Exploration]
) -> None:
    brute = explored(explore_brute, SHIPPED[scenario], IMPLEMENTATIONS[implementation])

    assert seen(explored(explore_merged, SHIPPED[scenario], IMPLEMENTATIONS[implementation])) == seen(brute)


def test_merging_says_what_brute_force_says_of_five_attempts() -> None:
    brute = explore_brute(SHIPPED["five-attempts-five-seats"], MEMORY)

    assert brute.interleavings == 113_400
    assert seen(explore_merged(SHIPPED["five-attempts-five-seats"], MEMORY)) == seen(brute)


@settings(deadline=None, max_examples=40)
@given(scenario=scenarios(most_attempts=4), name=st.sampled_from(sorted(IMPLEMENTATIONS)))
def test_merging_says_what_brute_force_says_of_drawn_scenarios(scenario: Scenario, name: str) -> None:
    brute = explore_brute(scenario, IMPLEMENTATIONS[name])

    assert seen(explore_merged(scenario, IMPLEMENTATIONS[name])) == seen(brute)


def test_an_outcome_that_only_an_order_from_before_a_booking_explains_is_no_violation() -> None:
    """Ann is REJECTED on the full one, though her id is booked on the other by then: she came first."""
    requests = (BookingRequest("ann", "x"), BookingRequest("ann", "y"), BookingRequest("bob", "y"))
    scenario = Scenario("two-payloads", "One id, two payloads", (("x", 0), ("y", 1)), requests)

    merged = explore_merged(scenario, GALLERY["checks-id-on-observe"])

    assert "history.linearizable" not in merged.violated
    assert seen(merged) == seen(explore_brute(scenario, GALLERY["checks-id-on-observe"]))


@settings(deadline=None, max_examples=60)
@given(scenario=scenarios(most_attempts=4), name=st.sampled_from(sorted(IMPLEMENTATIONS)))
def test_symmetry_changes_nothing_but_the_work(scenario: Scenario, name: str) -> None:
    plain = explore_merged(scenario, IMPLEMENTATIONS[name], symmetry=False)

    reduced = explore_merged(scenario, IMPLEMENTATIONS[name])

    assert replace(reduced, fired={}, conformed=0, executions=0, violations=(), nonconforming=None) == replace(
        plain, fired={}, conformed=0, executions=0, violations=(), nonconforming=None
    )
    assert seen(reduced) == seen(plain)


@settings(deadline=None, max_examples=60)
@given(scenario=scenarios(most_attempts=4), implementation=st.sampled_from([MEMORY, CAPACITY_FIRST]))
def test_the_real_code_has_as_many_states_and_steps_as_the_model(
    scenario: Scenario, implementation: Implementation
) -> None:
    model = search(system_of(scenario, implementation), stop_at_first=False)

    merged = explore_merged(scenario, implementation)

    assert (merged.states, merged.generated) == (model.states, model.generated)
    assert merged.outcomes == dict(model.interleavings)
    assert not merged.violations
    assert merged.nonconforming is None


@settings(deadline=None, max_examples=15)
@given(scenario=scenarios(most_attempts=3), name=st.sampled_from(sorted(IMPLEMENTATIONS)))
def test_brute_force_executes_exactly_the_schedules_of_the_definition(scenario: Scenario, name: str) -> None:
    by_definition: list[tuple[Step, ...]] = []
    implementation = IMPLEMENTATIONS[name]
    count = schedules(scenario, implementation, lambda run: by_definition.append(run.steps))

    brute = explore_brute(scenario, implementation)

    assert brute.executions == count == len(set(by_definition))


@pytest.mark.parametrize("scenario", [name for name in SMALL if len(SHIPPED[name].requests) <= 3])
def test_a_sqlite_file_gives_the_same_outcomes_as_memory(scenario: str, explored: Callable[..., Exploration]) -> None:
    on_file = explore_merged(SHIPPED[scenario], SQLITE)

    assert seen(on_file) == seen(explored(explore_brute, SHIPPED[scenario], MEMORY))


@pytest.mark.parametrize(
    ("attempts", "states", "generated", "interleavings", "vectors"),
    [
        (6, 22_443, 68_125, 7_484_400, 181),
        (7, 178_460, 632_521, 681_080_400, 588),
        (8, 1_291_004, 5_464_737, 81_729_648_000, 1_212),
        (9, 11_450_708, 54_371_953, 12_504_636_144_000, 4_161),
    ],
)
def test_the_exact_counts_of_many_attempts(
    attempts: int, states: int, generated: int, interleavings: int, vectors: int
) -> None:
    merged = explore_merged(contention(attempts, attempts // 2), MEMORY)

    assert merged.complete
    assert (merged.states, merged.generated) == (states, generated)
    assert (merged.interleavings, len(merged.vectors)) == (interleavings, vectors)


@pytest.mark.parametrize(("attempts", "vectors"), [(3, 9), (4, 18), (5, 55), (6, 101)])
def test_the_outcome_vectors_of_nearly_enough_seats(attempts: int, vectors: int) -> None:
    assert len(explore_merged(contention(attempts, attempts // 2 + 1), MEMORY).vectors) == vectors
