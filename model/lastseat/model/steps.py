"""The four steps of the seed, one pure function each, and the transition relation that they make.

`observe` and `persist` are the shared steps; `propose` and `emit` are local and ride on `persist`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, assert_never

from lastseat.model.world import (
    Done,
    Fault,
    Idle,
    Local,
    Observed,
    Outcome,
    Policy,
    Proposal,
    Request,
    Reservation,
    Resource,
    Store,
    System,
    Verdict,
    World,
)


def observe(store: Store, request: Request) -> Observed:
    """Step 1: copy the version and the confirmed units of the resource. Clauses: observe.stale, observe.pure"""
    resource = store.resource(request.resource_id)
    return Observed(resource.version, resource.confirmed) if resource else Observed(None, None)


def propose(request: Request, observed: Observed) -> Proposal:
    """Step 2: propose to confirm the requested units on top of what was seen. Clause: propose.tentative"""
    return Proposal(request, observed.version)


def persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Step 3: decide and apply in one atomic step; return the store after it and the verdict.

    Clauses: persist.order, persist.identity, persist.unknown, persist.version, persist.capacity, persist.effect
    """
    request = proposal.request
    recorded = store.recorded(request.booking_id)
    if recorded is not None:
        same = recorded == Reservation(request.booking_id, request.resource_id, request.units)
        return store, Verdict.ACCEPTED if same else Verdict.IDENTIFIER_REUSE
    resource = store.resource(request.resource_id)
    if resource is None:
        return store, Verdict.UNKNOWN_RESOURCE
    stale = proposal.expected_version != resource.version
    over = resource.confirmed + request.units > resource.capacity
    match policy:
        case Policy.VERSION_FIRST:
            refusals = ((stale, Verdict.VERSION_CONFLICT), (over, Verdict.OVER_CAPACITY))
        case Policy.CAPACITY_FIRST:
            refusals = ((over, Verdict.OVER_CAPACITY), (stale, Verdict.VERSION_CONFLICT))
        case _:
            assert_never(policy)
    refused = next((verdict for applies, verdict in refusals if applies), None)
    if refused is not None:
        return store, refused
    return record(store, request, resource), Verdict.ACCEPTED


def record(store: Store, request: Request, resource: Resource) -> Store:
    """Return the store with the reservation recorded, its units confirmed and the version bumped.

    Clause: persist.effect
    """
    after = replace(resource, confirmed=resource.confirmed + request.units, version=resource.version + 1)
    reservation = Reservation(request.booking_id, request.resource_id, request.units)
    return Store(
        tuple((name, after if name == request.resource_id else other) for name, other in store.resources),
        tuple(sorted((*store.reservations, reservation))),
    )


def emit(verdict: Verdict) -> Done:
    """Step 4: the one outcome that a verdict means. Clauses: emit.one, emit.reason"""
    match verdict:
        case Verdict.ACCEPTED:
            return Done(Outcome.BOOKED)
        case Verdict.OVER_CAPACITY:
            return Done(Outcome.REJECTED)
        case (
            Verdict.VERSION_CONFLICT
            | Verdict.IDENTIFIER_REUSE
            | Verdict.UNKNOWN_RESOURCE
            | Verdict.STORE_UNAVAILABLE
            | Verdict.ACKNOWLEDGEMENT_LOST
        ):
            return Done(Outcome.FAILED, verdict)
        case _:
            assert_never(verdict)


Persisting = Callable[[Store, Proposal, Policy], tuple[Store, Verdict]]


@dataclass(frozen=True, slots=True)
class Semantics:
    """The four steps as one value, so that a flawed one can stand in for any of them."""

    observe: Callable[[Store, Request], Observed] = observe
    propose: Callable[[Request, Observed], Proposal] = propose
    persist: Persisting = persist
    emit: Callable[[Verdict], Done] = emit


CORRECT = Semantics()


@dataclass(frozen=True, slots=True)
class Transition:
    """One shared step of one attempt between two worlds. `verdict` is None for an observe that was answered.

    `action` is "observe" or "persist", or with a fault "observe_unavailable", "persist_unavailable" or
    "persist_unacknowledged".
    """

    action: str
    attempt: int
    before: World
    after: World
    verdict: Verdict | None = None

    @property
    def faulty(self) -> bool:
        """Return whether a fault strikes in this step."""
        return self.verdict in (Verdict.STORE_UNAVAILABLE, Verdict.ACKNOWLEDGEMENT_LOST)


class Alone(NamedTuple):
    """What one shared step does to the store and to the attempt that takes it. `verdict` is None for an observe."""

    action: str
    store: Store
    local: Local
    verdict: Verdict | None = None


def take_alone(
    store: Store, request: Request, local: Local, policy: Policy, semantics: Semantics = CORRECT
) -> Alone | None:
    """Return the step that an attempt takes when no fault strikes, or None when it has terminated.

    It sees the store and its own local state, and nothing of the other attempts.
    """
    match local:
        case Idle():
            return Alone("observe", store, semantics.observe(store, request))
        case Observed():
            after, verdict = semantics.persist(store, semantics.propose(request, local), policy)
            return Alone("persist", after, semantics.emit(verdict), verdict)
        case Done():
            return None
        case _:
            assert_never(local)


def take(system: System, world: World, attempt: int, semantics: Semantics = CORRECT) -> Transition | None:
    """Return the step that `attempt` takes from `world` when no fault strikes, or None when it has terminated."""
    step = take_alone(world.store, system.requests[attempt], world.attempts[attempt], system.policy, semantics)
    if step is None:
        return None
    return Transition(step.action, attempt, world, _moved(world, attempt, step.local, step.store), step.verdict)


def strike(system: System, step: Transition, semantics: Semantics = CORRECT) -> Iterator[Transition]:
    """Yield what becomes of a step when each of the system's faults strikes in it.

    A lost answer is a case of its own only where something was applied; otherwise it looks, to the attempt and
    to the store, like a store that did not answer.
    Clauses: fault.unavailable, fault.acknowledgement_lost
    """
    if Fault.UNAVAILABLE in system.faults:
        verdict = Verdict.STORE_UNAVAILABLE
        after = _moved(step.before, step.attempt, semantics.emit(verdict))
        yield Transition(f"{step.action}_unavailable", step.attempt, step.before, after, verdict)
    if Fault.ACKNOWLEDGEMENT_LOST in system.faults and step.after.store != step.before.store:
        verdict = Verdict.ACKNOWLEDGEMENT_LOST
        after = _moved(step.after, step.attempt, semantics.emit(verdict))
        yield Transition(f"{step.action}_unacknowledged", step.attempt, step.before, after, verdict)


def successors(system: System, world: World, semantics: Semantics = CORRECT) -> Iterator[Transition]:
    """Yield every shared step that can be taken from `world`, in the order of the attempts, faults last."""
    for attempt in range(len(world.attempts)):
        step = take(system, world, attempt, semantics)
        if step is not None:
            yield step
            yield from strike(system, step, semantics)


def _moved(world: World, attempt: int, local: Local, store: Store | None = None) -> World:
    attempts = (*world.attempts[:attempt], local, *world.attempts[attempt + 1 :])
    return World(store or world.store, attempts)
