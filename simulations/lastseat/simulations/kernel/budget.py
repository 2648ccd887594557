"""How far a strategy is driven: to its end, to a budget, to the first violation, or to Ctrl-C."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic

from lastseat.simulations.common.interrupts import noted_interrupts
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.observer import EndlessError, Strategy

OFTEN = 64  # executions between two looks at the clock


@dataclass(frozen=True, slots=True)
class Budget:
    """What a search may take: so many executions, so many seconds, and whether it ends at the first violation."""

    executions: int | None = None
    seconds: float | None = None
    stop_at_first: bool = False
    progress: Progress = silent

    def deadline(self) -> float | None:
        """Return when the seconds are used up, as `time.monotonic` has it, if they are counted from now."""
        return None if self.seconds is None else monotonic() + self.seconds

    def used_up(self) -> str:
        """Return the words for seconds that are used up."""
        return f"{self.seconds:g} seconds were used up"

    def reached(self) -> str:
        """Return the words for executions that were all made."""
        return f"{self.executions:,} executions were asked for"


DID_NOT_END = "did not end"
FIRST = "it stopped at the first violation"
INTERRUPTED = "it was interrupted"


@dataclass(frozen=True, slots=True)
class Driven:
    """How far a strategy was driven: `why` says what stopped it or was left out, "" where nothing was."""

    why: str
    interrupted: bool = False


ENDED = Driven("")


def drive(strategy: Strategy, budget: Budget, violated: Callable[[], bool], *, total: int | None = None) -> Driven:
    """Let a strategy run to its end, or as far as the budget goes, or to Ctrl-C."""
    try:
        with noted_interrupts() as interrupts:
            return _driven(strategy, budget, violated, total, interrupts)
    except EndlessError as endless:
        return Driven(str(endless))
    except KeyboardInterrupt:
        return Driven(INTERRUPTED, interrupted=True)


def _driven(
    strategy: Strategy,
    budget: Budget,
    violated: Callable[[], bool],
    total: int | None,
    interrupts: Collection[object],
) -> Driven:
    deadline, progress, executions = budget.deadline(), budget.progress, budget.executions
    advance, stops, done = strategy.advance, budget.stop_at_first, 0
    while advance():
        done += 1
        if stops and violated():
            return Driven(FIRST)
        if interrupts:
            return Driven(INTERRUPTED, interrupted=True)
        if done % OFTEN == 0:
            progress(done, total)
            if deadline is not None and monotonic() > deadline:
                return Driven(budget.used_up())
        if done == executions and not strategy.is_done():
            return Driven(budget.reached())
    progress(strategy.executions, total)
    return Driven(strategy.left_out())
