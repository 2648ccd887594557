"""The command `lastseat`.

Exit status: 0 holds, 1 a property is violated, 2 bad input or usage (one line), 3 a bound or budget stopped it,
130 interrupted. Names and JSON fields are relied on by others: change none without need.
"""

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, wraps
from time import monotonic
from typing import Any, NoReturn, TypeVar

import click
from rich.console import Console, RenderableType
from rich.text import Text

from lastseat.model.search import search
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.simulations import report
from lastseat.simulations.abstraction import system_of
from lastseat.simulations.explore import STRATEGIES
from lastseat.simulations.judged import findings
from lastseat.simulations.processes import ExplorationError
from lastseat.simulations.progress import stages
from lastseat.simulations.registry import ImplementationError, find_implementation
from lastseat.simulations.scenario import Scenario, contention, printable
from lastseat.simulations.scenario_file import ScenarioError, find_scenario, shipped_scenarios
from lastseat.simulations.schedule import Schedule, ScheduleError
from lastseat.simulations.scheduler import Scheduler
from lastseat.simulations.story import fingerprint
from lastseat.simulations.verification import Standing, counted, verify

HOLDS, VIOLATED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scenario that the options name, and those options again as text, to be pasted."""

    scenario: Scenario
    options: str


class Units(click.ParamType[tuple[int, ...]]):
    """A list of positive integers, separated by commas."""

    name = "U,U,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers."""
        try:
            return tuple(int(one) for one in str(value).split(","))
        except ValueError:
            self.fail(f"{printable(str(value), 60)!r} is not a list of integers like 1,2,1", param, ctx)


def scenario_options(command: Command) -> Command:
    """Give a command the options that name a scenario, the same everywhere."""

    @click.option("--scenario", "source", metavar="FILE.toml", help="A scenario file, or the name of a shipped one.")
    @click.option("--attempts", type=int, metavar="N", help="N attempts on one resource (default 2).")
    @click.option("--capacity", type=int, metavar="C", help="The units of that resource (default 1).")
    @click.option("--units", type=Units(), help="Requested units, for all attempts or for each (default 1).")
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
            chosen = Chosen(find_scenario(source), f"--scenario {shlex.quote(source)}")
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="lastseat", message="lastseat %(version)s")
def lastseat() -> None:
    """Verify one booking attempt under concurrency, over every interleaving.

    Exit status: 0 holds, 1 violated, 2 bad input, 3 stopped by a bound, 130 interrupted.
    """


@lastseat.command("verify")
@scenario_options
@json_option
def verify_command(chosen: Chosen, generated: bool, as_json: bool) -> int:
    """Run every engine on every shipped scenario (or on the one given), and hold them against each other."""
    started = monotonic()
    shipped = shipped_scenarios()
    with stages() as stage:
        found = verify((chosen.scenario,) if generated else shipped, shipped, stage)
    standing = found.standing(needs_all=not generated)
    seconds = monotonic() - started
    if as_json:
        _print_json(report.verification_data(found), seconds)
    else:
        schedules = sum(row.interleavings for row in found.rows)
        covered = f"{counted(len(found.rows), 'scenario')}, {schedules:,} schedules"
        caught = sum(one.breach is not None for one in found.gallery)
        flaws = f"{caught} of {counted(len(found.gallery), 'wrong implementation')} caught"
        _print_all(report.verification_tables(found), standing, f"{covered}, {flaws}, {seconds:.1f} s")
        _note_limits(_console(), found.interrupted)
    return _status(standing, found.interrupted)


def _note_limits(console: Console, interrupted: bool) -> None:
    if interrupted:
        console.print("Interrupted: the tables show what was finished before.", style="yellow")
    console.print(
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
    "--policy", type=click.Choice(["version-first", "capacity-first"]), default="version-first", show_default=True
)
@json_option
def model_command(chosen: Chosen, generated: bool, engine: str, policy: str, as_json: bool) -> int:
    """Model-check a scenario: every reachable state of the formal model."""
    del generated
    implementation = Implementation("model", MEMORY.open_store, policy=type(MEMORY.policy)(policy))
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
        _print_json(report.searched_data(seen, chosen.scenario), seconds)
    else:
        what = f"every property in {seen.states:,} states"
        _print_all(report.searched_tables(seen, chosen.scenario), standing, f"{what}, {seconds:.2f} s")
    return _status(standing, not seen.complete)


@lastseat.command("explore")
@scenario_options
@click.option(
    "--strategy", type=click.Choice(list(STRATEGIES)), default="merged", show_default=True, help="How to go about it."
)
@implementation_option
@click.option("--executions", type=click.IntRange(min=1), help="Stop after so many executions (brute).")
@click.option("--seconds", "budget", type=click.FloatRange(min=0, min_open=True), help="Stop after so many seconds.")
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
    with stages() as stage:
        seen = explore(scenario, implementation, seconds=budget, progress=stage(f"{scenario.name}: {strategy}"))
    seconds = monotonic() - started
    standing = _standing(bool(seen.violations), seen.complete)
    if as_json:
        _print_json(report.exploration_data(seen, scenario, implementation, chosen.options), seconds)
    else:
        tables = report.exploration_tables(seen, scenario, implementation, chosen.options)
        what = f"{seen.interleavings:,} schedules of {implementation.name}"
        _print_all(tables, standing, f"{what}, {seconds:.2f} s")
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
    due = fingerprint(chosen.scenario, implementation)
    if schedule.fingerprint not in ("", due):
        click.echo(
            f"lastseat: the token was made for something else ({schedule.fingerprint}, this is {due})", err=True
        )
    started = monotonic()
    execution = Scheduler(chosen.scenario, implementation)
    for who in schedule.steps[:upto]:
        execution.step(who)
    found = findings(execution, implementation)
    if as_json:
        _print_json(report.execution_data(execution, found), monotonic() - started)
    else:
        for line in report.execution_lines(execution, found):
            click.echo(line)
    return VIOLATED if found else HOLDS


def _standing(violated: bool, complete: bool) -> Standing:
    if violated:
        return Standing.VIOLATED
    return Standing.HOLDS if complete else Standing.INCOMPLETE


def _status(standing: Standing, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    return {Standing.HOLDS: HOLDS, Standing.VIOLATED: VIOLATED}.get(standing, INCOMPLETE)


def _console() -> Console:
    return Console(highlight=False)


def _print_all(tables: Iterable[RenderableType], standing: Standing, text: str) -> None:
    console = _console()
    for table in tables:
        # Lines of text are left to the terminal to wrap, so that they can be copied; only tables fit its width.
        console.print(table, soft_wrap=isinstance(table, Text))
    report.verdict_line(console, standing, text)


def _print_json(data: dict[str, Any], seconds: float) -> None:
    click.echo(json.dumps({**data, "seconds": round(seconds, 6)}))


def main() -> NoReturn:
    """Run the command line and leave with its status; every foreseen error is one line on standard error."""
    sys.exit(_run())


def _run() -> int:
    try:
        result = lastseat.main(standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else HOLDS
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        return _complain(error.format_message())
    except (ScenarioError, ScheduleError, ImplementationError, ExplorationError, ValueError) as error:
        return _complain(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone. Nothing more can be said; keep Python from trying at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return HOLDS


def _complain(text: str) -> int:
    click.echo(f"lastseat: {' '.join(text.split())}", err=True)
    return BAD_INPUT


if __name__ == "__main__":
    main()
