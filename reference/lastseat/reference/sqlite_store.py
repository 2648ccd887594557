"""A store on a SQLite file in WAL mode, safe under several threads and several processes.

Every thread has a connection of its own, and none ever waits (`busy_timeout` is 0): where another one holds the
write lock, the answer is STORE_UNAVAILABLE, at once. Identifiers are stored as text, in UTF-8 with lone
surrogates passed through, so that every Python text comes back as it was and sorts as Python sorts it.
"""

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, local
from typing import ClassVar, Self
from weakref import WeakSet, finalize

from lastseat.reference.store import Policy, decide
from lastseat.reference.values import (
    BookingRequest,
    NotObserved,
    Observation,
    Proposal,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)

_LOG = logging.getLogger(__name__)

_TABLES = (
    """CREATE TABLE IF NOT EXISTS resource (
        resource_id TEXT NOT NULL PRIMARY KEY,
        capacity INTEGER NOT NULL,
        confirmed INTEGER NOT NULL,
        version INTEGER NOT NULL
    ) WITHOUT ROWID""",
    # The key is the booking id alone: an id is unique over the whole store, not for each resource.
    """CREATE TABLE IF NOT EXISTS reservation (
        booking_id TEXT NOT NULL PRIMARY KEY,
        resource_id TEXT NOT NULL,
        units INTEGER NOT NULL
    ) WITHOUT ROWID""",
)
_SELECT_RESOURCE = "SELECT capacity, confirmed, version FROM resource WHERE resource_id = CAST(? AS TEXT)"
_SELECT_RESERVATION = "SELECT booking_id, resource_id, units FROM reservation WHERE booking_id = CAST(? AS TEXT)"
_UPDATE_RESOURCE = (
    "UPDATE resource SET confirmed = ?, version = version + 1 WHERE resource_id = CAST(? AS TEXT) AND version = ?"
)
_INSERT_RESOURCE = "INSERT INTO resource VALUES (CAST(? AS TEXT), ?, ?, ?)"
_INSERT_RESERVATION = "INSERT INTO reservation VALUES (CAST(? AS TEXT), CAST(? AS TEXT), ?)"

# How far a commit reaches before it returns. A BOOKED that was said must outlive a power failure, so a store with
# a path pays one fsync for each booking; nobody will ever open the file of a temporary store again.
_DURABLE = "PRAGMA synchronous = FULL"
_TEMPORARY = "PRAGMA synchronous = OFF"

# SQLite integers end at 2**63 - 1. A capacity up to this bound leaves room for every sum and version below it.
LARGEST = 2**62

_CONTENTION = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# What the file, the disk, the operating system or another connection can do to a correct program.
_INFRASTRUCTURE = _CONTENTION | {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_NOTADB,
}


