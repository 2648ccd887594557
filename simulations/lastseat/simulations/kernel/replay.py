"""One schedule again, step by step: each step is refused with its number where it does not apply."""

from collections.abc import Iterable
from typing import Any

from lastseat.simulations.kernel.actions import FAILING, Step, branch_of, fault_of, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Locations, Meter
from lastseat.simulations.kernel.operations import Choose
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.stepping import MisfitError


def run(program: Program, meter: Meter, steps: Iterable[Step]) -> Execution:
    """Execute `steps` from a fresh state. Raises MisfitError at the first step that cannot be taken."""
    execution = Execution(program, meter)
    for step in steps:
        take(program, meter, execution, step)
    return execution


def take(program: Program, meter: Meter, execution: Execution, step: Step) -> tuple[Any, tuple[Locations, Locations]]:
    """Take one more step; return what its process is told, and what was read and written.

    Raises MisfitError, with the number of the step.
    """
    number = len(execution.schedule) + 1
    if (why := refusal(program, meter, execution, step)) is not None:
        raise MisfitError(f"step {number}: {why}")
    try:
        result, footprint = execution.step(step)
    except MisfitError as error:
        raise MisfitError(f"step {number}: {error}") from None
    return result, meter.footprints.known[footprint]


def refusal(program: Program, meter: Meter, execution: Execution, step: Step) -> str | None:
    """Return why a step cannot be taken now, as far as can be said without taking it; None where it can."""
    who, processes = process_of(step), len(execution.pending)
    if not 0 <= who < processes:
        return f"there is no {program.noun} {who}, only 0 to {processes - 1}"
    if not execution.is_there(who):
        return f"there is no {program.noun} {who} yet"
    operation, named = execution.operation(who), program.named(who)
    if who in execution.crashed:
        return f"{named} has crashed"
    if who in execution.cut:
        return f"{named} has taken {program.most_steps} steps, and is taken no further"
    if operation is None:
        return f"{named} has ended already"
    repeated = who - program.originals
    if execution.is_asleep(who) and not execution.has_begun(repeated):
        return f"{named} repeats {program.noun} {repeated}, which has not begun"
    if who in execution.waiting():
        return f"{named} has to wait"
    return _misfit(program, meter, execution, step, operation)


def _misfit(program: Program, meter: Meter, execution: Execution, step: Step, operation: object) -> str | None:
    who, faults, named = process_of(step), program.faults, program.named(process_of(step))
    fault, branch = fault_of(step), branch_of(step)
    cost = (fault is not None) + execution.is_asleep(who)
    if (fault and fault not in faults.in_a_step) or (cost and execution.spent + cost > faults.most):
        what = fault.kind if fault else "redelivery"
        allowing = "scenario" if program.requests else "program"
        return f"the fault {what} of {named} is beyond what the {allowing} allows: {faults}"
    if fault in FAILING and fault not in meter.failing(operation):
        return f"the fault {fault and fault.kind} cannot strike in this step of {named}"
    if branch and branch >= len(operation.options if isinstance(operation, Choose) else (None,)):
        return f"{named} has no branch {branch} in this step"
    return None
