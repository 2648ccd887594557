"""The command `lastseat mutants`: the kill table, for people and for programs."""

from collections.abc import Iterator, Sequence
from time import monotonic

import click
from rich.table import Table
from rich.text import Text

from lastseat.simulations.bookings.implementations import find_implementation, running
from lastseat.simulations.cli.options import is_given, json_option, seconds_option, status_of
from lastseat.simulations.cli.terminal import print_all, print_json
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted
from lastseat.simulations.reports.tables import Grid
from lastseat.simulations.reports.text import table_of
from lastseat.simulations.strategies.sampling.samplers import DEPTH, STRATEGIES
from lastseat.simulations.verification.claims import CLAUSES, Standing
from lastseat.simulations.verification.engines import ENGINES, MOST_EXECUTIONS, Clock
from lastseat.simulations.verification.mutants import FLAWED, SEEDS, KillTable, Mutant, kill_table

MOST_SEEDS = 1_000
SHORT = {"preemptions=0": "p=0", "preemptions=1": "p=1", "preemptions=2": "p=2", "delays=1": "d=1"}
LEGEND = (
    "Executions up to the first violation; of merged, single steps of real code.\n"
    f"p: preemptions, d: delays; pct has depth {DEPTH}. (n/m): found with n of m seeds.\n"
    f"-: nothing left to run, and nothing found. > {MOST_EXECUTIONS:,}: given up.\n"
)


@click.command("mutants")
@click.option(
    "--implementation",
    "names",
    multiple=True,
    metavar="NAME",
    help="One of ours, or module:function for your own; may be repeated (default: all that are flawed).",
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(ENGINES),
    metavar="ENGINE",
    help=f"{', '.join(ENGINES)}; may be repeated (default: all).",
)
@click.option(
    "--seeds", type=click.IntRange(1, MOST_SEEDS), default=SEEDS, show_default=True, help="Of random strategies."
)
@seconds_option("Stop after so many seconds.")
@json_option
def mutants_command(
    names: Sequence[str], engines: Sequence[str], seeds: int, budget: float | None, as_json: bool
) -> int:
    """Show which search and which property catches which flaw.

    Every engine looks for what is wrong with every flawed implementation.

    Status 1 where nothing kills a flaw, where no flaw violates some property, or where an engine that leaves nothing
    out misses what is there.
    """
    implementations = [find_implementation(name) for name in dict.fromkeys(names)] or list(FLAWED.values())
    chosen = tuple(engine for engine in ENGINES if engine in (engines or ENGINES))
    if is_given("seeds") and not set(chosen) & set(STRATEGIES):
        raise click.UsageError(f"--seeds is for {', '.join(STRATEGIES)}, and none of them was asked for")
    started = monotonic()
    clock = Clock(None if budget is None else started + budget)
    with stages() as stage:
        table = kill_table(implementations, chosen, seeds=seeds, clock=clock, stage=stage, guard=running)
    seconds = monotonic() - started
    standing = standing_of(table)
    if as_json:
        print_json(mutants_data(table), seconds)
    else:
        killed = len(table.rows) - len(table.survivors)
        covered = f"{killed} of {counted(len(implementations), 'wrong implementation')} killed, {seconds:.1f} s"
        print_all(mutants_tables(table), standing, covered, _notes(table))
    return status_of(standing, table.interrupted)


def standing_of(table: KillTable) -> Standing:
    """Return the verdict on a kill table."""
    if table.failures:
        return Standing.VIOLATED
    return Standing.HOLDS if table.complete else Standing.INCOMPLETE


def _notes(table: KillTable) -> Iterator[Text]:
    for failure in table.failures:
        yield Text(f"{failure[0].upper()}{failure[1:]}.", style="bold red")
    if table.why:
        yield Text(f"Not all rows were made: {table.why}.", style="yellow")


