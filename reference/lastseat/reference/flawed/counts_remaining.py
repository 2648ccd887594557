"""A store that lowers the capacity by what it confirms, as if it were the number of seats left.

Breaks state.capacity: each booking counts twice, and with half of the seats sold the rest is lost. A review misses
it because the first booking of a large resource looks right, and too few seats are sold and never too many.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, resource_in, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class CountsRemaining(SnapshotStore):
    """Takes the units off the capacity and adds them to the confirmed ones."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        after, verdict = SnapshotStore.step(held, proposal)
        current = resource_in(after, proposal.request.resource_id)
        if after == held or current is None:
            return held, verdict
        lowered = replace(current, capacity=current.capacity - proposal.request.units)
        return with_resource(after, proposal.request.resource_id, lowered), verdict


IMPLEMENTATION = Implementation("counts-remaining", CountsRemaining.open, breaks="state.capacity")
