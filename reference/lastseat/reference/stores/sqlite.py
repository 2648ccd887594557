"""A store on a SQLite file in WAL mode, safe under several threads and several processes.

Every thread has a connection of its own, and none ever waits (`busy_timeout` is 0): where another one holds the
write lock, the answer is STORE_UNAVAILABLE, at once. Identifiers are stored as text, in UTF-8 with lone
surrogates passed through, so that every Python text comes back as it was and sorts as Python sorts it.
"""

import os
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self
from weakref import finalize

from lastseat.reference.store import Policy, decide
from lastseat.reference.stores.connections import Connections, absorb
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

# SQLite integers end at 2**63 - 1. A capacity up to this bound leaves room for every sum and version below it.
LARGEST = 2**62


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
        self._connections = Connections(Path(path), self.connection_type, _TABLES)
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
            absorb(error)
            return NotObserved.UNAVAILABLE

    def persist(self, proposal: Proposal) -> Verdict:
        """Decide on the proposal and apply it, in one transaction that holds the write lock.

        Whatever SQLite cannot do is a verdict, and nothing was applied. Units of any size are decided in Python;
        only units that fit the capacity are ever written.
        Clauses: persist.atomic, persist.verdict, persist.whole, attempt.retry_is_new, fault.unavailable
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
            absorb(error)
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
                [
                    (_text(name), resource.capacity, resource.confirmed, resource.version)
                    for name, resource in snapshot.resources
                ],
            )
            connection.executemany(
                _INSERT_RESERVATION,
                [
                    (_text(reservation.booking_id), _text(reservation.resource_id), reservation.units)
                    for reservation in snapshot.reservations
                ],
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
        absorb(error)
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_IOERR_FSYNC:
            # The whole transaction is in the log, unseen now, and a recovery after a crash may yet accept it.
            return Verdict.ACKNOWLEDGEMENT_LOST
    try:
        # On this connection, since a full disk may have no room for what a new one needs.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        recorded = _reservation(connection, request.booking_id)
    except sqlite3.Error as error:
        absorb(error)
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
    numbers = [
        (name, max(resource.capacity, resource.confirmed, resource.version)) for name, resource in snapshot.resources
    ]
    numbers += [(reservation.booking_id, reservation.units) for reservation in snapshot.reservations]
    for name, number in numbers:
        if number > LARGEST:
            raise ValueError(f"{name!r}: a SQLite store holds numbers up to {LARGEST}, not {number}")
