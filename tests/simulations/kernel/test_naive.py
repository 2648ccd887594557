"""Every schedule of a program, found by trying: what all strategies are held to."""

from collections import Counter
from collections.abc import Generator
from math import comb
from typing import Any

import pytest

from lastseat.simulations.kernel.actions import Action, Fault, Faults
from lastseat.simulations.kernel.naive import schedules
from lastseat.simulations.kernel.objects import Register, Shared
from lastseat.simulations.kernel.operations import choose
from lastseat.simulations.kernel.program import program_of
from lastseat.simulations.kernel.run import Recorder, Run
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.kernel.stepping import MisfitError

Steps = Generator[Any, Any, Any]


def increment(shared: Shared) -> Steps:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def careful(shared: Shared) -> Steps:
    try:
        yield shared.counter.write(1)
    except Exception:  # noqa: BLE001 - whatever a fault raises
        return "told"
    return "done"


def tossing(_shared: Shared) -> Steps:
    return (yield choose("heads", "tails", "edge"))


def counter() -> Shared:
    return Shared(counter=Register(0))


def ends_of(program: Any) -> list[Run]:
    found: list[Run] = []
    assert schedules(program, found.append) == len(found)
    return found


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_order_of_the_steps_is_taken_once(processes: int) -> None:
    found = ends_of(program_of([increment] * processes, counter))

    assert len({run.steps for run in found}) == len(found)
    assert len(found) == {1: 1, 2: comb(4, 2), 3: 90}[processes]


def test_half_of_the_orders_of_two_increments_but_two_lose_one() -> None:
    finals = Counter(run.final[0][1] for run in ends_of(program_of([increment, increment], counter)))

    assert finals == {1: 4, 2: 2}


def test_every_branch_of_a_choice_is_taken() -> None:
    found = ends_of(program_of([tossing], counter))

    assert [run.returned[0] for run in found] == ["heads", "tails", "edge"]


def test_every_fault_strikes_where_it_fits() -> None:
    found = ends_of(program_of([careful], counter, faults=Faults(1)))

    assert [str(Schedule.of(run.steps)) for run in found] == ["0", "0.1", "0c", "0d", "0u", "0a"]


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (Fault.CRASH_AFTER, r"^step 1: process 0 does not end with this step"),
        (Fault.ANSWER_LOST, r"^step 1: nothing is applied for process 0"),
    ],
)
def test_a_fault_that_turns_out_not_to_fit_changes_nothing(fault: Fault, complaint: str) -> None:
    """Whether a process ends with a step, or changes anything, is known only when the step was taken."""
    recorder = Recorder(program_of([increment], counter, faults=Faults(1)))

    with pytest.raises(MisfitError, match=complaint):
        recorder.take(Action(0, fault))

    assert (recorder.run().taken, recorder.run().spent, recorder.run().free) == ((), 0, (0,))
    assert [recorder.take(0).result, recorder.take(0).after] == [0, (("counter", 1),)]
