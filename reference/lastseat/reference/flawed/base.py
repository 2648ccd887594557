"""What the flawed stores share: a store that is one snapshot and one pure function.

Not for real threads: under the scheduler one step runs at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from lastseat.reference.store import decide
from lastseat.reference.values import (
    BookingRequest,
    NotObserved,
    Observation,
    Proposal,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)


class SnapshotStore:
    """A store that holds a `Snapshot`, and a correct one as it stands. A flaw overrides a method of it."""

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
        """Return what the store holds after the proposal, and the verdict on it. Clause: persist.effect"""
        recorded = reservation_in(held, proposal.request.booking_id)
        verdict = decide(proposal, recorded, resource_in(held, proposal.request.resource_id))
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict

    def cancel(self, reservation: Reservation) -> None:
        """Take a reservation back if it is recorded. No correct attempt asks for this."""
        if reservation in self._held.reservations:
            self._held = without_reservation(self._held, reservation)

    def snapshot(self) -> Snapshot:
        """Return all that the store holds."""
        return self._held

    def restore(self, snapshot: Snapshot) -> None:
        """Make the store hold exactly `snapshot`."""
        self._held = snapshot


@dataclass(frozen=True, slots=True)
class Cancel:
    """A shared step that the seeds do not have: take the reservation of a request back."""

    kind: ClassVar[str] = "cancel"
    request: BookingRequest

    def perform(self, store: SnapshotStore, /) -> None:
        """Take the reservation back."""
        store.cancel(reservation_of(self.request))

    async def perform_async(self, store: SnapshotStore, /) -> None:
        """Take the reservation back."""
        self.perform(store)


def resource_in(held: Snapshot, resource_id: str) -> Resource | None:
    """Return the resource of that id, or None."""
    return dict(held.resources).get(resource_id)


def reservation_in(held: Snapshot, booking_id: str) -> Reservation | None:
    """Return a reservation under that booking id, or None."""
    return next((reservation for reservation in held.reservations if reservation.booking_id == booking_id), None)


def reservation_of(request: BookingRequest) -> Reservation:
    """Return the reservation that `request` asks for."""
    return Reservation(request.booking_id, request.resource_id, request.units)


def with_resource(held: Snapshot, resource_id: str, resource: Resource) -> Snapshot:
    """Return the snapshot with that resource in the place of the one it held."""
    resources = tuple((name, resource if name == resource_id else other) for name, other in held.resources)
    return replace(held, resources=resources)


def with_reservation(held: Snapshot, proposal: Proposal) -> Snapshot:
    """Return the snapshot with the proposed reservation added, even if its id is recorded already."""
    return replace(held, reservations=tuple(sorted((*held.reservations, reservation_of(proposal.request)))))


def without_reservation(held: Snapshot, reservation: Reservation) -> Snapshot:
    """Return the snapshot with a recorded reservation taken back, its units free again and the version bumped."""
    resource = dict(held.resources)[reservation.resource_id]
    freed = replace(resource, confirmed=resource.confirmed - reservation.units, version=resource.version + 1)
    reservations = tuple(other for other in held.reservations if other != reservation)
    return replace(with_resource(held, reservation.resource_id, freed), reservations=reservations)


def applied(held: Snapshot, proposal: Proposal) -> Snapshot:
    """Return the snapshot after a correct effective persist. Clause: persist.effect"""
    request = proposal.request
    before = dict(held.resources)[request.resource_id]
    after = Resource(before.capacity, before.confirmed + request.units, before.version + 1)
    return with_reservation(with_resource(held, request.resource_id, after), proposal)
