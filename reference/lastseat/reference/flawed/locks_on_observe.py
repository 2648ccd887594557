"""A store whose observe locks the resource until the next persist on it.

Breaks progress.suspension: an attempt that stops after its observe blocks all others for ever. A review misses it
because it makes every conflict disappear, and each single attempt still ends in two steps.
"""

from dataclasses import replace

from lastseat.reference.attempt_booking import Observe, Operation
from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Observation, Proposal, Snapshot, Verdict


class LocksOnObserve(SnapshotStore):
    """Holds a lock between two steps; the ids of the locked resources are its hidden state."""

    def would_block(self, operation: Operation) -> bool:
        """Return whether `operation` has to wait: an observe of a resource that somebody else observed."""
        return isinstance(operation, Observe) and operation.resource_id in locked(self._held)

    def observe(self, resource_id: str) -> Observation:
        """Lock the resource and return it as it is now."""
        self._held = replace(self._held, hidden=locked(self._held) | {resource_id})
        return super().observe(resource_id)

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it; the lock is released."""
        name = proposal.request.resource_id
        recorded = reservation_in(held, proposal.request.booking_id)
        verdict = decide(proposal, recorded, resource_in(held, name))
        effective = verdict is Verdict.ACCEPTED and recorded is None
        after = applied(held, proposal) if effective else held
        return replace(after, hidden=locked(held) - {name}), verdict


def locked(held: Snapshot) -> frozenset[str]:
    """Return the ids of the resources that are locked."""
    return held.hidden if isinstance(held.hidden, frozenset) else frozenset()


IMPLEMENTATION = Implementation("locks-on-observe", LocksOnObserve.open, breaks="progress.suspension")
