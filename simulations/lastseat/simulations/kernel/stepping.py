"""Processes that are stepped: started on a fresh shared state, resumed with what they are told, dropped at the end.

This is all of an execution in which nothing special happens; `execution` adds what else may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Join, OperationFailedError, Raised
from lastseat.simulations.kernel.program import Program, ProgramError, Started, kind_of, no_process
from lastseat.simulations.kernel.schedule import Schedule

NEVER = 1 << 62  # a number of steps that nobody takes
MOST_REFUSALS = 100  # how often a process may yield once more, from a `finally`, when it is dropped


@dataclass(frozen=True, slots=True)
class Broken:
    """What a process that raised AssertionError returned: the program's own claim is violated there."""

    said: str


class MisfitError(ProgramError):
    """A step that cannot be taken there. The text says why, and names the process."""


class Stepped:
    """Processes that wait, each before its next operation (None: it takes no more), over one fresh shared state.

    `returned` holds what the ended ones returned, `schedule` the steps taken, `spent` the number of faults in them.
    `program` is what is executed, and `meter` performs its operations.
    """

    # As they are in most executions: an instance has its own once they change.
    crashed: frozenset[int] = frozenset()
    cut: frozenset[int] = frozenset()  # processes that took too many steps and were left where they were
    spent = 0
    broken: tuple[tuple[str, int], ...] = ()  # assertions that failed, each with the number of steps taken before
    waits = False  # some operation was met that can have to wait
    ended = False  # whether the last step was the last of its process
    _lenient = False  # a fault that does not fit is left out
    _asleep: Mapping[int, Any] = MappingProxyType({})  # redeliveries that were not made, with their first operations
    _made: frozenset[int] = frozenset()  # those that are made in every execution
    _repeats = False

    def __init__(self, program: Program, meter: Meter) -> None:
        self.program, self.meter, self._plain = program, meter, meter.plain
        self.schedule: list[Step] = []
        self.returned: dict[int, Any] = {}
        self.pending: list[Any] = []
        self._most = program.most_steps
        self._cut_at = program.most_steps if program.cuts else NEVER
        self._sends: list[Any] = []
        self._left: list[int] = []  # the processes that can still take a step, in order
        shared = self.shared = program.shared()
        plain = meter.plain
        for who, process in enumerate(program.processes):
            started = process
            try:
                started = process(shared)
                send = started.send
            except Exception as error:
                # Where it began, what it gave is no process.
                raise self._failed(who, error if started is process else no_process(started)) from error
            self._sends.append(send)
            self._left.append(who)
            try:
                operation = send(None)
            except BaseException as error:  # noqa: BLE001  # StopIteration, where it takes no step
                self.pending.append(None)
                self._stop(who, error)
            else:
                self.pending.append(operation)
                if operation.__class__ not in plain:
                    self._admit(who, operation)
        if program.redeliveries:
            self._put_to_sleep(program)

    def _put_to_sleep(self, program: Program) -> None:
        originals, pending = program.originals, self.pending
        made = self._made = program.made or self._made
        self._repeats, self.spent, self.waits = True, len(made), self.waits or bool(made)
        asleep = [who for who in self._left if who >= originals and who not in made]
        for who in [who for who in self.returned if who >= originals]:
            del self.returned[who]  # one that takes no step is nowhere to be seen
        if program.made is None:
            self._asleep = {who: pending[who] for who in asleep}
        self._left = [who for who in self._left if who < originals or who in made]
        for who in asleep:
            pending[who] = None

    def __del__(self) -> None:
        """Drop the processes that have not ended. What a `finally` of theirs yields now is never taken."""
        if len(self.returned) == len(self._sends):
            return
        for who, send in enumerate(self._sends):
            if who not in self.returned:
                _close(send.__self__)

    def _joined(self, operation: Join) -> tuple[Any, int]:
        self.meter.took_effect = False
        return self.returned[operation.process], self.meter.footprints.number(operation.reads, ())

    def _resume(self, who: int, result: object) -> bool:
        """Let a process compute until its next operation; return whether it ended instead."""
        try:
            if result.__class__ is Raised:
                operation = self._sends[who].__self__.throw(result.error())
            else:
                operation = self._sends[who](result)
        except BaseException as error:  # noqa: BLE001  # StopIteration, as a rule; all else is passed on
            self._stop(who, error)
            return True
        self.pending[who] = operation
        if operation.__class__ not in self._plain:
            self._admit(who, operation)
        if len(self.schedule) >= self._cut_at and self._steps_of(who) >= self._cut_at:
            self._cut(who)
        return False

    def _stop(self, who: int, error: BaseException) -> None:
        """Take note that a process ended, by a return or by a claim of its own that failed, or pass the error on."""
        if isinstance(error, StopIteration):
            self._leave(who)
            self.returned[who] = error.value
        elif isinstance(error, AssertionError | OperationFailedError):
            unhandled = "" if isinstance(error, AssertionError) else "nobody handled that "
            said = unhandled + (printable(str(error), 200) or "an assertion failed")
            self._leave(who)
            self.returned[who] = Broken(said)
            self.broken = (*self.broken, (f"{self.program.named(who)}: {said}", len(self.schedule)))
        elif isinstance(error, Exception):
            raise self._failed(who, error) from error
        else:
            raise error

    def _cut(self, who: int) -> None:
        self._leave(who)
        self.cut |= {who}

    def _leave(self, who: int) -> None:
        """Take note that a process takes no further step."""
        self.pending[who] = None
        self._left.remove(who)

    def _admit(self, who: int, operation: object) -> None:
        """Look at an operation of a class that was not met yet, or whose steps may have to wait."""
        if not self.meter.accepts(operation):
            several = "; it gives operations of its own: use yield from" if hasattr(operation, "__await__") else ""
            what = f"{kind_of(operation)}, which is no operation{several}"
            raise ProgramError(f"{self.program.named(who)} yields {what}{self.so_far()}")
        if self.meter.can_wait(operation):
            self.waits = True
        elif not isinstance(getattr(operation.__class__, "blocking", False), property):
            self._plain.add(operation.__class__)  # what is said of the class need not be asked of each

    def operation(self, who: int) -> Any:
        """Return the operation that process `who` takes next, also of a redelivery that was not made; None: none."""
        operation = self.pending[who]
        return self._asleep.get(who) if operation is None else operation

    def started(self, who: int) -> Any:
        """Return a process under way, as it was started."""
        return self._sends[who].__self__

    def has_begun(self, who: int) -> bool:
        """Return whether a process has taken a step, or ended without one."""
        return who in self.returned or self._steps_of(who) > 0

    def taken(self) -> tuple[int, ...]:
        """Return how many steps each process has taken."""
        taken = [0] * len(self.pending)
        for step in self.schedule:
            taken[step if isinstance(step, int) else step.process] += 1
        return tuple(taken)

    def _steps_of(self, who: int) -> int:
        return sum(who == (step if isinstance(step, int) else step.process) for step in self.schedule)

    def exhausted(self) -> int | None:
        """Return a process that took more steps than one may and has not ended, or None."""
        most = self._most
        if len(self.schedule) < most:
            return None
        return next((who for who in self._left if self._steps_of(who) >= most), None)

    def so_far(self) -> str:
        """Return the schedule so far, as the end of a sentence."""
        return f"; schedule {Schedule.of(self.schedule)}"

    def _failed(self, who: int, error: Exception) -> ProgramError:
        if isinstance(error, MisfitError):
            return error
        what = printable(f"{type(error).__name__}: {error}", 200)
        return ProgramError(f"{self.program.named(who)} raised {what}{self.so_far()}")


def _close(process: Started) -> None:
    for _ in range(MOST_REFUSALS):
        try:
            process.close()
        except Exception:  # noqa: BLE001, S112  # whatever it does on its way out, it is not wanted any more
            continue
        return
