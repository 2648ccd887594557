"""A plain runner performs an attempt the same way whether its store answers at once or is awaited."""

import asyncio
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.attempt_booking import Observe, Operation, attempt_booking
from lastseat.reference.runners import run, run_async
from lastseat.reference.store import Store
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Observation, Outcome, Proposal, Reason, Verdict

requests = st.builds(
    BookingRequest, st.sampled_from(["ann", "bob"]), st.sampled_from(["room", "nowhere"]), st.integers(1, 4)
)


class Awaited:
    """A store whose operations are awaited: others may run before each of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def observe(self, resource_id: str) -> Observation:
        await asyncio.sleep(0)
        return self._store.observe(resource_id)

    async def persist(self, proposal: Proposal) -> Verdict:
        await asyncio.sleep(0)
        return self._store.persist(proposal)


@given(history=st.lists(requests, max_size=6))
def test_both_runners_emit_the_same(history: list[BookingRequest]) -> None:
    """Clause: emit.one"""
    plain, awaited = MemoryStore.open({"room": 5}), MemoryStore.open({"room": 5})

    async def run_all() -> list[Emission]:
        return [await run_async(attempt_booking(request), Awaited(awaited)) for request in history]

    emitted = [run(attempt_booking(request), plain) for request in history]

    assert asyncio.run(run_all()) == emitted
    assert awaited.snapshot() == plain.snapshot()


def test_attempts_that_are_awaited_together_race_and_all_but_one_fail() -> None:
    """Every attempt observes before any of them persists, since each step gives way to the others.

    Clauses: emit.conflict, progress.suspension
    """
    store = MemoryStore.open({"room": 5})
    attempts = [attempt_booking(BookingRequest(f"guest {number}", "room")) for number in range(5)]

    async def run_together() -> list[Emission]:
        return await asyncio.gather(*(run_async(attempt, Awaited(store)) for attempt in attempts))

    emitted = asyncio.run(run_together())

    conflict = Emission(Outcome.FAILED, Reason.VERSION_CONFLICT)
    assert emitted == [Emission(Outcome.BOOKED), conflict, conflict, conflict, conflict]


def observe_twice() -> Generator[Operation, Any, tuple[Any, Any]]:
    return (yield Observe("room")), (yield Observe("nowhere"))


def give_up() -> Generator[Operation, Any, str]:
    return "nothing asked"
    yield


def test_a_runner_sends_back_each_result_and_returns_what_the_generator_returns() -> None:
    store = MemoryStore.open({"room": 1})

    plain = run(observe_twice(), store)
    awaited = asyncio.run(run_async(observe_twice(), Awaited(store)))

    assert plain == awaited == (store.observe("room"), store.observe("nowhere"))
    assert run(give_up(), store) == asyncio.run(run_async(give_up(), Awaited(store))) == "nothing asked"


class Broken:
    """A store with a programming error."""

    def observe(self, _resource_id: str) -> Observation:
        raise ZeroDivisionError

    def persist(self, _proposal: Proposal) -> Verdict:
        raise ZeroDivisionError


def test_a_programming_error_is_not_an_outcome() -> None:
    attempt = attempt_booking(BookingRequest("ann", "room"))

    with pytest.raises(ZeroDivisionError):
        run(attempt, Broken())