class SqliteStore:
    """Resources and reservations in two tables of one SQLite file.

    `SqliteStore(path)` opens the file, and makes it at the first operation if there is none; SQLite's errors are
    therefore met by the operations, which answer UNAVAILABLE or STORE_UNAVAILABLE. `SqliteStore.open(capacities)`
    makes a store in a temporary file, removed when the store is closed or forgotten. A store may be used from any
    thread; another process opens the path for itself. SQLite does not survive a fork, so in a forked child a store
    of the parent is UNAVAILABLE.
    Clauses: persist.atomic, progress.suspension, fault.unavailable
    """

    policy: ClassVar[Policy] = Policy.VERSION_FIRST
    # A subclass may trace its statements, or make some of them fail, with another kind of connection.
    connection_type: ClassVar[type[sqlite3.Connection]] = sqlite3.Connection

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._connections = _Connections(Path(path), self.connection_type)
        # The finalizer holds the connections and not the store, so the store can be forgotten.
        self._finalizer = finalize(self, self._connections.close)

    @classmethod
    def open(cls, capacities: Mapping[str, int]) -> Self:
        """Return a fresh temporary store with a resource of each capacity (units).

        Raises ValueError when a capacity is negative or beyond `LARGEST`, and sqlite3.Error or OSError when the
        file cannot be made.
        """
        content = Snapshot(tuple((name, Resource(capacity)) for name, capacity in capacities.items()))
        directory = tempfile.mkdtemp(prefix="lastseat-")
        store = cls(Path(directory, "store.sqlite3"))
        store._connections.make_temporary(directory)
        try:
            store.restore(content)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close every thread's connection and remove a temporary file. Later operations find no store."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def observe(self, resource_id: str) -> Observation:
        """Return the resource as it is now, ABSENT, or UNAVAILABLE when SQLite cannot say.

        Clauses: observe.stale, observe.pure, observe.absent, observe.unavailable
        """
        try:
            with self._connections.step() as connection:
                return _resource(connection, resource_id) or NotObserved.ABSENT
        except sqlite3.Error as error:
            _absorb(error)
            return NotObserved.UNAVAILABLE

    def persist(self, proposal: Proposal) -> Verdict:
        """Decide on the proposal and apply it, in one transaction that holds the write lock.

        Whatever SQLite cannot do is a verdict, and nothing was applied. Units of any size are decided in Python;
        only units that fit the capacity are ever written.
        Clauses: persist.atomic, persist.verdict, persist.effect, fault.unavailable
        """
        request = proposal.request
        try:
            with self._connections.step() as connection:
                connection.execute("BEGIN IMMEDIATE")
                recorded = _reservation(connection, request.booking_id)
                resource = _resource(connection, request.resource_id)
                verdict = decide(proposal, recorded, resource, self.policy)
                if verdict is Verdict.ACCEPTED and recorded is None and resource is not None:
                    _apply(connection, request, resource)
                    return _commit(connection, request)
                connection.execute("COMMIT")
            return verdict
        except sqlite3.Error as error:
            _absorb(error)
            return Verdict.STORE_UNAVAILABLE

    def snapshot(self) -> Snapshot:
        """Return all that the store holds at one moment, sorted; sqlite3.Error when it cannot be read."""
        with self._connections.step() as connection:
            connection.execute("BEGIN")
            content = _content(connection)
            connection.execute("COMMIT")
        return content

    def restore(self, snapshot: Snapshot) -> None:
        """Make the store hold exactly `snapshot`, or leave it as it was.

        Raises ValueError when a number is beyond `LARGEST`, and sqlite3.Error when the snapshot cannot be
        written: an infrastructure error, or a booking id that the snapshot records twice.
        """
        _check_numbers(snapshot)
        with self._connections.step() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM resource")
            connection.execute("DELETE FROM reservation")
            connection.executemany(
                _INSERT_RESOURCE,
                [(_text(name), one.capacity, one.confirmed, one.version) for name, one in snapshot.resources],
            )
            connection.executemany(
                _INSERT_RESERVATION,
                [(_text(one.booking_id), _text(one.resource_id), one.units) for one in snapshot.reservations],
            )
            connection.execute("COMMIT")


def _resource(connection: sqlite3.Connection, resource_id: str) -> Resource | None:
    row = connection.execute(_SELECT_RESOURCE, (_text(resource_id),)).fetchone()
    return Resource(*row) if row else None


def _reservation(connection: sqlite3.Connection, booking_id: str) -> Reservation | None:
    row = connection.execute(_SELECT_RESERVATION, (_text(booking_id),)).fetchone()
    return Reservation(_id(row[0]), _id(row[1]), row[2]) if row else None


def _apply(connection: sqlite3.Connection, request: BookingRequest, before: Resource) -> None:
    """Write the reservation, its units and the next version. Clauses: persist.effect, persist.compare_and_swap"""
    name = _text(request.resource_id)
    connection.execute(_INSERT_RESERVATION, (_text(request.booking_id), name, request.units))
    updated = connection.execute(_UPDATE_RESOURCE, (before.confirmed + request.units, name, before.version))
    if updated.rowcount != 1:
        raise RuntimeError(
            f"{request.resource_id!r} was at version {before.version} under the write lock; now it is not"
        )


def _commit(connection: sqlite3.Connection, request: BookingRequest) -> Verdict:
    """Commit, and return what can honestly be said of it. Clause: fault.acknowledgement_lost"""
    try:
        connection.execute("COMMIT")
        return Verdict.ACCEPTED
    except sqlite3.Error as error:
        _absorb(error)
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_FSYNC:
            # The whole transaction is in the log, unseen now, and a recovery after a crash may yet accept it.
            return Verdict.ACKNOWLEDGEMENT_LOST
    try:
        # On this connection, since a full disk may have no room for what a new one needs.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        recorded = _reservation(connection, request.booking_id)
    except sqlite3.Error as error:
        _absorb(error)
        return Verdict.ACKNOWLEDGEMENT_LOST
    applied = recorded is not None and recorded.is_of(request)
    return Verdict.ACKNOWLEDGEMENT_LOST if applied else Verdict.STORE_UNAVAILABLE


def _content(connection: sqlite3.Connection) -> Snapshot:
    resources = connection.execute("SELECT * FROM resource ORDER BY resource_id").fetchall()
    reservations = connection.execute("SELECT * FROM reservation ORDER BY booking_id").fetchall()
    return Snapshot(
        tuple((_id(row[0]), Resource(*row[1:])) for row in resources),
        tuple(Reservation(_id(row[0]), _id(row[1]), row[2]) for row in reservations),
    )


