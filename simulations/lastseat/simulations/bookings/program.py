"""Booking attempts as a program, and the observer that judges each of their steps, whatever the strategy."""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from math import factorial
from typing import Any

from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.abstraction import emitted_of
from lastseat.simulations.bookings.exploration import CONFORMANCE, Vector, endings_of, tally
from lastseat.simulations.bookings.implementations import find_implementation
from lastseat.simulations.bookings.judging.cases import Speaking
from lastseat.simulations.bookings.judging.judge import Judge, Judged
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE, NO_ORDER
from lastseat.simulations.bookings.limits import MOST_STEPS, ExplorationError
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.actions import Fault, Step, fault_of, process_of
from lastseat.simulations.kernel.budget import Driven
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import Exploration, Shortest, Violation
from lastseat.simulations.kernel.observer import Counted, Coverage
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.audit import audit, confirm, is_audited


def booking_program(scenario: Scenario, implementation: Implementation, *, ordered: bool = False) -> Program:
    """Return the program whose processes are the attempts of a scenario, over the implementation's store.

    It has an attempt for every redelivery that the scenario's faults allow. With `ordered`, executions that differ in
    who ended before whom began are different ones for dpor.
    """
    delivered = scenario.delivered()
    return Program(
        processes=tuple(partial(_attempt, implementation, request) for request in delivered.requests),
        shared=partial(implementation.open_store, dict(scenario.capacities)),
        most_steps=MOST_STEPS,
        requests=delivered.requests,
        ordered=ordered,
        faults=scenario.faults,
        redeliveries=delivered.redeliveries,
        cuts=True,
        noun="attempt",
        labels=delivered.labels,
    )


