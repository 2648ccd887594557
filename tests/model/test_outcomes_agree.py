"""Every way to compute the law of outcomes says what the definition says, and floats are as near as they say."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.law.chain import Chain
from lastseat.model.law.counting import counted
from lastseat.model.law.fast import outcomes_fast
from lastseat.model.law.outcomes import NO_FAULTS, FaultRates, Law, outcomes
from lastseat.model.law.renewal import renewal
from lastseat.model.law.schedules import ScheduleLaw, Schedules
from lastseat.model.searches.readable import Mix
from lastseat.model.world import Policy

LAWS, POLICIES = st.sampled_from(ScheduleLaw), st.sampled_from(Policy)
RATES = st.fractions(0, 1, max_denominator=12)


def positive(mass: dict[Mix, Fraction]) -> dict[Mix, Fraction]:
    return {mix: each for mix, each in mass.items() if each}


def defined(
    attempts: int, capacity: int, schedules: Schedules, policy: Policy, faults: FaultRates = NO_FAULTS
) -> dict[Mix, Fraction]:
    return Chain(capacity, (1,), schedules, policy, faults).law((attempts,))


def worst(law: Law[float], mass: dict[Mix, Fraction]) -> Fraction:
    """The largest relative error of a float, of those that underflow did not touch."""
    return max(abs(Fraction(law.mass[mix]) / each - 1) for mix, each in mass.items() if each > Fraction("1e-280"))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 8), st.integers(0, 9), LAWS, POLICIES, st.none() | st.integers(1, 8))
def test_counting_schedules_says_what_the_definition_says(
    attempts: int, capacity: int, law: ScheduleLaw, policy: Policy, limit: int | None
) -> None:
    schedules = Schedules(attempts, law, limit)

    assert counted(capacity, schedules, policy) == defined(attempts, capacity, schedules, policy)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 14), st.integers(0, 15), LAWS)
def test_going_from_booking_to_booking_says_what_counting_says(
    attempts: int, capacity: int, law: ScheduleLaw
) -> None:
    schedules = Schedules(attempts, law)

    from_booking_to_booking = positive(renewal(attempts, capacity, law, Fraction))

    assert from_booking_to_booking == counted(capacity, schedules, Policy.VERSION_FIRST)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 5), st.integers(0, 6), LAWS, POLICIES, st.builds(FaultRates, RATES, RATES, RATES))
def test_faults_as_a_mixture_are_the_faults_of_the_definition(
    attempts: int, capacity: int, law: ScheduleLaw, policy: Policy, faults: FaultRates
) -> None:
    step_by_step = positive(defined(attempts, capacity, Schedules(attempts, law), policy, faults))

    assert outcomes(attempts, capacity, law, policy, faults=faults).mass == step_by_step


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 12), st.integers(0, 13), LAWS, POLICIES, st.none() | st.integers(1, 12))
def test_floats_are_within_their_stated_error(
    attempts: int, capacity: int, law: ScheduleLaw, policy: Policy, limit: int | None
) -> None:
    exact = outcomes(attempts, capacity, law, policy, in_flight=limit)

    floats = outcomes(attempts, capacity, law, policy, in_flight=limit, exact=False)

    assert floats.mass.keys() == exact.mass.keys()
    assert worst(floats, dict(exact.mass)) <= floats.error < 1e-13


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("law", ScheduleLaw)
def test_floats_of_forty_attempts_are_within_their_stated_error(law: ScheduleLaw, policy: Policy) -> None:
    for capacity, limit in ((5, None), (40, None), (9, 12)):
        exact = outcomes(40, capacity, law, policy, in_flight=limit)

        floats = outcomes(40, capacity, law, policy, in_flight=limit, exact=False)

        assert 0 < worst(floats, dict(exact.mass)) <= floats.error < 1e-12


@pytest.mark.parametrize("law", ScheduleLaw)
def test_both_computations_in_floats_agree_on_a_hundred_attempts(law: ScheduleLaw) -> None:
    for capacity in (7, 100):
        by_steps = outcomes_fast(capacity, Schedules(100, law), Policy.VERSION_FIRST)

        by_bookings = renewal(100, capacity, law, float)

        assert by_steps == pytest.approx({mix: by_bookings.get(mix, 0.0) for mix in by_steps}, rel=1e-11, abs=1e-300)
        assert {mix for mix, each in by_bookings.items() if each > 1e-280} <= by_steps.keys()


def test_the_masses_of_many_attempts_sum_to_one_within_the_stated_error() -> None:
    law = outcomes(120, 20, policy=Policy.CAPACITY_FIRST, exact=False)

    assert abs(sum(law.mass.values()) - 1) < law.error < 1e-11


@pytest.mark.parametrize("policy", Policy)
def test_floats_with_faults_are_within_their_stated_error(policy: Policy) -> None:
    faults = FaultRates(crash=Fraction(1, 8), unavailable=Fraction(1, 3), acknowledgement_lost=Fraction(1, 5))
    for limit in (None, 2):
        exact = outcomes(5, 2, policy=policy, faults=faults, in_flight=limit)

        floats = outcomes(5, 2, policy=policy, faults=faults, in_flight=limit, exact=False)

        assert floats.mass.keys() == exact.mass.keys()
        assert worst(floats, dict(exact.mass)) <= floats.error < 1e-13


def capacity_alone(attempts: int, capacity: int) -> Law[Fraction]:
    return outcomes(attempts, capacity, policy=Policy.CAPACITY_FIRST)


@pytest.mark.parametrize(
    "other",
    [lambda n, c: outcomes(n, c, "walk"), capacity_alone, lambda n, c: outcomes(n, c, in_flight=2)],
    ids=["another law", "another policy", "a limit"],
)
def test_what_is_asked_for_changes_the_answer(other: Callable[[int, int], Law[Fraction]]) -> None:
    assert other(4, 2).mass != outcomes(4, 2).mass
