"""The command `lastseat`.

Exit status: 0 holds, 1 a property is violated, 2 bad input or usage (one line), 3 a bound or budget stopped it,
130 interrupted. Names and JSON fields are relied on by others: change none without need.
"""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NoReturn

import click
from rich.text import Text

from lastseat.model.induction import Answer
from lastseat.reference.implementation import Implementation
from lastseat.simulations import report, report_data
from lastseat.simulations.cli_model import model_command, prove_command
from lastseat.simulations.cli_options import (
    BAD_INPUT,
    HOLDS,
    INCOMPLETE,
    INTERRUPTED,
    VIOLATED,
    Chosen,
    finite,
    implementation_option,
    json_option,
    scenario_options,
    standing_of,
    status_of,
)
from lastseat.simulations.draw import spacetime_svg, spacetime_text
from lastseat.simulations.engines import EngineError
from lastseat.simulations.explore import STRATEGIES
from lastseat.simulations.judged import findings
from lastseat.simulations.progress import stages
from lastseat.simulations.registry import find_implementation, running
from lastseat.simulations.scenario import Scenario, printable, quoted
from lastseat.simulations.scenario_file import shipped_scenarios
from lastseat.simulations.schedule import Schedule, ScheduleError
from lastseat.simulations.scheduler import Scheduler
from lastseat.simulations.story import fingerprint
from lastseat.simulations.terminal import (
    keep_interrupt,
    let_every_character_pass,
    print_all,
    print_json,
    printing,
    say_no_more,
)
from lastseat.simulations.verification import Verification, counted, verify

LONGEST_COMPLAINT = 1000  # characters


@click.group(
    no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="lastseat", message="lastseat %(version)s")
def lastseat() -> None:
    """Verify one booking attempt under concurrency, over every interleaving.

    Exit status: 0 holds, 1 violated, 2 bad input, 3 stopped by a bound, 130 interrupted.
    """


@lastseat.command("verify")
@scenario_options
@json_option
def verify_command(chosen: Chosen, generated: bool, as_json: bool) -> int:
    """Run the main job: every engine on every scenario.

    Runs them on all shipped scenarios, or on the one given, and holds them against each other; then it lets them
    look for what is wrong in wrong implementations.
    """
    started = monotonic()
    shipped = shipped_scenarios()
    with stages() as stage:
        found = verify((chosen.scenario,) if generated else shipped, shipped, stage)
    standing = found.standing(needs_all=not generated)
    seconds = monotonic() - started
    if as_json:
        print_json(report_data.verification_data(found, chosen.options if generated else None), seconds)
    else:
        schedules = counted(sum(row.interleavings for row in found.rows), "schedule")
        covered = f"{counted(len(found.rows), 'scenario')}, {schedules}"
        caught = sum(one.breach is not None for one in found.gallery)
        obligations = found.proof.obligations if found.proof else ()
        settled = sum(one.verdict is Answer.PROVED for one in obligations)
        proved = f", {settled} of {counted(len(obligations), 'obligation')} proved" if obligations else ""
        flaws = f"{caught} of {counted(len(found.gallery), 'wrong implementation')} caught"
        tables = report.verification_tables(found, chosen.options if generated else None)
        print_all(tables, standing, f"{covered}{proved}, {flaws}, {seconds:.1f} s", _limits(found))
    return status_of(standing, found.interrupted)


def _limits(found: Verification) -> Iterator[Text]:
    for missing in found.missing:
        yield Text(f"Not run: {missing}.", style="yellow")
    if found.interrupted:
        yield Text("Interrupted: the tables show what was finished before.", style="yellow")
    yield Text(
        "A schedule is an order of the attempts' shared steps. The real code ran without faults, the model also with "
        "them. What lies beyond these scenarios, only the proof covers, and only of the model.",
        style="dim",
    )


@lastseat.command("explore")
@scenario_options
@click.option(
    "--strategy", type=click.Choice(list(STRATEGIES)), default="merged", show_default=True, help="How to go about it."
)
@implementation_option
@click.option("--executions", type=click.IntRange(min=1), help="Stop after so many executions (brute).")
@click.option(
    "--seconds",
    "budget",
    type=click.FloatRange(min=0, min_open=True),
    callback=finite,
    help="Stop after so many seconds.",
)
@json_option
def explore_command(
    chosen: Chosen,
    generated: bool,
    strategy: str,
    implementation_name: str,
    executions: int | None,
    budget: float | None,
    as_json: bool,
) -> int:
    """Run the real code under every schedule of a scenario."""
    del generated
    scenario, implementation = chosen.scenario, find_implementation(implementation_name)
    explore = STRATEGIES[strategy]
    if executions is not None:
        if strategy != "brute":
            raise click.UsageError(f"--executions bounds brute; {strategy} runs each distinct step once")
        explore = partial(explore, executions=executions)
    started = monotonic()
    with running(implementation):
        with stages() as stage:
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
        print_all(
            tables, standing, f"{counted(seen.interleavings, 'schedule')} of {implementation.name}, {seconds:.2f} s"
        )
    return status_of(standing, seen.interrupted)


