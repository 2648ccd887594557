"""Real threads on one store: whatever the operating system makes of them, the books balance.

Clauses: persist.atomic, persist.compare_and_swap, state.capacity, state.sum, state.unique, state.version,
emit.booked, emit.recorded
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

import pytest

from lastseat.reference.attempt_booking import attempt_booking, propose
from lastseat.reference.runners import run
from lastseat.reference.store import InspectableStore
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Proposal, Resource, Verdict

THREADS = 8
EACH = 25
CAPACITIES = {"room": 60, "desk": 20}

Result = TypeVar("Result")


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    """Make the interpreter change threads as often as it can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(work: Callable[[int, Barrier], Result]) -> list[Result]:
    """Run `work` in several threads that wait for each other at the barrier."""
    barrier = Barrier(THREADS, timeout=60)
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda number: work(number, barrier), range(THREADS)))


def requests_of(number: int) -> list[BookingRequest]:
    """More units than there are, and ids that other threads use as well."""
    return [
        BookingRequest(f"guest {(number * EACH + turn) // 2}", ("room", "desk")[turn % 5 == 0], 1 + turn % 3)
        for turn in range(EACH)
    ]


def test_threads_that_hammer_one_store_leave_its_books_balanced(
    open_store: Callable[[Mapping[str, int]], InspectableStore],
) -> None:
    store = open_store(CAPACITIES)

    def hammer(number: int, barrier: Barrier) -> list[tuple[BookingRequest, Emission]]:
        barrier.wait()
        return [(request, run(attempt_booking(request), store)) for request in requests_of(number)]

    emitted = [one for each in together(hammer) for one in each]

    held = store.snapshot()
    booked = {request for request, emission in emitted if emission.outcome is Outcome.BOOKED}
    recorded = {BookingRequest(one.booking_id, one.resource_id, one.units) for one in held.reservations}
    assert booked == recorded
    assert len(recorded) == len({one.booking_id for one in held.reservations}) == len(held.reservations)
    for name, resource in held.resources:
        units = [one.units for one in held.reservations if one.resource_id == name]
        assert resource == Resource(CAPACITIES[name], sum(units), len(units))
        assert resource.confirmed <= resource.capacity
    assert {emission.outcome for _, emission in emitted} > {Outcome.BOOKED}


def test_of_threads_that_observed_the_same_version_exactly_one_takes_effect(
    open_store: Callable[[Mapping[str, int]], InspectableStore],
) -> None:
    """A loser met another version, or (SQLite) a write lock that it did not wait for."""
    store = open_store({"room": THREADS})

    def race(number: int, barrier: Barrier) -> Verdict:
        request = BookingRequest(f"guest {number}", "room")
        proposal = propose(request, store.observe("room"))
        barrier.wait()
        return store.persist(proposal)

    verdicts = together(race)

    assert verdicts.count(Verdict.ACCEPTED) == 1
    assert set(verdicts) <= {Verdict.ACCEPTED, Verdict.VERSION_CONFLICT, Verdict.STORE_UNAVAILABLE}
    assert store.observe("room") == Resource(THREADS, confirmed=1, version=1)


def test_of_threads_that_deliver_one_request_at_most_one_takes_effect(
    open_store: Callable[[Mapping[str, int]], InspectableStore],
) -> None:
    """Clause: persist.identity"""
    store = open_store({"room": THREADS})

    def deliver(_number: int, barrier: Barrier) -> Outcome:
        request = BookingRequest("ann", "room", 2)
        barrier.wait()
        return run(attempt_booking(request), store).outcome

    outcomes = together(deliver)

    assert Outcome.BOOKED in outcomes
    assert Outcome.REJECTED not in outcomes
    assert store.observe("room") == Resource(THREADS, confirmed=2, version=1)


def test_a_persist_is_not_interleaved_with_another_even_when_it_is_slow() -> None:
    """Clause: persist.atomic"""
    applying, finished = Event(), Event()

    class SlowStore(MemoryStore):
        def _apply(self, proposal: Proposal) -> None:
            applying.set()
            finished.wait(timeout=0.2)  # in vain, unless the other persist comes in between
            super()._apply(proposal)

    store = SlowStore.open({"room": 2})
    ann, bob = (propose(BookingRequest(name, "room"), store.observe("room")) for name in ("ann", "bob"))
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(store.persist, ann)
        assert applying.wait(timeout=60)
        second = store.persist(bob)
        finished.set()

        assert [first.result(), second] == [Verdict.ACCEPTED, Verdict.VERSION_CONFLICT]
    assert store.observe("room") == Resource(2, confirmed=1, version=1)
