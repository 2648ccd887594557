"""Called one after the other, the ready-made objects do what those of Python do: same results, same errors."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.simulations.doors.containers import proxy_of
from lastseat.testing import (
    Barrier,
    BoundedSemaphore,
    Condition,
    Deque,
    Dict,
    Event,
    List,
    Lock,
    Queue,
    RLock,
    Semaphore,
    Shared,
)

Call = tuple[Any, ...]  # a method, or a function, and its arguments
KEYS, VALUES = "ab", (0, 1)


def perform(operation: Any) -> Any:
    if operation.personal:
        object.__setattr__(operation, "process", 0)
    assert operation.ready(None), "a call that does not wait"
    return operation.perform(None)


def loop(container: Any) -> list[Any]:
    return list(container)


def change_in_loop(container: Any) -> list[Any]:
    seen = []
    for item in container:
        seen.append(item)
        container.pop()
    return seen


DICT: list[Call] = [
    *(("__setitem__", key, value) for key in KEYS for value in VALUES),
    *((name, key) for key in KEYS for name in ("__getitem__", "__delitem__", "__contains__", "get", "setdefault")),
    *(("pop", key) for key in KEYS),
    *(("pop", key, 7) for key in KEYS),
    ("get", "a", 5),
    ("setdefault", "b", 5),
    ("update", {"a": 3, "b": 4}),
    ("popitem",),
    ("clear",),
    ("copy",),
    ("__len__",),
    (bool,),
    (loop,),
    *((lambda held, name=name: loop(getattr(held, name)()),) for name in ("keys", "values", "items")),
    (lambda held: "a" in held.keys(),),  # noqa: SIM118
    (lambda held: ("a", 1) in held.items(),),
    (lambda held: len(held.values()),),
    (lambda held: held == {"a": 1},),
    (lambda held: held.keys() == {"a"},),
    (lambda held: [held.update(c=1) for _ in held],),
]
LIST: list[Call] = [
    *((name, value) for value in VALUES for name in ("append", "remove", "index", "count", "__contains__")),
    *((name, place) for place in (0, -1, 5) for name in ("__getitem__", "__delitem__", "pop")),
    ("__setitem__", 0, 8),
    ("__setitem__", slice(1, 2), (8, 9)),
    ("__getitem__", slice(1, None)),
    ("__delitem__", slice(0, 1)),
    ("insert", 1, 6),
    ("extend", (1, 2)),
    ("pop",),
    ("reverse",),
    ("sort",),
    ("clear",),
    ("copy",),
    ("__len__",),
    (bool,),
    (loop,),
    (change_in_loop,),
    (lambda held: held == [1],),
    (lambda held: loop(reversed(held)),),
]
DEQUE: list[Call] = [
    *((name, value) for value in VALUES for name in ("append", "appendleft", "remove", "count", "__contains__")),
    ("extend", (1, 2)),
    ("extendleft", (3, 4)),
    ("pop",),
    ("popleft",),
    ("rotate", 1),
    ("clear",),
    ("copy",),
    ("__getitem__", 0),
    ("__len__",),
    (bool,),
    (loop,),
    (change_in_loop,),
    (lambda held: held.maxlen,),
]
LOCK: list[Call] = [("acquire", False), ("acquire", True, 0), ("release",)]
EVENT: list[Call] = [
    ("is_set",),
    ("wait", 0),
    (lambda held: (held.set(), None)[1],),
    (lambda held: (held.clear(), None)[1],),
]
QUEUE: list[Call] = [
    *(("put_nowait", value) for value in VALUES),
    *((name,) for name in ("get_nowait", "qsize", "empty", "full", "task_done")),
    ("put", 5, True, 0.0),
    ("put", 5, False),
    ("get", True, 0.0),
    (lambda held: held.maxsize,),
]
CONDITION: list[Call] = [
    *LOCK[::2],
    ("wait", 0),
    ("wait_for", lambda: 0, 0),
    ("wait_for", lambda: 3),
    (lambda held: (held.notify(), None)[1],),
    (lambda held: (held.notify_all(), None)[1],),
]
BARRIER: list[Call] = [
    ("wait", 0),
    ("abort",),
    ("reset",),
    *((lambda held, name=name: getattr(held, name),) for name in ("n_waiting", "broken", "parties")),
]
KINDS: dict[str, tuple[Callable[[], Any], Callable[[], Any], list[Call]]] = {
    "dict": (lambda: Dict(b=1), lambda: {"b": 1}, DICT),
    "list": (lambda: List([2, 1]), lambda: [2, 1], LIST),
    "deque": (lambda: Deque([1], 2), lambda: deque([1], 2), DEQUE),
    "deque without a bound": (Deque, deque, DEQUE),
    "lock": (Lock, threading.Lock, [*LOCK, ("locked",)]),
    "reentrant lock": (RLock, threading.RLock, LOCK),
    "semaphore": (lambda: Semaphore(2), lambda: threading.Semaphore(2), [*LOCK, ("release", 2)]),
    "bounded semaphore": (BoundedSemaphore, threading.BoundedSemaphore, [*LOCK, ("release", 2)]),
    "event": (Event, threading.Event, EVENT),
    "queue": (lambda: Queue(maxsize=2, tasks=True), lambda: queue.Queue(2), QUEUE),
    "condition": (Condition, lambda: threading.Condition(threading.Lock()), CONDITION),
    "condition of a reentrant lock": (lambda: Condition(RLock()), threading.Condition, CONDITION),
    "barrier": (lambda: Barrier(2), lambda: threading.Barrier(2), BARRIER),
    "barrier of one": (lambda: Barrier(1, lambda: 1 // 1), lambda: threading.Barrier(1, lambda: 1), BARRIER),
}


def outcome(held: Any, call: Call) -> Any:
    """Return what a call gives, or the class of what it raises."""
    what, *arguments = call
    try:
        given = getattr(held, what)(*arguments) if isinstance(what, str) else what(held)
    except Exception as error:  # noqa: BLE001 - it is what is compared
        return type(error)
    return given


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_calls_give_the_same(kind: str) -> None:
    make, make_original, calls = KINDS[kind]

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(st.lists(st.sampled_from(calls), max_size=12))
    def compare(taken: list[Call]) -> None:
        shared = Shared(held=make())
        ours, original = proxy_of(shared.held, perform), make_original()
        for call in taken:
            assert (call, outcome(ours, call)) == (call, outcome(original, call))
        if isinstance(original, dict | list | deque):
            assert ours.copy() == original
            assert type(ours.copy()) is type(original)
        before = shared.snapshot()
        shared.restore(before)
        assert shared.snapshot() == before

    compare()
