"""Booking attempts as a program: dpor, bounded and randomized strategies over the real code, judged step by step."""

from collections import Counter
from collections.abc import Hashable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from math import factorial
from time import monotonic
from typing import Any

from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.abstraction import emitted_of
from lastseat.simulations.bookings.cases import Spoken
from lastseat.simulations.bookings.exploration import CONFORMANCE, Exploration, Shortest, Vector, Violation, tally
from lastseat.simulations.bookings.implementations import find_implementation
from lastseat.simulations.bookings.judge import Judge, Judged
from lastseat.simulations.bookings.linearizability import LINEARIZABLE, NO_ORDER
from lastseat.simulations.bookings.processes import MOST_STEPS, ExplorationError
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.execution import Execution, differ
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Counted
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.strategies.audit import audit, confirm, is_audited
from lastseat.simulations.strategies.driving import Driven, drive
from lastseat.simulations.strategies.explore import engine_of
from lastseat.simulations.strategies.parallel import explore_parallel


def booking_program(scenario: Scenario, implementation: Implementation, *, ordered: bool = False) -> Program:
    """Return the program whose processes are the attempts of a scenario, over the implementation's store.

    With `ordered`, executions that differ in who ended before whom began are different ones for dpor.
    """
    processes = tuple(partial(_attempt, implementation, request) for request in scenario.requests)
    shared = partial(implementation.open_store, dict(scenario.capacities))
    return Program(processes, shared, MOST_STEPS, scenario.requests, ordered)


