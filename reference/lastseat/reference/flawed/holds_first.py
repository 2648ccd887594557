"""A use case that takes the seats with its first step and confirms them with the second.

Breaks persist.only_writer: the seats are gone before anything is persisted. A review misses it because nobody ever
loses a race after the first step, and whoever holds seats does confirm them; an attempt that stops in between
keeps them for ever.
"""

from dataclasses import dataclass
from typing import ClassVar

from lastseat.reference.attempt_booking import Attempt, Persist, emit, propose
from lastseat.reference.flawed.base import SnapshotStore
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Verdict


class HoldsFirst(SnapshotStore):
    """Offers a step that books at once, whatever the version."""

    def hold(self, request: BookingRequest) -> Observation:
        """Book the request if it fits, and return the resource as it is then."""
        self.persist(propose(request, self.observe(request.resource_id)))
        return self.observe(request.resource_id)


@dataclass(frozen=True, slots=True)
class Hold:
    """The shared step that takes the seats."""

    kind: ClassVar[str] = "hold"
    request: BookingRequest

    def perform(self, store: HoldsFirst, /) -> Observation:
        """Take the seats if they suffice, and return what the resource is then."""
        return store.hold(self.request)

    async def perform_async(self, store: HoldsFirst, /) -> Observation:
        """Take the seats if they suffice, and return what the resource is then."""
        return self.perform(store)


def attempt_holding_first(request: BookingRequest) -> Attempt:
    """Run one attempt whose persist finds its reservation there."""
    observation: Observation = yield Hold(request)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(verdict)


IMPLEMENTATION = Implementation("holds-first", HoldsFirst.open, attempt_holding_first, breaks="persist.only_writer")
