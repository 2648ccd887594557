"""A compare-and-swap store in memory, safe under real threads."""

from collections.abc import Mapping
from threading import Lock
from typing import ClassVar, Self

from lastseat.reference.store import Policy, decide
from lastseat.reference.values import NotObserved, Observation, Proposal, Reservation, Resource, Snapshot, Verdict


class MemoryStore:
    """Resources and reservations in two dictionaries of immutable values.

    `observe` takes no lock: it fetches one immutable value. `persist` holds a mutex for its own duration only,
    which is what makes it one atomic step; no lock is ever held between two steps.
    Clauses: persist.atomic, progress.suspension
    """

    policy: ClassVar[Policy] = Policy.VERSION_FIRST
    partitioned: ClassVar[bool] = True  # a step touches only the resource and the booking id that it names

    def __init__(self, snapshot: Snapshot) -> None:
        self._mutex = Lock()
        self._snapshot: Snapshot | None = None
        self.restore(snapshot)

    @classmethod
    def open(cls, capacities: Mapping[str, int]) -> Self:
        """Return a fresh store with a resource of each capacity (units); ValueError if one is negative."""
        return cls(Snapshot(tuple((name, Resource(capacity)) for name, capacity in sorted(capacities.items()))))

    def observe(self, resource_id: str) -> Observation:
        """Return the resource as it is now, or ABSENT. Clauses: observe.stale, observe.pure"""
        return self._resources.get(resource_id, NotObserved.ABSENT)

    def persist(self, proposal: Proposal) -> Verdict:
        """Decide on the proposal and apply it, as one atomic step. Clause: persist.atomic"""
        with self._mutex:
            request = proposal.request
            recorded = self._reservations.get(request.booking_id)
            verdict = decide(proposal, recorded, self._resources.get(request.resource_id), self.policy)
            if verdict is Verdict.ACCEPTED and recorded is None:
                self._apply(proposal)
            return verdict

    def _apply(self, proposal: Proposal) -> None:
        """Record the reservation, confirm its units and bump the version, all at once. Clause: persist.effect"""
        request = proposal.request
        before = self._resources[request.resource_id]
        self._resources[request.resource_id] = Resource(
            before.capacity, before.confirmed + request.units, before.version + 1
        )
        self._reservations[request.booking_id] = Reservation(request.booking_id, request.resource_id, request.units)
        self._snapshot = None

    def snapshot(self) -> Snapshot:
        """Return all that the store holds; the value is kept until the next effective persist."""
        known = self._snapshot  # read without the mutex: it is set only while nobody is in the middle of a persist
        if known is None:
            with self._mutex:
                reservations = tuple(self._reservations[name] for name in sorted(self._reservations))
                known = self._snapshot = Snapshot(tuple(self._resources.items()), reservations)
        return known

    def restore(self, snapshot: Snapshot) -> None:
        """Make the store hold exactly `snapshot`."""
        with self._mutex:
            self._resources = dict(snapshot.resources)
            self._reservations = {reservation.booking_id: reservation for reservation in snapshot.reservations}
            self._snapshot = snapshot


class CapacityFirstMemoryStore(MemoryStore):
    """The second correct policy: a request that does not fit is REJECTED even from a stale observation."""

    policy: ClassVar[Policy] = Policy.CAPACITY_FIRST
    partitioned: ClassVar[bool] = True
