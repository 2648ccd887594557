"""The kill table: what a cell, a row and a failure are, and how the command tells them."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
import pytest

from lastseat.reference.flawed import GALLERY, RARE, UNDER_FAULTS
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.program import BookingWatch, booking_program
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.cli.mutants import mutants_command, mutants_data, standing_of
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.strategies.sampling.samplers import STRATEGIES, sampler_of
from lastseat.simulations.verification import engines as mutants_engines
from lastseat.simulations.verification.claims import CLAUSES, Standing
from lastseat.simulations.verification.engines import ENGINES, Cell, Clock, OutOfTimeError, Search, first_violation
from lastseat.simulations.verification.mutants import (
    EXTRA,
    FLAWED,
    KillTable,
    Mutant,
    candidates,
    kill_table,
    scenario_of,
)

RACE, THREE = find_scenario("two-attempts-one-seat"), find_scenario("three-attempts-two-seats")
LOOSE = GALLERY["ignores-version"]


def quiet(_what: str, _total: int | None) -> Progress:
    return silent


def row(implementation: Implementation, *clauses: str, **cells: Cell) -> Mutant:
    return Mutant(implementation, RACE, clauses, cells)


# --- cells ----------------------------------------------------------------------------------------------------


def test_brute_needs_as_many_executions_as_the_first_that_shows_it() -> None:
    cell = first_violation("brute", THREE, LOOSE)

    assert cell == Cell(Search.FOUND, 7, found=1)
    assert not explore_brute(THREE, LOOSE, executions=6).violations
    assert explore_brute(THREE, LOOSE, executions=7).violations


@pytest.mark.parametrize(("engine", "executions"), [("merged", 15), ("dpor", 5), ("preemptions=1", 5)])
def test_other_engines_need_fewer_executions_or_steps(engine: str, executions: int) -> None:
    assert first_violation(engine, THREE, LOOSE) == Cell(Search.FOUND, executions, found=1)


@pytest.mark.parametrize("engine", ["preemptions=0", "delays=1"])
def test_a_bound_that_leaves_the_race_out_is_exhausted_and_finds_nothing(engine: str) -> None:
    cell = first_violation(engine, THREE, LOOSE)

    assert (cell, str(cell)) == (Cell(Search.EXHAUSTED), "-")


@pytest.mark.parametrize("engine", ["brute", "merged", "dpor", "preemptions=2"])
def test_nothing_is_found_in_what_is_correct(engine: str) -> None:
    assert first_violation(engine, RACE, MEMORY) == Cell(Search.EXHAUSTED)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_random_strategy_is_given_up_after_so_many_runs(strategy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants_engines, "MOST_EXECUTIONS", 20)

    cell = first_violation(strategy, RACE, MEMORY, seeds=3)

    assert (cell, str(cell)) == (Cell(Search.LIMITED, None, 0, 3), "> 20 (0/3)")


def test_a_systematic_search_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants_engines, "MOST_EXECUTIONS", 6)

    cell = first_violation("brute", THREE, LOOSE)

    assert (cell, str(cell)) == (Cell(Search.LIMITED), "> 6")
    monkeypatch.setattr(mutants_engines, "MOST_EXECUTIONS", 4)
    assert first_violation("dpor", THREE, LOOSE) == Cell(Search.LIMITED)


def runs_needed(seed: int) -> int:
    """How many uniform runs show the version that wraps around."""
    scenario, flaw = contention(4, 4), RARE["version-wraps-around"]
    program, watch = booking_program(scenario, flaw), BookingWatch(scenario, flaw)
    sampler = sampler_of("uniform", program, program.meter(), watch, runs=1000, seed=seed)
    watch.begin()
    while not watch.violated:
        assert sampler.advance()
    return sampler.executions


@pytest.mark.parametrize("most", [1000, 30, 1])
def test_a_median_counts_a_search_that_found_nothing_above_all_others(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = sorted(map(runs_needed, range(4)))
    found = sum(runs <= most for runs in needed)
    monkeypatch.setattr(mutants_engines, "MOST_EXECUTIONS", most)

    cell = first_violation("uniform", contention(4, 4), RARE["version-wraps-around"], seeds=4)

    assert (cell.found, cell.seeds) == (found, 4)
    assert cell.executions == (needed[1] if found >= 2 else None)  # the lower one of the two in the middle
    assert str(cell) == (f"{needed[1]}" if found >= 2 else f"> {most}") + (f" ({found}/4)" if found < 4 else "")


@pytest.mark.parametrize("engine", ["dpor", "preemptions=2", "pos"])
def test_every_engine_finds_what_only_a_fault_shows(engine: str) -> None:
    cell = first_violation(engine, find_scenario("two-attempts-one-fault"), UNDER_FAULTS["cancels-when-unsure"])

    assert cell.search is Search.FOUND


def _stepless(_request: object) -> Any:
    return 1
    yield


@pytest.mark.parametrize("engine", ["brute", "merged", "dpor", "walk"])
def test_what_is_wrong_before_the_first_step_is_found_at_once(engine: str) -> None:
    cell = first_violation(engine, RACE, Implementation("stepless", MEMORY.open_store, _stepless))

    assert (cell.search, cell.executions) == (Search.FOUND, 0)


def test_an_engine_that_there_is_not_is_refused_in_one_line() -> None:
    with pytest.raises(ExplorationError, match=r'^there is no engine "pre\\nemptions"; there are brute, merged'):
        first_violation("pre\nemptions", RACE, LOOSE)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_stops_when_the_time_is_up(engine: str) -> None:
    with pytest.raises(OutOfTimeError):
        first_violation(engine, RACE, MEMORY, clock=Clock(0.0))


# --- rows and failures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FLAWED)
def test_a_flaw_is_shown_on_a_scenario_of_its_kind(name: str) -> None:
    scenario, clauses = scenario_of(FLAWED[name])

    assert FLAWED[name].breaks in clauses == explore_merged(scenario, FLAWED[name]).violated
    assert (name in UNDER_FAULTS) == bool(scenario.faults.most)
    assert (name in RARE) == (scenario in EXTRA)


def test_scenarios_with_fewer_faults_and_fewer_attempts_are_tried_first() -> None:
    shipped = candidates()[: -len(EXTRA)]

    sizes = [(one.faults.most, len(one.requests)) for one in shipped]
    assert sizes == sorted(sizes)
    assert len(shipped) == 14
    assert (shipped[0].name, scenario_of(GALLERY["rejects-early"])[0].name) == ("one-attempt", "capacity-zero")


@pytest.mark.parametrize("implementation", [MEMORY, CAPACITY_FIRST])
def test_what_is_correct_is_shown_nowhere(implementation: Implementation) -> None:
    assert scenario_of(implementation) == (THREE, frozenset())


def test_a_flaw_that_no_one_says_breaks_anything_is_shown_by_any_clause() -> None:
    scenario, clauses = scenario_of(replace(LOOSE, breaks=""))

    assert scenario.name == "three-attempts-two-seats"
    assert clauses == {"persist.compare_and_swap"}


def test_a_flaw_that_breaks_something_else_than_it_says_is_not_killed() -> None:
    table = kill_table([replace(LOOSE, breaks="state.sum")], ["merged"], stage=quiet)

    assert table.failures == ("nothing kills ignores-version",)
    assert standing_of(table) is Standing.VIOLATED


def test_a_clause_that_no_flaw_violates_is_a_failure_where_all_flaws_were_looked_at() -> None:
    rows = [row(one, one.breaks) for one in FLAWED.values() if one.breaks != "state.sum"]

    part = KillTable((), 1, whole=False, rows=rows)
    whole = KillTable((), 1, whole=True, rows=rows)
    cut = KillTable((), 1, whole=True, rows=rows, why="the seconds were used up")

    assert (part.unbroken, cut.unbroken) == ((), ())
    assert whole.failures == ("no flaw violates state.sum",)
    assert [standing_of(one) for one in (part, whole, cut)] == [
        Standing.HOLDS,
        Standing.VIOLATED,
        Standing.INCOMPLETE,
    ]


def test_an_engine_that_leaves_nothing_out_and_finds_nothing_is_a_failure() -> None:
    nothing = Cell(Search.EXHAUSTED)

    bad = KillTable(("dpor",), 1, whole=False, rows=[row(LOOSE, "state.sum", dpor=nothing, uniform=nothing)])

    assert bad.failures == ("dpor misses ignores-version",)


def test_what_one_clause_alone_catches_is_known() -> None:
    table = KillTable((), 1, whole=False, rows=[row(LOOSE, "state.sum"), row(MEMORY, "state.sum", "emit.kept")])

    assert table.alone == {"ignores-version": "state.sum"}


def test_ctrl_c_keeps_the_rows_that_are_known() -> None:
    made: list[int] = []

    def stage(_what: str, _total: int | None) -> Progress:
        def report(done: int, _of: int | None) -> None:
            made.append(done)
            if done == 2:
                raise KeyboardInterrupt

        return report

    table = kill_table(list(FLAWED.values()), ["merged"], stage=stage)

    assert (made, len(table.rows), table.interrupted, table.complete) == ([1, 2], 2, True, False)
    assert standing_of(table) is Standing.INCOMPLETE


# --- the command ----------------------------------------------------------------------------------------------


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str]:
        status = mutants_command.main(arguments, prog_name="mutants", standalone_mode=False)
        return status, capsys.readouterr().out

    return run


def test_the_command_prints_one_row_for_each_implementation(command: Callable[..., tuple[int, str]]) -> None:
    status, out = command("--implementation", "ignores-version", "--implementation", "rejects-early", "--seeds", "3")

    assert status == 0
    lines = out.splitlines()
    assert any(line.split() == ["ignores-version", "7", "15", "5", "-", "5", "7", "-"] for line in lines)
    assert sum(line.startswith(" rejects-early ") for line in lines) == 3
    assert lines[-1].startswith("HOLDS: 2 of 2 wrong implementations killed, ")
    assert max(map(len, lines)) <= 80


def test_a_correct_implementation_survives_and_that_is_a_failure(command: Callable[..., tuple[int, str]]) -> None:
    status, out = command("--implementation", "memory", "--engine", "dpor")

    assert status == 1
    assert "Nothing kills memory." in out


def test_the_command_gives_the_table_as_data(command: Callable[..., tuple[int, str]]) -> None:
    status, out = command(
        "--implementation", "rejects-conflicts", "--engine", "delays=1", "--engine", "brute", "--json"
    )

    data = json.loads(out)
    assert status == 0
    assert data["table"] == [
        {
            "implementation": "rejects-conflicts",
            "breaks": "emit.rejected",
            "scenario": "three-attempts-two-seats",
            "engines": {"brute": 7, "delays=1": None},
            "cells": {
                "brute": {"search": "found", "executions": 7, "found": 1, "seeds": 1},
                "delays=1": {"search": "exhausted", "executions": None, "found": 0, "seeds": 1},
            },
            "clauses": ["emit.rejected", "history.linearizable"],
            "alone": False,
        }
    ]
    assert (data["complete"], data["violations"], data["engines"]) == (True, [], ["brute", "delays=1"])
    assert set(data["properties"]) == set(CLAUSES)
    assert data["seconds"] > 0


def test_a_budget_of_seconds_leaves_the_table_incomplete(command: Callable[..., tuple[int, str]]) -> None:
    status, out = command("--seconds", "0.000001", "--json")

    data = json.loads(out)
    assert (status, data["complete"], data["table"]) == (3, False, [])
    assert data["stopped"] == "the seconds were used up"


@pytest.mark.parametrize("arguments", [["--engine", "magic"], ["--seeds", "0"], ["--seconds", "nan"]])
def test_bad_options_are_refused(command: Callable[..., tuple[int, str]], arguments: list[str]) -> None:
    with pytest.raises(click.BadParameter):
        command(*arguments)


def test_own_code_that_raises_is_told_in_one_line(
    command: Callable[..., tuple[int, str]], own_module: Callable[[str], None]
) -> None:
    own_module("def attempt(request):\n    print('hello')\n    yield from ()\n    raise SystemExit('no')\n")

    with pytest.raises(ExplorationError, match="mine:attempt") as caught:
        command("--implementation", "mine:attempt", "--json")
    assert "\n" not in str(caught.value)


def test_the_data_of_an_empty_table_is_data() -> None:
    assert json.dumps(mutants_data(KillTable((), 1, whole=False)))
