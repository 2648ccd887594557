"""What is drawn for tests of programs: it is well formed, reaches what it is for, and shrinks to what is simple."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from lastseat.simulations.kernel.actions import Fault, branch_of, fault_of, process_of
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.testing import Faults, ProgramError, Shared, explore, replay
from lastseat.testing.notation import WORDS, new_shared, processes_of
from lastseat.testing.strategies import ORDINARY, Written, faults, programs, scenarios, schedules

QUICK = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])


def make() -> Shared:
    return new_shared()


# --- schedules ------------------------------------------------------------------------------------------------------


@QUICK
@given(st.data())
def test_a_drawn_schedule_is_one_of_the_program(data: st.DataObject) -> None:
    drawn, budget = data.draw(programs()), data.draw(faults())

    steps = data.draw(schedules(drawn.processes, shared=drawn.shared, faults=budget))

    run = replay(drawn.processes, shared=drawn.shared, schedule=str(Schedule.of(steps)), faults=budget)
    assert (run.steps, run.free) == (steps, ())
    assert run.spent <= budget.most


def test_a_schedule_shrinks_to_one_process_after_the_other() -> None:
    steps = find(schedules(processes_of("x+ y+ | x+ y+"), shared=make), lambda _: True)

    assert steps == (0, 0, 1, 1)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_drawn(fault: Fault) -> None:
    drawn = schedules(processes_of("x+ | y+"), shared=make, faults=Faults(1))

    def has_it(steps: Any) -> bool:
        return fault in map(fault_of, steps)

    steps = find(drawn, has_it, settings=settings(max_examples=2_000))

    assert [fault_of(step) for step in steps if fault_of(step)] == [fault]


def test_every_branch_and_every_redelivery_is_drawn() -> None:
    program = {"processes": processes_of("1,2,3 x+"), "shared": make}

    branched = find(schedules(**program), lambda steps: branch_of(steps[0]) == 2)
    repeated = find(
        schedules(**program, faults=Faults(1, redelivery=True)), lambda steps: 1 in map(process_of, steps)
    )

    assert Schedule.of(branched) == Schedule.parse("0:2.0")
    assert sorted(map(process_of, repeated)) == [0, 0, 1, 1]


def test_a_process_that_does_not_end_is_said_to_be_one() -> None:
    with pytest.raises(ProgramError, match="process 0 took 7 steps and did not end"):
        find(schedules(processes_of("x*"), shared=make, most_steps=7), lambda _: True)


# --- programs, faults, scenarios ------------------------------------------------------------------------------------


@QUICK
@given(programs())
def test_a_drawn_program_can_be_explored(drawn: Written) -> None:
    seen = explore(drawn.processes, shared=drawn.shared, deadlocks=True, executions=200)

    assert not seen.violations


@pytest.mark.parametrize("word", sorted({word for text in ORDINARY for word in text.split()} - {".", "?1"}))
def test_every_ordinary_word_has_a_meaning(word: str) -> None:
    before = {"c": "c( ", "l": "l( ", "m": "m( "}.get(word[0], "") if word[1] != "(" else ""

    assert explore(processes_of(f"{before}{word} | x+"), shared=make, deadlocks=True).complete


def test_a_word_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^x\^2 is no step$"):
        processes_of("x? | x^2")
    assert "x^2" not in WORDS


def test_what_is_drawn_is_within_what_was_asked_for() -> None:
    crash = find(faults(most=1, kinds=[*Faults(1, crash=True).kinds]), lambda budget: budget.most == 1)
    large = find(scenarios(most_attempts=4), lambda scenario: len(scenario.requests) == 4)
    faulty = find(scenarios(faults=st.just(Faults(2))), lambda _: True)

    assert crash == Faults(1, crash=True)
    assert {request.units for request in large.requests} == {1}
    assert faulty.faults == Faults(2)


def test_without_hypothesis_one_line_says_what_to_install() -> None:
    source = "import sys; sys.modules['hypothesis'] = None; import lastseat.testing.strategies"

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)

    last = done.stderr.splitlines()[-1]
    assert last == "ModuleNotFoundError: these strategies need hypothesis: pip install 'lastseat[testing]'"


def test_testing_itself_needs_no_hypothesis() -> None:
    source = "import sys; sys.modules['hypothesis'] = None; import lastseat.testing, lastseat.testing.notation"

    subprocess.run([sys.executable, "-c", source], check=True)
