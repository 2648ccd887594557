"""What SQLite cannot do is an answer and never an exception, and nothing of it was applied.

Clauses: fault.unavailable, observe.unavailable, persist.verdict
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lastseat.reference.attempt_booking import attempt_booking, propose
from lastseat.reference.runners import run
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import (
    BookingRequest,
    NotObserved,
    Proposal,
    Reason,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)

ANN = BookingRequest("ann", "room", 2)
PROPOSAL = Proposal(ANN, 0, 2)
FRESH = Snapshot((("room", Resource(3)),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with SqliteStore(tmp_path / "bookings.sqlite3") as store:
        store.restore(FRESH)
    return tmp_path / "bookings.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """A store on a file, with its connection open."""
    with SqliteStore(path) as opened:
        assert opened.observe("room") == Resource(3)
        yield opened


@pytest.fixture
def other(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else's connection to the same file."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    yield connection
    connection.close()


def both(store: SqliteStore) -> tuple[object, object]:
    """Return what an observe and a persist answer."""
    return store.observe("room"), store.persist(PROPOSAL)


UNAVAILABLE = (NotObserved.UNAVAILABLE, Verdict.STORE_UNAVAILABLE)


@pytest.mark.parametrize("stale", [False, True])
def test_a_write_lock_that_another_holds_is_not_waited_for(
    store: SqliteStore, other: sqlite3.Connection, stale: bool
) -> None:
    """Not even a refusal is decided then: what it would rest on is about to change.

    Clauses: fault.unavailable, progress.suspension, attempt.retry_is_new
    """
    other.execute("BEGIN IMMEDIATE")
    while_locked = store.persist(Proposal(ANN, 7, 9) if stale else PROPOSAL)
    seen = store.snapshot()
    other.execute("ROLLBACK")

    assert while_locked is Verdict.STORE_UNAVAILABLE
    assert seen == FRESH
    assert store.persist(PROPOSAL) is Verdict.ACCEPTED


def test_a_write_lock_keeps_nobody_from_observing_not_even_a_new_thread(
    store: SqliteStore, other: sqlite3.Connection
) -> None:
    """Clause: observe.pure"""
    other.execute("BEGIN IMMEDIATE")

    with ThreadPoolExecutor(1) as thread:
        observed = thread.submit(store.observe, "room").result()

    assert observed == Resource(3)


def test_a_file_that_another_holds_for_itself_alone_is_unavailable(path: Path, other: sqlite3.Connection) -> None:
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")

    with SqliteStore(path) as store:
        assert both(store) == UNAVAILABLE
        assert run(attempt_booking(ANN), store).reason is Reason.STORE_UNAVAILABLE
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            store.snapshot()


@pytest.mark.parametrize("content", [b"no database at all\n" * 100, b"SQLite format 3\0" + b"\xff" * 4080])
def test_a_file_that_is_no_database_is_unavailable_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letters.txt"
    path.write_bytes(content)

    with SqliteStore(path) as store:
        answers = both(store)

    assert answers == UNAVAILABLE
    assert path.read_bytes() == content


def test_a_path_that_cannot_be_a_file_is_unavailable(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as folder, SqliteStore(tmp_path / "missing" / "file") as nowhere:
        assert both(folder) == both(nowhere) == UNAVAILABLE


def test_a_database_that_becomes_corrupt_is_unavailable(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))

    with SqliteStore(path) as store:
        assert both(store) == UNAVAILABLE


def test_a_database_that_is_deleted_is_unavailable_and_does_not_come_back_empty(
    store: SqliteStore, path: Path
) -> None:
    """SQLite itself would go on in the deleted file, and the booking would be nowhere. Clause: emit.kept"""
    path.unlink()

    assert both(store) == UNAVAILABLE
    assert both(store) == UNAVAILABLE
    assert not path.exists()


def test_a_database_that_is_replaced_is_unavailable_and_the_other_file_is_left_alone(
    store: SqliteStore, path: Path
) -> None:
    copy = path.with_suffix(".copy")
    with SqliteStore(copy) as another:
        another.restore(Snapshot((("room", Resource(9)),)))
    content = copy.read_bytes()
    copy.replace(path)

    with ThreadPoolExecutor(1) as another_thread:
        answers = both(store), both(store), another_thread.submit(both, store).result()

    assert answers == (UNAVAILABLE, UNAVAILABLE, UNAVAILABLE)
    assert path.read_bytes() == content


def test_a_closed_store_is_unavailable_and_may_be_closed_again(store: SqliteStore) -> None:
    store.close()
    store.close()

    assert both(store) == UNAVAILABLE
    with pytest.raises(sqlite3.Error, match="closed"):
        store.snapshot()
    with pytest.raises(sqlite3.Error, match="closed"):
        store.restore(FRESH)


class Limited(sqlite3.Connection):
    """A connection whose file may not grow."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        (pages,) = self.execute("PRAGMA page_count").fetchone()
        self.execute(f"PRAGMA max_page_count = {pages}")


