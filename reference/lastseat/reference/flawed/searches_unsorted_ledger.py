"""A store that finds a booking id by binary search in a list that it keeps in the order of arrival.

Breaks state.unique: where a later id arrived first, an earlier one is not found and is recorded again. A review
misses it because ids that grow with time arrive in order; it takes one that overtook another, repeated.
"""

from bisect import bisect_left
from dataclasses import replace

from lastseat.reference.flawed.base import SnapshotStore, applied, reservation_in, resource_in
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import decide
from lastseat.reference.values import Proposal, Snapshot, Verdict


class SearchesUnsortedLedger(SnapshotStore):
    """The order of arrival is its hidden state."""

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        """Return what the store holds after the proposal, and the verdict on it."""
        booking_id = proposal.request.booking_id
        arrived: tuple[str, ...] = held.hidden if isinstance(held.hidden, tuple) else ()
        place = bisect_left(arrived, booking_id)
        found = place < len(arrived) and arrived[place] == booking_id
        recorded = reservation_in(held, booking_id) if found else None
        verdict = decide(proposal, recorded, resource_in(held, proposal.request.resource_id))
        if verdict is not Verdict.ACCEPTED or recorded is not None:
            return held, verdict
        return replace(applied(held, proposal), hidden=(*arrived, booking_id)), verdict


IMPLEMENTATION = Implementation("searches-unsorted-ledger", SearchesUnsortedLedger.open, breaks="state.unique")
