"""Watching an exploration: claims are checked, endings counted, and now and then an execution is repeated."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import factorial, prod
from typing import Any

from lastseat.simulations.common.text import printable, quoted
from lastseat.simulations.kernel.execution import Execution, final_of, returned_of
from lastseat.simulations.kernel.exploration import (
    ASSERTION,
    DEADLOCK,
    End,
    Ending,
    Exploration,
    Property,
    Violation,
    When,
)
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Counted
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.strategies.audit import audit, confirm, is_audited


@dataclass(frozen=True, slots=True)
class Findings:
    """What a watch has seen, as plain data. `counts` are deadlocks, audited executions, executions."""

    endings: Counter[Ending]
    fired: Counter[str]
    spoke: Counter[str]
    effects: dict[str, set[bool]]
    violations: dict[str, Violation]
    counts: tuple[int, int, int]
    steps: tuple[int, ...] | None
    waits: bool


class Watch:
    """Sees every new step and every end, and keeps what an `Exploration` reports."""

    def __init__(self, program: Program, meter: Meter, properties: Sequence[Property], *, deadlocks: bool) -> None:
        self._program, self._meter = program, meter
        self._always = [one for one in properties if one.when is When.ALWAYS]
        self._ends = [one for one in properties if one.when is When.AT_END]
        self._sometimes = [one for one in properties if one.when is When.SOMETIMES]
        self._deadlocks_allowed = deadlocks
        self.needs_states = bool(self._always)
        self.endings: Counter[Ending] = Counter()
        self.fired: Counter[str] = Counter()  # steps of all executions, by their kind
        self._kinds: list[str] = []  # of the steps of this execution
        self.spoke: Counter[str] = Counter()  # claims, by their name
        self.effects: dict[str, set[bool]] = {}
        self.violations: dict[str, Violation] = {}
        self.deadlocks, self.audited, self._seen = 0, 0, 0
        self._steps: tuple[int, ...] | None = ()  # how many steps each process takes; None: it differs
        self._waits = False

    def begin(self) -> None:
        """Check the claims about the state in which nothing has happened."""
        if self._always:
            start = Execution(self._program, self._meter)
            for one in self._always:
                self._check(one, start.shared, start)

    def step(self, depth: int, who: int, operation: Any, result: Any, execution: Execution) -> None:
        """Note a step, and check the claims about the state after it."""
        del self._kinds[depth:], who
        kind = str(operation.kind)
        self._kinds.append(kind)
        if getattr(operation, "conditional", False):
            self.effects.setdefault(kind, set()).add(bool(operation.wrote(result)))
        for one in self._always:
            self._check(one, execution.shared, execution)

    def end(self, execution: Execution) -> None:
        """Count an end, and check the claims about it."""
        waiting = tuple(execution.unfinished())
        end = End(returned_of(execution), final_of(execution.shared), execution.shared, waiting)
        self._count(_ending(execution))
        self.fired.update(self._kinds)
        self._measure(execution)
        for said, taken in execution.broken:
            self._violate(ASSERTION, said, execution.schedule[:taken])
        if waiting:
            self.deadlocks += 1
            if not self._deadlocks_allowed:
                told = "; ".join(f"process {who} waits for {execution.pending[who].kind}" for who in waiting)
                self._violate(DEADLOCK, told, execution.schedule)
        for one in self._ends:
            self._check(one, end, execution)
        for one in self._sometimes:
            self.spoke[one.name] += self._asked(one, one.check, end, execution) in (True, None)
        self._seen += 1
        if is_audited(self._seen):
            self.audited += audit(self._program, self._meter, execution, self._seen)

    def confirm(self) -> None:
        """Hold a complete search to random schedules. Raises ProgramError where one ends as none that was seen."""
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
        self._waits = self._waits or execution.waits
        steps = execution.taken()
        self._steps = steps if self._steps in ((), steps) else None

    def _check(self, one: Property, about: Any, execution: Execution) -> None:
        if one.applies is not None and not self._asked(one, one.applies, about, execution):
            return
        self.spoke[one.name] += 1
        found = self._asked(one, one.check, about, execution)
        if found is not True and found is not None:
            self._violate(one.name, found if isinstance(found, str) else "it is not so", execution.schedule)

    def _asked(self, one: Property, question: Callable[[Any], Any], about: Any, execution: Execution) -> Any:
        try:
            return question(about)
        except Exception as error:
            what = printable(f"{type(error).__name__}: {error}", 200)
            raise ProgramError(f"the claim {quoted(one.name)} raised {what}{execution.so_far()}") from error

    def _violate(self, name: str, witness: str, steps: Sequence[int]) -> None:
        known = self.violations.get(name)
        if known is None or len(steps) < len(known.steps):
            self.violations[name] = Violation(name, printable(witness, 300), tuple(steps))

    def vacuous(self) -> tuple[str, ...]:
        """Return the claims that had nothing to say (sometimes: that never held)."""
        claims = (*self._always, *self._ends, *self._sometimes)
        return tuple(one.name for one in claims if not self.spoke[one.name])

    def never(self) -> tuple[str, ...]:
        """Return the kinds of steps that never had an effect, or always had one, and could have done otherwise."""
        words = {True: "never without effect", False: "never with effect"}
        return tuple(f"{kind}: {words[seen.copy().pop()]}" for kind, seen in self.effects.items() if len(seen) == 1)

    def interleavings(self) -> int | None:
        """Return how many schedules a program has in which each process takes as many steps as here; None: unknown.

        It is known where nothing ever waits, and the number of steps of each process is the same in every execution.
        """
        if self._waits or self._steps is None or not self._seen:
            return None
        return factorial(sum(self._steps)) // prod(factorial(steps) for steps in self._steps)

    def findings(self) -> Findings:
        """Return what was seen, as a value that can be sent to another process."""
        return Findings(
            self.endings,
            self.fired,
            self.spoke,
            self.effects,
            self.violations,
            (self.deadlocks, self.audited, self._seen),
            self._steps,
            self._waits,
        )

    def absorb(self, findings: Findings) -> None:
        """Add what another watch has seen."""
        self.endings.update(findings.endings)
        self.fired.update(findings.fired)
        self.spoke.update(findings.spoke)
        for kind, seen in findings.effects.items():
            self.effects.setdefault(kind, set()).update(seen)
        for one in findings.violations.values():
            self._violate(one.name, one.witness, one.steps)
        deadlocks, audited, seen_there = findings.counts
        self.deadlocks += deadlocks
        self.audited += audited
        self._seen += seen_there
        self._waits = self._waits or findings.waits
        self._steps = findings.steps if self._steps in ((), findings.steps) else None

    def report(self, strategy: str, engine: Counted, stopped: str, *, interrupted: bool = False) -> Exploration:
        """Return what was seen; `stopped` says why it is not all, "" where it is."""
        complete = not stopped
        return Exploration(
            strategy=strategy,
            executions=engine.executions,
            complete=complete,
            endings=dict(self.endings),
            violations=tuple(sorted(self.violations.values(), key=lambda one: (len(one.steps), one.name))),
            interleavings=self.interleavings() if complete else None,
            blocked=engine.blocked,
            deadlocks=self.deadlocks,
            fired=dict(sorted((self.fired | self.spoke).items())),
            never=self.never(),
            vacuous=self.vacuous(),
            audited=self.audited,
            why=stopped,
            interrupted=interrupted,
        )


def _ending(execution: Execution) -> Ending:
    return returned_of(execution), final_of(execution.shared)
