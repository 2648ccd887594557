"""A store that raises the version when it turns a proposal away for want of seats.

Breaks persist.version_step: a rejection changes the store, and whoever has observed before it FAILS by a conflict
with nobody. A review misses it because "every decision gets a new version" reads like an audit trail, and no
reservation and no counter is ever wrong.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, resource_in, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class BumpsVersionOnRejection(SnapshotStore):
    """Gives every decision about seats a version of its own."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        after, verdict = SnapshotStore.step(held, proposal)
        current = resource_in(after, proposal.request.resource_id)
        if verdict is not Verdict.OVER_CAPACITY or current is None:
            return after, verdict
        bumped = replace(current, version=current.version + 1)
        return with_resource(after, proposal.request.resource_id, bumped), verdict


IMPLEMENTATION = Implementation(
    "bumps-version-on-rejection", BumpsVersionOnRejection.open, breaks="persist.version_step"
)
