"""Driving a sampler, which is never complete, over any observer."""

from collections.abc import Callable

from lastseat.simulations.kernel.budget import Budget, Driven, drive
from lastseat.simulations.kernel.observer import Observer
from lastseat.simulations.strategies.sampling.samplers import Sampler

RUNS = 10_000  # where nothing else is said


def drive_sampler(
    sampler: Sampler, observer: Observer, runs: int, budget: Budget, begin: Callable[[], None] | None = None
) -> Driven:
    """Let a sampler make its runs, or as many as the budget allows, after `begin`. `why` is never empty."""
    driven = drive(sampler, budget, lambda: observer.violated, total=runs, begin=begin)
    if sampler.complete and not driven.interrupted:
        return Driven(sampler.left_out())
    why = f"stopped before {runs:,} runs were made: {driven.why}; {sampler.left_out()}"
    return Driven(why, driven.interrupted)
