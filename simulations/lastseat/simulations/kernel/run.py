"""One execution as a frozen value: what every writer (text, JSON, HTML, a picture, …) is given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lastseat.simulations.common.lines import Line, standing
from lastseat.simulations.kernel.actions import Action, Fault, Step, branch_of, fault_of, process_of
from lastseat.simulations.kernel.endings import final_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Location
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.replay import run as replayed
from lastseat.simulations.kernel.replay import take
from lastseat.simulations.kernel.stepping import Failure, MisfitError


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that was taken: by which process, what it did, and the shared state around it.

    `number` counts from 1. `result` is what the process was told. `before` and `after` are snapshots, None where the
    shared state has none. `reads` and `writes` are the locations that it touched, None for everything. `ended` says
    that the process returned right after it, and `returned` what. With a crash before it, nothing was performed.
    """

    number: int
    process: int
    operation: Any
    result: Any
    before: Any
    after: Any
    ended: bool = False
    returned: Any = None
    fault: Fault | None = None
    branch: int = 0
    reads: tuple[Location, ...] | None = ()
    writes: tuple[Location, ...] | None = ()
    line: Line | None = None

    @property
    def step(self) -> Step:
        """Return the step as a schedule has it."""
        return Action(self.process, self.fault, self.branch) if self.fault or self.branch else self.process


@dataclass(frozen=True, slots=True)
class Run:
    """An execution, finished or not.

    `labels` name the processes, the first `originals` of which are there from the start. `initial` is the snapshot
    before the first step. `returned` has what each ended process returned, also those that took no step. `ahead` has
    the next operation of each process that can still take one, or could be begun, and `waiting` those of them that
    have to wait now; `lines` has where each of them stands. `broken` are the processes that raised, each with the
    number of steps that were taken before.
    """

    noun: str
    labels: tuple[str, ...]
    originals: int
    initial: Any
    taken: tuple[Taken, ...]
    returned: Mapping[int, Any]
    crashed: frozenset[int]
    ahead: Mapping[int, Any]
    waiting: tuple[int, ...]
    unfinished: tuple[int, ...]
    spent: int = 0
    broken: tuple[Failure, ...] = ()
    lines: Mapping[int, Line] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the schedule."""
        return tuple(taken.step for taken in self.taken)

    @property
    def final(self) -> Any:
        """Return the snapshot at the end."""
        return self.taken[-1].after if self.taken else self.initial

    @property
    def free(self) -> tuple[int, ...]:
        """Return the unfinished processes that could take a step at its end; nobody where it is over."""
        return tuple(process for process in self.unfinished if process not in self.waiting)

    def named(self, process: int) -> str:
        """Return what a process is called."""
        return self.labels[process]


class Recorder:
    """Takes steps one after the other and keeps what a `Run` says of them."""

    def __init__(self, program: Program, meter: Meter | None = None) -> None:
        self.program = program
        self._meter = meter or program.meter()
        self.execution = Execution(program, self._meter)
        self._initial = final_of(self.execution.shared)
        self._taken: list[Taken] = []

    def take(self, step: Step) -> Taken:
        """Take a step. Raises MisfitError, with its number, and changes nothing, where it cannot be taken."""
        execution, process = self.execution, process_of(step)
        before = self._taken[-1].after if self._taken else self._initial
        operation = execution.operation(process) if 0 <= process < len(execution.pending) else None
        line = line_of(execution, process) if operation is not None else None
        try:
            result, (reads, writes) = take(self.program, self._meter, execution, step)
        except MisfitError:
            if len(execution.schedule) > len(self._taken):  # that a fault does not fit can show after its step
                self.execution = replayed(self.program, self._meter, [taken.step for taken in self._taken])
            raise
        ended = process in execution.returned
        taken = Taken(
            number=len(self._taken) + 1,
            process=process,
            operation=operation,
            result=result,
            before=before,
            after=final_of(execution.shared),
            ended=ended,
            returned=execution.returned.get(process),
            fault=fault_of(step),
            branch=branch_of(step),
            reads=reads,
            writes=writes,
            line=line,
        )
        self._taken.append(taken)
        return taken

    def run(self) -> Run:
        """Return what happened so far."""
        execution, program = self.execution, self.program
        unfinished = tuple(execution.unfinished())
        labels = program.labels or tuple(f"{program.noun} {who}" for who in range(len(execution.pending)))
        ahead = (*unfinished, *execution.due())
        stands = {who: line_of(execution, who) for who in ahead}
        return Run(
            noun=program.noun,
            labels=labels,
            originals=program.originals,
            initial=self._initial,
            taken=tuple(self._taken),
            returned=dict(execution.returned),
            crashed=frozenset(execution.crashed),
            ahead={who: execution.operation(who) for who in ahead},
            waiting=tuple(execution.waiting()),
            unfinished=unfinished,
            spent=execution.spent,
            broken=tuple(execution.broken),
            lines={who: line for who, line in stands.items() if line is not None},
        )


def play(program: Program, steps: Iterable[Step], *, to_the_end: bool = False) -> Run:
    """Execute `steps` from a fresh state; then, if asked, let the first process that can go on do so, to the end.

    Raises MisfitError at the first step that cannot be taken, with its number.
    """
    recorder = Recorder(program)
    for step in steps:
        recorder.take(step)
    while to_the_end and (free := recorder.execution.free()) and recorder.execution.exhausted() is None:
        recorder.take(free[0])
    return recorder.run()


def line_of(execution: Execution, process: int) -> Line | None:
    """Return where a process waits in its own code; None where that cannot be told."""
    return standing(execution.started(process))
