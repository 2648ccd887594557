"""Several processes on one SQLite file: they share its books, and nothing else.

Clauses: persist.atomic, state.capacity, state.unique, emit.kept, fault.crash
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from lastseat.reference.attempt_booking import propose
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest, Reservation, Resource, Snapshot, Verdict

BOOKS = """
import json, sys
from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.runners import run
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest

path, name = sys.argv[1:]
with SqliteStore(path) as store:
    store.observe("room")
    print("ready", flush=True)
    sys.stdin.readline()
    ids = [f"{name} {turn}" for turn in range(100)] + [f"shared {turn}" for turn in range(20)]
    emitted = {one: run(attempt_booking(BookingRequest(one, "room")), store).outcome for one in ids}
    print(json.dumps(emitted))
"""
DIES_AFTER_ITS_BOOKING = """
import os, sys
from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.runners import run
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest

print(run(attempt_booking(BookingRequest("ann", "room")), SqliteStore(sys.argv[1])), flush=True)
os._exit(0)
"""
DIES_BEFORE_ITS_COMMIT = """
import os, sqlite3, sys
from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.runners import run
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest

class Dies(sqlite3.Connection):
    def execute(self, sql, *parameters):
        if sql == "COMMIT":
            print("about to commit", flush=True)
            os._exit(0)
        return super().execute(sql, *parameters)

class DyingStore(SqliteStore):
    connection_type = Dies

run(attempt_booking(BookingRequest("ann", "room")), DyingStore(sys.argv[1]))
"""
FORKS = """
import os, sys
from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.runners import run
from lastseat.reference.stores.sqlite import SqliteStore
from lastseat.reference.values import BookingRequest

with SqliteStore.open({"room": 1}) as store:
    if (child := os.fork()) == 0:
        print("child:", run(attempt_booking(BookingRequest("bob", "room")), store), flush=True)
        store.close()
        os._exit(0)
    os.waitpid(child, 0)
    print("parent:", run(attempt_booking(BookingRequest("ann", "room")), store))
"""

Start: TypeAlias = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python programs, each from its source and arguments; what still runs after the test is ended."""
    started: list[subprocess.Popen[str]] = []

    def start_one(source: str, *arguments: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", source, *map(str, arguments)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that holds one room of 60 units."""
    with SqliteStore(tmp_path / "bookings.sqlite3") as store:
        store.restore(Snapshot((("room", Resource(60)),)))
    return tmp_path / "bookings.sqlite3"


def test_two_processes_never_overbook_one_room_between_them(start: Start, path: Path) -> None:
    processes = [start(BOOKS, path, name) for name in ("one", "two")]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()

    emitted = [json.loads(process.communicate(timeout=60)[0]) for process in processes]

    with SqliteStore(path) as store:
        held = store.snapshot()
    booked = {one for outcomes in emitted for one, outcome in outcomes.items() if outcome == "BOOKED"}
    assert booked == {one.booking_id for one in held.reservations}
    assert len(booked) == len(held.reservations)
    assert dict(held.resources)["room"] == Resource(60, confirmed=len(booked), version=len(booked))
    assert 0 < len(booked) <= 60


def test_a_proposal_conflicts_with_what_another_process_booked_since(start: Start, path: Path) -> None:
    """Clauses: persist.version, observe.stale"""
    request = BookingRequest("bob", "room")
    with SqliteStore(path) as store:
        proposal = propose(request, store.observe("room"))
        start(DIES_AFTER_ITS_BOOKING, path).wait(timeout=60)

        verdict = store.persist(proposal)

        assert verdict is Verdict.VERSION_CONFLICT
        assert store.persist(propose(request, store.observe("room"))) is Verdict.ACCEPTED


def test_a_booking_outlives_the_process_that_made_it(start: Start, path: Path) -> None:
    """Clause: emit.kept"""
    said, _ = start(DIES_AFTER_ITS_BOOKING, path).communicate(timeout=60)

    with SqliteStore(path) as store:
        assert said == "BOOKED\n"
        assert store.snapshot().reservations == (Reservation("ann", "room", 1),)


def test_a_process_that_dies_before_its_commit_leaves_nothing_and_locks_nobody_out(start: Start, path: Path) -> None:
    """Clauses: fault.crash, persist.atomic, progress.suspension"""
    said, _ = start(DIES_BEFORE_ITS_COMMIT, path).communicate(timeout=60)

    with SqliteStore(path) as store:
        assert said == "about to commit\n"
        assert store.snapshot() == Snapshot((("room", Resource(60)),))
        assert store.persist(propose(BookingRequest("ann", "room"), store.observe("room"))) is Verdict.ACCEPTED


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system starts no process by fork")
def test_a_store_does_not_follow_into_a_forked_child_and_stays_whole_in_its_parent(start: Start) -> None:
    """Clause: fault.unavailable"""
    said, _ = start(FORKS).communicate(timeout=60)

    assert said == "child: FAILED (store unavailable)\nparent: BOOKED\n"
