"""Strategies and observers: which schedules are visited, and who is shown what happens in them.

A strategy says of itself what it covers; nobody asks for its name. An observer says whether it needs states.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar, Protocol

from lastseat.simulations.common.lines import Line
from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.schedule import shortened


class Observer(Protocol):
    """Who watches an exploration. Steps at its start that an execution shares with the last are not shown again.

    One whose `needs_states` is False looks at no state in `step`: dpor may then show it several steps at once, after
    the last of them. `violated` says whether some claim was seen violated.
    """

    @property
    def needs_states(self) -> bool:
        """Return whether it looks at states in `step`."""
        ...

    @property
    def violated(self) -> bool:
        """Return whether some claim was seen violated."""
        ...

    def step(self, depth: int, step: Step, operation: object, result: object, execution: Execution) -> None:
        """See step number `depth` (from 0), which has just been taken: its process was told `result`."""
        ...

    def end(self, execution: Execution) -> None:
        """See an execution that nobody must continue."""
        ...


class Coverage(StrEnum):
    """What a strategy covers when nothing stops it."""

    EVERY_SCHEDULE = "every schedule"
    EVERY_TRACE = "one schedule of each trace"
    BOUNDED = "every schedule within a bound"
    SAMPLED = "random schedules"


class Counted(Protocol):
    """How many executions were run: complete ones, and others that were begun in vain."""

    executions: int
    blocked: int


class Strategy(Counted, Protocol):
    """A strategy under way. Where it `shows_every_state`, what always holds can be claimed."""

    coverage: ClassVar[Coverage]
    shows_every_state: ClassVar[bool]

    def advance(self) -> bool:
        """Run one more execution and return True, or False when there is none left.

        Raises ProgramError where the program is at fault or not deterministic, EndlessError where it does not end.
        """
        ...

    def is_done(self) -> bool:
        """Return whether `advance` has nothing left to run."""
        ...

    def left_out(self) -> str:
        """Return why the executions so far may not be all, when `advance` said that none is left; "" if they are."""
        ...


class EndlessError(Exception):
    """A process took more steps than one may; `line` is where it goes on."""

    def __init__(self, who: int, steps: Sequence[Step], line: Line | None = None) -> None:
        count = [process_of(step) for step in steps].count(who)
        place = f"it goes on at {line}: " if line is not None else ""
        hint = f"{place}wait with until(...) in the place of a loop, or allow more with most_steps"
        said = f"process {who} took {count:,} steps and did not end; {hint}; schedule {shortened(steps)}"
        super().__init__(said)
        self.who, self.steps = who, tuple(steps)
