"""The laws of outcomes against enumeration: every schedule with its probability, and every history in time.

The attempts are followed one by one here, each with the version that it saw; the project lumps them together. The
arithmetic is in fractions, but for fixed windows, where the probabilities are Poisson's.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import exp, factorial, isclose
from typing import Any, TypeAlias

from fuzz.hunting import Target
from hypothesis import strategies as st

from lastseat.model.law.outcomes import FaultRates, outcomes
from lastseat.reference.store import Policy
from lastseat.simulations.sweeps.points import Point, SweepLaw
from lastseat.simulations.sweeps.timed_exact import exact_means

__all__ = ["LAWS", "Fraction", "InTime", "Race"]

Mix: TypeAlias = tuple[int, int, int]
Means: TypeAlias = tuple[float | None, float | None, float | None]
IDLE, ENDED = "idle", "ended"  # an attempt between them is the version that it saw
VERSION_FIRST, CAPACITY_FIRST = map(str, Policy)


@dataclass(frozen=True, slots=True)
class Race:
    """Attempts for one resource; `faults` are the probabilities of crash, unavailable, acknowledgement lost."""

    units: tuple[int, ...]
    capacity: int
    law: str
    policy: str
    in_flight: int | None
    faults: tuple[Fraction, Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class InTime:
    """Attempts of one unit that arrive as a Poisson process; `load` is rate times window."""

    attempts: int
    capacity: int
    law: str
    policy: str
    load: Fraction


@dataclass(frozen=True, slots=True)
class Laws:
    """What is compared, so that a wrong one can stand in for each."""

    outcomes: Callable[..., Any] = outcomes
    exact_means: Callable[[Point], Means] = exact_means


# --- schedules ------------------------------------------------------------------------------------------------


def enumerated(race: Race) -> dict[Mix, Fraction]:
    """Return the probability of each mix: follow every schedule, attempt by attempt."""
    limit = race.in_flight or len(race.units)

    @cache
    def orders(idle: int, flying: int) -> int:
        """Return in how many orders so many attempts can take their remaining steps."""
        observing = idle * orders(idle - 1, flying + 1) if idle and flying < limit else 0
        persisting = flying * orders(idle, flying - 1) if flying else 0
        return observing + persisting or 1

    def chances(attempts: tuple[Any, ...]) -> Iterator[tuple[int, Fraction]]:
        """Yield who may step next, and how likely it is."""
        idle = attempts.count(IDLE)
        flying = len(attempts) - idle - attempts.count(ENDED)
        able = [who for who, at in enumerate(attempts) if at != ENDED and (at != IDLE or flying < limit)]
        for who in able:
            if race.law == "walk":
                yield who, Fraction(1, len(able))
            else:
                after = orders(idle - 1, flying + 1) if attempts[who] == IDLE else orders(idle, flying - 1)
                yield who, Fraction(after, orders(idle, flying))

    @cache
    def onward(attempts: tuple[Any, ...], confirmed: int, version: int) -> dict[Mix, Fraction]:
        found = Counter[Mix]()
        ended = True
        for who, chance in chances(attempts):
            ended = False
            for branch, at, more, outcome in _steps(race, attempts[who], race.units[who], confirmed, version):
                after = (*attempts[:who], at, *attempts[who + 1 :])
                for mix, mass in onward(after, confirmed + more, version + bool(more)).items():
                    counted = tuple(number + (place == outcome) for place, number in enumerate(mix))
                    found[counted] += chance * branch * mass  # type: ignore[assignment, index]
        return {(0, 0, 0): Fraction(1)} if ended else dict(found)  # type: ignore[arg-type]

    return {mix: mass for mix, mass in onward((IDLE,) * len(race.units), 0, 0).items() if mass}


def _steps(race: Race, at: Any, units: int, confirmed: int, version: int) -> Iterator[tuple[Fraction, Any, int, Any]]:
    """Yield each way in which a step can go: how likely, where the attempt is then, units confirmed, outcome."""
    crash, unavailable, lost = race.faults
    booked, rejected, failed = range(3)
    if at == IDLE:
        yield unavailable, ENDED, 0, failed
        yield 1 - unavailable, version, 0, None
        return
    yield crash, ENDED, 0, None
    yield (1 - crash) * unavailable, ENDED, 0, failed
    answered = (1 - crash) * (1 - unavailable)
    over, stale = confirmed + units > race.capacity, at != version
    if over and (race.policy == CAPACITY_FIRST or not stale):
        yield answered, ENDED, 0, rejected
    elif stale:
        yield answered, ENDED, 0, failed
    else:
        yield answered * lost, ENDED, units, failed
        yield answered * (1 - lost), ENDED, units, booked


def schedule_disagreement(race: Race, laws: Laws) -> str | None:
    """Return where the law of outcomes is not what enumeration gives."""
    options = {"in_flight": race.in_flight, "units": race.units, "faults": FaultRates(*race.faults)}
    due = enumerated(race)
    exact = laws.outcomes(len(race.units), race.capacity, race.law, race.policy, **options)
    if dict(exact.mass) != due:
        return f"exact {dict(exact.mass)}, enumerated {due}"
    options["faults"] = FaultRates(*map(float, race.faults))
    rates = FaultRates(*map(Fraction, options["faults"]))
    if rates != race.faults:  # a third is no float: then the law of the floats is asked for
        due = enumerated(Race(race.units, race.capacity, race.law, race.policy, race.in_flight, tuple(rates)))
    floats = laws.outcomes(len(race.units), race.capacity, race.law, race.policy, exact=False, **options)
    for mix in sorted({*due, *floats.mass}):
        mass, exactly = Fraction(floats.mass.get(mix, 0.0)), due.get(mix, Fraction(0))
        if abs(mass - exactly) > Fraction(floats.error) * exactly + Fraction(1, 10**300):
            return f"floats give {mix} {float(mass)!r}, enumerated {float(exactly)!r}, error {floats.error:.1e}"
    return None


# --- time -----------------------------------------------------------------------------------------------------


def exponential_means(case: InTime) -> tuple[Fraction, ...]:
    """Return the means of BOOKED, REJECTED and FAILED where windows are exponential: one event after the other."""

    @cache
    def onward(coming: int, fresh: int, stale: int, left: int) -> tuple[Fraction, ...]:
        means = [Fraction(0)] * 3
        if not coming + fresh + stale:
            return tuple(means)
        if not coming or (not case.load and fresh + stale):  # a window of no length is over before anyone arrives
            arrives, persists = Fraction(0), Fraction(1, fresh + stale)
        else:
            arrives = 1 / (1 + (fresh + stale) / case.load) if fresh + stale else Fraction(1)
            persists = (1 - arrives) / (fresh + stale) if fresh + stale else Fraction(0)
        branches = [(arrives, None, (coming - 1, fresh + 1, stale, left))]
        if left:
            branches.append((persists * fresh, booked, (coming, 0, fresh - 1 + stale, left - 1)))
        else:
            branches.append((persists * fresh, rejected, (coming, fresh - 1, stale, left)))
        turned_away = rejected if not left and case.policy == CAPACITY_FIRST else failed
        branches.append((persists * stale, turned_away, (coming, fresh, stale - 1, left)))
        for chance, outcome, after in branches:
            for place, mean in enumerate(onward(*after) if chance else ()):
                means[place] += chance * (mean + (place == outcome))
        return tuple(means)

    booked, rejected, failed = range(3)
    return onward(case.attempts, 0, 0, case.capacity)


def fixed_means(case: InTime) -> tuple[float, ...]:
    """Return the means where windows are fixed: who is BOOKED next is so many arrivals in one window later."""
    load = float(case.load)

    def arrivals(number: int) -> float:
        return exp(-load) * load**number / factorial(number)

    @cache
    def onward(index: int, left: int) -> tuple[float, float, float]:
        """Return the means from attempt `index` on, which finds nothing changed in its window."""
        rest = case.attempts - index
        if rest <= 0:
            return 0.0, 0.0, 0.0
        if not left:
            return 0.0, float(rest), 0.0
        if left == 1 and case.policy == CAPACITY_FIRST:
            return 1.0, rest - 1.0, 0.0
        total = [1.0, 0.0, 0.0]
        chances = [arrivals(number) for number in range(rest - 1)]
        for number, chance in enumerate(chances):
            later = onward(index + number + 1, left - 1)
            total = [so_far + chance * more for so_far, more in zip(total, later, strict=True)]
            total[2] += chance * number
        total[2] += (1 - sum(chances)) * (rest - 1)
        return total[0], total[1], total[2]

    return onward(0, case.capacity)


def time_disagreement(case: InTime, laws: Laws) -> str | None:
    """Return where the means of a point in time are not what enumeration gives. None is said of nothing."""
    law = SweepLaw(case.law)
    found = laws.exact_means(
        Point(case.attempts, case.capacity, law, Policy(case.policy), rate=1.0, window=float(case.load))
    )
    due = fixed_means(case) if law is SweepLaw.FIXED_WINDOW else tuple(map(float, exponential_means(case)))
    for outcome, mean, exactly in zip(("BOOKED", "REJECTED", "FAILED"), found, due, strict=True):
        if mean is not None and not isclose(mean, exactly, rel_tol=1e-9, abs_tol=1e-9):
            return f"mean {outcome} {mean!r}, enumerated {exactly!r}"
    return None


def disagreement(case: Race | InTime, laws: Laws = Laws()) -> str | None:
    """Return in one line what differs."""
    return schedule_disagreement(case, laws) if isinstance(case, Race) else time_disagreement(case, laws)


# --- the cases ------------------------------------------------------------------------------------------------

RATES = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1)])


@st.composite
def races(draw: st.DrawFn) -> Race:
    """Draw up to five attempts, fewer with units of their own or faults."""
    faults = draw(st.one_of(st.just((Fraction(0),) * 3), st.tuples(RATES, RATES, RATES)))
    equal = draw(st.booleans())
    most = 5 if equal and not any(faults) else 4 - all(faults)
    attempts = draw(st.integers(0, most))
    units = (draw(st.integers(1, 3)),) * attempts if equal else draw(st.tuples(*[st.integers(1, 3)] * attempts))
    in_flight = draw(st.one_of(st.none(), st.integers(1, 5)))
    law, policy = draw(st.sampled_from(["uniform", "walk"])), draw(st.sampled_from([VERSION_FIRST, CAPACITY_FIRST]))
    return Race(units, draw(st.integers(0, 7)), law, policy, in_flight, faults)


LOADS = st.one_of(
    st.just(Fraction(0)), st.fractions(0, 4, max_denominator=8), st.sampled_from([Fraction(40), Fraction(1, 1024)])
)
HISTORIES = st.builds(
    InTime,
    st.integers(0, 8),
    st.integers(0, 9),
    st.sampled_from([str(SweepLaw.FIXED_WINDOW), str(SweepLaw.EXPONENTIAL_WINDOW)]),
    st.sampled_from([VERSION_FIRST, CAPACITY_FIRST]),
    LOADS,
)

LAWS = Target("fuzz.laws", "LAWS", st.one_of(races(), races(), HISTORIES), disagreement)
