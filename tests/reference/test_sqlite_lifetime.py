"""What a SQLite store leaves behind: nothing when it is temporary, its bookings when it has a path."""

import gc
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any, ClassVar

import pytest

from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.implementation import MEMORY, SQLITE
from lastseat.reference.runners import run
from lastseat.reference.stores.sqlite import LARGEST, SqliteStore
from lastseat.reference.values import BookingRequest, NotObserved, Outcome, Reservation, Resource, Snapshot

ANN = BookingRequest("ann", "room", 2)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary files are made."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_temporary_store_leaves_nothing_when_it_is_closed(temporary: Path) -> None:
    store = SqliteStore.open({"room": 3})
    run(attempt_booking(ANN), store)
    during = list(temporary.iterdir())

    store.close()

    assert len(during) == 1
    assert list(temporary.iterdir()) == []


def test_a_temporary_store_leaves_nothing_when_it_is_forgotten(temporary: Path) -> None:
    store = SqliteStore.open({"room": 3})
    run(attempt_booking(ANN), store)

    del store
    gc.collect()

    assert list(temporary.iterdir()) == []


def test_every_temporary_store_has_a_file_of_its_own(temporary: Path) -> None:
    with SqliteStore.open({"room": 3}) as one, SqliteStore.open({"room": 3}) as other:
        run(attempt_booking(ANN), one)

        assert len(list(temporary.iterdir())) == 2
        assert other.observe("room") == Resource(3)


@pytest.mark.parametrize("capacity", [-1, LARGEST + 1, 2**64])
def test_a_store_that_cannot_be_made_leaves_nothing_and_names_the_number(temporary: Path, capacity: int) -> None:
    """Clause: request.valid"""
    with pytest.raises(ValueError, match=f"not {capacity}$"):
        SqliteStore.open({"room": 3, "hall": capacity})

    gc.collect()
    assert list(temporary.iterdir()) == []


def test_the_largest_capacity_can_be_booked_to_the_last_unit() -> None:
    """Clauses: persist.whole, state.capacity"""
    with SqliteStore.open({"hall": LARGEST}) as store:
        outcomes = [
            run(attempt_booking(BookingRequest("all but one", "hall", LARGEST - 1)), store).outcome,
            run(attempt_booking(BookingRequest("two", "hall", 2)), store).outcome,
            run(attempt_booking(BookingRequest("one", "hall", 1)), store).outcome,
        ]

        assert outcomes == [Outcome.BOOKED, Outcome.REJECTED, Outcome.BOOKED]
        assert store.observe("hall") == Resource(LARGEST, confirmed=LARGEST, version=2)


def test_a_store_with_a_path_keeps_its_bookings(tmp_path: Path) -> None:
    """Clause: emit.kept"""
    path = tmp_path / "bücher & räume?#%20.sqlite3"
    with SqliteStore(path) as store:
        store.restore(Snapshot((("room", Resource(3)),)))
        run(attempt_booking(ANN), store)
        before = store.snapshot()

    with SqliteStore(str(path)) as again:
        assert again.snapshot() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_new_file_holds_nothing(tmp_path: Path) -> None:
    """Clause: observe.absent"""
    with SqliteStore(tmp_path / "new.sqlite3") as store:
        assert store.observe("room") is NotObserved.ABSENT
        assert store.snapshot() == Snapshot(())


@pytest.mark.parametrize(
    "impossible",
    [
        Snapshot((("room", Resource(9)),), (Reservation("ann", "room", 1), Reservation("ann", "desk", 1))),
        Snapshot((("room", Resource(9)), ("room", Resource(8)))),
        Snapshot((("room", Resource(LARGEST, version=LARGEST + 1)),)),
        Snapshot((("room", Resource(9)),), (Reservation("ann", "room", 2**70),)),
    ],
)
def test_a_snapshot_that_cannot_be_held_is_refused_and_changes_nothing(impossible: Snapshot) -> None:
    with SqliteStore.open({"room": 3}) as store:
        run(attempt_booking(ANN), store)
        before = store.snapshot()

        with pytest.raises((ValueError, sqlite3.IntegrityError)):
            store.restore(impossible)

        assert store.snapshot() == before