def _attempt(implementation: Implementation, request: BookingRequest, _store: Any) -> Any:
    return implementation.attempt(request)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a watch has seen, as plain data."""

    vectors: Counter[Vector]
    deadlocks: int
    violations: tuple[Violation, ...]
    deviations: tuple[Violation, ...]
    unexplained: bool
    two_steps_each: bool
    audited: int
    endings: set[Hashable]
    spoken: Spoken


class BookingWatch:
    """Judges every new step and every end of the executions of a booking program; see `programs.witness.Witness`.

    dpor shows one order of commuting steps. That loses no violation by a state, a step or an end: each such property
    is about one resource or one booking id, and steps commute only where neither writes what the other touches. So in
    the orders that are left out, each step finds and leaves the same under the names that it touches, and under those
    of its attempt's request, by which it is judged (`StoreMeter`).

    Linearizability also asks who ended before whom began, and that differs between these orders. Where every step is
    explained at its own place, so it is in all of them. Where one is not, dpor can only say what it saw, and a second
    search has to tell, of an `ordered` program.
    """

    needs_states = True

    def __init__(self, scenario: Scenario, implementation: Implementation, *, ordered: bool = False) -> None:
        self.scenario, self.implementation = scenario, implementation
        self.judge = Judge(scenario, implementation)
        self.vectors: Counter[Vector] = Counter()
        self.deadlocks, self.audited, self._ends = 0, 0, 0
        self._endings: set[Hashable] = set()  # what was emitted, and the store that was left behind
        self._program = booking_program(scenario, implementation, ordered=ordered)
        self._ordered = ordered
        self._meter = self._program.meter()
        self._shortest, self._deviations = Shortest(), Shortest()
        self._seen: dict[tuple[int, int, int], Judged] = {}
        self._trail: list[Judged] = []
        # The judge's numbers of the store and of every attempt, at the start and after each step.
        self._states: list[tuple[int, tuple[int, ...]]] = []
        self._stepless = False
        self._unexplained = False  # some step is not explained by the one-step specification at that step
        self._two_steps_each = True  # in every execution, and none could have had to wait

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Return the first of the shortest violations of each clause."""
        return self._shortest.all()

    @property
    def violated(self) -> bool:
        """Return whether any clause was seen violated."""
        return bool(self.violations)

    @property
    def leaves_linearizability_open(self) -> bool:
        """Return whether dpor saw too little to say that every execution is linearizable."""
        seen = any(violation.clause == LINEARIZABLE for violation in self.violations)
        return self._unexplained and not self._ordered and not seen

    def settle_linearizability(self, other: "BookingWatch", *, complete: bool) -> None:
        """Take over what a search of the ordered program says of linearizability."""
        self._ordered = complete
        for violation in other.violations:
            if violation.clause == LINEARIZABLE:
                self._shortest.offer(LINEARIZABLE, violation.witness, violation.steps)

    def step(self, depth: int, who: int, operation: Any, result: Any, execution: Execution) -> None:
        """Judge step number `depth` (from 0), which has just been taken."""
        if not self._states:
            self._begin()
        del self._states[depth + 1 :], self._trail[depth:]
        shared, locals_ = self._states[depth]
        judged = self._judged(shared, who, locals_[who], operation, result, execution)
        self._trail.append(judged)
        self._states.append((judged.shared, (*locals_[:who], judged.local, *locals_[who + 1 :])))
        self._offer(judged, execution.schedule)
        if execution.waits:
            self._judge_waiting(execution)

    def end(self, execution: Execution) -> None:
        """Judge an execution that nobody can continue."""
        if not self._states:
            self._begin()
        if execution.broken:
            raise ExplorationError(f"the code raised AssertionError: {execution.broken[0][0]}{execution.so_far()}")
        del self._states[len(execution.schedule) + 1 :], self._trail[len(execution.schedule) :]
        shared, locals_ = self._states[-1]
        vector, violations = self.judge.judge_run(shared, locals_)
        self.vectors[vector] += 1
        self._endings.add(_ending(execution))
        self.deadlocks += len(execution.returned) < len(execution.pending)
        for clause, witness in violations:
            self._shortest.offer(clause, witness, execution.schedule)
        if self._stepless or not all(judged.linear for judged in self._trail):
            self._unexplained = True
            length = self.judge.unexplained(execution.schedule, locals_)
            if length is not None:
                self._shortest.offer(LINEARIZABLE, NO_ORDER, execution.schedule[:length])
        self._ends += 1
        if is_audited(self._ends):
            self.audited += audit(self._program, self._meter, execution, self._ends)
        self._two_steps_each = self._two_steps_each and not execution.waits and set(execution.taken()) == {2}

    def _begin(self) -> None:
        """Judge the start: attempts may have ended before their first step."""
        start = Execution(self._program, self._meter)
        shared, locals_ = self.judge.start(start.shared.snapshot()), [0] * len(start.pending)
        for who, returned in start.returned.items():
            judged = self.judge.judge_stepless(who, shared, returned)
            locals_[who] = judged.local
            self._offer(judged, [])
            self._stepless = True
        self._states.append((shared, tuple(locals_)))
        self._judge_waiting(start)

    def _judged(self, shared: int, who: int, local: int, operation: Any, result: Any, execution: Execution) -> Judged:
        returned = (execution.returned[who],) if who in execution.returned else None
        after = execution.shared.snapshot()
        judged = self._seen.get((shared, who, local))
        if judged is None:
            judged = self.judge.judge(shared, who, local, operation, result, after, returned)
            self._seen[shared, who, local] = judged
        elif differ(result, judged.result) or returned != judged.returned or after != judged.after:
            raise ExplorationError(
                f"the implementation {self.implementation.name} is not deterministic: its {operation.kind} gave "
                f"{quoted(str(judged.result))} once, and {quoted(str(result))} in the same state, or left another "
                f"store behind{execution.so_far()}"
            )
        return judged

    def _offer(self, judged: Judged, steps: list[int]) -> None:
        for clause, witness in judged.violations:
            self._shortest.offer(clause, witness, steps)
        if judged.nonconforming:
            self._deviations.offer(CONFORMANCE, judged.nonconforming, steps)

    def _judge_waiting(self, execution: Execution) -> None:
        shared, locals_ = self._states[-1]
        for who in execution.unfinished():
            if not execution.is_free(who):
                broken = self.judge.judge_blocked(shared, who, locals_[who], execution.pending[who])
                for clause, witness in broken:
                    self._shortest.offer(clause, witness, execution.schedule)

    def confirm(self) -> None:
        """Hold a complete search to random schedules. Raises ProgramError where one ends as none that was seen."""
        self.audited += confirm(self._program, self._meter, _ending, self._endings)

    def findings(self) -> Findings:
        """Return what was seen, as a value that can be sent to another process."""
        return Findings(
            self.vectors,
            self.deadlocks,
            self._shortest.all(),
            self._deviations.all(),
            self._unexplained,
            self._two_steps_each,
            self.audited,
            self._endings,
            self.judge.spoken(),
        )

    def absorb(self, findings: Findings) -> None:
        """Add what another watch has seen."""
        self.vectors.update(findings.vectors)
        self.deadlocks += findings.deadlocks
        for known, found in ((self._shortest, findings.violations), (self._deviations, findings.deviations)):
            for one in found:
                known.offer(one.clause, one.witness, one.steps)
        self._unexplained = self._unexplained or findings.unexplained
        self._two_steps_each = self._two_steps_each and findings.two_steps_each
        self.audited += findings.audited
        self._endings |= findings.endings
        self.judge.cases.absorb(findings.spoken)

    def report(
        self, strategy: str, engine: Counted, *, complete: bool, why: str = "", interrupted: bool = False
    ) -> Exploration:
        """Return what was seen. `complete` says that it is all, or for a sample that all runs were made."""
        deviations = self._deviations.all()
        figures = self.judge.figures()
        if strategy == "dpor" and self.leaves_linearizability_open:
            del figures["fired"][LINEARIZABLE]
        return Exploration(
            strategy=strategy,
            executions=engine.executions,
            interleavings=self._interleavings(complete) if strategy == "dpor" else engine.executions,
            outcomes=tally(self.vectors),
            vectors=frozenset(self.vectors),
            complete=complete,
            violations=self._shortest.all(),
            **figures,
            blocked=engine.blocked,
            nonconforming=deviations[0] if deviations else None,
            interrupted=interrupted,
            why=why,
            deadlocks=self.deadlocks,
            audited=self.audited,
        )

    def _interleavings(self, complete: bool) -> int | None:
        """Return how many schedules all traces together have: (2n)!/2ⁿ where every attempt takes two steps."""
        attempts = len(self.scenario.requests)
        return factorial(2 * attempts) // 2**attempts if complete and self._two_steps_each else None


