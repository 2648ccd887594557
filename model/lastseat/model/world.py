"""The frozen world of the model: what the store holds and where every attempt stands.

The vocabulary and every edge case: `specs/booking.md`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Outcome(StrEnum):
    """What a terminated attempt emits: exactly one of these. Clause: emit.one"""

    BOOKED = "BOOKED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


class Verdict(StrEnum):
    """What the store answers to a proposal. Clause: persist.verdict"""

    ACCEPTED = "accepted"
    OVER_CAPACITY = "over capacity"
    VERSION_CONFLICT = "version conflict"
    IDENTIFIER_REUSE = "identifier reuse"
    UNKNOWN_RESOURCE = "unknown resource"
    STORE_UNAVAILABLE = "store unavailable"
    ACKNOWLEDGEMENT_LOST = "acknowledgement lost"


class Policy(StrEnum):
    """Which check of persist comes first. Clause: persist.order"""

    VERSION_FIRST = "version-first"
    CAPACITY_FIRST = "capacity-first"


class Fault(StrEnum):
    """What may go wrong between an attempt and the store, at any step of anyone.

    Clauses: fault.unavailable, fault.acknowledgement_lost
    """

    UNAVAILABLE = "unavailable"  # the store does not answer, and nothing is applied
    ACKNOWLEDGEMENT_LOST = "acknowledgement lost"  # an effective persist is applied, and the answer is lost


@dataclass(frozen=True, slots=True, order=True)
class Request:
    """One attempt's input: `units` (at least 1) of a resource, under a booking id."""

    booking_id: str
    resource_id: str
    units: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Resource:
    """A bookable resource; `capacity` and `confirmed` in units, `version` in effective persists."""

    capacity: int
    confirmed: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Reservation:
    """A recorded booking."""

    booking_id: str
    resource_id: str
    units: int


@dataclass(frozen=True, slots=True)
class Store:
    """What all attempts share. `resources` is sorted by id; `reservations` is a sorted multiset."""

    resources: tuple[tuple[str, Resource], ...]
    reservations: tuple[Reservation, ...] = ()

    def resource(self, resource_id: str) -> Resource | None:
        """Return the resource of that id, or None."""
        for name, resource in self.resources:
            if name == resource_id:
                return resource
        return None

    def recorded(self, booking_id: str) -> Reservation | None:
        """Return the reservation under that booking id, on whatever resource, or None."""
        for reservation in self.reservations:
            if reservation.booking_id == booking_id:
                return reservation
        return None


@dataclass(frozen=True, slots=True, order=True)
class Idle:
    """An attempt that has not observed yet."""


@dataclass(frozen=True, slots=True, order=True)
class Observed:
    """An attempt that holds an observation: both fields are None where the resource was absent."""

    version: int | None
    confirmed: int | None

    def __str__(self) -> str:
        return "observed nothing" if self.version is None else f"observed {self.confirmed} at version {self.version}"


@dataclass(frozen=True, slots=True, order=True)
class Done:
    """An attempt that emitted its outcome; `reason` says why it is FAILED, and is None otherwise."""

    outcome: Outcome
    reason: Verdict | None = None

    def __str__(self) -> str:
        return f"{self.outcome} ({self.reason})" if self.reason else str(self.outcome)


Local: TypeAlias = Idle | Observed | Done


@dataclass(frozen=True, slots=True)
class Proposal:
    """The transition that one attempt would make; it decides nothing. Clause: propose.tentative"""

    request: Request
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class World:
    """One global state: the store, and the local state of each attempt in order."""

    store: Store
    attempts: tuple[Local, ...]


@dataclass(frozen=True, slots=True)
class System:
    """What is checked: resources (id and capacity in units), one request an attempt, the store's policy, and faults.

    Each of `faults` may strike at any step, any number of times.
    """

    capacities: tuple[tuple[str, int], ...]
    requests: tuple[Request, ...]
    policy: Policy = Policy.VERSION_FIRST
    faults: frozenset[Fault] = frozenset()

    def initial(self) -> World:
        """Return the world in which nothing has happened."""
        resources = tuple((name, Resource(capacity)) for name, capacity in sorted(self.capacities))
        return World(Store(resources), (Idle(),) * len(self.requests))
