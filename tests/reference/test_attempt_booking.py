"""The use case: two shared steps in order, one outcome, and what it does when a fault strikes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.runners import run
from lastseat.reference.store import InspectableStore, Store
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    NotObserved,
    Observation,
    Outcome,
    Proposal,
    Reason,
    Reservation,
    Resource,
    Verdict,
)

ANN = BookingRequest("ann", "room", 2)
BOOKED = Emission(Outcome.BOOKED)
REJECTED = Emission(Outcome.REJECTED)
LOST = Emission(Outcome.FAILED, Reason.ACKNOWLEDGEMENT_LOST)
CONFLICT = Emission(Outcome.FAILED, Reason.VERSION_CONFLICT)


class LosesAcknowledgement:
    """Applies every proposal that it can, and never says so. Clause: fault.acknowledgement_lost"""

    def __init__(self, store: Store) -> None:
        self._store = store

    def observe(self, resource_id: str) -> Observation:
        return self._store.observe(resource_id)

    def persist(self, proposal: Proposal) -> Verdict:
        verdict = self._store.persist(proposal)
        return Verdict.ACKNOWLEDGEMENT_LOST if verdict is Verdict.ACCEPTED else verdict


class Unavailable:
    """A store that cannot be reached: at its first step, or only when it is to persist."""

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self.persists = 0

    def observe(self, _resource_id: str) -> Observation:
        return self._observation

    def persist(self, _proposal: Proposal) -> Verdict:
        self.persists += 1
        return Verdict.STORE_UNAVAILABLE


def ended(attempt: Attempt, result: object) -> Emission:
    """Return what `attempt` emits when its last operation had this result."""
    with pytest.raises(StopIteration) as end:
        attempt.send(result)
    emission = end.value.value
    assert isinstance(emission, Emission)
    return emission


@given(
    observation=st.builds(Resource, st.integers(min_value=0), st.integers(min_value=0), st.integers(min_value=0))
    | st.just(NotObserved.ABSENT),
    verdict=st.sampled_from(Verdict),
)
def test_an_attempt_observes_then_persists_its_proposal_then_emits(
    observation: Observation, verdict: Verdict
) -> None:
    """Whatever was observed, even a full resource or none, persist decides.

    Clauses: attempt.one_persist, attempt.decides_at_persist, progress.two_steps, observe.absent
    """
    attempt = attempt_booking(ANN)

    first = next(attempt)
    second = attempt.send(observation)
    emission = ended(attempt, verdict)

    assert first == Observe("room")
    assert second == Persist(propose(ANN, observation))
    assert emission == emit(verdict)


def test_an_attempt_ends_without_a_persist_when_nothing_can_be_observed() -> None:
    """Clauses: observe.unavailable, attempt.decides_at_persist"""
    store = Unavailable(NotObserved.UNAVAILABLE)

    emission = run(attempt_booking(ANN), store)

    assert emission == Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)
    assert store.persists == 0


def test_an_attempt_whose_persist_finds_no_store_fails_once_and_does_not_retry() -> None:
    """Clauses: fault.unavailable, attempt.one_persist"""
    store = Unavailable(Resource(3))

    emission = run(attempt_booking(ANN), store)

    assert emission == Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)
    assert store.persists == 1


@given(
    capacity=st.integers(min_value=0),
    confirmed=st.integers(min_value=0),
    version=st.integers(min_value=0),
    units=st.integers(min_value=1),
)
def test_a_proposal_adds_the_units_to_what_was_observed_and_decides_nothing(
    capacity: int, confirmed: int, version: int, units: int
) -> None:
    """Clause: propose.tentative"""
    request = BookingRequest("ann", "room", units)

    assert propose(request, Resource(capacity, confirmed, version)) == Proposal(request, version, confirmed + units)


def test_a_proposal_for_what_is_absent_expects_no_version() -> None:
    """Clauses: propose.tentative, observe.absent"""
    assert propose(ANN, NotObserved.ABSENT) == Proposal(ANN, None, None)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_means_exactly_one_outcome_and_a_failure_has_its_reason(verdict: Verdict) -> None:
    """Clauses: emit.one, emit.reason"""
    outcomes = {Verdict.ACCEPTED: Outcome.BOOKED, Verdict.OVER_CAPACITY: Outcome.REJECTED}

    emission = emit(verdict)

    assert emission.outcome is outcomes.get(verdict, Outcome.FAILED)
    assert emission.reason == (verdict.value if emission.outcome is Outcome.FAILED else None)


def test_there_are_three_outcomes_and_every_reason_has_its_verdict() -> None:
    """Clauses: emit.one, emit.reason"""
    assert {emit(verdict).outcome for verdict in Verdict} == set(Outcome)
    assert {emit(verdict).reason for verdict in Verdict} == {None, *Reason}
    assert [str(outcome) for outcome in Outcome] == ["BOOKED", "REJECTED", "FAILED"]


def test_a_booking_that_fits_is_booked_and_recorded(store: InspectableStore) -> None:
    """Clauses: attempt.solo, emit.booked, emit.kept, emit.recorded"""
    emission = run(attempt_booking(ANN), store)

    assert emission == BOOKED
    assert store.snapshot().reservations == (Reservation("ann", "room", 2),)


def test_a_booking_that_does_not_fit_is_rejected_and_leaves_nothing(store: InspectableStore) -> None:
    """Clauses: emit.rejected, emit.unbooked"""
    before = store.snapshot()

    emission = run(attempt_booking(BookingRequest("ann", "room", 4)), store)

    assert emission == REJECTED
    assert store.snapshot() == before


def test_of_two_attempts_that_observed_the_same_version_one_is_booked_and_one_fails(
    store: InspectableStore,
) -> None:
    """A room of three has place for both: the loser FAILED because a rival took effect, and for nothing else.

    Clauses: emit.conflict, emit.unbooked, history.linearizable, state.capacity
    """
    ann, bob = (attempt_booking(BookingRequest(name, "room", 1)) for name in ("ann", "bob"))
    seen = [next(attempt).perform(store) for attempt in (ann, bob)]

    first = ended(ann, ann.send(seen[0]).perform(store))
    second = ended(bob, bob.send(seen[1]).perform(store))

    assert [first, second] == [BOOKED, CONFLICT]
    assert store.snapshot().reservations == (Reservation("ann", "room", 1),)


def test_an_attempt_that_is_suspended_for_ever_stops_nobody(store: InspectableStore) -> None:
    """Clause: progress.suspension"""
    suspended = attempt_booking(ANN)
    suspended.send(next(suspended).perform(store))

    emission = run(attempt_booking(BookingRequest("bob", "room", 3)), store)

    assert emission == BOOKED


@pytest.mark.parametrize("steps", [0, 1])
def test_an_attempt_that_crashes_before_its_persist_changes_nothing(store: InspectableStore, steps: int) -> None:
    """Clause: fault.crash"""
    before = store.snapshot()
    attempt = attempt_booking(ANN)
    operation = next(attempt)
    if steps:
        attempt.send(operation.perform(store))

    attempt.close()

    assert store.snapshot() == before
    assert run(attempt_booking(ANN), store) == BOOKED


def test_a_lost_acknowledgement_fails_and_the_same_id_again_is_booked_without_a_second_effect(
    store: InspectableStore,
) -> None:
    """Clauses: fault.acknowledgement_lost, persist.identity, emit.recorded, state.unique"""
    lost = run(attempt_booking(ANN), LosesAcknowledgement(store))
    after_loss = store.snapshot()

    again = run(attempt_booking(ANN), store)

    assert [lost, again] == [LOST, BOOKED]
    assert after_loss.reservations == (Reservation("ann", "room", 2),)
    assert store.snapshot() == after_loss


def test_a_rejected_id_tried_again_is_a_new_attempt(store: InspectableStore) -> None:
    """Clause: attempt.retry_is_new"""
    rejected = run(attempt_booking(BookingRequest("ann", "room", 4)), store)

    again = run(attempt_booking(BookingRequest("ann", "room", 3)), store)

    assert [rejected, again] == [REJECTED, BOOKED]


def test_a_failed_id_tried_again_is_a_new_attempt(store: InspectableStore) -> None:
    """Clause: attempt.retry_is_new"""
    attempt = attempt_booking(ANN)
    observed = next(attempt).perform(store)
    run(attempt_booking(BookingRequest("bob", "room", 1)), store)
    failed = ended(attempt, attempt.send(observed).perform(store))

    again = run(attempt_booking(ANN), store)

    assert [failed, again] == [CONFLICT, BOOKED]
    assert store.observe("room") == Resource(3, confirmed=3, version=2)
