"""What the strategies have in common: who watches them, and how one ends that cannot go on."""

from typing import Any, Protocol

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.schedule import Schedule


class Witness(Protocol):
    """Who watches an exploration. Steps at its start that an execution shares with the last are not shown again.

    One whose `needs_states` is False looks at no state in `step`: dpor may then show it several steps at once, after
    the last of them.
    """

    def step(self, depth: int, who: int, operation: Any, result: Any, execution: Execution) -> None:
        """See step number `depth` (from 0), which has just been taken."""
        ...

    def end(self, execution: Execution) -> None:
        """See an execution that nobody can continue."""
        ...


class Counted(Protocol):
    """How many executions were run: complete ones, and others that were begun in vain."""

    executions: int
    blocked: int


class Engine(Counted, Protocol):
    """A strategy under way."""

    def advance(self) -> bool:
        """Run one more execution and return True, or False when there is none left.

        Raises ProgramError where the program is at fault or not deterministic, EndlessError where it does not end.
        """
        ...

    def left_out(self) -> str:
        """Return why the executions so far may not be all, when `advance` said that none is left; "" if they are."""
        ...


class EndlessError(Exception):
    """A process took more steps than one may."""

    def __init__(self, who: int, steps: tuple[int, ...]) -> None:
        shown = printable(str(Schedule.of(steps)), 200)
        super().__init__(f"process {who} took {steps.count(who):,} steps and did not end; schedule {shown}")
        self.who, self.steps = who, steps
