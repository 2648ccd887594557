"""A store that compares the version and never raises it.

Breaks persist.version_step: after the first booking every observation still carries version 0, so the comparison
always passes. A review misses it because the compare is there, as is the capacity check behind it, and each test of
one attempt after another gives the right outcomes.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, resource_in, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class NeverBumpsVersion(SnapshotStore):
    """Records the reservation and its units, and leaves the version as it was."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        before = resource_in(held, proposal.request.resource_id)
        after, verdict = SnapshotStore.step(held, proposal)
        current = resource_in(after, proposal.request.resource_id)
        if before is None or current is None:
            return after, verdict
        return with_resource(after, proposal.request.resource_id, replace(current, version=before.version)), verdict


IMPLEMENTATION = Implementation("never-bumps-version", NeverBumpsVersion.open, breaks="persist.version_step")
