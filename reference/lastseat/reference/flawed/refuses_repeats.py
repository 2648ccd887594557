"""A store that answers every recorded booking id with identifier reuse.

Breaks persist.identity: a delivery that is repeated FAILS although its booking stands. A review misses it because
nothing is ever recorded twice: that is how a unique key reports itself, and the error looks like the right one.
"""

from lastseat.reference.flawed.base import SnapshotStore, reservation_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class RefusesRepeats(SnapshotStore):
    """Reports the violated key, whatever the request."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        if reservation_in(held, proposal.request.booking_id) is not None:
            return held, Verdict.IDENTIFIER_REUSE
        return SnapshotStore.step(held, proposal)


IMPLEMENTATION = Implementation("refuses-repeats", RefusesRepeats.open, breaks="persist.identity")