def mutants_tables(table: KillTable) -> Iterator[Table | Text]:
    """Yield the kill table, in two parts, and what the properties say of each flaw and the flaws of each property."""
    systematic = [engine for engine in table.engines if engine not in STRATEGIES]
    if systematic:
        yield _engines_table("Kill table: searches that come to an end", systematic, table.rows)
    if random := [engine for engine in table.engines if engine in STRATEGIES]:
        title = f"Kill table: random, median of {counted(table.seeds, 'seed')}"
        yield _engines_table(title, random, table.rows)
    yield Text(f"{LEGEND}\n", style="dim")
    yield _clauses_table(table)
    if table.whole:
        yield _properties_table(table)


def _engines_table(title: str, engines: Sequence[str], rows: Sequence[Mutant]) -> Table:
    columns = ("implementation", *(SHORT.get(engine, engine) for engine in engines))
    made = table_of(title, *columns, numbers=range(1, len(columns)), names=(0,))
    for row in rows:
        made.add_row(Text(row.implementation.name), *(str(row.cells[engine]) for engine in engines))
    return made


def _clauses_table(table: KillTable) -> Table:
    made = table_of("What each violates, on all schedules of its scenario", "implementation", "scenario", "clauses")
    for row in table.rows:
        only = " (alone)" * (row.implementation.name in table.alone)
        clauses = Text(f"{', '.join(_own_first(row))}{only}") if row.killed else Text("NONE", style="bold red")
        made.add_row(Text(row.implementation.name), Text(row.scenario.name), clauses)
    return made


def _own_first(row: Mutant) -> list[str]:
    return sorted(row.clauses, key=lambda clause: clause != row.implementation.breaks)


def _properties_table(table: KillTable) -> Table:
    made = table_of("Which property catches what", "clause", "flaws", "those that only it catches", numbers=(1,))
    for clause, flaws in caught_by(table).items():
        alone = [name for name in flaws if name in table.alone]
        none = "" if flaws or not table.complete else "NO FLAW VIOLATES IT"
        made.add_row(clause, str(len(flaws)), Text(", ".join(alone)) if flaws else Text(none, style="bold red"))
    return made


def mutants_grids(table: KillTable) -> tuple[Grid, ...]:
    """Return a kill table for the report: by engine, and by property."""
    by_engine = Grid(
        f"Executions to the first violation (merged: steps of real code; random: median of {table.seeds} seeds)",
        ("implementation", *table.engines),
        tuple((row.implementation.name, *(str(row.cells[engine]) for engine in table.engines)) for row in table.rows),
        frozenset((number, 0) for number, row in enumerate(table.rows) if not row.killed or row.missed_by),
    )
    caught = caught_by(table)
    alone = {clause: [name for name in flaws if name in table.alone] for clause, flaws in caught.items()}
    by_property = Grid(
        "Which property catches what",
        ("clause", "flaws", "those that only it catches"),
        tuple((clause, str(len(flaws)), ", ".join(alone[clause])) for clause, flaws in caught.items()),
        frozenset((number, 1) for number, clause in enumerate(caught) if clause in table.unbroken),
    )
    return by_engine, by_property


def caught_by(table: KillTable) -> dict[str, list[str]]:
    """Return for each clause the implementations that violate it."""
    return {clause: [row.implementation.name for row in table.rows if clause in row.clauses] for clause in CLAUSES}


def mutants_data(table: KillTable) -> dict[str, object]:
    """Return a kill table as `--json` gives it."""
    return {
        "table": [_row_data(row, table) for row in table.rows],
        "engines": list(table.engines),
        "seeds": table.seeds,
        "limit": MOST_EXECUTIONS,
        "properties": caught_by(table),
        "complete": table.complete,
        "stopped": table.why,
        "violations": list(table.failures),
    }


def _row_data(row: Mutant, table: KillTable) -> dict[str, object]:
    return {
        "implementation": row.implementation.name,
        "breaks": row.implementation.breaks,
        "scenario": row.scenario.name,
        "engines": {name: cell.executions for name, cell in row.cells.items()},
        "cells": {
            name: {
                "search": str(cell.search),
                "executions": cell.executions,
                "found": cell.found,
                "seeds": cell.seeds,
            }
            for name, cell in row.cells.items()
        },
        "clauses": _own_first(row),
        "alone": row.implementation.name in table.alone,
    }
