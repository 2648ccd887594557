"""Every schedule with faults in it, each executed from the start: `brute`, up to the fault budget of a scenario.

When a step was taken as it is, the faults that could have struck in it are put among what is still to be tried in
its place. A run may end while a redelivery could still be made: it ends there in one schedule, and goes on in others.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.brute import Brute, Live
from lastseat.simulations.bookings.exploration import Exploration
from lastseat.simulations.bookings.judge import Judged
from lastseat.simulations.bookings.processes import MOST_STEPS
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.kernel.faults import Strike, letter_of, may_strike, perform

STOP = -1  # in the place of a step: the run ends here, though a redelivery could be made


def struck_brute(scenario: Scenario, implementation: Implementation, prefix: Sequence[int]) -> Brute:
    """Return the walk over the schedules that begin with `prefix`. Raises ScheduleError where it does not apply."""
    run(scenario, implementation, prefix)
    return StruckBrute(scenario.delivered(), implementation, prefix)


class StruckLive(Live):
    """One execution under way, in which faults may strike. `left` are the attempts that the run must wait for."""

    __slots__ = ("asleep", "originals", "spent")

    def __init__(self, scenario: Scenario, implementation: Implementation, capacities: dict[str, int]) -> None:
        super().__init__(scenario, implementation, capacities)
        self.originals = len(scenario.originals)
        self.spent = 0  # faults
        self.asleep = [who for who in self.left if who >= self.originals]  # redeliveries that were not made
        self.left = [who for who in self.left if who < self.originals]
        self.stepless = [(who, returned) for who, returned in self.stepless if who < self.originals]

    def step(self, who: int) -> tuple[Any, Any, tuple[Any] | None]:
        """Take the next step of attempt `who`, with the fault in it if it is a strike."""
        letter, who = letter_of(who), int(who)
        if who in self.asleep:
            self.asleep.remove(who)
            self.left.append(who)
            self.spent += 1
        self.spent += bool(letter)
        operation: Any = self.pending[who]
        if letter == "c":
            self.left.remove(who)
            return operation, None, None
        result = perform(operation, self.store, letter)
        try:
            self.pending[who] = self.sends[who](result)
        except StopIteration as finished:
            self.left.remove(who)
            return operation, result, None if letter == "d" else (finished.value,)
        return operation, result, None


class StruckBrute(Brute):
    """The same depth-first walk, with faults."""

    def __init__(self, scenario: Scenario, implementation: Implementation, prefix: Sequence[int]) -> None:
        super().__init__(scenario, implementation)
        self.budget, self.by_faults = scenario.faults, dict[int, int]()
        self.known: dict[tuple[int, int, int], Judged] = {}
        self.prefix = list(prefix)
        self.then: list[int] = []  # the redeliveries that could be made where the last schedule ended

    def _live(self) -> Live:
        return StruckLive(self.scenario, self.implementation, self.capacities)

    def _extend(self, live: Live, shared: int) -> int:
        assert isinstance(live, StruckLive)
        while True:
            if len(self.path) == len(self.trail) and not self._choose(live, shared):
                self.then = self._redeliveries(live, shared)
                self.by_faults[live.spent] = self.by_faults.get(live.spent, 0) + 1
                return shared
            shared = self._take(live, shared)

    def _choose(self, live: StruckLive, shared: int) -> bool:
        """Choose the next step, note what else can be taken in its place, and return whether there is any."""
        if len(self.path) < len(self.prefix):
            self.path.append(self.prefix[len(self.path)])
            self.later.append([])
            return True
        free = live.left if live.blocking is None else self._free(live, shared)
        if not free:
            return False
        self.path.append(free[0])
        self.later.append([*free[1:], *self._redeliveries(live, shared)])
        return True

    def _redeliveries(self, live: StruckLive, shared: int) -> list[int]:
        """Return the redeliveries that can be made now."""
        if live.spent >= self.budget.most:
            return []
        first = live.originals
        due = [who for who in live.asleep if live.locals[who - first]]  # what it repeats has begun
        if live.blocking is None:
            return due
        ahead: Any = live.pending
        held = [who for who in due if live.blocking(ahead[who])]
        for who in held:
            for clause, witness in self.judge.judge_blocked(shared, who, live.locals[who], ahead[who]):
                self.shortest.offer(clause, witness, self.path[: len(self.trail)])
        return [who for who in due if who not in held]

    def _take(self, live: StruckLive, shared: int) -> int:
        """Take the last step of the path, which is new; return the number of the shared state after it."""
        path, step = self.path, self.path[len(self.trail)]
        key = (step, shared, live.locals[step])
        operation, result, returned = live.step(step)
        after, letter = live.store.snapshot(), letter_of(step)
        judged = self.known.get(key)
        if judged is None:
            judged = self.known[key] = self._judged(key, operation, result, after, returned)
        elif (result, after, returned) != (judged.result, judged.after, judged.returned):
            raise self._diverged(judged, operation, result)
        self.trail.append(judged)
        live.locals[step] = judged.local
        if judged.violations or judged.nonconforming:
            self._offer(judged, len(path))
        if len(path) > len(self.prefix) and not letter and live.spent < self.budget.most:
            self.later[-1][:0] = self._strikes(step, operation.kind, shared, judged)
        if len(path) >= MOST_STEPS and int(step) in live.left and self._is_spent(step, judged.local):
            live.left.remove(int(step))
        return judged.shared

    def _judged(
        self, key: tuple[int, int, int], operation: Any, result: Any, after: Any, returned: tuple[Any] | None
    ) -> Judged:
        step, shared, local = key
        if letter_of(step) == "c":
            return self.judge.judge_crash(shared, step, local)
        judged = self.judge.judge(shared, step, local, operation, result, after, returned, letter_of(step))
        self.odd = self.odd or not judged.linear
        return judged

    def _strikes(self, who: int, kind: str, shared: int, judged: Judged) -> list[int]:
        """Return the faults that could have struck in a step that was taken as it is."""
        applied = self.judge.store(self.judge.shared.values[shared].snapshot) != self.judge.store(judged.after)
        meaningful = {"d": judged.returned is not None, "a": applied}
        letters = (one for one in self.budget.letters if may_strike(one, kind) and meaningful.get(one, True))
        return [Strike(who, one) for one in letters]

    def _finish(self, final: tuple[int, ...], waiting: bool, stepless: bool) -> None:
        super()._finish(final, waiting, stepless)
        if self.then:  # the next schedule goes on from here
            self.path.append(STOP)
            self.trail.append(self.trail[-1])
            self.later.append(self.then)

    def report(self, complete: bool, interrupted: bool) -> Exploration:
        """Return what was seen, also by the number of faults."""
        by_faults = dict(sorted(self.by_faults.items()))
        return replace(super().report(complete, interrupted), by_faults=by_faults)
