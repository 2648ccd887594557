"""Invariants over the store and two attempts: what no property of a single attempt can say."""

from collections.abc import Callable
from dataclasses import dataclass

from lastseat.model.world import Done, Local, Outcome, Request, Store


@dataclass(frozen=True, slots=True)
class Member:
    """One attempt as a pairwise invariant sees it."""

    request: Request
    local: Local


@dataclass(frozen=True, slots=True)
class Pairwise:
    """An invariant of every reachable world, over its store and any two of its attempts.

    It speaks about two members of which `about` holds, the one with the lower index first; `witness` says what
    breaks it, or None. The name must not be that of a clause.
    """

    name: str
    says: str
    about: Callable[[Member], bool]
    witness: Callable[[Store, Member, Member], str | None]


def _is_booked(member: Member) -> bool:
    return isinstance(member.local, Done) and member.local.outcome is Outcome.BOOKED


def _last_unit_twice(store: Store, member: Member, other: Member) -> str | None:
    resource = store.resource(member.request.resource_id)
    rivals = member.request.resource_id == other.request.resource_id
    if resource is None or not rivals or member.request.booking_id == other.request.booking_id:
        return None
    units = member.request.units + other.request.units
    if units <= resource.capacity:
        return None
    ids = f"{member.request.booking_id} and {other.request.booking_id}"
    return f"{ids} are both BOOKED on {member.request.resource_id}: {units} of {resource.capacity} units"


def _one_id_two_requests(_store: Store, member: Member, other: Member) -> str | None:
    if member.request.booking_id != other.request.booking_id or member.request == other.request:
        return None
    return f"booking id {member.request.booking_id} is BOOKED for two different requests"


PAIRWISE: tuple[Pairwise, ...] = (
    Pairwise("pair.last_unit", "two BOOKED attempts under two ids fit together", _is_booked, _last_unit_twice),
    Pairwise("pair.one_id", "two BOOKED attempts with one id have equal requests", _is_booked, _one_id_two_requests),
)
