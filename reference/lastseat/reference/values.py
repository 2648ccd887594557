"""The frozen values that a booking attempt and its store exchange.

Vocabulary and edge cases: `specs/booking.md`.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Outcome(StrEnum):
    """What one terminated attempt emits: exactly one of these. Clause: emit.one."""

    BOOKED = "BOOKED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


class Reason(StrEnum):
    """Why an attempt FAILED. It rides beside the outcome. Clause: emit.reason."""

    VERSION_CONFLICT = "version conflict"
    IDENTIFIER_REUSE = "identifier reuse"
    UNKNOWN_RESOURCE = "unknown resource"
    STORE_UNAVAILABLE = "store unavailable"
    ACKNOWLEDGEMENT_LOST = "acknowledgement lost"


@dataclass(frozen=True, slots=True)
class Emission:
    """The one outcome of an attempt, and the reason when it is FAILED (else None)."""

    outcome: Outcome
    reason: Reason | None = None

    def __str__(self) -> str:
        return f"{self.outcome} ({self.reason})" if self.reason else str(self.outcome)


class Verdict(StrEnum):
    """What a store answers to a proposal. A verdict is a value, never an exception. Clause: persist.verdict."""

    ACCEPTED = "accepted"
    OVER_CAPACITY = "over capacity"
    VERSION_CONFLICT = "version conflict"
    IDENTIFIER_REUSE = "identifier reuse"
    UNKNOWN_RESOURCE = "unknown resource"
    STORE_UNAVAILABLE = "store unavailable"
    ACKNOWLEDGEMENT_LOST = "acknowledgement lost"


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """The input of AttemptBooking: `units` (at least 1) of one resource, under one booking id.

    Raises ValueError when an id is empty or `units` is no positive integer. Clause: request.valid
    """

    booking_id: str
    resource_id: str
    units: int = 1

    def __post_init__(self) -> None:
        for name in ("booking_id", "resource_id"):
            if not isinstance(value := getattr(self, name), str) or not value:
                raise ValueError(f"{name} must be a text that is not empty, not {value!r}")
        if type(self.units) is not int or self.units < 1:
            raise ValueError(f"units must be an integer of at least 1, not {self.units!r}")


@dataclass(frozen=True, slots=True)
class Resource:
    """What is booked: `capacity` and `confirmed` in units, `version` in effective persists.

    Raises ValueError when the capacity is no integer of at least 0. Clause: request.valid
    """

    capacity: int
    confirmed: int = 0
    version: int = 0

    def __post_init__(self) -> None:
        if type(self.capacity) is not int or self.capacity < 0:
            raise ValueError(f"capacity must be an integer of at least 0, not {self.capacity!r}")


class NotObserved(StrEnum):
    """An observation that carries no resource: there is none, or the store could not say."""

    ABSENT = "absent"
    UNAVAILABLE = "unavailable"


# The non-exclusive read of a resource: a copy, which may be stale at once. Clause: observe.stale
Observation: TypeAlias = Resource | NotObserved


@dataclass(frozen=True, slots=True)
class Proposal:
    """The transition that an attempt proposes; it decides nothing. Clause: propose.tentative

    `expected_version` and `confirmed` (units after the transition) are None when the resource was absent.
    """

    request: BookingRequest
    expected_version: int | None
    confirmed: int | None


@dataclass(frozen=True, slots=True, order=True)
class Reservation:
    """A recorded booking of `units` of a resource under a booking id."""

    booking_id: str
    resource_id: str
    units: int

    def is_of(self, request: BookingRequest) -> bool:
        """Return whether `request` asks for exactly this reservation."""
        return (
            self.booking_id == request.booking_id
            and self.resource_id == request.resource_id
            and self.units == request.units
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a store holds, as one value: two stores with equal snapshots behave alike for ever.

    `resources` pairs each id with its resource and `reservations` is a sorted multiset (a flawed store may
    record an id twice). `hidden` is whatever else decides the store's later answers; a correct one hides nothing.
    """

    resources: tuple[tuple[str, Resource], ...]
    reservations: tuple[Reservation, ...] = ()
    hidden: Hashable = ()
