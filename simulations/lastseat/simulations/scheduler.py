"""The deterministic scheduler: real attempts, one shared step at a time, in whatever order it is told.

This is the readable way to execute one schedule. The explorers do the same with fewer words; the tests hold them
to it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lastseat.reference.attempt_booking import Operation
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Snapshot
from lastseat.simulations.processes import begin, waits
from lastseat.simulations.scenario import Scenario
from lastseat.simulations.schedule import ScheduleError


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that was taken: by which attempt, what it did, and the store around it.

    `number` counts from 1. `ended` says that the attempt returned right after it, and `returned` what.
    """

    number: int
    attempt: int
    operation: Operation
    result: Any
    before: Snapshot
    after: Snapshot
    ended: bool
    returned: Any = None


class Scheduler:
    """One execution of a scenario: a fresh store, and every attempt waiting before its first step."""

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.scenario = scenario
        self.store = implementation.open_store(dict(scenario.capacities))
        self._attempts, self._pending, stepless = begin(scenario, implementation)
        self._would_block = waits(self.store)
        self.returned: dict[int, Any] = dict(stepless)
        self.taken: list[Taken] = []

    def unfinished(self) -> tuple[int, ...]:
        """Return the attempts that have not ended."""
        return tuple(who for who in range(len(self._attempts)) if who not in self.returned)

    def waiting(self) -> tuple[int, ...]:
        """Return the unfinished attempts that cannot take their next step now. Clause: progress.suspension"""
        would_block = self._would_block
        if would_block is None:
            return ()
        next_of = ((who, self._pending[who]) for who in self.unfinished())
        return tuple(who for who, operation in next_of if operation is not None and would_block(operation))

    def operation(self, who: int) -> Operation:
        """Return the operation that attempt `who` takes next. Raises ScheduleError when it has ended."""
        operation = self._pending[who]
        if operation is None:
            number = len(self.taken) + 1
            raise ScheduleError(f"step {number}: attempt {who} ({self.scenario.labels[who]}) has ended already")
        return operation

    def step(self, who: int) -> Taken:
        """Let attempt `who` take its next shared step. Raises ScheduleError when it has none now."""
        number = len(self.taken) + 1
        if not 0 <= who < len(self._attempts):
            raise ScheduleError(f"step {number}: there is no attempt {who}, only 0 to {len(self._attempts) - 1}")
        operation = self.operation(who)
        if who in self.waiting():
            raise ScheduleError(f"step {number}: attempt {who} ({self.scenario.labels[who]}) has to wait")
        before = self.store.snapshot()
        result = operation.perform(self.store)
        try:
            self._pending[who] = self._attempts[who].send(result)
        except StopIteration as finished:
            self._pending[who] = None
            self.returned[who] = finished.value
        ended = who in self.returned
        taken = Taken(number, who, operation, result, before, self.store.snapshot(), ended, self.returned.get(who))
        self.taken.append(taken)
        return taken


def run(
    scenario: Scenario, implementation: Implementation, steps: Iterable[int], *, to_the_end: bool = False
) -> Scheduler:
    """Execute `steps` from a fresh store; then, if asked, let the first attempt that can go on do so, to the end.

    Raises ScheduleError at the first step that no longer applies, with its number.
    """
    execution = Scheduler(scenario, implementation)
    for who in steps:
        execution.step(who)
    while to_the_end and (free := sorted(set(execution.unfinished()) - set(execution.waiting()))):
        execution.step(free[0])
    return execution


def schedules(scenario: Scenario, implementation: Implementation, visit: Callable[[Scheduler], None]) -> int:
    """Execute every schedule, each from the start, and call `visit` with each; return how many there are.

    The definition of exhaustive: nothing is pruned, remembered or merged. Only for small scenarios.
    """
    count = 0
    agenda: list[Sequence[int]] = [()]
    while agenda:
        steps = agenda.pop()
        execution = run(scenario, implementation, steps)
        free = sorted(set(execution.unfinished()) - set(execution.waiting()))
        agenda.extend((*steps, who) for who in reversed(free))
        if not free:
            count += 1
            visit(execution)
    return count
