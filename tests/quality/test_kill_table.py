"""Every property bites and every flaw is found, or this fails the build.

The searches are told apart by the flaws that few schedules show.
"""

from collections.abc import Sequence

import pytest

from lastseat.simulations.cli.mutants import caught_by
from lastseat.simulations.strategies.sampling.samplers import STRATEGIES
from lastseat.simulations.verification.claims import CLAUSES
from lastseat.simulations.verification.engines import COMPLETE, ENGINES, Search
from lastseat.simulations.verification.mutants import FLAWED, KillTable, kill_table

SEEDS = 5
SYSTEMATIC = tuple(one for one in ENGINES if one not in STRATEGIES)

# Executions to the first violation: brute, merged (steps), dpor, at most 0, 1 and 2 preemptions, at most 1 delay.
PINNED = {
    "ignores-version": "7 15 5 - 5 7 -",
    "trusts-observation": "2 8 2 - 2 2 2",
    "queues-conflicts": "13 42 11 - - 12 -",
    "replays-first-answer": "28 38 17 - 7 14 -",
    "version-wraps-around": "102 106 33 - 28 66 6",
    "looks-at-first-page": "1 73 1 1 1 1 1",
    "searches-unsorted-ledger": "30 30 13 5 8 15 -",
    "rejects-when-unavailable": "18 7 16 12 15 18 13",
    "assumes-empty-resource": "12 29 6 8 10 12 9",
}


@pytest.fixture(scope="module")
def table() -> KillTable:
    """Every flaw under every engine."""
    return kill_table(
        list(FLAWED.values()), ENGINES, seeds=SEEDS, stage=lambda _what, _total: lambda _done, _of: None
    )


def cells(table: KillTable, name: str, engines: Sequence[str]) -> str:
    """The cells of one flaw, as they are printed."""
    (row,) = (row for row in table.rows if row.implementation.name == name)
    return " ".join(str(row.cells[engine]) for engine in engines)


def test_every_flaw_is_killed_and_every_property_bites(table: KillTable) -> None:
    assert table.complete
    assert table.failures == ()
    assert {row.implementation.name for row in table.rows} == set(FLAWED)
    assert all(caught_by(table).values())
    assert set(caught_by(table)) == set(CLAUSES)


def test_an_engine_that_leaves_nothing_out_finds_every_flaw(table: KillTable) -> None:
    found = {
        engine: {row.cells[engine].search for row in table.rows if not row.scenario.faults.most}
        for engine in COMPLETE
    }

    assert found == {engine: {Search.FOUND} for engine in COMPLETE}


def test_the_searches_need_as_many_executions_as_they_always_did(table: KillTable) -> None:
    assert {name: cells(table, name, SYSTEMATIC) for name in PINNED} == PINNED


def test_some_flaws_are_out_of_reach_without_a_preemption_and_some_even_with_one(table: KillTable) -> None:
    left_out = {
        engine: {row.implementation.name for row in table.rows if row.cells[engine].search is Search.EXHAUSTED}
        for engine in SYSTEMATIC
    }

    assert len(left_out["preemptions=0"]) == 12
    assert left_out["preemptions=1"] == {"queues-conflicts"}
    assert left_out["preemptions=2"] == set()
    assert len(left_out["delays=1"]) == 5


def test_no_random_strategy_gives_a_flaw_up(table: KillTable) -> None:
    for row in table.rows:
        for strategy in STRATEGIES:
            cell = row.cells[strategy]
            assert (cell.found, cell.seeds) == (SEEDS, SEEDS), (row.implementation.name, strategy)


def test_more_than_a_dozen_flaws_are_caught_by_one_property_alone(table: KillTable) -> None:
    assert len(table.alone) == 17
    assert table.alone["ignores-version"] == "persist.compare_and_swap"
