"""Is a concurrent history explained by doing the bookings one at a time?

A history is linearizable when its attempts can be put in one order, each at a moment between its first and its
last step, such that the one-step specification (`lastseat.model.atomic`) gives every outcome. An attempt that
FAILED is left out, and one whose acknowledgement was lost may be put in or left out. (Herlihy and Wing 1990.)

Two deciders, written independently and compared in the tests: `linearizable` looks at one finished history,
`Monitor` follows all histories that lead to a state at once. Clause: history.linearizable
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from lastseat.model.atomic import book
from lastseat.model.world import Done, Outcome, Request, Reservation, Verdict
from lastseat.simulations.exploration import Vector
from lastseat.simulations.faults import performed

Ledger: TypeAlias = frozenset[Reservation]
Committed: TypeAlias = frozenset[tuple[int, Outcome]]  # attempts placed already, with the outcome they must emit

LINEARIZABLE = "history.linearizable"
NO_ORDER = "no order of the bookings, one at a time, gives these outcomes"
LOST = Done(Outcome.FAILED, Verdict.ACKNOWLEDGEMENT_LOST)


def linearizable(
    capacities: Mapping[str, int], requests: Sequence[Request], steps: Sequence[int], vector: Vector
) -> bool:
    """Return whether a history has a linearization (the search of Wing and Gong 1993, with memory).

    `steps` is the schedule; attempt i runs from its first to its last step in it, and emitted `vector[i]`. One
    that has begun and emitted nothing yet, or lost its acknowledgement, may be put in or left out.
    """
    first = {who: steps.index(who) for who in set(steps)}
    last = {who: number for number, who in enumerate(steps)}
    must = frozenset(who for who in first if (emitted := vector[who]) and emitted.outcome is not Outcome.FAILED)
    may = frozenset(who for who in first if vector[who] in (None, LOST))

    @cache
    def explains(left: frozenset[int], ledger: Ledger) -> bool:
        if not left & must:
            return True
        # Whoever goes next must have begun before any attempt still to be placed had ended.
        horizon = min(last[who] for who in left & must)
        for who in left:
            if first[who] <= horizon:
                after, outcome = book(capacities, ledger, requests[who])
                emitted = vector[who]
                if (who in may or (emitted and emitted.outcome is outcome)) and explains(left - {who}, after):
                    return True
        return False

    return explains(must | may, frozenset())


def unexplained(
    capacities: Mapping[str, int], requests: Sequence[Request], steps: Sequence[int], vector: Vector
) -> int | None:
    """Return how many steps the shortest prefix of a history has that no linearization explains, or None.

    Once no order explains a prefix, none explains what follows it. An attempt that crashed stays pending for ever;
    that it did so is no step of the history.
    """
    numbers = [0, *(number for number, _ in performed(steps))]
    taken = [who for _, who in performed(steps)]
    if linearizable(capacities, requests, taken, vector):
        return None
    last = {who: number for number, who in enumerate(taken)}
    for length in range(len(taken)):
        ended = tuple(one if last.get(who, -1) < length else None for who, one in enumerate(vector))
        if not linearizable(capacities, requests, taken[:length], ended):
            return numbers[length]
    return numbers[-1]


@dataclass(frozen=True, slots=True)
class Possibility:
    """One way to have explained what was emitted so far: the ledger, and who was placed ahead of its end."""

    ledger: Ledger
    committed: Committed = frozenset()


Possibilities: TypeAlias = frozenset[Possibility]


@dataclass(frozen=True, slots=True)
class Monitor:
    """Follows the ways to linearize what was emitted so far; none left means that there is no linearization.

    Each possibility stands for all that can be reached from it by placing pending attempts now; one that
    another stands for is dropped. For a correct implementation this leaves exactly one, the ledger itself.
    """

    capacities: Mapping[str, int]
    requests: Sequence[Request]

    def ended(
        self, possible: Possibilities, attempt: int, emitted: Done | None, pending: Iterable[int]
    ) -> Possibilities:
        """Return what is possible after `attempt` emitted; `pending` are the attempts begun and not ended."""
        others = frozenset(pending) - {attempt}
        reached = self._closure(possible, others | {attempt})
        kept: set[Possibility] = set()
        for one in reached:
            placed = dict(one.committed).get(attempt)
            if self._agrees(placed, emitted):
                kept.add(Possibility(one.ledger, one.committed - {(attempt, placed)} if placed else one.committed))
        return self._minimal(frozenset(kept), others)

    def _agrees(self, placed: Outcome | None, emitted: Done | None) -> bool:
        if emitted is None or emitted == LOST:
            return True
        if emitted.outcome is Outcome.FAILED:
            return placed is None
        return placed is emitted.outcome

    def _closure(self, possible: Possibilities, pending: frozenset[int]) -> Possibilities:
        reached, queue = set(possible), list(possible)
        while queue:
            one = queue.pop()
            for who in pending - {placed for placed, _ in one.committed}:
                ledger, outcome = book(self.capacities, one.ledger, self.requests[who])
                following = Possibility(ledger, one.committed | {(who, outcome)})
                if following not in reached:
                    reached.add(following)
                    queue.append(following)
        return frozenset(reached)

    def _minimal(self, possible: Possibilities, pending: frozenset[int]) -> Possibilities:
        # Fewest commitments first, so that whatever stands for another is met before it.
        kept: list[Possibility] = []
        covered: set[Possibility] = set()
        for one in sorted(possible, key=lambda each: len(each.committed)):
            if one not in covered:
                kept.append(one)
                covered |= self._closure(frozenset({one}), pending)
        return frozenset(kept)
