"""What one run violates: the judge, taken along a single schedule."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import CONFORMANCE
from lastseat.simulations.bookings.judging.judge import Judge, Judged
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE, NO_ORDER
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.run import Run, Taken


@dataclass(frozen=True, slots=True)
class Finding:
    """A clause that is violated, what breaks it, and the step (from 1) at which it shows; 0 is the start."""

    step: int
    clause: str
    witness: str


def findings(run: Run, scenario: Scenario, implementation: Implementation) -> tuple[Finding, ...]:
    """Return every violation in one run, which may be unfinished, in the order of the steps."""
    scenario = scenario.delivered()
    judge = Judge(scenario, implementation)
    shared, locals_ = judge.start(run.initial), [0] * len(scenario.requests)
    found: list[Finding] = []
    for attempt in sorted(set(run.returned) - {taken.process for taken in run.taken}):
        judged = judge.judge_stepless(attempt, shared, run.returned[attempt])
        locals_[attempt] = judged.local
        found.extend(Finding(0, clause, witness) for clause, witness in judged.violations)
    waiting = _Waiting(run, scenario, implementation, judge)
    found.extend(waiting.findings(0, shared, locals_))
    for taken in run.taken:
        attempt = taken.process
        judged = _judged(judge, taken, shared, locals_[attempt])
        shared, locals_[attempt] = judged.shared, judged.local
        found.extend(Finding(taken.number, clause, witness) for clause, witness in judged.violations)
        waiting.took(taken)
        found.extend(waiting.findings(taken.number, shared, locals_))
    _, broken = judge.judge_run(shared, tuple(locals_))
    if not run.free:  # it is over, though attempts may wait for ever
        found.extend(Finding(len(run.taken), clause, witness) for clause, witness in broken)
    length = judge.unexplained(run.steps, tuple(locals_))
    if length is not None:
        found.append(Finding(length, LINEARIZABLE, NO_ORDER))
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.step))


def _judged(judge: Judge, taken: Taken, shared: int, local: int) -> Judged:
    """Return the judgement of one step."""
    if taken.fault is Fault.CRASH_BEFORE:
        return judge.judge_crash(shared, taken.process, local)
    returned = (taken.returned,) if taken.ended else None
    return judge.judge(
        shared, taken.process, local, taken.operation, taken.result, taken.after, returned, taken.fault
    )


class _Waiting:
    """Tells, after each step of a run, who could not have taken the next one. Clause: progress.suspension"""

    def __init__(self, run: Run, scenario: Scenario, implementation: Implementation, judge: Judge) -> None:
        self._judge = judge
        self._store = implementation.open_store(dict(scenario.capacities))
        self._would_block = getattr(self._store, "would_block", None)
        self._originals, self._left = len(scenario.originals), scenario.faults.most
        attempts = range(len(scenario.requests))
        # For each attempt the operations that it has yet to take, the last of which may be left pending.
        self._ahead = [
            deque(taken.operation for taken in run.taken if taken.process == attempt) for attempt in attempts
        ]
        self._begun = set(run.returned) - {taken.process for taken in run.taken}
        for attempt, operation in run.ahead.items():
            self._ahead[attempt].append(operation)

    def took(self, taken: Taken) -> None:
        """Note that an attempt took its next operation."""
        self._left -= (taken.fault is not None) + (not self._is_there(taken.process))
        self._ahead[taken.process].popleft()
        self._begun.add(taken.process)

    def _is_there(self, attempt: int) -> bool:
        return attempt < self._originals or attempt in self._begun

    def _could_be(self, attempt: int) -> bool:
        """Return whether an attempt is there, or is a redelivery that could be made."""
        return self._is_there(attempt) or (self._left > 0 and attempt - self._originals in self._begun)

    def findings(self, step: int, shared: int, locals_: list[int]) -> Iterator[Finding]:
        """Yield what is violated in the shared state after `step` by an attempt that has to wait there."""
        if self._would_block is None:
            return
        self._store.restore(self._judge.shared.values[shared].snapshot)
        for attempt, ahead in enumerate(self._ahead):
            if ahead and self._could_be(attempt) and self._would_block(ahead[0]):
                for clause, witness in self._judge.judge_blocked(shared, attempt, locals_[attempt], ahead[0]):
                    yield Finding(step, clause, witness)


def run_again(violation: Violation, scenario: Scenario, implementation: Implementation) -> tuple[Run, bool]:
    """Return the run that shows a violation, and whether it did so once more (if not: code that draws lots)."""
    executed = run(scenario, implementation, violation.steps)
    found = {finding.clause for finding in findings(executed, scenario, implementation)}
    return executed, violation.name == CONFORMANCE or violation.name in found
