"""Every schedule of a program, each executed from the start: the definition that every reduction is held to."""

from typing import Any, TypeAlias

from lastseat.simulations.kernel.execution import Execution, differ, diverged
from lastseat.simulations.kernel.footprints import Footprints, Meter
from lastseat.simulations.kernel.observer import EndlessError, Witness
from lastseat.simulations.kernel.program import Program


class Brute:
    """Depth first over all schedules. `choices` may be narrowed by a strategy that is derived from it.

    After an execution, the last step that could have been another process's becomes the next one's.
    """

    def __init__(self, program: Program, meter: Meter, witness: Witness) -> None:
        self._program, self._meter, self._witness = program, meter, witness
        self.executions, self.blocked = 0, 0
        self._path: list[int] = []
        self._later: list[list[int]] = []  # who else is to be tried at each step of the path
        self._results: list[Any] = []
        self._exhausted = False

    def choices(self, execution: Execution, free: list[int]) -> list[int]:
        """Return who may be next, in the order in which they are tried: everybody who can. At least one of `free`."""
        del execution
        return free

    def left_out(self) -> str:
        """Return what the choices left out: nothing."""
        return ""

    def advance(self) -> bool:
        """Run one more execution; return False where there is none left. See `witness.Engine`."""
        if self._exhausted:
            return False
        execution = Execution(self._program, self._meter)
        self._repeat(execution)
        while True:
            if len(self._path) == len(execution.schedule):
                free = execution.free()
                if not free:
                    break
                first, *others = self.choices(execution, free)
                self._path.append(first)
                self._later.append(others)
            self._step(execution, self._path[-1])
        self.executions += 1
        self._witness.end(execution)
        self._exhausted = not self._turn()
        return True

    def _repeat(self, execution: Execution) -> None:
        """Take the steps again that this schedule shares with the last one."""
        for who, seen in zip(self._path, self._results, strict=False):
            result = execution.repeat(who)
            if result is not seen and differ(result, seen):
                raise diverged(execution, seen, result)

    def _step(self, execution: Execution, who: int) -> None:
        operation = execution.pending[who]
        result, _ = execution.step(who)
        self._results.append(result)
        self._witness.step(len(self._path) - 1, who, operation, result, execution)
        if (endless := execution.exhausted()) is not None:
            raise EndlessError(endless, tuple(self._path))

    def _turn(self) -> bool:
        """Turn the path into the prefix of the next schedule; False when there is none."""
        while self._path:
            self._path.pop()
            self._results.pop()
            if self._later[-1]:
                self._path.append(self._later[-1].pop(0))
                return True
            self._later.pop()
        return False


Step: TypeAlias = tuple[int, int]  # a process, and how many steps of it came before


def canonical(
    schedule: list[int], touched: list[int], footprints: Footprints
) -> tuple[frozenset[Step], frozenset[tuple[Step, Step]]]:
    """Return what two executions have in common exactly if they are one Mazurkiewicz trace.

    That is their steps, and the order of those that are dependent: found pair by pair, as it is defined, and not by
    the means of `trace`.
    """
    taken: dict[int, int] = {}
    steps: list[Step] = []
    for who in schedule:
        steps.append((who, taken.get(who, 0)))
        taken[who] = taken.get(who, 0) + 1
    return frozenset(steps), frozenset(
        (steps[first], steps[second])
        for second in range(len(steps))
        for first in range(second)
        if steps[first][0] != steps[second][0] and footprints.clash[touched[first]] >> touched[second] & 1
    )
