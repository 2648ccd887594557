"""What random runs leave to chance beside the schedule: faults, redeliveries, and the branches of a choice.

While the budget has faults left, what happens in a step is drawn from the ordinary step and the faults that can
strike in it, each equally likely; one that turns out not to fit there strikes nothing. A choice takes each branch
equally likely. When only redeliveries could go on, the execution ends as likely as any of them is made.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

from lastseat.simulations.kernel.actions import FAILING, Action
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Choose
from lastseat.simulations.kernel.program import Program

FINEST = 1 << 53  # `random` gives multiples of 1 / FINEST
CHANCE = "while faults were left, each that could strike in a step was as likely as none"


def below(draw: Random, bound: int) -> int:
    """Return an integer from 0 to bound - 1, exactly uniform; `bound` is at most 2**53."""
    fair = FINEST - FINEST % bound
    while (drawn := int(draw.random() * FINEST)) >= fair:
        pass  # the numbers from `fair` on would favour some
    return drawn % bound


class Chance:
    """Draws what happens in the steps of one run."""

    def __init__(self, draw: Random, program: Program, meter: Meter) -> None:
        self._draw, self._meter, self._most = draw, meter, program.faults.most
        self._faults = program.faults.in_a_step

    def possible(self, execution: Execution) -> Sequence[int]:
        """Return who can go on, redeliveries that can be made included; nobody where the run ends."""
        free = execution.free()
        if execution.spent >= self._most or not (later := execution.redeliveries()):
            return free
        return [*free, *later] if free or below(self._draw, len(later) + 1) else []

    def take(self, execution: Execution, who: int, operation: object) -> tuple[Any, int]:
        """Take the step of process `who`, with what chance makes of it; as `Execution.step`."""
        if isinstance(operation, Choose) and len(operation.options) > 1:
            branch = below(self._draw, len(operation.options))
            return execution.step(Action(who, branch=branch) if branch else who)
        if execution.spent + execution.is_asleep(who) >= self._most:
            return execution.step(who)
        failing = self._meter.failing(operation)
        faults = [fault for fault in self._faults if fault not in FAILING or fault in failing]
        drawn = below(self._draw, len(faults) + 1)
        return execution.step_if_it_fits(Action(who, faults[drawn - 1])) if drawn else execution.step(who)
