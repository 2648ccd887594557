"""A store that takes every repeated booking id for a repeated delivery.

Breaks persist.identity: the same id with other units or another resource is answered "accepted", and what was asked
for is recorded nowhere. A review misses it because idempotency is what it is meant to give, and a test that repeats
a request repeats all of it.
"""

from lastseat.reference.flawed.base import SnapshotStore, reservation_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class AcceptsAnyPayload(SnapshotStore):
    """Compares booking ids and nothing else."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        if reservation_in(held, proposal.request.booking_id) is not None:
            return held, Verdict.ACCEPTED
        return SnapshotStore.step(held, proposal)


IMPLEMENTATION = Implementation("accepts-any-payload", AcceptsAnyPayload.open, breaks="persist.identity")
