"""The door to the explorers of booking attempts: any strategy over the real code, judged step by step.

For example `explore_merged(scenario, implementation)`; with `lastseat explore --strategy merged` it is the same.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from time import monotonic

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.merging.merged import explore_merged
from lastseat.simulations.bookings.program import BookingSubject, BookingWatch
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.budget import ENDED, Budget
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.observer import Coverage
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies import brute
from lastseat.simulations.strategies.declared import Declared
from lastseat.simulations.strategies.known import KNOWN, declared
from lastseat.simulations.strategies.search import Searched, search

MERGED = "merged"
STRATEGIES = ", ".join(named.shown for named in KNOWN)

__all__ = ["STRATEGIES", "explore_brute", "explore_merged", "explore_program", "explorer"]


def explorer(strategy: str) -> Callable[..., Exploration]:
    """Return the explorer of that name. Raises ExplorationError where there is none."""
    if strategy == MERGED:
        return explore_merged
    try:
        declared(strategy)
    except ProgramError:
        raise ExplorationError(f"there is no strategy {quoted(strategy)}; there are {STRATEGIES}") from None
    return partial(explore_program, strategy=strategy)


def explore_brute(
    scenario: Scenario,
    implementation: Implementation,
    *,
    executions: int | None = None,
    seconds: float | None = None,
    stop_at_first: bool = False,
    progress: Progress = silent,
    prefix: Sequence[Step] = (),
) -> Exploration:
    """Execute every schedule of `scenario` and check every property on every step and every finished run.

    With a `prefix`, every schedule that begins with these steps. Otherwise as `explore_program`. Raises ScheduleError
    where a step of the prefix does not apply.
    """
    if prefix:
        run(scenario, implementation, prefix)
    whole = Declared("brute", Coverage.EVERY_SCHEDULE, partial(brute.Brute, prefix=tuple(prefix)))
    budget = Budget(executions, seconds, stop_at_first, progress)
    if not prefix:
        budget = _with_total(budget, whole, scenario)
    return _explored(BookingSubject(scenario, implementation), whole, budget, None)


def explore_program(
    scenario: Scenario,
    implementation: Implementation,
    *,
    strategy: str = "dpor",
    executions: int | None = None,
    seconds: float | None = None,
    stop_at_first: bool = False,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Explore the real code with any strategy that executes it from its start, and judge all that is seen.

    Stops early, and says so, after `executions` or `seconds`, at the first violation where `stop_at_first`, or at
    Ctrl-C. With an `executor`, dpor is split over its workers, with the same result for any number of them. Raises
    ExplorationError where the code under test raises or is not deterministic, where the strategy cannot do what is
    asked, and where there is none such.
    """
    is_sent = executor is not None and ":" in implementation.name  # to a worker, which finds it by its name
    subject = BookingSubject(scenario, implementation.name if is_sent else implementation)
    try:
        wanted = declared(strategy)
    except ProgramError as error:
        raise ExplorationError(str(error)) from None
    if wanted.make is None:
        raise ExplorationError(f"{strategy} executes no schedule from its start; see `explorer`")
    budget = _with_total(Budget(executions, seconds, stop_at_first, progress), wanted, scenario)
    return _explored(subject, wanted, budget, executor)


def _with_total(budget: Budget, strategy: Declared, scenario: Scenario) -> Budget:
    """Return the budget, whose progress knows how many executions there will be, where that can be told."""
    if strategy.coverage is not Coverage.EVERY_SCHEDULE or scenario.faults.most:
        return budget
    total, progress = scenario.interleavings_of_two_steps(), budget.progress
    return replace(budget, progress=lambda done, _: progress(done, total))


def _explored(subject: BookingSubject, strategy: Declared, budget: Budget, executor: Executor | None) -> Exploration:
    started = monotonic()
    try:
        searched = search(subject, strategy, budget, executor)
        watch = searched.observer
        if (
            strategy.coverage is Coverage.EVERY_TRACE
            and searched.driven == ENDED
            and watch.leaves_linearizability_open
        ):
            left = None if budget.seconds is None else max(0.0, budget.seconds - (monotonic() - started))
            ordered = search(replace(subject, ordered=True), strategy, replace(budget, seconds=left), executor)
            _settle(searched, ordered)
    except ProgramError as error:
        if executor is not None and not strategy.is_split:
            raise ExplorationError(str(error)) from None
        raise ExplorationError(f"scenario {subject.scenario.name}: {error}") from error
    return watch.report(strategy.name, searched, searched.driven, strategy.coverage)


def _settle(searched: Searched[BookingWatch], ordered: Searched[BookingWatch]) -> None:
    """Take over what the search for who ended first says of linearizability."""
    driven = ordered.driven
    searched.observer.settle_linearizability(ordered.observer, complete=not driven.why)
    searched.driven = replace(driven, why=driven.why and f"in the search for who ended first, {driven.why}")
