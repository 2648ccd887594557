"""A store that checks the capacity against what the attempt had observed, and never looks at the version.

Breaks state.capacity: two attempts that saw the same last seat both get it. A review misses it because the check is
there, and the proposal carries the sum that it checks; only its age does not show.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict


class TrustsObservation(SnapshotStore):
    """Accepts whatever fitted when it was observed."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        resource = resource_in(held, proposal.request.resource_id)
        recorded = reservation_in(held, proposal.request.booking_id)
        if resource is not None and proposal.confirmed is not None:
            resource = replace(resource, confirmed=proposal.confirmed - proposal.request.units)
            proposal = replace(proposal, expected_version=resource.version)
        verdict = decide(proposal, recorded, resource)
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


IMPLEMENTATION = Implementation("trusts-observation", TrustsObservation.open, breaks="state.capacity")