def _ending(execution: Execution) -> Hashable:
    emitted = tuple(emitted_of(execution.returned.get(who)) for who in range(len(execution.pending)))
    return emitted, execution.shared.snapshot()


@dataclass(frozen=True, slots=True)
class BookingSubject:
    """A scenario and an implementation, or the name by which it is found; see `programs.parallel.Subject`."""

    scenario: Scenario
    implementation: Implementation | str
    ordered: bool = False

    def _found(self) -> Implementation:
        named = self.implementation
        return find_implementation(named) if isinstance(named, str) else named

    def program(self) -> Program:
        """Return the program of the attempts."""
        return booking_program(self.scenario, self._found(), ordered=self.ordered)

    def witness(self, program: Program, meter: Meter) -> BookingWatch:
        """Return a new watch."""
        del program, meter
        return BookingWatch(self.scenario, self._found(), ordered=self.ordered)


def explore_program(
    scenario: Scenario,
    implementation: Implementation,
    *,
    strategy: str = "dpor",
    executions: int | None = None,
    seconds: float | None = None,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Explore the real code with dpor, preemptions=K or delays=K, and judge all that is seen.

    Stops early, and says so, after `executions` or `seconds`, or at Ctrl-C. With an `executor`, dpor is split over
    its workers, with the same result for any number of them. Raises ExplorationError where the code under test
    raises or is not deterministic, where the strategy cannot do what is asked, and where there is none such.
    """
    if scenario.faults.most:
        raise ExplorationError(f"{strategy} injects no faults, and {scenario.name} has a budget for them; use brute")
    if executor is not None and strategy != "dpor":
        raise ExplorationError(f"only dpor is split over workers, and not {quoted(strategy)}")
    is_sent = executor is not None and ":" in implementation.name  # to a worker, which finds it by its name
    subject = BookingSubject(scenario, implementation.name if is_sent else implementation)
    search = partial(_searched, strategy=strategy, executor=executor, executions=executions, progress=progress)
    started = monotonic()
    try:
        counted, watch, driven = search(subject, seconds=seconds)
        if strategy == "dpor" and not driven.why:
            watch.confirm()
            if watch.leaves_linearizability_open:
                left = None if seconds is None else max(0.0, seconds - (monotonic() - started))
                _, ordered, driven = search(replace(subject, ordered=True), seconds=left)
                watch.settle_linearizability(ordered, complete=not driven.why)
                driven = replace(driven, why=driven.why and f"in the search for who ended first, {driven.why}")
    except ProgramError as error:
        raise ExplorationError(f"scenario {scenario.name}: {error}") from error
    return watch.report(strategy, counted, complete=not driven.why, why=driven.why, interrupted=driven.interrupted)


def _searched(
    subject: BookingSubject, *, strategy: str, executor: Executor | None, **budget: Any
) -> tuple[Counted, BookingWatch, Driven]:
    """Explore one program; return what was counted, what was seen, and what stopped it."""
    if executor is not None:
        split, driven = explore_parallel(subject, executor, **budget)
        return split, split.witness, driven
    program = subject.program()
    meter = program.meter()
    watch = subject.witness(program, meter)
    engine = engine_of(strategy, program, meter, watch)
    return engine, watch, drive(engine, **budget)
