"""Schedules with few preemptions, or few delays: small searches that find most bugs.

Preemption bounding: Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded
programs" (PLDI 2007). Every schedule with at most K preemptions is executed exactly once, whatever the number of
switches where a process has ended or waits; of n processes with k steps each they are polynomial in k.

Delay bounding: Emmi, Qadeer and Rakamaric, "Delay-bounded scheduling" (POPL 2011). A fixed scheduler goes on with the
process that runs, and where that ended or waits with the next one round robin; each delay skips one process in its
turn. At most K delays: fewer schedules than with K preemptions, and their number does not grow with the processes.
"""

from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Witness
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.brute import Brute


class Bounded(Brute):
    """Depth first over the schedules whose steps cost at most `bound` in all."""

    what = ""

    def __init__(self, program: Program, meter: Meter, witness: Witness, bound: int) -> None:
        super().__init__(program, meter, witness)
        self._bound = bound
        self._pruned = False
        self._spent: list[int] = []  # what the steps of the path have cost, up to and with each
        self._costs: list[dict[int, int]] = []

    def costs(self, last: int, processes: int, free: list[int]) -> dict[int, int]:
        """Return what it costs to let each free process take the next step, after `last` (-1: nobody) took one."""
        raise NotImplementedError

    def choices(self, execution: Execution, free: list[int]) -> list[int]:
        """Return who may be next within the bound, the cheapest first; there is always one that costs nothing."""
        path = execution.schedule
        depth = len(path)
        del self._costs[depth:], self._spent[depth:]
        if depth:  # the step before this one may have been changed since
            before = self._spent[depth - 2] if depth > 1 else 0
            self._spent[depth - 1 :] = [before + self._costs[depth - 1][path[-1]]]
        spent = self._spent[depth - 1] if depth else 0
        costs = self.costs(path[-1] if path else -1, len(execution.pending), free)
        self._costs.append(costs)
        self._spent.append(spent)
        within = [
            who for who in sorted(costs, key=lambda one: (costs[one], one)) if spent + costs[who] <= self._bound
        ]
        self._pruned = self._pruned or len(within) < len(costs)
        return within

    def left_out(self) -> str:
        """Return which schedules were left out, if any."""
        return f"schedules with more than {self._bound} {self.what} were left out" if self._pruned else ""


class Preemptions(Bounded):
    """Every schedule with at most so many preemptions: switches away from a process that could have gone on."""

    what = "preemptions"

    def costs(self, last: int, processes: int, free: list[int]) -> dict[int, int]:
        """Return 1 for whoever preempts `last`."""
        del processes
        return {who: int(last in free and who != last) for who in free}


class Delays(Bounded):
    """Every schedule of the round-robin scheduler with at most so many delays."""

    what = "delays"

    def costs(self, last: int, processes: int, free: list[int]) -> dict[int, int]:
        """Return how many free processes have to be skipped to come to each."""
        start = max(last, 0)
        turns = [(start + ahead) % processes for ahead in range(processes)]
        return {who: skipped for skipped, who in enumerate(one for one in turns if one in free)}
