"""Faults that strike at random, and why they only mix the laws of fewer attempts.

Whether an attempt crashes, or meets a store that does not answer, does not depend on the schedule, and it then has
no effect: nobody else can tell that it was there. Its steps drop out of the schedule, and the rest has the same law
(`uniform`: steps in uniform order, some taken away, are in uniform order; `walk`: each attempt steps when a
memoryless clock of its own rings, whoever else is there). So the attempts that no fault strikes have the law without
faults, of fewer attempts. An acknowledgement is lost after the effect: it turns BOOKED into FAILED and no more.

All this needs that no attempt waits for another to leave: with a limit in flight it is `chain` that counts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import comb
from typing import NamedTuple

from lastseat.model.law.joint import Number, rounded
from lastseat.model.searches.readable import Mix


class FaultRates(NamedTuple):
    """The probability of each fault, each drawn independently of the schedule and of the others.

    An attempt that has observed crashes instead of its persist with probability `crash`. At each observe and at each
    persist that is tried the store is `unavailable`: FAILED, without an effect. Of an effective persist the answer is
    lost with probability `acknowledgement_lost`: FAILED, with its effect. An answer without an effect that is lost
    looks like a store that does not answer, as in `steps.strike`.
    Clauses: fault.crash, fault.unavailable, fault.acknowledgement_lost, observe.unavailable
    """

    crash: Fraction | float = Fraction(0)
    unavailable: Fraction | float = Fraction(0)
    acknowledgement_lost: Fraction | float = Fraction(0)


NO_FAULTS = FaultRates()


def with_faults(
    attempts: int,
    faults: FaultRates,
    law_of: Callable[[int], Mapping[Mix, Number]],
    number: Callable[[Fraction], Number],
) -> dict[Mix, Number]:
    """Return the law under faults, given the law without faults of each number of attempts up to `attempts`."""
    crash, unavailable, lost = (Fraction(rate) for rate in faults)
    crashing = (1 - unavailable) * crash
    sound = (1 - unavailable) * (1 - crash) * (1 - unavailable)
    mass = defaultdict[Mix, Number](lambda: number(Fraction(0)))
    for spared in range(attempts + 1):
        hit = attempts - spared
        chance = comb(attempts, spared) * sound**spared
        if not chance:
            continue
        shared = [(failed, number(chance * each)) for failed, each in _binomial(hit, 1 - sound - crashing, crashing)]
        for (booked, rejected, failed), probability in law_of(spared).items():
            for unanswered, each in _binomial(booked, lost, 1 - lost):
                thinned = probability * number(each)
                for unavailable_to, weight in shared:
                    mix = booked - unanswered, rejected, failed + unanswered + unavailable_to
                    mass[mix] += thinned * weight
    return dict(mass)


def faults_error(attempts: int) -> float:
    """Return the relative error that `with_faults` adds in floats.

    A term is the product of three rounded numbers. At most (attempts + 1) ** 2 of them add up to one mass.
    """
    return rounded(5 + (attempts + 1) ** 2)


def _binomial(trials: int, chance: Fraction, other: Fraction) -> Iterator[tuple[int, Fraction]]:
    """Yield each number of successes, with its term of (chance + other) ** trials where that is not 0."""
    for count in range(trials + 1):
        term = comb(trials, count) * chance**count * other ** (trials - count)
        if term:
            yield count, term
