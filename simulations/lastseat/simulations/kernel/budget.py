"""How far a strategy is driven: to its end, to a budget, to the first violation, or to Ctrl-C."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic

from lastseat.simulations.common.interrupts import noted_interrupts
from lastseat.simulations.common.lines import own_line
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
        return f"{self.seconds:g} {'second was' if self.seconds == 1 else 'seconds were'} used up"

    def reached(self) -> str:
        """Return the words for executions that were all made."""
        return f"{self.executions:,} {'execution was' if self.executions == 1 else 'executions were'} asked for"


DID_NOT_END = "did not end"
FIRST = "it stopped at the first violation"
INTERRUPTED = "it was interrupted"


UNITS = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"), (1.0, ""))
LEAST_SHARE = 0.01  # percent


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how many traces a program has, most likely from `low` to `high`, by so many random descents.

    It is right on average, and the true number is within the interval about 19 times in 20: no bound, and no proof.

    >>> from lastseat.testing import Estimate, Register, Shared, explore
    >>> def increment(shared):
    ...     seen = yield shared.counter.read()
    ...     yield shared.counter.write(seen + 1)
    >>> cut = explore([increment] * 5, shared=lambda: Shared(counter=Register(0)), executions=144)
    >>> isinstance(cut.estimate, Estimate), cut.estimate.low < 14_400 < cut.estimate.high
    (True, True)
    """

    traces: int
    low: int
    high: int
    descents: int

    def told(self, done: int) -> str:
        """Return which share of the traces is explored, for people."""
        share, whole = 100 * done / self.traces, float(self.traces)
        unit, named = next(each for each in UNITS if whole >= each[0])
        if whole >= 1e15:
            power = len(str(self.traces)) - 1
            unit, named = 10.0**power, f" times 10^{power}"
        traces, low, high = (f"{float(f'{number / unit:.2g}'):,g}" for number in (self.traces, self.low, self.high))
        part = f"about {min(share, 99):.2g} % of" if share >= LEAST_SHARE else f"less than {LEAST_SHARE} % of about"
        return f"{part} {traces}{named} traces" + (f" ({low} to {high})" if low != high else "")


@dataclass(frozen=True, slots=True)
class Driven:
    """How far a strategy was driven: `why` says what stopped it or was left out, "" where nothing was.

    `is_cut_short` says that it had more to execute. `estimate` is about how much that is.
    """

    why: str
    interrupted: bool = False
    is_cut_short: bool = False
    estimate: Estimate | None = None


ENDED = Driven("")


def interrupted_at(interruption: BaseException) -> str:
    """Return the words for Ctrl-C, with the line of somebody's own code where it came, if it came there."""
    line = own_line(interruption)
    return f"{INTERRUPTED} at {line}" if line is not None else INTERRUPTED


def drive(
    strategy: Strategy,
    budget: Budget,
    violated: Callable[[], bool],
    *,
    total: int | None = None,
    begin: Callable[[], None] | None = None,
) -> Driven:
    """Let a strategy run to its end, or as far as the budget goes, or to Ctrl-C; `begin` is called before."""
    try:
        if begin is not None:
            begin()
        if budget.stop_at_first and violated():
            return Driven(FIRST)
        with noted_interrupts() as interrupts:
            return _driven(strategy, budget, violated, total, interrupts)
    except EndlessError as endless:
        return Driven(str(endless))
    except KeyboardInterrupt as interruption:
        return Driven(interrupted_at(interruption), interrupted=True, is_cut_short=True)


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
            return Driven(INTERRUPTED, interrupted=True, is_cut_short=True)
        if done % OFTEN == 0:
            progress(done, total)
            if deadline is not None and monotonic() > deadline:
                return Driven(budget.used_up(), is_cut_short=True)
        if done == executions and not strategy.is_done():
            return Driven(budget.reached(), is_cut_short=True)
    progress(strategy.executions, total)
    return Driven(strategy.left_out())
