"""The vectorised sampler: how many attempts are in each state, for many runs at once.

Attempts of one unit are alike, so the mix of outcomes is decided by counts: attempts that wait to observe, those
whose observation is still fresh (no persist took effect since), and those whose observation is stale. Under
`uniform` the next step of a random interleaving is that of an attempt with probability proportional to the steps it
has left, 2 or 1; under `walk` every unfinished attempt weighs the same. Both are exact, step by step.
"""

from collections import Counter
from collections.abc import Iterator

from lastseat.model.arrays import Integers, np
from lastseat.model.searches.readable import Mix
from lastseat.reference.store import Policy
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.points import Point, SweepLaw

WIDTH = 4096  # runs at once: their counts stay in the cache


def batches(runs: int, width: int) -> Iterator[int]:
    """Yield the sizes of batches of at most `width` runs."""
    yield from (min(width, runs - first) for first in range(0, runs, width))


def chain_mixes(point: Point, runs: int, bits: Bits) -> Counter[Mix]:
    """Return how many of `runs` random schedules end in each mix. Clauses: persist.order, persist.version"""
    mixes: Counter[Mix] = Counter()
    for width in batches(runs, WIDTH):
        booked, rejected = _batch(point, width, bits)
        mixes.update(counted(point.attempts, booked, rejected))
    return mixes


def _batch(point: Point, runs: int, bits: Bits) -> tuple[Integers, Integers]:
    """Return the numbers of attempts BOOKED and REJECTED in each of `runs` runs."""
    uniform, capacity_first = point.law is SweepLaw.UNIFORM, point.policy is Policy.CAPACITY_FIRST
    waiting = np.full(runs, point.attempts, np.int64)
    unfinished = waiting.copy()
    fresh, booked, rejected = (np.zeros(runs, np.int64) for _ in range(3))
    for step in range(2 * point.attempts):
        # A number below the weight of all is drawn: first come those who wait, then the fresh, then the stale.
        drawn = bits.below(2 * point.attempts - step if uniform else unfinished, runs)
        waits = 2 * waiting if uniform else waiting
        observes = drawn < waits
        fresh_persists = (drawn < waits + fresh) ^ observes
        full = booked >= point.capacity
        books = fresh_persists & ~full
        rejected += full & (~observes if capacity_first else fresh_persists)
        waiting -= observes
        unfinished -= ~observes
        booked += books
        fresh += observes
        fresh -= fresh_persists
        fresh *= ~books  # whoever else had observed is stale now
    return booked, rejected


def counted(attempts: int, booked: Integers, rejected: Integers) -> dict[Mix, int]:
    """Return how many runs have each mix, given the numbers BOOKED and REJECTED of each run."""
    values, runs = np.unique(booked * (attempts + 1) + rejected, return_counts=True)
    pairs = (divmod(value, attempts + 1) for value in values.tolist())
    return {
        (books, rejects, attempts - books - rejects): many
        for (books, rejects), many in zip(pairs, runs.tolist(), strict=True)
    }
