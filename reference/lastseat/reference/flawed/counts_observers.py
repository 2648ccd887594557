"""A store that keeps a seat for everybody who has observed the resource and not yet persisted.

Breaks emit.rejected: an attempt is REJECTED while the seat is free, for the sake of another one that may never come
back. A review misses it because the other one usually does book the seat, and then the answer was right.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Observation, Proposal, Snapshot, Verdict


class CountsObservers(SnapshotStore):
    """The open observations, by resource, are its hidden state."""

    def observe(self, resource_id: str) -> Observation:
        """Keep a seat, and return the resource as it is now."""
        self._held = replace(self._held, hidden=tuple(sorted((*observed(self._held), resource_id))))
        return super().observe(resource_id)

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        name = proposal.request.resource_id
        others = list(observed(held))
        if name in others:
            others.remove(name)
        held = replace(held, hidden=tuple(others))
        resource = resource_in(held, name)
        recorded = reservation_in(held, proposal.request.booking_id)
        kept = replace(resource, confirmed=resource.confirmed + others.count(name)) if resource else None
        verdict = decide(proposal, recorded, kept)
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


def observed(held: Snapshot) -> tuple[str, ...]:
    """Return the resource id of each open observation."""
    return held.hidden if isinstance(held.hidden, tuple) else ()


IMPLEMENTATION = Implementation("counts-observers", CountsObservers.open, breaks="emit.rejected")
