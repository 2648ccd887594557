"""Every row of specs/manifest.toml, computed anew by each engine that it names: figures, verdicts and clauses."""

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.searches.fast import search_fast
from lastseat.model.searches.readable import Searched, search
from lastseat.model.searches.symmetric import search_symmetric
from lastseat.model.world import Fault, Policy, System
from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.bookings.scenario_file import find_scenario, shipped_scenarios
from lastseat.simulations.checkers.running import EngineMissingError, EngineResult
from lastseat.simulations.checkers.spin import require_spin, run_spin
from lastseat.simulations.checkers.tlc import require_tlc, run_cfg, run_tlc

Need = Callable[[Callable[[], None]], None]
SPECS = Path(__file__).resolve().parents[2] / "specs"


@dataclass(frozen=True)
class Row:
    """One row, as the manifest describes it."""

    engine: tuple[str, ...]
    verdict: str
    depth: int
    scenario: str | None = None
    cfg: str | None = None
    policy: Policy = Policy.VERSION_FIRST
    faults: tuple[Fault, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    states: int | None = None
    generated: int | None = None
    clauses: tuple[str, ...] = ()

    @property
    def system(self) -> System:
        assert self.scenario, "a cfg file holds its own system"
        plain = system_of(find_scenario(self.scenario), MEMORY)
        return replace(plain, policy=self.policy, faults=frozenset(self.faults))


def row_of(table: dict[str, object]) -> Row:
    """Return the row that a table holds. TypeError or ValueError where it is not made as the manifest says."""
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    row = Row(**given)  # type: ignore[arg-type]
    holds = row.verdict == "holds"
    figures = (row.states, row.generated)
    if holds != (None not in figures) or holds == bool(row.clauses) or (row.scenario is None) == (row.cfg is None):
        raise ValueError(f"a row needs a scenario or a cfg, and either figures or clauses: {table}")
    flaws, faults = tuple(map(Flaw, row.flaws)), tuple(map(Fault, row.faults))
    return replace(row, policy=Policy(row.policy), faults=faults, flaws=flaws)


ROWS = tuple(map(row_of, tomllib.loads((SPECS / "manifest.toml").read_text(encoding="utf-8"))["row"]))


def name_of(row: Row) -> str:
    extra = (*(() if row.policy is Policy.VERSION_FIRST else (row.policy,)), *row.faults, *row.flaws)
    return "+".join((row.scenario or f"{row.cfg}", *extra)).replace(" ", "-")


@dataclass(frozen=True)
class Found:
    """What an engine found, as far as every engine finds it."""

    verdict: str
    depth: int
    clause: str | None
    states: int
    generated: int


def readable(row: Row) -> Found:
    return _searched(search(row.system, flawed(row.flaws)))


def fast(row: Row) -> Found:
    return _searched(search_fast(row.system, flawed(row.flaws)))


def symmetric(row: Row) -> Found:
    return _searched(search_symmetric(row.system, flawed(row.flaws)).searched)


def _searched(searched: Searched) -> Found:
    if not searched.violations:
        assert searched.complete
        return Found("holds", searched.depth, None, searched.states, searched.generated)
    first = searched.violations[0]
    return Found("violated", len(first.path), first.clause, searched.states, searched.generated)


def tlc(row: Row) -> Found:
    return _found(run_cfg(row.cfg) if row.cfg else run_tlc(row.system, row.flaws))


def spin(row: Row) -> Found:
    return _found(run_spin(row.system, row.flaws))


def _found(result: EngineResult) -> Found:
    return Found(result.verdict, result.depth, result.clause, result.states, result.generated)


# How each engine is run, and what says that it is installed.
ENGINES: dict[str, tuple[Callable[[Row], Found], Callable[[], None]]] = {
    "readable": (readable, lambda: None),
    "fast": (fast, lambda: None),
    "symmetric": (symmetric, lambda: None),
    "tlc": (tlc, require_tlc),
    "spin": (spin, require_spin),
}
RUNS = [
    pytest.param(row, engine, id=f"{name_of(row)}-{engine}")
    for row in ROWS
    for engine in row.engine
    if engine in ENGINES
]


@pytest.mark.parametrize(("row", "engine"), RUNS)
def test_an_engine_finds_what_the_manifest_expects(row: Row, engine: str, need: Need) -> None:
    run, require = ENGINES[engine]
    need(require)

    found = run(row)

    assert (found.verdict, found.depth) == (row.verdict, row.depth)
    if row.verdict == "holds":
        assert (found.states, found.generated) == (row.states, row.generated)
    else:
        assert found.clause in row.clauses


@pytest.mark.parametrize("row", [pytest.param(row, id=name_of(row)) for row in ROWS if row.flaws])
def test_the_manifest_names_every_clause_that_a_flaw_violates(row: Row) -> None:
    searched = search(row.system, flawed(row.flaws), stop_at_first=False)

    assert {violation.clause for violation in searched.violations} == set(row.clauses)


# --- what the manifest covers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_is_shown_every_flaw_and_every_fault_and_both_policies(engine: str) -> None:
    rows = [row for row in ROWS if engine in row.engine and row.scenario]

    assert {flaw for row in rows for flaw in row.flaws} == set(Flaw)
    assert {fault for row in rows for fault in row.faults} == set(Fault)
    assert {row.policy for row in rows} == set(Policy)


def test_every_shipped_scenario_and_every_configuration_has_a_row() -> None:
    assert {row.scenario for row in ROWS if row.scenario} == {scenario.name for scenario in shipped_scenarios()}
    assert {row.cfg for row in ROWS if row.cfg} == {path.name for path in (SPECS / "cfgs").iterdir()}


def test_no_engine_has_two_rows_for_one_configuration() -> None:
    runs = [(name_of(row), engine) for row in ROWS for engine in row.engine]

    assert len(runs) == len(set(runs))


@pytest.mark.parametrize(
    "change",
    [
        {"speed": 3},
        {"policy": "greedy"},
        {"faults": ["rain"]},
        {"verdict": "violated"},
        {"clauses": ["state.sum"]},
        {"cfg": "correct.cfg"},
    ],
)
def test_a_row_that_is_not_made_as_the_manifest_says_is_refused(change: dict[str, object]) -> None:
    table: dict[str, object] = {"engine": ["tlc"], "scenario": "one-attempt", "verdict": "holds", "depth": 2}
    figures: dict[str, object] = {"states": 3, "generated": 3}
    assert row_of(table | figures).states == 3

    with pytest.raises((TypeError, ValueError)):
        row_of(table | figures | change)


# --- an engine that is not there ------------------------------------------------------------------------------


def missing() -> None:
    raise EngineMissingError("Spin needs spin, and there is none: apt-get install spin")


@pytest.mark.parametrize(("machine", "ends"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_missing_engine_is_named_and_is_a_failure_on_a_build_machine(
    need: Need, monkeypatch: pytest.MonkeyPatch, machine: str, ends: type[BaseException]
) -> None:
    monkeypatch.setitem(os.environ, "CI", machine)

    with pytest.raises(ends, match="apt-get install spin"):
        need(missing)
