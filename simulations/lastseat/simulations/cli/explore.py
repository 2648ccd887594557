"""The command `explore`: the real code under every schedule."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from time import monotonic

import click
from rich.console import RenderableType
from rich.text import Text

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.explore import MERGED, STRATEGIES, explorer
from lastseat.simulations.bookings.implementations import find_implementation, running
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
from lastseat.simulations.cli.programs.exploring import explore_named
from lastseat.simulations.cli.programs.options import given_of, program_options, wanted
from lastseat.simulations.cli.terminal import print_all, print_json
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted, printable, quoted
from lastseat.simulations.common.workers import processes
from lastseat.simulations.counterexamples.explain import explanations
from lastseat.simulations.counterexamples.smallest import named, smallest, smallest_schedule
from lastseat.simulations.counterexamples.story import replay_command
from lastseat.simulations.kernel.exploration import Exploration, Violation
from lastseat.simulations.reports import data as report_data
from lastseat.simulations.reports import text as report
from lastseat.simulations.strategies.known import declared

LONGEST_COMPLAINT = 1000  # characters
PLACES = 20_000  # that are looked at for a smaller counterexample


@click.command("explore")
@scenario_options
@click.option(
    "--strategy", metavar="STRATEGY", help=f"{STRATEGIES}  [default: {MERGED}; of a program its own, or else dpor]"
)
@implementation_option
@program_options
@click.option(
    "--executions", type=click.IntRange(min=1), help="Stop after so many executions (not merged, of bookings)."
)
@seconds_option("Stop after so many seconds.")
@click.option("--stop-at-first", is_flag=True, help="Stop at the first violation.")
@click.option(
    "--workers",
    type=click.IntRange(min=1, max=256),
    help="Split dpor over so many processes; the result is the same.",
)
@json_option
def explore_command(
    chosen: Chosen,
    generated: bool,
    strategy: str | None,
    implementation_name: str,
    program: str | None,
    deadlocks: bool,
    executions: int | None,
    budget: float | None,
    stop_at_first: bool,
    workers: int | None,
    as_json: bool,
) -> int:
    """Run the real code under every schedule of a scenario, or with --program your own.

    merged covers all schedules by merging equal futures; brute executes each from its start; dpor executes one of
    each Mazurkiewicz trace; preemptions=K and delays=K execute those with at most K of them, and say what they left
    out.
    """
    del generated
    own = wanted(program, deadlocks, ("strategy", "executions", "budget", "stop_at_first", "workers"))
    if own is not None:
        how = {"strategy": strategy, "executions": executions, "seconds": budget, "stop_at_first": stop_at_first}
        return explore_named(own, given_of(how), workers, as_json=as_json)
    strategy = strategy or MERGED
    scenario, implementation = chosen.scenario, find_implementation(implementation_name)
    explore = _explorer(strategy, executions, workers)
    started = monotonic()
    with running(implementation):
        with stages() as stage, nullcontext() if workers is None else processes(workers).open() as executor:
            if executor is not None:
                explore = partial(explore, executor=executor)
            progress = stage(f"{scenario.name}: {strategy}")
            seen = explore(scenario, implementation, seconds=budget, stop_at_first=stop_at_first, progress=progress)
        seconds = monotonic() - started
        seen = _least(seen, scenario, implementation)
        said = _said(seen, chosen, implementation, as_json=as_json)
    standing = standing_of(bool(seen.violations), seen.complete)
    if isinstance(said, dict):
        print_json(said, seconds)
    else:
        print_all(said, standing, f"{_covered(seen)} of {implementation.name}, {seconds:.2f} s{_stopped(seen)}")
    return status_of(standing, seen.interrupted)


def _said(
    seen: Exploration, chosen: Chosen, implementation: Implementation, *, as_json: bool
) -> dict[str, object] | list[RenderableType]:
    """Return what was seen as plain data, or as tables and lines. To tell a violation, its steps are run again."""
    scenario = chosen.scenario
    smaller = _smaller_case(seen, scenario, implementation)
    told = explanations(seen, scenario, implementation, chosen.options)
    if as_json:
        return {**report_data.exploration_data(seen, scenario, implementation, told), "smaller": smaller}
    tables = list(report.exploration_tables(seen, scenario, implementation, told))
    return [*tables, *([Text(f"{seen.violations[0].name} in its smallest case: {smaller}")] if smaller else [])]


def _explorer(strategy: str, executions: int | None, workers: int | None) -> Callable[..., Exploration]:
    explore, named = explorer(strategy), declared(strategy)
    if workers is not None and not named.is_split:
        raise click.UsageError(f"--workers splits dpor, and not {quoted(strategy)}")
    if executions is None:
        return explore
    if named.make is None:
        raise click.UsageError("--executions bounds the other strategies; merged runs each distinct step once")
    return partial(explore, executions=executions)


def _least(seen: Exploration, scenario: Scenario, implementation: Implementation) -> Exploration:
    """Return what was seen, with the smallest schedule of each violation in the place of the one that was met."""

    def least(violation: Violation) -> Violation:
        found = smallest_schedule(scenario, implementation, violation.name, places=PLACES)
        return violation if found is None else found.violation

    return seen if seen.interrupted else replace(seen, violations=tuple(map(least, seen.violations)))


def _smaller_case(seen: Exploration, scenario: Scenario, implementation: Implementation) -> str | None:
    """Return the line that replays the first violation in a smaller scenario, None where there is none such."""
    if seen.interrupted or not seen.violations:
        return None
    clause = seen.violations[0].name
    found = smallest(scenario, implementation, clause, places=PLACES)
    if found is None or found.scenario == scenario:
        return None
    found, options = named(found, implementation)
    return options and replay_command(found.violation.steps, found.scenario, implementation, options)


def _covered(seen: Exploration) -> str:
    if seen.interleavings is None:  # how many schedules these stand for is not known
        return counted(seen.executions, "execution")
    return counted(seen.interleavings, "schedule")


def _stopped(seen: Exploration) -> str:
    return f"; {printable(seen.why, LONGEST_COMPLAINT)}" if seen.why else ""
