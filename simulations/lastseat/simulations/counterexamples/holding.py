"""What the processes of a run hold: locks, and copies of what they read until they write it themselves."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.operations import Location, Raised, Spawn
from lastseat.simulations.kernel.run import Run, Taken

# Kinds of operations by which a lock is taken, perhaps taken, or given back; to sleep on a condition frees its mutex.
TAKING, TRYING, GIVING = ("acquire", "wake"), ("try-acquire",), ("release", "sleep")


@dataclass(frozen=True, slots=True)
class Held:
    """A process has a lock, or a copy, from step `start` to `end`; None: to the end of the run.

    `stale` is the step in which another process first wrote what the copy is of; None: nobody did.
    """

    process: int
    location: Location
    start: int
    end: int | None = None
    stale: int | None = None
    writer: int | None = None


def locks_of(run: Run) -> tuple[Held, ...]:
    """Return what was taken, each until it was given back. What a crashed process held is never given back."""
    done: list[Held] = []
    held: list[Held] = []
    for taken in run.taken:
        place = lock_of(taken.operation)
        if takes(taken):
            held.append(Held(taken.process, place, taken.number))
        elif gives_back(taken):
            there = [lock for lock in held if lock.location == place]
            own = [lock for lock in there if lock.process == taken.process]
            if given := (own or there)[-1:]:
                held.remove(given[0])
                done.append(replace(given[0], end=taken.number))
    return (*done, *held)


def copies_of(run: Run) -> tuple[Held, ...]:
    """Return each copy of which use was made: from when a process read a location to when it wrote it.

    A copy that is read anew, or whose process ends or dies without writing, is no part of them. At the end of an
    unfinished run, those count whose process writes next what it read.
    """
    used: list[Held] = []
    held: dict[tuple[int, Location], Held] = {}
    for taken in run.taken:
        for key, copy in list(held.items()):
            if copy.process != taken.process and copy.stale is None and wrote(taken, copy.location):
                held[key] = replace(copy, stale=taken.number, writer=taken.process)
            elif copy.process == taken.process and wrote(taken, copy.location):
                used.append(replace(held.pop(key), end=taken.number))
        for location in _read(taken):
            held[taken.process, location] = Held(taken.process, location, taken.number)
    return (*used, *(copy for copy in held.values() if _is_next(run.ahead.get(copy.process), copy.location)))


def _read(taken: Taken) -> Iterator[Location]:
    """Yield the locations that a step read and did not write: those of which it gave its process a copy."""
    if taken.fault is not None or taken.result is None or taken.ended or isinstance(taken.result, Raised):
        return
    if taken.writes == () and not takes(taken):
        yield from taken.reads or ()


def _is_next(operation: object, location: Location) -> bool:
    return location in (getattr(operation, "writes", None) or ())


def wrote(taken: Taken, location: Location) -> bool:
    """Return whether a step wrote a location."""
    return was_performed(taken) and (taken.writes is None or location in taken.writes)


def takes(taken: Taken) -> bool:
    """Return whether the process holds a lock after this step that it did not before."""
    kind = _kind(taken)
    return succeeded(taken) and (kind in TAKING or (kind in TRYING and taken.result is True))


def tells(taken: Taken) -> bool:
    """Return whether a step told its process more than that it was taken.

    True of a lock is no more than that, and which process was begun is said of the step.
    """
    if taken.result is None or isinstance(taken.operation, Spawn):
        return False
    return not (taken.result is True and takes(taken) and _kind(taken) in TAKING)


def spawned_in(run: Run) -> dict[int, str]:
    """Return the processes that were begun by others, in their order, with the names of their functions."""
    begun = [(taken.result, taken.operation) for taken in run.taken if isinstance(taken.operation, Spawn)]
    return {child: operation.name for child, operation in begun if isinstance(child, int)}


def gives_back(taken: Taken) -> bool:
    """Return whether the process gave a lock back in this step."""
    return succeeded(taken) and _kind(taken) in GIVING


def lock_of(operation: object) -> Location:
    """Return the location of the lock that an operation is on: of a condition, its mutex; else the first it reads."""
    mutex = getattr(getattr(operation, "on", None), "mutex", None)
    if mutex is not None:
        return str(mutex.name)
    reads: tuple[Location, ...] = getattr(operation, "reads", None) or ("",)
    return reads[0]


def was_performed(taken: Taken) -> bool:
    """Return whether a step did anything to the shared state, or could have."""
    return taken.fault not in (Fault.CRASH_BEFORE, Fault.UNAVAILABLE)


def succeeded(taken: Taken) -> bool:
    """Return whether a step did what it is for: it was performed, and its operation did not raise."""
    return was_performed(taken) and (taken.fault is not None or not isinstance(taken.result, Raised))


def _kind(taken: Taken) -> object:
    return getattr(taken.operation, "kind", None)
