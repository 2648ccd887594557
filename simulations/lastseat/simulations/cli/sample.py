"""What `lastseat sample` does: the real code under random schedules of one scenario, or the sweep of a grid."""

from time import monotonic

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.implementations import find_implementation, running
from lastseat.simulations.bookings.sample import Draws, Sampled, sample_booking
from lastseat.simulations.cli.options import (
    Chosen,
    implementation_option,
    is_given,
    json_option,
    scenario_options,
    seconds_option,
    standing_of,
    status_of,
)
from lastseat.simulations.cli.programs.exploring import sample_named
from lastseat.simulations.cli.programs.options import given_of, program_options, wanted
from lastseat.simulations.cli.sweeps import SweepOptions, run_sweep, sweep_options
from lastseat.simulations.cli.terminal import print_json, printing
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted
from lastseat.simulations.counterexamples.explain import explanations
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.reports import data as report_data
from lastseat.simulations.reports import text as report
from lastseat.simulations.strategies.sampling.driving import RUNS
from lastseat.simulations.strategies.sampling.samplers import DEPTH, MOST_DEPTH, MOST_RUNS, MOST_SEED, STRATEGIES
from lastseat.simulations.verification.claims import Standing

# The parameters that --sweep comes with.
SWEPT = {"grid", "workers", "dask", "checkpoint", "table", "mixes", "confidence", "runs", "seed", "as_json"}


def sampled_data(sampled: Sampled, draws: Draws, chosen: Chosen, implementation: Implementation) -> dict[str, object]:
    """Return a sample as `--json` gives it; `outcomes` counts runs."""
    told = explanations(sampled.seen, chosen.scenario, implementation, chosen.options)
    data = report_data.exploration_data(sampled.seen, chosen.scenario, implementation, told)
    for not_of_a_sample in ("interleavings", "states"):
        del data[not_of_a_sample]
    return {**data, "runs": draws.runs, "seed": draws.seed, "depth": draws.depth, "law": sampled.law}


@click.command("sample")
@scenario_options
@click.option("--strategy", type=click.Choice(STRATEGIES), default="uniform", show_default=True, help="How to draw.")
@click.option("--runs", type=click.IntRange(1, MOST_RUNS), default=RUNS, show_default=True, metavar="R")
@click.option("--seed", type=click.IntRange(0, MOST_SEED), default=0, show_default=True, metavar="S")
@click.option("--depth", type=click.IntRange(1, MOST_DEPTH), metavar="D", help=f"Of pct (default {DEPTH}).")
@implementation_option
@program_options
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
    program: str | None,
    deadlocks: bool,
    budget: float | None,
    sweep: SweepOptions | None,
    as_json: bool,
) -> int:
    """Run the real code under random schedules.

    Of one scenario, with --sweep of a whole grid of attempts, capacities, laws and policies, or of a --program.

    The same seed gives the same schedules, on every machine. A sample is no proof: status 0 says that all runs were
    made and none violates anything.
    """
    del generated
    if sweep is not None:
        _check_alone()
        return run_sweep(sweep, runs, seed, as_json)
    if (own := wanted(program, deadlocks, ("strategy", "runs", "seed", "depth", "budget"))) is not None:
        how = {"strategy": strategy, "runs": runs, "seed": seed, "depth": depth, "seconds": budget}
        return sample_named(own, given_of(how), as_json=as_json)
    draws = _draws(strategy, runs, seed, depth)
    implementation = find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        with stages() as stage:
            bar = stage(f"{chosen.scenario.name}: {strategy}", runs)
            sampled = sample_booking(chosen.scenario, implementation, draws, seconds=budget, progress=bar)
        seconds = monotonic() - started
        # To tell a violation, its steps are run again.
        said = (
            sampled_data(sampled, draws, chosen, implementation)
            if as_json
            else sampled_lines(sampled, chosen, implementation)
        )
    if isinstance(said, dict):
        print_json(said, seconds)
    else:
        _print(said, _verdict(sampled.seen, draws, implementation, seconds))
    return status_of(standing_of(bool(sampled.seen.violations), sampled.seen.complete), sampled.seen.interrupted)


def _draws(strategy: str, runs: int, seed: int, depth: int | None) -> Draws:
    if depth is not None and strategy != "pct":
        raise click.UsageError(f"--depth is for pct, and {strategy} has none")
    return Draws(strategy, runs, seed, (depth or DEPTH) if strategy == "pct" else None)


def _check_alone() -> None:
    """Raise click.UsageError where an option was given that a sweep does not have."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if is_given(parameter.name) and parameter.name not in SWEPT:
            raise click.UsageError(f"--sweep comes with no {parameter.opts[0]}")


def sampled_lines(sampled: Sampled, chosen: Chosen, implementation: Implementation) -> list[Table | Text]:
    """Return a sample as it is shown to people: tables, then lines."""
    seen = sampled.seen
    figures = report.table_of(
        f"{chosen.scenario.title}: {implementation.name}, {seen.strategy}",
        "runs",
        "outcome vectors",
        numbers=range(2),
    )
    figures.add_row(f"{seen.executions:,}", f"{len(seen.vectors):,}")
    # The figures of an exploration are about all schedules. What comes after them is the same for a sample.
    told = explanations(seen, chosen.scenario, implementation, chosen.options)
    _, _, *lines = report.exploration_tables(seen, chosen.scenario, implementation, told)
    drawn = seen.why or sampled.law
    return [
        figures,
        report.mixes_table(seen.outcomes, "runs"),
        *(line for line in lines if isinstance(line, Text)),
        Text(f"{drawn[0].upper()}{drawn[1:]}.", style="dim"),
    ]


def _print(said: list[Table | Text], verdict: Text) -> None:
    console = Console(highlight=False)
    with console.capture() as captured:
        for part in (*said, verdict):
            if isinstance(part, Table):
                report.print_table(console, part)
            else:
                console.print(part, soft_wrap=True)
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
