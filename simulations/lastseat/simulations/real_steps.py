"""One step of real code at a time, from any state: the store is restored, the attempt is fed what it had received.

That an attempt's local state is a function of the results it received, and that two stores with equal snapshots
behave alike, is what makes this the same step that an execution from the start would take; `brute` checks both.
"""

from dataclasses import dataclass
from typing import Any

from lastseat.model.properties import Broken
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import InspectableStore
from lastseat.simulations.judge import Ended, Judge, Judged
from lastseat.simulations.processes import MOST_STEPS, ExplorationError, begin, waits
from lastseat.simulations.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Blocked:
    """An attempt that cannot take its next step until another one moves, and what that violates."""

    violations: Broken


class RealSteps:
    """The distinct steps of one implementation on one scenario, each performed and judged once."""

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.scenario, self.implementation = scenario, implementation
        self.judge = Judge(scenario, implementation)
        self.store: InspectableStore = implementation.open_store(dict(scenario.capacities))
        self.start = self.judge.start(self.store.snapshot())
        self.performed = 0
        self.cut = False  # an attempt took too many steps and was left where it was
        self._taken: dict[tuple[int, int, int], Judged | Blocked | None] = {}

    def stepless(self) -> list[tuple[int, Judged]]:
        """Return the attempts that end before their first step, judged."""
        _, _, ended = begin(self.scenario, self.implementation)
        return [(who, self.judge.judge_stepless(who, self.start, returned)) for who, returned in ended]

    def take(self, shared: int, who: int, local: int) -> Judged | Blocked | None:
        """Return the step of attempt `who` from the judge's numbers; None when it has no more."""
        key = (shared, who, local)
        if key not in self._taken:
            self._taken[key] = self._take(shared, who, local)
        return self._taken[key]

    def _take(self, shared: int, who: int, local: int) -> Judged | Blocked | None:
        running = self.judge.locals[who].values[local]
        if isinstance(running, Ended):
            return None
        if len(running.received) >= MOST_STEPS:
            self.cut = True
            return None
        store = self.store
        store.restore(self.judge.shared.values[shared].snapshot)
        attempt = self.implementation.attempt(self.scenario.requests[who])
        operation = next(attempt)
        try:
            for result in running.received:
                operation = attempt.send(result)
        except StopIteration:
            raise ExplorationError(
                f"attempt {who} of {self.implementation.name} ended earlier when it received the same results again"
            ) from None
        blocking = waits(store)
        if blocking is not None and blocking(operation):
            attempt.close()
            return Blocked(self.judge.judge_blocked(shared, who, operation))
        result = operation.perform(store)
        self.performed += 1
        returned: tuple[Any] | None = None
        try:
            attempt.send(result)
            attempt.close()
        except StopIteration as finished:
            returned = (finished.value,)
        return self.judge.judge(shared, who, local, operation, result, store.snapshot(), returned)
