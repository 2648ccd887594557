"""A use case that answers BOOKED when it got no answer to its persist.

Breaks emit.booked, and shows only under a fault: the store is unavailable at the persist. A review misses it because
a lost answer mostly means that the booking was made, and then the guess is right.
"""

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Verdict


def attempt_guessing_success(request: BookingRequest) -> Attempt:
    """Run one attempt that takes silence for an acceptance."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    silent = verdict in (Verdict.STORE_UNAVAILABLE, Verdict.ACKNOWLEDGEMENT_LOST)
    return emit(Verdict.ACCEPTED if silent else verdict)


IMPLEMENTATION = Implementation(
    "takes-silence-for-success", MemoryStore.open, attempt_guessing_success, breaks="emit.booked"
)
