"""An execution: a step that is metered and one that is not are the same step."""

from collections.abc import Sequence
from typing import Any

import pytest

from lastseat.simulations.kernel.actions import Faults, Step
from lastseat.simulations.kernel.endings import final_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.naive import schedules
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.kernel.run import Run
from lastseat.testing import Join, OperationFailedError, Register, Shared, choose


def books(shared: Any) -> Any:
    try:
        seen = yield shared.seats.read()
        taken = yield shared.seats.compare_and_swap(seen, seen + 1)
    except OperationFailedError as error:
        return str(error)
    return taken


def waits(shared: Any) -> Any:
    if (yield choose("wait", "go")) == "wait":
        return (yield Join(0))
    yield shared.seats.write(9)
    return None


def told(program: Program, steps: Sequence[Step], *, metered: bool) -> tuple[Any, ...]:
    execution = Execution(program, program.meter())
    results = [execution.step(step)[0] if metered else execution.repeat(step) for step in steps]
    left = execution.returned, execution.crashed, execution.spent, list(execution.free()), execution.redeliveries()
    return results, final_of(execution.shared), *left


@pytest.mark.parametrize("faults", [Faults(), Faults(1), Faults(2, crash=True, acknowledgement_lost=True)], ids=str)
def test_a_step_that_is_repeated_does_what_it_did(faults: Faults) -> None:
    program = program_of([books, waits], lambda: Shared(seats=Register(0)), faults=faults)
    runs: list[Run] = []

    schedules(program, runs.append)

    assert len(runs) > 6
    for run in runs:
        assert told(program, run.steps, metered=False) == told(program, run.steps, metered=True)
