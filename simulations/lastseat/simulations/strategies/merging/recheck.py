"""Holding restored steps to executions: some random schedules are taken from the start, and each step is compared.

Merging takes a step from a restored state, by a process that was told again what it had been told. That this is the
step of an execution holds if what is kept of the shared state is all that decides what operations give, and a process
is decided by what it was told. Nothing in a single step can tell; an execution that is led past many of them can.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.endings import differ
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.schedule import shortened
from lastseat.simulations.kernel.stepping import MisfitError
from lastseat.simulations.strategies.merging.restored import AnyTaken, Blocked, Restored

SCHEDULES = 64  # that are taken of a program


def difference(steps: Restored[AnyTaken], prefix: Sequence[Step] = ()) -> str | None:
    """Return the first difference from random schedules that begin with `prefix`, in words; None: there is none."""
    random = Random(0)  # noqa: S311 - nothing secret is drawn
    return next(filter(None, (_Followed(steps).difference(random, prefix) for _ in range(SCHEDULES))), None)


class _Followed:
    """One execution, and the restored steps that it should consist of."""

    def __init__(self, steps: Restored[AnyTaken]) -> None:
        self._steps: Restored[Any] = steps
        self._execution = Execution(steps.program, steps.meter)
        self._shared = steps.start
        self._locals = [0] * len(steps.program.processes)
        for who in range(steps.program.originals):
            stepless = steps.stepless(who)
            if stepless is not None:
                self._locals[who] = stepless.local

    def difference(self, random: Random, prefix: Sequence[Step]) -> str | None:
        """Follow one schedule to its end; return the words for what differs."""
        execution = self._execution
        while True:
            taken = len(execution.schedule)
            is_given = taken < len(prefix)
            possible = [prefix[taken]] if is_given else list(self._possible())
            if not possible:
                return None
            step = random.choice(possible)
            restored = self._steps.take(self._shared, step, self._locals, is_given=is_given)
            if restored is None or isinstance(restored, Blocked):
                return self._told(step, "could be taken", "that it could not")
            try:
                result, _ = execution.step(step)
            except MisfitError:
                return self._told(step, "could not be taken", "that it could")
            if self._differs(step, result, restored):
                said = f"gave {quoted(str(result))}, or left another state behind,"
                return self._told(None, said, quoted(str(restored.result)))
            self._shared, self._locals[process_of(step)] = restored.shared, restored.local

    def _told(self, step: Step | None, here: str, there: str) -> str:
        schedule = self._execution.schedule
        shown = shortened(schedule if step is None or schedule[-1:] == [step] else [*schedule, step])
        return f"in schedule {shown} a step {here} than from a state that was restored ({there})"

    def _differs(self, step: Step, result: Any, restored: Any) -> bool:
        who, keeper, execution = process_of(step), self._steps.keeper, self._execution
        returned = (execution.returned[who],) if who in execution.returned else None
        if (returned is None) != (restored.returned is None) or differ(restored.result, result):
            return True
        if returned is not None and differ(restored.returned[0], returned[0]):
            return True
        return keeper.key(keeper.keep(execution.shared)) != keeper.key(restored.after)

    def _possible(self) -> Iterator[Step]:
        """Yield the steps that can be taken now, with faults and branches as the restored steps have them."""
        execution, program = self._execution, self._steps.program
        for who in (*execution.free(), *execution.redeliveries()):
            yield who
            left = program.faults.most - execution.spent - execution.is_asleep(who)
            for action in self._steps.others(self._shared, who, self._locals):
                if action.fault is None or left > 0:
                    yield action
