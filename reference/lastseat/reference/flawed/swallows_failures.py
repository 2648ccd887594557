"""A use case that knows one refusal, over capacity, and takes every other verdict for success.

Breaks emit.booked: an attempt that lost a race is told BOOKED and nothing is recorded for it. A review misses it
because it was complete when a store could only answer yes or no, and the verdicts that came later fall through
without a warning.
"""

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, NotObserved, Observation, Outcome, Verdict


def attempt_swallowing_failures(request: BookingRequest) -> Attempt:
    """Run one attempt that is BOOKED unless the seats ran out."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    return Emission(Outcome.REJECTED if verdict is Verdict.OVER_CAPACITY else Outcome.BOOKED)


IMPLEMENTATION = Implementation(
    "swallows-failures", MemoryStore.open, attempt_swallowing_failures, breaks="emit.booked"
)
