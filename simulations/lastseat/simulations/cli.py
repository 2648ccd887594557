"""The command `lastseat`.

Exit status: 0 holds, 1 a property is violated, 2 bad input or usage (one line), 3 a bound or budget stopped it,
130 interrupted. Names and JSON fields are relied on by others: change none without need.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, wraps
from math import isfinite
from time import monotonic
from typing import Any, NoReturn, TypeVar

import click
from rich.text import Text

from lastseat.model.search import search
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.store import Policy
from lastseat.simulations import report, report_data
from lastseat.simulations.abstraction import system_of
from lastseat.simulations.explore import STRATEGIES
from lastseat.simulations.judged import findings
from lastseat.simulations.processes import ExplorationError
from lastseat.simulations.progress import stages
from lastseat.simulations.registry import ImplementationError, find_implementation, running
from lastseat.simulations.scenario import Scenario, contention, printable, quoted
from lastseat.simulations.scenario_file import ScenarioError, find_scenario, shipped_scenarios
from lastseat.simulations.schedule import Schedule, ScheduleError
from lastseat.simulations.scheduler import Scheduler
from lastseat.simulations.story import fingerprint, shell_word
from lastseat.simulations.terminal import (
    keep_interrupt,
    let_every_character_pass,
    print_all,
    print_json,
    printing,
    say_no_more,
)
from lastseat.simulations.verification import Standing, counted, verify

HOLDS, VIOLATED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
LONGEST_COMPLAINT = 1000  # characters

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scenario that the options name, and those options again as text, to be pasted."""

    scenario: Scenario
    options: str


def units_listed(text: str) -> tuple[int, ...]:
    """Return the numbers of a list like 1,2,1. Raises click.BadParameter."""
    try:
        return tuple(int(one) for one in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{quoted(text)} is not a list of integers like 1,2,1") from None


def _finite(_ctx: click.Context, _param: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not isfinite(seconds):
        raise click.BadParameter(f"{seconds} is not a number of seconds")
    return seconds


def scenario_options(command: Command) -> Command:
    """Give a command the options that name a scenario, the same everywhere."""

    @click.option("--scenario", "source", metavar="FILE.toml", help="A scenario file, or the name of a shipped one.")
    @click.option("--attempts", type=int, metavar="N", help="N attempts on one resource (default 2).")
    @click.option("--capacity", type=int, metavar="C", help="The units of that resource (default 1).")
    @click.option(
        "--units",
        type=units_listed,
        metavar="U,U,…",
        help="Requested units, for all attempts or for each (default 1).",
    )
    @click.option("--same-id", is_flag=True, help="Let all attempts carry one booking id.")
    @wraps(command)
    def wrapped(
        *args: Any,
        source: str | None,
        attempts: int | None,
        capacity: int | None,
        units: tuple[int, ...] | None,
        same_id: bool,
        **kwargs: Any,
    ) -> Any:
        generated = (attempts, capacity, units) != (None, None, None) or same_id
        if source is not None and generated:
            raise click.UsageError("--scenario comes with no --attempts, --capacity, --units or --same-id")
        if source is not None:
            chosen = Chosen(find_scenario(source), f"--scenario {shell_word(source)}")
        else:
            chosen = _generated(
                2 if attempts is None else attempts, 1 if capacity is None else capacity, units, same_id
            )
        return command(*args, chosen=chosen, generated=generated or source is not None, **kwargs)

    return wrapped  # type: ignore[return-value]  # click reads the options off the wrapper


def _generated(attempts: int, capacity: int, units: tuple[int, ...] | None, same_id: bool) -> Chosen:
    scenario = contention(attempts, capacity, units, same_id)
    listed = f" --units {','.join(map(str, units))}" if units else ""
    return Chosen(scenario, f"--attempts {attempts} --capacity {capacity}{listed}{' --same-id' * same_id}")


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
implementation_option = click.option(
    "--implementation",
    "implementation_name",
    default=MEMORY.name,
    show_default=True,
    metavar="NAME",
    help="One of ours, or module:function for your own (naming a module runs it).",
)


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
        flaws = f"{caught} of {counted(len(found.gallery), 'wrong implementation')} caught"
        tables = report.verification_tables(found, chosen.options if generated else None)
        print_all(tables, standing, f"{covered}, {flaws}, {seconds:.1f} s", _limits(found.interrupted))
    return _status(standing, found.interrupted)


def _limits(interrupted: bool) -> Iterator[Text]:
    if interrupted:
        yield Text("Interrupted: the tables show what was finished before.", style="yellow")
    yield Text(
        "A schedule is an order of the attempts' shared steps; no faults are injected. Sizes beyond these scenarios "
        "are not covered by this run.",
        style="dim",
    )


@lastseat.command("model")
@scenario_options
@click.option(
    "--engine", type=click.Choice(["readable"]), default="readable", show_default=True, help="Which model checker."
)
@click.option(
    "--policy",
    type=click.Choice([str(one) for one in Policy]),
    default=str(Policy.VERSION_FIRST),
    show_default=True,
    help="Which check of persist comes first.",
)
@json_option
def model_command(chosen: Chosen, generated: bool, engine: str, policy: str, as_json: bool) -> int:
    """Check every state of the formal model."""
    del generated
    implementation = Implementation("model", MEMORY.open_store, policy=Policy(policy))
    started = monotonic()
    with stages() as stage:
        progress = stage(f"{chosen.scenario.name}: {engine}")
        seen = search(
            system_of(chosen.scenario, implementation),
            stop_at_first=False,
            tick=lambda states: progress(states, None),
        )
    seconds = monotonic() - started
    standing = _standing(bool(seen.violations), seen.complete)
    if as_json:
        print_json(report_data.searched_data(seen, chosen.scenario), seconds)
    else:
        what = f"every property in {seen.states:,} states"
        print_all(report.searched_tables(seen, chosen.scenario), standing, f"{what}, {seconds:.2f} s")
    return _status(standing, not seen.complete)


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
    callback=_finite,
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
    standing = _standing(bool(seen.violations), seen.complete)
    if as_json:
        print_json(data, seconds)
    else:
        print_all(
            tables, standing, f"{counted(seen.interleavings, 'schedule')} of {implementation.name}, {seconds:.2f} s"
        )
    return _status(standing, seen.interrupted)


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


def _standing(violated: bool, complete: bool) -> Standing:
    if violated:
        return Standing.VIOLATED
    return Standing.HOLDS if complete else Standing.INCOMPLETE


def _status(standing: Standing, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    return {Standing.HOLDS: HOLDS, Standing.VIOLATED: VIOLATED}.get(standing, INCOMPLETE)


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
    except click.UsageError as error:
        context = None if isinstance(error, click.BadParameter) else error.ctx
        hint = f" (see {context.command_path} --help)" if context else ""
        return _complain(error.format_message() + hint)
    except click.ClickException as error:
        return _complain(error.format_message())
    except (ScenarioError, ScheduleError, ImplementationError, ExplorationError, ValueError) as error:
        return _complain(str(error))
    except OSError as error:
        say_no_more()
        return _complain(error.strerror or str(error))
    except SystemExit:  # so click leaves when nobody reads its help any more
        return HOLDS


def _complain(text: str) -> int:
    click.echo(f"lastseat: {printable(' '.join(text.split()), LONGEST_COMPLAINT)}", err=True)
    return BAD_INPUT


if __name__ == "__main__":
    main()
