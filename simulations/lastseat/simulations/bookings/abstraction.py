"""The abstraction function: what a state of the reference is in the model.

The two never import each other, so this is the one place that says which value stands for which.
"""

from typing import Any

from lastseat.model import world
from lastseat.model.steps import Alone, strike, take
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
from lastseat.simulations.kernel.actions import Fault

# By the text of their members; a member that only one side has fails here, at import.
VERDICTS = {verdict: world.Verdict(str(verdict)) for verdict in Verdict}
REASONS = {reason: world.Verdict(str(reason)) for reason in Reason}
OUTCOMES = {outcome: world.Outcome(str(outcome)) for outcome in Outcome}
FAULTS = {
    Fault.UNAVAILABLE: world.Fault.UNAVAILABLE,
    Fault.ANSWER_LOST: world.Fault.ACKNOWLEDGEMENT_LOST,
}


def request_of(request: BookingRequest) -> world.Request:
    """Return the model's request."""
    return world.Request(request.booking_id, request.resource_id, request.units)


def store_of(snapshot: Snapshot) -> world.Store:
    """Return the model's store; what a flawed store hides has no place in it."""
    resources = (
        (name, world.Resource(resource.capacity, resource.confirmed, resource.version))
        for name, resource in snapshot.resources
    )
    reservations = (
        world.Reservation(reservation.booking_id, reservation.resource_id, reservation.units)
        for reservation in snapshot.reservations
    )
    return world.Store(tuple(resources), tuple(sorted(reservations)))


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


def take_with_fault(
    store: world.Store, request: world.Request, local: world.Local, policy: world.Policy, fault: Fault
) -> Alone | None:
    """Return what the model makes of a step in which an operation fails; None where it cannot fail there."""
    capacities = tuple((name, resource.capacity) for name, resource in store.resources)
    system = world.System(capacities, (request,), policy, frozenset({FAULTS[fault]}))
    step = take(system, world.World(store, (local,)), 0)
    failed = next(strike(system, step), None) if step else None
    if failed is None:
        return None
    return Alone(failed.action.partition("_")[0], failed.after.store, failed.after.attempts[0], failed.verdict)
