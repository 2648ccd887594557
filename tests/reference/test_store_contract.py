"""Every store keeps the same contract: what it observes, how it decides, and what that changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from lastseat.reference.attempt_booking import propose
from lastseat.reference.store import InspectableStore, Policy
from lastseat.reference.values import BookingRequest, NotObserved, Proposal, Reservation, Resource, Snapshot, Verdict

ANN = BookingRequest("ann", "room", 2)
BOB = BookingRequest("bob", "room", 1)
HOSTILE = [
    "'; DROP TABLE reservation; --",
    '"quoted"',
    "two\nlines",
    "nul\0inside",
    "\0",
    "%_?:$1",
    "lone \ud800 surrogate",
    "\udfff",
    "é 席 🪑",
    "x" * 10_000,
]
HUGE = [2**63 - 1, 2**63, 2**64, 10**5_000]


def current(store: InspectableStore, request: BookingRequest) -> Proposal:
    """Return what an attempt would propose that nobody interrupts."""
    return propose(request, store.observe(request.resource_id))


def book(store: InspectableStore, request: BookingRequest) -> Verdict:
    return store.persist(current(store, request))


def test_a_fresh_store_holds_its_resources_by_name_and_nothing_booked(store: InspectableStore) -> None:
    assert isinstance(store, InspectableStore)
    assert store.snapshot() == Snapshot((("desk", Resource(1)), ("room", Resource(3))))


def test_a_store_with_a_negative_capacity_is_refused(
    open_store: Callable[[Mapping[str, int]], InspectableStore],
) -> None:
    """Clause: request.valid"""
    with pytest.raises(ValueError, match="not -1"):
        open_store({"room": -1})


def test_an_observation_is_a_copy_that_goes_stale(store: InspectableStore) -> None:
    """Clause: observe.stale"""
    observed = store.observe("room")

    book(store, ANN)

    assert observed == Resource(3)
    assert store.observe("room") == Resource(3, confirmed=2, version=1)


@pytest.mark.parametrize("resource_id", ["room", "nowhere"])
def test_an_observe_changes_nothing(store: InspectableStore, resource_id: str) -> None:
    """Clauses: observe.pure, persist.only_writer"""
    book(store, ANN)
    before = store.snapshot()

    store.observe(resource_id)

    assert store.snapshot() == before


def test_a_resource_that_does_not_exist_is_observed_as_absent(store: InspectableStore) -> None:
    """Clause: observe.absent"""
    assert store.observe("nowhere") is NotObserved.ABSENT


def test_an_accepted_proposal_records_its_reservation_its_units_and_a_version(store: InspectableStore) -> None:
    """Clauses: persist.effect, persist.atomic, emit.booked"""
    verdict = book(store, ANN)

    assert verdict is Verdict.ACCEPTED
    assert store.snapshot() == Snapshot(
        (("desk", Resource(1)), ("room", Resource(3, confirmed=2, version=1))), (Reservation("ann", "room", 2),)
    )


def test_the_same_request_again_is_accepted_without_effect_even_when_stale(store: InspectableStore) -> None:
    """Clauses: persist.identity, state.unique"""
    proposal = current(store, ANN)
    store.persist(proposal)
    before = store.snapshot()

    verdict = store.persist(proposal)

    assert verdict is Verdict.ACCEPTED
    assert store.snapshot() == before


@pytest.mark.parametrize(
    "other",
    [
        BookingRequest("ann", "room", 1),
        BookingRequest("ann", "room", 3),
        BookingRequest("ann", "desk", 2),
        BookingRequest("ann", "desk", 1),
        BookingRequest("ann", "nowhere", 2),
    ],
)
def test_an_id_that_is_recorded_for_another_request_is_refused_before_all_else(
    store: InspectableStore, other: BookingRequest
) -> None:
    """Clauses: persist.identity, persist.order, persist.refusal_pure"""
    book(store, ANN)
    before = store.snapshot()

    verdicts = {store.persist(Proposal(other, version, None)) for version in (None, 0, 1, 7)}

    assert verdicts == {Verdict.IDENTIFIER_REUSE}
    assert store.snapshot() == before


def test_two_resources_that_race_for_one_id_do_not_both_book_it(store: InspectableStore) -> None:
    """Clauses: persist.identity, state.unique"""
    on_room = current(store, BookingRequest("ann", "room"))
    on_desk = current(store, BookingRequest("ann", "desk"))

    verdicts = [store.persist(on_room), store.persist(on_desk)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.IDENTIFIER_REUSE]
    assert store.snapshot().reservations == (Reservation("ann", "room", 1),)


@pytest.mark.parametrize("version", [None, 0, 7])
def test_a_proposal_for_an_unknown_resource_is_refused_as_such(store: InspectableStore, version: int | None) -> None:
    """Clauses: persist.unknown, persist.order"""
    before = store.snapshot()

    verdict = store.persist(Proposal(BookingRequest("ann", "nowhere", 99), version, None))

    assert verdict is Verdict.UNKNOWN_RESOURCE
    assert store.snapshot() == before


@pytest.mark.parametrize("version", [None, -1, 0, 2, 2**64])
def test_a_proposal_from_another_version_conflicts(store: InspectableStore, version: int | None) -> None:
    """Clauses: persist.version, persist.compare_and_swap"""
    book(store, BOB)
    before = store.snapshot()

    verdict = store.persist(Proposal(ANN, version, 3))

    assert verdict is Verdict.VERSION_CONFLICT
    assert store.snapshot() == before


def test_of_two_proposals_from_one_version_only_the_first_takes_effect(store: InspectableStore) -> None:
    """Clauses: persist.compare_and_swap, persist.version"""
    first, second = current(store, BOB), current(store, replace(BOB, booking_id="cid"))

    verdicts = [store.persist(first), store.persist(second)]

    assert verdicts == [Verdict.ACCEPTED, Verdict.VERSION_CONFLICT]
    assert store.snapshot().reservations == (Reservation("bob", "room", 1),)


def test_another_resource_moving_on_is_no_conflict(store: InspectableStore) -> None:
    """Clauses: persist.version, attempt.solo"""
    proposal = current(store, ANN)
    book(store, BookingRequest("bob", "desk"))

    assert store.persist(proposal) is Verdict.ACCEPTED


@pytest.mark.parametrize("units", [2, 3, *HUGE], ids=lambda units: f"{units.bit_length()}-bits")
def test_units_that_do_not_fit_are_refused_as_a_whole(store: InspectableStore, units: int) -> None:
    """Two of three units are taken: a request for more than the last one gets nothing, however much it asks for.

    Clauses: persist.capacity, persist.whole, persist.refusal_pure
    """
    book(store, ANN)
    before = store.snapshot()

    verdict = book(store, BookingRequest("bob", "room", units))

    assert verdict is Verdict.OVER_CAPACITY
    assert store.snapshot() == before


@pytest.mark.parametrize("units", [1, 2, 3])
def test_units_that_fit_are_confirmed_as_a_whole(store: InspectableStore, units: int) -> None:
    """Clauses: persist.whole, attempt.solo"""
    verdict = book(store, BookingRequest("bob", "room", units))

    assert verdict is Verdict.ACCEPTED
    assert store.observe("room") == Resource(3, confirmed=units, version=1)


def test_what_counts_is_the_current_state_and_not_what_the_proposal_says(store: InspectableStore) -> None:
    """Clauses: persist.capacity, propose.tentative"""
    book(store, ANN)

    assert store.persist(Proposal(BookingRequest("bob", "room", 2), 1, 0)) is Verdict.OVER_CAPACITY


@pytest.mark.parametrize("version", [None, 0, 7])
def test_a_proposal_that_is_stale_and_too_large_is_judged_by_the_policy(
    store: InspectableStore, version: int | None
) -> None:
    """Clause: persist.order"""
    book(store, ANN)
    before = store.snapshot()

    verdict = store.persist(Proposal(BookingRequest("bob", "room", 2), version, None))

    expected = {
        Policy.VERSION_FIRST: Verdict.VERSION_CONFLICT,
        Policy.CAPACITY_FIRST: Verdict.OVER_CAPACITY,
    }
    assert verdict is expected[store.policy]  # type: ignore[attr-defined]
    assert store.snapshot() == before


def test_the_version_counts_the_effective_persists_and_nothing_else(store: InspectableStore) -> None:
    """Clauses: persist.version_step, state.version, state.sum"""
    for request in (ANN, ANN, BookingRequest("bob", "room", 2), replace(ANN, units=1), BOB, BOB):
        store.persist(Proposal(request, 99, None))
        book(store, request)

    assert store.observe("room") == Resource(3, confirmed=3, version=2)


def test_a_refused_id_is_free_for_another_request(store: InspectableStore) -> None:
    """Clauses: attempt.retry_is_new, persist.refusal_pure"""
    book(store, BookingRequest("ann", "room", 4))
    store.persist(Proposal(ANN, 7, None))

    assert book(store, BookingRequest("ann", "desk", 1)) is Verdict.ACCEPTED


def test_a_resource_of_no_capacity_books_nobody(
    open_store: Callable[[Mapping[str, int]], InspectableStore],
) -> None:
    """Clause: state.capacity"""
    store = open_store({"closed": 0})

    assert book(store, BookingRequest("ann", "closed")) is Verdict.OVER_CAPACITY


def test_what_is_restored_is_what_was_snapshot(store: InspectableStore) -> None:
    book(store, ANN)
    book(store, BookingRequest("zoe", "desk"))
    kept = store.snapshot()
    book(store, BOB)

    store.restore(kept)

    assert store.snapshot() == kept
    assert store.observe("room") == Resource(3, confirmed=2, version=1)
    assert book(store, BOB) is Verdict.ACCEPTED


def test_a_snapshot_moves_to_another_store_and_does_not_follow_the_first(
    open_store: Callable[[Mapping[str, int]], InspectableStore],
) -> None:
    one, other = open_store({"room": 3}), open_store({"elsewhere": 9})
    book(one, BOB)

    other.restore(one.snapshot())
    book(one, ANN)

    assert other.snapshot() == Snapshot((("room", Resource(3, 1, 1)),), (Reservation("bob", "room", 1),))
    assert other.observe("elsewhere") is NotObserved.ABSENT


def test_reservations_are_listed_by_id_whatever_the_order_of_booking(store: InspectableStore) -> None:
    names = ["z", "é", "席", "\ud800", "\uffff", "🪑"]
    store.restore(Snapshot((("room", Resource(99)),)))

    for units, booking_id in enumerate(reversed(names), start=1):
        book(store, BookingRequest(booking_id, "room", units))

    assert [one.booking_id for one in store.snapshot().reservations] == names


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_id_is_an_id_like_any_other(
    open_store: Callable[[Mapping[str, int]], InspectableStore], name: str
) -> None:
    """Clauses: persist.verdict, persist.identity"""
    store = open_store({name: 2, "room": 3})
    request = BookingRequest(name, name, 1)

    verdicts = [book(store, request), book(store, request), book(store, BookingRequest(name, "room"))]

    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.IDENTIFIER_REUSE]
    assert store.observe(name) == Resource(2, confirmed=1, version=1)
    assert store.snapshot().reservations == (Reservation(name, name, 1),)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_id_of_nothing_is_absent(store: InspectableStore, name: str) -> None:
    """Clauses: observe.absent, persist.unknown"""
    assert store.observe(name) is NotObserved.ABSENT
    assert book(store, BookingRequest("ann", name)) is Verdict.UNKNOWN_RESOURCE
