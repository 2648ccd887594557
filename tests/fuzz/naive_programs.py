"""The naive explorer of programs: every schedule, executed from its start, and what is true of it by definition.

Nothing here is taken from the engines: a loop over generators, pairs of steps, and sets. Operations alone are asked.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from lastseat.simulations.kernel.stepping import Broken
from lastseat.testing import Join

Schedule: TypeAlias = tuple[int, ...]
Places: TypeAlias = tuple[Any, ...] | None  # None: everything
Step: TypeAlias = tuple[int, int]  # a process, and how many steps of it came before
Trace: TypeAlias = frozenset[tuple[Step, Step]]  # its steps (paired with themselves) and the order of dependent ones
Ending: TypeAlias = tuple[tuple[Any, ...], Any, Schedule]  # what was returned, the last state, who waits


@dataclass(slots=True)
class Run:
    """One schedule, to its end, or to where it goes wrong (`raised`, `endless`)."""

    schedule: list[int] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)  # who could take each step
    touched: list[tuple[Places, Places]] = field(default_factory=list)  # what each step read and wrote
    kinds: list[tuple[str, bool | None]] = field(default_factory=list)  # whether a conditional step had an effect
    states: list[Any] = field(default_factory=list)  # the snapshot at the start and after each step
    broken: list[tuple[str, int]] = field(default_factory=list)  # what nobody caught, after how many steps
    ending: Ending = ((), None, ())
    raised: str = ""
    endless: int | None = None
    can_wait: bool = False  # some step was met that can have to wait

    @property
    def preemptions(self) -> int:
        """How often a process was left that could have gone on."""
        steps = self.schedule
        return sum(steps[at] != steps[at - 1] and steps[at - 1] in self.free[at] for at in range(1, len(steps)))

    def delays(self, processes: int) -> int:
        """How many processes were skipped in their turn by a scheduler that goes round and starts with the first."""
        skipped, turn = 0, 0
        for who, free in zip(self.schedule, self.free, strict=True):
            while turn != who:
                skipped += turn in free
                turn = (turn + 1) % processes
        return skipped


class _Machine:
    """Processes over one shared state."""

    def __init__(self, processes: Sequence[Any], make: Callable[[], Any], run: Run) -> None:
        self.run, self.shared = run, make()
        self.sends = [process(self.shared).send for process in processes]
        self.pending: list[Any] = [None] * len(processes)
        self.returned: dict[int, Any] = {}
        for who in range(len(processes)):
            self.go_on(who, None)
        run.states.append(self.shared.snapshot())

    def go_on(self, who: int, result: Any, error: Exception | None = None) -> None:
        send = self.sends[who]
        try:
            self.pending[who] = send(result) if error is None else send.__self__.throw(error)
        except StopIteration as stopped:
            self.returned[who] = stopped.value
        except Exception as error:  # noqa: BLE001 - whatever nobody caught
            kind = type(error).__name__
            self.returned[who] = Broken(str(error), kind)
            name = "assertion" if kind == "AssertionError" else f"uncaught {kind}"
            self.run.broken.append((name, len(self.run.schedule)))
        else:
            self.run.can_wait = self.run.can_wait or self.pending[who].blocking

    def is_free(self, who: int) -> bool:
        operation = self.pending[who]
        if isinstance(operation, Join):
            return operation.process in self.returned
        return bool(operation.ready(self.shared))

    def free(self) -> list[int]:
        return [who for who in range(len(self.pending)) if who not in self.returned and self.is_free(who)]

    def step(self, who: int) -> None:
        operation, run = self.pending[who], self.run
        run.schedule.append(who)
        result, raised = None, None
        try:
            is_join = isinstance(operation, Join)
            result = self.returned[operation.process] if is_join else operation.perform(self.shared)
        except Exception as error:  # noqa: BLE001 - whatever the operation raises
            raised = error
        wrote = operation.wrote_raising(raised) if raised else operation.wrote(result)
        run.kinds.append((operation.kind, bool(wrote) if operation.conditional and not raised else None))
        self.go_on(who, result, raised)
        if who in self.returned and wrote is not None:
            wrote = (*wrote, ("ended", who))
        run.touched.append((operation.reads, wrote))
        run.states.append(self.shared.snapshot())


def execute(processes: Sequence[Any], make: Callable[[], Any], prefix: Sequence[int], most_steps: int = 1_000) -> Run:
    """Take the steps of `prefix`, and then go on with the first process that can."""
    run = Run()
    try:
        machine = _Machine(processes, make, run)
        while free := machine.free():
            at = len(run.schedule)
            who = prefix[at] if at < len(prefix) else free[0]
            assert who in free, "no such step can be taken"
            run.free.append(free)
            machine.step(who)
            if run.schedule.count(who) >= most_steps and who not in machine.returned:
                run.endless = who
                return run
    except RuntimeError as error:
        run.raised = str(error)
        return run
    everybody = range(len(processes))
    returned = tuple(machine.returned.get(who) for who in everybody)
    run.ending = returned, run.states[-1], tuple(who for who in everybody if who not in machine.returned)
    return run


def every_run(processes: Sequence[Any], make: Callable[[], Any], most_steps: int = 1_000) -> Iterator[Run]:
    """Yield a run for every schedule, the first processes first."""
    agenda: list[Schedule] = [()]
    while agenda:
        prefix = agenda.pop()
        run = execute(processes, make, prefix, most_steps)
        for at in range(len(prefix), len(run.free)):
            taken = tuple(run.schedule[:at])
            agenda.extend((*taken, other) for other in run.free[at] if other != run.schedule[at])
        yield run


def _meet(some: Places, others: Places) -> bool:
    if some is None or others is None:
        return some != () and others != ()
    return not set(some).isdisjoint(others)


def dependent(step: tuple[Places, Places], other: tuple[Places, Places]) -> bool:
    """Whether one of two steps wrote what the other read or wrote."""
    (reads, wrote), (others_reads, others_wrote) = step, other
    return _meet(wrote, others_wrote) or _meet(wrote, others_reads) or _meet(reads, others_wrote)


def trace_of(run: Run) -> Trace:
    """The Mazurkiewicz trace of a run: its steps, and the order of dependent ones of different processes.

    Without a step that raised: nobody knows what it touched.
    """
    steps = [(who, run.schedule[:at].count(who)) for at, who in enumerate(run.schedule[: len(run.touched)])]
    ordered = (
        (steps[first], steps[second])
        for second in range(len(steps))
        for first in range(second)
        if steps[first][0] != steps[second][0] and dependent(run.touched[first], run.touched[second])
    )
    return frozenset((step, step) for step in steps) | frozenset(ordered)


@dataclass(frozen=True)
class Naive:
    """All runs of a program that has few, and what they come to."""

    processes: int
    runs: dict[Schedule, Run]

    @cached_property
    def raises(self) -> bool:
        """Whether some run raises what is no assertion."""
        return any(run.raised for run in self.runs.values())

    @cached_property
    def endless(self) -> set[int]:
        """The processes that take too many steps in some run."""
        return {run.endless for run in self.runs.values() if run.endless is not None}

    @cached_property
    def traces(self) -> dict[Schedule, Trace]:
        """The trace of each schedule."""
        return {schedule: trace_of(run) for schedule, run in self.runs.items()}

    @cached_property
    def of_traces(self) -> list[Run]:
        """A run of each trace."""
        return [
            self.runs[schedule] for schedule in {trace: schedule for schedule, trace in self.traces.items()}.values()
        ]


def count_endings(runs: Sequence[Run]) -> Counter[tuple[Any, Any]]:
    """How many runs end in which way: what was returned, and the last state."""
    return Counter(run.ending[:2] for run in runs)


def naive(processes: Sequence[Any], make: Callable[[], Any], most_steps: int, most_runs: int) -> Naive | None:
    """Explore a program; None where it has more than so many schedules."""
    runs: dict[Schedule, Run] = {}
    for run in every_run(processes, make, most_steps):
        runs[tuple(run.schedule)] = run
        if len(runs) > most_runs:
            return None
    return Naive(len(processes), runs)
