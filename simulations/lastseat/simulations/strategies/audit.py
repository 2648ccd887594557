"""Holding a program to what it declares: an execution is repeated, and then taken in another order.

If operations touch no more than they say, and nothing happens outside of them, then an execution in which commuting
steps are exchanged gives the same results and leaves the same behind. Reduction rests on that; here it is tested.
And at the end of a search that claims to be complete, random schedules must end in ways that it has seen.
"""

from collections.abc import Callable, Collection, Hashable
from random import Random
from typing import Any

from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.endings import final_of, returned_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.kernel.schedule import shortened
from lastseat.simulations.kernel.stepping import MisfitError
from lastseat.simulations.strategies.reduction.trace import Trace
from lastseat.simulations.strategies.sampling.chance import Chance

FIRST, EVERY = 4, 128  # the first executions, and then every so many-th, are audited
SCHEDULES = 32  # random ones, whose ends a complete search must have seen


def is_audited(number: int) -> bool:
    """Return whether an exploration audits its so many-th execution (from 1)."""
    return number <= FIRST or number % EVERY == 0


def audit(seen: Execution, number: int, watched: Program | None = None) -> bool:
    """Repeat an execution as it was, and in other orders of its trace. Raises ProgramError where they differ.

    The orders are that of the highest-numbered process first, and one that is drawn; `number` is the seed. `watched`
    is the program whose processes are watched meanwhile; see `unseen`.
    """
    trace = repeated(seen, watched or seen.program)
    random = Random(number)  # noqa: S311 - nothing secret is drawn
    for pick in (trace.who.__getitem__, lambda _: random.random()):
        _exchange(seen, another_order(trace, pick))
    return True


def repeated(seen: Execution, program: Program) -> Trace:
    """Repeat an execution as it was, and return its trace. Raises ProgramError where it goes otherwise."""
    again, trace = Execution(program, seen.meter), Trace(seen.meter.footprints)
    for step in seen.schedule:
        who = process_of(step)
        if not again.can_go(who):
            raise _not_deterministic(seen)
        operation = again.operation(who)
        result, footprint = again.step(step)
        trace.add(step, footprint, operation, result)
    if _ending(again) != _ending(seen):
        raise _not_deterministic(seen)
    return trace


def confirm(
    program: Program, meter: Meter, ending_of: Callable[[Execution], Hashable], seen: Collection[Hashable]
) -> int:
    """Execute random schedules and look whether each ends in a way that was seen; return how many.

    Raises ProgramError where one does not: then it is equivalent to no execution of the search.
    """
    random = Random(0)  # noqa: S311 - nothing secret is drawn
    for _ in range(SCHEDULES):
        execution = Execution(program, meter)
        chance = Chance(random, program, meter)
        while possible := chance.possible(execution):
            who = random.choice(possible)
            chance.take(execution, who, execution.operation(who))
            if execution.exhausted() is not None:
                break
        if ending_of(execution) not in seen:
            raise ProgramError(
                "the program touches more than its operations declare, or keeps state from one execution to the next:"
                f" schedule {shortened(execution.schedule)} ends in {_told(execution)}, and nothing in the search did"
            )
    return SCHEDULES


def _exchange(seen: Execution, other: list[Step]) -> None:
    """Take the steps of an execution in another order."""
    exchanged = Execution(seen.program, seen.meter)
    for step in other:
        try:
            possible = exchanged.can_go(process_of(step))
            if possible:
                exchanged.step(step)
        except MisfitError:
            possible = False
        if not possible:
            raise _undeclared(seen, other, "a step of the one cannot be taken in the other")
    if _ending(exchanged) != _ending(seen):
        raise _undeclared(seen, other, f"one ends in {_told(seen)}, the other in {_told(exchanged)}")


def another_order(trace: Trace, pick: Callable[[int], float]) -> list[Step]:
    """Return another schedule of the same trace: of the steps that may be next, the one that `pick` rates highest."""
    left, done, order = list(range(len(trace))), 0, list[Step]()
    while left:
        ready = [index for index in left if trace.before[index] & ~done == 0]
        chosen = max(ready, key=pick)
        left.remove(chosen)
        done |= 1 << chosen
        order.append(trace.links[chosen].step)
    return order


def _ending(execution: Execution) -> tuple[Any, Any, Any]:
    return returned_of(execution), final_of(execution.shared), tuple(execution.unfinished())


def _told(execution: Execution) -> str:
    return quoted(str(_ending(execution)[:2]))


def _not_deterministic(seen: Execution) -> ProgramError:
    return ProgramError(
        "the program is not deterministic, or keeps state from one execution to the next: schedule "
        f"{shortened(seen.schedule)} ended in {_told(seen)}, and otherwise when it was taken again"
    )


def _undeclared(seen: Execution, other: list[Step], how: str) -> ProgramError:
    return ProgramError(
        "the program touches more than its operations declare: schedules "
        f"{shortened(seen.schedule)} and {shortened(other)} differ only in steps that should commute, and {how}"
    )
