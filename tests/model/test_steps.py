"""The four steps of the flow, one by one, and the transitions that they make."""

import pytest

from lastseat.model.steps import Semantics, emit, observe, persist, propose, record, successors, take
from lastseat.model.world import (
    Done,
    Idle,
    Observed,
    Outcome,
    Policy,
    Proposal,
    Request,
    Reservation,
    Resource,
    Store,
    System,
    Verdict,
    World,
)

BOTH_POLICIES = pytest.mark.parametrize("policy", Policy)
ANN = Request("ann", "seat")
SEATS = Store((("seat", Resource(2)),))
FULL = Store((("seat", Resource(1, 1, 1)),), (Reservation("bob", "seat", 1),))


def proposal(request: Request = ANN, version: int | None = 0) -> Proposal:
    return Proposal(request, version)


# --- observe and propose --------------------------------------------------------------------------------------


def test_an_observation_copies_the_version_and_the_confirmed_units() -> None:
    store = Store((("seat", Resource(5, 3, 2)), ("sofa", Resource(9, 8, 7))))

    assert observe(store, ANN) == Observed(version=2, confirmed=3)


def test_an_observation_stays_as_it_was_when_the_store_moves_on() -> None:
    """Clause: observe.stale"""
    observed = observe(SEATS, ANN)

    persist(SEATS, proposal(Request("bob", "seat")), Policy.VERSION_FIRST)

    assert observed == Observed(version=0, confirmed=0)


def test_an_unknown_resource_is_observed_as_absent() -> None:
    """Clause: observe.absent"""
    assert observe(SEATS, Request("ann", "sofa")) == Observed(None, None)


def test_a_proposal_carries_the_observed_version_even_when_the_units_cannot_fit() -> None:
    """Clause: propose.tentative"""
    greedy = Request("ann", "seat", 100)

    assert propose(greedy, Observed(version=4, confirmed=1)) == Proposal(greedy, expected_version=4)


# --- persist --------------------------------------------------------------------------------------------------


@BOTH_POLICIES
def test_an_accepted_proposal_records_confirms_and_bumps_at_once(policy: Policy) -> None:
    """Clauses: persist.effect, persist.atomic"""
    store, verdict = persist(SEATS, proposal(Request("ann", "seat", 2)), policy)

    assert verdict is Verdict.ACCEPTED
    assert store == Store((("seat", Resource(2, 2, 1)),), (Reservation("ann", "seat", 2),))


@BOTH_POLICIES
def test_a_stale_proposal_conflicts_and_changes_nothing(policy: Policy) -> None:
    """Clause: persist.version"""
    moved_on = Store((("seat", Resource(2, 1, 1)),), (Reservation("bob", "seat", 1),))

    assert persist(moved_on, proposal(version=0), policy) == (moved_on, Verdict.VERSION_CONFLICT)


@BOTH_POLICIES
def test_a_version_from_the_future_conflicts_too(policy: Policy) -> None:
    """Clause: persist.version"""
    assert persist(SEATS, proposal(version=1), policy) == (SEATS, Verdict.VERSION_CONFLICT)


@BOTH_POLICIES
def test_units_that_do_not_fit_are_refused_whole(policy: Policy) -> None:
    """Clauses: persist.capacity, persist.whole"""
    assert persist(SEATS, proposal(Request("ann", "seat", 3)), policy) == (SEATS, Verdict.OVER_CAPACITY)


@BOTH_POLICIES
def test_a_resource_without_capacity_refuses_every_request(policy: Policy) -> None:
    nothing = Store((("seat", Resource(0)),))

    assert persist(nothing, proposal(), policy) == (nothing, Verdict.OVER_CAPACITY)


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [(Policy.VERSION_FIRST, Verdict.VERSION_CONFLICT), (Policy.CAPACITY_FIRST, Verdict.OVER_CAPACITY)],
)
def test_the_policy_names_the_cause_when_a_stale_proposal_would_not_fit_either(
    policy: Policy, verdict: Verdict
) -> None:
    """Clause: persist.order"""
    assert persist(FULL, proposal(version=0), policy) == (FULL, verdict)


@BOTH_POLICIES
@pytest.mark.parametrize("version", [0, 1, None])
def test_a_recorded_request_is_accepted_again_without_effect_however_stale(
    policy: Policy, version: int | None
) -> None:
    """Clause: persist.identity"""
    again = proposal(Request("bob", "seat", 1), version)

    assert persist(FULL, again, policy) == (FULL, Verdict.ACCEPTED)


