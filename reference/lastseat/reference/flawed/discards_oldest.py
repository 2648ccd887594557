"""A store that keeps the bookings of a resource in a ring buffer as long as its capacity.

Breaks history.linearizable: with the seats sold out, the next booking pushes the oldest one out, and both were
BOOKED. A review misses it because more than the capacity cannot be stored, so that the check of the capacity seems
needless; nothing is raised, and each state is consistent.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import BookingRequest, Proposal, Snapshot, Verdict


class DiscardsOldest(SnapshotStore):
    """The order of arrival is its hidden state."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        resource = resource_in(held, proposal.request.resource_id)
        recorded = reservation_in(held, proposal.request.booking_id)
        verdict = decide(proposal, recorded, replace(resource, confirmed=0) if resource else None)
        if verdict is not Verdict.ACCEPTED or recorded is not None:
            return held, verdict
        roomy = with_room(held, proposal.request)
        return replace(applied(roomy, proposal), hidden=(*arrivals(roomy), proposal.request.booking_id)), verdict


def arrivals(held: Snapshot) -> tuple[str, ...]:
    """Return the recorded booking ids, the oldest first."""
    return held.hidden if isinstance(held.hidden, tuple) else ()


def with_room(held: Snapshot, request: BookingRequest) -> Snapshot:
    """Return the snapshot without the oldest bookings of the resource, as many as stand in the way."""
    for booking_id in arrivals(held):
        resource, oldest = resource_in(held, request.resource_id), reservation_in(held, booking_id)
        if resource is None or resource.confirmed + request.units <= resource.capacity:
            break
        if oldest is not None and oldest.resource_id == request.resource_id:
            freed = replace(resource, confirmed=resource.confirmed - oldest.units)
            held = replace(
                with_resource(held, request.resource_id, freed),
                reservations=tuple(reservation for reservation in held.reservations if reservation != oldest),
                hidden=tuple(arrival for arrival in arrivals(held) if arrival != booking_id),
            )
    return held


IMPLEMENTATION = Implementation("discards-oldest", DiscardsOldest.open, breaks="history.linearizable")
