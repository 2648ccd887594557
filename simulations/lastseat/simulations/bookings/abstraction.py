"""The abstraction function: what a state of the reference is in the model.

The two never import each other, so this is the one place that says which value stands for which.
"""

from typing import Any

from lastseat.model import world
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    NotObserved,
    Outcome,
    Reason,
    Resource,
    Snapshot,
    Verdict,
)
from lastseat.simulations.bookings.scenario import Scenario

# By the text of their members; a member that only one side has fails here, at import.
VERDICTS = {one: world.Verdict(str(one)) for one in Verdict}
REASONS = {one: world.Verdict(str(one)) for one in Reason}
OUTCOMES = {one: world.Outcome(str(one)) for one in Outcome}


def request_of(request: BookingRequest) -> world.Request:
    """Return the model's request."""
    return world.Request(request.booking_id, request.resource_id, request.units)


def store_of(snapshot: Snapshot) -> world.Store:
    """Return the model's store; what a flawed store hides has no place in it."""
    return world.Store(
        tuple((name, world.Resource(one.capacity, one.confirmed, one.version)) for name, one in snapshot.resources),
        tuple(sorted(world.Reservation(one.booking_id, one.resource_id, one.units) for one in snapshot.reservations)),
    )


def verdict_of(result: object) -> world.Verdict | None:
    """Return the model's verdict, or None where the result is no verdict."""
    return VERDICTS[result] if isinstance(result, Verdict) else None


def emitted_of(returned: object) -> world.Done | None:
    """Return what an attempt emitted, or None where it returned something that is no outcome."""
    if not isinstance(returned, Emission):
        return None
    reason = None if returned.reason is None else REASONS[returned.reason]
    return world.Done(OUTCOMES[returned.outcome], reason)


def local_of(received: tuple[Any, ...]) -> world.Local | None:
    """Return where an unfinished attempt stands that received these results; None: nowhere in the model."""
    match received:
        case ():
            return world.Idle()
        case (Resource(version=version, confirmed=confirmed),):
            return world.Observed(version, confirmed)
        case (NotObserved.ABSENT,):
            return world.Observed(None, None)
        case _:
            return None


def system_of(scenario: Scenario, implementation: Implementation) -> world.System:
    """Return the model's system for a scenario under an implementation's policy."""
    return world.System(
        scenario.capacities,
        tuple(map(request_of, scenario.requests)),
        world.Policy(str(implementation.policy)),
    )
