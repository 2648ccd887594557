"""The lumped chain, step by step: this is the definition, and what every faster computation is held to.

It knows of each kind of attempts, those that ask for the same units, only how many are idle, fresh and stale.
It says everything: unequal units, a limit on attempts in flight, faults. Why that is exact: `outcomes`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from lastseat.model.law.faults import NO_FAULTS, FaultRates
from lastseat.model.law.schedules import Schedules
from lastseat.model.searches.readable import Mix
from lastseat.model.world import Outcome, Policy


class Kind(NamedTuple):
    """How many attempts of one kind have not observed, hold the current version, and hold an older one."""

    idle: int
    fresh: int = 0
    stale: int = 0


class Lump(NamedTuple):
    """What the worlds of one lump have in common: the kinds, the confirmed units, and how many ended how.

    Whoever crashed is in no number any more.
    """

    kinds: tuple[Kind, ...]
    confirmed: int = 0
    ended: Mix = (0, 0, 0)


@dataclass(frozen=True)
class Chain:
    """The chain of attempts in kinds: `units` says for each kind how many units one of its attempts asks for."""

    capacity: int
    units: tuple[int, ...]
    schedules: Schedules
    policy: Policy
    faults: FaultRates = NO_FAULTS

    def law(self, members: tuple[int, ...]) -> dict[Mix, Fraction]:
        """Return the probability of each mix, given how many attempts each kind has."""
        level, mass = {Lump(tuple(map(Kind, members))): Fraction(1)}, defaultdict[Mix, Fraction](Fraction)
        while level:
            following = defaultdict[Lump, Fraction](Fraction)
            for lump, probability in level.items():
                if not any(map(sum, lump.kinds)):
                    mass[lump.ended] += probability
                for chance, after in self.onward(lump):
                    following[after] += probability * chance
            level = following
        return dict(mass)

    def onward(self, lump: Lump) -> Iterator[tuple[Fraction, Lump]]:
        """Yield what one step may lead to, with its probability; nothing where every attempt has ended."""
        idle = sum(kind.idle for kind in lump.kinds)
        flying = sum(kind.fresh + kind.stale for kind in lump.kinds)
        observing = self.schedules.observing(idle, flying) if idle else Fraction(0)
        persisting = self.schedules.persisting(idle, flying) if flying else Fraction(0)
        for which, kind in enumerate(lump.kinds):
            for chance, steps in (
                (observing * kind.idle / max(idle, 1), self._observe(lump, which)),
                (persisting * kind.fresh, self._persist(lump, which, stale=False)),
                (persisting * kind.stale, self._persist(lump, which, stale=True)),
            ):
                if chance:
                    yield from ((chance * each, after) for each, after in steps if each)

    def _observe(self, lump: Lump, which: int) -> Iterator[tuple[Fraction, Lump]]:
        """Yield what an observe may lead to. Clauses: observe.stale, observe.unavailable"""
        unavailable = Fraction(self.faults.unavailable)
        idle, fresh, stale = lump.kinds[which]
        yield unavailable, _ended(_changed(lump, which, Kind(idle - 1, fresh, stale)), Outcome.FAILED)
        yield 1 - unavailable, _changed(lump, which, Kind(idle - 1, fresh + 1, stale))

    def _persist(self, lump: Lump, which: int, *, stale: bool) -> Iterator[tuple[Fraction, Lump]]:
        """Yield what a persist may lead to.

        Clauses: persist.order, persist.effect, fault.crash, fault.unavailable, fault.acknowledgement_lost
        """
        idle, fresh, old = lump.kinds[which]
        gone = _changed(lump, which, Kind(idle, fresh, old - 1) if stale else Kind(idle, fresh - 1, old))
        crash, unavailable, lost = (Fraction(rate) for rate in self.faults)
        yield crash, gone
        yield (1 - crash) * unavailable, _ended(gone, Outcome.FAILED)
        answered = (1 - crash) * (1 - unavailable)
        confirmed = lump.confirmed + self.units[which]
        refused = refusal(self.policy, stale=stale, over=confirmed > self.capacity)
        if refused:
            yield answered, _ended(gone, refused)
            return
        aged = tuple(Kind(kind.idle, 0, kind.fresh + kind.stale) for kind in gone.kinds)
        yield answered * lost, _ended(Lump(aged, confirmed, gone.ended), Outcome.FAILED)
        yield answered * (1 - lost), _ended(Lump(aged, confirmed, gone.ended), Outcome.BOOKED)


def refusal(policy: Policy, *, stale: bool, over: bool) -> Outcome | None:
    """Return the outcome of a proposal that is stale or does not fit, or None where it is accepted.

    Clause: persist.order
    """
    refusals = [(stale, Outcome.FAILED), (over, Outcome.REJECTED)]
    if policy is Policy.CAPACITY_FIRST:
        refusals.reverse()
    return next((outcome for applies, outcome in refusals if applies), None)


def _changed(lump: Lump, which: int, kind: Kind) -> Lump:
    return lump._replace(kinds=(*lump.kinds[:which], kind, *lump.kinds[which + 1 :]))


def _ended(lump: Lump, outcome: Outcome) -> Lump:
    booked, rejected, failed = lump.ended
    match outcome:
        case Outcome.BOOKED:
            return lump._replace(ended=(booked + 1, rejected, failed))
        case Outcome.REJECTED:
            return lump._replace(ended=(booked, rejected + 1, failed))
        case Outcome.FAILED:
            return lump._replace(ended=(booked, rejected, failed + 1))
