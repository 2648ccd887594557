"""The schedule of a violation that is easiest to follow: the fewest faults, then the fewest preemptions that show it.

First the schedule that was found is made simpler, step by step: blocks of steps of one process are joined, and what
has nothing to do with it is left out. Then every schedule with fewer preemptions is looked at, as far as a budget
goes: Musuvathi and Qadeer, "Iterative context bounding for systematic testing of multithreaded programs" (PLDI 2007).
The budget is in executions and steps, never in seconds: what comes out is the same everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from lastseat.simulations.common.interrupts import noted_interrupts
from lastseat.simulations.common.text import counted
from lastseat.simulations.counterexamples.minimal.simpler import simpler
from lastseat.simulations.kernel.actions import Action, Faults, Step, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import DEADLOCK, Property, Shortest, Violation
from lastseat.simulations.kernel.observer import EndlessError
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.kernel.replay import refusal, run
from lastseat.simulations.strategies.bounded import Preemptions, preemptions_of
from lastseat.simulations.strategies.watch import Watch

EXECUTIONS, STEPS = 2_000, 100_000  # that are spent on one violation at most
MOST_SIMPLER = 500  # executions of these that are spent on making simpler what was found
MOST_SHORTER = 500  # and on looking for a shorter one with as few preemptions


class Cost(NamedTuple):
    """What schedules that show the same are compared by, the weightiest first."""

    faults: int
    preemptions: int
    steps: int
    switches: int


@dataclass(frozen=True, slots=True)
class Fewest:
    """A violation with the schedule that costs least of those that were tried; `tried` is how many were executed.

    `is_least` says that no schedule at all has fewer faults, or as many and fewer preemptions; None: the search for
    one did not take place, or was broken off.
    """

    violation: Violation
    cost: Cost
    tried: int = 0
    is_least: bool | None = None

    @property
    def told(self) -> str:
        """Return what it costs, and whether it could be had for less."""
        faults, preemptions, *_ = self.cost
        with_faults = [counted(faults, "fault")] if faults else []
        if not faults and not preemptions:
            return "without a preemption: each process goes on as long as it can"
        costs = " and ".join([*with_faults, counted(preemptions, "preemption") if preemptions else "no preemption"])
        if self.is_least:
            return f"with {costs}; no schedule with fewer shows it"
        tried = f"fewer were looked for in {counted(self.tried, 'schedule')}"
        return f"with {costs}; {'fewer were not looked for' if self.is_least is None else tried}"


def fewest(
    program: Program,
    violation: Violation,
    properties: Sequence[Property] = (),
    *,
    executions: int = EXECUTIONS,
    steps: int = STEPS,
) -> Fewest:
    """Return the violation with the fewest faults and preemptions that show it, or the fewest that were found.

    Of schedules with as few, the shortest that was found. Whatever happens on the way, a program that behaves
    differently or Ctrl-C, a schedule that shows the violation comes back. Raises MisfitError where its own steps can
    no longer be taken.
    """
    search = _Search(program, violation, properties, executions, steps)
    is_least: bool | None = None
    try:
        with noted_interrupts() as search.interrupts:
            if search.see(violation.steps):
                search.simplify()
                is_least = search.descend()
                search.simplify()
    except (ProgramError, EndlessError, KeyboardInterrupt):
        is_least = None
    return Fewest(search.best, search.cost, search.tried, is_least)


def as_found(program: Program, violation: Violation) -> Fewest:
    """Return the violation as it was found, with its cost."""
    return Fewest(violation, _cost_of(program, violation.steps))


def _cost_of(program: Program, steps: Sequence[Step]) -> Cost:
    meter = program.meter()
    who = [process_of(step) for step in steps]
    switches = sum(here != there for here, there in pairwise(who))
    spent = run(program, meter, steps).spent
    return Cost(spent, preemptions_of(program, meter, steps), len(steps), switches)


class _Seeker(Watch):
    """A watch over one claim that counts the steps of all executions."""

    steps_taken = 0

    def end(self, execution: Execution) -> None:
        """See an execution that nobody must continue."""
        super().end(execution)
        self.steps_taken += len(execution.schedule)


class _Search:
    """A search for a cheaper schedule that shows one violation. `best` is the cheapest so far."""

    def __init__(
        self, program: Program, violation: Violation, properties: Sequence[Property], executions: int, steps: int
    ) -> None:
        self.program, self.name, self.meter = program, violation.name, program.meter()
        self.best, self.cost = violation, _cost_of(program, violation.steps)
        claims = [claim for claim in properties if claim.name == violation.name]
        self.watch = _Seeker(program, claims, deadlocks=violation.name != DEADLOCK)
        self.executions, self.steps, self.length = executions, steps, len(violation.steps)
        self.tried = 0
        self.interrupts: list[BaseException] = []

    # --- one schedule -----------------------------------------------------------------------------------------

    def see(self, steps: Sequence[Step]) -> bool:
        """Take these steps, without those that cannot be taken, and go on to the end; return whether it is shown.

        What follows has no preemption: whoever has the last step goes on, or else the first who can.
        """
        self.watch.shortest = Shortest()
        execution = Execution(self.program, self.meter)
        for step in steps:
            self._take(execution, step)
        while free := execution.free():
            last = process_of(execution.schedule[-1]) if execution.schedule else -1
            self._take(execution, last if last in free else free[0])
        self.tried += 1
        self.watch.end(execution)
        return self._keep()

    def _take(self, execution: Execution, wanted: Step) -> None:
        """Take a step, or what is left of it, if it can be taken."""
        for step in dict.fromkeys((wanted, process_of(wanted))):
            if refusal(self.program, self.meter, execution, step) is None:
                break
        else:
            return
        depth, operation = len(execution.schedule), execution.operation(process_of(step))
        take = execution.step_if_it_fits if isinstance(step, Action) else execution.step
        result, _ = take(step)  # type: ignore[arg-type]
        self.watch.step(depth, execution.schedule[-1], operation, result, execution)
        if (endless := execution.exhausted()) is not None:
            raise EndlessError(endless, execution.schedule)

    def _keep(self) -> bool:
        """Keep what was just seen if it costs less; return whether the violation was seen at all."""
        seen = next((shown for shown in self.watch.shortest.all() if shown.name == self.name), None)
        self.watch.shortest = Shortest()
        if seen is None:
            return False
        cost = _cost_of(self.program, seen.steps)
        if cost < self.cost:
            self.best, self.cost = seen, cost
        return True

    def is_over(self) -> bool:
        """Return whether nothing more may be executed. Raises KeyboardInterrupt where one was lost in a finalizer."""
        if self.interrupts:
            raise KeyboardInterrupt
        return self.tried >= self.executions or self.watch.steps_taken >= self.steps

    # --- several ----------------------------------------------------------------------------------------------

    def simplify(self) -> None:
        """Look at schedules that are simpler than the best, as long as one of them shows it and costs less."""
        most, seen = min(self.executions, self.tried + MOST_SIMPLER), {self.best.steps}
        improved = True
        while improved:
            improved, before = False, self.cost
            for steps in simpler(self.program, self.meter, self.best.steps):
                if steps in seen:
                    continue
                if self.is_over() or self.tried >= most:
                    return
                seen.add(steps)
                self.see(steps)
                if self.cost < before:
                    improved = True
                    break

    def descend(self) -> bool:
        """Look at every schedule that has fewer faults than the best, or as many and fewer preemptions.

        Return whether all of these were looked at, or the best is the first that was found among them.
        """
        for faults in range(self.cost.faults + 1):
            bound, is_all = 0, False
            while not is_all and (faults < self.cost.faults or bound < self.cost.preemptions):
                before = self.cost[:2]
                finished, is_all = self._within(faults, bound)
                if self.cost[:2] < before:
                    return True
                if not finished:
                    return False
                bound += 1
        return True

    def _within(self, faults: int, bound: int) -> tuple[bool, bool]:
        """Look at all schedules with at most so many faults and preemptions, until one costs less than the best.

        Return whether all were looked at, and whether there are no others with as few faults.
        """
        allowed = replace(self.program, faults=Faults(faults, self.program.faults.kinds))
        strategy = Preemptions(allowed, self.meter, self.watch, bound)
        self.watch.shortest, before, found = Shortest(), self.cost[:2], -1
        while not self.is_over():
            if not strategy.advance():
                return True, not strategy.left_out()
            self.tried += 1
            self._keep()
            if found < 0 and self.cost[:2] < before:
                found = self.tried
            if found >= 0 and (self.cost.steps <= self.length or self.tried >= found + MOST_SHORTER):
                return False, False
        return False, False