@BOTH_POLICIES
@pytest.mark.parametrize(
    "other", [Request("bob", "seat", 2), Request("bob", "sofa", 1), Request("bob", "no such resource", 1)]
)
def test_a_recorded_id_is_refused_for_another_request(policy: Policy, other: Request) -> None:
    """Clause: persist.identity"""
    store = Store((*FULL.resources, ("sofa", Resource(5))), FULL.reservations)

    assert persist(store, proposal(other), policy) == (store, Verdict.IDENTIFIER_REUSE)


@BOTH_POLICIES
def test_a_proposal_for_an_unknown_resource_is_refused(policy: Policy) -> None:
    """Clause: persist.unknown"""
    stray = proposal(Request("ann", "sofa"), version=None)

    assert persist(SEATS, stray, policy) == (SEATS, Verdict.UNKNOWN_RESOURCE)


def test_a_recorded_booking_touches_its_own_resource_only_and_keeps_the_ledger_sorted() -> None:
    """Clause: persist.effect"""
    sofa = ("sofa", Resource(3, 1, 1))
    store = Store((("seat", Resource(2)), sofa), (Reservation("bob", "sofa", 1),))

    after = record(store, ANN, Resource(2))

    assert after.resources == (("seat", Resource(2, 1, 1)), sofa)
    assert after.reservations == (Reservation("ann", "seat", 1), Reservation("bob", "sofa", 1))


# --- emit -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_means_exactly_one_outcome_and_a_failure_names_its_cause(verdict: Verdict) -> None:
    """Clauses: emit.one, emit.reason, persist.verdict"""
    definitive = {Verdict.ACCEPTED: Done(Outcome.BOOKED), Verdict.OVER_CAPACITY: Done(Outcome.REJECTED)}

    assert emit(verdict) == definitive.get(verdict, Done(Outcome.FAILED, verdict))


# --- transitions ----------------------------------------------------------------------------------------------


def world(*attempts: Idle | Observed | Done, store: Store = SEATS) -> World:
    return World(store, attempts)


PAIR = System((("seat", 2),), (ANN, Request("bob", "seat")))


def test_an_idle_attempt_takes_an_observe_that_leaves_the_store_alone() -> None:
    """Clause: observe.pure"""
    step = take(PAIR, world(Idle(), Idle()), 1)

    assert step is not None
    assert (step.action, step.attempt, step.verdict) == ("observe", 1, None)
    assert step.after == world(Idle(), Observed(0, 0))


def test_an_attempt_that_observed_takes_a_persist_that_ends_it() -> None:
    """Clauses: attempt.one_persist, progress.two_steps"""
    step = take(PAIR, world(Observed(0, 0), Idle()), 0)

    assert step is not None
    assert (step.action, step.verdict) == ("persist", Verdict.ACCEPTED)
    assert step.after.attempts == (Done(Outcome.BOOKED), Idle())
    assert step.after.store.recorded("ann") == Reservation("ann", "seat", 1)


def test_an_attempt_that_ended_takes_no_step() -> None:
    assert take(PAIR, world(Done(Outcome.REJECTED), Idle()), 0) is None


def test_every_attempt_that_has_not_ended_can_always_move() -> None:
    """Clause: progress.suspension"""
    suspended = world(Observed(0, 0), Idle())

    assert [step.attempt for step in successors(PAIR, suspended)] == [0, 1]
    assert [step.attempt for step in successors(PAIR, world(Done(Outcome.BOOKED), Idle()))] == [1]


def test_a_flawed_step_can_stand_in_for_any_of_the_four() -> None:
    blind = Semantics(observe=lambda _store, _request: Observed(7, 7))

    step = take(PAIR, world(Idle(), Idle()), 0, blind)

    assert step is not None
    assert step.after.attempts[0] == Observed(7, 7)


# --- world ----------------------------------------------------------------------------------------------------


def test_in_the_initial_world_nothing_has_happened() -> None:
    system = System((("sofa", 1), ("seat", 2)), (ANN,))

    assert system.initial() == World(Store((("seat", Resource(2)), ("sofa", Resource(1)))), (Idle(),))


def test_a_store_finds_a_booking_id_on_whatever_resource() -> None:
    assert FULL.recorded("bob") == Reservation("bob", "seat", 1)
    assert FULL.recorded("ann") is None


def test_a_store_finds_a_resource_by_its_id() -> None:
    assert FULL.resource("seat") == Resource(1, 1, 1)
    assert FULL.resource("sofa") is None
