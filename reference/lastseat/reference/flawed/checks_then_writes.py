"""A use case that asks the store whether its proposal is acceptable, and then tells it to write.

Breaks progress.two_steps: the check and the write are two shared steps, and between them others may pass the same
check. A review misses it because every check that there should be is made, on the current state, by the store
itself, right before the write.
"""

from dataclasses import dataclass
from typing import ClassVar

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import BookingRequest, NotObserved, Observation, Proposal, Snapshot, Verdict


class ChecksThenWrites(SnapshotStore):
    """Decides in `check`, and does in `persist` what it is told."""

    def check(self, proposal: Proposal) -> Verdict:
        """Return what the verdict would be now."""
        recorded = reservation_in(self._held, proposal.request.booking_id)
        return decide(proposal, recorded, resource_in(self._held, proposal.request.resource_id))

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        if reservation_in(held, proposal.request.booking_id) is not None:
            return held, Verdict.ACCEPTED
        return applied(held, proposal), Verdict.ACCEPTED


@dataclass(frozen=True, slots=True)
class Check:
    """The shared step that asks and does not write."""

    kind: ClassVar[str] = "check"
    proposal: Proposal

    def perform(self, store: ChecksThenWrites, /) -> Verdict:
        """Return what the verdict would be now."""
        return store.check(self.proposal)

    async def perform_async(self, store: ChecksThenWrites, /) -> Verdict:
        """Return what the verdict would be now."""
        return self.perform(store)


def attempt_checking_first(request: BookingRequest) -> Attempt:
    """Run one attempt that writes only what was found acceptable."""
    observation: Observation = yield Observe(request.resource_id)
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    proposal = propose(request, observation)
    checked: Verdict = yield Check(proposal)
    if checked is not Verdict.ACCEPTED:
        return emit(checked)
    verdict: Verdict = yield Persist(proposal)
    return emit(verdict)


IMPLEMENTATION = Implementation(
    "checks-then-writes", ChecksThenWrites.open, attempt_checking_first, breaks="progress.two_steps"
)
