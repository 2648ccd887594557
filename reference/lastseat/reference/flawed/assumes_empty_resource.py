"""A use case that goes on with an empty resource when the store cannot be observed.

Breaks emit.conflict, and shows only under a fault: the store is unavailable at the observe, after somebody booked.
The attempt then FAILS by a conflict with nobody. A review misses it because a default value in the place of an error
keeps the happy path short, and persist refuses whatever is wrong.
"""

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Resource, Verdict


def attempt_with_default(request: BookingRequest) -> Attempt:
    """Run one attempt that needs no observation."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        observation = Resource(request.units)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(verdict)


IMPLEMENTATION = Implementation(
    "assumes-empty-resource", MemoryStore.open, attempt_with_default, breaks="emit.conflict"
)
