"""A store that does not remember which booking ids it has recorded.

Breaks state.unique: the same delivery, repeated, is recorded twice and takes seats twice. A review misses it
because the version check already turns concurrent repeats away; only a repeat that observes *after* the first one
persisted gets through.
"""

from lastseat.reference.flawed.base import SnapshotStore, applied, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict


class ForgetsIdentity(SnapshotStore):
    """Decides as if no booking id had ever been recorded."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        verdict = decide(proposal, None, resource_in(held, proposal.request.resource_id))
        return (applied(held, proposal) if verdict is Verdict.ACCEPTED else held), verdict


IMPLEMENTATION = Implementation("forgets-identity", ForgetsIdentity.open, breaks="state.unique")
