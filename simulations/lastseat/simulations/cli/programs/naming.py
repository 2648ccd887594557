"""What `--program module:function` may name, and the case that it means."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, fields
from inspect import Parameter, iscoroutine, iscoroutinefunction, isgenerator, signature
from typing import Any

import click

from lastseat.simulations.common.loading import LoadingError, loaded_from_anywhere
from lastseat.simulations.common.text import printable, quoted, raised_by
from lastseat.simulations.kernel.program import ProgramError, kind_of
from lastseat.simulations.kernel.schedule import ScheduleError
from lastseat.testing.capture import Call, first_call
from lastseat.testing.case import Case

ACCEPTED = (
    "a program is a Case, or a function without arguments that returns one, or a mapping of explore's arguments, or "
    "(processes, shared) or (processes, shared, properties), or that calls explore or sample"
)
LONGEST_NAME = 60  # characters
# Arguments of explore and sample that a case does not have, and that the command line may take from a call.
HOW = {"explore": ("strategy", "executions", "seconds", "stop_at_first"), "sample": ("strategy", "seconds")}
DRAWN = ("runs", "seed", "depth", "steps", "stop_at_first")  # those that sample alone, or as well, has
IGNORED = ("progress", "executor")


@dataclass(frozen=True, slots=True)
class Asked:
    """A program under its name: its case, and how the function that was named would have looked at it itself.

    `door` is `explore` or `sample`, where it called one of them.
    """

    name: str
    case: Case
    door: str = "explore"
    how: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def running_program(name: str) -> Iterator[None]:
    """Run somebody's code in the block: what it prints goes to standard error, as standard output is ours.

    Whatever it raises, an attempt to leave the program included, becomes a ProgramError of one line.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (ProgramError, ScheduleError, LoadingError, click.ClickException, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ProgramError(f"{printable(name, LONGEST_NAME)} raised {raised_by(error)}") from error


def asked_for(name: str) -> Asked:
    """Return the program of that name: `module:function`, `file.py:function` or `file.py::test`.

    Naming a module runs it, as `python -m` would; a test function is left at its first call of explore or sample.
    Raises ProgramError and LoadingError, each with one line.
    """
    found = loaded_from_anywhere(name)
    if isinstance(found, Case):
        return Asked(name, found)
    if not callable(found) or isinstance(found, type):
        raise ProgramError(f"{quoted(name)} is {_kind(found)}; {ACCEPTED}")
    _check_arguments(found, name)
    made = first_call(found)
    if isinstance(made, Call):
        return _of_mapping(name, made.arguments, made.door)
    if isinstance(made, Case):
        return Asked(name, made)
    if isinstance(made, Mapping):
        return _of_mapping(name, made, "explore")
    if isinstance(made, tuple) and len(made) in (2, 3):
        return _of_mapping(name, dict(zip(("processes", "shared", "properties"), made, strict=False)), "explore")
    if iscoroutine(made) or isgenerator(made):
        made.close()  # or Python would warn that nobody awaited it
    if made is None:
        raise ProgramError(f"{quoted(name)} calls neither explore nor sample, and returns nothing; {ACCEPTED}")
    raise ProgramError(f"{quoted(name)} returns {kind_of(made)}; {ACCEPTED}")


def _kind(found: object) -> str:
    return f"the class {printable(found.__name__, LONGEST_NAME)}" if isinstance(found, type) else kind_of(found)


def _check_arguments(function: Any, name: str) -> None:
    """Raise ProgramError where a function needs arguments, or is none that can simply be called."""
    if iscoroutinefunction(function):
        raise ProgramError(f"{quoted(name)} is an async def; {ACCEPTED}")
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):  # one of C that does not say
        return
    optional = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    needed = [given.name for given in parameters if given.default is Parameter.empty and given.kind not in optional]
    if needed:
        raise ProgramError(f"{quoted(name)} needs arguments ({', '.join(needed)}); {ACCEPTED}")


def _of_mapping(name: str, given: Mapping[str, Any], door: str) -> Asked:
    of_case = [named.name for named in fields(Case)]
    known = (*of_case, *HOW[door], *(DRAWN if door == "sample" else ()), *IGNORED)
    unknown = next((str(key) for key in given if key not in known), None)
    if unknown is not None:
        raise ProgramError(f"{quoted(name)} returns a mapping with {quoted(unknown)}, which is no argument of {door}")
    missing = next((key for key in ("processes", "shared") if key not in given), None)
    if missing is not None:
        raise ProgramError(f"{quoted(name)} returns a mapping without {quoted(missing)}")
    case = Case(**{key: value for key, value in given.items() if key in of_case})
    how = {key: value for key, value in given.items() if key not in (*of_case, *IGNORED)}
    return Asked(name, case, door, how)
