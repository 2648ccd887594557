"""Attempts in time: the sampler against the real code, and against what is known exactly.

Clauses: persist.order, persist.version
"""

from math import exp, sqrt

import pytest

from lastseat.model.arrays import np
from lastseat.reference.store import Policy
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.chunks import Sampled
from lastseat.simulations.sweeps.estimates import estimates
from lastseat.simulations.sweeps.executed import IMPLEMENTATIONS, execute
from lastseat.simulations.sweeps.points import TIMED, Point, SweepLaw
from lastseat.simulations.sweeps.timed import draw_times, outcomes_in_time, timed_mixes
from lastseat.simulations.sweeps.timed_exact import exact_means, long_run_booked_share

FAR = 5  # standard errors: with the right means and fixed seeds, never met here
both_windows = pytest.mark.parametrize("law", TIMED)
both_policies = pytest.mark.parametrize("policy", Policy)


def point(attempts: int, capacity: int, law: SweepLaw, load: float, policy: Policy = Policy.VERSION_FIRST) -> Point:
    return Point(attempts, capacity, law, policy, rate=1.0, window=load)


def sampled(one: Point, runs: int, seed: int = 1) -> Sampled:
    return Sampled(one, timed_mixes(one, runs, Bits(seed, one.key(), 0)))


@both_windows
@both_policies
@pytest.mark.parametrize(("attempts", "capacity"), [(1, 1), (6, 0), (6, 2), (12, 12)])
def test_outcomes_in_time_are_those_of_the_real_code_in_that_order(
    law: SweepLaw, policy: Policy, attempts: int, capacity: int
) -> None:
    observed, persisted = draw_times(point(attempts, capacity, law, 2.0), 100, Bits(3, ("real",), 0))

    booked, rejected = outcomes_in_time(observed, persisted, capacity, policy)

    scenario = contention(attempts, capacity)
    for run in range(100):
        order = (np.argsort(np.concatenate([observed[run], persisted[run]])) % attempts).tolist()
        mix = execute(scenario, IMPLEMENTATIONS[policy], order)
        assert (booked[run], rejected[run]) == mix[:2]


@both_windows
@both_policies
@pytest.mark.parametrize(
    ("attempts", "capacity", "load"),
    [
        (20, 20, 1.0),
        (20, 20, 7.5),
        (30, 4, 1.5),
        (30, 4, 0.0),
        (40, 1, 3.0),
        (25, 24, 0.2),
        (1, 1, 9.0),
        (200, 200, 4.0),
    ],
)
def test_the_sampled_means_are_the_exact_ones(
    law: SweepLaw, policy: Policy, attempts: int, capacity: int, load: float
) -> None:
    one = point(attempts, capacity, law, load, policy)

    for estimate, exact in zip(estimates(sampled(one, 8_000)), exact_means(one), strict=True):
        assert estimate.mean is not None
        assert estimate.variance is not None
        if exact is not None:
            assert abs(float(estimate.mean) - exact) <= FAR * sqrt(estimate.variance / estimate.runs) + 1e-9


def test_the_exact_means_differ_by_more_than_the_test_forgives() -> None:
    near = exact_means(point(30, 4, SweepLaw.FIXED_WINDOW, 1.5))
    far = exact_means(point(30, 4, SweepLaw.EXPONENTIAL_WINDOW, 1.5))
    other = exact_means(point(30, 4, SweepLaw.FIXED_WINDOW, 1.5, Policy.CAPACITY_FIRST))
    failed = estimates(sampled(point(30, 4, SweepLaw.FIXED_WINDOW, 1.5), 8_000))[2]

    assert failed.variance is not None
    reach = FAR * sqrt(failed.variance / failed.runs)
    for wrong in (far, other):
        assert near[2] is not None
        assert wrong[2] is not None
        assert abs(near[2] - wrong[2]) > 5 * reach


@both_windows
@pytest.mark.parametrize("load", [0.0, 0.1, 1.0, 5.0])
def test_the_exact_mean_of_many_attempts_is_the_long_run_share(law: SweepLaw, load: float) -> None:
    long_run = long_run_booked_share(law, load)
    means = [exact_means(point(attempts, attempts, law, load))[0] for attempts in (400, 800)]

    assert long_run is not None
    # What the start and the end add does not grow with the number of attempts.
    assert means[0] is not None
    assert means[1] is not None
    assert means[1] - means[0] == pytest.approx(400 * long_run, rel=1e-9)


def test_the_long_run_shares_of_load_one_have_closed_forms() -> None:
    assert long_run_booked_share(SweepLaw.FIXED_WINDOW, 1.0) == 1 / 2
    assert long_run_booked_share(SweepLaw.EXPONENTIAL_WINDOW, 1.0) == pytest.approx(1 / (exp(1) - 1), rel=1e-15)
    assert long_run_booked_share(SweepLaw.UNIFORM, 1.0) is None


@pytest.mark.parametrize("load", [1e-300, 1e-9, 900.0, 1e9])
@both_windows
def test_extreme_loads_have_exact_means(law: SweepLaw, load: float) -> None:
    booked, rejected, failed = exact_means(point(50, 50, law, load))

    assert booked is not None
    assert failed is not None
    assert 1 <= booked <= 50
    assert (rejected, booked + failed) == (0, pytest.approx(50))
    assert booked == pytest.approx(50 if load < 1 else 1, abs=3)


def test_only_rate_times_window_decides() -> None:
    seconds = Point(20, 5, SweepLaw.FIXED_WINDOW, rate=2.0, window=1.5)
    minutes = Point(20, 5, SweepLaw.FIXED_WINDOW, rate=0.5, window=6.0)

    assert seconds.load == minutes.load == 3.0
    assert timed_mixes(seconds, 500, Bits(1, ("",), 0)) == timed_mixes(minutes, 500, Bits(1, ("",), 0))


def test_with_capacity_for_all_an_attempt_fails_just_when_another_booked_within_its_window() -> None:
    observed, persisted = draw_times(point(15, 15, SweepLaw.EXPONENTIAL_WINDOW, 3.0), 200, Bits(5, ("",), 0))

    booked, rejected = outcomes_in_time(observed, persisted, 15, Policy.VERSION_FIRST)

    assert not rejected.any()
    for run in range(200):
        effects: list[float] = []
        for who in np.argsort(persisted[run]):
            if not any(observed[run, who] < effect for effect in effects):
                effects.append(float(persisted[run, who]))
        assert booked[run] == len(effects)


def test_points_without_a_formula_say_so() -> None:
    assert exact_means(Point(5, 2)) == (None, None, None)
    assert exact_means(point(10_000, 10_000, SweepLaw.FIXED_WINDOW, 1.0)) == (None, None, None)
    booked, *others = exact_means(point(9, 2, SweepLaw.EXPONENTIAL_WINDOW, 1.0, Policy.CAPACITY_FIRST))
    assert booked == pytest.approx(exact_means(point(9, 2, SweepLaw.EXPONENTIAL_WINDOW, 1.0))[0])
    assert others == [None, None]
