"""A store that compares the number of bookings with the capacity, and not the sum of their units.

Breaks state.capacity: parties of several people overbook the resource. A review misses it because the two are the
same where everybody books one seat, and a party among them must be the last that fits before it shows.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict


class CountsBookings(SnapshotStore):
    """Takes a proposal while there are fewer bookings than seats."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        request = proposal.request
        resource = resource_in(held, request.resource_id)
        recorded = reservation_in(held, request.booking_id)
        bookings = sum(reservation.resource_id == request.resource_id for reservation in held.reservations)
        if resource is not None and bookings < resource.capacity:
            resource = replace(resource, capacity=resource.confirmed + request.units)
        verdict = decide(proposal, recorded, resource)
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


IMPLEMENTATION = Implementation("counts-bookings", CountsBookings.open, breaks="state.capacity")
