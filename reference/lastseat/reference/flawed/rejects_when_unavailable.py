"""A use case that reports a store which is unavailable as REJECTED.

Breaks emit.rejected, and shows only under a fault: the store is unavailable at the persist while seats are left. A
review misses it because nothing was booked either way, and REJECTED is what callers handle.
"""

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Verdict


def attempt_rejecting_unavailable(request: BookingRequest) -> Attempt:
    """Run one attempt that hides that the store did not take its proposal."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(Verdict.OVER_CAPACITY if verdict is Verdict.STORE_UNAVAILABLE else verdict)


IMPLEMENTATION = Implementation(
    "rejects-when-unavailable", MemoryStore.open, attempt_rejecting_unavailable, breaks="emit.rejected"
)