class LimitedStore(SqliteStore):
    connection_type: ClassVar[type[sqlite3.Connection]] = Limited


def test_a_full_disk_is_unavailable_and_has_room_for_a_smaller_booking(path: Path) -> None:
    large = BookingRequest("x" * 10_000, "room")

    with LimitedStore(path) as store:
        verdicts = store.persist(propose(large, store.observe("room"))), store.persist(PROPOSAL)
        held = store.snapshot().reservations

    assert verdicts == (Verdict.STORE_UNAVAILABLE, Verdict.ACCEPTED)
    assert held == (Reservation("ann", "room", 2),)


class Readable(sqlite3.Connection):
    """A connection that may not write, once its store is set up."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql.startswith("BEGIN"):
            super().execute("PRAGMA query_only = ON")
        return super().execute(sql, *parameters)


class ReadableStore(SqliteStore):
    connection_type: ClassVar[type[sqlite3.Connection]] = Readable


def test_a_store_that_may_only_be_read_is_observed_and_books_nobody(path: Path) -> None:
    with ReadableStore(path) as store:
        assert both(store) == (Resource(3), Verdict.STORE_UNAVAILABLE)
        assert store.snapshot() == FRESH


@pytest.fixture
def protected() -> Iterator[Path]:
    """A database in a folder, neither of which this process may write to while the test runs."""
    folder = Path(tempfile.mkdtemp())
    with SqliteStore(folder / "bookings.sqlite3") as store:
        store.restore(FRESH)
    (folder / "bookings.sqlite3").chmod(0o444)
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:  # permissions do not bind the superuser
        os.seteuid(65534)
    yield folder / "bookings.sqlite3"
    os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has other permissions")
def test_a_file_and_a_folder_without_permission_to_write_book_nobody(protected: Path) -> None:
    with SqliteStore(protected) as store, SqliteStore(protected.with_name("new")) as new:
        verdicts = store.persist(PROPOSAL), new.persist(PROPOSAL)

    assert verdicts == (Verdict.STORE_UNAVAILABLE, Verdict.STORE_UNAVAILABLE)


def test_an_id_that_is_too_long_for_sqlite_is_unavailable() -> None:
    class Short(sqlite3.Connection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000)

    class ShortStore(SqliteStore):
        connection_type = Short

    with ShortStore.open({"room": 3}) as store:
        assert store.observe("x" * 2_000) is NotObserved.UNAVAILABLE
        assert store.persist(Proposal(BookingRequest("x" * 2_000, "room"), 0, 1)) is Verdict.STORE_UNAVAILABLE
        assert store.snapshot() == FRESH


def test_a_table_that_is_missing_is_no_answer_but_an_error(store: SqliteStore, other: sqlite3.Connection) -> None:
    """A programming error is not swallowed."""
    other.execute("DROP TABLE resource")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.observe("room")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.persist(PROPOSAL)
