"""Where work runs: in this process, in several, or on a Dask cluster; any `concurrent.futures.Executor` will do."""

import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from logging import CRITICAL
from multiprocessing import active_children, get_context
from multiprocessing.synchronize import Barrier
from os import cpu_count
from socket import create_connection
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from lastseat.simulations.common.text import number, quoted, reason_of

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

MOST_WORKERS = 1024
ANSWER_WITHIN = 10  # seconds
BEGIN_WITHIN = 300  # seconds, for all processes to be there


@dataclass(frozen=True, slots=True)
class Workers:
    """A way to get an executor, again and again: a pool that lost a worker is replaced by a new one.

    `count` chunks run at a time. `losses` are the errors that mean that work was lost and may be done again.
    """

    count: int
    open: Callable[[], AbstractContextManager[Executor]]
    losses: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)


class Inline(Executor):
    """Runs each task at once, in the calling thread."""

    def submit(
        self, fn: Callable[Arguments, Result], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Future[Result]:
        """Return the future of a task that has been run."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to the future
            future.set_exception(error)
        return future


def inline() -> Workers:
    """Return the workers that are this thread alone."""
    return Workers(1, Inline)


def given(executor: Executor, count: int) -> Workers:
    """Return an executor of somebody's own, which runs `count` tasks at a time and is left open."""
    return Workers(_checked(count), lambda: nullcontext(executor))


def processes(count: int | None = None) -> Workers:
    """Return so many processes (None: one for each core); one is this process itself. Raises ValueError.

    They are spawned, so a script that is run by its name calls this under `if __name__ == "__main__"` alone.
    """
    if count is None:
        count = cpu_count() or 1
    return inline() if _checked(count) == 1 else Workers(count, lambda: _pool(count))


@contextmanager
def _pool(count: int) -> Iterator[Executor]:
    # Spawned, because a forked process inherits the threads' locks and numpy's state.
    context = get_context("spawn")
    pool = ProcessPoolExecutor(count, context, _begin, (context.Barrier(count),))
    others = set(active_children())
    try:
        with _interrupts_held():
            # Each task starts a process, since none ends before all have begun. Were one started later, while the
            # pool finds another one dead, the pool would wait for it for ever (seen with Python 3.11).
            for _ in range(count):
                pool.submit(int)
        yield pool
    finally:
        with _interrupts_held():
            # What the workers still do is not wanted any more. Without this, a pool that is shut down in the middle
            # of its work sometimes waits for workers that wait for it (seen with Python 3.11).
            for child in set(active_children()) - others:
                child.terminate()
            pool.shutdown(wait=True, cancel_futures=True)


def _begin(together: Barrier) -> None:
    """Begin a worker process, when all have. Ctrl-C goes to the whole group; only the first process acts on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr  # what somebody's own code prints there is no result of ours
    together.wait(BEGIN_WITHIN)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # as on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def dask(address: str | None = None, count: int | None = None) -> Workers:
    """Return the threads of a Dask cluster: the one at `address`, or a local one of `count` processes.

    Its workers need the same version of lastseat. Raises ModuleNotFoundError when Dask is missing, and ValueError
    when nobody answers.
    """
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError:
        raise ModuleNotFoundError("Dask is missing: pip install 'lastseat[dask]'", name="distributed") from None
    threads = _threads(distributed, address) if address else _checked(count or cpu_count() or 1)

    @contextmanager
    def opened() -> Iterator[Executor]:
        local = nullcontext(address) if address else _local_cluster(distributed, threads)
        with local as cluster, distributed.Client(cluster) as client:
            yield client.get_executor(pure=False)

    return Workers(threads, opened, (BrokenExecutor, CancelledError, distributed.scheduler.KilledWorker))


@contextmanager
def _local_cluster(distributed: Any, count: int) -> Iterator[Any]:
    with _interrupts_held():
        cluster = distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=CRITICAL
        )
    with cluster:
        yield cluster


def _threads(distributed: Any, address: str) -> int:
    """Return how many threads the cluster at an address has. Raises ValueError."""
    try:
        place = urlsplit(address)
        if place.scheme not in ("tcp", "tls") or not place.hostname or not place.port:
            raise ValueError("it is not of the form tcp://HOST:PORT")
        # Dask's own client leaves warnings behind when there is nobody.
        create_connection((place.hostname, place.port), ANSWER_WITHIN).close()
        with distributed.Client(address, timeout=ANSWER_WITHIN) as client:
            threads = sum(client.nthreads().values())
    except (OSError, ValueError) as error:
        raise ValueError(f"no Dask cluster at {quoted(address)}: {reason_of(error)}") from None
    if not threads:
        raise ValueError(f"the Dask cluster at {quoted(address)} has no workers")
    return int(threads)


def _checked(count: int) -> int:
    if type(count) is not int or not 1 <= count <= MOST_WORKERS:
        raise ValueError(f"workers must be an integer from 1 to {MOST_WORKERS}, not {number(count)}")
    return count
