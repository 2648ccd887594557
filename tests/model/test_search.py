"""The readable search: exact counts, the edge cases of the semantics, and what it says when it is cut short."""

from collections.abc import Callable
from dataclasses import replace
from math import factorial

import pytest
from hypothesis import given, strategies

from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS
from lastseat.model.refinement import MODEL_STEP_CHECKS
from lastseat.model.searches.readable import Mix, mix_of, search
from lastseat.model.world import Done, Outcome, Policy, Request, System, Verdict

Contention = Callable[..., System]


def schedules(attempts: int) -> int:
    """Return how many orders there are of the two steps of each attempt."""
    return int(factorial(2 * attempts) / 2**attempts)


# --- exact counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "capacity", "states", "generated"),
    [(0, 1, 1, 1), (1, 1, 3, 3), (2, 1, 14, 15), (3, 1, 83, 115), (4, 2, 488, 929), (6, 3, 22_443, 68_125)],
)
def test_the_reachable_worlds_are_counted_exactly(
    contention: Contention, attempts: int, capacity: int, states: int, generated: int
) -> None:
    searched = search(contention(attempts, capacity))

    assert (searched.states, searched.generated, searched.depth) == (states, generated, 2 * attempts)
    assert searched.complete
    assert searched.violations == ()
    assert sum(searched.interleavings.values()) == schedules(attempts)


@pytest.mark.parametrize(
    ("policy", "capacity", "interleavings"),
    [
        (Policy.VERSION_FIRST, 2, {(2, 1, 0): 6, (2, 0, 1): 48, (1, 0, 2): 36}),
        (Policy.CAPACITY_FIRST, 2, {(2, 1, 0): 30, (2, 0, 1): 24, (1, 0, 2): 36}),
        (Policy.VERSION_FIRST, 1, {(1, 2, 0): 18, (1, 1, 1): 36, (1, 0, 2): 36}),
        (Policy.CAPACITY_FIRST, 1, {(1, 2, 0): 90}),
    ],
)
def test_the_schedules_that_end_in_each_mix_of_outcomes_are_counted_exactly(
    contention: Contention, policy: Policy, capacity: int, interleavings: dict[Mix, int]
) -> None:
    assert search(contention(3, capacity, policy)).interleavings == interleavings


# --- edge cases -----------------------------------------------------------------------------------------------

TWO_SEATS = (("seat", 2),)
EDGE_CASES: dict[str, tuple[System, dict[Mix, int]]] = {
    "the same request twice is booked once and BOOKED twice": (
        System(TWO_SEATS, (Request("ann", "seat"), Request("ann", "seat"))),
        {(2, 0, 0): 6},
    ),
    "an id that comes with other units is BOOKED once and then reused": (
        System(TWO_SEATS, (Request("ann", "seat", 1), Request("ann", "seat", 2))),
        {(1, 0, 1): 6},
    ),
    "two resources that race for one id do not both book it": (
        System((("seat", 1), ("sofa", 1)), (Request("ann", "seat"), Request("ann", "sofa"))),
        {(1, 0, 1): 6},
    ),
    "attempts on two resources do not disturb each other": (
        System((("seat", 1), ("sofa", 1)), (Request("ann", "seat"), Request("bob", "sofa"))),
        {(2, 0, 0): 6},
    ),
    "without capacity all are REJECTED and none conflicts": (
        System((("seat", 0),), (Request("ann", "seat"), Request("bob", "seat"))),
        {(0, 2, 0): 6},
    ),
    "an unknown resource fails every attempt on it": (
        System((("seat", 1),), (Request("ann", "sofa"), Request("bob", "seat"))),
        {(1, 0, 1): 6},
    ),
    "unequal units leave room for some and not for others": (
        System((("seat", 3),), (Request("ann", "seat", 2), Request("bob", "seat", 2), Request("cem", "seat", 1))),
        {(2, 1, 0): 10, (2, 0, 1): 32, (1, 1, 1): 12, (1, 0, 2): 36},
    ),
}


@pytest.mark.parametrize(("system", "interleavings"), EDGE_CASES.values(), ids=EDGE_CASES)
def test_an_edge_case_ends_as_the_clauses_say(system: System, interleavings: dict[Mix, int]) -> None:
    """Clauses: persist.identity, persist.unknown, persist.capacity, persist.whole"""
    searched = search(system)

    assert searched.violations == ()
    assert searched.interleavings == interleavings


def test_a_refused_id_leaves_no_tombstone() -> None:
    """Clause: attempt.retry_is_new"""
    greedy, modest = Request("ann", "seat", 3), Request("ann", "seat", 1)

    searched = search(System(TWO_SEATS, (greedy, modest)))

    # Where the greedy one comes first it is REJECTED, and the same id is then BOOKED for one unit.
    assert (1, 1, 0) in searched.interleavings
    assert searched.violations == ()


@given(data=strategies.data())
def test_every_small_system_keeps_every_clause_under_every_schedule(
    systems: strategies.SearchStrategy[System], data: strategies.DataObject
) -> None:
    searched = search(data.draw(systems))

    assert searched.violations == ()
    assert searched.complete


@given(data=strategies.data())
def test_every_schedule_of_a_system_without_faults_ends_in_some_mix(
    systems: strategies.SearchStrategy[System], data: strategies.DataObject
) -> None:
    system = replace(data.draw(systems), faults=frozenset())

    interleavings = search(system).interleavings

    assert sum(interleavings.values()) == schedules(len(system.requests))
    assert {sum(mix) for mix in interleavings} == {len(system.requests)}


# --- what was checked -----------------------------------------------------------------------------------------


def test_every_property_speaks_about_some_world_of_a_few_small_systems(contention: Contention) -> None:
    same_id = System(TWO_SEATS, (Request("ann", "seat"), Request("ann", "seat")))

    fired = set(search(contention(3, 1)).fired) | set(search(same_id).fired)

    assert fired == {one.clause for checks in (STATE_CHECKS, MODEL_STEP_CHECKS, RUN_CHECKS) for one in checks}


def test_a_property_whose_antecedent_was_never_true_is_not_counted_as_checked(contention: Contention) -> None:
    alone = search(contention(1, 1))

    assert alone.fired["emit.booked"] == 1
    assert {"emit.conflict", "emit.rejected", "persist.identity"}.isdisjoint(alone.fired)


def test_an_interrupted_search_says_that_it_is_incomplete(contention: Contention) -> None:
    def interrupt(states: int) -> None:
        if states >= 100:
            raise KeyboardInterrupt

    searched = search(contention(4, 2), tick=interrupt)

    assert not searched.complete
    assert 100 <= searched.states < 488


def test_the_progress_of_a_search_is_told_world_by_world(contention: Contention) -> None:
    ticks: list[int] = []

    searched = search(contention(2, 1), tick=ticks.append)

    assert len(ticks) == searched.states
    assert ticks == sorted(ticks)
    assert ticks[-1] == searched.states


def test_a_mix_counts_the_three_outcomes_and_leaves_out_who_emitted_nothing() -> None:
    failed = Done(Outcome.FAILED, Verdict.VERSION_CONFLICT)

    assert mix_of((Done(Outcome.BOOKED), failed, None, failed, Done(Outcome.REJECTED))) == (1, 1, 2)
