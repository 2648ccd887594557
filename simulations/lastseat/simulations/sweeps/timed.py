"""The time model: attempts arrive at a rate and hold their observation for a while; contention is rate times window.

Arrivals are a Poisson process; an attempt observes when it arrives and persists when its window has passed. Only
rate times window decides the mix of outcomes, because the unit of time does not. Exact results: `timed_exact`.

Times are floats that pass through a logarithm, so on another machine or with another numpy a time may differ in its
last bit; the mixes differ only where that swaps two events.
"""

from collections import Counter

from lastseat.model.arrays import Floats, Integers, np
from lastseat.model.searches.readable import Mix
from lastseat.reference.store import Policy
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.chain import batches, counted
from lastseat.simulations.sweeps.points import Point, SweepLaw

MOST_CELLS = 1 << 18  # attempts held in memory at once, over all runs of a batch


def timed_mixes(point: Point, runs: int, bits: Bits) -> Counter[Mix]:
    """Return how many of `runs` random histories in time end in each mix."""
    mixes: Counter[Mix] = Counter()
    for width in batches(runs, max(1, MOST_CELLS // max(1, point.attempts))):
        arrivals, ends = draw_times(point, width, bits)
        mixes.update(counted(point.attempts, *outcomes_in_time(arrivals, ends, point.capacity, point.policy)))
    return mixes


def draw_times(point: Point, runs: int, bits: Bits) -> tuple[Floats, Floats]:
    """Return when each attempt observes and when it persists: two arrays of the shape (runs, attempts).

    The unit of time is the mean time between two arrivals, so the mean window is the load.
    """
    assert point.load is not None
    shape = (runs, point.attempts)
    arrivals: Floats = np.cumsum(bits.exponential(shape), axis=1)
    fixed = point.law is SweepLaw.FIXED_WINDOW
    ends: Floats = arrivals + (point.load if fixed else bits.exponential(shape) * point.load)
    return arrivals, ends


def outcomes_in_time(observed: Floats, persisted: Floats, capacity: int, policy: Policy) -> tuple[Integers, Integers]:
    """Return the numbers BOOKED and REJECTED of each run, given the times of every observe and persist.

    Both arrays have the shape (runs, attempts). An observe at the very time of a persist comes after it.
    Clauses: persist.order, persist.version
    """
    runs, attempts = observed.shape
    order = np.argsort(persisted, axis=1, kind="stable")
    observed, persisted = np.take_along_axis(observed, order, 1), np.take_along_axis(persisted, order, 1)
    booked, rejected = np.zeros(runs, np.int64), np.zeros(runs, np.int64)
    last_effect = np.full(runs, -np.inf)
    for place in range(attempts):
        fresh = observed[:, place] >= last_effect
        full = booked >= capacity
        books = fresh & ~full
        rejected += full if policy is Policy.CAPACITY_FIRST else full & fresh
        booked += books
        last_effect[books] = persisted[books, place]
    return booked, rejected
