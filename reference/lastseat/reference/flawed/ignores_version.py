"""A store that ignores the version and checks the capacity again instead.

Breaks persist.compare_and_swap: a proposal made from a stale observation takes effect. A review misses it because
nothing is ever overbooked: the capacity is checked against the current state, so every other clause holds.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict


class IgnoresVersion(SnapshotStore):
    """Decides as if every proposal had been made from the current version."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        resource = resource_in(held, proposal.request.resource_id)
        recorded = reservation_in(held, proposal.request.booking_id)
        current = replace(proposal, expected_version=resource.version if resource else None)
        verdict = decide(current, recorded, resource)
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


IMPLEMENTATION = Implementation("ignores-version", IgnoresVersion.open, breaks="persist.compare_and_swap")
