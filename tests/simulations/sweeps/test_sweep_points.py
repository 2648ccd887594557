"""Points and grids: what may be asked for, and one clear line for everything else."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.reference.store import Policy
from lastseat.simulations.sweeps.chunks import Chunk, Plan, Sampled, run_chunk
from lastseat.simulations.sweeps.estimates import estimates
from lastseat.simulations.sweeps.points import Point, Sampler, SweepLaw, grid, parse_grid


def test_a_grid_is_every_combination_once() -> None:
    points = parse_grid("attempts=2..4,3 capacity=1,9 law=uniform,walk policy=version-first,capacity-first")

    assert len(points) == 3 * 2 * 2 * 2
    assert points[0] == Point(2, 1)
    assert points[-1] == Point(4, 9, SweepLaw.WALK, Policy.CAPACITY_FIRST)


def test_times_go_with_the_timed_laws_alone() -> None:
    points = parse_grid("attempts=2 capacity=1 law=uniform,fixed-window rate=0.5,2 window=1,3")

    assert [(one.law, one.load) for one in points] == [
        (SweepLaw.UNIFORM, None),
        *((SweepLaw.FIXED_WINDOW, load) for load in (0.5, 1.5, 2.0, 6.0)),
    ]


def test_the_reference_can_be_swept_too() -> None:
    assert parse_grid("attempts=3 capacity=2 sampler=reference") == (Point(3, 2, sampler=Sampler.REFERENCE),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "attempts= is missing"),
        ("attempts=2", "capacity= is missing"),
        ("attempts=2 capacity=-1", '"-1" is neither an integer nor a range'),
        ("attempts=two capacity=1", '"two" is neither'),
        ("attempts=5..2 capacity=1", '"5..2" must go up'),
        ("attempts=0..999999999999 capacity=1", "must go up, by fewer than 100000"),
        ("attempts=0..9999 capacity=0..9999", "at most 100000 points, not 100000000"),
        ("attempts=2 attempts=3 capacity=1", "attempts is there twice"),
        ("attempts=2 capacity=1 seats=4", '"seats=4" is none of attempts=, capacity='),
        ("attempts=2 capacity=1 law", '"law" is none of'),
        ("attempts=2 capacity=1 law=fair", r'law="fair" holds an unknown value \(uniform, walk, fixed-window'),
        ("attempts=2 capacity=1 policy=first", r'policy="first" holds an unknown value \(version-first'),
        ("attempts=2 capacity=1 sampler=vectorised,reference", "sampler takes one value, not 2"),
        ("attempts=2 capacity=1 rate=1", "rate= and window= come together"),
        ("attempts=2 capacity=1 rate=x window=1 law=fixed-window", 'rate="x" holds an unknown value'),
        ("attempts=2 capacity=1 rate=1 window=1", "none of them is in the sweep"),
        ("attempts=2 capacity=1 law=fixed-window", "rate must be a number above 0"),
        ("attempts=2 capacity=1 law=fixed-window rate=0 window=1", "rate must be a number above 0 .* not 0.0"),
        (
            "attempts=2 capacity=1 law=fixed-window rate=1 window=-1",
            "window must be a number of at least 0 .* not -1.0",
        ),
        ("attempts=2 capacity=1 law=fixed-window rate=nan window=1", "rate must be .* not nan"),
        ("attempts=2 capacity=1 law=fixed-window rate=1e200 window=1e200", "must be at most 1000000000, not 1e.200"),
        ("attempts=1000001 capacity=1", "attempts must be an integer from 0 to 1000000, not 1000001"),
        ("attempts=65 capacity=1 sampler=reference", "attempts must be an integer from 0 to 64, not 65"),
        (
            "attempts=2 capacity=1 law=fixed-window sampler=reference rate=1 window=1",
            "reference knows the laws uniform",
        ),
    ],
)
def test_a_grid_that_is_none_is_one_clear_line(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        parse_grid(text)

    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"attempts": True}, "attempts must be an integer .* not True"),
        ({"attempts": 2.0}, "attempts must be an integer .* not 2.0"),
        ({"capacity": -1}, "capacity must be an integer .* not -1"),
        ({"law": "uniform"}, "law must be one of uniform, walk, .* not 'uniform'"),
        ({"policy": None}, "policy must be one of version-first, capacity-first, not None"),
        ({"rate": 1.0}, "the law uniform knows no rate and no window"),
        ({"law": SweepLaw.FIXED_WINDOW, "rate": "1", "window": 1}, "rate must be a number above 0 .* not '1'"),
    ],
)
def test_a_point_that_is_none_is_one_clear_line(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Point(**{"attempts": 2, "capacity": 1, **arguments})


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"runs": 0}, "runs must be an integer from 1 to"),
        ({"runs": 1.5}, "runs must be an integer .* not 1.5"),
        ({"runs": 10**16}, "runs must be an integer"),
        ({"runs": 10**15}, "chunks, more than 1000000"),
        ({"seed": -1}, r"seed must be an integer from 0 to 2\*\*64 - 1, not -1"),
        ({"seed": 2**64}, "seed must be"),
        ({"chunk_runs": 0}, "chunk_runs must be an integer from 1"),
        ({"points": ()}, "at least one point"),
        ({"points": (Point(2, 1), Point(2, 1))}, "each once"),
    ],
)
def test_a_plan_that_is_none_is_one_clear_line(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Plan(**{"points": (Point(2, 1),), "runs": 10, "seed": 1, **arguments})


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, float("nan"), 1])
def test_a_confidence_is_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence must be between 0 and 1"):
        estimates(Sampled(Point(2, 1)), confidence)


@given(st.text(st.sampled_from("attempscyrlwo=,. 0123456789-fixdunorm_einfa²"), max_size=60))
@settings(deadline=None, max_examples=200)
def test_no_text_is_worse_than_a_value_error(text: str) -> None:
    for grid_text in (text, f"attempts=2 capacity=1 {text}", f"attempts=2 capacity=1 rate={text} window={text}"):
        with suppress(ValueError):
            assert parse_grid(grid_text)


def test_an_empty_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one point"):
        grid([], [1])


def test_chunks_cover_all_runs_once() -> None:
    plan = Plan((Point(2, 1), Point(100, 5)), 1_000_001, 1)

    for point in plan.points:
        chunks = [plan.chunk(point, index) for index in range(plan.count(point))]
        assert sum(one.runs for one in chunks) == plan.runs
        assert {one.runs for one in chunks[:-1]} <= {plan.size(point)}
        assert len({one.index for one in chunks}) == len(chunks)


def test_the_fingerprint_of_a_sweep_changes_with_all_that_decides_its_numbers() -> None:
    plans = [
        Plan((Point(2, 1),), 10, 1),
        Plan((Point(2, 1),), 11, 1),
        Plan((Point(2, 1),), 10, 2),
        Plan((Point(2, 1),), 10, 1, chunk_runs=5),
        Plan((Point(2, 2),), 10, 1),
        Plan((Point(2, 1, SweepLaw.WALK),), 10, 1),
    ]

    assert len({plan.fingerprint() for plan in plans}) == len(plans)
    assert plans[0].fingerprint() == "34f89e66615e9359"


def test_a_chunk_of_another_revision_is_refused() -> None:
    with pytest.raises(ValueError, match="draws by revision 1, the sweep by 2: versions differ"):
        run_chunk(Chunk(Point(2, 1), 0, 1, 1, revision=2))
