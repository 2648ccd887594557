"""What is known exactly about attempts in time, shown beside what is sampled. Let a be rate times window.

Fixed window, capacity for all. After an attempt is BOOKED those that arrive within its window are stale, Poisson(a)
many, and the first later one finds nothing changed in its own window: it is BOOKED. So the attempts between two
BOOKED ones are independent Poisson(a) numbers, and the long-run share BOOKED is 1/(1 + a): a server that turns away
whoever comes while it is busy (Erlang's loss formula, one server). The r-th BOOKED attempt (from 0) has the index
r + Poisson(r a). With capacity c this goes on until c are BOOKED.

Exponential window, capacity for all. The number of fresh attempts goes up at the rate of arrivals, and from f to 0
at the rate f/window. It is 0 for the share 1/Σ_k Π_{i≤k} a/(a + i) of the time, and every return to 0 is one
BOOKED, so that is the long-run share BOOKED as well.
"""

from collections import defaultdict
from itertools import accumulate
from math import exp, fsum, log

from lastseat.reference.store import Policy
from lastseat.simulations.sweeps.points import Point, SweepLaw

Means = tuple[float | None, float | None, float | None]

MOST_TERMS = 1_000_000  # of a sum; a longer one takes too long to stand beside a sample


def long_run_booked_share(law: SweepLaw, load: float) -> float | None:
    """Return the share BOOKED of ever more attempts, with capacity for all; None where no formula is known."""
    if law is SweepLaw.FIXED_WINDOW:
        return 1 / (1 + load)
    if law is not SweepLaw.EXPONENTIAL_WINDOW:
        return None
    total, term, count = 1.0, 1.0, 0
    while term > total * 1e-17:
        count += 1
        term *= load / (load + count)
        total += term
    return 1 / total


def exact_means(point: Point) -> Means:
    """Return the mean numbers BOOKED, REJECTED and FAILED of a point in time, None where no formula is known.

    Floats; the sums are of positive terms, so the error is near the last of 12 digits. Under capacity-first and
    exponential windows only the mean BOOKED is known, unless there is capacity for all.
    """
    if point.load is None or _terms(point) > MOST_TERMS:
        return None, None, None
    if point.capacity == 0 or point.attempts == 0:
        return 0.0, float(point.attempts), 0.0
    if point.law is SweepLaw.FIXED_WINDOW:
        booked, rejected = _fixed_window(point, point.load)
    else:
        booked, rejected = _exponential_window(point, point.load)
        if point.policy is Policy.CAPACITY_FIRST and point.capacity < point.attempts:
            return booked, None, None
    return booked, rejected, point.attempts - booked - rejected


def _terms(point: Point) -> int:
    """Return about how many terms the sums of a point have."""
    if point.law is SweepLaw.FIXED_WINDOW:
        return point.attempts * min(point.capacity, point.attempts)
    return point.attempts**2 * (point.capacity if point.capacity < point.attempts else 1)


def _fixed_window(point: Point, load: float) -> tuple[float, float]:
    attempts, most = point.attempts, min(point.capacity, point.attempts)
    booked = fsum(_poisson(before * load, attempts - 1 - before)[-1] for before in range(most))
    if point.capacity >= attempts:
        return booked, 0.0
    # Version-first, REJECTED are those after the persist that used up the capacity: the first of them has the index
    # of the next BOOKED, were there room. Capacity-first, those that are stale by then as well.
    stale = most if point.policy is Policy.VERSION_FIRST else most - 1
    return booked, fsum(_poisson(stale * load, attempts - 1 - most))


def _poisson(mean: float, most: int) -> list[float]:
    """Return the probabilities that a Poisson number of this mean is at most 0, 1, …, `most`."""
    if mean == 0:
        return [1.0] * (most + 1)
    # By logarithms, because exp(-mean) may underflow where later terms do not.
    logarithms = accumulate((log(mean) - log(count) for count in range(1, most + 1)), initial=-mean)
    return [min(1.0, chance) for chance in accumulate(map(exp, logarithms))]


def _exponential_window(point: Point, load: float) -> tuple[float, float]:
    """Follow, from arrival to arrival, how likely each pair (BOOKED so far, fresh now) is."""
    booked = rejected = 0.0
    takes = int(point.capacity < point.attempts)  # with capacity for all, nobody needs to count
    now: dict[tuple[int, int], float] = {(0, 0): 1.0}
    for arrival in range(point.attempts):
        later: defaultdict[tuple[int, int], float] = defaultdict(float)
        last = arrival == point.attempts - 1
        for (taken, fresh), chance in now.items():
            if taken == point.capacity:
                rejected += chance * (point.attempts - arrival)
                continue
            # One of the fresh persists before the next arrival, or else the next attempt arrives first.
            persists = 1.0 if last or not load else (fresh + 1) / (load + fresh + 1)
            booked += chance * persists
            later[taken + takes, 0] += chance * persists
            later[taken, fresh + 1] += chance * (1 - persists)
        now = later
    return booked, rejected
