"""The commands `replay` and `draw`: one schedule again, in words or as a picture."""

from collections.abc import Sequence
from time import monotonic

import click

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.continuation import CONTINUING, continue_from
from lastseat.simulations.bookings.implementations import find_implementation, running
from lastseat.simulations.bookings.judged import Finding, findings
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import Scheduler
from lastseat.simulations.cli.options import (
    HOLDS,
    VIOLATED,
    Chosen,
    implementation_option,
    json_option,
    scenario_options,
    standing_of,
    status_of,
)
from lastseat.simulations.cli.terminal import print_all, print_json, printing
from lastseat.simulations.common.files import check_place, write_whole
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted, quoted
from lastseat.simulations.counterexamples.story import fingerprint
from lastseat.simulations.counterexamples.story import replay_command as replay_line
from lastseat.simulations.drawing.spacetime import spacetime_png, spacetime_svg, spacetime_text
from lastseat.simulations.kernel.schedule import Schedule, ScheduleError
from lastseat.simulations.reports import data as report_data
from lastseat.simulations.reports import text as report
from lastseat.simulations.reports.drawing import spacetime_html

DRAWN = (".svg", ".png", ".html", ".txt")


@click.command("replay")
@click.argument("token")
@scenario_options
@implementation_option
@click.option("--upto", type=click.IntRange(min=0), metavar="STEP", help="Stop after that step.")
@click.option(
    "--then",
    metavar="STRATEGY",
    help=f"From there on, cover every schedule: {' or '.join(CONTINUING)}.",
)
@json_option
def replay_command(
    token: str,
    chosen: Chosen,
    generated: bool,
    implementation_name: str,
    upto: int | None,
    then: str | None,
    as_json: bool,
) -> int:
    """Run one schedule again, step by step. TOKEN is text like 0.1.0.1, as a violation prints it.

    A letter marks a fault: c the attempt crashes instead of the step, d it dies right after it, u the store does not
    answer, a the acknowledgement is lost.
    """
    del generated
    schedule, implementation = Schedule.parse(token), find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        execution, stale = _replayed(schedule, chosen.scenario, implementation, upto)
        found = findings(execution, implementation)
        data = report_data.execution_data(execution, found)
        lines = list(report.execution_lines(execution, found))
        seen = None
        if then is not None:
            steps = [taken.step for taken in execution.taken]
            with stages() as stage:
                seen = continue_from(chosen.scenario, implementation, steps, then, progress=stage(f"then {then}"))
            data["then"] = report_data.exploration_data(seen, chosen.scenario, implementation, chosen.options)
            tables = list(report.exploration_tables(seen, chosen.scenario, implementation, chosen.options))
    if as_json:
        print_json({**data, "stale": bool(stale)}, monotonic() - started)
    else:
        with printing():
            for line in lines:
                click.echo(line)
    if stale:
        click.echo(f"lastseat: {stale}", err=True)
    if seen is None:
        return VIOLATED if found else HOLDS
    standing = standing_of(bool(found) or bool(seen.violations), seen.complete)
    if not as_json:
        covered = counted(seen.interleavings or 0, "schedule")
        print_all(tables, standing, f"{covered} that begin so, {monotonic() - started:.2f} s")
    return status_of(standing, seen.interrupted)


def _replayed(
    schedule: Schedule, scenario: Scenario, implementation: Implementation, upto: int | None
) -> tuple[Scheduler, str]:
    """Return the execution of a schedule, and what is said when its token was made for something else."""
    due = fingerprint(scenario, implementation)
    fits = schedule.fingerprint in ("", due)
    stale = "" if fits else f"the token was made for something else ({schedule.fingerprint}, this is {due})"
    execution = Scheduler(scenario, implementation)
    try:
        for who in schedule.steps[:upto]:
            execution.step(who)
    except ScheduleError as error:
        raise ScheduleError(f"{error}; {stale}" if stale else str(error)) from None
    return execution, stale


@click.command("draw")
@click.argument("token")
@scenario_options
@implementation_option
@click.option(
    "-o", "--output", metavar="FILE", help="FILE.svg, FILE.png, FILE.html or FILE.txt; the terminal if not given."
)
@json_option
def draw_command(
    token: str, chosen: Chosen, generated: bool, implementation_name: str, output: str | None, as_json: bool
) -> int:
    """Draw one schedule as a space-time diagram."""
    del generated
    if output is not None:
        if not output.endswith(DRAWN):
            raise click.BadParameter(f"{quoted(output)} ends in none of {', '.join(DRAWN)}", param_hint="'--output'")
        check_place(output)
    schedule, implementation = Schedule.parse(token), find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        execution, stale = _replayed(schedule, chosen.scenario, implementation, None)
        found = findings(execution, implementation)
    again = replay_line(schedule.steps, chosen.scenario, implementation, chosen.options)
    drawn = _drawn(output or ".txt", execution, found, again)
    violating = sorted({one.step for one in found if one.step})
    if output is not None:
        write_whole(output, drawn)
    if as_json:
        told = {"file": output, "complete": not execution.unfinished(), "violations": violating}
        print_json(told, monotonic() - started)
    elif output is None:
        with printing():
            click.echo(drawn.decode())
    if stale:
        click.echo(f"lastseat: {stale}", err=True)
    return HOLDS


def _drawn(file: str, execution: Scheduler, found: Sequence[Finding], again: str) -> bytes:
    violating = tuple(sorted({one.step for one in found if one.step}))
    if file.endswith(".png"):
        return spacetime_png(execution, violating=violating)
    if file.endswith(".html"):
        return spacetime_html(execution, found=found, replay=again).encode()
    return (spacetime_svg if file.endswith(".svg") else spacetime_text)(execution, violating=violating).encode()
