"""Two deciders of linearizability, the search of Wing and Gong and the monitor, and what each must see.

Clause: history.linearizable
"""

from collections.abc import Sequence
from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.atomic import book
from lastseat.model.world import Done, Outcome, Request, Reservation, Verdict
from lastseat.simulations.bookings.exploration import Vector
from lastseat.simulations.bookings.judging.linearizability import (
    LOST,
    Monitor,
    Possibilities,
    Possibility,
    linearizable,
    unexplained,
)

BOOKED, REJECTED = Done(Outcome.BOOKED), Done(Outcome.REJECTED)
FAILED = Done(Outcome.FAILED, Verdict.VERSION_CONFLICT)
ANN, BOB = Request("ann", "seats"), Request("bob", "seats")


def by_definition(
    capacities: dict[str, int], requests: Sequence[Request], steps: Sequence[int], vector: Vector
) -> bool:
    """Try every subset that may be left out and every order of the rest: the definition, word for word."""
    first = {who: steps.index(who) for who in set(steps)}
    last = {who: len(steps) - 1 - list(reversed(steps)).index(who) for who in set(steps)}
    optional = [who for who in first if vector[who] in (None, LOST)]
    fixed = [who for who in first if vector[who] in (BOOKED, REJECTED)]
    for chosen in product((False, True), repeat=len(optional)):
        placed = fixed + [who for who, taken in zip(optional, chosen, strict=True) if taken]
        for order in permutations(placed):
            places = {who: place for place, who in enumerate(order)}
            in_time = all(
                places[one] < places[other]
                for one, other in permutations(placed, 2)
                if vector[one] is not None and last[one] < first[other]
            )
            if in_time and _gives(capacities, requests, order, vector):
                return True
    return False


def _gives(capacities: dict[str, int], requests: Sequence[Request], order: Sequence[int], vector: Vector) -> bool:
    ledger: frozenset[Reservation] = frozenset()
    for who in order:
        ledger, outcome = book(capacities, ledger, requests[who])
        emitted = vector[who]
        if emitted in (BOOKED, REJECTED) and emitted is not None and emitted.outcome is not outcome:
            return False
    return True


def by_monitor(
    capacities: dict[str, int], requests: Sequence[Request], steps: Sequence[int], vector: Vector
) -> int | None:
    """Follow one history with the monitor; return after how many steps no possibility is left, None for never."""
    monitor, begun = Monitor(capacities, requests), set[int]()
    possible: Possibilities = frozenset({Possibility(frozenset())})
    last = {who: number for number, who in enumerate(steps)}
    for number, who in enumerate(steps):
        begun.add(who)
        if last[who] == number and vector[who] is not None:
            possible = monitor.ended(possible, who, vector[who], begun)
            begun.discard(who)
        if not possible:
            return number + 1
    return None


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, int], list[Request], list[int], Vector]:
    """Histories of up to four attempts with any outcomes at all, right or wrong."""
    capacities = {"x": draw(st.integers(0, 3)), "y": draw(st.integers(0, 2))}
    request = st.builds(Request, st.sampled_from(["ann", "bob", "cid"]), st.sampled_from("xxy"), st.integers(1, 2))
    requests = draw(st.lists(request, min_size=1, max_size=4))
    steps = draw(st.permutations([who for who in range(len(requests)) for _ in range(2)]))
    emitted = st.sampled_from([BOOKED, BOOKED, REJECTED, FAILED, LOST, None])
    return capacities, requests, steps, tuple(draw(emitted) for _ in requests)


@settings(deadline=None, max_examples=300)
@given(histories())
def test_the_search_agrees_with_the_definition(
    history: tuple[dict[str, int], list[Request], list[int], Vector],
) -> None:
    assert linearizable(*history) == by_definition(*history)


@settings(deadline=None, max_examples=300)
@given(histories())
def test_the_monitor_sees_the_first_step_that_nothing_explains(
    history: tuple[dict[str, int], list[Request], list[int], Vector],
) -> None:
    assert by_monitor(*history) == unexplained(*history)


def test_two_bookings_of_the_last_seat_are_not_explained_by_any_order() -> None:
    assert unexplained({"seats": 1}, (ANN, BOB), (0, 1, 0, 1), (BOOKED, BOOKED)) == 4


def test_a_rejection_beside_a_booking_is_explained_when_they_overlap() -> None:
    assert linearizable({"seats": 1}, (ANN, BOB), (0, 1, 1, 0), (BOOKED, REJECTED))


def test_a_rejection_before_the_booking_began_is_not_explained_by_it() -> None:
    assert unexplained({"seats": 1}, (ANN, BOB), (1, 1, 0, 0), (BOOKED, REJECTED)) == 2


def test_an_attempt_that_failed_is_left_out() -> None:
    assert linearizable({"seats": 1}, (ANN, BOB), (0, 1, 0, 1), (BOOKED, FAILED))
    assert linearizable({"seats": 0}, (ANN,), (0, 0), (FAILED,))


def test_a_lost_acknowledgement_may_explain_a_rejection() -> None:
    assert linearizable({"seats": 1}, (ANN, BOB), (0, 0, 1, 1), (LOST, REJECTED))
    assert not linearizable({"seats": 2}, (ANN, BOB), (0, 0, 1, 1), (LOST, REJECTED))


def test_a_repeat_that_is_rejected_after_it_was_booked_is_not_explained() -> None:
    assert unexplained({"seats": 1}, (ANN, ANN), (0, 0, 1, 1), (BOOKED, REJECTED)) == 4
