"""Every schedule of one scenario up to the shortest that violates a clause, to find the least of those.

Why the least is exact: a `Place` decides which steps can follow and what they violate (`specs/decisions/merging.md`);
the attempt that moved last decides whether the next step is a switch; and who has begun, and how many faults there
were, can be read off the place. So of two schedules of one length that lead to the same place with the same last
attempt, the lesser one stays the lesser however both go on. The walk keeps only that one, level by level, and stops
at the first level with a violation: none is shorter, and all of that length were compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.judging.judge import Judged
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE, NO_ORDER, Possibilities, Possibility
from lastseat.simulations.bookings.judging.places import Crashed, Ended, Running
from lastseat.simulations.bookings.merging.real_steps import RealSteps
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel.actions import Step, fault_of, process_of
from lastseat.simulations.kernel.schedule import letter_of
from lastseat.simulations.strategies.merging.restored import Blocked

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Place:
    """Where an execution is: the judge's numbers of the store and of each attempt, and the faults so far.

    `possible` are the ways to have explained what was emitted, None where the store's own ledger is the one way.
    """

    shared: int
    locals: tuple[int, ...]
    spent: int = 0
    possible: Possibilities | None = None


@dataclass(frozen=True, slots=True)
class Least:
    """The least schedule of its length that shows a violation, and how often it switches between attempts."""

    steps: tuple[Step, ...]
    switches: int
    witness: str


Text: TypeAlias = tuple[tuple[int, str], ...]  # steps as the text of a schedule sorts them: attempts and letters
Path: TypeAlias = tuple[int, Text, tuple[Step, ...]]  # switches, and the steps
Rank: TypeAlias = tuple[int, int, int, int, Text]
Shown: TypeAlias = tuple[tuple[Step, ...], str]  # a schedule, and what is violated by it


def _longer(path: Path, last: int, step: Step) -> Path:
    """Return a path with one more step, after one of attempt `last`."""
    attempt = process_of(step)
    switches = path[0] + (last not in (NOBODY, attempt))
    return switches, (*path[1], (attempt, letter_of(fault_of(step)))), (*path[2], step)


class Budget:
    """How many places may still be looked at."""

    def __init__(self, places: int) -> None:
        self.left = places

    def spend(self, places: int) -> bool:
        """Take so many off, and return whether they were there."""
        self.left -= places
        return self.left >= 0


class Walk:
    """The levels of one implementation on one scenario."""

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.scenario = scenario.delivered()
        self.steps = RealSteps(self.scenario, implementation)
        self.judge = self.steps.judge
        self.originals = len(self.scenario.originals)

    def least(self, clause: str, most_steps: int, budget: Budget) -> Least | None:
        """Return the least schedule of the shortest, of at most so many steps, that violate `clause`.

        None where there is none, or where the budget is used up.
        """
        found: dict[Rank, Shown] = {}
        level: dict[tuple[Place, int], Path] = {(self._start(clause, found), NOBODY): (0, (), ())}
        for depth in range(most_steps + 1):
            following: dict[tuple[Place, int], Path] = {}
            later: dict[Rank, Shown] = {}
            if not budget.spend(len(level)):
                return None
            for (place, last), path in level.items():
                for witness in self._at(place, clause):
                    found.setdefault(self._rank(place, path), (path[2], witness))
                if depth == most_steps:
                    continue
                for step, after, witnesses in self._from(place, clause):
                    attempt = process_of(step)
                    longer = _longer(path, last, step)
                    known = following.get((after, attempt))
                    if known is None or longer[:2] < known[:2]:
                        following[after, attempt] = longer
                    for witness in witnesses:
                        later.setdefault(self._rank(after, longer), (longer[2], witness))
            if found:
                rank = min(found)
                return Least(found[rank][0], rank[0], found[rank][1])
            level, found = following, later
        return None

    def _start(self, clause: str, found: dict[Rank, Shown]) -> Place:
        """Return the start, where attempts may have ended before their first step."""
        locals_ = [0] * len(self.scenario.requests)
        for attempt in range(self.originals):
            judged = self.steps.stepless(attempt)
            if judged is None:
                continue
            locals_[attempt] = judged.local
            for name, witness in judged.violations:
                if name == clause:
                    found.setdefault((0, 0, 0, 0, ()), ((), witness))
        return Place(self.steps.start, tuple(locals_))

    def _rank(self, place: Place, path: Path) -> Rank:
        """Return what schedules of one length are compared by: fewer switches, attempts, units, faults; then text."""
        taking = {who for who, _ in path[1]}
        units = sum(self.scenario.requests[who].units for who in taking)
        return path[0], len(taking), units, place.spent, path[1]

    def _at(self, place: Place, clause: str) -> Iterator[str]:
        """Yield what is violated at a place without a further step: somebody has to wait, or the run is over."""
        over = True
        for who in range(len(place.locals)):
            if not self._may_go(place, who):
                continue
            step = self.steps.take(place.shared, who, place.locals)
            if isinstance(step, Blocked):
                yield from (what for name, what in step.violations if name == clause)
            elif step is not None and not self._is_asleep(place, who):
                over = False
        if over:
            _, violations = self.judge.judge_run(place.shared, place.locals)
            yield from (what for name, what in violations if name == clause)

    def _from(self, place: Place, clause: str) -> Iterator[tuple[Step, Place, list[str]]]:
        """Yield each step, where it leads, and what it violates."""
        for who in range(len(place.locals)):
            if not self._may_go(place, who):
                continue
            plain = self.steps.take(place.shared, who, place.locals)
            if not isinstance(plain, Judged):
                continue
            cost = place.spent + self._is_asleep(place, who)
            yield self._after(place, who, plain, cost, clause)
            for action in self.steps.others(place.shared, who, place.locals):
                spent = cost + (action.fault is not None)
                if spent <= self.scenario.faults.most:
                    other = self.steps.take(place.shared, action, place.locals)
                    assert isinstance(other, Judged), "it is possible where the ordinary step is"
                    yield self._after(place, action, other, spent, clause)

    def _after(
        self, place: Place, step: Step, judged: Judged, spent: int, clause: str
    ) -> tuple[Step, Place, list[str]]:
        who = process_of(step)
        possible = self._possible(place, who, judged)
        locals_ = (*place.locals[:who], judged.local, *place.locals[who + 1 :])
        broken = [what for name, what in judged.violations if name == clause]
        if clause == LINEARIZABLE and possible == frozenset() and place.possible != frozenset():
            broken.append(NO_ORDER)
        return step, Place(judged.shared, locals_, spent, possible), broken

    def _possible(self, place: Place, who: int, judged: Judged) -> Possibilities | None:
        """Return what is possible after a step."""
        plain = judged.linear and not judged.open and not (judged.returned and self.steps.some_id_has_two_payloads)
        if place.possible is None and plain:
            return None
        possible = place.possible
        if possible is None:
            possible = self._ledger(place.shared)
        if judged.returned and possible:
            states = [self.judge.locals[each].values[local] for each, local in enumerate(place.locals)]
            begun = [
                attempt
                for attempt, state in enumerate(states)
                if isinstance(state, Running | Crashed) and state.begun
            ]
            ended = self.judge.locals[who].values[judged.local]
            emitted = ended.emitted if isinstance(ended, Ended) else None
            possible = self.judge.monitor.ended(possible, who, emitted, begun)
        return None if possible == self._ledger(judged.shared) else possible

    def _ledger(self, shared: int) -> Possibilities:
        return frozenset({Possibility(self.judge.ledger(shared))})

    def _is_asleep(self, place: Place, who: int) -> bool:
        """Return whether `who` is a redelivery that was not made."""
        return who >= self.originals and not place.locals[who]

    def _may_go(self, place: Place, who: int) -> bool:
        """Return whether an attempt is there, or is a redelivery that could be made."""
        if not self._is_asleep(place, who):
            return True
        return bool(place.locals[who - self.originals]) and place.spent < self.scenario.faults.most
