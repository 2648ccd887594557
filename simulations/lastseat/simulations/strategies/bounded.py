"""Schedules with few preemptions, or few delays: small searches that find most bugs.

Preemption bounding: Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded
programs" (PLDI 2007). Every schedule with at most K preemptions is executed exactly once, whatever the number of
switches where a process has ended or waits; of n processes with k steps each they are polynomial in k.

Delay bounding: Emmi, Qadeer and Rakamaric, "Delay-bounded scheduling" (POPL 2011). A fixed scheduler goes on with the
process that runs, and where that ended or waits with the next one round robin; each delay skips one process in its
turn. At most K delays: fewer schedules than with K preemptions, and their number does not grow with the processes.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Coverage, Observer
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.replay import take
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.declared import Declared, Named


class Bounded(Brute):
    """Depth first over the schedules whose steps cost at most `bound` in all. A fault or a branch costs nothing."""

    coverage: ClassVar[Coverage] = Coverage.BOUNDED
    what: ClassVar[str] = ""

    def __init__(self, program: Program, meter: Meter, observer: Observer, bound: int) -> None:
        super().__init__(program, meter, observer)
        self._bound = bound
        self._pruned = False
        self._spent: list[int] = []  # what the steps of the path have cost, up to and with each
        self._costs: list[dict[int, int]] = []

    def costs(self, last: int, processes: int, possible: Sequence[int]) -> dict[int, int]:
        """Return what it costs to let each possible process take the next step, after `last` (-1: nobody)."""
        raise NotImplementedError

    def choices(self, execution: Execution, possible: list[int]) -> list[int]:
        """Return who may be next within the bound, the cheapest first; there is always one that costs nothing."""
        path = list(map(process_of, execution.schedule))
        depth = len(path)
        del self._costs[depth:], self._spent[depth:]
        if depth:  # the step before this one may have been changed since
            before = self._spent[depth - 2] if depth > 1 else 0
            self._spent[depth - 1 :] = [before + self._costs[depth - 1][path[-1]]]
        spent = self._spent[depth - 1] if depth else 0
        costs = self.costs(path[-1] if path else -1, len(execution.pending), possible)
        self._costs.append(costs)
        self._spent.append(spent)
        within = [
            who for who in sorted(costs, key=lambda who: (costs[who], who)) if spent + costs[who] <= self._bound
        ]
        self._pruned = self._pruned or len(within) < len(costs)
        return within

    def left_out(self) -> str:
        """Return which schedules were left out, if any."""
        pruned = f"schedules with more than {self._bound} {self.what} were left out" if self._pruned else ""
        return "; ".join(why for why in (super().left_out(), pruned) if why)


def is_preemption(last: int, who: int, possible: Sequence[int]) -> bool:
    """Return whether `who` takes a step where `last`, who took the step before, could have gone on."""
    return who != last and last in possible


def preemptions_of(program: Program, meter: Meter, steps: Iterable[Step]) -> int:
    """Return how many preemptions a schedule has. Raises MisfitError where it cannot be taken."""
    execution, last, preemptions = Execution(program, meter), -1, 0
    for step in steps:
        preemptions += is_preemption(last, process_of(step), execution.free())
        take(program, meter, execution, step)
        last = process_of(step)
    return preemptions


class Preemptions(Bounded):
    """Every schedule with at most so many preemptions: switches away from a process that could have gone on."""

    what = "preemptions"

    def costs(self, last: int, processes: int, possible: Sequence[int]) -> dict[int, int]:
        """Return 1 for whoever preempts `last`."""
        del processes
        return {who: int(is_preemption(last, who, possible)) for who in possible}


class Delays(Bounded):
    """Every schedule of the round-robin scheduler with at most so many delays."""

    what = "delays"

    def costs(self, last: int, processes: int, possible: Sequence[int]) -> dict[int, int]:
        """Return how many possible processes have to be skipped to come to each."""
        start = max(last, 0)
        turns = [(start + ahead) % processes for ahead in range(processes)]
        return {who: skipped for skipped, who in enumerate(turn for turn in turns if turn in possible)}


def _named(word: str, bounded: Callable[[Program, Meter, Observer, int], Bounded]) -> Named:
    def declared(match: re.Match[str]) -> Declared:
        return Declared(match[0], Coverage.BOUNDED, partial(_made, bounded, int(match[1])))

    return Named(f"{word}=K", rf"{word}=([0-9]{{1,6}})", declared)


def _made(
    bounded: Callable[[Program, Meter, Observer, int], Bounded],
    bound: int,
    program: Program,
    meter: Meter,
    observer: Observer,
) -> Bounded:
    return bounded(program, meter, observer, bound)


PREEMPTIONS = _named("preemptions", Preemptions)
DELAYS = _named("delays", Delays)
