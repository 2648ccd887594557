"""The law of outcomes: known closed forms as fractions, the edges, and what is refused.

Clause: persist.order
"""

from fractions import Fraction
from math import comb, factorial, nan, pi, prod, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.law.outcomes import FaultRates, Law, ScheduleLaw, outcomes
from lastseat.model.law.renewal import phase
from lastseat.model.world import Outcome, Policy

BOOKED, REJECTED, FAILED = Outcome
CERTAIN = Fraction(1)


def ramanujan_q(attempts: int) -> Fraction:
    """1 + (n-1)/n + (n-1)(n-2)/n**2 + …: the mean number of people until two share one of n birthdays, less 1."""
    return sum(
        (Fraction(factorial(attempts), factorial(attempts - one) * attempts**one) for one in range(1, attempts + 1)),
        Fraction(0),
    )


# --- closed forms -----------------------------------------------------------------------------------------------


def test_three_attempts_on_two_seats_split_their_90_schedules_into_6_48_and_36() -> None:
    law = outcomes(3, 2)

    assert {mix: mass * 90 for mix, mass in law.mass.items()} == {(2, 1, 0): 6, (2, 0, 1): 48, (1, 0, 2): 36}


@pytest.mark.parametrize("attempts", range(2, 13))
def test_that_all_are_booked_and_that_only_one_is_has_a_closed_form(attempts: int) -> None:
    uniform, walk = (outcomes(attempts, attempts, law).mass for law in ScheduleLaw)
    all_booked, one_booked = (attempts, 0, 0), (1, 0, attempts - 1)

    assert uniform[all_booked] == Fraction(1, prod(range(1, 2 * attempts, 2)))
    assert walk[all_booked] == Fraction(1, factorial(attempts))
    assert uniform[one_booked] == Fraction(2**attempts, comb(2 * attempts, attempts))
    assert walk[one_booked] == Fraction(factorial(attempts), attempts**attempts)


@pytest.mark.parametrize("attempts", range(1, 13))
def test_on_one_seat_the_mean_number_of_failures_has_a_closed_form(attempts: int) -> None:
    uniform, walk = (outcomes(attempts, 1, law).mean()[FAILED] for law in ScheduleLaw)

    assert uniform == Fraction(4**attempts, comb(2 * attempts, attempts)) - 2
    assert walk == ramanujan_q(attempts) - 1


def test_the_two_laws_of_schedules_are_different_laws_of_outcomes() -> None:
    uniform, walk = (outcomes(10, 5, law).share()[BOOKED] for law in ScheduleLaw)

    assert (round(float(uniform), 3), round(float(walk), 3)) == (0.324, 0.397)


def test_which_check_comes_first_changes_who_fails_and_not_who_is_booked() -> None:
    version_first, capacity_first = (outcomes(40, 5, policy=policy) for policy in Policy)

    assert round(float(version_first.share()[FAILED]), 3) == 0.764
    assert round(float(capacity_first.share()[FAILED]), 3) == 0.389
    assert version_first.marginal(BOOKED) == capacity_first.marginal(BOOKED)


def test_with_seats_for_all_the_mean_number_booked_grows_like_two_roots_of_n_over_pi() -> None:
    means = [0.0]
    for idle in range(1, 1601):
        chances = phase(idle, ScheduleLaw.UNIFORM, float)
        means.append(1 + sum(chance * mean for chance, mean in zip(chances, means, strict=True)))

    assert means[200] == pytest.approx(outcomes(200, 200, exact=False).mean()[BOOKED], rel=1e-12)
    assert round(means[1600], 2) == 44.78
    assert means[1600] == pytest.approx(2 * sqrt(1600 / pi), rel=0.01)


# --- the edges --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("law", ScheduleLaw)
def test_the_edges_are_defined(law: str, policy: str, exact: bool) -> None:
    def masses(attempts: int, capacity: int) -> dict[tuple[int, int, int], float]:
        return {mix: float(mass) for mix, mass in outcomes(attempts, capacity, law, policy, exact=exact).mass.items()}

    assert masses(0, 0) == masses(0, 3) == {(0, 0, 0): 1}
    assert masses(4, 0) == {(0, 4, 0): 1}
    assert masses(1, 1) == {(1, 0, 0): 1}
    assert masses(5, 5) == masses(5, 6) == masses(5, 10**30)


def test_of_no_attempts_every_share_is_nothing() -> None:
    law = outcomes(0, 1)

    assert law.mean() == law.variance() == law.share() == dict.fromkeys(Outcome, Fraction(0))
    assert law.marginal(FAILED) == {0: CERTAIN}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("law", ScheduleLaw)
def test_one_attempt_in_flight_at_a_time_never_fails(law: str, policy: str) -> None:
    assert outcomes(6, 4, law, policy, in_flight=1).mass == {(4, 2, 0): CERTAIN}


def test_a_limit_that_nobody_meets_is_none() -> None:
    free = outcomes(5, 3)

    assert outcomes(5, 3, in_flight=5) == outcomes(5, 3, in_flight=9) == free
    assert outcomes(5, 3, in_flight=4) != free


