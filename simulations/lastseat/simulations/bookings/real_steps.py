"""One step of real code at a time, from any state: the store is restored, the attempt is fed what it had received.

That an attempt's local state is a function of the results it received, and that two stores with equal snapshots
behave alike, is what makes this the same step that an execution from the start would take; `brute` checks both.
"""

from dataclasses import dataclass
from typing import Any

from lastseat.model.properties import Broken
from lastseat.reference.attempt_booking import Attempt, Operation
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import InspectableStore
from lastseat.simulations.bookings.abstraction import store_of
from lastseat.simulations.bookings.judge import Judge, Judged
from lastseat.simulations.bookings.places import Ended, Running
from lastseat.simulations.bookings.processes import MOST_STEPS, ExplorationError, begin, waits
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel.faults import letter_of, may_strike, perform


class NonlinearError(Exception):
    """Some step is not explained where it was taken, so that every linearization is needed, from the start."""


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
        requests: dict[str, Any] = {}
        # Some booking id has two payloads: once one of them is booked, the other is refused for another reason than
        # before, and what could be placed before that booking could not be placed after it.
        self.is_twofold = any(requests.setdefault(one.booking_id, one) != one for one in scenario.requests)
        self.needs_every_linearization = False
        self._met_unexplained = self._met_open = False
        self.performed = 0
        self.cut = False  # an attempt took too many steps and was left where it was
        self._taken: dict[tuple[int, int, int], Judged | Blocked | None] = {}

    def is_followed(self, judged: Judged) -> bool:
        """Return whether the ways to explain a history have to be followed through this step.

        Where every step is explained at its own place, the ledger of the store is the one way that counts. Once a
        step is not, it matters what else was possible: of an attempt that nobody was told of, and of an id with two
        payloads. Raises NonlinearError where that was not kept from the start.
        """
        self._met_unexplained = self._met_unexplained or not judged.linear
        self._met_open = self._met_open or judged.open
        if self.needs_every_linearization:
            return not judged.linear or judged.open or (judged.returned is not None and self.is_twofold)
        if self._met_unexplained and (self._met_open or self.is_twofold):
            raise NonlinearError
        return not judged.linear

    def stepless(self) -> list[tuple[int, Judged]]:
        """Return the attempts that end before their first step, judged."""
        _, _, ended = begin(self.scenario, self.implementation)
        delivered = len(self.scenario.originals)  # a redelivery that takes no step never begins
        return [(who, self.judge.judge_stepless(who, self.start, one)) for who, one in ended if who < delivered]

    def take(self, shared: int, who: int, local: int) -> Judged | Blocked | None:
        """Return the step of attempt `who` from the judge's numbers; None when it has no more.

        With a `Strike` for `who`, the step in which that fault strikes; None where it cannot.
        """
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
        store, letter = self.store, letter_of(who)
        before = self.judge.shared.values[shared].snapshot
        store.restore(before)
        attempt, operation = self._resumed(who, running)
        if operation is None or not may_strike(letter, operation.kind):
            return None
        blocking = waits(store)
        if blocking is not None and blocking(operation):
            attempt.close()
            return Blocked(self.judge.judge_blocked(shared, who, local, operation))
        if letter == "c":
            attempt.close()
            return self.judge.judge_crash(shared, who, local)
        result = perform(operation, store, letter)
        after = store.snapshot()
        if letter == "a" and store_of(before) == store_of(after):
            attempt.close()
            return None  # nothing was applied, so that there is nothing to acknowledge
        self.performed += 1
        returned: tuple[Any] | None = None
        try:
            attempt.send(result)
            attempt.close()
        except StopIteration as finished:
            returned = (finished.value,)
        if letter == "d":
            if returned is None:
                return None  # it goes on: to die before its next step is a fault of that step
            returned = None
        return self.judge.judge(shared, who, local, operation, result, after, returned, letter)

    def _resumed(self, who: int, running: Running) -> tuple[Attempt, Operation | None]:
        """Return an attempt that was fed what it had received, and its next operation; None: it takes no step."""
        attempt = self.implementation.attempt(self.scenario.requests[who])
        operation = next(attempt, None)
        try:
            for result in running.received:
                operation = attempt.send(result)
        except StopIteration:
            raise ExplorationError(
                f"attempt {int(who)} of {self.implementation.name} ended earlier when it received the same results"
                " again"
            ) from None
        return attempt, operation
