"""What the tests of the sweeps share: exact laws of small scenarios, and a test of fit."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import sqrt
from statistics import NormalDist

import pytest

from lastseat.model.searches.readable import Mix
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY
from lastseat.reference.store import Policy
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.sweeps.executed import execute
from lastseat.simulations.sweeps.points import SweepLaw

SURPRISE = 1e-6  # how rarely a sampler with the right law fails: not once in this suite, whose seeds are fixed


@pytest.fixture(scope="session")
def schedules() -> Callable[[int], Iterator[tuple[tuple[int, ...], Fraction]]]:
    """Every schedule of so many attempts, with its probability where the next is drawn among the unfinished."""

    def every(attempts: int) -> Iterator[tuple[tuple[int, ...], Fraction]]:
        def extend(
            steps: tuple[int, ...], left: tuple[int, ...], chance: Fraction
        ) -> Iterator[tuple[tuple[int, ...], Fraction]]:
            live = [who for who in range(attempts) if left[who]]
            if not live:
                yield steps, chance
            for who in live:
                yield from extend((*steps, who), (*left[:who], left[who] - 1, *left[who + 1 :]), chance / len(live))

        return extend((), (2,) * attempts, Fraction(1))

    return every


@pytest.fixture(scope="session")
def exact(
    schedules: Callable[[int], Iterator[tuple[tuple[int, ...], Fraction]]],
) -> Callable[..., dict[Mix, Fraction]]:
    """The exact law of a small scenario: the real code along every schedule."""

    def law_of(attempts: int, capacity: int, law: SweepLaw, policy: Policy) -> dict[Mix, Fraction]:
        scenario = contention(attempts, capacity)
        implementation = MEMORY if policy is Policy.VERSION_FIRST else CAPACITY_FIRST
        mass: Counter[Mix] = Counter()
        for steps, chance in schedules(attempts):
            mass[execute(scenario, implementation, steps)] += chance if law is SweepLaw.WALK else 1
        total = sum(mass.values())
        return {mix: Fraction(weight) / total for mix, weight in mass.items()}

    return law_of


@pytest.fixture(scope="session")
def fits() -> Callable[[Mapping[Mix, int], Mapping[Mix, Fraction]], bool]:
    """Whether counts can be a sample of a law: Pearson's chi-square, rare cells together, by Wilson and Hilferty."""

    def do(counts: Mapping[Mix, int], law: Mapping[Mix, Fraction]) -> bool:
        runs = sum(counts.values())
        if not set(counts) <= set(law):
            return False  # something happened that cannot happen
        rare = [key for key in law if law[key] * runs < 5]
        cells = [(counts.get(key, 0), float(law[key] * runs)) for key in law if key not in rare]
        if rare:
            due = float(sum(law[key] for key in rare) * runs)
            cells.append((sum(counts.get(key, 0) for key in rare), max(due, 0.5)))
        if len(cells) == 1:
            return cells[0][0] == runs
        statistic, freedom = sum((seen - due) ** 2 / due for seen, due in cells), len(cells) - 1
        spread = 2 / (9 * freedom)
        return statistic <= freedom * (1 - spread + NormalDist().inv_cdf(1 - SURPRISE) * sqrt(spread)) ** 3

    return do
