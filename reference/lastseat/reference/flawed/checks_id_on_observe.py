"""A use case that looks the booking id up when it observes, and a store that relies on that.

Breaks state.unique: two attempts that both found the id unused both record it. A review misses it because on one
resource the version check catches the second of them; only an id that is used for two resources gets through.
"""

from dataclasses import dataclass
from typing import ClassVar

from lastseat.reference.attempt_booking import Attempt, Persist, emit, propose
from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
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


@dataclass(frozen=True, slots=True)
class Seen(Resource):
    """The observed resource, and what was recorded under the booking id at that moment."""

    recorded: Reservation | None = None


@dataclass(frozen=True, slots=True)
class Informed(Proposal):
    """A proposal that tells the store what is recorded under its booking id."""

    recorded: Reservation | None = None


class ChecksIdOnObserve(SnapshotStore):
    """Decides about the id with what the proposal says of it."""

    def look_up(self, request: BookingRequest) -> Observation:
        """Return the resource as it is now, with the reservation under the booking id."""
        recorded = reservation_in(self._held, request.booking_id)
        resource = resource_in(self._held, request.resource_id)
        return (
            Seen(resource.capacity, resource.confirmed, resource.version, recorded)
            if resource
            else NotObserved.ABSENT
        )

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        recorded = proposal.recorded if isinstance(proposal, Informed) else None
        verdict = decide(proposal, recorded, resource_in(held, proposal.request.resource_id))
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


@dataclass(frozen=True, slots=True)
class LookUp:
    """An observe that looks the booking id up as well."""

    kind: ClassVar[str] = "observe"
    request: BookingRequest

    def perform(self, store: ChecksIdOnObserve, /) -> Observation:
        """Return the store's copy of the resource, and of the reservation."""
        return store.look_up(self.request)

    async def perform_async(self, store: ChecksIdOnObserve, /) -> Observation:
        """Return the store's copy of the resource, and of the reservation."""
        return self.perform(store)


def attempt_looking_up(request: BookingRequest) -> Attempt:
    """Run one attempt whose proposal says whether the id was used when it observed."""
    observation: Observation = yield LookUp(request)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    plain = propose(request, observation)
    recorded = observation.recorded if isinstance(observation, Seen) else None
    verdict: Verdict = yield Persist(Informed(request, plain.expected_version, plain.confirmed, recorded))
    return emit(verdict)


IMPLEMENTATION = Implementation(
    "checks-id-on-observe", ChecksIdOnObserve.open, attempt_looking_up, breaks="state.unique"
)
