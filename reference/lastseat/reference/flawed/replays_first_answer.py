"""A store that answers a repeated booking id with what it answered the first time.

Breaks attempt.solo: an id that lost one race can never be booked again, even when nobody is there. A review misses it
because replaying the stored answer is how idempotency keys work for a booking that was accepted.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, reservation_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Proposal, Snapshot, Verdict


class ReplaysFirstAnswer(SnapshotStore):
    """The answers, by booking id, are its hidden state."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        booking_id = proposal.request.booking_id
        answers: dict[str, Verdict] = dict(held.hidden) if isinstance(held.hidden, tuple) else {}
        if booking_id in answers and reservation_in(held, booking_id) is None:
            return held, answers[booking_id]
        after, verdict = SnapshotStore.step(held, proposal)
        return replace(after, hidden=tuple(sorted({**answers, booking_id: verdict}.items()))), verdict


IMPLEMENTATION = Implementation("replays-first-answer", ReplaysFirstAnswer.open, breaks="attempt.solo")
