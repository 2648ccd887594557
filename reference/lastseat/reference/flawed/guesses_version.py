"""A use case that persists on version 0 without a look, and on version 1 after a conflict.

Breaks attempt.one_persist: the second try is a retry in the place of the observe. A review misses it because most
resources have no booking yet, so that a round trip is saved, no attempt takes more than two shared steps, and the
store still refuses every wrong guess.
"""

from lastseat.reference.attempt_booking import Attempt, Persist, emit
from lastseat.reference.implementation import Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Proposal, Verdict


def attempt_guessing(request: BookingRequest) -> Attempt:
    """Run one attempt that tries the two likeliest versions."""
    verdict: Verdict = yield Persist(Proposal(request, 0, request.units))
    if verdict is Verdict.VERSION_CONFLICT:
        verdict = yield Persist(Proposal(request, 1, request.units))
    return emit(verdict)


IMPLEMENTATION = Implementation("guesses-version", MemoryStore.open, attempt_guessing, breaks="attempt.one_persist")
