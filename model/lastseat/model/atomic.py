"""The one-step specification: a booking as one indivisible operation on a set of reservations.

There is no version in it and no FAILED by conflict: an attempt that FAILED simply did not happen. What the
four-step flow promises is that it looks like this one to its callers. Clause: history.linearizable
"""

from collections.abc import Mapping

from lastseat.model.properties import reservation_of
from lastseat.model.world import Outcome, Request, Reservation


def book(
    capacities: Mapping[str, int], ledger: frozenset[Reservation], request: Request
) -> tuple[frozenset[Reservation], Outcome]:
    """Return the ledger after `request` was served in one step, and its outcome (capacities in units)."""
    recorded = next((reservation for reservation in ledger if reservation.booking_id == request.booking_id), None)
    if recorded is not None:
        same = recorded == reservation_of(request)
        return ledger, Outcome.BOOKED if same else Outcome.FAILED
    if request.resource_id not in capacities:
        return ledger, Outcome.FAILED
    confirmed = sum(reservation.units for reservation in ledger if reservation.resource_id == request.resource_id)
    if confirmed + request.units > capacities[request.resource_id]:
        return ledger, Outcome.REJECTED
    return ledger | {reservation_of(request)}, Outcome.BOOKED
