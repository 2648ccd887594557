"""A store whose version travels in a field that is too small for it.

Breaks persist.compare_and_swap: a proposal that is exactly `VERSIONS` bookings old looks fresh. A review misses it
because the version in the store is whole and only the comparison is cut, and because it takes that many bookings
between one observe and its persist to see it.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict

VERSIONS = 3  # a byte has 256; with three of them few bookings show the same


class VersionWrapsAround(SnapshotStore):
    """Compares versions as far as the field holds them."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        resource = resource_in(held, proposal.request.resource_id)
        expected = proposal.expected_version
        if resource is not None and expected is not None and (resource.version - expected) % VERSIONS == 0:
            proposal = replace(proposal, expected_version=resource.version)
        return SnapshotStore.step(held, proposal)


IMPLEMENTATION = Implementation("version-wraps-around", VersionWrapsAround.open, breaks="persist.compare_and_swap")
