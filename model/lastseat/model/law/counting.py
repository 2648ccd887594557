"""The exact law by counting schedules in integers: either policy, and any number of attempts in flight.

Every schedule has an integer weight, the product of those of its steps (`Schedules.weight`), so the probability of a
mix is a sum of integers over another. Nothing is divided before the end. The booking that fills the resource decides
the rest, so the chain is only followed up to there.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from lastseat.model.law.schedules import Schedules
from lastseat.model.searches.readable import Mix
from lastseat.model.world import Policy


class Lump(NamedTuple):
    """How many attempts are idle, fresh, stale and BOOKED; of one unit each, the others are FAILED."""

    idle: int
    fresh: int
    stale: int
    booked: int


def counted(capacity: int, schedules: Schedules, policy: Policy) -> dict[Mix, Fraction]:
    """Return the exact probability of each mix of attempts of one unit, without faults."""
    attempts = schedules.attempts
    weights: Counter[Mix] = Counter()
    level = Counter({Lump(attempts, 0, 0, 0): 1})
    while level:
        following: Counter[Lump] = Counter()
        for lump, weight in level.items():
            idle, fresh, stale, booked = lump
            if booked == capacity or not idle + fresh + stale:
                mix = decided(attempts, lump, policy)
                weights[mix] += weight * schedules.completions(idle, fresh + stale)
                continue
            each = weight * schedules.weight(idle, fresh + stale)
            for times, after in onward(lump, schedules):
                following[after] += each * times
        level = following
    total = schedules.completions(attempts, 0)
    return {mix: Fraction(weight, total) for mix, weight in weights.items()}


def onward(lump: Lump, schedules: Schedules) -> Iterator[tuple[int, Lump]]:
    """Yield what a step leads to where units are left, and how many attempts can take it."""
    idle, fresh, stale, booked = lump
    if schedules.enabled(idle, fresh + stale) > fresh + stale:
        yield idle, Lump(idle - 1, fresh + 1, stale, booked)
    if fresh:
        yield fresh, Lump(idle, 0, stale + fresh - 1, booked + 1)
    if stale:
        yield stale, Lump(idle, fresh, stale - 1, booked)


def decided(attempts: int, lump: Lump, policy: Policy) -> Mix:
    """Return the mix in which every run ends from a lump that is full or where everybody has ended.

    Who has not observed sees the last version, and is REJECTED for want of capacity. Who is stale is FAILED, unless
    capacity is asked for first. Clause: persist.order
    """
    rejected = lump.idle + lump.fresh + (lump.stale if policy is Policy.CAPACITY_FIRST else 0)
    return lump.booked, rejected, attempts - lump.booked - rejected
