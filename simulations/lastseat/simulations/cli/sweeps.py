"""What `lastseat sample --sweep` does: Monte-Carlo over schedules at every point of a grid."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from os import cpu_count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console
from rich.table import Table

from lastseat.simulations.cli.options import BAD_INPUT, HOLDS, INCOMPLETE, INTERRUPTED
from lastseat.simulations.cli.terminal import print_json, printing
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted
from lastseat.simulations.reports.text import print_table, table_of
from lastseat.simulations.sweeps.points import parse_grid

if TYPE_CHECKING:  # all but the points needs numpy, which only a sweep asks for
    from lastseat.simulations.common.workers import Workers
    from lastseat.simulations.sweeps.sweep import Swept
    from lastseat.simulations.sweeps.tables import Row

MOST_SHOWN = 100  # points; all of them are in --json and in the tables
LOCAL = "local"

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class SweepOptions:
    """What the options of a sweep say; `grid` is the text that `parse_grid` reads."""

    grid: str
    workers: int | None = None
    dask: str | None = None
    checkpoint: Path | None = None
    table: Path | None = None
    mixes: Path | None = None
    confidence: float = 0.95


def sweep_options(command: Command) -> Command:
    """Give a command `--sweep` and what belongs to it, as one argument `sweep`, None without `--sweep`."""

    @click.option(
        "--sweep", "grid", metavar="GRID", help="Sample a grid: 'attempts=2..5,100 capacity=5 law=uniform'."
    )
    @click.option("--workers", type=click.IntRange(1, 1024), help="Processes (default: up to one a core).")
    @click.option("--dask", metavar="ADDRESS", help=f"A Dask scheduler, or {LOCAL} for a cluster of --workers.")
    @click.option("--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="Go on where that file ends.")
    @click.option("--table", type=click.Path(path_type=Path), metavar="FILE", help="Outcomes, .csv or .parquet.")
    @click.option("--mixes", type=click.Path(path_type=Path), metavar="FILE", help="Mixes, .csv or .parquet.")
    @click.option("--confidence", type=float, help="Of the intervals (default 0.95).")
    @wraps(command)
    def wrapped(*args: Any, grid: str | None, **kwargs: Any) -> Any:
        names = ("workers", "dask", "checkpoint", "table", "mixes", "confidence")
        given = {name: value for name in names if (value := kwargs.pop(name)) is not None}
        if grid is None and given:
            raise click.UsageError(f"--{next(iter(given))} comes with --sweep")
        if "workers" in given and given.get("dask", LOCAL) != LOCAL:
            raise click.UsageError("--workers comes with no address of --dask; that cluster has its own")
        return command(*args, sweep=None if grid is None else SweepOptions(grid, **given), **kwargs)

    return wrapped  # type: ignore[return-value]  # click reads the options off the wrapper


def run_sweep(asked: SweepOptions, runs: int, seed: int, as_json: bool) -> int:
    """Sample the grid, print what was counted, write the tables; return the exit status.

    0: all runs were made; 2: a file could not be written (what was counted is printed all the same); 3: something
    stopped it; 130: interrupted. Raises ValueError and ModuleNotFoundError, each with one line, before any work.
    """
    from lastseat.simulations.sweeps.chunks import Plan
    from lastseat.simulations.sweeps.estimates import check_confidence
    from lastseat.simulations.sweeps.sweep import sweep
    from lastseat.simulations.sweeps.tables import check_ending, outcome_rows

    plan = Plan(parse_grid(asked.grid), runs, seed)
    check_confidence(asked.confidence)
    for path in (asked.table, asked.mixes):
        if path is not None:
            check_ending(path)
    started = monotonic()
    # In chunks of full size, which are about half a second of work: starting a process takes as long.
    workers = _workers(asked, sum(plan.runs / plan.size(point) for point in plan.points))
    with stages() as stage:
        swept = sweep(plan, workers, asked.checkpoint, stage(f"sweep of {counted(len(plan.points), 'point')}"))
    rows = outcome_rows(swept, asked.confidence)
    unwritten = list(_write(asked, swept, rows))
    seconds = monotonic() - started
    if as_json:
        print_json(sweep_data(swept, rows), seconds)
    else:
        _print(swept, rows, asked.confidence, seconds)
    for trouble in (*swept.trouble, *unwritten):
        click.echo(f"lastseat: {trouble}", err=True)
    if swept.interrupted:
        return INTERRUPTED
    if not swept.complete:
        return INCOMPLETE
    return BAD_INPUT if unwritten or swept.trouble else HOLDS


def _workers(asked: SweepOptions, chunks: float) -> "Workers":
    from lastseat.simulations.common.workers import dask, processes

    if asked.dask is not None:
        return dask(None if asked.dask == LOCAL else asked.dask, asked.workers)
    return processes(asked.workers or max(1, min(cpu_count() or 1, int(chunks))))


def _write(asked: SweepOptions, swept: "Swept", rows: "list[Row]") -> Iterator[str]:
    """Write the tables; yield a line for each that could not be written."""
    from lastseat.simulations.common.files import WriteError
    from lastseat.simulations.sweeps.tables import MIXES, OUTCOMES, mix_rows, write_table

    for path, columns in ((asked.table, OUTCOMES), (asked.mixes, MIXES)):
        if path is not None:
            try:
                write_table(path, rows if columns is OUTCOMES else mix_rows(swept), columns)
            except WriteError as error:
                yield str(error)


def sweep_data(swept: "Swept", rows: "list[Row]") -> dict[str, object]:
    """Return a sweep as data for JSON; `rows` are its `outcome_rows`."""
    from lastseat.simulations.sweeps.tables import OUTCOMES, POINT, PROVENANCE

    provenance = {name: rows[0][name] for name in PROVENANCE if name not in ("runs", "complete")}
    estimated = [name for name in OUTCOMES if name != "outcome"]
    points = []
    for place, sampled in enumerate(swept.samples):
        mine = rows[3 * place : 3 * place + 3]
        points.append(
            {
                **{name: mine[0][name] for name in (*POINT, "runs", "complete")},
                "outcomes": {",".join(map(str, mix)): runs for mix, runs in sampled.mixes.items()},
                "estimates": {row["outcome"]: {name: row[name] for name in estimated} for row in mine},
            }
        )
    return {
        **provenance,
        "seed": swept.plan.seed,
        "runs": swept.plan.runs,
        "points": points,
        "complete": swept.complete,
        "interrupted": swept.interrupted,
        "violations": [],
        "trouble": list(swept.trouble),
    }


def _print(swept: "Swept", rows: "list[Row]", confidence: float, seconds: float) -> None:
    console = Console(highlight=False)
    with console.capture() as captured:
        print_table(console, _table(swept, rows[: 3 * MOST_SHOWN], confidence))
    schedules = counted(sum(sample.runs for sample in swept.samples), "schedule")
    word = "SAMPLED" if swept.complete else "INCOMPLETE"
    with printing():
        click.echo(captured.get(), nl=False)
        if len(rows) > 3 * MOST_SHOWN:
            click.echo(f"The first {MOST_SHOWN} of {len(swept.samples)} points; --table and --json have all.")
        click.echo(
            f"{word}: {counted(len(swept.samples), 'point')}, {schedules}, seed {swept.plan.seed}, {seconds:.1f} s"
        )


def _table(swept: "Swept", rows: "list[Row]", confidence: float) -> Table:
    """Return a line for each point, in per cent.

    A number after the law is its load, rate times window. The last column is the share BOOKED by formula.
    """
    each = "" if not swept.complete else f", {counted(swept.plan.runs, 'schedule')} each"
    title = f"Per cent of the attempts, {100 * confidence:g} % intervals over schedules{each}"
    columns = ["attempts", "law, policy", *([] if swept.complete else ["schedules"]), "BOOKED", "REJECTED", "FAILED"]
    known = any(row["exact_mean"] is not None for row in rows)
    columns += ["exact"] if known else []
    table = table_of(title, *columns, numbers=range(2, len(columns)), names=[0, *range(2, len(columns))])
    for sampled, place in zip(swept.samples, range(0, len(rows), 3), strict=False):
        point, three = sampled.point, rows[place : place + 3]
        times = "" if point.load is None else f" {point.load:g}"
        exact = three[0]["exact_mean"]
        formula = f"{100 * exact / point.attempts:.2f}" if isinstance(exact, float) and point.attempts else "-"
        table.add_row(
            f"{point.attempts} on {point.capacity}",
            f"{point.law.removesuffix('-window')}{times}, {point.policy}",
            *([] if swept.complete else [f"{sampled.runs:,}"]),
            *map(_share, three),
            *([formula] if known else []),
        )
    return table


def _share(row: "Row") -> str:
    """Return a share and how far its interval reaches, in per cent."""
    share, low, high = (row[name] for name in ("share", "low", "high"))
    if not isinstance(share, float):
        return "-"
    reach = max(high - share, share - low) if isinstance(low, float) and isinstance(high, float) else None
    return f"{100 * share:.2f}" + ("" if reach is None else f" ±{100 * reach:.2f}")
