"""The connections of one SQLite store: one a thread, closed with the thread or with the store.

What SQLite reports is told apart here: the infrastructure's errors, which a store answers with a verdict, and
programming errors, which it never swallows.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, local
from weakref import WeakSet

_LOG = logging.getLogger(__name__)

# How far a commit reaches before it returns. A BOOKED that was said must outlive a power failure, so a store with
# a path pays one fsync for each booking; nobody will ever open the file of a temporary store again.
_DURABLE = "PRAGMA synchronous = FULL"
_TEMPORARY = "PRAGMA synchronous = OFF"

_CONTENTION = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# What the file, the disk, the operating system or another connection can do to a correct program.
_INFRASTRUCTURE = _CONTENTION | {
    sqlite3.SQLITE_PERM,
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


class UnusableError(sqlite3.OperationalError):
    """There is no database to speak to: the store was closed or forked away, or its file is another one."""


def _primary_code(error: BaseException) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the rest is detail: BUSY_SNAPSHOT is a kind of BUSY


def absorb(error: sqlite3.Error) -> None:
    """Log an infrastructure error, whose caller answers with a verdict; raise every other error again."""
    code = _primary_code(error)
    if code not in _INFRASTRUCTURE and not isinstance(error, UnusableError):
        raise error
    level = logging.DEBUG if code in _CONTENTION else logging.WARNING
    _LOG.log(level, "the SQLite store is unavailable: %s", error)


class _Session:
    """One thread's connection, and the lock that keeps it from being closed in the middle of a step."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.connection: sqlite3.Connection | None = None

    def discard(self) -> None:
        """Close the connection, which rolls back whatever it had not committed."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    # A thread that ends drops its session, and with it the connection.
    __del__ = discard


class Connections:
    """All connections of one store to one file, at most one a thread, all in the process that made the store."""

    def __init__(self, path: Path, connection_type: type[sqlite3.Connection], tables: Sequence[str]) -> None:
        self._path = path.absolute()
        self._type = connection_type
        self._tables = tables
        self._synchronous = _DURABLE
        self._mode = "rwc"
        self._opened: tuple[int, int] | None = None
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
            raise UnusableError(f"the store was opened before a fork; open {self._path} again in a spawned process")
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session()
            with self._registry:
                self._sessions.add(session)
        return session

    def _usable(self, session: _Session) -> sqlite3.Connection:
        if self._closed:
            raise UnusableError("the store is closed")
        if self._opened is not None and self._opened != self._file():
            # In WAL mode SQLite itself would go on, and confirm bookings into a file that nobody can open.
            # Whatever file is there now is left alone: opened beside the old log, it could be corrupted.
            raise UnusableError(f"{self._path} is not the file that was opened")
        if session.connection is None:
            session.connection = self._connect()
            self._opened = self._opened or self._file()
        return session.connection

    def _file(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except OSError as error:
            raise UnusableError(f"the database file is gone: {error}") from error
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
            tables = self._tables if self._mode == "rwc" else ()
            for statement in (self._synchronous, "PRAGMA journal_mode = WAL", *tables):
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        self._mode = "rw"
        return connection
