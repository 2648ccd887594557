"""What the flawed stores share: a store that is one snapshot and one pure function.

Not for real threads: under the scheduler one step runs at a time.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from lastseat.reference.values import (
    NotObserved,
    Observation,
    Proposal,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)


class SnapshotStore:
    """A store that holds a `Snapshot`. A flaw is a `step` that differs from what the clauses say."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._held = snapshot

    @classmethod
    def open(cls, capacities: Mapping[str, int]) -> Self:
        """Return a fresh store with a resource of each capacity (units)."""
        return cls(Snapshot(tuple((name, Resource(capacity)) for name, capacity in sorted(capacities.items()))))

    def observe(self, resource_id: str) -> Observation:
        """Return the resource as it is now."""
        return resource_in(self._held, resource_id) or NotObserved.ABSENT

    def persist(self, proposal: Proposal) -> Verdict:
        """Let `step` decide on the proposal and apply it."""
        self._held, verdict = self.step(self._held, proposal)
        return verdict

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        raise NotImplementedError

    def snapshot(self) -> Snapshot:
        """Return all that the store holds."""
        return self._held

    def restore(self, snapshot: Snapshot) -> None:
        """Make the store hold exactly `snapshot`."""
        self._held = snapshot


def resource_in(held: Snapshot, resource_id: str) -> Resource | None:
    """Return the resource of that id, or None."""
    return dict(held.resources).get(resource_id)


def reservation_in(held: Snapshot, booking_id: str) -> Reservation | None:
    """Return a reservation under that booking id, or None."""
    return next((one for one in held.reservations if one.booking_id == booking_id), None)


def with_resource(held: Snapshot, resource_id: str, resource: Resource) -> Snapshot:
    """Return the snapshot with that resource in the place of the one it held."""
    resources = tuple((name, resource if name == resource_id else one) for name, one in held.resources)
    return replace(held, resources=resources)


def with_reservation(held: Snapshot, proposal: Proposal) -> Snapshot:
    """Return the snapshot with the proposed reservation added, even if its id is recorded already."""
    request = proposal.request
    reservation = Reservation(request.booking_id, request.resource_id, request.units)
    return replace(held, reservations=tuple(sorted((*held.reservations, reservation))))


def applied(held: Snapshot, proposal: Proposal) -> Snapshot:
    """Return the snapshot after a correct effective persist. Clause: persist.effect"""
    request = proposal.request
    before = dict(held.resources)[request.resource_id]
    after = Resource(before.capacity, before.confirmed + request.units, before.version + 1)
    return with_reservation(with_resource(held, request.resource_id, after), proposal)
