"""What one execution violates: the judge, taken along a single schedule."""

from collections.abc import Sequence
from dataclasses import dataclass

from lastseat.reference.implementation import Implementation
from lastseat.simulations.judge import Judge
from lastseat.simulations.linearizability import LINEARIZABLE, NO_ORDER, unexplained
from lastseat.simulations.scheduler import Scheduler


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
    for taken in execution.taken:
        returned = (taken.returned,) if taken.ended else None
        who = taken.attempt
        judged = judge.judge(shared, who, locals_[who], taken.operation, taken.result, taken.after, returned)
        shared, locals_[who] = judged.shared, judged.local
        found.extend(Finding(taken.number, clause, witness) for clause, witness in judged.violations)
    last = len(execution.taken)
    for who in execution.waiting():
        for clause, witness in judge.judge_blocked(shared, who, execution.operation(who)):
            found.append(Finding(last, clause, witness))
    vector, broken = judge.judge_run(shared, tuple(locals_))
    if not execution.unfinished():
        found.extend(Finding(last, clause, witness) for clause, witness in broken)
    steps: Sequence[int] = [taken.attempt for taken in execution.taken]
    length = unexplained(judge.capacities, judge.system.requests, steps, vector)
    if length is not None:
        found.append(Finding(length, LINEARIZABLE, NO_ORDER))
    return tuple(sorted(found, key=lambda one: one.step))
