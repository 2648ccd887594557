"""The explorers of programs that the fuzzers compare, and how each is driven and watched."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from fuzz.naive_programs import Schedule
from fuzz.program_cases import Case, Claim

from lastseat.simulations.kernel.budget import Budget, drive
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.strategies.bounded import Delays, Preemptions
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.simulations.strategies.reduction.split import explore_split
from lastseat.simulations.strategies.sampling.samplers import sampler_of
from lastseat.simulations.strategies.watch import Watch
from lastseat.testing import Property

MOST_EXECUTIONS = 500  # more than any small case has: an engine that goes on is stopped
AUDITED = 4  # the executions that are audited in any case: whoever has seen so many goes on without


@dataclass(frozen=True, slots=True)
class Engines:
    """What is compared: a planted wrong engine can stand in for each."""

    brute: Callable[..., Any] = Brute
    dpor: Callable[..., Any] = Dpor
    preemptions: Callable[..., Any] = Preemptions
    delays: Callable[..., Any] = Delays
    split: Callable[..., Any] = explore_split
    sampler: Callable[..., Any] = sampler_of


ALL_RIGHT = Engines()


class Keeper(Watch):
    """A watch that keeps the schedules too."""

    keeps = True  # dpor may keep the executions of its peeks

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.schedules: list[Schedule] = []

    @property
    def needs_states(self) -> bool:
        return super().needs_states or not self.keeps

    def end(self, execution: Any) -> None:
        self.schedules.append(tuple(execution.schedule))
        super().end(execution)

    def findings(self) -> Any:
        return super().findings(), self.schedules

    def absorb(self, findings: Any) -> None:
        super().absorb(findings[0])
        self.schedules += findings[1]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is split over workers."""

    explored: Program
    properties: tuple[Property, ...]
    deadlocks: bool

    def program(self) -> Program:
        return self.explored

    def in_part(self, part: int) -> "Subject":
        return Subject(self.explored.parts()[part], self.properties, self.deadlocks)

    def observer(self) -> Keeper:
        keeper = Keeper(self.explored, self.properties, deadlocks=self.deadlocks)
        keeper._seen = AUDITED  # small tasks would audit all that they do, and dpor by itself audits as much
        return keeper


class AtOnce(Executor):
    """Runs a task when it is submitted."""

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        _run_task(future, partial(function, *given, **named))
        return future


class Lazy(Executor):
    """Runs the tasks when the first of them is waited for, the last one first."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future = _LazyFuture(self)
        self.waiting.append((future, partial(function, *given, **named)))
        return future


class _LazyFuture(Future[Any]):
    def __init__(self, executor: Lazy) -> None:
        super().__init__()
        self.executor = executor

    def result(self, timeout: float | None = None) -> Any:
        while self.executor.waiting and not self.done():
            _run_task(*self.executor.waiting.pop())
        return super().result(timeout)


def _run_task(future: Future[Any], task: Callable[[], Any]) -> None:
    try:
        future.set_result(task())
    except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
        future.set_exception(error)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an engine reported, and the schedules of its executions. Or the error that it raised."""

    report: Exploration | None
    schedules: list[Schedule]
    error: str = ""

    @property
    def said(self) -> str:
        """Why it stopped, "" where it came to its end."""
        return self.report.why if self.report else self.error

    @property
    def is_complete(self) -> bool:
        return self.report is not None and self.report.complete

    @property
    def is_cut(self) -> bool:
        """Whether it had more to do than was asked for."""
        return self.said.endswith("asked for")


def seen_by(case: Case, claims: Sequence[Claim], strategy: str, make: Callable[..., Any]) -> Seen:
    """Drive an engine to its end."""
    program = case.program()
    meter = program.meter()
    watch = Keeper(program, [claim.as_property() for claim in claims], deadlocks=case.deadlocks)
    watch.keeps = case.keeps
    watch._seen = 0 if strategy == "dpor" else AUDITED
    try:
        watch.begin()
        engine = make(program, meter, watch)
        driven = drive(engine, Budget(MOST_EXECUTIONS), lambda: False)
    except ProgramError as error:
        return Seen(None, watch.schedules, str(error))
    return Seen(watch.report(strategy, engine, driven, engine.coverage), watch.schedules)


def seen_split(case: Case, claims: Sequence[Claim], split: Callable[..., Any]) -> Seen:
    """Explore with dpor, split into tasks."""
    subject = Subject(case.program(), tuple(claim.as_property() for claim in claims), case.deadlocks)
    executor, budget = Lazy() if case.lazy else AtOnce(), Budget(MOST_EXECUTIONS)
    try:
        kept, driven = split(subject, executor, subject.observer(), budget, executions_per_task=case.task)
    except ProgramError as error:
        return Seen(None, [], str(error))
    return Seen(kept.observer.report("dpor", kept, driven, Dpor.coverage), kept.observer.schedules)
