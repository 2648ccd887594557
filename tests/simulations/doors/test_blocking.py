"""Plain functions and async functions that know no scheduler are explored exactly as generators are."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from lastseat.reference.attempt_booking import Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.flawed.last_write_wins import LastWriteWins
from lastseat.reference.runners import run, run_async
from lastseat.reference.store import AsyncStore, Store
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome
from lastseat.simulations.doors.blocking import awaiting, blocking, take, take_async
from lastseat.testing import End, Join, Mutex, Register, Semaphore, Shared, Verdict, act, at_end, explore

Make = Callable[[BookingRequest], Callable[[Any], Any]]


def book(store: Store, request: BookingRequest) -> Emission:
    return run(attempt_booking(request), store)


async def book_async(store: AsyncStore, request: BookingRequest) -> Emission:
    return await run_async(attempt_booking(request), store)


def as_generator(request: BookingRequest) -> Callable[[Any], Any]:
    return lambda _: attempt_booking(request)


def as_blocking(request: BookingRequest) -> Callable[[Any], Any]:
    return blocking(book, request)


def as_async(request: BookingRequest) -> Callable[[Any], Any]:
    return awaiting(book_async, request)


def as_steps(request: BookingRequest) -> Callable[[Any], Any]:
    async def attempt(_: object) -> Emission:
        observation = await take_async(Observe(request.resource_id))
        return emit(await take_async(Persist(propose(request, observation))))

    return attempt


def requests(attempts: int) -> list[BookingRequest]:
    return [BookingRequest(f"guest {number}", "room") for number in range(attempts)]


@pytest.mark.parametrize(
    ("strategy", "attempts", "seats", "executions"),
    [("dpor", 2, 2, 4), ("dpor", 3, 3, 27), ("dpor", 4, 4, 280), ("brute", 2, 2, 6), ("brute", 3, 1, 90)],
)
def test_an_attempt_is_explored_alike_however_it_is_written(
    strategy: str, attempts: int, seats: int, executions: int
) -> None:
    ways: list[Make] = [as_generator, as_blocking, as_async, as_steps]

    generators, *others = [
        explore(
            [make(request) for request in requests(attempts)],
            shared=lambda: MemoryStore.open({"room": seats}),
            strategy=strategy,
        )
        for make in ways
    ]

    assert (generators.executions, generators.complete) == (executions, True)
    assert all(other == generators for other in others)


def test_both_strategies_see_the_same_ends_of_blocking_attempts() -> None:
    ends = [
        set(
            explore(
                [blocking(book, request) for request in requests(3)],
                shared=lambda: MemoryStore.open({"room": 2}),
                strategy=strategy,
            ).endings
        )
        for strategy in ("dpor", "brute")
    ]

    assert ends[0] == ends[1]
    assert len(ends[0]) > 1


def test_an_attempt_of_each_kind_races_with_the_others() -> None:
    ann, bob, eve = requests(3)

    mixed = explore(
        [as_generator(ann), as_blocking(bob), as_async(eve)], shared=lambda: MemoryStore.open({"room": 3})
    )

    assert (mixed.executions, mixed.interleavings) == (27, 90)


def test_a_flawed_store_is_found_out_by_blocking_attempts() -> None:
    def sold(end: End) -> bool:
        booked = [one.outcome for one in end.returned].count(Outcome.BOOKED)
        return bool(dict(end.final.resources)["room"].confirmed == booked)

    found = explore(
        [blocking(book, request) for request in requests(2)],
        shared=lambda: LastWriteWins.open({"room": 2}),
        properties=[at_end("every unit sold is counted", sold)],
    )

    assert [(one.name, one.steps) for one in found.violations] == [("every unit sold is counted", (0, 1, 1, 0))]


def test_processes_of_named_functions_can_be_sent_to_another_python() -> None:
    pair = pickle.loads(pickle.dumps((as_blocking(requests(1)[0]), as_async(requests(2)[1]))))  # noqa: S301

    explored = explore(pair, shared=lambda: MemoryStore.open({"room": 2}))

    assert explored.executions == 4


# --- shared objects -------------------------------------------------------------------------------------------------


def increment(shared: Any) -> None:
    shared.counter.write(shared.counter.read() + 1)


def increment_locked(shared: Any) -> None:
    with shared.lock:
        shared.counter.write(shared.counter.read() + 1)


def increment_by_swap(shared: Any) -> int:
    tries = 1
    while not shared.counter.compare_and_swap(seen := shared.counter.read(), seen + 1):
        tries += 1
    return tries


def counting() -> Shared:
    return Shared(counter=Register(0), lock=Mutex())


COUNTED = at_end("no update is lost", lambda end: end.shared.counter.value == 2)


def test_a_lost_update_of_blocking_reads_and_writes_is_found() -> None:
    found = explore([blocking(increment), blocking(increment)], shared=counting, properties=[COUNTED])

    assert [(one.name, one.steps) for one in found.violations] == [("no update is lost", (0, 1, 1, 0))]


@pytest.mark.parametrize("careful", [increment_locked, increment_by_swap])
def test_a_careful_blocking_increment_loses_nothing(careful: Callable[[Any], Any]) -> None:
    held = explore([blocking(careful), blocking(careful)], shared=counting, properties=[COUNTED])

    assert held.verdict is Verdict.HOLDS
    assert held.executions > 1


def test_a_swap_that_fails_is_tried_again() -> None:
    tried = explore([blocking(increment_by_swap)] * 2, shared=counting)

    assert tried.vectors == {(1, 1), (1, 2), (2, 1)}


def nested(shared: Any, first: str, second: str) -> str:
    with getattr(shared, first), getattr(shared, second):
        return first


@pytest.mark.parametrize(("strategy", "executions", "stuck"), [("dpor", 3, 1), ("brute", 6, 2)])
def test_a_deadlock_of_two_blocking_functions_is_found(strategy: str, executions: int, stuck: int) -> None:
    found = explore(
        [blocking(nested, "left", "right"), blocking(nested, "right", second="left")],
        shared=lambda: Shared(left=Mutex(), right=Mutex()),
        strategy=strategy,
    )

    assert (found.executions, found.deadlocks) == (executions, stuck)
    assert [(one.name, one.steps) for one in found.violations] == [("deadlock", (0, 1))]
    assert found.vectors == {("left", "right"), (None, None)}


def test_a_lock_answers_as_a_lock_of_threading_does() -> None:
    def ask(shared: Any) -> tuple[bool, bool, bool, bool]:
        first, second = shared.permits.acquire(), shared.permits.acquire(blocking=False)
        with shared.lock as held:
            third = shared.lock.acquire(False)
        shared.permits.release()
        return first, second, held, third

    asked = explore([blocking(ask)], shared=lambda: Shared(permits=Semaphore(1), lock=Mutex()))

    assert asked.vectors == {((True, False, True, False),)}
    assert asked.finals == {(("permits", 1), ("lock", 1))}


def test_a_lock_is_released_when_an_assertion_fails_while_it_is_held() -> None:
    def fail(shared: Any) -> None:
        with shared.lock:
            assert shared.counter.read() == 1, "it is 0"

    failed = explore([blocking(fail)], shared=counting)

    assert [one.name for one in failed.violations] == ["assertion"]
    assert failed.violations[0].witness.startswith("process 0: it is 0")
    assert failed.finals == {(("counter", 0), ("lock", 1))}


def test_an_assertion_that_shows_what_it_is_given_says_the_same_in_every_execution() -> None:
    def show(shared: Any) -> None:
        raise AssertionError(f"{shared} {shared.lock} {shared.lock.release} {shared.counter.read}")

    def show_store(store: Any) -> None:
        raise AssertionError(f"{store}")

    shown = [explore([blocking(show)], shared=counting)]
    shown.append(explore([blocking(show_store)], shared=lambda: MemoryStore.open({"room": 1})))

    assert [one.violations[0].witness for one in shown] == [
        "process 0: shared lock lock.release counter.read",
        "process 0: store",
    ]


def test_any_operation_is_taken_in_a_blocking_function() -> None:
    def put(value: str) -> Callable[[Any], Any]:
        return lambda _: take(act("put", lambda it: it.append(value), reads=("box",), writes=("box",)))

    def look(_: list[str]) -> Any:
        assert take(Join(0)) is take(Join(1)) is None
        return take(act("look", tuple, reads=("box",), writes=()))

    seen = explore([blocking(put("a")), blocking(put("b")), blocking(look)], shared=list)

    assert {returned[2] for returned in seen.vectors} == {("a", "b"), ("b", "a")}
    assert seen.executions == 2
