"""What a sample says about the means: exact sums, and intervals over schedules.

The attempts of one schedule depend on each other, so they are no independent trials, and a binomial interval over
all attempts is wrong. The schedules are independent: the variance is taken over them.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

from lastseat.reference.values import Outcome
from lastseat.simulations.common.text import number
from lastseat.simulations.sweeps.chunks import Sampled

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """One outcome at one point, over `runs` schedules.

    `mean` and `variance` are of the number of attempts with that outcome in a schedule, exact for the sample (the
    variance divides by runs - 1). `share` is the mean divided by the attempts, and `low` to `high` its interval.
    What cannot be said is None: with no attempts the shares, with one run the variance.
    """

    outcome: Outcome
    runs: int
    mean: Fraction | None
    variance: Fraction | None
    share: float | None = None
    standard_error: float | None = None
    low: float | None = None
    high: float | None = None


def estimates(sampled: Sampled, confidence: float = CONFIDENCE) -> tuple[Estimate, ...]:
    """Return an estimate for BOOKED, REJECTED and FAILED. Raises ValueError for a confidence not between 0 and 1."""
    check_confidence(confidence)
    return tuple(_estimate(sampled, outcome, place, confidence) for place, outcome in enumerate(Outcome))


def check_confidence(confidence: object) -> float:
    """Return `confidence`; raises ValueError when it is no number between 0 and 1."""
    if not isinstance(confidence, float) or not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {number(confidence)}")
    return confidence


def _estimate(sampled: Sampled, outcome: Outcome, place: int, confidence: float) -> Estimate:
    runs, attempts = sampled.runs, sampled.point.attempts
    if runs == 0:
        return Estimate(outcome, 0, None, None)
    total = sum(mix[place] * many for mix, many in sampled.mixes.items())
    squares = sum(mix[place] ** 2 * many for mix, many in sampled.mixes.items())
    mean = Fraction(total, runs)
    variance = Fraction(squares * runs - total**2, runs * (runs - 1)) if runs > 1 else None
    share = float(mean / attempts) if attempts else None
    if share is None or variance is None:
        return Estimate(outcome, runs, mean, variance, share)
    error = sqrt(variance / runs) / attempts
    low, high = _interval(share, error, runs, confidence)
    return Estimate(outcome, runs, mean, variance, share, error, low, high)


def _interval(share: float, error: float, runs: int, confidence: float) -> tuple[float, float]:
    """Return the interval of a mean of shares: normal, by `statistics.NormalDist`.

    Where all runs were alike that would be one point, and would claim too much. What was never seen in so many runs
    has, at this confidence, a probability of at most 1 - (1 - confidence)**(1/runs), and there any share is possible.
    """
    if error == 0:
        unseen = 1 - (1 - confidence) ** (1 / runs)
        return share * (1 - unseen), share + (1 - share) * unseen
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return max(0.0, share - reach), min(1.0, share + reach)
