"""A store whose booking ids are unique for each resource only.

Breaks state.unique: one id that races for two resources books both. A review misses it because the key
(resource, booking id) is the natural one of a table that is partitioned by resource, and every test with one
resource passes.
"""

from lastseat.reference.flawed.base import SnapshotStore, applied, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict


class ScopesIdToResource(SnapshotStore):
    """Looks a booking id up among the reservations of the requested resource."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        request = proposal.request
        own = (reservation for reservation in held.reservations if reservation.resource_id == request.resource_id)
        recorded = next((reservation for reservation in own if reservation.booking_id == request.booking_id), None)
        verdict = decide(proposal, recorded, resource_in(held, request.resource_id))
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


IMPLEMENTATION = Implementation("scopes-id-to-resource", ScopesIdToResource.open, breaks="state.unique")
