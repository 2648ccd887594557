"""The samplers have the law that they name, and one seed means the same numbers for ever.

Clauses: persist.order, persist.version
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model.arrays import Integers, np
from lastseat.model.law.outcomes import outcomes
from lastseat.model.searches.readable import Mix
from lastseat.reference.flawed import ignores_version
from lastseat.reference.implementation import MEMORY
from lastseat.reference.store import Policy
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.chain import chain_mixes
from lastseat.simulations.sweeps.chunks import Chunk, run_chunk
from lastseat.simulations.sweeps.executed import IMPLEMENTATIONS, Remembered, draw_schedules, execute, executed_mixes
from lastseat.simulations.sweeps.points import Point, Sampler, SweepLaw

Fits = Callable[[Mapping[Mix, int], Mapping[Mix, Fraction]], bool]
UNTIMED = (SweepLaw.UNIFORM, SweepLaw.WALK)
both_laws = pytest.mark.parametrize("law", UNTIMED)
both_policies = pytest.mark.parametrize("policy", Policy)


def bits(seed: int, *key: str) -> Bits:
    return Bits(seed, key, 0)


@both_laws
@both_policies
@pytest.mark.parametrize(("attempts", "capacity"), [(1, 1), (2, 1), (3, 0), (3, 1), (3, 2), (3, 3), (4, 2)])
def test_the_vectorised_sampler_has_the_law_of_the_real_code_over_all_schedules(
    exact: Callable[..., dict[Mix, Fraction]], fits: Fits, law: SweepLaw, policy: Policy, attempts: int, capacity: int
) -> None:
    counts = chain_mixes(Point(attempts, capacity, law, policy), 60_000, bits(1))

    assert fits(counts, exact(attempts, capacity, law, policy))


def test_the_vectorised_sampler_has_the_law_that_merged_exploration_counts(fits: Fits) -> None:
    seen = explore_merged(contention(6, 3), MEMORY)

    counts = chain_mixes(Point(6, 3), 100_000, bits(2))

    assert seen.complete
    assert fits(counts, {mix: Fraction(ways, seen.interleavings) for mix, ways in seen.outcomes.items()})


@both_laws
@both_policies
def test_the_vectorised_sampler_has_the_exact_law_of_the_model_for_many_attempts(
    fits: Fits, law: SweepLaw, policy: Policy
) -> None:
    exactly = outcomes(30, 4, law, policy).mass

    counts = chain_mixes(Point(30, 4, law, policy), 60_000, bits(3))

    assert fits(counts, exactly)


def test_the_order_of_checks_changes_failed_and_rejected_and_not_booked() -> None:
    def shares(policy: Policy) -> tuple[float, float]:
        counts = chain_mixes(Point(40, 5, policy=policy), 50_000, bits(4))
        return tuple(sum(mix[at] * runs for mix, runs in counts.items()) / 2e6 for at in (0, 2))

    assert shares(Policy.VERSION_FIRST) == pytest.approx((0.125, 0.764), abs=0.002)
    assert shares(Policy.CAPACITY_FIRST) == pytest.approx((0.125, 0.389), abs=0.002)


@both_laws
@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_schedules_are_drawn_with_the_probability_that_the_law_says(
    schedules: Callable[[int], Iterator[tuple[tuple[int, ...], Fraction]]], fits: Fits, law: SweepLaw, attempts: int
) -> None:
    chances = dict(schedules(attempts))
    if law is SweepLaw.UNIFORM:
        chances = {steps: Fraction(1, len(chances)) for steps in chances}

    drawn = Counter(map(tuple, draw_schedules(attempts, law, 100_000, bits(5)).tolist()))

    assert fits(drawn, chances)


@both_laws
@both_policies
@pytest.mark.parametrize(("attempts", "capacity"), [(1, 0), (3, 2), (5, 2), (6, 9)])
def test_remembered_steps_give_run_by_run_what_executing_the_real_code_gives(
    law: SweepLaw, policy: Policy, attempts: int, capacity: int
) -> None:
    scenario, implementation = contention(attempts, capacity), IMPLEMENTATIONS[policy]
    remembered = Remembered(scenario, implementation)
    drawn = draw_schedules(attempts, law, 400, bits(6)).tolist()

    apart = [next(iter(remembered.mixes([schedule]))) for schedule in drawn]

    assert apart == [execute(scenario, implementation, schedule) for schedule in drawn]
    assert remembered.mixes(drawn) == Counter(apart)


def test_each_distinct_step_is_performed_once_however_many_schedules_pass_it() -> None:
    remembered = Remembered(contention(3, 2), MEMORY)
    drawn = draw_schedules(3, SweepLaw.UNIFORM, 20_000, bits(7)).tolist()

    remembered.mixes(drawn)
    performed = remembered.steps.performed
    remembered.mixes(drawn)

    assert performed == explore_merged(contention(3, 2), MEMORY, symmetry=False).executions
    assert remembered.steps.performed == performed


def test_a_reference_that_breaks_a_clause_is_not_sampled_on() -> None:
    drawn = draw_schedules(3, SweepLaw.UNIFORM, 500, bits(8)).tolist()

    with pytest.raises(ExplorationError, match=r"^schedule [0-9.]+ of attempts-3-capacity-2: "):
        Remembered(contention(3, 2), ignores_version.IMPLEMENTATION).mixes(drawn)


@both_laws
def test_both_samplers_agree_where_the_reference_is_executed_each_time(fits: Fits, law: SweepLaw) -> None:
    point = Point(8, 3, law, sampler=Sampler.REFERENCE)

    assert fits(executed_mixes(point, 2_000, bits(9)), outcomes(8, 3, law).mass)


@pytest.mark.parametrize(
    ("sampler", "law"), [*product(Sampler, UNTIMED), (Sampler.VECTORISED, SweepLaw.FIXED_WINDOW)]
)
@pytest.mark.parametrize(
    ("attempts", "capacity", "mix"), [(0, 0, (0, 0, 0)), (0, 5, (0, 0, 0)), (4, 0, (0, 4, 0)), (1, 9, (1, 0, 0))]
)
def test_no_attempts_no_capacity_and_more_of_it_than_attempts_are_defined(
    sampler: Sampler, law: SweepLaw, attempts: int, capacity: int, mix: Mix
) -> None:
    times = (1.0, 2.0) if law is SweepLaw.FIXED_WINDOW else (None, None)
    point = Point(attempts, capacity, law, Policy.VERSION_FIRST, sampler, *times)

    assert run_chunk(Chunk(point, 0, 7, 1)) == {mix: 7}


@given(
    st.integers(1, 40), st.integers(0, 50), st.sampled_from(list(SweepLaw)), st.sampled_from(Policy), st.integers(0)
)
@settings(deadline=None, max_examples=60)
def test_every_attempt_has_one_outcome_and_no_seat_is_sold_twice(
    attempts: int, capacity: int, law: SweepLaw, policy: Policy, seed: int
) -> None:
    """Clause: emit.one"""
    times = () if law in UNTIMED else (1.0, 2.0)
    point = Point(attempts, capacity, law, policy, Sampler.VECTORISED, *times)

    mixes = run_chunk(Chunk(point, 0, 30, seed % 2**64))

    assert mixes.total() == 30
    for booked, rejected, failed in mixes:
        assert booked + rejected + failed == attempts
        assert min(1, capacity) <= booked <= capacity
        assert min(rejected, failed) >= 0
        assert not rejected or booked == capacity


def test_numbers_below_a_bound_are_exactly_uniform(fits: Fits) -> None:
    # Words of 32 bits are scaled to 3 * 2**30 numbers: without a second draw every third comes twice as often.
    bound, even = 3 << 30, {(place, 0, 0): Fraction(1, 3) for place in range(3)}
    words = np.random.PCG64(10).random_raw(60_000) >> np.uint64(32)

    def thirds(drawn: Integers) -> Counter[Mix]:
        return Counter((place, 0, 0) for place in (drawn % 3).tolist())

    assert fits(thirds(bits(10).below(bound, 60_000)), even)
    assert not fits(thirds(((words * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)), even)


@pytest.mark.parametrize("bounds", [1, 2, 7, 2**31, 3 << 30])
def test_numbers_below_a_bound_are_below_it(bounds: int) -> None:
    drawn = bits(11).below(bounds, 5_000)
    each = bits(11).below(np.full(5_000, bounds, np.int64), 5_000)

    assert drawn.min() >= 0
    assert drawn.max() < bounds
    assert (drawn == each).all()


def test_one_seed_means_the_same_numbers_with_every_numpy() -> None:
    assert bits(7, "a").below(1000, 6).tolist() == [264, 663, 584, 782, 456, 370]
    assert dict(run_chunk(Chunk(Point(3, 2), 0, 1000, 7))) == {(2, 1, 0): 65, (2, 0, 1): 540, (1, 0, 2): 395}
    assert dict(run_chunk(Chunk(Point(3, 2, SweepLaw.WALK, sampler=Sampler.REFERENCE), 4, 1000, 7))) == {
        (2, 1, 0): 171,
        (2, 0, 1): 606,
        (1, 0, 2): 223,
    }


def test_points_chunks_and_seeds_have_streams_of_their_own() -> None:
    streams = [Bits(seed, key, chunk) for seed in (0, 1) for key in (("1", "23"), ("12", "3")) for chunk in (0, 1)]

    words = {tuple(stream.below(1 << 31, 4).tolist()) for stream in streams}

    assert len(words) == 8
