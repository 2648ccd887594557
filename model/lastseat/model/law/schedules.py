"""The two laws of schedules, and how likely the next step is an observe.

`uniform`: every order in which the remaining steps can be taken is equally likely. `walk`: every attempt that can
step is equally likely to be next. At most `in_flight` attempts may be between observe and persist: while so many are,
no other one can observe. Under `uniform` the orders that keep this are equally likely; without a limit, an attempt is
next with probability its remaining steps / all remaining steps. An attempt that a fault ended has none left.

Both laws ask only how many attempts have not observed (*idle*) and how many have observed and not ended (*flying*).
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from math import lcm


class ScheduleLaw(StrEnum):
    """What is equally likely: whole interleavings, or the attempts that can take the next step."""

    UNIFORM = "uniform"
    WALK = "walk"


@dataclass(frozen=True)
class Schedules:
    """The schedules of `attempts` attempts of two steps under a law; `in_flight` None is no limit."""

    attempts: int
    law: ScheduleLaw
    in_flight: int | None = None

    def enabled(self, idle: int, flying: int) -> int:
        """Return how many attempts can step."""
        return flying + (idle if self._may_observe(flying) else 0)

    def observing(self, idle: int, flying: int) -> Fraction:
        """Return the probability that the next step is an observe; some attempt must be idle or flying."""
        if not idle or not self._may_observe(flying):
            return Fraction(0)
        return idle * self._chance(idle, flying, idle - 1, flying + 1)

    def persisting(self, idle: int, flying: int) -> Fraction:
        """Return the probability that the next step is the persist of one given flying attempt."""
        return self._chance(idle, flying, idle, flying - 1)

    def weight(self, idle: int, flying: int) -> int:
        """Return an integer in proportion to which a schedule is weighted by each of its steps."""
        return 1 if self.law is ScheduleLaw.UNIFORM else self._unit // self.enabled(idle, flying)

    def completions(self, idle: int, flying: int) -> int:
        """Return the sum, over all ways to take the remaining steps, of the product of their weights."""
        if self.law is ScheduleLaw.UNIFORM:
            return self._ways[idle][flying]
        total: int = self._unit ** (2 * idle + flying)
        return total

    def _may_observe(self, flying: int) -> bool:
        return self.in_flight is None or flying < self.in_flight

    def _chance(self, idle: int, flying: int, idle_after: int, flying_after: int) -> Fraction:
        if self.law is ScheduleLaw.WALK:
            return Fraction(1, self.enabled(idle, flying))
        if self.in_flight is None:
            return Fraction(1 + (idle_after < idle), 2 * idle + flying)
        return Fraction(self._ways[idle_after][flying_after], self._ways[idle][flying])

    @cached_property
    def _unit(self) -> int:
        return lcm(*range(1, self.attempts + 1))

    @cached_property
    def _ways(self) -> list[list[int]]:
        """Return, by idle and flying attempts, in how many orders the remaining steps can be taken."""
        ways: list[list[int]] = []
        for idle in range(self.attempts + 1):
            row = [ways[idle - 1][1] * idle if idle else 1]
            for flying in range(1, self.attempts - idle + 1):
                observes = idle * ways[idle - 1][flying + 1] if idle and self._may_observe(flying) else 0
                row.append(observes + flying * row[flying - 1])
            ways.append(row)
        return ways
