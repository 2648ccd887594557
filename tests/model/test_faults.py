"""Faults: a store that does not answer, and an acknowledgement that is lost. Each shows in an outcome.

Clauses: fault.unavailable, fault.acknowledgement_lost, observe.unavailable
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lastseat.model.searches.readable import Mix, search
from lastseat.model.steps import Semantics, Transition, emit, strike, successors, take
from lastseat.model.world import Done, Fault, Idle, Observed, Outcome, Request, System, Verdict, World

Contention = Callable[..., System]
UNAVAILABLE = frozenset({Fault.UNAVAILABLE})
LOST = frozenset({Fault.ACKNOWLEDGEMENT_LOST})
ANN = System((("seat", 1),), (Request("ann", "seat"),), faults=frozenset(Fault))


def faulty(system: System, *attempts: Idle | Observed | Done) -> dict[str, Transition]:
    """Return by action what the faults make of the first attempt's step."""
    world = replace(system.initial(), attempts=attempts)
    step = take(system, world, 0)
    assert step is not None
    return {each.action: each for each in strike(system, step)}


# --- one step -------------------------------------------------------------------------------------------------


def test_a_store_that_does_not_answer_an_observe_ends_the_attempt_without_a_persist() -> None:
    """Clause: observe.unavailable"""
    struck = faulty(ANN, Idle())

    assert list(struck) == ["observe_unavailable"]
    step = struck["observe_unavailable"]
    assert step.after == World(ANN.initial().store, (Done(Outcome.FAILED, Verdict.STORE_UNAVAILABLE),))


def test_a_store_that_does_not_answer_a_persist_applies_nothing() -> None:
    """Clause: fault.unavailable"""
    step = faulty(ANN, Observed(0, 0))["persist_unavailable"]

    assert step.after == World(ANN.initial().store, (Done(Outcome.FAILED, Verdict.STORE_UNAVAILABLE),))


def test_a_lost_acknowledgement_hides_a_reservation_that_is_recorded() -> None:
    """Clause: fault.acknowledgement_lost"""
    step = faulty(ANN, Observed(0, 0))["persist_unacknowledged"]

    assert step.after.store.recorded("ann") is not None
    assert step.after.attempts == (Done(Outcome.FAILED, Verdict.ACKNOWLEDGEMENT_LOST),)


def test_only_an_effective_persist_has_an_acknowledgement_to_lose() -> None:
    full = replace(ANN, capacities=(("seat", 0),))

    assert list(faulty(full, Observed(0, 0))) == ["persist_unavailable"]


def test_a_fault_is_told_from_an_answer() -> None:
    world = replace(ANN.initial(), attempts=(Observed(0, 0),))

    faults = {step.action: step.faulty for step in successors(ANN, world)}

    assert faults == {"persist": False, "persist_unavailable": True, "persist_unacknowledged": True}


@pytest.mark.parametrize("local", [Idle(), Observed(0, 0)])
def test_without_a_fault_in_the_system_none_strikes(local: Idle | Observed) -> None:
    assert faulty(replace(ANN, faults=frozenset()), local) == {}


# --- every schedule -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "capacity", "faults", "states", "generated"),
    [
        (1, 1, UNAVAILABLE, 4, 5),
        (1, 1, LOST, 4, 4),
        (2, 1, UNAVAILABLE, 21, 37),
        (2, 1, LOST, 24, 25),
        (3, 2, UNAVAILABLE, 123, 313),
        (3, 2, LOST, 176, 277),
        (3, 2, UNAVAILABLE | LOST, 261, 652),
    ],
)
def test_the_worlds_that_faults_lead_to_are_counted_exactly_and_all_sound(
    contention: Contention, attempts: int, capacity: int, faults: frozenset[Fault], states: int, generated: int
) -> None:
    searched = search(replace(contention(attempts, capacity), faults=faults))

    assert (searched.states, searched.generated, searched.depth) == (states, generated, 2 * attempts)
    assert searched.violations == ()
    assert searched.complete


@pytest.mark.parametrize(
    ("faults", "interleavings"),
    [
        # An attempt takes one step when its observe is not answered, and else two, the second answered or not:
        # 2 orders of one step each, 3 orders of one and two (2 answers, either way round), 6 of two and two (4).
        (UNAVAILABLE, {(1, 1, 0): 2, (1, 0, 1): 22, (0, 0, 2): 14}),
        # The one persist that takes effect may be acknowledged or not: each of the 6 schedules twice.
        (LOST, {(1, 1, 0): 2, (1, 0, 1): 4, (0, 1, 1): 2, (0, 0, 2): 4}),
    ],
)
def test_the_schedules_of_two_attempts_with_faults_are_counted_exactly(
    contention: Contention, faults: frozenset[Fault], interleavings: dict[Mix, int]
) -> None:
    assert search(replace(contention(2, 1), faults=faults)).interleavings == interleavings


def test_a_request_whose_acknowledgement_was_lost_is_booked_when_it_is_tried_again() -> None:
    """Clauses: fault.acknowledgement_lost, persist.identity"""
    twice = System((("seat", 1),), (Request("ann", "seat"), Request("ann", "seat")), faults=LOST)

    searched = search(twice)

    # Whoever comes second is BOOKED without an effect, whether the first one heard of it or not.
    assert searched.interleavings == {(2, 0, 0): 6, (1, 0, 1): 6}
    assert searched.violations == ()


LINEARIZABLE = "history.linearizable"

# --- flaws that only a fault shows ----------------------------------------------------------------------------


def rejects_what_was_not_answered(verdict: Verdict) -> Done:
    return Done(Outcome.REJECTED) if verdict is Verdict.STORE_UNAVAILABLE else emit(verdict)


def books_what_was_not_answered(verdict: Verdict) -> Done:
    return Done(Outcome.BOOKED) if verdict is Verdict.STORE_UNAVAILABLE else emit(verdict)


def calls_a_lost_acknowledgement_unavailable(verdict: Verdict) -> Done:
    return emit(Verdict.STORE_UNAVAILABLE if verdict is Verdict.ACKNOWLEDGEMENT_LOST else verdict)


@pytest.mark.parametrize(
    ("flawed_emit", "clauses"),
    [
        (rejects_what_was_not_answered, {"attempt.decides_at_persist", "emit.rejected", LINEARIZABLE}),
        (books_what_was_not_answered, {"attempt.decides_at_persist", "emit.booked", "emit.kept", LINEARIZABLE}),
        (calls_a_lost_acknowledgement_unavailable, {"emit.unbooked", "emit.recorded", LINEARIZABLE}),
    ],
)
def test_a_fault_that_is_not_told_as_it_was_breaks_exactly_these_clauses(
    flawed_emit: Callable[[Verdict], Done], clauses: set[str]
) -> None:
    flawed = search(ANN, Semantics(emit=flawed_emit), stop_at_first=False)
    calm = search(replace(ANN, faults=frozenset()), Semantics(emit=flawed_emit))

    assert {one.clause for one in flawed.violations} == clauses
    assert calm.violations == ()