@lastseat.command("replay")
@click.argument("token")
@scenario_options
@implementation_option
@click.option("--upto", type=click.IntRange(min=0), metavar="STEP", help="Stop after that step.")
@json_option
def replay_command(
    token: str, chosen: Chosen, generated: bool, implementation_name: str, upto: int | None, as_json: bool
) -> int:
    """Run one schedule again, step by step. TOKEN is text like 0.1.0.1, as a violation prints it."""
    del generated
    schedule, implementation = Schedule.parse(token), find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        execution, stale = _replayed(schedule, chosen.scenario, implementation, upto)
        found = findings(execution, implementation)
        data = report_data.execution_data(execution, found)
        lines = list(report.execution_lines(execution, found))
    if as_json:
        print_json({**data, "stale": bool(stale)}, monotonic() - started)
    else:
        with printing():
            for line in lines:
                click.echo(line)
    if stale:
        click.echo(f"lastseat: {stale}", err=True)
    return VIOLATED if found else HOLDS


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


@lastseat.command("draw")
@click.argument("token")
@scenario_options
@implementation_option
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False), help="FILE.svg or FILE.txt; the terminal if not given."
)
@json_option
def draw_command(
    token: str, chosen: Chosen, generated: bool, implementation_name: str, output: str | None, as_json: bool
) -> int:
    """Draw one schedule as a space-time diagram."""
    del generated
    if output is not None and not output.endswith((".svg", ".txt")):
        raise click.BadParameter(f"{quoted(output)} ends neither in .svg nor in .txt", param_hint="'--output'")
    schedule, implementation = Schedule.parse(token), find_implementation(implementation_name)
    started = monotonic()
    with running(implementation):
        execution, stale = _replayed(schedule, chosen.scenario, implementation, None)
        violating = tuple(sorted({one.step for one in findings(execution, implementation) if one.step}))
    drawn = (spacetime_svg if output and output.endswith(".svg") else spacetime_text)(execution, violating=violating)
    if output is not None:
        try:
            Path(output).write_text(drawn, encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{quoted(output)} cannot be written: {error.strerror}") from None
    if as_json:
        print_json({"file": output, "complete": not execution.unfinished(), "violations": list(violating)},
                   monotonic() - started)  # fmt: skip
    elif output is None:
        with printing():
            click.echo(drawn)
    if stale:
        click.echo(f"lastseat: {stale}", err=True)
    return HOLDS


lastseat.add_command(model_command)
lastseat.add_command(prove_command)


def main() -> NoReturn:
    """Run the command line and leave with its status; every foreseen error is one line on standard error."""
    sys.unraisablehook = keep_interrupt
    sys.exit(_run())


def _run() -> int:
    let_every_character_pass()
    try:
        result = lastseat.main(prog_name="lastseat", standalone_mode=False)
        return result if isinstance(result, int) else HOLDS
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        if "--json" in sys.argv:  # interrupted before anything was known; that too is one object
            print_json({"complete": False, "violations": []}, 0)
        return INTERRUPTED
    except (click.ClickException, ValueError, OSError, ModuleNotFoundError) as error:
        return _explained(error)
    except SystemExit:  # so click leaves when nobody reads its help any more
        return HOLDS


def _explained(error: Exception) -> int:
    """Say what went wrong, and return the exit status that it means."""
    if isinstance(error, EngineError) and "\n" in str(error):
        click.echo(f"lastseat: {error}", err=True)  # the first line is ours, the rest is what the engine printed
        return INCOMPLETE
    if isinstance(error, click.UsageError):
        context = None if isinstance(error, click.BadParameter) else error.ctx
        hint = f" (see {context.command_path} --help)" if context else ""
        return _complain(error.format_message() + hint)
    if isinstance(error, click.ClickException):
        return _complain(error.format_message())
    if isinstance(error, OSError):
        say_no_more()
        return _complain(error.strerror or str(error))
    return _complain(str(error))  # every error of ours is a ValueError; numpy and z3 are optional, and say so


def _complain(text: str) -> int:
    click.echo(f"lastseat: {printable(' '.join(text.split()), LONGEST_COMPLAINT)}", err=True)
    return BAD_INPUT


if __name__ == "__main__":
    main()
