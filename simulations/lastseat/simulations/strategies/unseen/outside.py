"""Calls that leave the program: clocks, chance, threads, locks of the machine, files and sockets."""

import _thread
import builtins
import os
import random
import sys
import sysconfig
import threading
import time
from dataclasses import dataclass
from functools import cache
from types import CodeType, FrameType
from typing import Any

from lastseat.simulations.common.lines import Line, is_of_the_house

CLOCK = "which no schedule decides"
APART = "which is shared state outside of its operations"
_CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "localtime", "gmtime", "ctime")
_NOWS = ("now", "utcnow", "today")
_STARTING = ("start_new_thread", "start_new", "start_joinable_thread")
_QUERIES = ("execute", "executemany", "executescript", "commit", "rollback")
_FORKS = ("fork", "forkpty", "posix_spawn", "posix_spawnp")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that leaves the program: what it `does`, and whether nothing that follows can be trusted."""

    does: str
    so: str = CLOCK
    is_fatal: bool = False


def _table() -> dict[Any, Call]:
    names = [*_CLOCKS, *(f"{name}_ns" for name in _CLOCKS)]
    known: dict[Any, Call] = {
        getattr(time, name): Call(f"reads the clock with time.{name}") for name in names if hasattr(time, name)
    }
    known[time.sleep] = Call("sleeps in real time with time.sleep", "and all other processes with it")
    known[os.urandom] = Call("draws random bytes")
    thread = Call("starts a real thread", "which no schedule controls", is_fatal=True)
    known.update({getattr(_thread, name): thread for name in _STARTING if hasattr(_thread, name)})
    child = Call("starts a process of the machine", "which no schedule controls", is_fatal=True)
    known.update({getattr(os, name): child for name in _FORKS if hasattr(os, name)})
    known[builtins.open] = Call("opens a file", APART)
    return known


KNOWN = _table()
_LOCKS = (type(_thread.allocate_lock()), type(threading.RLock()))
_UNSEEDED: CodeType = random.Random.__init__.__code__


def call_of(function: Any) -> Call | None:
    """Return what is to be said of a call of a function that is written in C; None: nothing."""
    try:
        known = KNOWN.get(function)
    except TypeError:  # it is a method of something that is not hashable
        known = None
    return known or _method(getattr(function, "__self__", None), function.__name__)


def _method(on: object, name: str) -> Call | None:
    home = (on if isinstance(on, type) else type(on)).__module__  # so that nothing is imported to be compared
    if home == "datetime" and isinstance(on, type) and name in _NOWS:
        return Call(f"reads the clock with {on.__name__}.{name}")
    if on is _SHARED_RANDOM or isinstance(on, random.SystemRandom):
        return Call(f"draws random numbers with random.{name}") if name in ("random", "getrandbits") else None
    if home in ("socket", "_socket"):
        return Call(f"uses a socket ({name})", APART)
    return Call(f"uses a database ({name})", APART) if home == "sqlite3" and name in _QUERIES else None


_SHARED_RANDOM = random.random.__self__  # type: ignore[attr-defined]  # the one that the functions of `random` draw from


def is_unseeded(frame: FrameType) -> bool:
    """Return whether a call makes a generator of random numbers without a seed."""
    return frame.f_code is _UNSEEDED and frame.f_locals.get("x") is None


def is_real_lock(value: object) -> bool:
    """Return whether a value is a lock of the machine, or made of one."""
    return isinstance(value, (*_LOCKS, threading.Condition, threading.Semaphore, threading.Event, threading.Barrier))


def is_held(lock: Any) -> bool:
    """Return whether somebody holds a lock of the machine."""
    if isinstance(lock, threading.Condition):
        lock = lock._lock  # type: ignore[attr-defined]  # noqa: SLF001 - it has no other way to ask
    if isinstance(lock, _LOCKS[0]):
        return bool(lock.locked())
    return isinstance(lock, _LOCKS[1]) and bool(lock._is_owned())  # type: ignore[attr-defined]  # noqa: SLF001


def would_block(function: Any, frame: FrameType) -> bool:
    """Return whether a call asks for a lock of the machine that is held: it would wait for ever."""
    on = getattr(function, "__self__", None)
    if not isinstance(on, _LOCKS[0]) or function.__name__ not in ("acquire", "acquire_lock", "__enter__"):
        return False
    # A condition asks so whether its lock is held, and does not wait.
    return on.locked() and frame.f_code.co_name not in ("_is_owned", "_at_fork_reinit")


# --- whose code it is -----------------------------------------------------------------------------------------

_PATHS = sysconfig.get_paths()
_STANDARD = tuple({_PATHS[name] for name in ("stdlib", "platstdlib")})
_INSTALLED = tuple({_PATHS[name] for name in ("purelib", "platlib")})


def is_own(frame: FrameType) -> bool:
    """Return whether a frame runs code of whoever wrote the program: no library's, and not this house's."""
    file = frame.f_code.co_filename
    if is_of_the_house(frame) or file.startswith("<frozen"):
        return False
    return not file.startswith((*_STANDARD, *_INSTALLED))


@cache
def is_own_module(name: str) -> bool:
    """Return whether a module is of whoever wrote the program: no library's, and not of the scheduler."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if name.startswith("lastseat.simulations.") or name in sys.builtin_module_names:
        return False
    return file is None or not file.startswith((*_STANDARD, *_INSTALLED))


def own_line(frame: FrameType | None) -> Line | None:
    """Return the innermost line of the program's own code on the stack; None where there is none."""
    while frame is not None:
        if is_own(frame):
            return Line.of(frame)
        frame = frame.f_back
    return None


def is_idle_talk(frame: FrameType | None) -> bool:
    """Return whether a call is made while a module is imported or something is logged: that decides nothing."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<frozen importlib") or frame.f_globals.get("__name__") == "logging":
            return True
        if is_of_the_house(frame):
            return False
        frame = frame.f_back
    return False
