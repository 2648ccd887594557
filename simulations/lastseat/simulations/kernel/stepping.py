"""Processes that are stepped: started on a fresh shared state, resumed with what they are told, dropped at the end.

This is all of an execution in which nothing special happens; `execution` adds what else may.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from lastseat.simulations.common.lines import Line, is_of_the_house, lines_of
from lastseat.simulations.common.operands import operands_of
from lastseat.simulations.common.silence import Silence, runs_code
from lastseat.simulations.common.text import on_one_line, printable
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Join, OperationFailedError, Raised, Spawn
from lastseat.simulations.kernel.program import (
    Process,
    Program,
    ProgramError,
    Started,
    needs_a_loop,
    no_operation,
    no_process,
    raised_told,
)
from lastseat.simulations.kernel.schedule import shortened

NEVER = 1 << 62  # a number of steps that nobody takes
LONGEST_SAID = 200  # characters of what an error says
LONGEST_KIND = 60  # characters of the name of its class
MOST_CHILDREN = 20_000  # the highest number of a process that another one begins
MOST_REFUSALS = 100  # how often a process may yield once more, from a `finally`, when it is dropped


ASSERTION = "assertion"  # a process raised AssertionError
UNSAID = "an assertion failed"  # where it has no message


@dataclass(frozen=True, slots=True)
class Broken:
    """What a process returned that raised an error, which nobody caught.

    `kind` is the error's class, and `lines` are those of the process through which it came, the innermost last.
    `operands` are an assertion and its values. Two that failed with one message are the same.
    """

    said: str
    kind: str = AssertionError.__name__
    lines: tuple[Line, ...] = field(default=(), compare=False)
    operands: str = field(default="", compare=False)

    @classmethod
    def by(cls, error: Exception) -> "Broken":
        """Return what a process returned that raised this error."""
        is_assertion = isinstance(error, AssertionError)
        kind = AssertionError.__name__ if is_assertion else printable(error.__class__.__name__, LONGEST_KIND)
        said = printable(on_one_line(str(error)) if is_assertion else str(error), LONGEST_SAID)
        operands = operands_of(error, is_of_the_house) if isinstance(error, AssertionError) else ""
        return cls(said or (UNSAID if is_assertion else ""), kind, lines_of(error), operands)

    @property
    def name(self) -> str:
        """Return the name of what is violated by it."""
        return ASSERTION if self.kind == AssertionError.__name__ else f"uncaught {self.kind}"

    def __str__(self) -> str:
        if self.name == ASSERTION:
            return self.operands if self.operands and self.said == UNSAID else self.said
        return f"{self.kind}: {self.said}" if self.said else self.kind


class Failure(NamedTuple):
    """A process that raised, in words, and how many steps were taken before."""

    name: str
    said: str
    taken: int


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
    broken: tuple[Failure, ...] = ()  # processes that raised
    waits = False  # some operation was met that can have to wait
    ended = False  # whether the last step was the last of its process
    _lenient = False  # a fault that does not fit is left out
    _asleep: Mapping[int, Any] = MappingProxyType({})  # redeliveries that were not made, with their first operations
    _made: frozenset[int] = frozenset()  # those that are made in every execution
    _repeats = False
    _children: Mapping[int, int] = MappingProxyType({})  # how many processes each has begun

    def __init__(self, program: Program, meter: Meter) -> None:
        self.program, self.meter, self._plain = program, meter, meter.plain
        self.schedule: list[Step] = []
        self.returned: dict[int, Any] = {}
        self.pending: list[Any] = [None] * len(program.processes)
        self._most = program.most_steps
        self._cut_at = program.most_steps if program.cuts else NEVER
        self._sends: list[Any] = self.pending.copy()
        self._left = list(range(len(program.processes)))  # the processes that can still take a step, in order
        self.shared = program.shared()
        self._start(enumerate(program.processes))
        if program.redeliveries:
            self._put_to_sleep(program)

    def _start(self, processes: Iterable[tuple[int, Process]]) -> None:
        """Let processes compute until their first operations, each for which there is a place."""
        shared, sends, pending, plain = self.shared, self._sends, self.pending, self._plain
        for who, process in processes:
            started: Any = process
            try:
                started = process(shared)
                send = sends[who] = started.send
            except Exception as error:
                # Where it began, what it gave is no process.
                raise self._failed(who, error if started is process else no_process(started)) from error
            try:
                operation = send(None)
            except BaseException as error:  # noqa: BLE001  # StopIteration, where it takes no step
                self._stop(who, error)
            else:
                pending[who] = operation
                if operation.__class__ not in plain:
                    self._admit(who, operation)

    def _spawn(self, operation: Spawn) -> None:
        """Begin a process that another one begins."""
        child, self._children = operation.child, {**self._children}
        if child > MOST_CHILDREN:
            what = "one more process than can be numbered"
            raise ProgramError(f"{self.program.named(operation.process)} begins {what}{self.so_far()}")
        self._children[operation.process] = self._children.get(operation.process, 0) + 1
        missing = [None] * (child + 1 - len(self.pending))
        self._sends += missing
        self.pending += missing
        insort(self._left, child)
        self._repeats = True  # first steps are told from others
        self._start([(child, operation.make)])

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
        try:  # noqa: SIM105 - it is met in every execution that is dropped
            drop(
                [send.__self__ for who, send in enumerate(self._sends) if send and who not in self.returned],
                self._sends,
            )
        except BaseException:  # noqa: BLE001, S110 - nobody is there who could be told
            pass

    def _joined(self, operation: Join) -> tuple[Any, int]:
        self.meter.took_effect = False
        return self.returned[operation.process], self.meter.footprints.number(operation.reads, ())

    def _resume(self, who: int, result: object) -> bool:
        """Let a process compute until its next operation; return whether it ended instead."""
        try:
            if result.__class__ is Raised:
                operation = self._sends[who].__self__.throw(result.error)
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
        """Take note that a process ended, by a return or by an error that nobody caught, or pass the error on."""
        if isinstance(error, StopIteration):
            self._leave(who)
            self.returned[who] = error.value
        elif isinstance(error, Exception) and is_outcome(self.program, error):
            self._leave(who)
            broken = self.returned[who] = Broken.by(error)
            failure = Failure(broken.name, f"{self.program.named(who)}: {broken}", len(self.schedule))
            self.broken = (*self.broken, failure)
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
            did = no_operation(self.started(who), operation)
            raise ProgramError(f"{self.program.named(who)} {did}{self.so_far()}")
        personal = getattr(operation, "personal", False)
        if personal:
            object.__setattr__(operation, "process", who)
            if operation.__class__ is Spawn:
                operation.child, operation.begin = self.program.child(who, self._children.get(who, 0)), self._spawn
        if self.meter.can_wait(operation):
            self.waits = True
        elif not personal and not isinstance(getattr(operation.__class__, "blocking", False), property):
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
        return f"; schedule {shortened(self.schedule)}"

    def _failed(self, who: int, error: Exception) -> ProgramError:
        if isinstance(error, ProgramError):
            return error
        return ProgramError(f"{self.program.named(who)} {raised_told(error)}{self.so_far()}")


def is_outcome(program: Program, error: Exception) -> bool:
    """Return whether an error that a process raises is an outcome of it, and none of the search.

    An attempt that is judged has outcomes of its own: one that raises has none.
    """
    if program.requests:
        return isinstance(error, AssertionError | OperationFailedError)
    return not isinstance(error, ProgramError) and not needs_a_loop(error)


def drop(processes: list[Started], held: list[Any]) -> None:
    """Leave processes where they wait, and forget what is `held` of them. What they say on their way out is lost.

    What a `finally` of theirs yields now is never taken.
    """
    if not any(map(runs_code, processes)):
        for process in processes:
            process.close()
        return
    stopped: BaseException | None = None
    with Silence():
        while processes:
            stopped = _close(processes.pop()) or stopped
        held.clear()
    if stopped is not None:
        try:
            raise stopped
        finally:
            stopped = None  # or its traceback would keep itself alive, and with it what was dropped


def _close(process: Started) -> BaseException | None:
    """Leave a process where it waits; return what it raised that is no ordinary error, such as an interrupt."""
    for _ in range(MOST_REFUSALS):
        try:
            process.close()
        except Exception:  # noqa: BLE001, S112  # whatever it does on its way out, it is not wanted any more
            continue
        except BaseException as error:  # noqa: BLE001 - it is raised when all are left
            return error.with_traceback(None)
        return None
    return None
