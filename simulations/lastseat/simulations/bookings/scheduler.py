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
from lastseat.simulations.bookings.abstraction import store_of
from lastseat.simulations.bookings.processes import begin, waits
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel.faults import LETTERS, FaultKind, Strike, letter_of, may_strike, perform
from lastseat.simulations.kernel.schedule import ScheduleError


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that was taken: by which attempt, what it did, and the store around it.

    `number` counts from 1. `ended` says that the attempt returned right after it, and `returned` what. `letter` is
    that of the fault that struck in it, "" if none did: with `c` the operation was not performed.
    """

    number: int
    attempt: int
    operation: Operation
    result: Any
    before: Snapshot
    after: Snapshot
    ended: bool
    returned: Any = None
    letter: str = ""

    @property
    def step(self) -> int:
        """Return the step as a schedule has it."""
        return Strike(self.attempt, self.letter) if self.letter else self.attempt


class Scheduler:
    """One execution of a scenario: a fresh store, and every attempt waiting before its first step.

    `scenario` has an attempt for every redelivery that may be made; it is there from its first step on. `crashed` are
    the attempts that died, and `spent` is the number of faults so far.
    """

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.scenario, self.implementation = scenario.delivered(), implementation
        self.store = implementation.open_store(dict(scenario.capacities))
        self._attempts, self._pending, stepless = begin(self.scenario, implementation)
        self._would_block = waits(self.store)
        self._originals = len(self.scenario.originals)
        self.returned: dict[int, Any] = {who: one for who, one in stepless if who < self._originals}
        self.taken: list[Taken] = []
        self.crashed: set[int] = set()
        self.spent = 0
        self._begun = set(self.returned)

    def unfinished(self) -> tuple[int, ...]:
        """Return the attempts that have not ended, those of them that are there."""
        attempts = (who for who in range(len(self._attempts)) if who < self._originals or who in self._begun)
        return tuple(who for who in attempts if who not in self.returned and who not in self.crashed)

    def redeliveries(self) -> tuple[int, ...]:
        """Return the redeliveries that can be made now, or could if they had not to wait."""
        if self.spent >= self.scenario.faults.most:
            return ()
        later = range(self._originals, len(self._attempts))
        due = (who for who in later if who not in self._begun and who - self._originals in self._begun)
        return tuple(who for who in due if self._pending[who] is not None)

    def free(self) -> tuple[int, ...]:
        """Return the unfinished attempts that can take their next step now."""
        return tuple(sorted(set(self.unfinished()) - set(self.waiting())))

    def waiting(self) -> tuple[int, ...]:
        """Return the attempts, redeliveries that can be made included, that cannot take their next step now.

        Clause: progress.suspension
        """
        would_block = self._would_block
        if would_block is None:
            return ()
        next_of = ((who, self._pending[who]) for who in (*self.unfinished(), *self.redeliveries()))
        return tuple(who for who, operation in next_of if operation is not None and would_block(operation))

    def operation(self, who: int) -> Operation:
        """Return the operation that attempt `who` takes next. Raises ScheduleError when it has ended."""
        operation, number = self._pending[who], len(self.taken) + 1
        if who in self.crashed:
            raise ScheduleError(f"step {number}: attempt {self._named(who)} has crashed")
        if operation is None:
            raise ScheduleError(f"step {number}: attempt {self._named(who)} has ended already")
        return operation

    def step(self, who: int) -> Taken:
        """Let attempt `who` take its next shared step, with a fault in it where `who` is a `Strike`.

        Raises ScheduleError, and changes nothing, when it has none now or when no such fault can strike in it.
        """
        number, letter = len(self.taken) + 1, letter_of(who)
        if not 0 <= who < len(self._attempts):
            raise ScheduleError(f"step {number}: there is no attempt {int(who)}, only 0 to {len(self._attempts) - 1}")
        operation = self.operation(int(who))
        refusal = self._refusal(who, operation)
        if refusal:
            raise ScheduleError(f"step {number}: {refusal.format(self._named(who))}")
        who, cost = int(who), self._cost(who)
        before, returned = self.store.snapshot(), dict[int, Any]()
        result = perform(operation, self.store, letter)
        try:
            if letter != "c":
                self._pending[who] = self._attempts[who].send(result)
        except StopIteration as finished:
            self._pending[who] = None
            returned[who] = finished.value
        if letter in ("c", "d"):
            self.crashed.add(who)
            returned.clear()
        self.returned.update(returned)
        self._begun.add(who)
        self.spent += cost
        after, ended = self.store.snapshot(), who in returned
        taken = Taken(number, who, operation, result, before, after, ended, returned.get(who), letter)
        self.taken.append(taken)
        return taken

    def _named(self, who: int) -> str:
        return f"{int(who)} ({self.scenario.labels[who]})"

    def _cost(self, who: int) -> int:
        """Return how many faults a step is."""
        return bool(letter_of(who)) + (int(who) >= self._originals and int(who) not in self._begun)

    def _refusal(self, who: int, operation: Operation) -> str:
        """Return why a step cannot be taken now, "" if it can; `{}` stands for the attempt."""
        letter, budget, repeated = letter_of(who), self.scenario.faults, int(who) - self._originals
        if repeated >= 0 and repeated not in self._begun:
            return f"attempt {{}} repeats attempt {repeated}, which has not begun"
        if self._would_block is not None and self._would_block(operation):
            return "attempt {} has to wait"
        cost = self._cost(who)
        if (letter and LETTERS[letter] not in budget.kinds) or (cost and self.spent + cost > budget.most):
            what = LETTERS[letter] if letter else FaultKind.REDELIVERY
            return f"the fault {what!s} of attempt {{}} is beyond what the scenario allows: {budget}"
        if not may_strike(letter, operation.kind):
            return f"the fault {LETTERS[letter]!s} cannot strike in this step of attempt {{}}"
        return self._unfit(who, letter) if letter in ("a", "d") else ""

    def _unfit(self, who: int, letter: str) -> str:
        """Return why a fault that needs a certain end of the step does not find it, by taking the step elsewhere."""
        taken = run(self.scenario, self.implementation, [one.step for one in self.taken]).step(int(who))
        if letter == "a" and store_of(taken.before) == store_of(taken.after):
            return "nothing is applied for attempt {}, so that no acknowledgement can be lost"
        if letter == "d" and not taken.ended:
            return "attempt {} does not end with this step, so that it cannot die right before it emits"
        return ""


def run(
    scenario: Scenario, implementation: Implementation, steps: Iterable[int], *, to_the_end: bool = False
) -> Scheduler:
    """Execute `steps` from a fresh store; then, if asked, let the first attempt that can go on do so, to the end.

    Raises ScheduleError at the first step that no longer applies, with its number.
    """
    execution = Scheduler(scenario, implementation)
    for who in steps:
        execution.step(who)
    while to_the_end and (free := execution.free()):
        execution.step(free[0])
    return execution


def schedules(scenario: Scenario, implementation: Implementation, visit: Callable[[Scheduler], None]) -> int:
    """Execute every schedule, each from the start, and call `visit` with each; return how many there are.

    The definition of exhaustive: nothing is pruned, remembered or merged, and every fault is tried in every step,
    up to the budget of the scenario. Only for small scenarios.
    """
    count = 0
    agenda: list[Sequence[int]] = [()]
    while agenda:
        steps = agenda.pop()
        execution = run(scenario, implementation, steps)
        free = execution.free()
        plain = (*free, *(who for who in execution.redeliveries() if who not in execution.waiting()))
        strikes = [Strike(who, letter) for who in plain for letter in scenario.faults.letters]
        fit = [one for one in strikes if _applies(scenario, implementation, (*steps, one))]
        agenda.extend((*steps, who) for who in reversed((*plain, *fit)))
        if not free:
            count += 1
            visit(execution)
    return count


def _applies(scenario: Scenario, implementation: Implementation, steps: Sequence[int]) -> bool:
    try:
        run(scenario, implementation, steps)
    except ScheduleError:
        return False
    return True
