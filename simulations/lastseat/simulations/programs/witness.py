"""What the strategies have in common: who watches them, and how one ends that cannot go on."""

from typing import Any, Protocol

from lastseat.simulations.programs.execution import Execution


class Witness(Protocol):
    """Who watches an exploration. Steps at its start that an execution shares with the last one are not shown again."""

    def step(self, depth: int, who: int, operation: Any, result: Any, execution: Execution) -> None:
        """See step number `depth` (from 0), which has just been taken."""
        ...

    def end(self, execution: Execution) -> None:
        """See an execution that nobody can continue."""
        ...


class Engine(Protocol):
    """A strategy under way."""

    executions: int
    blocked: int

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
        super().__init__(f"process {who} took {steps.count(who):,} steps and did not end")
        self.who, self.steps = who, steps
