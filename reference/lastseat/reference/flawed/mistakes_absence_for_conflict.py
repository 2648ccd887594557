"""A store that reports a resource that does not exist as a version conflict.

Breaks emit.conflict: the attempt is told that somebody was faster, where there is nobody. A review misses it because
an update "where id and version match" changes no row in both cases, and one test for "no row" covers them.
"""

from lastseat.reference.flawed.base import SnapshotStore
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class MistakesAbsenceForConflict(SnapshotStore):
    """Knows two answers: a row was changed, or none was."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        after, verdict = SnapshotStore.step(held, proposal)
        return after, Verdict.VERSION_CONFLICT if verdict is Verdict.UNKNOWN_RESOURCE else verdict


IMPLEMENTATION = Implementation(
    "mistakes-absence-for-conflict", MistakesAbsenceForConflict.open, breaks="emit.conflict"
)
