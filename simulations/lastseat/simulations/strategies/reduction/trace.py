"""The trace of an execution: which step happens before which, and which pairs of steps race.

Step a happens before step b where a comes first and both are of one process, or dependent, or linked by a chain of
such pairs. Executions with the same relation are one Mazurkiewicz trace: they give the same results and the same
final state. Sets of steps are integers whose bits are step numbers.
"""

from typing import Any, NamedTuple

from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.footprints import Footprints


class Link(NamedTuple):
    """A step of a sequence: which process takes it, with what footprint, and what happens in it."""

    who: int
    footprint: int
    step: Step


class Trace:
    """The steps of the current execution, with for each the set of those that happen before it."""

    def __init__(self, footprints: Footprints) -> None:
        self.footprints = footprints
        self.who: list[int] = []
        self.steps: list[Step] = []
        self.footprint: list[int] = []
        self.before: list[int] = []
        self.links: list[Link] = []
        self.operations: list[Any] = []
        self.largest: list[int | None] = []  # all that each step may touch, once somebody has asked for it
        self.results: list[Any] = []
        self.rivals: list[int] = []  # for each step, the earlier ones that conflict and are not before its process
        self._previous: list[int] = []
        self._columns: tuple[list[Any], ...] = (
            self.who,
            self.steps,
            self.footprint,
            self.before,
            self.links,
            self.operations,
            self.largest,
            self.results,
            self.rivals,
            self._previous,
        )
        self._last: dict[int, int] = {}
        self._of_footprint: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.who)

    def cut(self, length: int) -> None:
        """Forget the steps after the first `length`."""
        for index in range(len(self.who) - 1, length - 1, -1):
            self._last[self.who[index]] = self._previous[index]
            self._of_footprint[self.footprint[index]] &= ~(1 << index)
        for column in self._columns:
            del column[length:]

    def add(self, step: Step, footprint: int, operation: object, result: object) -> None:
        """Append a step."""
        index, who = len(self.who), step if isinstance(step, int) else step.process
        last = self._last.get(who, -1)
        before = self.before[last] | 1 << last if last >= 0 else 0
        rivals = self.conflicting(footprint) & ~before
        self.rivals.append(rivals)
        while rivals:
            latest = rivals.bit_length() - 1
            before |= self.before[latest] | 1 << latest
            rivals &= ~before
        self.who.append(who)
        self.steps.append(step)
        self.footprint.append(footprint)
        self.links.append(Link(who, footprint, step))
        self.before.append(before)
        self.operations.append(operation)
        self.largest.append(None)
        self.results.append(result)
        self._previous.append(last)
        self._last[who] = index
        self._of_footprint[footprint] = self._of_footprint.get(footprint, 0) | 1 << index

    def is_first(self, index: int) -> bool:
        """Return whether a step is the first of its process."""
        return self._previous[index] < 0

    def conflicting(self, footprint: int) -> int:
        """Return the steps that are dependent on a step with this footprint."""
        steps, of_footprint = 0, self._of_footprint
        for rival in self.footprints.rivals[footprint]:
            steps |= of_footprint.get(rival, 0)
        return steps

    def before_next(self, who: int) -> int:
        """Return the steps that happen before whatever process `who` does next."""
        last = self._last.get(who, -1)
        return self.before[last] | 1 << last if last >= 0 else 0
