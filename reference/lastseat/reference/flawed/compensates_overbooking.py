"""A store that does not check the capacity, and a use case that cancels what turns out to be too much.

Breaks state.capacity: between the booking and its cancellation the resource is overbooked for everybody to see. A
review misses it because the cancellation does come, in every test that runs to the end; a process that stops in
between never sends it, and a repeated delivery cancels the booking of the first one.
"""

from dataclasses import replace

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.flawed.base import Cancel, SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Proposal, Resource, Snapshot, Verdict


class LeavesCapacityToOthers(SnapshotStore):
    """Decides as if there were always room."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        recorded = reservation_in(held, proposal.request.booking_id)
        resource = resource_in(held, proposal.request.resource_id)
        roomy = replace(resource, capacity=resource.confirmed + proposal.request.units) if resource else None
        verdict = decide(proposal, recorded, roomy)
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


def attempt_compensating(request: BookingRequest) -> Attempt:
    """Run one attempt that cancels its booking where the observed seats did not suffice."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    over = isinstance(observation, Resource) and observation.confirmed + request.units > observation.capacity
    if verdict is Verdict.ACCEPTED and over:
        yield Cancel(request)
        return emit(Verdict.OVER_CAPACITY)
    return emit(verdict)


IMPLEMENTATION = Implementation(
    "compensates-overbooking", LeavesCapacityToOthers.open, attempt_compensating, breaks="state.capacity"
)