class Counted(sqlite3.Connection):
    """A connection that remembers whether it was closed."""

    all: ClassVar[list["Counted"]] = []
    is_closed = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.all.append(self)

    def close(self) -> None:
        self.is_closed = True
        super().close()


class CountedStore(SqliteStore):
    connection_type: ClassVar[type[sqlite3.Connection]] = Counted


@pytest.fixture
def connections() -> list[Counted]:
    Counted.all.clear()
    return Counted.all


def test_the_connection_of_a_thread_is_closed_when_the_thread_ends(connections: list[Counted]) -> None:
    with CountedStore.open({"room": 3}) as store:
        thread = Thread(target=store.observe, args=("room",))
        thread.start()
        thread.join()

        assert [one.is_closed for one in connections] == [False, True]


def test_the_connections_of_all_threads_are_closed_with_the_store(connections: list[Counted]) -> None:
    both_are_at_work = Barrier(2, timeout=60)

    def observe(store: SqliteStore) -> object:
        both_are_at_work.wait()
        return store.observe("room")

    with ThreadPoolExecutor(2) as threads:
        store = CountedStore.open({"room": 3})
        list(threads.map(observe, [store, store]))
        before = [one.is_closed for one in connections]
        store.close()

        assert before == [False, False, False]
        assert [one.is_closed for one in connections] == [True, True, True]
        assert list(threads.map(observe, [store, store])) == [NotObserved.UNAVAILABLE] * 2
        assert len(connections) == 3


def test_no_connection_ever_waits_for_a_lock(connections: list[Counted]) -> None:
    """Clause: progress.suspension"""
    with CountedStore.open({"room": 3}) as store, ThreadPoolExecutor(1) as thread:
        thread.submit(store.observe, "room").result()

        assert [one.execute("PRAGMA busy_timeout").fetchone() for one in connections] == [(0,), (0,)]


def test_a_store_is_not_closed_in_the_middle_of_a_step() -> None:
    """Clause: persist.atomic"""
    in_a_step, closed = Event(), Event()

    class Halting(sqlite3.Connection):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            if sql.startswith("UPDATE"):
                in_a_step.set()
                closed.wait(timeout=0.2)  # in vain, unless the store is closed too early
            return super().execute(sql, *parameters)

    class HaltingStore(SqliteStore):
        connection_type = Halting

    store = HaltingStore.open({"room": 3})
    with ThreadPoolExecutor(1) as thread:
        booking = thread.submit(lambda: run(attempt_booking(ANN), store))
        assert in_a_step.wait(timeout=60)
        store.close()
        closed.set()

        assert booking.result().outcome is Outcome.BOOKED


def test_a_store_may_be_closed_while_threads_are_using_it() -> None:
    """Clauses: fault.unavailable, observe.unavailable"""
    store = SqliteStore.open({"room": 10_000})
    started = Barrier(5, timeout=60)

    def book_until_it_is_closed(number: int) -> object:
        started.wait()
        turn = 0
        while (seen := store.observe("room")) is not NotObserved.UNAVAILABLE:
            run(attempt_booking(BookingRequest(f"{number} {turn}", "room")), store)
            turn += 1
        return seen

    with ThreadPoolExecutor(4) as threads:
        working = [threads.submit(book_until_it_is_closed, number) for number in range(4)]
        started.wait()
        store.close()

        assert [one.result(timeout=60) for one in working] == [NotObserved.UNAVAILABLE] * 4


def test_the_implementations_open_stores_that_hold_the_same(temporary: Path) -> None:
    memory, sqlite = (one.open_store({"room": 3, "desk": 1}) for one in (MEMORY, SQLITE))

    assert memory.snapshot() == sqlite.snapshot()
    assert len(list(temporary.iterdir())) == 1
