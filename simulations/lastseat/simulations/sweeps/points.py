"""What is sampled: one point of a sweep, and grids of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import isfinite
from typing import TypeVar

from lastseat.reference.store import Policy
from lastseat.simulations.bookings.scenario import MOST_GENERATED_ATTEMPTS, MOST_UNITS
from lastseat.simulations.common.text import number, quoted

MOST_ATTEMPTS = 1_000_000
MOST_POINTS = 100_000
MOST_LOAD = 1_000_000_000
KEYS = ("attempts", "capacity", "law", "policy", "sampler", "rate", "window")


class SweepLaw(StrEnum):
    """How likely each schedule is.

    `uniform`: every interleaving is equally likely. `walk`: the next step is that of an attempt drawn uniformly
    among the unfinished. The model has these two as well. In the others attempts arrive in time, as a Poisson
    process, observe when they arrive, and persist when their window has passed: the same for all, or exponential
    and independent.
    """

    UNIFORM = "uniform"
    WALK = "walk"
    FIXED_WINDOW = "fixed-window"
    EXPONENTIAL_WINDOW = "exponential-window"


TIMED = (SweepLaw.FIXED_WINDOW, SweepLaw.EXPONENTIAL_WINDOW)


class Sampler(StrEnum):
    """What runs: the counts of attempts in each state, many runs at once, or the reference implementation."""

    VECTORISED = "vectorised"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Point:
    """`attempts` attempts of one unit on one resource of `capacity` units, under one law and one policy.

    `rate` (arrivals per unit of time, above 0) and `window` (mean time from observe to persist, at least 0) are
    given for the timed laws and for no other. Raises ValueError, in one line, for anything else.
    """

    attempts: int
    capacity: int
    law: SweepLaw = SweepLaw.UNIFORM
    policy: Policy = Policy.VERSION_FIRST
    sampler: Sampler = Sampler.VECTORISED
    rate: float | None = None
    window: float | None = None

    def __post_init__(self) -> None:
        most = MOST_GENERATED_ATTEMPTS if self.sampler is Sampler.REFERENCE else MOST_ATTEMPTS
        _integer("attempts", self.attempts, most)
        _integer("capacity", self.capacity, MOST_UNITS)
        for name, kind in (("law", SweepLaw), ("policy", Policy), ("sampler", Sampler)):
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"{name} must be one of {', '.join(kind)}, not {number(getattr(self, name))}")
        if self.law in TIMED:
            self._check_times()
        elif (self.rate, self.window) != (None, None):
            raise ValueError(f"the law {self.law} knows no rate and no window; {' and '.join(TIMED)} do")

    def _check_times(self) -> None:
        if self.sampler is Sampler.REFERENCE:
            raise ValueError(f"the sampler reference knows the laws uniform and walk, not {self.law}")
        for name, value, least in (("rate", self.rate, "above 0"), ("window", self.window, "of at least 0")):
            right = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
            if not right or value < 0 or (name == "rate" and value == 0):  # type: ignore[operator]
                raise ValueError(f"{name} must be a number {least} for the law {self.law}, not {number(value)}")
        if self.load is None or self.load > MOST_LOAD:
            raise ValueError(f"rate times window must be at most {MOST_LOAD}, not {self.rate} * {self.window}")

    @property
    def load(self) -> float | None:
        """Return rate times window, the mean number of attempts between observe and persist; None where untimed."""
        return None if self.rate is None or self.window is None else float(self.rate) * float(self.window)

    def key(self) -> tuple[str, ...]:
        """Return the texts that tell this point from every other, the same on every machine."""
        times = ("" if time is None else float(time).hex() for time in (self.rate, self.window))
        return (str(self.attempts), str(self.capacity), self.law, self.policy, self.sampler, *times)

    def __str__(self) -> str:
        times = "" if self.load is None else f" with rate {self.rate:g} and window {self.window:g}"
        return f"{self.attempts} on {self.capacity}, {self.law}{times}, {self.policy}"


def grid(
    attempts: Iterable[int],
    capacities: Iterable[int],
    laws: Iterable[SweepLaw] = (SweepLaw.UNIFORM,),
    policies: Iterable[Policy] = (Policy.VERSION_FIRST,),
    sampler: Sampler = Sampler.VECTORISED,
    times: Iterable[tuple[float, float]] = (),
) -> tuple[Point, ...]:
    """Return the points of a grid, each once; `times` are pairs of rate and window, for the timed laws.

    Raises ValueError when a point is none, or when there are none or too many.
    """
    sides = tuple(attempts), tuple(capacities), tuple(laws), tuple(policies)
    pairs = tuple(times)
    size = len(sides[0]) * len(sides[1]) * len(sides[2]) * len(sides[3]) * max(1, len(pairs))
    if size > MOST_POINTS:
        raise ValueError(f"a sweep has at most {MOST_POINTS} points, not {size}")
    if pairs and not any(law in TIMED for law in sides[2]):
        raise ValueError(f"rate and window are for the laws {' and '.join(TIMED)}, and none of them is in the sweep")
    points = [
        Point(many, capacity, law, policy, sampler, rate, window)
        for many, capacity, law, policy in product(*sides)
        for rate, window in ((pairs or ((None, None),)) if law in TIMED else ((None, None),))
    ]
    if not points:
        raise ValueError("a sweep has at least one point, not 0")
    return tuple(dict.fromkeys(points))


Value = TypeVar("Value")


def parse_grid(text: str) -> tuple[Point, ...]:
    """Return the points that a text like `attempts=2..5,100 capacity=1,5 law=uniform,walk` names.

    Further keys: `policy`, `sampler`, `rate`, `window`; every rate is paired with every window. `2..5` is 2, 3,
    4, 5. Raises ValueError, in one line that names key and value.
    """
    sides: dict[str, list[str]] = {}
    for part in text.split():
        key, equals, values = part.partition("=")
        if not equals or key not in KEYS:
            raise ValueError(f"sweep: {quoted(part)} is none of {'=, '.join(KEYS)}= with values after it")
        if key in sides:
            raise ValueError(f"sweep: {key} is there twice")
        sides[key] = values.split(",")
    for key in ("attempts", "capacity"):
        if key not in sides:
            raise ValueError(f"sweep: {key}= is missing")
    sampler = _listed(sides, "sampler", Sampler, Sampler.VECTORISED)
    if len(sampler) > 1:
        raise ValueError(f"sweep: sampler takes one value, not {len(sampler)}")
    rates, windows = _listed(sides, "rate", float), _listed(sides, "window", float)
    if bool(rates) != bool(windows):
        raise ValueError("sweep: rate= and window= come together")
    return grid(
        [number for part in sides["attempts"] for number in _range("attempts", part)],
        [number for part in sides["capacity"] for number in _range("capacity", part)],
        _listed(sides, "law", SweepLaw, SweepLaw.UNIFORM),
        _listed(sides, "policy", Policy, Policy.VERSION_FIRST),
        sampler[0],
        tuple(product(rates, windows)),
    )


def _listed(sides: dict[str, list[str]], key: str, kind: Callable[[str], Value], *default: Value) -> Sequence[Value]:
    if key not in sides:
        return default
    try:
        return [kind(text) for text in sides[key]]
    except ValueError:
        known = f" ({', '.join(kind)})" if isinstance(kind, type) and issubclass(kind, StrEnum) else ""
        raise ValueError(f"sweep: {key}={quoted(','.join(sides[key]))} holds an unknown value{known}") from None


def _range(key: str, text: str) -> range:
    found = re.fullmatch(r"(\d{1,12})(?:\.\.(\d{1,12}))?", text, re.ASCII)
    if not found:
        raise ValueError(f"sweep: {key}={quoted(text)} is neither an integer nor a range like 2..5")
    first, last = int(found[1]), int(found[2] or found[1])
    if not 0 <= last - first < MOST_POINTS:
        raise ValueError(f"sweep: {key}={quoted(text)} must go up, by fewer than {MOST_POINTS}")
    return range(first, last + 1)


def _integer(name: str, value: object, most: int) -> None:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{name} must be an integer from 0 to {most}, not {number(value)}")
