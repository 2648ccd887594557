"""A store that writes the counter as the attempt computed it, without a look at the version.

Breaks state.sum: of two attempts from one observation the later write hides the units of the earlier one. A review
misses it because the counter stays within the capacity for ever, so the invariant that everybody watches holds while
more are BOOKED than there are seats.
"""

from lastseat.reference.flawed.base import SnapshotStore, reservation_in, resource_in, with_reservation, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Resource, Snapshot, Verdict


class LastWriteWins(SnapshotStore):
    """Sets the counter to the proposed value, whoever wrote last."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        name = proposal.request.resource_id
        resource = resource_in(held, name)
        recorded = reservation_in(held, proposal.request.booking_id)
        if recorded is not None or resource is None or proposal.confirmed is None:
            return held, decide(proposal, recorded, resource)
        if proposal.confirmed > resource.capacity:
            return held, Verdict.OVER_CAPACITY
        written = Resource(resource.capacity, proposal.confirmed, resource.version + 1)
        return with_reservation(with_resource(held, name, written), proposal), Verdict.ACCEPTED


IMPLEMENTATION = Implementation("last-write-wins", LastWriteWins.open, breaks="state.sum")
