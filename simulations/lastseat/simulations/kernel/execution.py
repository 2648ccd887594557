"""One execution of a program, a step at a time, in whatever order it is told."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lastseat.simulations.common.text import printable, quoted
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Act, Join
from lastseat.simulations.kernel.program import Program, ProgramError, kind_of, start
from lastseat.simulations.kernel.schedule import Schedule

MOST_REFUSALS = 100  # how often a process may yield once more, from a `finally`, when it is dropped


@dataclass(frozen=True, slots=True)
class Broken:
    """What a process that raised AssertionError returned: the program's own claim is violated there."""

    said: str


class Execution:
    """Processes that wait, each before its next operation (None: it has ended), over one fresh shared state.

    `returned` holds what the ended ones returned, `schedule` who took which step.
    """

    def __init__(self, program: Program, meter: Meter) -> None:
        self._program, self._meter, self._plain = program, meter, meter.plain
        self.schedule: list[int] = []
        self.returned: dict[int, Any] = {}
        self.broken: list[tuple[str, int]] = []  # assertions that failed, each with the number of steps taken before
        self.waits = False  # some operation was met that can have to wait
        processes = range(len(program.processes))
        self.pending: list[Any] = [None for _ in processes]
        self._taken = [0 for _ in processes]
        self._sends: list[Any] = []
        self.shared = program.shared()
        for who in processes:
            self._sends.append(self._started(who))
            self._resume(who, None)

    def __del__(self) -> None:
        """Drop the processes that have not ended. What a `finally` of theirs yields now is never taken."""
        for who in self.unfinished():
            for _ in range(MOST_REFUSALS):
                with suppress(Exception):
                    self._sends[who].__self__.close()
                    break

    def _started(self, who: int) -> Any:
        try:
            return start(self._program.processes[who], self.shared).send
        except Exception as error:
            raise self._failed(who, error) from error

    def _resume(self, who: int, result: Any) -> bool:
        """Let a process compute until its next operation; return whether it ended instead."""
        try:
            operation = self._sends[who](result)
        except StopIteration as finished:
            self.pending[who] = None
            self.returned[who] = finished.value
            return True
        except AssertionError as error:
            said = printable(str(error), 200) or "an assertion failed"
            self.pending[who], self.returned[who] = None, Broken(said)
            self.broken.append((f"process {who}: {said}", len(self.schedule)))
            return True
        except Exception as error:
            raise self._failed(who, error) from error
        self.pending[who] = operation
        if operation.__class__ not in self._plain:
            self._admit(who, operation)
        return False

    def _admit(self, who: int, operation: Any) -> None:
        """Look at an operation of a class that was not met yet, or whose steps may have to wait."""
        if not self._meter.accepts(operation):
            raise ProgramError(f"process {who} yields {kind_of(operation)}, which is no operation{self.so_far()}")
        if self._meter.can_wait(operation):
            self.waits = True
        elif not isinstance(operation, Act):
            self._plain.add(operation.__class__)

    def step(self, who: int) -> tuple[Any, int]:
        """Let process `who` take its next step; return its result, and the number of its footprint.

        Raises ProgramError where the program is at fault.
        """
        operation = self.pending[who]
        self.schedule.append(who)
        try:
            if operation.__class__ is Join:
                result = self.returned[operation.process]
                footprint = self._meter.footprints.number(operation.reads, ())
            else:
                result, footprint = self._meter.perform(who, operation, self.shared)
        except Exception as error:
            raise self._failed(who, error) from error
        self._taken[who] += 1
        if self._resume(who, result):
            footprint = self._meter.ending(who, footprint)
        return result, footprint

    def repeat(self, who: int) -> Any:
        """Let process `who` take a step that was taken before, and return its result; what it touched is known.

        Raises ProgramError where it has none.
        """
        operation = self.pending[who]
        if operation is None:
            raise diverged(self, "a step", "none")
        self.schedule.append(who)
        try:
            if operation.__class__ is Join:
                result = self.returned[operation.process]
            else:
                result = operation.perform(self.shared)
        except Exception as error:
            raise self._failed(who, error) from error
        self._taken[who] += 1
        self._resume(who, result)
        return result

    def taken(self) -> tuple[int, ...]:
        """Return how many steps each process has taken."""
        return tuple(self._taken)

    def unfinished(self) -> list[int]:
        """Return the processes that have not ended."""
        return [who for who, operation in enumerate(self.pending) if operation is not None]

    def free(self) -> list[int]:
        """Return the processes that can take their next step now."""
        if not self.waits:
            return [who for who, operation in enumerate(self.pending) if operation is not None]
        return [who for who, operation in enumerate(self.pending) if operation is not None and self.is_free(who)]

    def is_free(self, who: int) -> bool:
        """Return whether process `who`, which has not ended, can take its next step now."""
        operation = self.pending[who]
        if not self._meter.can_wait(operation):
            return True
        if operation.__class__ is Join:
            if operation.process not in range(len(self.pending)):
                joined = printable(str(operation.process), 60)
                raise ProgramError(f"process {who} joins process {joined}, and there is none{self.so_far()}")
            return operation.process in self.returned
        try:
            return self._meter.is_ready(operation, self.shared)
        except Exception as error:
            raise self._failed(who, error) from error

    def exhausted(self) -> int | None:
        """Return a process that took more steps than one may and has not ended, or None."""
        most = self._program.most_steps
        if len(self.schedule) < most:
            return None
        over = (who for who, taken in enumerate(self._taken) if taken >= most and self.pending[who] is not None)
        return next(over, None)

    def so_far(self) -> str:
        """Return the schedule so far, as the end of a sentence."""
        return f"; schedule {Schedule.of(self.schedule)}"

    def _failed(self, who: int, error: Exception) -> ProgramError:
        what = printable(f"{type(error).__name__}: {error}", 200)
        return ProgramError(f"process {who} raised {what}{self.so_far()}")


