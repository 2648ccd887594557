"""Code after which nothing could be trusted is refused with its line: real threads, and real locks that are held."""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from lastseat.testing import (
    Condition,
    Mutex,
    ProgramError,
    Register,
    Shared,
    blocking,
    explore,
)

STRATEGIES = ["dpor", "brute", "merged", "preemptions=9"]
HERE = "test_out_of_control.py:"


def shared() -> Shared:
    return Shared(counter=Register(0), left=Mutex(), changed=Condition())


def line_of(function: Callable[..., Any], offset: int) -> str:
    return f"({HERE}{function.__code__.co_firstlineno + offset})"


REAL_LOCK = threading.Lock()
REAL_EVENT = threading.Event()
REAL_QUEUE: "queue.Queue[int]" = queue.Queue()


def adds(shared: Any) -> Iterator[Any]:
    yield shared.counter.fetch_and_add()


# --- what cannot be trusted at all -------------------------------------------------------------------------------


def holds_a_real_lock(shared: Any) -> None:
    with REAL_LOCK:
        shared.counter.write(shared.counter.read() + 1)


def acquires_a_real_lock(shared: Any) -> None:
    REAL_LOCK.acquire()
    shared.counter.write(shared.counter.read() + 1)
    REAL_LOCK.release()


def waits_for_a_real_event(shared: Any) -> None:
    shared.counter.read()
    REAL_EVENT.wait()


def gets_from_a_real_queue(shared: Any) -> None:
    shared.counter.write(REAL_QUEUE.get())


def starts_a_thread(shared: Any) -> None:
    worker = threading.Thread(target=shared.counter.read)
    worker.start()
    worker.join()


def starts_a_thread_and_swallows_what_it_raises(shared: Any) -> None:
    shared.counter.read()
    with suppress(Exception):
        threading.Thread(target=print).start()


def starts_a_pool(shared: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(shared.counter.read)


def changes_before_its_first_step(shared: Any) -> Iterator[Any]:
    shared.counter.value += 1
    yield shared.counter.read()


@pytest.fixture(autouse=True)
def _nobody_holds_it() -> Iterator[None]:
    yield
    if REAL_LOCK.locked():
        REAL_LOCK.release()


@pytest.mark.parametrize(
    ("process", "said"),
    [
        (blocking(holds_a_real_lock), "process 0 goes on holding the real lock REAL_LOCK"),
        (blocking(acquires_a_real_lock), "process 0 goes on holding the real lock REAL_LOCK"),
        (
            blocking(waits_for_a_real_event),
            f"waits for a real lock that is held {line_of(waits_for_a_real_event, 2)}",
        ),
        (
            blocking(gets_from_a_real_queue),
            f"waits for a real lock that is held {line_of(gets_from_a_real_queue, 1)}",
        ),
        (blocking(starts_a_thread), f"process 0 starts a real thread {line_of(starts_a_thread, 2)}"),
        (blocking(starts_a_thread_and_swallows_what_it_raises), "process 0 starts a real thread"),
        (blocking(starts_a_pool), "which the scheduler does not see"),
        (changes_before_its_first_step, "process 0 changes shared state outside its operations (counter)"),
    ],
)
def test_what_no_search_can_be_trusted_after_is_an_error_with_its_line(process: Any, said: str) -> None:
    threads = threading.active_count()

    with pytest.raises(ProgramError) as refused:
        explore([process, adds], shared=shared)

    assert said in str(refused.value)
    assert HERE in str(refused.value)
    assert str(refused.value).isprintable()
    assert threading.active_count() == threads
