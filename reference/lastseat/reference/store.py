"""The store contract, and the one decision that every correct store makes inside its atomic persist."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, Self, runtime_checkable

from lastseat.reference.values import Observation, Proposal, Reservation, Resource, Snapshot, Verdict


class Store(Protocol):
    """What an attempt needs of a store: a non-exclusive read and one atomic conditional write.

    Neither method raises for anything that a store can meet in operation: a conflict is a verdict, and an
    infrastructure error is turned into NotObserved.UNAVAILABLE or a verdict at the adapter's edge.
    Clauses: observe.stale, persist.atomic, persist.verdict
    """

    def observe(self, resource_id: str) -> Observation:
        """Return a copy of the resource as it is now, without locking it."""
        ...

    def persist(self, proposal: Proposal) -> Verdict:
        """Apply the proposal as a whole, or nothing of it, and say which."""
        ...


class AsyncStore(Protocol):
    """The same contract for a store whose two operations are awaited."""

    async def observe(self, resource_id: str) -> Observation:
        """Return a copy of the resource as it is now, without locking it."""
        ...

    async def persist(self, proposal: Proposal) -> Verdict:
        """Apply the proposal as a whole, or nothing of it, and say which."""
        ...


@runtime_checkable
class InspectableStore(Store, Protocol):
    """A store that can be put under the scheduler: its whole content can be read and put back."""

    @classmethod
    def open(cls, capacities: Mapping[str, int]) -> Self:
        """Return a fresh store with a resource of each capacity (units)."""
        ...

    def snapshot(self) -> Snapshot:
        """Return all that the store holds."""
        ...

    def restore(self, snapshot: Snapshot) -> None:
        """Make the store hold exactly `snapshot`."""
        ...


class Policy(StrEnum):
    """Which check of persist comes first; both orders are safe, the mix of outcomes differs. Clause: persist.order"""

    VERSION_FIRST = "version-first"
    CAPACITY_FIRST = "capacity-first"


def decide(
    proposal: Proposal,
    recorded: Reservation | None,
    resource: Resource | None,
    policy: Policy = Policy.VERSION_FIRST,
) -> Verdict:
    """Return the verdict on a proposal, given what the store holds at this one moment.

    `recorded` is the reservation under the proposal's booking id, whatever its resource. The proposal takes
    effect exactly when the verdict is ACCEPTED and nothing was recorded.
    Clauses: persist.order, persist.identity, persist.version, persist.capacity, persist.unknown
    """
    request = proposal.request
    if recorded is not None:
        return Verdict.ACCEPTED if recorded.is_of(request) else Verdict.IDENTIFIER_REUSE
    if resource is None:
        return Verdict.UNKNOWN_RESOURCE
    over = resource.confirmed + request.units > resource.capacity
    if over and policy is Policy.CAPACITY_FIRST:
        return Verdict.OVER_CAPACITY
    if proposal.expected_version != resource.version:
        return Verdict.VERSION_CONFLICT
    return Verdict.OVER_CAPACITY if over else Verdict.ACCEPTED
