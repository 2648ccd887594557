"""A store that queues what it refused for a conflict, and tries it again with the next persist.

Breaks emit.recorded: an attempt is FAILED, and its reservation is made later, for nobody. A review misses it because
what is written then is checked again and fits, in one atomic step with the proposal that it rides on; it takes a
third attempt to see it.
"""

from dataclasses import replace

from lastseat.reference.attempt_booking import propose
from lastseat.reference.flawed.base import SnapshotStore, resource_in, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest, Proposal, Snapshot, Verdict


class QueuesConflicts(SnapshotStore):
    """The requests in the queue are its hidden state."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        after, verdict = SnapshotStore.step(held, proposal)
        for request in held.hidden if isinstance(held.hidden, tuple) else ():
            after = tried_again(held, after, request)
        return replace(after, hidden=(proposal.request,) if verdict is Verdict.VERSION_CONFLICT else ()), verdict


def tried_again(held: Snapshot, after: Snapshot, request: BookingRequest) -> Snapshot:
    """Return the snapshot `after` with a request from the queue booked as well if it fits; `held` was before both."""
    before, current = resource_in(held, request.resource_id), resource_in(after, request.resource_id)
    if before is None or current is None:
        return after
    again, _ = SnapshotStore.step(after, propose(request, current))
    booked = resource_in(again, request.resource_id)
    if again == after or booked is None:
        return after
    # One write, one version.
    return with_resource(again, request.resource_id, replace(booked, version=before.version + 1))


IMPLEMENTATION = Implementation("queues-conflicts", QueuesConflicts.open, breaks="emit.recorded")
