"""Samples for figures of laws, and what they say."""

from collections.abc import Iterable

from lastseat.reference.store import Policy
from lastseat.simulations.sweeps.chunks import Plan, Sampled
from lastseat.simulations.sweeps.estimates import Estimate
from lastseat.simulations.sweeps.points import SweepLaw, grid
from lastseat.simulations.sweeps.sweep import sweep


def sample(
    attempts: Iterable[int],
    capacity: int,
    law: str = "uniform",
    policy: str = "version-first",
    runs: int = 400,
    seed: int = 1,
) -> tuple[Sampled, ...]:
    """Return `runs` random schedules for each number of attempts, in this process. Raises ValueError."""
    return sweep(Plan(grid(attempts, (capacity,), (SweepLaw(law),), (Policy(policy),)), runs, seed)).samples


def interval(estimate: Estimate) -> tuple[float, float, float]:
    """Return the share and its interval. Raises ValueError where there is none."""
    if estimate.share is None or estimate.low is None or estimate.high is None:
        raise ValueError("an interval needs at least two schedules of at least one attempt")
    return estimate.share, estimate.low, estimate.high
