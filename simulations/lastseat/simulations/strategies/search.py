"""A search: a strategy is driven over a subject, in one process or split over workers, and somebody watches."""

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from time import monotonic
from typing import Generic

from lastseat.simulations.common.progress import silent
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.budget import ENDED, Budget, Driven, drive
from lastseat.simulations.kernel.observer import Counted, Coverage
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies.declared import Declared
from lastseat.simulations.strategies.reduction.estimate import Estimating, Estimator
from lastseat.simulations.strategies.reduction.split import Kept, Subject, explore_split


@dataclass(slots=True)
class Searched(Generic[Kept]):
    """What a search counted, who watched it, and what stopped it ("" where nothing did)."""

    observer: Kept
    coverage: Coverage
    driven: Driven = ENDED
    executions: int = 0
    blocked: int = 0


def search(
    subject: Subject[Kept], strategy: Declared, budget: Budget, executor: Executor | None = None
) -> Searched[Kept]:
    """Drive a strategy over a subject as far as the budget goes.

    Where one trace stands for many schedules, and nothing was left out, random schedules are held against what was
    seen. Where something is left, and its traces can be estimated, `driven` says about how many there are.

    Raises ProgramError where the program is at fault, and where the strategy is not split over workers and an
    executor is given.
    """
    if executor is not None and not strategy.is_split:
        raise ProgramError(f"only dpor is split over workers, and not {quoted(strategy.name)}")
    searched = Searched(subject.observer(), strategy.coverage)
    searched.observer.rests_on_declarations = strategy.coverage is not Coverage.EVERY_SCHEDULE
    if strategy.coverage is not Coverage.EVERY_TRACE:
        _search(searched, subject, strategy, budget, executor)
        return searched
    estimator = Estimator(subject.program)
    if budget.progress is not silent:
        budget = replace(budget, progress=Estimating(budget.progress, estimator))
    _search(searched, subject, strategy, budget, executor)
    if not searched.driven.why:
        searched.observer.confirm()
    elif searched.driven.is_cut_short:
        searched.driven = estimator.told(searched.driven, searched.executions)
    return searched


def _search(
    searched: Searched[Kept], subject: Subject[Kept], strategy: Declared, budget: Budget, executor: Executor | None
) -> None:
    """Search one part after the other, until something stops it."""
    started = monotonic()
    for number, part in enumerate(_parts(subject, strategy)):
        left = _left(budget, searched, started)
        if left.executions == 0:
            searched.driven = Driven(budget.reached(), is_cut_short=True)
            return
        counted, driven = _explored(part, strategy, left, executor, searched.observer, begins=not number)
        searched.driven = replace(driven, why=_of_whole(driven.why, left, budget))
        searched.executions += counted.executions
        searched.blocked += counted.blocked
        if searched.driven.why:
            return


def _explored(
    part: Subject[Kept],
    strategy: Declared,
    budget: Budget,
    executor: Executor | None,
    observer: Kept,
    *,
    begins: bool,
) -> tuple[Counted, Driven]:
    if executor is not None:  # whoever watches there begins
        return explore_split(part, executor, observer, budget)
    assert strategy.make is not None, f"{strategy.name} executes no schedules"
    program = part.program()
    made = strategy.make(program, program.meter(), observer)
    return made, drive(made, budget, lambda: observer.violated, begin=observer.begin if begins else None)


def _parts(subject: Subject[Kept], strategy: Declared) -> Iterator[Subject[Kept]]:
    parts = len(subject.program().parts()) if strategy.in_parts else 1
    if parts == 1:
        yield subject
        return
    for part in range(parts):
        yield subject.in_part(part)


def _of_whole(why: str, left: Budget, budget: Budget) -> str:
    """Return what stopped a part, with what the whole search was allowed."""
    if left.executions is not None and why == left.reached():
        return budget.reached()
    return budget.used_up() if left.seconds is not None and why == left.used_up() else why


def _left(budget: Budget, searched: Searched[Kept], started: float) -> Budget:
    """Return what is left of a budget."""
    executions, seconds = budget.executions, budget.seconds
    return replace(
        budget,
        executions=None if executions is None else max(0, executions - searched.executions - searched.blocked),
        seconds=None if seconds is None else max(0.0, seconds - (monotonic() - started)),
    )
