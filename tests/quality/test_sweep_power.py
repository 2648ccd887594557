"""The tests of the samplers bite: a sampler with one thing wrong does not pass for the right one."""

import inspect
from collections import Counter
from fractions import Fraction

import pytest

from lastseat.model.law.outcomes import outcomes
from lastseat.model.searches.readable import Mix
from lastseat.reference.store import Policy
from lastseat.simulations.sweeps import chain
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.points import Point, SweepLaw

RUNS = 50_000
FLAWS = {
    "the walk is uniform": ("if uniform", "if True"),
    "every attempt weighs the same": ("2 * waiting if uniform else waiting", "waiting"),
    "nobody gets stale": ("fresh *= ~books", "pass"),
    "everybody gets stale, whatever took effect": ("fresh *= ~books", "fresh *= ~fresh_persists"),
    "one seat too many": ("booked >= point.capacity", "booked > point.capacity"),
    "the policies are swapped": ("~observes if capacity_first", "~observes if not capacity_first"),
    "an attempt that ends stays": ("unfinished -= ~observes", "unfinished -= 0"),
}


def sampled(source: str, point: Point) -> Counter[Mix]:
    """Run the sampler that this source of `_batch` makes."""
    names = dict(vars(chain))
    exec(source, names)  # noqa: S102  # our own source, with one thing changed
    booked, rejected = names["_batch"](point, RUNS, Bits(1, point.key(), 0))
    return Counter(chain.counted(point.attempts, booked, rejected))


def is_far(counts: Counter[Mix], law: dict[Mix, Fraction]) -> bool:
    """Whether some mix is ten standard errors from its probability, or cannot happen at all."""
    if not set(counts) <= set(law):
        return True
    return any(
        abs(counts[mix] - float(mass) * RUNS) > 10 * (float(mass * (1 - mass)) * RUNS + 1) ** 0.5
        for mix, mass in law.items()
    )


@pytest.mark.parametrize(("right", "wrong"), FLAWS.values(), ids=FLAWS)
def test_a_sampler_with_one_thing_wrong_is_far_from_the_law(right: str, wrong: str) -> None:
    source = inspect.getsource(chain._batch)
    assert right in source

    far = []
    for law in (SweepLaw.UNIFORM, SweepLaw.WALK):
        for policy in Policy:
            exactly = dict(outcomes(5, 2, law, policy).mass)
            point = Point(5, 2, law, policy)
            assert not is_far(sampled(source, point), exactly)
            far.append(is_far(sampled(source.replace(right, wrong), point), exactly))

    assert any(far)
