"""How many traces a program has, about: what random descents say, to whoever waits for a long search.

The estimate is the mean of what descents weigh. Its interval is two standard errors to both sides, on the scale of
logarithms. It held the known count in 82 of 84 cases: 28 drawn programs without faults, 300 descents from each of
three seeds. It is no bound: descents that all missed a part where most traces are would not know it.
"""

from collections.abc import Callable
from dataclasses import replace
from math import exp, isfinite, sqrt
from time import monotonic

from lastseat.simulations.common.progress import About, Progress
from lastseat.simulations.kernel.budget import Driven, Estimate
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.reduction.descent import Descents

DESCENTS = 300  # for the end of a search that is incomplete
FEWEST = 30  # fewer say nothing
MOST = 10_000  # while a search goes on
AT_END = 0.5  # seconds that somebody waits for the estimate at the end
FIRST_LOOK = 0.25  # seconds of a search before the first estimate
SHARE = 0.04  # of the time so far is spent on an estimate, at pauses that double
STANDARD_ERRORS = 2.0


class Estimator:
    """Estimates the traces of a program, the better the more descents it has made. The same seed says the same."""

    def __init__(self, program: Callable[[], Program], seed: int = 0) -> None:
        self._program, self._seed = program, seed
        self._descents: Descents | None = None
        self._weights: list[float] = []
        self._fails = False

    def descend(self, most: int, seconds: float | None = None) -> None:
        """Make descents until there are so many, or the time is over, or the program is found at fault."""
        deadline = None if seconds is None else monotonic() + seconds
        try:
            while not self._fails and len(self._weights) < most:
                if self._descents is None:
                    self._begin()
                    continue
                weight = self._descents.descend(deadline)
                if weight is None:
                    return
                self._weights.append(weight)
        except Exception:  # noqa: BLE001  # the search would have said so, had it come to that
            self._fails = True

    def _begin(self) -> None:
        program = self._program()
        if program.redeliveries:  # how much depends on which of them are made is too hard to guess
            self._fails = True
        else:
            self._descents = Descents(program, self._seed)

    def estimate(self, done: int = 0) -> Estimate | None:
        """Return what is known of the traces, of which so many are explored; None where that is too little."""
        count = len(self._weights)
        mean = sum(self._weights) / count if count else 0.0
        if self._fails or count < FEWEST or not mean or not isfinite(mean):
            return None
        variance = sum((weight / mean - 1) ** 2 for weight in self._weights) / (count - 1)
        # And one in so many may be what no descent has met.
        width = STANDARD_ERRORS * sqrt(variance / count) + 1 / count
        if width > 1:
            return None
        low, traces, high = (max(done, round(mean * exp(side))) for side in (-width, 0.0, width))
        return Estimate(traces, low, high, count)

    def told(self, driven: Driven, done: int) -> Driven:
        """Return what stopped a search after so many executions, with about how many there are, if that is known."""
        if not driven.interrupted:  # after Ctrl-C, nothing of the program is run again
            try:
                self.descend(DESCENTS, AT_END)
            except KeyboardInterrupt:
                return replace(driven, interrupted=True)
        estimate = self.estimate(done)
        if estimate is None:
            return driven
        return replace(driven, why=f"{driven.why}; {estimate.told(done)}", estimate=estimate)


class Estimating:
    """Progress that is told about how many traces there are, seldom enough to cost the search nothing."""

    def __init__(self, progress: Progress, estimator: Estimator) -> None:
        self._progress, self._estimator = progress, estimator
        self._began = monotonic()
        self._due = self._began + FIRST_LOOK

    def __call__(self, done: int, total: int | None) -> None:
        """Pass on the work done, with the total: about so many, where it is not known."""
        elapsed = monotonic() - self._began
        if monotonic() >= self._due:
            self._estimator.descend(MOST, SHARE * elapsed)
            self._due = self._began + 2 * elapsed
        estimate = self._estimator.estimate(done) if total is None else None
        self._progress(done, total if estimate is None else About(estimate.traces))
