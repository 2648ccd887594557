"""A booking that breaks off in the middle leaves nothing; a COMMIT that fails is told honestly.

Clauses: persist.atomic, fault.acknowledgement_lost, fault.unavailable
"""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest, Proposal, Reservation, Resource, Snapshot, Verdict

ANN = BookingRequest("ann", "room", 2)
PROPOSAL = Proposal(ANN, 0, 2)
FRESH = Snapshot((("room", Resource(3)),))
BOOKED = Snapshot((("room", Resource(3, confirmed=2, version=1)),), (Reservation("ann", "room", 2),))


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


class Faulty(sqlite3.Connection):
    """A connection on which `fault` strikes: called with each statement, before or instead of it."""

    fault: ClassVar[Any] = None

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if self.fault is not None:
            type(self).fault(self, sql)
        return super().execute(sql, *parameters)


@pytest.fixture
def connection_type() -> type[Faulty]:
    """A kind of connection without faults so far."""
    return type("Connection", (Faulty,), {})


@pytest.fixture
def store(tmp_path: Path, connection_type: type[Faulty]) -> Any:
    """A store with a room of 3 units, on connections of that kind."""
    kind = type("FaultyStore", (SqliteStore,), {"connection_type": connection_type})
    with kind(tmp_path / "bookings.sqlite3") as opened:
        opened.restore(FRESH)
        yield opened
        connection_type.fault = None


def test_a_commit_that_failed_and_applied_nothing_is_unavailable(
    store: SqliteStore, connection_type: type[Faulty]
) -> None:
    """Clauses: fault.unavailable, attempt.retry_is_new"""

    def fail_before(connection: Faulty, sql: str) -> None:
        if sql == "COMMIT" and connection.in_transaction:
            raise sqlite_error(sqlite3.SQLITE_IOERR_WRITE)

    connection_type.fault = fail_before
    verdict = store.persist(PROPOSAL)
    connection_type.fault = None

    assert verdict is Verdict.STORE_UNAVAILABLE
    assert store.snapshot() == FRESH
    assert store.persist(PROPOSAL) is Verdict.ACCEPTED


def test_a_commit_that_failed_after_it_applied_is_a_lost_acknowledgement(
    store: SqliteStore, connection_type: type[Faulty]
) -> None:
    """Clauses: fault.acknowledgement_lost, persist.identity"""

    def fail_after(connection: Faulty, sql: str) -> None:
        if sql == "COMMIT":
            sqlite3.Connection.execute(connection, sql)
            raise sqlite_error(sqlite3.SQLITE_IOERR)

    connection_type.fault = fail_after
    verdict = store.persist(PROPOSAL)
    connection_type.fault = None

    assert verdict is Verdict.ACKNOWLEDGEMENT_LOST
    assert store.snapshot() == BOOKED
    assert store.persist(PROPOSAL) is Verdict.ACCEPTED
    assert store.snapshot() == BOOKED


def test_a_commit_of_which_nobody_can_tell_is_a_lost_acknowledgement(
    store: SqliteStore, connection_type: type[Faulty]
) -> None:
    committed = []

    def fail_from_then_on(_connection: Faulty, sql: str) -> None:
        committed.extend([sql] if sql == "COMMIT" else [])
        if committed:
            raise sqlite_error(sqlite3.SQLITE_IOERR)

    connection_type.fault = fail_from_then_on

    assert store.persist(PROPOSAL) is Verdict.ACKNOWLEDGEMENT_LOST


def test_a_commit_that_a_recovery_may_yet_accept_is_a_lost_acknowledgement(
    store: SqliteStore, connection_type: type[Faulty]
) -> None:
    def fail_to_sync(_connection: Faulty, sql: str) -> None:
        if sql == "COMMIT":
            raise sqlite_error(sqlite3.SQLITE_IOERR_FSYNC)

    connection_type.fault = fail_to_sync

    assert store.persist(PROPOSAL) is Verdict.ACKNOWLEDGEMENT_LOST


