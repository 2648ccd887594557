"""A store that answers "accepted" first and writes with the next operation.

Breaks emit.booked: an attempt is BOOKED and its reservation is recorded later, or never. A review misses it because
every operation completes the pending write before it looks at anything, so nobody who asks the store can tell;
only a stop at the wrong moment can.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Observation, Proposal, Snapshot, Verdict


class AcknowledgesBeforeWriting(SnapshotStore):
    """Holds at most one accepted proposal that is still to be written: its hidden state."""

    def observe(self, resource_id: str) -> Observation:
        """Complete the pending write, then return the resource as it is now."""
        self._held = written(self._held)
        return super().observe(resource_id)

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        held = written(held)
        after, verdict = SnapshotStore.step(held, proposal)
        return (held if after == held else replace(held, hidden=proposal)), verdict


def written(held: Snapshot) -> Snapshot:
    """Return the snapshot with the pending write completed."""
    return replace(applied(held, held.hidden), hidden=()) if isinstance(held.hidden, Proposal) else held


IMPLEMENTATION = Implementation("acknowledges-before-writing", AcknowledgesBeforeWriting.open, breaks="emit.booked")
