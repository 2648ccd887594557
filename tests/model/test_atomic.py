"""The one-step specification, and that every persist of the flow looks like it."""

from collections import deque
from collections.abc import Iterator

from hypothesis import given, strategies

from lastseat.model.atomic import book
from lastseat.model.steps import Transition, successors
from lastseat.model.world import Done, Outcome, Request, Reservation, System, Verdict, World

SEATS = {"seat": 2}
BOBS = frozenset({Reservation("bob", "seat", 1)})
ABSENT = (Verdict.VERSION_CONFLICT, Verdict.STORE_UNAVAILABLE)  # an attempt that FAILED so did not happen


def transitions(system: System) -> Iterator[Transition]:
    """Yield every step of every schedule, each once."""
    queue: deque[World] = deque([system.initial()])
    seen = set(queue)
    while queue:
        for step in successors(system, queue.popleft()):
            yield step
            if step.after not in seen:
                seen.add(step.after)
                queue.append(step.after)


def test_a_request_that_fits_is_booked() -> None:
    ledger, outcome = book(SEATS, BOBS, Request("ann", "seat", 1))

    assert outcome is Outcome.BOOKED
    assert ledger == BOBS | {Reservation("ann", "seat", 1)}


def test_a_request_that_does_not_fit_is_rejected_whole() -> None:
    """Clauses: persist.whole, persist.capacity"""
    assert book(SEATS, BOBS, Request("ann", "seat", 2)) == (BOBS, Outcome.REJECTED)


def test_units_of_another_resource_take_no_room() -> None:
    _, outcome = book({"seat": 2, "sofa": 1}, BOBS, Request("ann", "sofa", 1))

    assert outcome is Outcome.BOOKED


def test_the_same_request_is_booked_again_without_a_second_reservation() -> None:
    """Clause: persist.identity"""
    assert book({"seat": 1}, BOBS, Request("bob", "seat", 1)) == (BOBS, Outcome.BOOKED)


def test_an_id_that_is_recorded_fails_for_another_request() -> None:
    """Clause: persist.identity"""
    assert book(SEATS, BOBS, Request("bob", "seat", 2)) == (BOBS, Outcome.FAILED)
    assert book({"seat": 2, "sofa": 2}, BOBS, Request("bob", "sofa", 1)) == (BOBS, Outcome.FAILED)


def test_an_unknown_resource_fails() -> None:
    """Clause: persist.unknown"""
    assert book(SEATS, BOBS, Request("ann", "sofa")) == (BOBS, Outcome.FAILED)


@given(data=strategies.data())
def test_every_persist_without_a_conflict_is_the_booking_in_one_step(
    systems: strategies.SearchStrategy[System], data: strategies.DataObject
) -> None:
    """The persist is the linearization point of its attempt. Clause: history.linearizable"""
    system = data.draw(systems)

    for step in transitions(system):
        before, after = (frozenset(world.store.reservations) for world in (step.before, step.after))
        emitted = step.after.attempts[step.attempt]
        if not isinstance(emitted, Done) or emitted.reason in ABSENT:
            assert after == before
        else:
            booked, outcome = book(dict(system.capacities), before, system.requests[step.attempt])
            assert after == booked
            # The attempt that did not hear of its booking cannot say BOOKED.
            assert emitted.outcome is outcome or emitted.reason is Verdict.ACKNOWLEDGEMENT_LOST