def test_certain_faults_leave_nothing_to_chance() -> None:
    assert outcomes(4, 2, faults=FaultRates(crash=1)).mass == {(0, 0, 0): CERTAIN}
    assert outcomes(4, 2, faults=FaultRates(unavailable=1)).mass == {(0, 0, 4): CERTAIN}
    assert outcomes(1, 1, faults=FaultRates(acknowledgement_lost=1)).mass == {(0, 0, 1): CERTAIN}


def test_equal_units_are_seats_of_that_size() -> None:
    assert outcomes(5, 11, units=[4]).mass == outcomes(5, 11, units=[4] * 5).mass == outcomes(5, 2).mass


# --- the result -------------------------------------------------------------------------------------------------


def test_a_law_tells_means_variances_shares_and_marginals() -> None:
    law = outcomes(3, 2)  # (2, 1, 0): 6/90, (2, 0, 1): 48/90, (1, 0, 2): 36/90

    assert law.marginal(BOOKED) == {1: Fraction(2, 5), 2: Fraction(3, 5)}
    assert law.mean() == {BOOKED: Fraction(8, 5), REJECTED: Fraction(1, 15), FAILED: Fraction(4, 3)}
    assert law.variance() == {BOOKED: Fraction(6, 25), REJECTED: Fraction(14, 225), FAILED: Fraction(16, 45)}
    assert law.share() == {BOOKED: Fraction(8, 15), REJECTED: Fraction(1, 45), FAILED: Fraction(4, 9)}
    assert list(law.mass) == [(2, 1, 0), (2, 0, 1), (1, 0, 2)]


@settings(deadline=None, max_examples=40)
@given(
    attempts=st.integers(1, 9),
    capacity=st.integers(0, 9),
    law=st.sampled_from(ScheduleLaw),
    policy=st.sampled_from(Policy),
    limit=st.none() | st.integers(1, 9),
)
def test_every_law_has_all_its_mass_on_mixes_that_can_be(
    attempts: int, capacity: int, law: str, policy: str, limit: int | None
) -> None:
    found = outcomes(attempts, capacity, law, policy, in_flight=limit)

    assert sum(found.mass.values()) == sum(found.share().values()) == 1
    assert all(sum(mix) == attempts and min(mix) >= 0 and mix[0] <= capacity for mix in found.mass)
    assert all(mix[0] == capacity for mix in found.mass if mix[1])


@pytest.mark.parametrize("missing", [Fraction(1, 10**30), -Fraction(1, 10**30)])
def test_a_law_whose_masses_do_not_sum_to_one_is_refused(missing: Fraction) -> None:
    with pytest.raises(ValueError, match=r"must sum to 1 within 0\.0e\+00"):
        Law(1, 1, ScheduleLaw.WALK, Policy.VERSION_FIRST, {(1, 0, 0): CERTAIN - missing})


def test_a_law_in_floats_is_refused_beyond_its_error() -> None:
    mass = {(1, 0, 0): 1 - 1e-12}

    assert Law(1, 1, ScheduleLaw.WALK, Policy.VERSION_FIRST, mass, error=2e-12).mass == mass
    with pytest.raises(ValueError, match="must sum to 1"):
        Law(1, 1, ScheduleLaw.WALK, Policy.VERSION_FIRST, mass, error=5e-13)


# --- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"attempts": -1}, "attempts must be an integer of at least 0, not -1"),
        ({"attempts": 2.0}, "attempts must be an integer of at least 0, not 2.0"),
        ({"attempts": True}, "attempts must be an integer of at least 0, not True"),
        ({"capacity": -(10**5000)}, "capacity must be an integer of at least 0, not a number beyond 2**128"),
        ({"in_flight": 0}, "in_flight must be an integer of at least 1, not 0"),
        ({"law": "random"}, "law must be uniform or walk, not 'random'"),
        ({"law": ["uniform"]}, "law must be uniform or walk, not ['uniform']"),
        ({"policy": "first"}, "policy must be version-first or capacity-first, not 'first'"),
        ({"units": [1, 0, 1]}, "units must be an integer of at least 1, not 0"),
        ({"units": [1, 2]}, "units must be 1 number or 3, one for each attempt, not 2 numbers"),
        ({"units": []}, "units must be 1 number or 3, one for each attempt, not 0 numbers"),
        ({"faults": FaultRates(crash=Fraction(3, 2))}, "crash must be a probability from 0 to 1, not Fraction(3, 2)"),
        ({"faults": FaultRates(unavailable=nan)}, "unavailable must be a probability from 0 to 1, not nan"),
        ({"faults": FaultRates(crash=-1)}, "crash must be a probability from 0 to 1, not -1"),
        (
            {"faults": FaultRates(acknowledgement_lost=0.1)},
            "acknowledgement_lost must be a fraction for an exact law, such as Fraction('0.1'), not 0.1",
        ),
        (
            {"attempts": 900, "capacity": 900, "policy": "capacity-first", "exact": False},
            "900 attempts at capacity 900 would need 10.9 GB in floats, and more than 1 GB are not used",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(arguments: dict[str, object], line: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole line is compared
        outcomes(**{"attempts": 3, "capacity": 2, **arguments})

    assert str(refused.value) == line
