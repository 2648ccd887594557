"""The commands `replay` and `draw`: one schedule again, in words or as a picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import click

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.continuation import CONTINUING, continue_from
from lastseat.simulations.bookings.findings import Finding, findings
from lastseat.simulations.bookings.implementations import find_implementation, running
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.cli.options import (
    HOLDS,
    VIOLATED,
    Chosen,
    TokenCommand,
    implementation_option,
    json_option,
    scenario_options,
    standing_of,
    status_of,
)
from lastseat.simulations.cli.programs.options import program_options, wanted
from lastseat.simulations.cli.programs.replaying import draw_named, replay_named
from lastseat.simulations.cli.terminal import print_all, print_json, printing
from lastseat.simulations.common.files import check_place, write_whole
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted, quoted
from lastseat.simulations.counterexamples.explain import explanations
from lastseat.simulations.counterexamples.story import fingerprint, is_complete
from lastseat.simulations.counterexamples.story import replay_command as replay_line
from lastseat.simulations.drawing.spacetime import spacetime_png, spacetime_svg, spacetime_text
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import Schedule, ScheduleError
from lastseat.simulations.reports import data as report_data
from lastseat.simulations.reports import text as report
from lastseat.simulations.reports.drawing import spacetime_html


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be drawn: a run of a scenario, what it violates, and the command that runs it again."""

    run: Run
    scenario: Scenario
    implementation: str
    found: Sequence[Finding]
    replay: str

    @property
    def violating(self) -> list[int]:
        """Return the numbers of the steps that violate something, in order."""
        return sorted({finding.step for finding in self.found if finding.step})


def _page(sheet: Sheet) -> str:
    return spacetime_html(
        sheet.run, sheet.scenario, implementation=sheet.implementation, found=sheet.found, replay=sheet.replay
    )


# Who writes a sheet, by how the name of the file ends. A new format is a file in `drawing/`, and one line here.
WRITERS: Mapping[str, Callable[[Sheet], bytes]] = {
    ".svg": lambda sheet: spacetime_svg(sheet.run, sheet.scenario, violating=sheet.violating).encode(),
    ".png": lambda sheet: spacetime_png(sheet.run, sheet.scenario, violating=sheet.violating),
    ".html": lambda sheet: _page(sheet).encode(),
    ".txt": lambda sheet: spacetime_text(sheet.run, sheet.scenario, violating=sheet.violating).encode(),
}


@click.command("replay", cls=TokenCommand)
@click.argument("token")
@scenario_options
@implementation_option
@program_options
@click.option("--upto", type=click.IntRange(min=0), metavar="STEP", help="Stop after that step.")
@click.option(
    "--then",
    metavar="STRATEGY",
    help=f"From there on, cover every schedule: {' or '.join(CONTINUING)} (of a program: brute).",
)
@json_option
def replay_command(
    token: str,
    chosen: Chosen,
    generated: bool,
    implementation_name: str,
    program: str | None,
    deadlocks: bool,
    upto: int | None,
    then: str | None,
    as_json: bool,
) -> int:
    """Run one schedule again, step by step. TOKEN is text like 0.1.0.1, as a violation prints it.

    A letter marks a fault: c the attempt crashes instead of the step, d it dies right after it, u the store does not
    answer, a the acknowledgement is lost.
    """
    del generated
    if (own := wanted(program, deadlocks, ("upto", "then"))) is not None:
        return replay_named(token, own, upto, then, as_json=as_json)
    schedule, implementation = Schedule.parse(token), find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        execution, stale = _replayed(schedule, chosen.scenario, implementation, upto)
        found = findings(execution, chosen.scenario, implementation)
        data = report_data.execution_data(execution, found)
        lines = list(report.execution_lines(execution, found))
        seen = None
        if then is not None:
            seen = _continued(execution, chosen.scenario, implementation, then)
            told = explanations(seen, chosen.scenario, implementation, chosen.options)
            data["then"] = report_data.exploration_data(seen, chosen.scenario, implementation, told)
            tables = list(report.exploration_tables(seen, chosen.scenario, implementation, told))
    if as_json:
        print_json({**data, "stale": bool(stale)}, monotonic() - started)
    else:
        with printing():
            click.echo("".join(f"{line}\n" for line in lines), nl=False)
    _say_stale(stale)
    if seen is None:
        return VIOLATED if found else HOLDS
    standing = standing_of(bool(found) or bool(seen.violations), seen.complete)
    if not as_json:
        covered = counted(seen.interleavings or 0, "schedule")
        print_all(tables, standing, f"{covered} that begin so, {monotonic() - started:.2f} s")
    return status_of(standing, seen.interrupted)


def _continued(execution: Run, scenario: Scenario, implementation: Implementation, then: str) -> Exploration:
    with stages() as stage:
        progress = stage(f"then {then}")
        return continue_from(scenario, implementation, list(execution.steps), then, progress=progress)


def _say_stale(stale: str) -> None:
    if stale:
        click.echo(f"lastseat: {stale}", err=True)


def _replayed(
    schedule: Schedule, scenario: Scenario, implementation: Implementation, upto: int | None
) -> tuple[Run, str]:
    """Return the run of a schedule, and what is said when its token was made for something else."""
    due = fingerprint(scenario, implementation)
    fits = schedule.fingerprint in ("", due)
    stale = "" if fits else f"the token was made for something else ({schedule.fingerprint}, this is {due})"
    try:
        return run(scenario, implementation, schedule.steps[:upto]), stale
    except ScheduleError as error:
        raise ScheduleError(f"{error}; {stale}" if stale else str(error)) from None


@click.command("draw", cls=TokenCommand)
@click.argument("token")
@scenario_options
@implementation_option
@program_options
@click.option(
    "-o", "--output", metavar="FILE", help="FILE.svg, FILE.png, FILE.html or FILE.txt; the terminal if not given."
)
@json_option
def draw_command(
    token: str,
    chosen: Chosen,
    generated: bool,
    implementation_name: str,
    program: str | None,
    deadlocks: bool,
    output: str | None,
    as_json: bool,
) -> int:
    """Draw one schedule as a space-time diagram."""
    del generated
    if as_json and output is None:
        raise click.UsageError("--json comes with --output: it names the file")
    if (own := wanted(program, deadlocks, ("output",))) is not None:
        return draw_named(token, own, output, as_json=as_json)
    write = _writer(".txt" if output is None else output)
    if output is not None:
        check_place(output)
    schedule, implementation = Schedule.parse(token), find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        execution, stale = _replayed(schedule, chosen.scenario, implementation, None)
        found = findings(execution, chosen.scenario, implementation)
    again = replay_line(schedule.steps, chosen.scenario, implementation, chosen.options)
    sheet = Sheet(execution, chosen.scenario, implementation.name, found, again)
    drawn = write(sheet)
    if output is not None:
        write_whole(output, drawn)
    if as_json:
        told = {"file": output, "complete": is_complete(execution), "violations": sheet.violating}
        print_json(told, monotonic() - started)
    elif output is None:
        with printing():
            click.echo(drawn.decode())
    _say_stale(stale)
    return HOLDS


def _writer(file: str) -> Callable[[Sheet], bytes]:
    for ending, write in WRITERS.items():
        if file.endswith(ending):
            return write
    raise click.BadParameter(f"{quoted(file)} ends in none of {', '.join(WRITERS)}", param_hint="'--output'")
