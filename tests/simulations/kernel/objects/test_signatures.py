"""What a blocking function calls has the parameters of what it stands for: in its order, with its defaults."""

import inspect
import queue
import threading
from typing import Any

import pytest

from lastseat.simulations.doors.containers import proxy_of
from lastseat.testing import (
    Barrier,
    BoundedSemaphore,
    Condition,
    Event,
    Lock,
    Mutex,
    Queue,
    RLock,
    Semaphore,
    Shared,
)

PYTHON_RLOCK: Any = threading._RLock  # type: ignore[attr-defined]  # the one that has signatures
TABLE = [
    (Mutex, PYTHON_RLOCK, ("acquire", "release")),
    (Lock, PYTHON_RLOCK, ("acquire", "release")),
    (RLock, PYTHON_RLOCK, ("acquire", "release")),
    (Semaphore, threading.Semaphore, ("acquire", "release")),
    (BoundedSemaphore, threading.BoundedSemaphore, ("acquire", "release")),
    (Condition, PYTHON_RLOCK, ("acquire", "release")),
    (Condition, threading.Condition, ("wait", "wait_for", "notify", "notify_all")),
    (Event, threading.Event, ("wait", "set", "clear", "is_set")),
    (lambda: Barrier(2), threading.Barrier, ("wait", "reset", "abort")),
    (
        Queue,
        queue.Queue,
        ("put", "get", "put_nowait", "get_nowait", "qsize", "empty", "full", "task_done", "join"),
    ),
]


@pytest.mark.parametrize(
    ("make", "original", "name"),
    [(make, original, name) for make, original, names in TABLE for name in names],
)
def test_a_method_has_the_parameters_of_the_original(make: Any, original: Any, name: str) -> None:
    door = proxy_of(Shared(held=make()).held, lambda operation: operation)
    expected = list(inspect.signature(getattr(original, name)).parameters.values())[1:]

    given = list(inspect.signature(getattr(door, name)).parameters.values())

    assert [(each.name, each.default, each.kind) for each in given] == [
        (each.name, each.default, each.kind) for each in expected
    ]


@pytest.mark.parametrize(
    ("make", "original"),
    [(Barrier, threading.Barrier)],
)
def test_a_barrier_is_made_with_the_parameters_of_the_original(make: Any, original: Any) -> None:
    assert list(inspect.signature(make).parameters) == list(inspect.signature(original).parameters)
