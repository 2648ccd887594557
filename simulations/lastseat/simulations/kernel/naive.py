"""Every schedule of a program, each executed from the start: the definition that all strategies are held to.

Nothing is pruned, remembered or merged. Which steps can be taken is found by trying them, and so owes nothing to what
the strategies go by. Only for small programs.
"""

from collections.abc import Callable, Iterator

from lastseat.simulations.kernel.actions import Action, Step
from lastseat.simulations.kernel.operations import Choose
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.run import Run, play
from lastseat.simulations.kernel.stepping import MisfitError


def schedules(program: Program, visit: Callable[[Run], None]) -> int:
    """Execute every schedule and call `visit` with each; return how many there are.

    A schedule is over when no process can go on. What could still go wrong then, such as a redelivery, makes another,
    longer one. Every fault is tried in every step, up to the budget of the program.
    """
    count = 0
    agenda = [play(program, ())]
    while agenda:
        run = agenda.pop()
        agenda.extend(reversed(list(_longer(program, run))))
        if not run.free:
            count += 1
            visit(run)
    return count


def _longer(program: Program, run: Run) -> Iterator[Run]:
    """Yield the run with one more step, for each step that can be taken."""
    for step in _steps(program, run):
        try:
            yield play(program, (*run.steps, step))
        except MisfitError:
            continue


def _steps(program: Program, run: Run) -> Iterator[Step]:
    """Yield all that may be tried of whoever has a next operation: the step, other branches of it, every fault."""
    processes = sorted(run.ahead)
    yield from processes
    for process in processes:
        operation = run.ahead[process]
        for branch in range(1, len(operation.options) if isinstance(operation, Choose) else 0):
            yield Action(process, branch=branch)
    for process in processes:
        for fault in program.faults.in_a_step if run.spent < program.faults.most else ():
            yield Action(process, fault)
