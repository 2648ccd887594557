"""What `lastseat sample` does: the real code under random schedules of one scenario, or the sweep of a grid."""

from dataclasses import dataclass
from time import monotonic
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import Exploration
from lastseat.simulations.bookings.implementations import find_implementation, running
from lastseat.simulations.bookings.processes import ExplorationError
from lastseat.simulations.bookings.program import BookingWatch, booking_program
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.cli.options import (
    Chosen,
    implementation_option,
    json_option,
    scenario_options,
    seconds_option,
    standing_of,
    status_of,
)
from lastseat.simulations.cli.sweeps import SweepOptions, run_sweep, sweep_options
from lastseat.simulations.cli.terminal import print_json, printing
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.reports import data as report_data
from lastseat.simulations.reports import text as report
from lastseat.simulations.strategies.sample import RUNS, drive_sampler
from lastseat.simulations.strategies.samplers import DEPTH, MOST_DEPTH, MOST_RUNS, MOST_SEED, STRATEGIES, sampler_of
from lastseat.simulations.verification.claims import Standing

# The parameters that --sweep comes with.
SWEPT = {"grid", "workers", "dask", "checkpoint", "table", "mixes", "confidence", "runs", "seed", "as_json"}


@dataclass(frozen=True, slots=True)
class Draws:
    """Which schedules are drawn. `depth` is that of pct, None for the others."""

    strategy: str = "uniform"
    runs: int = RUNS
    seed: int = 0
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was seen; `seen.complete` says that all runs were made. `law` says what they were drawn from."""

    seen: Exploration
    law: str


def sample_booking(
    scenario: Scenario,
    implementation: Implementation,
    draws: Draws,
    *,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Sampled:
    """Run the real code under random schedules, without faults, and judge every step and every run.

    Stops early, and says so, after `seconds`, or at Ctrl-C. Raises ExplorationError where the code under test raises
    or is not deterministic, where the scenario has a fault budget, and where the draws are out of range.
    """
    if scenario.faults.most:
        raise ExplorationError(f"scenario {scenario.name} has a fault budget, and samples are drawn without faults")
    program, watch = booking_program(scenario, implementation), BookingWatch(scenario, implementation)
    try:
        sampler = sampler_of(
            draws.strategy, program, program.meter(), watch, runs=draws.runs, seed=draws.seed, depth=draws.depth
        )
        driven = drive_sampler(sampler, draws.runs, seconds=seconds, progress=progress)
    except ProgramError as error:
        raise ExplorationError(f"scenario {scenario.name}: {error}") from error
    why = "" if sampler.complete else driven.why
    seen = watch.report(draws.strategy, sampler, complete=sampler.complete, why=why, interrupted=driven.interrupted)
    return Sampled(seen, sampler.left_out())


def sampled_data(one: Sampled, draws: Draws, chosen: Chosen, implementation: Implementation) -> dict[str, Any]:
    """Return a sample as `--json` gives it; `outcomes` counts runs."""
    data = report_data.exploration_data(one.seen, chosen.scenario, implementation, chosen.options)
    for not_of_a_sample in ("interleavings", "states"):
        del data[not_of_a_sample]
    return {**data, "runs": draws.runs, "seed": draws.seed, "depth": draws.depth, "law": one.law}


@click.command("sample")
@scenario_options
@click.option("--strategy", type=click.Choice(STRATEGIES), default="uniform", show_default=True, help="How to draw.")
@click.option("--runs", type=click.IntRange(1, MOST_RUNS), default=RUNS, show_default=True, metavar="R")
@click.option("--seed", type=click.IntRange(0, MOST_SEED), default=0, show_default=True, metavar="S")
@click.option("--depth", type=click.IntRange(1, MOST_DEPTH), metavar="D", help=f"Of pct (default {DEPTH}).")
@implementation_option
@seconds_option("Stop after so many seconds.")
@sweep_options
@json_option
def sample_command(
    chosen: Chosen,
    generated: bool,
    strategy: str,
    runs: int,
    seed: int,
    depth: int | None,
    implementation_name: str,
    budget: float | None,
    sweep: SweepOptions | None,
    as_json: bool,
) -> int:
    """Run the real code under random schedules.

    Of one scenario, or with --sweep of a whole grid of attempts, capacities, laws and policies.

    The same seed gives the same schedules, on every machine. A sample is no proof: status 0 says that all runs were
    made and none violates anything.
    """
    del generated
    if sweep is not None:
        _check_alone()
        return run_sweep(sweep, runs, seed, as_json)
    if depth is not None and strategy != "pct":
        raise click.UsageError(f"--depth is for pct, and {strategy} has none")
    draws = Draws(strategy, runs, seed, (depth or DEPTH) if strategy == "pct" else None)
    implementation = find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        with stages() as stage:
            bar = stage(f"{chosen.scenario.name}: {strategy}", runs)
            one = sample_booking(chosen.scenario, implementation, draws, seconds=budget, progress=bar)
        seconds = monotonic() - started
        # To tell a violation, its steps are run again.
        said = (
            sampled_data(one, draws, chosen, implementation)
            if as_json
            else sampled_lines(one, chosen, implementation)
        )
    if isinstance(said, dict):
        print_json(said, seconds)
    else:
        _print(said, _verdict(one.seen, draws, implementation, seconds))
    return status_of(standing_of(bool(one.seen.violations), one.seen.complete), one.seen.interrupted)


def _check_alone() -> None:
    """Raise click.UsageError where an option was given that a sweep does not have."""
    context = click.get_current_context()
    for one in context.command.params:
        given = context.get_parameter_source(one.name or "") is ParameterSource.COMMANDLINE
        if given and one.name not in SWEPT:
            raise click.UsageError(f"--sweep comes with no {one.opts[0]}")


def sampled_lines(one: Sampled, chosen: Chosen, implementation: Implementation) -> list[Table | Text]:
    """Return a sample as it is shown to people: tables, then lines."""
    seen = one.seen
    figures = report.table_of(
        f"{chosen.scenario.title}: {implementation.name}, {seen.strategy}",
        "runs",
        "outcome vectors",
        numbers=range(2),
    )
    figures.add_row(f"{seen.executions:,}", f"{len(seen.vectors):,}")
    # The figures of an exploration are about all schedules. What comes after them is the same for a sample.
    _, _, *told = report.exploration_tables(seen, chosen.scenario, implementation, chosen.options)
    drawn = seen.why or one.law
    return [
        figures,
        report.mixes_table(seen.outcomes, "runs"),
        *(line for line in told if isinstance(line, Text)),
        Text(f"{drawn[0].upper()}{drawn[1:]}.", style="dim"),
    ]


def _print(said: list[Table | Text], verdict: Text) -> None:
    console = Console(highlight=False)
    with console.capture() as captured:
        for one in (*said, verdict):
            if isinstance(one, Table):
                report.print_table(console, one)
            else:
                console.print(one, soft_wrap=True)
    with printing():
        click.echo(captured.get(), nl=False)


def _verdict(seen: Exploration, draws: Draws, implementation: Implementation, seconds: float) -> Text:
    """Return the last line. It never says that anything holds: nobody looked at the other schedules."""
    standing = standing_of(bool(seen.violations), seen.complete)
    word = "SAMPLED" if standing is Standing.HOLDS else str(standing).upper()
    found = "" if seen.violations else "nothing violated in "
    made = f"{counted(seen.executions, 'run')} of {implementation.name}, seed {draws.seed}, {seconds:.2f} s"
    style = report.STYLES[Standing.INCOMPLETE if standing is Standing.HOLDS else standing]
    return Text(f"{word}: {found}{made}", style=style)
