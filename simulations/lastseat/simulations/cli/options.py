"""What the commands have in common: the options that name a scenario, and what their exit status means."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from math import isfinite
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.common.text import quoted
from lastseat.simulations.counterexamples.story import shell_word
from lastseat.simulations.kernel.actions import NO_FAULTS, FaultKind, Faults
from lastseat.simulations.verification.claims import Standing

HOLDS, VIOLATED, BAD_INPUT, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """The scenario that the options name, and those options again as text, to be pasted.

    `asks_for_faults` says that an option gives it a fault budget, and not its file.
    """

    scenario: Scenario
    options: str
    asks_for_faults: bool = False


def units_listed(text: str) -> tuple[int, ...]:
    """Return the numbers of a list like 1,2,1. Raises click.BadParameter."""
    try:
        return tuple(int(count) for count in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{quoted(text)} is not a list of integers like 1,2,1") from None


def _kind_told(kind: FaultKind) -> str:
    return kind.replace(" ", "-")


KINDS = {_kind_told(kind): kind for kind in FaultKind}


def faults_allowed(text: str) -> Faults:
    """Return the budget that a text like 1 or 2:crash,unavailable means. Raises click.BadParameter."""
    most, _, kinds = text.partition(":")
    unknown = [kind for kind in kinds.split(",") if kind not in KINDS] if kinds else []
    if not most.isascii() or not most.isdigit() or len(most) > 6 or unknown:
        raise click.BadParameter(f"{quoted(text)} is not of the form K or K:KIND,…, with kinds {', '.join(KINDS)}")
    allowed = frozenset(KINDS[kind] for kind in kinds.split(",")) if kinds else NO_FAULTS.kinds
    try:
        return Faults(int(most), allowed)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def finite(_ctx: click.Context, _param: click.Parameter, seconds: float | None) -> float | None:
    """Refuse seconds that are infinite or no number. Raises click.BadParameter."""
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
    @click.option(
        "--faults",
        "fault_budget",
        type=faults_allowed,
        metavar="K[:KIND,…]",
        help=f"At most K faults in a run, of these kinds: {', '.join(KINDS)} (default: all of them).",
    )
    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        names = ("source", "attempts", "capacity", "units", "same_id", "fault_budget")
        named = {name: kwargs.pop(name) for name in names}
        chosen = _chosen(**named)
        # --capacity 0, --units 0 and --faults 0 say something too.
        given = named["same_id"] or any(value is not None for name, value in named.items() if name != "same_id")
        return command(*args, chosen=chosen, generated=given, **kwargs)

    return wrapped  # type: ignore[return-value]  # click reads the options off the wrapper


def _chosen(
    source: str | None,
    attempts: int | None,
    capacity: int | None,
    units: tuple[int, ...] | None,
    same_id: bool,
    fault_budget: Faults | None,
) -> Chosen:
    if source is not None and ((attempts, capacity, units) != (None, None, None) or same_id):
        raise click.UsageError("--scenario comes with no --attempts, --capacity, --units or --same-id")
    if source is not None:
        chosen = Chosen(find_scenario(source), f"--scenario {shell_word(source)}")
    else:
        chosen = _generated(2 if attempts is None else attempts, 1 if capacity is None else capacity, units, same_id)
    return chosen if fault_budget is None else _with_faults(chosen, fault_budget)


def _generated(attempts: int, capacity: int, units: tuple[int, ...] | None, same_id: bool) -> Chosen:
    scenario = contention(attempts, capacity, units, same_id)
    listed = f" --units {','.join(map(str, units))}" if units else ""
    return Chosen(scenario, f"--attempts {attempts} --capacity {capacity}{listed}{' --same-id' * same_id}")


def faults_told(faults: Faults) -> str:
    """Return the option of a fault budget, to be pasted."""
    kinds = "" if faults.kinds == NO_FAULTS.kinds else f":{','.join(sorted(map(_kind_told, faults.kinds)))}"
    return f"--faults {faults.most}{kinds}"


def _with_faults(chosen: Chosen, faults: Faults) -> Chosen:
    title = chosen.scenario.title if not faults.most else f"{chosen.scenario.title}, {faults}"
    scenario = replace(chosen.scenario, title=title, faults=faults)
    return Chosen(scenario, f"{chosen.options} {faults_told(faults)}", asks_for_faults=faults.most > 0)


class TokenCommand(click.Command):
    """A command whose argument may be the token of the empty schedule, which begins like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, such a token last."""
        tokens = [argument for argument in args if argument.startswith("-@")]
        if tokens and "--" not in args:
            args = [*(argument for argument in args if argument not in tokens), "--", *tokens]
        return super().parse_args(ctx, args)


def is_given(name: str | None) -> bool:
    """Return whether a parameter of the command stands on the command line (`seconds` is called `budget` there)."""
    source = click.get_current_context().get_parameter_source({"seconds": "budget"}.get(name or "", name or ""))
    return source is ParameterSource.COMMANDLINE


def seconds_option(text: str) -> Callable[[Command], Command]:
    """Return the option of a budget of seconds, the same everywhere; `text` is its help."""
    kind = click.FloatRange(min=0, min_open=True)
    return click.option("--seconds", "budget", type=kind, callback=finite, help=text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
implementation_option = click.option(
    "--implementation",
    "implementation_name",
    default=MEMORY.name,
    show_default=True,
    metavar="NAME",
    help="One of ours, or module:function for your own (naming a module runs it).",
)


def standing_of(violated: bool, complete: bool) -> Standing:
    """Return the verdict on a search."""
    if violated:
        return Standing.VIOLATED
    return Standing.HOLDS if complete else Standing.INCOMPLETE


def status_of(standing: Standing, interrupted: bool) -> int:
    """Return the exit status that a verdict means."""
    if interrupted:
        return INTERRUPTED
    return {Standing.HOLDS: HOLDS, Standing.VIOLATED: VIOLATED}.get(standing, INCOMPLETE)
