"""Is a concurrent history explained by doing the bookings one at a time?

A history is linearizable when its attempts can be put in one order, each at a moment between its first and its
last step, such that the one-step specification (`lastseat.model.atomic`) gives every outcome. An attempt that
FAILED is left out. One whose acknowledgement was lost may be put in or left out, and one that crashed too: it never
returned, so that any moment after its first step will do. An attempt that took no step is in no history.
(Herlihy and Wing 1990.)

`Monitor` decides it: for one history (`unexplained`), and for all histories at once that lead to a state.
Clause: history.linearizable
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lastseat.model.atomic import book
from lastseat.model.world import Done, Outcome, Request, Reservation, Verdict
from lastseat.simulations.bookings.exploration import Vector
from lastseat.simulations.kernel.actions import Step, reached

Ledger: TypeAlias = frozenset[Reservation]
Committed: TypeAlias = frozenset[tuple[int, Outcome]]  # attempts placed already, with the outcome they must emit

LINEARIZABLE = "history.linearizable"
NO_ORDER = "no order of the bookings, one at a time, gives these outcomes"
LOST = Done(Outcome.FAILED, Verdict.ACKNOWLEDGEMENT_LOST)


@dataclass(frozen=True, slots=True)
class Possibility:
    """One way to have explained what was emitted so far: the ledger, and who was placed ahead of its end."""

    ledger: Ledger
    committed: Committed = frozenset()


Possibilities: TypeAlias = frozenset[Possibility]
NOTHING_YET: Possibilities = frozenset({Possibility(frozenset())})
Question: TypeAlias = tuple[Possibilities, int, Done | None, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Monitor:
    """Follows the ways to linearize what was emitted so far; none left means that there is no linearization.

    Each possibility stands for all that can be reached from it by placing pending attempts now; one that
    another stands for is dropped. For a correct implementation this leaves exactly one, the ledger itself.
    """

    capacities: Mapping[str, int]
    requests: Sequence[Request]
    _answers: dict[Question, Possibilities] = field(default_factory=dict, compare=False, repr=False)

    def unexplained(
        self, steps: Sequence[Step], vector: Vector, endless: Collection[int] | None = None
    ) -> int | None:
        """Return how many steps the shortest prefix of a history has that nothing explains, or None.

        `steps` is the schedule, faults included; attempt i runs from its first to its last step in it, and emitted
        `vector[i]`. The `endless` crashed, or have not ended: None means those that emitted nothing. Once no order
        explains a prefix, none explains what follows it.
        """
        if endless is None:
            endless = [who for who, emitted in enumerate(vector) if emitted is None]
        taken = reached(steps)
        last = {who: number for number, who in taken}
        possible, pending = NOTHING_YET, set[int]()
        for number, who in taken:
            pending.add(who)
            if last[who] == number and who not in endless:
                possible = self.ended(possible, who, vector[who], pending)
                pending.remove(who)
            if not possible:
                return number
        return None

    def ended(
        self, possible: Possibilities, attempt: int, emitted: Done | None, pending: Iterable[int]
    ) -> Possibilities:
        """Return what is possible after `attempt` emitted; `pending` are the attempts begun and not ended.

        An attempt that crashed is pending for ever.
        """
        question = (possible, attempt, emitted, frozenset(pending) - {attempt})
        if question not in self._answers:
            self._answers[question] = self._ended(*question)
        return self._answers[question]

    def _ended(
        self, possible: Possibilities, attempt: int, emitted: Done | None, others: frozenset[int]
    ) -> Possibilities:
        reached = self._closure(possible, others | {attempt})
        kept: set[Possibility] = set()
        for possibility in reached:
            placed = dict(possibility.committed).get(attempt)
            if self._agrees(placed, emitted):
                left = possibility.committed - {(attempt, placed)} if placed else possibility.committed
                kept.add(Possibility(possibility.ledger, left))
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
            here = queue.pop()
            for who in pending - {placed for placed, _ in here.committed}:
                ledger, outcome = book(self.capacities, here.ledger, self.requests[who])
                following = Possibility(ledger, here.committed | {(who, outcome)})
                if following not in reached:
                    reached.add(following)
                    queue.append(following)
        return frozenset(reached)

    def _minimal(self, possible: Possibilities, pending: frozenset[int]) -> Possibilities:
        # Fewest commitments first, so that whatever stands for another is met before it.
        kept: list[Possibility] = []
        covered: set[Possibility] = set()
        for possibility in sorted(possible, key=lambda each: len(each.committed)):
            if possibility not in covered:
                kept.append(possibility)
                covered |= self._closure(frozenset({possibility}), pending)
        return frozenset(kept)


def unexplained(
    capacities: Mapping[str, int], requests: Sequence[Request], steps: Sequence[Step], vector: Vector
) -> int | None:
    """Return how many steps the shortest prefix of a history has that nothing explains, or None; see `Monitor`."""
    return Monitor(capacities, requests).unexplained(steps, vector)


def linearizable(
    capacities: Mapping[str, int], requests: Sequence[Request], steps: Sequence[Step], vector: Vector
) -> bool:
    """Return whether a history has a linearization; see `Monitor.unexplained`."""
    return unexplained(capacities, requests, steps, vector) is None
