"""A store whose table of reservations has the resource as its key.

Breaks emit.kept: the next booking of the resource takes the place of the one before. A review misses it because the
confirmed units are the sum over the table, so the two always agree, and each BOOKED is true when it is emitted.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, resource_in, with_reservation, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class OneRowPerResource(SnapshotStore):
    """Inserts a reservation, or updates the row of its resource."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        name = proposal.request.resource_id
        after, verdict = SnapshotStore.step(held, proposal)
        current = resource_in(after, name)
        if after == held or current is None:
            return held, verdict
        others = tuple(reservation for reservation in held.reservations if reservation.resource_id != name)
        summed = with_resource(held, name, replace(current, confirmed=proposal.request.units))
        return with_reservation(replace(summed, reservations=others), proposal), verdict


IMPLEMENTATION = Implementation("one-row-per-resource", OneRowPerResource.open, breaks="emit.kept")
