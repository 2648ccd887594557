"""A store that writes the reservation in persist and the counter with the next operation on the store.

Breaks state.sum, the visible side of persist.atomic: between the two writes the counter is lower than what is
reserved. A review misses it because whoever observes next sees the right number: the observe itself completes the
write. A process that stops in between leaves the store wrong for ever.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, reservation_in, resource_in, with_reservation, with_resource
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Observation, Proposal, Snapshot, Verdict


class WritesInTwoSteps(SnapshotStore):
    """Bumps the version with the reservation, and brings the counter up to date later."""

    def observe(self, resource_id: str) -> Observation:
        """Complete the last write, then return the resource as it is now."""
        self._held = counted(self._held)
        return super().observe(resource_id)

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        held = counted(held)
        name = proposal.request.resource_id
        resource = resource_in(held, name)
        recorded = reservation_in(held, proposal.request.booking_id)
        verdict = decide(proposal, recorded, resource)
        if verdict is not Verdict.ACCEPTED or recorded is not None or resource is None:
            return held, verdict
        bumped = with_resource(held, name, replace(resource, version=resource.version + 1))
        return with_reservation(bumped, proposal), verdict


def counted(held: Snapshot) -> Snapshot:
    """Return the snapshot with every counter brought up to date."""
    resources = tuple(
        (name, replace(resource, confirmed=sum(each.units for each in held.reservations if each.resource_id == name)))
        for name, resource in held.resources
    )
    return replace(held, resources=resources)


IMPLEMENTATION = Implementation("writes-in-two-steps", WritesInTwoSteps.open, breaks="state.sum")
