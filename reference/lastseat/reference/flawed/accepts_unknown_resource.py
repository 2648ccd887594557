"""A store that records a reservation of a resource that does not exist, and a use case that says FAILED all the same.

Breaks emit.unbooked: an attempt ends FAILED and its reservation is recorded. A review misses it because an update of
no rows is no error to a database, and the use case, which saw that the resource is absent, gives the right reason.
"""

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.flawed.base import SnapshotStore, reservation_in, resource_in, with_reservation
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Proposal, Snapshot, Verdict


class AcceptsUnknownResource(SnapshotStore):
    """Updates the resource where there is one, and records the reservation in any case."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        known = resource_in(held, proposal.request.resource_id) is not None
        if known or reservation_in(held, proposal.request.booking_id) is not None:
            return SnapshotStore.step(held, proposal)
        return with_reservation(held, proposal), Verdict.ACCEPTED


def attempt_noticing_absence(request: BookingRequest) -> Attempt:
    """Run one attempt that FAILS where the resource was absent, whatever the store says."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(Verdict.UNKNOWN_RESOURCE if observation is NotObserved.ABSENT else verdict)


IMPLEMENTATION = Implementation(
    "accepts-unknown-resource", AcceptsUnknownResource.open, attempt_noticing_absence, breaks="emit.unbooked"
)
