"""Every explorer of programs says what the naive one says; one that is wrong is found; and what once differed."""

from collections.abc import Callable
from typing import Any

import pytest
from fuzz.hunting import Target, hunt
from fuzz.naive_programs import execute, trace_of
from fuzz.notation import new_shared, processes_of
from fuzz.program_cases import Case
from fuzz.program_engines import AtOnce, Lazy, Subject
from fuzz.programs import BOUNDS, PROGRAMS, SAMPLES, SPLIT
from fuzz.wrong_programs import WRONG, Wrong

from lastseat.simulations.kernel.budget import Budget
from lastseat.simulations.kernel.program import program_of
from lastseat.simulations.strategies.reduction.split import explore_split
from lastseat.testing import at_end, explore

FIVE = "z? z? | x=5 | z=9 z+ z? | x=13 z? | z=17 z? x?"  # five processes over two registers


@pytest.mark.parametrize(
    ("target", "cases"),
    [(PROGRAMS, 600), (BOUNDS, 300), (SAMPLES, 200), (SPLIT, 100)],
    ids=["programs", "bounds", "samples", "split"],
)
def test_the_explorers_agree_on_drawn_programs(target: Target, cases: int) -> None:
    found = hunt(target, seed_=2026, cases=cases).found

    assert found is None, found.as_test() if found else ""


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name.replace(" ", "-"))
def test_an_explorer_that_is_wrong_is_found(wrong: Wrong) -> None:
    assert wrong.found(seed=4, cases=2_000) is not None


# --- dpor in tasks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", [AtOnce, Lazy])
@pytest.mark.parametrize("task", [1, 2, 3, 5])
def test_dpor_in_tasks_loses_no_trace_of_five_processes_over_two_registers(
    task: int, executor: Callable[[], Any]
) -> None:
    program = program_of(processes_of(FIVE), new_shared)
    subject = Subject(program, (), deadlocks=False)
    kept, driven = explore_split(subject, executor(), subject.observer(), Budget(), executions_per_task=task)

    schedules = kept.observer.schedules
    assert (driven.why, kept.executions, kept.blocked, len(kept.observer.endings)) == ("", 1_170, 0, 1_170)
    assert len({trace_of(execute(processes_of(FIVE), new_shared, schedule)) for schedule in schedules}) == 1_170


def test_what_is_violated_in_a_single_trace_of_many_is_found_in_tasks_too() -> None:
    endings = explore(processes_of(FIVE), shared=new_shared).endings
    assert len(endings) == 1_170

    for forbidden in sorted(endings, key=repr)[::300]:
        claim = at_end("not so", lambda end, forbidden=forbidden: (end.returned, end.final) != forbidden)
        subject = Subject(program_of(processes_of(FIVE), new_shared), (claim,), deadlocks=False)
        kept, _ = explore_split(subject, AtOnce(), subject.observer(), Budget(), executions_per_task=2)
        assert {violation.name for violation in kept.observer.shortest.all()} == {"not so"}, forbidden


@pytest.mark.parametrize(
    "text",
    [
        " | y? | y? x? y=1 | y? x=1",
        "x? x=# | y=1 | x=# y=1 | y=1 x?",
        "z=1 | y=# y? | y=# | y? | x=1 | x? y?",
        "x? x:0>1 | x? x:0>1 | x? | x? x? x?",
    ],
)
@pytest.mark.parametrize("task", [1, 2, 3, 5])
def test_a_node_is_not_closed_before_what_is_asleep_in_it(text: str, task: int) -> None:
    for lazy in (False, True):
        assert SPLIT.disagreement(Case(text, task=task, lazy=lazy)) is None


# --- the end of a process is touched too ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "all? | x??",  # reads everything, next to a conditional step with which a process ends
        "all? | x?? | x?",
        "x=1 | all? | x??",
        "x?? | all? | x=1 | x??",
        "x!? | y?",
        "x!? | y?? | y?? | y??",
        "x=2 | all>0 | x?? | x! | yx=2",
        "x:0>1 ?0 y? | all? | x=1",  # a process that ends, or not, by where it is
        "@1 x? | x:0>1 . y? | x=1",
    ],
)
def test_dpor_reverses_what_ends_a_process_with_what_reads_everything(text: str) -> None:
    assert PROGRAMS.disagreement(Case(text, deadlocks=True)) is None


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize(
    ("text", "most_steps"),
    [
        ("l( | l~ .0 never", 1),
        ("l( | l~ .0 x?", 1),
        ("l( | x? x? l~ .0 never", 3),
        ("l( | x? x? l~ .0 x?", 3),
    ],
)
def test_a_process_that_does_not_end_is_noticed_in_a_planted_branch_too(
    text: str, most_steps: int, *, keeps: bool
) -> None:
    assert PROGRAMS.disagreement(Case(text, most_steps=most_steps, keeps=keeps)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " | ",
        "@0",
        "@1 | @0",
        "@1 | @2 | @0 x=1",
        "never | x=1 @0",
        "l( never | l( x? | x=1",
        "x++ | x++ | x++",
        "- | - -",
        "x>=9 | x+ x+",
        "x? !1 | x=1",
        "l) | x=1",
        "l)^ | l( x? l) | l)^",
        "x!y^ | y!x^ | x=1",
        "x!y | y? | x=1",
        "x* | x=1",
    ],
)
@pytest.mark.parametrize("target", [PROGRAMS, BOUNDS, SAMPLES], ids=["programs", "bounds", "samples"])
def test_odd_programs_are_explored_as_they_are(target: Target, text: str) -> None:
    assert target.disagreement(Case(text, most_steps=6)) is None
