"""What one execution violates: the judge, taken along a single schedule."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import CONFORMANCE, Violation
from lastseat.simulations.bookings.judge import Judge
from lastseat.simulations.bookings.linearizability import LINEARIZABLE, NO_ORDER
from lastseat.simulations.bookings.processes import waits
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import Scheduler, Taken, run


@dataclass(frozen=True, slots=True)
class Finding:
    """A clause that is violated, what breaks it, and the step (from 1) at which it shows; 0 is the start."""

    step: int
    clause: str
    witness: str


def findings(execution: Scheduler, implementation: Implementation) -> tuple[Finding, ...]:
    """Return every violation on one execution, which may be unfinished, in the order of the steps."""
    judge = Judge(execution.scenario, implementation)
    initial = execution.taken[0].before if execution.taken else execution.store.snapshot()
    shared, locals_ = judge.start(initial), [0] * len(execution.scenario.requests)
    found: list[Finding] = []
    for who in sorted(set(execution.returned) - {taken.attempt for taken in execution.taken}):
        judged = judge.judge_stepless(who, shared, execution.returned[who])
        locals_[who] = judged.local
        found.extend(Finding(0, clause, witness) for clause, witness in judged.violations)
    waiting = _Waiting(execution, implementation, judge)
    found.extend(waiting.findings(0, shared, locals_))
    for taken in execution.taken:
        returned = (taken.returned,) if taken.ended else None
        who = taken.attempt
        if taken.letter == "c":
            judged = judge.judge_crash(shared, who, locals_[who])
        else:
            judged = judge.judge(
                shared, who, locals_[who], taken.operation, taken.result, taken.after, returned, taken.letter
            )
        shared, locals_[who] = judged.shared, judged.local
        found.extend(Finding(taken.number, clause, witness) for clause, witness in judged.violations)
        waiting.took(taken)
        found.extend(waiting.findings(taken.number, shared, locals_))
    _, broken = judge.judge_run(shared, tuple(locals_))
    if not execution.free():  # it is over, though attempts may wait for ever
        found.extend(Finding(len(execution.taken), clause, witness) for clause, witness in broken)
    length = judge.unexplained([taken.step for taken in execution.taken], tuple(locals_))
    if length is not None:
        found.append(Finding(length, LINEARIZABLE, NO_ORDER))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.step))


class _Waiting:
    """Tells, after each step of an execution, who could not have taken the next one. Clause: progress.suspension"""

    def __init__(self, execution: Scheduler, implementation: Implementation, judge: Judge) -> None:
        self._judge = judge
        self._store = implementation.open_store(dict(execution.scenario.capacities))
        self._would_block = waits(self._store)
        self._originals, self._left = len(execution.scenario.originals), execution.scenario.faults.most
        attempts = range(len(execution.scenario.requests))
        # For each attempt the operations that it has yet to take, the last of which may be left pending.
        self._ahead = [deque(one.operation for one in execution.taken if one.attempt == who) for who in attempts]
        self._begun = set(execution.returned) - {one.attempt for one in execution.taken}
        for who in execution.unfinished():
            self._ahead[who].append(execution.operation(who))
        for who in execution.redeliveries():
            self._ahead[who].append(execution.operation(who))

    def took(self, taken: Taken) -> None:
        """Note that an attempt took its next operation."""
        self._left -= bool(taken.letter) + (not self._is_there(taken.attempt))
        self._ahead[taken.attempt].popleft()
        self._begun.add(taken.attempt)

    def _is_there(self, who: int) -> bool:
        return who < self._originals or who in self._begun

    def _could_be(self, who: int) -> bool:
        """Return whether an attempt is there, or is a redelivery that could be made."""
        return self._is_there(who) or (self._left > 0 and who - self._originals in self._begun)

    def findings(self, step: int, shared: int, locals_: list[int]) -> Iterator[Finding]:
        """Yield what is violated in the shared state after `step` by an attempt that has to wait there."""
        if self._would_block is None:
            return
        self._store.restore(self._judge.shared.values[shared].snapshot)
        for who, ahead in enumerate(self._ahead):
            if ahead and self._could_be(who) and self._would_block(ahead[0]):
                for clause, witness in self._judge.judge_blocked(shared, who, locals_[who], ahead[0]):
                    yield Finding(step, clause, witness)


def run_again(one: Violation, scenario: Scenario, implementation: Implementation) -> tuple[Scheduler, bool]:
    """Return the execution that shows a violation, and whether it did so once more (if not: code that draws lots)."""
    execution = run(scenario, implementation, one.steps)
    found = {finding.clause for finding in findings(execution, implementation)}
    return execution, one.clause == CONFORMANCE or one.clause in found
