"""Fuzzing what may go wrong: programs with faults, redeliveries and choices, under every strategy.

Brute force is held to the naive definition (`kernel.naive`), and everybody else to brute force: dpor, by itself and
in tasks, executes each class of equivalent schedules once; large bounds leave nothing out; samples are some of the
schedules; merging says the same of all of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from unittest.mock import patch

from fuzz import merging
from fuzz.hunting import Target
from fuzz.notation import new_shared, processes_of
from fuzz.program_engines import AtOnce, Lazy
from hypothesis import strategies as st

from lastseat.simulations.kernel import naive
from lastseat.simulations.kernel.actions import FaultKind, Faults, Step, fault_of
from lastseat.simulations.kernel.budget import FIRST, Budget, drive
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import Exploration, Property
from lastseat.simulations.kernel.footprints import Footprints
from lastseat.simulations.kernel.operations import OperationFailedError
from lastseat.simulations.kernel.program import Process, Program, program_of
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.strategies.brute import canonical
from lastseat.simulations.strategies.known import declared
from lastseat.simulations.strategies.reduction.split import explore_split
from lastseat.simulations.strategies.sampling.samplers import STRATEGIES, sampler_of
from lastseat.simulations.strategies.search import search
from lastseat.simulations.strategies.watch import Watch
from lastseat.testing import at_end
from lastseat.testing.strategies import texts

MOST = 300  # schedules of a case
FEW = 60  # schedules up to which the naive definition is asked
LARGE = 99  # a bound that nothing comes to

PLAIN = ["x?", "x=1", "y=1", "x=2", "x=#", "y=#", "x+", "x>y", "x:0>1", "y:0>1", "x&y", "x/yz", "l~", "-"]
CHOOSING = ["0,1", "0,1 x=#", "0,1 ?1 y=1", "1,2,3 x=#", "0,1 . x+"]
WAITING = ["x>=1", "y>=1", "x<1", "l( x+ l)", "l( x? l)", "@0", "@1", "x==y", "s(", "e+", "e>", "x>>y"]
SHAPES = [(1,), (2,), (3,), (1, 1), (2, 1), (2, 2), (1, 1, 1), (3, 1)]
SHORT = [(1,), (2,), (1, 1), (2, 1)]  # with redeliveries there are two or three times as many processes

Schedule: TypeAlias = tuple[Step, ...]
Class: TypeAlias = tuple[frozenset[Any], frozenset[Any]]


@dataclass(frozen=True, slots=True)
class Case:
    """A program, and at most `most` faults of these kinds.

    Where they are `handled`, its processes go on after an operation failed.
    """

    text: str
    most: int = 0
    kinds: tuple[str, ...] = ("crash",)
    handled: bool = False
    deadlocks: bool = False
    task: int = 1
    lazy: bool = False
    seed: int = 0

    def program(self) -> Program:
        processes = [handling(process) if self.handled else process for process in processes_of(self.text)]
        return program_of(processes, new_shared, faults=Faults(self.most, map(FaultKind, self.kinds)))

    @property
    def repeats(self) -> bool:
        """Whether processes are begun again."""
        return self.most > 0 and FaultKind.REDELIVERY in self.kinds


def handling(process: Process) -> Process:
    """The process, to which an operation that fails gives -1."""

    def handled(shared: Any) -> Any:
        started, result = process(shared), None
        while True:
            try:
                operation = started.send(result)
            except StopIteration as stopped:
                return stopped.value
            try:
                result = yield operation
            except OperationFailedError:
                result = -1

    return handled


# --- what is seen of a case -----------------------------------------------------------------------------------------


class Keeper(Watch):
    """A watch that keeps the schedules too, and audits nothing: that is the matter of others."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.schedules: list[Schedule] = []
        self._seen = 4

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
    """What is explored."""

    explored: Program
    claims: tuple[Property, ...]
    deadlocks: bool
    part: int | None = None

    def program(self) -> Program:
        return self.explored if self.part is None else self.explored.parts()[self.part]

    def in_part(self, part: int) -> "Subject":
        return Subject(self.explored, self.claims, self.deadlocks, part)

    def observer(self) -> Keeper:
        return Keeper(self.program(), self.claims, deadlocks=self.deadlocks)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a strategy reported, and the schedules that it executed."""

    report: Exploration
    schedules: list[Schedule]


def seen_by(
    strategy: str, subject: Subject, case: Case, budget: Budget | None = None, *, in_tasks: bool = False
) -> Seen:
    """Drive a strategy to its end, or as far as the budget goes; with `in_tasks`, split over workers."""
    wanted, budget = declared(strategy), budget or Budget()
    executor = (Lazy() if case.lazy else AtOnce()) if in_tasks else None
    with patch.dict(explore_split.__kwdefaults__, executions_per_task=case.task):
        searched = search(subject, wanted, budget, executor)
    watch = searched.observer
    return Seen(watch.report(strategy, searched, searched.driven, wanted.coverage), watch.schedules)


def class_of(program: Program, schedule: Schedule) -> Class:
    """The class of a schedule: all that are equivalent. That a repeat comes after its original orders no more."""
    meter = program.meter()
    execution, plain = Execution(program, meter), Footprints()
    touched = []
    for step in schedule:
        reads, writes = meter.footprints.known[execution.step(step)[1]]
        touched.append(plain.number(_without_beginnings(reads), _without_beginnings(writes)))
    return canonical(schedule, touched, plain)


def _without_beginnings(places: Any) -> Any:
    return places and tuple(place for place in places if not (isinstance(place, tuple) and place[0] == "begun"))


def claims_of(brute: Iterable[Any], case: Case) -> tuple[Property, ...]:
    """The claim that the program does not end in one of the ways in which it does."""
    endings = sorted(brute, key=repr)
    forbidden = endings[case.seed % len(endings)]
    return (
        at_end("not so", lambda end: (end.returned, end.final) != forbidden),
        at_end("nobody crashed", lambda end: not end.crashed, applies=lambda end: not end.waiting),
    )


def said(report: Exploration) -> dict[str, Any]:
    """What everybody who executes each schedule has to say alike."""
    return {
        "executions": report.executions,
        "endings": Counter(report.endings),
        "deadlocks": report.deadlocks,
        "by faults": dict(report.by_faults),
        "violated": report.violated,
        "steps": dict(report.fired),
        "vacuous": set(report.vacuous),
        "complete": report.complete,
    }


# --- the comparisons ------------------------------------------------------------------------------------------------


def disagreement(case: Case) -> str | None:
    """Return how some strategy differs from brute force, or that from the definition. Large cases are passed over."""
    program = case.program()
    first = seen_by("brute", Subject(program, (), case.deadlocks), case, Budget(MOST))
    if not first.report.complete:
        return None
    subject = Subject(program, claims_of(first.report.endings, case), case.deadlocks)
    brute = seen_by("brute", subject, case)
    return next(filter(None, _differences(case, subject, brute)), None)


def _differences(case: Case, subject: Subject, brute: Seen) -> Iterator[str | None]:
    yield from definition_differs(subject.explored, brute)
    yield from bounds_differ(case, subject, brute)
    yield from dpor_differs(case, subject, brute)
    yield from samples_differ(case, subject, brute)
    yield from stopping_differs(case, subject, brute)
    yield merging.differs(subject.explored, subject.claims, deadlocks=case.deadlocks)


def definition_differs(program: Program, brute: Seen) -> Iterator[str | None]:
    """Hold brute force to the schedules of the definition, and to the budget."""
    yield each_once("brute", brute.schedules, brute.schedules)
    spent = max((sum(map(bool, map(fault_of, schedule))) for schedule in brute.schedules), default=0)
    if max(spent, *brute.report.by_faults, 0) > program.faults.most:
        yield f"brute: {spent} faults, and {program.faults.most} are allowed"
    if len(brute.schedules) <= FEW:
        found: list[Run] = []
        naive.schedules(program, found.append)
        yield each_once("brute against the definition", brute.schedules, [run.steps for run in found])


def bounds_differ(case: Case, subject: Subject, brute: Seen) -> Iterator[str | None]:
    """Hold bounds that nothing comes to to brute force."""
    for name in (f"preemptions={LARGE}", f"delays={LARGE}"):
        seen = seen_by(name, subject, case)
        yield each_once(name, seen.schedules, brute.schedules)
        yield _unlike(name, said(seen.report), said(brute.report))


def dpor_differs(case: Case, subject: Subject, brute: Seen) -> Iterator[str | None]:
    """Hold dpor, by itself and in tasks, to the classes of what brute force executed."""
    program = subject.explored
    classes = {class_of(program, schedule): schedule for schedule in brute.schedules}
    alone = seen_by("dpor", subject, case)
    in_tasks = seen_by("dpor", subject, case, in_tasks=True)
    by_faults = Counter(_spent(program, schedule) for schedule in classes.values())
    for name, seen in (("dpor", alone), ("dpor in tasks", in_tasks)):
        report = seen.report
        yield each_once(name, [class_of(program, schedule) for schedule in seen.schedules], classes)
        if report.blocked and not case.repeats:
            yield f"{name}: {report.blocked} executions in vain"
        due = {
            "executions": len(classes),
            "endings": set(brute.report.endings),
            "deadlocks": brute.report.deadlocks > 0,
            "by faults": by_faults if case.most else Counter[int](),
            "violated": brute.report.violated,
            "vacuous": set(brute.report.vacuous),
        }
        found = {
            "executions": report.executions,
            "endings": set(report.endings),
            "deadlocks": report.deadlocks > 0,
            "by faults": Counter(report.by_faults),
            "violated": report.violated,
            "vacuous": set(report.vacuous),
        }
        yield _unlike(name, found, due)
    yield _unlike("dpor in tasks", said(in_tasks.report), said(alone.report))


def _spent(program: Program, schedule: Schedule) -> int:
    repeats = {step if isinstance(step, int) else step.process for step in schedule} - set(range(program.originals))
    return sum(fault_of(step) is not None for step in schedule) + len(repeats)


def samples_differ(case: Case, subject: Subject, brute: Seen) -> Iterator[str | None]:
    """Each run of a sample is a schedule that brute force executed."""
    program, known = subject.explored, set(brute.schedules)
    for strategy in STRATEGIES:
        watch = subject.observer()
        sampler = sampler_of(strategy, program, program.meter(), watch, runs=6, seed=case.seed)
        driven = drive(sampler, Budget(), lambda: False)
        report = watch.report(strategy, sampler, driven, sampler.coverage)
        strange = [schedule for schedule in watch.schedules if schedule not in known]
        if strange or len(watch.schedules) != 6:
            yield f"{strategy}: {strange or watch.schedules}"
        if not report.violated <= brute.report.violated or not set(report.endings) <= set(brute.report.endings):
            yield f"{strategy}: {report.violated} and {report.endings}"


def stopping_differs(case: Case, subject: Subject, brute: Seen) -> Iterator[str | None]:
    """Whoever is to stop at the first violation does so with the first execution that shows one."""
    for name, in_tasks in (("brute", False), ("dpor", False), ("dpor", True)):
        report = seen_by(name, subject, case, Budget(stop_at_first=True), in_tasks=in_tasks).report
        if not brute.report.violated:
            yield None if report.complete else f"{name} stopped: {report.why}"
            continue
        before = Budget(max(1, report.executions + report.blocked - 1))
        shorter = seen_by(name, subject, case, before, in_tasks=in_tasks).report
        if report.why != FIRST or not report.violated:
            yield f"{name} did not stop at the first violation: {report.why or 'complete'}"
        elif not in_tasks and report.executions > 1 and shorter.violated:
            yield f"{name} stopped after {report.executions} executions, and {shorter.executions} show a violation"


def each_once(name: str, seen: Sequence[Any], expected: Iterable[Any]) -> str | None:
    """What was executed more or less often than once, or is not there at all."""
    counted, due = Counter(seen), set(expected)
    missed, strange = len(due - counted.keys()), len(counted.keys() - due)
    twice = sum(times > 1 for times in counted.values())
    return f"{name}: {missed} missed, {strange} strange, {twice} twice" if missed or strange or twice else None


def _unlike(name: str, found: dict[str, Any], due: dict[str, Any]) -> str | None:
    differing = (f"{name}: {key} {found[key]} and not {due[key]}" for key in due if found[key] != due[key])
    return next(differing, None)


# --- the target -----------------------------------------------------------------------------------------------------


def few_words() -> st.SearchStrategy[list[str]]:
    """A few words each, some of which choose or wait."""
    words = st.sampled_from([PLAIN, PLAIN, CHOOSING, WAITING]).flatmap(st.sampled_from)
    return st.lists(words, min_size=2, max_size=5, unique=True)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    most = draw(st.sampled_from([0, 1, 1, 2]))
    every = tuple(str(kind) for kind in FaultKind)
    kinds = tuple(sorted(draw(st.sets(st.sampled_from(every), min_size=1, max_size=4))))
    repeats = most > 0 and str(FaultKind.REDELIVERY) in kinds
    return Case(
        text=draw(texts(few_words(), SHORT if repeats else SHAPES)),
        most=most,
        kinds=kinds,
        handled=draw(st.booleans()),
        deadlocks=draw(st.booleans()),
        task=draw(st.sampled_from([1, 2, 3, 5])),
        lazy=draw(st.booleans()),
        seed=draw(st.integers(0, 99)),
    )


FAULTS = Target("fuzz.faulty_programs", "FAULTS", cases(), disagreement)