def run(program: Program, meter: Meter, steps: Iterable[int]) -> Execution:
    """Execute `steps` from a fresh state. Raises ProgramError at the first step that cannot be taken."""
    execution = Execution(program, meter)
    for number, who in enumerate(steps, start=1):
        if not 0 <= who < len(execution.pending):
            raise ProgramError(f"step {number}: there is no process {who}, only 0 to {len(execution.pending) - 1}")
        if execution.pending[who] is None:
            raise ProgramError(f"step {number}: process {who} has ended already")
        if not execution.is_free(who):
            raise ProgramError(f"step {number}: process {who} has to wait")
        execution.step(who)
    return execution


def final_of(shared: Any) -> Any:
    """Return the value that a shared state has at the end: its snapshot, or None where it has none to show."""
    snapshot = getattr(shared, "snapshot", None)
    return snapshot() if callable(snapshot) else None


def returned_of(execution: Execution) -> tuple[Any, ...]:
    """Return what each process returned, in order; None for one that has not ended."""
    return tuple(execution.returned.get(who) for who in range(len(execution.pending)))


def as_text(steps: Sequence[int]) -> str:
    """Return a schedule as a token."""
    return str(Schedule.of(steps))


_IDENTITY: Any = object.__eq__


def differ(one: Any, other: Any) -> bool:
    """Return whether two results are not the same; objects without an equality of their own cannot be told apart."""
    if type(one) is not type(other):
        return True
    return type(one).__eq__ is not _IDENTITY and bool(one != other)


def diverged(execution: Execution, seen: Any, result: Any) -> ProgramError:
    """Return the error that says that the same steps did not lead to the same place."""
    return ProgramError(
        "the program is not deterministic, or keeps state from one execution to the next: a step gave "
        f"{quoted(str(seen))} once, and {quoted(str(result))} when the same steps were taken again"
        f"{execution.so_far()}"
    )
