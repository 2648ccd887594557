"""A store that creates a resource which it does not know, with no seats, and then refuses.

Breaks persist.refusal_pure: a refused persist leaves a resource behind, and the next attempt is REJECTED where
nothing exists. A review misses it because "get or create" is one call, and the answer to the caller is right.
"""

from dataclasses import replace
from operator import itemgetter

from lastseat.reference.flawed.base import SnapshotStore
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Resource, Snapshot, Verdict


class CreatesUnknownResource(SnapshotStore):
    """Gets or creates the resource before it decides."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        name = proposal.request.resource_id
        after, verdict = SnapshotStore.step(held, proposal)
        if verdict is not Verdict.UNKNOWN_RESOURCE:
            return after, verdict
        return replace(
            held, resources=tuple(sorted((*held.resources, (name, Resource(0))), key=itemgetter(0)))
        ), verdict


IMPLEMENTATION = Implementation(
    "creates-unknown-resource", CreatesUnknownResource.open, breaks="persist.refusal_pure"
)
