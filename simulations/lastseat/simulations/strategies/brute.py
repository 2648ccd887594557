"""Every schedule of a program, each executed from the start: the strategy that needs no argument for its soundness.

Depth first: after an execution, the last step that could have been another one becomes the next one. When a step was
taken as it is, what else could have happened in its place is put first among what is still to be tried there. An
execution may end while a redelivery could still be made: it ends there in one schedule, and goes on in others.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.budget import DID_NOT_END
from lastseat.simulations.kernel.endings import IMMUTABLE, frozen
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Footprints, Meter
from lastseat.simulations.kernel.observer import Coverage, EndlessError, Observer
from lastseat.simulations.kernel.operations import KEYED, Choose
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.run import line_of
from lastseat.simulations.strategies.declared import Declared, Named

END = -1  # in the place of a step: the execution ends here, though a redelivery could be made


class Brute:
    """Depth first over all schedules. `choices` may be narrowed by a strategy that is derived from it.

    With a `prefix`, over those that begin with these steps, which can be taken.
    """

    coverage: ClassVar[Coverage] = Coverage.EVERY_SCHEDULE
    shows_every_state: ClassVar[bool] = True

    def __init__(self, program: Program, meter: Meter, observer: Observer, prefix: Sequence[Step] = ()) -> None:
        self._program, self._meter, self._observer = program, meter, observer
        self.executions, self.blocked = 0, 0
        self._path: list[Step] = list(prefix)
        self._later: list[list[Any]] = [[] for _ in prefix]  # what else is to be tried at each step of the path
        self._results: list[Any] = []
        self._exhausted = False
        self._faulty, self._given, self._most = program.faults.most > 0, len(prefix), program.most_steps
        # Where something else than every free process can be next.
        self._narrows = self._faulty or type(self).choices is not Brute.choices
        self._cut = ""

    def choices(self, execution: Execution, possible: list[int]) -> list[int]:
        """Return who may be next, in the order in which they are tried: everybody who can."""
        del execution
        return possible

    def left_out(self) -> str:
        """Return what was left out: of processes that do not end, what they would have done."""
        return self._cut

    def is_done(self) -> bool:
        """Return whether no schedule is left."""
        return self._exhausted

    def advance(self) -> bool:
        """Run one more execution; return False where there is none left. See `observer.Strategy`."""
        if self._exhausted:
            return False
        execution = Execution(self._program, self._meter)
        path, results, observe = self._path, self._results, self._observer.step
        most_faults, pending, repeat = self._program.faults.most, execution.pending, execution.repeat
        execution.repeat_all(path, results)
        depth, length = len(results), len(path)
        while True:
            if depth == length:
                possible = execution.free()
                if not possible:
                    break
                if self._narrows:
                    possible = self.choices(execution, [*possible, *execution.redeliveries()])
                path.append(possible[0])
                self._later.append(possible[1:])
                length += 1
            step = path[depth]
            operation = pending[step] if step.__class__ is int else None
            if operation is not None and operation.__class__ is not Choose and execution.spent >= most_faults:
                result = repeat(step)  # nothing else could happen in its place
            else:
                operation, result = self._taken(execution, step, depth)
            results.append(result if result.__class__ in IMMUTABLE and not KEYED else frozen(operation, result))
            observe(depth, step, operation, result, execution)
            depth += 1
            if depth >= self._most and (endless := execution.exhausted()) is not None:
                raise EndlessError(endless, execution.schedule, line_of(execution, endless))
        self.executions += 1
        self._observer.end(execution)
        self._exhausted = not self._turn(execution)
        return True

    def _taken(self, execution: Execution, step: Step, depth: int) -> tuple[Any, Any]:
        """Take a step where something else could have happened, and note that; return its operation and result."""
        operation = execution.operation(process_of(step))
        if not isinstance(step, int) or depth < self._given:
            return operation, execution.repeat(step)
        result, _ = execution.step(step)
        self._later[depth][:0] = execution.others(step, operation)
        return operation, result

    def _turn(self, execution: Execution) -> bool:
        """Turn the path of an execution into the prefix of the next schedule; False when there is none."""
        path, results, later_of = self._path, self._results, self._later
        if execution.cut:
            who = self._program.named(min(execution.cut))
            self._cut = f"{who} took {self._program.most_steps} steps and {DID_NOT_END}"
        if self._faulty and (later := execution.redeliveries()):
            path.append(END)
            results.append(None)
            later_of.append([*self.choices(execution, later)])
        while path:
            path.pop()
            results.pop()
            if later_of[-1]:
                path.append(later_of[-1].pop(0))
                return True
            later_of.pop()
        return False


NAMED = Named("brute", "brute", lambda _: Declared("brute", Brute.coverage, Brute))

Event: TypeAlias = tuple[Step, int]  # a step, and how many steps of its process came before


def canonical(
    schedule: Sequence[Step], touched: Sequence[int], footprints: Footprints
) -> tuple[frozenset[Event], frozenset[tuple[Event, Event]]]:
    """Return what two executions have in common exactly if they are one Mazurkiewicz trace.

    That is their steps, and the order of those that are dependent: found pair by pair, as it is defined, and not by
    the means of `trace`.
    """
    taken: dict[int, int] = {}
    events: list[Event] = []
    for step in schedule:
        who = process_of(step)
        events.append((step, taken.get(who, 0)))
        taken[who] = taken.get(who, 0) + 1
    return frozenset(events), frozenset(
        (events[first], events[second])
        for second in range(len(events))
        for first in range(second)
        if process_of(schedule[first]) != process_of(schedule[second])
        and footprints.clash[touched[first]] >> touched[second] & 1
    )
