"""The joint law of how many attempts end BOOKED, REJECTED and FAILED, as a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import fsum
from types import MappingProxyType
from typing import Generic, TypeVar

from lastseat.model.law.schedules import ScheduleLaw
from lastseat.model.searches.readable import Mix
from lastseat.model.world import Outcome, Policy

Number = TypeVar("Number", Fraction, float)


@dataclass(frozen=True, slots=True)
class Law(Generic[Number]):
    """The joint law of (#BOOKED, #REJECTED, #FAILED) of `attempts` attempts at one resource of `capacity` units.

    `mass` holds the mixes of positive probability, most BOOKED first. In exact laws they are fractions and `error` is
    0. In floats each is within a factor 1 ± `error` of the true one, but for an absolute 1e-300 that underflow may
    take, and a mix that lost all its mass to that is missing. Attempts that crashed are in none of the three counts.

    Raises ValueError where the masses do not sum to 1 within `error`. Clause: emit.one
    """

    attempts: int
    capacity: int
    schedules: ScheduleLaw
    policy: Policy
    mass: Mapping[Mix, Number]
    error: float = 0.0

    def __post_init__(self) -> None:
        total = _sum(self.mass.values())
        # In floats, adding the masses exactly and rounding once is one rounding more.
        if abs(total - 1) > (self.error + 2**-53 if self.error else 0):
            raise ValueError(f"the masses of a law must sum to 1 within {self.error:.1e}, not to {float(total)!r}")
        # The class is frozen, so its own constructor is the only place where the order can be made canonical.
        kept = {mix: mass for mix, mass in sorted(self.mass.items(), reverse=True) if mass}
        object.__setattr__(self, "mass", MappingProxyType(kept))

    def marginal(self, outcome: Outcome) -> Mapping[int, Number]:
        """Return the probability of each number of attempts with that outcome, in ascending order."""
        place, found = _PLACES[outcome], dict[int, list[Number]]()
        for mix, mass in self.mass.items():
            found.setdefault(mix[place], []).append(mass)
        return {count: _sum(found[count]) for count in sorted(found)}

    def mean(self) -> Mapping[Outcome, Number]:
        """Return the expected number of attempts with each outcome."""
        return {outcome: _sum(mass * mix[at] for mix, mass in self.mass.items()) for outcome, at in _PLACES.items()}

    def variance(self) -> Mapping[Outcome, Number]:
        """Return the variance of the number of attempts with each outcome."""
        means = self.mean()
        return {
            outcome: _sum(mass * (mix[at] - means[outcome]) ** 2 for mix, mass in self.mass.items())
            for outcome, at in _PLACES.items()
        }

    def share(self) -> Mapping[Outcome, Number]:
        """Return the expected share of the attempts that has each outcome; of no attempts it is 0."""
        return {outcome: mean / max(self.attempts, 1) for outcome, mean in self.mean().items()}


_PLACES = {outcome: place for place, outcome in enumerate(Outcome)}


def _sum(values: Iterable[Number]) -> Number:
    """Return the sum; of floats the exact sum rounded once."""
    listed = list(values)
    return fsum(listed) if isinstance(listed[0], float) else sum(listed[1:], listed[0])


def rounded(times: int) -> float:
    """Return the relative error that so many roundings to nearest can add up to among positive numbers."""
    unit = times * 2**-53
    return unit / (1 - unit)
