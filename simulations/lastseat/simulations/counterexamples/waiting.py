"""At the end of a run: who waits for what, and who could change that."""

from dataclasses import dataclass

from lastseat.simulations.counterexamples.holding import TAKING, lock_of, locks_of
from lastseat.simulations.kernel.operations import Join, Location
from lastseat.simulations.kernel.run import Run


@dataclass(frozen=True, slots=True)
class Wait:
    """A process that has to wait, before an operation.

    `holders` hold what it wants, each since a step; where nobody does, `writer` wrote last what decides when it can
    go on, in a step. `joins` is the process whose end is waited for.
    """

    process: int
    operation: object
    holders: tuple[tuple[int, int], ...] = ()
    writer: tuple[int, int] | None = None
    joins: int | None = None

    @property
    def depends_on(self) -> tuple[int, ...]:
        """Return the processes that have to go on before this one can, as far as is known."""
        return (self.joins,) if self.joins is not None else tuple(dict.fromkeys(who for who, _ in self.holders))


def waits_of(run: Run) -> tuple[Wait, ...]:
    """Return who has to wait at the end of a run; redeliveries that were not made wait for nothing."""
    held = [lock for lock in locks_of(run) if lock.end is None]
    waits = []
    for process in (process for process in run.waiting if process in run.unfinished):
        operation = run.ahead[process]
        on: tuple[Location, ...] | None = getattr(operation, "reads", None)
        if isinstance(operation, Join):
            waits.append(Wait(process, operation, joins=operation.process))
            continue
        wanted = lock_of(operation) if getattr(operation, "kind", None) in TAKING else None
        # Whoever took a lock several times has it since the first.
        since = {lock.process: lock.start for lock in reversed(held) if lock.location == wanted}
        holders = tuple(reversed(since.items()))
        waits.append(Wait(process, operation, holders, None if holders else _last_writer(run, on, process)))
    return tuple(waits)


def _last_writer(run: Run, on: tuple[Location, ...] | None, process: int) -> tuple[int, int] | None:
    """Return which other process wrote one of these locations last, and in which step; None: nobody did."""
    for taken in (taken for taken in reversed(run.taken) if taken.process != process):
        writes = taken.writes
        if writes is None or (writes and (on is None or any(location in writes for location in on))):
            return taken.process, taken.number
    return None


def circle_of(waits: tuple[Wait, ...]) -> tuple[int, ...]:
    """Return processes each of which waits for the next one, and the last for the first; () where there are none."""
    after = {wait.process: wait.depends_on[0] for wait in waits if wait.depends_on}
    for start in after:
        path = [start]
        while (following := after.get(path[-1])) is not None and following not in path:
            path.append(following)
        if following == start:
            return tuple(path)
    return ()
