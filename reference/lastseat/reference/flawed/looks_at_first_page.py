"""A store that looks a booking id up on the first page of its reservations.

Breaks state.unique: an id that is recorded beyond the first `PAGE` rows is recorded again. A review misses it because
the limit is the default of the query, and no test has that many bookings before the repeated one.
"""

from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict

PAGE = 2  # rows; a real one has 50 or 100


class LooksAtFirstPage(SnapshotStore):
    """Looks an id up among the first rows, in the order of the ids."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        page = replace(held, reservations=held.reservations[:PAGE])
        recorded = reservation_in(page, proposal.request.booking_id)
        verdict = decide(proposal, recorded, resource_in(held, proposal.request.resource_id))
        effective = verdict is Verdict.ACCEPTED and recorded is None
        return (applied(held, proposal) if effective else held), verdict


IMPLEMENTATION = Implementation("looks-at-first-page", LooksAtFirstPage.open, breaks="state.unique")
