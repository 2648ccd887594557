"""The law of outcomes is that of the real code, and of the model's steps taken one schedule at a time.

Clauses: persist.order, fault.crash, fault.unavailable, fault.acknowledgement_lost
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import permutations
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.law.outcomes import NO_FAULTS, FaultRates, outcomes
from lastseat.model.searches.readable import Mix, mix_of
from lastseat.model.steps import Transition, strike, take
from lastseat.model.world import Done, Fault, Policy, Request, System, Verdict, World
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.scenario import contention

Left: TypeAlias = tuple[int, ...]  # how many steps each attempt has left
Mass: TypeAlias = Mapping[Mix, Fraction]

IMPLEMENTATIONS = {Policy.VERSION_FIRST: MEMORY, Policy.CAPACITY_FIRST: CAPACITY_FIRST}


def able(left: Left, limit: int) -> list[int]:
    """The attempts that may step, where at most `limit` may have observed and not ended."""
    crowded = left.count(1) >= limit
    return [who for who, steps in enumerate(left) if steps == 1 or (steps == 2 and not crowded)]


def after(left: Left, who: int, steps: int) -> Left:
    return (*left[:who], steps, *left[who + 1 :])


@cache
def orders(left: Left, limit: int) -> int:
    """In how many orders the steps that are left can be taken."""
    return sum(orders(after(left, who, left[who] - 1), limit) for who in able(left, limit)) if any(left) else 1


def likely(law: str, left: Left, limit: int) -> Iterator[tuple[int, Fraction]]:
    """Which attempt is next, by the words that define the law."""
    candidates = able(left, limit)
    for who in candidates:
        if law == "walk":
            yield who, Fraction(1, len(candidates))
        else:
            yield who, Fraction(orders(after(left, who, left[who] - 1), limit), orders(left, limit))


def comes_of(
    system: System, step: Transition, left: Left, faults: FaultRates
) -> Iterator[tuple[Fraction, World, Left]]:
    """What becomes of a step of the model, faults included."""
    who = step.attempt
    crash, unavailable, lost = (Fraction(rate) for rate in faults)
    ended, going = after(left, who, 0), after(left, who, left[who] - 1)
    strikes = {one.verdict: one.after for one in strike(system, step)}
    tried = 1 - crash if step.action == "persist" else Fraction(1)
    yield 1 - tried, step.before, ended
    yield tried * unavailable, strikes[Verdict.STORE_UNAVAILABLE], ended
    answered = tried * (1 - unavailable)
    if Verdict.ACKNOWLEDGEMENT_LOST in strikes:
        yield answered * lost, strikes[Verdict.ACKNOWLEDGEMENT_LOST], ended
        answered *= 1 - lost
    yield answered, step.after, going


def by_schedules(system: System, law: str, limit: int | None = None, faults: FaultRates = NO_FAULTS) -> Mass:
    """The law by following every schedule of the model on its own, with its probability."""
    mass = defaultdict[Mix, Fraction](Fraction)
    pending = [(Fraction(1), system.initial(), (2,) * len(system.requests))]
    while pending:
        probability, world, left = pending.pop()
        if not any(left):
            mass[mix_of(tuple(one if isinstance(one, Done) else None for one in world.attempts))] += probability
        for who, chance in likely(law, left, limit or len(left)):
            step = take(system, world, who)
            assert step is not None
            pending += [
                (probability * chance * each, reached, remaining)
                for each, reached, remaining in comes_of(system, step, left, faults)
                if each
            ]
    return dict(mass)


def contended(units: tuple[int, ...], capacity: int, policy: Policy) -> System:
    requests = tuple(Request(f"b{which}", "seats", one) for which, one in enumerate(units))
    return System((("seats", capacity),), requests, policy, frozenset(Fault))


def by_the_code(implementation: Implementation, attempts: int, capacity: int, units: tuple[int, ...]) -> Mass:
    """The share of all interleavings of the real code that end in each mix."""
    seen = explore_merged(contention(attempts, capacity, units), implementation)
    assert seen.complete
    return {mix: Fraction(count, seen.interleavings) for mix, count in seen.outcomes.items()}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("attempts", range(1, 7))
def test_the_uniform_law_counts_all_interleavings_of_the_real_code_at_every_capacity(
    attempts: int, policy: Policy
) -> None:
    for capacity in range(attempts + 2):
        counted = by_the_code(IMPLEMENTATIONS[policy], attempts, capacity, (1,))

        assert outcomes(attempts, capacity, "uniform", policy).mass == counted


@settings(deadline=None, max_examples=20)
@given(
    units=st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple),
    capacity=st.integers(0, 12),
    policy=st.sampled_from(Policy),
)
def test_the_law_of_unequal_units_counts_all_interleavings_of_the_real_code(
    units: tuple[int, ...], capacity: int, policy: Policy
) -> None:
    counted = by_the_code(IMPLEMENTATIONS[policy], len(units), capacity, units)

    assert outcomes(len(units), capacity, "uniform", policy, units=units).mass == counted


@pytest.mark.parametrize("law", ["uniform", "walk"])
@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("attempts", [1, 2, 3, 4])
def test_each_law_weighs_every_schedule_of_the_model_as_it_says(attempts: int, policy: Policy, law: str) -> None:
    for capacity in range(attempts + 2) if attempts < 4 else (1, 2):
        followed = by_schedules(contended((1,) * attempts, capacity, policy), law)

        assert outcomes(attempts, capacity, law, policy).mass == followed


@settings(deadline=None, max_examples=25)
@given(
    units=st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple),
    capacity=st.integers(0, 8),
    law=st.sampled_from(["uniform", "walk"]),
    policy=st.sampled_from(Policy),
    limit=st.integers(1, 4),
)
def test_a_limit_in_flight_weighs_the_schedules_that_keep_it(
    units: tuple[int, ...], capacity: int, law: str, policy: Policy, limit: int
) -> None:
    followed = by_schedules(contended(units, capacity, policy), law, limit)

    assert outcomes(len(units), capacity, law, policy, in_flight=limit, units=units).mass == followed


RATES = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 10), Fraction(1)])


@settings(deadline=None, max_examples=25)
@given(
    units=st.lists(st.integers(1, 2), min_size=1, max_size=3).map(tuple),
    capacity=st.integers(0, 4),
    law=st.sampled_from(["uniform", "walk"]),
    policy=st.sampled_from(Policy),
    limit=st.none() | st.integers(1, 2),
    faults=st.builds(FaultRates, RATES, RATES, RATES),
)
def test_faults_strike_in_every_schedule_of_the_model_with_their_probability(
    units: tuple[int, ...], capacity: int, law: str, policy: Policy, limit: int | None, faults: FaultRates
) -> None:
    followed = by_schedules(contended(units, capacity, policy), law, limit, faults)

    law_of_outcomes = outcomes(len(units), capacity, law, policy, in_flight=limit, units=units, faults=faults)

    assert law_of_outcomes.mass == followed


def turns(system: System, order: tuple[int, ...], faults: FaultRates) -> Mass:
    """The law when attempts take turns in this order, and whoever a fault ended lets the turn pass."""
    worlds = {(system.initial(), (2,) * len(system.requests)): Fraction(1)}
    for who in order:
        following = defaultdict[tuple[World, Left], Fraction](Fraction)
        for (world, left), probability in worlds.items():
            step = take(system, world, who) if left[who] else None
            if step is None:
                following[world, left] += probability
                continue
            for each, reached, remaining in comes_of(system, step, left, faults):
                following[reached, remaining] += probability * each
        worlds = following
    mass = defaultdict[Mix, Fraction](Fraction)
    for (world, _), probability in worlds.items():
        mass[mix_of(tuple(one if isinstance(one, Done) else None for one in world.attempts))] += probability
    return {mix: probability for mix, probability in mass.items() if probability}


@pytest.mark.parametrize("policy", Policy)
def test_under_faults_the_uniform_law_is_that_of_a_schedule_fixed_beforehand(policy: Policy) -> None:
    faults = FaultRates(crash=Fraction(1, 7), unavailable=Fraction(1, 5), acknowledgement_lost=Fraction(1, 3))
    schedules = sorted(set(permutations((0, 0, 1, 1, 2, 2))))
    mass = defaultdict[Mix, Fraction](Fraction)

    for order in schedules:
        for mix, probability in turns(contended((1, 1, 1), 1, policy), order, faults).items():
            mass[mix] += probability / len(schedules)

    assert len(schedules) == 90
    assert outcomes(3, 1, "uniform", policy, faults=faults).mass == mass
