"""The use case AttemptBooking: one attempt, two shared steps, one outcome.

It is a generator of operations and does no input or output itself, so that a plain runner, an asynchronous
one and a scheduler can all perform it. Every `yield` is one shared step, the only place where another
attempt may run; everything between is local.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias, assert_never

from lastseat.reference.store import AsyncStore, Store
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    NotObserved,
    Observation,
    Outcome,
    Proposal,
    Reason,
    Resource,
    Verdict,
)


class Operation(Protocol):
    """One shared step, as a value: it names what it touches and can be performed on a store."""

    kind: ClassVar[str]

    def perform(self, store: Any, /) -> Any:
        """Take the step on `store` and return its result."""
        ...

    async def perform_async(self, store: Any, /) -> Any:
        """Take the step on a store whose operations are awaited."""
        ...


@dataclass(frozen=True, slots=True)
class Observe:
    """Seed step 1: read a resource without excluding anyone. Clause: observe.pure"""

    kind: ClassVar[str] = "observe"
    resource_id: str

    def perform(self, store: Store, /) -> Observation:
        """Return the store's copy of the resource."""
        return store.observe(self.resource_id)

    async def perform_async(self, store: AsyncStore, /) -> Observation:
        """Return the store's copy of the resource, awaited."""
        return await store.observe(self.resource_id)


@dataclass(frozen=True, slots=True)
class Persist:
    """Seed step 3: apply a proposal as a whole or not at all. Clause: persist.atomic"""

    kind: ClassVar[str] = "persist"
    proposal: Proposal

    def perform(self, store: Store, /) -> Verdict:
        """Return the store's verdict on the proposal."""
        return store.persist(self.proposal)

    async def perform_async(self, store: AsyncStore, /) -> Verdict:
        """Return the store's verdict on the proposal, awaited."""
        return await store.persist(self.proposal)


# What is sent back is the result of the operation just yielded: an Observation, then a Verdict. A generator has
# one send type for all its yields, hence Any; each use names the type that it expects.
Attempt: TypeAlias = Generator[Operation, Any, Emission]


def attempt_booking(request: BookingRequest) -> Attempt:
    """Run one attempt: observe, propose, persist, emit. No retry, no lock.

    Clauses: attempt.one_persist, attempt.decides_at_persist, observe.unavailable
    """
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(verdict)


def propose(request: BookingRequest, observation: Observation) -> Proposal:
    """Return the transition that `request` would make of what was observed. It assumes and decides nothing.

    Clause: propose.tentative
    """
    if isinstance(observation, Resource):
        return Proposal(request, observation.version, observation.confirmed + request.units)
    return Proposal(request, expected_version=None, confirmed=None)


def emit(verdict: Verdict) -> Emission:
    """Return the one outcome that a verdict means. Clauses: emit.one, emit.reason"""
    match verdict:
        case Verdict.ACCEPTED:
            return _BOOKED
        case Verdict.OVER_CAPACITY:
            return _REJECTED
        case (
            Verdict.VERSION_CONFLICT
            | Verdict.IDENTIFIER_REUSE
            | Verdict.UNKNOWN_RESOURCE
            | Verdict.STORE_UNAVAILABLE
            | Verdict.ACKNOWLEDGEMENT_LOST
        ):
            return _FAILED[verdict]
        case _:
            assert_never(verdict)


_BOOKED = Emission(Outcome.BOOKED)
_REJECTED = Emission(Outcome.REJECTED)
# A reason is worded as the verdict that it explains; a verdict without a reason would fail at import.
_FAILED = {
    verdict: Emission(Outcome.FAILED, Reason(verdict))
    for verdict in Verdict
    if verdict not in (Verdict.ACCEPTED, Verdict.OVER_CAPACITY)
}