def _attempt(implementation: Implementation, request: BookingRequest, _store: object) -> Any:
    return implementation.attempt(request)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a watch has seen, as plain data."""

    vectors: Counter[Vector]
    by_faults: dict[int, int]
    deadlocks: int
    violations: tuple[Violation, ...]
    deviations: tuple[Violation, ...]
    unexplained: bool
    two_steps_each: bool
    audited: int
    endings: set[Hashable]
    cases: Speaking


@dataclass(slots=True)
class _End:
    """A final state: what was emitted and violated there, and how many executions ended in it."""

    vector: Vector
    violations: tuple[tuple[str, str], ...]
    executions: int = 0


class BookingWatch:
    """Judges every new step and every end of the executions of a booking program; see `observer.Observer`.

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
        self.scenario, self.implementation = scenario.delivered(), implementation
        self.judge = Judge(self.scenario, implementation)
        self._ordered, self.rests_on_declarations = ordered, True
        self._program = booking_program(scenario, implementation, ordered=ordered)
        self.by_faults: dict[int, int] = {}
        self._counts_faults = scenario.faults.most > 0
        self.deadlocks, self.audited, self._seen_ends = 0, 0, 0
        self.shortest, self._deviations = Shortest(), Shortest()
        self._known: dict[tuple[Step, int, int], Judged] = {}
        self._ends: dict[tuple[int, tuple[int, ...]], _End] = {}
        self._elsewhere: Counter[Vector] = Counter()  # what other watches saw, and in which endings
        self._endings_elsewhere: set[Hashable] = set()
        # The current execution: of each step the judgement, its attempt, and the judge's number of that before it;
        # and the numbers of all attempts at its end, and of the store at its start.
        self._stack: list[tuple[Judged, int, int]] = []
        self._locals: list[int] = [0] * len(self.scenario.requests)
        self._start = 0
        self._execution: Execution | None = None  # that of the last step, and the snapshot after it
        self._before: Any = None
        self._snapshot: Callable[[], Any] = tuple
        self._stepless = False
        self._unexplained = False  # some step is not explained by the one-step specification at that step
        self._two_steps_each = not scenario.faults.most  # in every execution, and none could have had to wait

    @property
    def _now(self) -> int:
        """Return the judge's number of the store."""
        return self._stack[-1][0].shared if self._stack else self._start

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Return the first of the shortest violations of each clause."""
        return self.shortest.all()

    @property
    def violated(self) -> bool:
        """Return whether any clause was seen violated."""
        return bool(self.shortest)

    @property
    def leaves_linearizability_open(self) -> bool:
        """Return whether dpor saw too little to say that every execution is linearizable."""
        seen = any(violation.name == LINEARIZABLE for violation in self.violations)
        return self._unexplained and not self._ordered and not seen

    def settle_linearizability(self, other: "BookingWatch", *, complete: bool) -> None:
        """Take over what a search of the ordered program says of linearizability."""
        self._ordered = complete
        for violation in other.violations:
            if violation.name == LINEARIZABLE:
                self.shortest.offer(LINEARIZABLE, violation.witness, violation.steps)

    def begin(self) -> None:
        """Judge the start: attempts may have ended before their first step."""
        start = Execution(self._program, self._program.meter())
        self._start = self.judge.start(start.shared.snapshot())
        for who, returned in start.returned.items():
            judged = self.judge.judge_stepless(who, self._start, returned)
            self._locals[who] = judged.local
            self._offer(judged, start)
            self._stepless = True
        self._judge_waiting(start)

    def step(self, depth: int, step: Step, operation: object, result: object, execution: Execution) -> None:
        """Judge step number `depth` (from 0), which has just been taken."""
        stack, locals_ = self._stack, self._locals
        while len(stack) > depth:
            _, who, local = stack.pop()
            locals_[who] = local
        who = step if isinstance(step, int) else step.process
        shared, local = stack[-1][0].shared if stack else self._start, locals_[who]
        if execution is self._execution:
            before = self._before
        else:
            before, self._execution, self._snapshot = None, execution, execution.shared.snapshot
        after = self._before = self._snapshot()
        judged = self._known.get((step, shared, local))
        if judged is None:
            judged = self._judged(step, shared, local, operation, result, execution)
        elif (
            (result is not judged.result and result != judged.result)
            # To compare two snapshots takes a while, and most steps leave the store as it was.
            or not ((after is before and judged.shared == shared) or after == judged.after)
            or ((execution.returned[who],) if who in execution.returned else None) != judged.returned
        ):
            raise self._diverged(judged, operation, result, execution)
        stack.append((judged, who, local))
        locals_[who] = judged.local
        if judged.violations or judged.nonconforming:
            self._offer(judged, execution)
        if execution.waits:
            self._judge_waiting(execution)

    def end(self, execution: Execution) -> None:
        """Judge an execution that nobody must continue."""
        if execution.broken:
            raise ExplorationError(f"the code raised AssertionError: {execution.broken[0].said}{execution.so_far()}")
        stack = self._stack
        key = stack[-1][0].shared if stack else self._start, tuple(self._locals)
        end = self._ends.get(key)
        if end is None:
            end = self._ends[key] = _End(*self.judge.judge_run(*key))
        end.executions += 1
        if self._counts_faults:
            self.by_faults[execution.spent] = self.by_faults.get(execution.spent, 0) + 1
        if execution.waits:
            self.deadlocks += bool(execution.unfinished())
        for clause, witness in end.violations:
            self.shortest.offer(clause, witness, execution.schedule)
        if self._stepless or (self._unexplained and not all(judged.linear for judged, _, _ in stack)):
            self._judge_history(execution, key[1])
        self._seen_ends += 1
        if self.rests_on_declarations:
            self._measure(execution)

    def _judge_history(self, execution: Execution, locals_: tuple[int, ...]) -> None:
        """Judge an execution of which some step is not explained at its own place. Clause: history.linearizable"""
        self._unexplained = True
        length = self.judge.unexplained(execution.schedule, locals_)
        if length is not None:
            self.shortest.offer(LINEARIZABLE, NO_ORDER, execution.schedule[:length])

    def _measure(self, execution: Execution) -> None:
        """Take note of what a strategy rests on that shows one schedule for many."""
        if is_audited(self._seen_ends):
            self.audited += audit(execution, self._seen_ends)
        if self._two_steps_each:
            self._two_steps_each = not execution.waits and set(execution.taken()) == {2}

    def _judged(
        self, step: Step, shared: int, local: int, operation: Any, result: Any, execution: Execution
    ) -> Judged:
        """Judge a step that was not met yet."""
        who, fault = process_of(step), fault_of(step)
        if fault is Fault.CRASH_BEFORE:
            judged = self.judge.judge_crash(shared, who, local)
        else:
            returned = (execution.returned[who],) if who in execution.returned else None
            after = execution.shared.snapshot()
            judged = self.judge.judge(shared, who, local, operation, result, after, returned, fault)
        self._known[step, shared, local] = judged
        self._unexplained = self._unexplained or not judged.linear
        return judged

    def _diverged(self, judged: Judged, operation: Any, result: Any, execution: Execution) -> ExplorationError:
        return ExplorationError(
            f"the implementation {self.implementation.name} is not deterministic: its {operation.kind} gave "
            f"{quoted(str(judged.result))} once, and {quoted(str(result))} in the same state, or left another "
            f"store behind{execution.so_far()}"
        )

    def _offer(self, judged: Judged, execution: Execution) -> None:
        for clause, witness in judged.violations:
            self.shortest.offer(clause, witness, execution.schedule)
        if judged.nonconforming:
            self._deviations.offer(CONFORMANCE, judged.nonconforming, execution.schedule)

    def _judge_waiting(self, execution: Execution) -> None:
        """Report who has to wait. Clause: progress.suspension"""
        for who in execution.waiting():
            broken = self.judge.judge_blocked(self._now, who, self._locals[who], execution.operation(who))
            for clause, witness in broken:
                self.shortest.offer(clause, witness, execution.schedule)

    def confirm(self) -> None:
        """Hold a complete search to random schedules. Raises ProgramError where one ends as none that was seen."""
        self.audited += confirm(self._program, self._program.meter(), _ending, self._endings())

    def _endings(self) -> set[Hashable]:
        """Return what was emitted and which store was left behind, of every execution that was seen."""
        shared = self.judge.shared.values
        here = {(end.vector, shared[number].snapshot) for (number, _), end in self._ends.items()}
        return here | self._endings_elsewhere

    def _vectors(self) -> Counter[Vector]:
        vectors = Counter(self._elsewhere)
        for end in self._ends.values():
            vectors[end.vector] += end.executions
        return vectors

    def findings(self) -> Findings:
        """Return what was seen, as a value that can be sent to another process."""
        return Findings(
            self._vectors(),
            self.by_faults,
            self.deadlocks,
            self.shortest.all(),
            self._deviations.all(),
            self._unexplained,
            self._two_steps_each,
            self.audited,
            self._endings(),
            self.judge.digests(),
        )

    def absorb(self, findings: Findings) -> None:
        """Add what another watch has seen."""
        self._elsewhere.update(findings.vectors)
        for spent, executions in findings.by_faults.items():
            self.by_faults[spent] = self.by_faults.get(spent, 0) + executions
        self.deadlocks += findings.deadlocks
        for known, found in ((self.shortest, findings.violations), (self._deviations, findings.deviations)):
            for violation in found:
                known.offer(violation.name, violation.witness, violation.steps)
        self._unexplained = self._unexplained or findings.unexplained
        self._two_steps_each = self._two_steps_each and findings.two_steps_each
        self.audited += findings.audited
        self._endings_elsewhere |= findings.endings
        self.judge.cases.absorb(findings.cases)

    def report(self, strategy: str, counted: Counted, driven: Driven, coverage: Coverage) -> Exploration:
        """Return what was seen; `driven` says why it is not all, if it is not."""
        deviations, figures, vectors = self._deviations.all(), self.judge.figures(), self._vectors()
        if coverage is Coverage.EVERY_TRACE and self.leaves_linearizability_open:
            del figures["fired"][LINEARIZABLE]
        complete = not driven.why
        whole = self._interleavings(complete) if coverage is Coverage.EVERY_TRACE else counted.executions
        return Exploration(
            strategy=strategy,
            executions=counted.executions,
            interleavings=whole,
            endings=endings_of(vectors),
            outcomes=tally(vectors),
            complete=complete,
            violations=self.shortest.all(),
            **figures,
            blocked=counted.blocked,
            by_faults=dict(sorted(self.by_faults.items())) if self.scenario.faults.most else {},
            nonconforming=deviations[0] if deviations else None,
            interrupted=driven.interrupted,
            why=driven.why,
            estimate=driven.estimate,
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
    """A scenario and an implementation, or the name by which it is found; see `split.Subject`."""

    scenario: Scenario
    implementation: Implementation | str
    ordered: bool = False
    part: int | None = None

    def _found(self) -> Implementation:
        named = self.implementation
        return find_implementation(named) if isinstance(named, str) else named

    def program(self) -> Program:
        """Return the program of the attempts."""
        whole = booking_program(self.scenario, self._found(), ordered=self.ordered)
        return whole if self.part is None else whole.parts()[self.part]

    def in_part(self, part: int) -> "BookingSubject":
        """Return the subject whose program is that part of this one's."""
        return replace(self, part=part)

    def observer(self) -> BookingWatch:
        """Return a new watch."""
        return BookingWatch(self.scenario, self._found(), ordered=self.ordered)