def _text(identifier: str) -> bytes:
    return identifier.encode("utf-8", "surrogatepass")


def _id(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")


def _check_numbers(snapshot: Snapshot) -> None:
    numbers = [(name, max(one.capacity, one.confirmed, one.version)) for name, one in snapshot.resources]
    numbers += [(one.booking_id, one.units) for one in snapshot.reservations]
    for name, number in numbers:
        if number > LARGEST:
            raise ValueError(f"{name!r}: a SQLite store holds numbers up to {LARGEST}, not {number}")


# --- connections ----------------------------------------------------------------------------------------------


class _UnusableError(sqlite3.OperationalError):
    """There is no database to speak to: the store was closed or forked away, or its file is another one."""


def _primary_code(error: BaseException) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the rest is detail: BUSY_SNAPSHOT is a kind of BUSY


def _absorb(error: sqlite3.Error) -> None:
    """Log an infrastructure error, whose caller answers with a verdict; raise every other error again."""
    code = _primary_code(error)
    if code not in _INFRASTRUCTURE and not isinstance(error, _UnusableError):
        raise error
    level = logging.DEBUG if code in _CONTENTION else logging.WARNING
    _LOG.log(level, "the SQLite store is unavailable: %s", error)


class _Session:
    """One thread's connection, and the lock that keeps it from being closed in the middle of a step."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.connection: sqlite3.Connection | None = None
        self.file: tuple[int, int] | None = None

    def discard(self) -> None:
        """Close the connection, which rolls back whatever it had not committed."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    # A thread that ends drops its session, and with it the connection.
    __del__ = discard


class _Connections:
    """All connections of one store to one file, at most one a thread, all in the process that made the store."""

    def __init__(self, path: Path, connection_type: type[sqlite3.Connection]) -> None:
        self._path = path.absolute()
        self._type = connection_type
        self._synchronous = _DURABLE
        self._mode = "rwc"
        self._directory: str | None = None
        self._process = os.getpid()
        self._local = local()
        self._registry = Lock()
        self._sessions: WeakSet[_Session] = WeakSet()
        self._closed = False

    def make_temporary(self, directory: str) -> None:
        """Remove `directory` at close, and spare what is in it the cost of durability."""
        self._directory = directory
        self._synchronous = _TEMPORARY

    @contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """Lend the calling thread its connection for one operation; after an error, nothing stays half done.

        Raises sqlite3.Error when there is no connection to be had.
        """
        session = self._session()
        with session.lock:
            try:
                yield self._usable(session)
            except BaseException as error:
                if _primary_code(error) not in _CONTENTION:
                    session.discard()
                raise
            finally:
                if session.connection is not None and session.connection.in_transaction:
                    session.discard()

    def close(self) -> None:
        """Close the connections of all threads, each after the step that it is in.

        In a forked child this does nothing: connections and file are the parent's.
        """
        if os.getpid() != self._process:
            return
        with self._registry:
            self._closed = True
            sessions = list(self._sessions)
        for session in sessions:
            with session.lock:
                session.discard()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)

    def _session(self) -> _Session:
        if os.getpid() != self._process:
            raise _UnusableError(
                f"the store was opened before a fork; open {self._path} again in a spawned process"
            )
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session()
            with self._registry:
                self._sessions.add(session)
        return session

    def _usable(self, session: _Session) -> sqlite3.Connection:
        if self._closed:
            raise _UnusableError("the store is closed")
        if session.connection is None:
            session.connection = self._connect()
            session.file = self._file()
        elif session.file != self._file():
            # In WAL mode SQLite itself would go on, and confirm bookings into a file that nobody can open.
            raise _UnusableError(f"{self._path} is not the file that was opened")
        return session.connection

    def _file(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except OSError as error:
            raise _UnusableError(f"the database file is gone: {error}") from error
        return status.st_dev, status.st_ino

    def _connect(self) -> sqlite3.Connection:
        """Return a new connection. Only the first may make the file and its tables: what vanishes stays away."""
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode={self._mode}",
            uri=True,
            timeout=0,
            isolation_level=None,  # transactions begin and end where this module says so
            check_same_thread=False,  # `close` closes them all; the session's lock keeps them apart
            factory=self._type,
        )
        try:
            connection.text_factory = bytes
            tables = _TABLES if self._mode == "rwc" else ()
            for statement in (self._synchronous, "PRAGMA journal_mode = WAL", *tables):
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        self._mode = "rw"
        return connection