def test_a_commit_that_failed_while_another_request_took_the_id_applied_nothing(
    store: SqliteStore, connection_type: type[Faulty], tmp_path: Path
) -> None:
    """What is recorded under the id is somebody else's. Clauses: fault.unavailable, persist.identity"""

    def fail_and_lose_the_id(connection: Faulty, sql: str) -> None:
        if sql == "COMMIT":
            sqlite3.Connection.execute(connection, "ROLLBACK")
            with SqliteStore(tmp_path / "bookings.sqlite3") as rival:
                assert rival.persist(Proposal(BookingRequest("ann", "room", 1), 0, 1)) is Verdict.ACCEPTED
            raise sqlite_error(sqlite3.SQLITE_IOERR)

    connection_type.fault = fail_and_lose_the_id

    assert store.persist(PROPOSAL) is Verdict.STORE_UNAVAILABLE


def test_a_refusal_whose_transaction_cannot_end_is_unavailable(
    store: SqliteStore, connection_type: type[Faulty]
) -> None:
    def fail(_connection: Faulty, sql: str) -> None:
        if sql == "COMMIT":
            raise sqlite_error(sqlite3.SQLITE_IOERR)

    connection_type.fault = fail

    assert store.persist(Proposal(ANN, 7, 2)) is Verdict.STORE_UNAVAILABLE


@pytest.mark.parametrize("statement", ["BEGIN", "SELECT", "INSERT", "UPDATE"])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY_SNAPSHOT])
def test_a_statement_that_fails_before_the_commit_leaves_nothing(
    store: SqliteStore, connection_type: type[Faulty], statement: str, code: int
) -> None:
    def fail(_connection: Faulty, sql: str) -> None:
        if sql.startswith(statement):
            raise sqlite_error(code)

    connection_type.fault = fail
    verdict = store.persist(PROPOSAL)
    connection_type.fault = None

    assert verdict is Verdict.STORE_UNAVAILABLE
    assert store.snapshot() == FRESH
    assert store.persist(PROPOSAL) is Verdict.ACCEPTED


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, sqlite3.IntegrityError])
def test_an_error_that_is_no_infrastructure_is_raised_and_leaves_nothing(
    store: SqliteStore, connection_type: type[Faulty], error: type[BaseException]
) -> None:
    def fail(_connection: Faulty, sql: str) -> None:
        if sql.startswith("UPDATE"):
            raise error

    connection_type.fault = fail
    with pytest.raises(error):
        store.persist(PROPOSAL)
    connection_type.fault = None

    assert store.snapshot() == FRESH
    assert store.persist(PROPOSAL) is Verdict.ACCEPTED


def test_a_version_that_moved_under_the_write_lock_is_an_error_and_leaves_nothing(
    store: SqliteStore, connection_type: type[Faulty]
) -> None:
    """Clause: persist.compare_and_swap"""

    def meddle(connection: Faulty, sql: str) -> None:
        if sql.startswith("UPDATE"):
            sqlite3.Connection.execute(connection, "UPDATE resource SET version = version + 1")

    connection_type.fault = meddle
    with pytest.raises(RuntimeError, match="'room' was at version 0"):
        store.persist(PROPOSAL)
    connection_type.fault = None

    assert store.snapshot() == FRESH


FILLS_THE_DISK = """
import os, resource, signal, sys
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest, Proposal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with SqliteStore(sys.argv[1]) as store:
    store.observe("room")
    size = os.path.getsize(sys.argv[1] + "-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2000, resource.RLIM_INFINITY))
    print(store.persist(Proposal(BookingRequest("ann", "room", 2), 0, 2)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    print(store.snapshot().reservations)
    print(store.persist(Proposal(BookingRequest("ann", "room", 2), 0, 2)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not limit the size of a file")
def test_a_disk_that_is_full_at_the_commit_books_nobody_until_it_has_room(tmp_path: Path) -> None:
    """Here the operating system refuses the write, in the middle of the log. Clause: fault.unavailable"""
    path = tmp_path / "bookings.sqlite3"
    with SqliteStore(path) as store:
        store.restore(FRESH)

    said = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, str(path)], capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.splitlines() == ["store unavailable", "()", "accepted"]
