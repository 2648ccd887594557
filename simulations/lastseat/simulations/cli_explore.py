"""The command `explore`: the real code under every schedule."""

from contextlib import nullcontext
from functools import partial
from time import monotonic

import click

from lastseat.simulations import report, report_data
from lastseat.simulations.claims import counted
from lastseat.simulations.cli_options import (
    Chosen,
    finite,
    implementation_option,
    json_option,
    scenario_options,
    standing_of,
    status_of,
)
from lastseat.simulations.exploration import Exploration
from lastseat.simulations.explore import STRATEGIES, explorer
from lastseat.simulations.progress import stages
from lastseat.simulations.registry import find_implementation, running
from lastseat.simulations.scenario import printable, quoted
from lastseat.simulations.terminal import print_all, print_json
from lastseat.simulations.workers import processes

LONGEST_COMPLAINT = 1000  # characters


@click.command("explore")
@scenario_options
@click.option("--strategy", default="merged", show_default=True, metavar="STRATEGY", help=f"{STRATEGIES}.")
@implementation_option
@click.option("--executions", type=click.IntRange(min=1), help="Stop after so many executions (not merged).")
@click.option(
    "--seconds",
    "budget",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    help="Stop after so many seconds.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1, max=256),
    help="Split dpor over so many processes; the result is the same.",
)
@json_option
def explore_command(
    chosen: Chosen,
    generated: bool,
    strategy: str,
    implementation_name: str,
    executions: int | None,
    budget: float | None,
    workers: int | None,
    as_json: bool,
) -> int:
    """Run the real code under every schedule of a scenario.

    merged covers all schedules by merging equal futures; brute executes each from its start; dpor executes one of
    each Mazurkiewicz trace; preemptions=K and delays=K execute those with at most K of them, and say what they left
    out.
    """
    del generated
    scenario, implementation = chosen.scenario, find_implementation(implementation_name)
    explore = explorer(strategy)
    if executions is not None:
        if strategy == "merged":
            raise click.UsageError("--executions bounds the other strategies; merged runs each distinct step once")
        explore = partial(explore, executions=executions)
    if workers is not None and strategy != "dpor":
        raise click.UsageError(f"--workers splits dpor, and not {quoted(strategy)}")
    started = monotonic()
    with running(implementation):
        with stages() as stage, nullcontext() if workers is None else processes(workers).open() as executor:
            if executor is not None:
                explore = partial(explore, executor=executor)
            seen = explore(scenario, implementation, seconds=budget, progress=stage(f"{scenario.name}: {strategy}"))
        seconds = monotonic() - started
        # To tell a violation, its steps are run again.
        if as_json:
            data = report_data.exploration_data(seen, scenario, implementation, chosen.options)
        else:
            tables = list(report.exploration_tables(seen, scenario, implementation, chosen.options))
    standing = standing_of(bool(seen.violations), seen.complete)
    if as_json:
        print_json(data, seconds)
    else:
        covered = counted(seen.executions if seen.interleavings is None else seen.interleavings, "schedule")
        print_all(tables, standing, f"{covered} of {implementation.name}, {seconds:.2f} s{_stopped(seen)}")
    return status_of(standing, seen.interrupted)


def _stopped(seen: Exploration) -> str:
    return f"; {printable(seen.why, LONGEST_COMPLAINT)}" if seen.why else ""
