"""A use case that decides REJECTED from its observation, without a persist.

Breaks attempt.decides_at_persist: an observation may be stale, and nothing is decided by it. A review misses it
because it looks like a saved round trip, and as long as seats are never given back the early answer is even right;
the first cancellation, or a repeat of a booking that was accepted, makes it wrong.
"""

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Resource, Verdict


def attempt_rejecting_early(request: BookingRequest) -> Attempt:
    """Run one attempt that gives up when the observed seats do not suffice."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    if isinstance(observation, Resource) and observation.confirmed + request.units > observation.capacity:
        return emit(Verdict.OVER_CAPACITY)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(verdict)


IMPLEMENTATION = Implementation(
    "rejects-early", MemoryStore.open, attempt_rejecting_early, breaks="attempt.decides_at_persist"
)
