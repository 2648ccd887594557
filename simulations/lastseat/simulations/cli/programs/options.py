"""What goes together with `--program`, and what does not."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import click

from lastseat.simulations.cli.options import faults_told, is_given
from lastseat.simulations.cli.programs.naming import Asked, asked_for
from lastseat.simulations.counterexamples.story import shell_word
from lastseat.simulations.kernel.actions import Faults

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Wanted:
    """A program as the command line names it, with what may be said of it there."""

    name: str
    faults: Faults | None
    deadlocks: bool

    def command(self, token: str) -> str:
        """Return the command that takes a schedule of the program again, to be pasted."""
        faults = "" if self.faults is None else f" {faults_told(self.faults)}"
        options = f"--program {shell_word(self.name)}{faults}{' --deadlocks' * self.deadlocks}"
        return f"lastseat replay {token} {options}"

    def asked(self) -> Asked:
        """Return the program, its case with what the command line says of it. See `naming.asked_for`."""
        asked = asked_for(self.name)
        case = asked.case if self.faults is None else replace(asked.case, faults=self.faults)
        return replace(asked, case=replace(case, deadlocks=case.deadlocks or self.deadlocks))


def program_options(command: Command) -> Command:
    """Give a command `--program` and `--deadlocks`."""
    program = click.option(
        "--program",
        metavar="NAME",
        help="In the place of bookings, your own program: module:function, or file.py::test.",
    )
    deadlocks = click.option("--deadlocks", is_flag=True, help="Of a --program: allow that nobody can go on.")
    return program(deadlocks(command))


def given_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return those arguments that stand on the command line: for the others, a program may have its own."""
    return {name: value for name, value in arguments.items() if is_given(name)}


def wanted(program: str | None, deadlocks: bool, comes_with: Collection[str]) -> Wanted | None:
    """Return the program that is asked for, None where bookings are.

    `comes_with` are the parameters that a program has beside those of `program_options`. Raises click.UsageError
    where another one was given.
    """
    if program is None:
        if deadlocks:
            raise click.UsageError("--deadlocks comes with --program")
        return None
    context = click.get_current_context()
    known = {"program", "deadlocks", "fault_budget", "as_json", "token", *comes_with}
    for parameter in context.command.params:
        if is_given(parameter.name) and parameter.name not in known:
            raise click.UsageError(f"--program comes with no {parameter.opts[0]}")
    return Wanted(program, context.params.get("fault_budget"), deadlocks)
