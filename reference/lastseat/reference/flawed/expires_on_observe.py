"""A store that lets a booking expire when it has been read `READS` times, and clears it away on observe.

Breaks observe.pure: a read frees the seats of somebody who was BOOKED. A review misses it because clearing away on
read is the usual way without a background job, each state is consistent, and one other visitor is not enough.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, without_reservation
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Observation, Snapshot

READS = 2


class ExpiresOnObserve(SnapshotStore):
    """How often each booking was read is its hidden state."""

    def observe(self, resource_id: str) -> Observation:
        """Age the bookings of the resource, clear away those that expired, and return it as it is then."""
        self._held = aged(self._held, resource_id)
        return super().observe(resource_id)


def aged(held: Snapshot, resource_id: str) -> Snapshot:
    """Return the snapshot after one more read of a resource."""
    reads = dict(held.hidden) if isinstance(held.hidden, tuple) else {}
    for reservation in [each for each in held.reservations if each.resource_id == resource_id]:
        reads[reservation.booking_id] = reads.get(reservation.booking_id, 0) + 1
        if reads[reservation.booking_id] == READS:
            held = without_reservation(held, reservation)
            del reads[reservation.booking_id]
    return replace(held, hidden=tuple(sorted(reads.items())))


IMPLEMENTATION = Implementation("expires-on-observe", ExpiresOnObserve.open, breaks="observe.pure")
