"""Watching an exploration: claims are checked, endings counted, and now and then an execution is repeated."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import factorial, prod
from typing import Any

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import Action, Fault, Step
from lastseat.simulations.kernel.budget import Driven
from lastseat.simulations.kernel.endings import final_of, returned_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import (
    DEADLOCK,
    End,
    Ending,
    Exploration,
    Property,
    Shortest,
    Violation,
)
from lastseat.simulations.kernel.observer import Counted, Coverage
from lastseat.simulations.kernel.operations import Choose, Raised
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.strategies.audit import audit, confirm, is_audited
from lastseat.simulations.strategies.claims import Claims, applies, never, objection
from lastseat.simulations.strategies.unseen.look import Lookout, Unseen

WATCHED = 512  # every so many-th execution is watched while it is audited, as the first ones are before the search


@dataclass(frozen=True, slots=True)
class Findings:
    """What a watch has seen, as plain data. `counts` are deadlocks, audited executions, executions."""

    endings: Counter[Ending]
    by_faults: Counter[int]
    fired: Counter[str]
    spoke: Counter[str]
    effects: dict[str, set[bool]]
    violations: tuple[Violation, ...]
    counts: tuple[int, int, int]
    unseen: Unseen
    steps: tuple[int, ...] | None
    is_multinomial: bool


class Watch:
    """Sees every new step and every end, and keeps what an `Exploration` reports."""

    def __init__(self, program: Program, properties: Sequence[Property], *, deadlocks: bool) -> None:
        self._program, self._meter = program, program.meter()
        self._claims = Claims(properties)
        self._deadlocks_allowed = deadlocks
        self.rests_on_declarations = True
        self.endings: Counter[Ending] = Counter()
        self.by_faults: Counter[int] = Counter()
        self.fired: Counter[str] = Counter()  # steps of all executions, by their kind
        self._kinds: list[tuple[str, ...]] = []  # of the steps of this execution
        self.spoke: Counter[str] = Counter()  # claims, by their name
        self.effects: dict[str, set[bool]] = {}
        self.shortest = Shortest()
        self.deadlocks, self.audited, self._seen = 0, 0, 0
        self._steps: tuple[int, ...] | None = ()  # how many steps each process takes; None: it differs
        self._lookout, self._unseen = Lookout(program), Unseen()
        self._is_multinomial = not program.faults.most  # nothing ever waits, and nothing is chosen

    @property
    def needs_states(self) -> bool:
        """Return whether some claim is about every state."""
        return bool(self._claims.always)

    @property
    def violated(self) -> bool:
        """Return whether some claim was seen violated."""
        return bool(self.shortest)

    def begin(self) -> None:
        """Look for what no schedule decides, and check the claims about the state in which nothing has happened."""
        self._lookout.look_around()
        if self._claims.always:
            start = Execution(self._program, self._meter)
            for claim in self._claims.always:
                self._check(claim, start.shared, start)

    def step(self, depth: int, step: Step, operation: Any, result: Any, execution: Execution) -> None:
        """Note a step, and check the claims about the state after it."""
        del self._kinds[depth:]
        kind = str(operation.kind)
        if isinstance(step, Action) and step.fault is not None:
            self._kinds.append(names_of(kind, step.fault))
        else:
            self._kinds.append((kind,))
            if getattr(operation, "conditional", False) and result.__class__ is not Raised:
                self.effects.setdefault(kind, set()).add(bool(operation.wrote(result)))
            if operation.__class__ is Choose and len(operation.options) > 1:
                self._is_multinomial = False
        for claim in self._claims.always:
            self._check(claim, execution.shared, execution)

    def end(self, execution: Execution) -> None:
        """Count an end, and check the claims about it."""
        waiting = tuple(execution.unfinished())
        end = End(
            returned_of(execution),
            final_of(execution.shared),
            execution.shared,
            waiting,
            tuple(sorted(execution.crashed)) if execution.crashed else (),
        )
        self._count(_ending(execution))
        if self._program.faults.most:
            self.by_faults[execution.spent] += 1
        fired = self.fired
        for kinds in self._kinds:
            for kind in kinds:
                fired[kind] += 1
        self._measure(execution)
        for failure in execution.broken:
            self.shortest.offer(failure.name, printable(failure.said, 300), execution.schedule[: failure.taken])
        if waiting:
            self.deadlocks += 1
            if not self._deadlocks_allowed:
                self.shortest.offer(DEADLOCK, printable(told_of(execution, waiting), 300), execution.schedule)
        for claim in self._claims.at_end:
            self._check(claim, end, execution)
        for claim in self._claims.sometimes:
            self.spoke[claim.name] += objection(claim, end, execution.so_far) is None
        self._seen += 1
        if is_audited(self._seen):
            watched = None if self._seen % WATCHED else self._lookout.program
            with self._lookout.explaining():
                self.audited += audit(execution, self._seen, watched)

    def confirm(self) -> None:
        """Hold a complete search to random schedules. Raises ProgramError where one ends as none that was seen."""
        with self._lookout.explaining():
            self.audited += confirm(self._program, self._meter, _ending, self.endings)

    def _count(self, ending: Ending) -> None:
        try:
            self.endings[ending] += 1
        except TypeError:
            raise ProgramError(
                "what a process returns, and the snapshot of the shared state, must be hashable: "
                f"{printable(repr(ending), 200)}"
            ) from None

    def _measure(self, execution: Execution) -> None:
        steps = execution.taken()
        multinomial = not execution.waits and len(steps) == len(self._program.processes)
        self._is_multinomial = self._is_multinomial and multinomial
        self._steps = steps if self._steps in ((), steps) else None

    def _check(self, claim: Property, about: object, execution: Execution) -> None:
        if not applies(claim, about, execution.so_far):
            return
        self.spoke[claim.name] += 1
        found = objection(claim, about, execution.so_far)
        if found is not None:
            self.shortest.offer(claim.name, found, execution.schedule)

    def interleavings(self) -> int | None:
        """Return how many schedules a program has in which each process takes as many steps as here; None: unknown.

        It is known where nothing ever waits, nothing is chosen and no fault strikes, and the number of steps of each
        process is the same in every execution.
        """
        if not self._is_multinomial or self._steps is None or not self._seen:
            return None
        return factorial(sum(self._steps)) // prod(factorial(steps) for steps in self._steps)

    def findings(self) -> Findings:
        """Return what was seen, as a value that can be sent to another process."""
        return Findings(
            self.endings,
            self.by_faults,
            self.fired,
            self.spoke,
            self.effects,
            self.shortest.all(),
            (self.deadlocks, self.audited, self._seen),
            self._known_unseen(),
            self._steps,
            self._is_multinomial,
        )

    def absorb(self, findings: Findings) -> None:
        """Add what another watch has seen."""
        self.endings.update(findings.endings)
        self.by_faults.update(findings.by_faults)
        self.fired.update(findings.fired)
        self.spoke.update(findings.spoke)
        for kind, seen in findings.effects.items():
            self.effects.setdefault(kind, set()).update(seen)
        for violation in findings.violations:
            self.shortest.offer(violation.name, violation.witness, violation.steps)
        deadlocks, audited, seen_there = findings.counts
        self._unseen = self._unseen if self._unseen.found else findings.unseen
        self.deadlocks += deadlocks
        self.audited += audited
        self._seen += seen_there
        self._is_multinomial = self._is_multinomial and findings.is_multinomial
        self._steps = findings.steps if self._steps in ((), findings.steps) else None

    def _known_unseen(self) -> Unseen:
        here = self._lookout.unseen
        return here if here.found or not self._unseen.found else self._unseen

    def report(self, strategy: str, counted: Counted, driven: Driven, coverage: Coverage) -> Exploration:
        """Return what was seen; `driven` says why it is not all, if it is not."""
        complete, unseen = not driven.why, self._known_unseen()
        whole = self.interleavings() if coverage is Coverage.EVERY_TRACE else counted.executions
        return Exploration(
            strategy=strategy,
            executions=counted.executions,
            complete=complete,
            endings=dict(self.endings),
            violations=self.shortest.all(),
            interleavings=whole if complete else None,
            blocked=counted.blocked,
            deadlocks=self.deadlocks,
            by_faults=dict(sorted(self.by_faults.items())) if self._program.faults.most else {},
            fired=dict(sorted((self.fired | self.spoke).items())),
            never=never(self.effects),
            vacuous=self._claims.vacuous(self.spoke),
            unseen=unseen.found,
            unwatched=unseen.unwatched,
            audited=self.audited,
            why=driven.why,
            interrupted=driven.interrupted,
            estimate=driven.estimate,
        )


def names_of(kind: str, fault: Fault) -> tuple[str, ...]:
    """Return the names under which a step with a fault is counted: the fault's, and its own if it was performed."""
    name = f"fault.{fault.kind.replace(' ', '_')}"
    return (kind, name) if fault in (Fault.CRASH_AFTER, Fault.ANSWER_LOST) else (name,)


def told_of(execution: Execution, waiting: Iterable[int]) -> str:
    """Return who waits for what, in words."""
    return "; ".join(f"process {who} waits for {execution.pending[who].kind}" for who in waiting)


def _ending(execution: Execution) -> Ending:
    return returned_of(execution), final_of(execution.shared)
