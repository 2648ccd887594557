"""What the adapters to outside model checkers share: systems as numbers, running a program, and what comes back.

An engine that is not there, crashes, takes too long or prints what cannot be understood raises EngineError. That it
holds is only ever said by the engine itself.
"""

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

from lastseat.model.flaws import Flaw
from lastseat.model.world import System
from lastseat.simulations.common.text import reason_of

LARGEST_INTEGER = 2**31 - 1  # in TLC and in Spin
# Below, a search takes less time than a compiler that optimises.
FEWEST_OPTIMISED_ATTEMPTS = 6
LINES_OF_OUTPUT = 40  # that a result or an error keeps
LONGEST_LINE = 300  # characters


class EngineError(ValueError):
    """What went wrong with an engine: its first line says what and what to do, then follows what it printed."""


class EngineMissingError(EngineError):
    """A program that the engine needs is not there; the text is one line and says how to install it."""


class EngineVerdict(StrEnum):
    """What an engine said about a system."""

    HOLDS = "holds"
    VIOLATED = "violated"


@dataclass(frozen=True, slots=True)
class EngineResult:
    """What an engine found.

    Where the verdict is holds, every state was visited: `states` are distinct ones, `generated` counts transitions
    and one for the initial state, and `depth` is the number of steps of the longest of the shortest paths. Where it
    is violated, `clause` is the one that the engine met first (None: a property that is no clause by itself), the
    counts cover what was visited until then, and `depth` is the number of steps of the path that breaks it.
    `checked` are the clauses that were looked at, and `output` is the end of what the engine printed.
    """

    engine: str
    verdict: EngineVerdict
    clause: str | None
    states: int
    generated: int
    depth: int
    seconds: float
    checked: tuple[str, ...]
    output: str


@dataclass(frozen=True, slots=True)
class NumberedRequest:
    """A request in numbers: `booking` and `resource` count from 0, `units` are units."""

    booking: int
    resource: int
    units: int


@dataclass(frozen=True, slots=True)
class NumberedSystem:
    """A system without its names, so that none of them is ever pasted into a specification.

    `capacities` are units, by the number of the resource. A request for an unknown resource has a number that no
    capacity has; equal numbers are equal names, and otherwise names leave no trace.
    """

    capacities: tuple[int, ...]
    requests: tuple[NumberedRequest, ...]

    @property
    def most_units(self) -> int:
        """Return a bound on the units that are ever confirmed on one resource, whatever the store checks."""
        return max(self.capacities, default=0) + sum(request.units for request in self.requests)


def numbered(system: System) -> NumberedSystem:
    """Return `system` in numbers.

    Raises EngineError where there is no attempt or a resource twice, and where the integers of the engines cannot
    hold the units.
    """
    if not system.requests:
        raise EngineError("a system without attempts takes no step, and this engine needs one")
    names = [name for name, _ in system.capacities]
    resources = {name: number for number, name in enumerate(dict.fromkeys(sorted(names)))}
    if len(resources) < len(names):
        raise EngineError("the system has two resources of the same id")
    for request in system.requests:
        resources.setdefault(request.resource_id, len(resources))
    bookings: dict[str, int] = {}
    requests = tuple(
        NumberedRequest(
            bookings.setdefault(request.booking_id, len(bookings)), resources[request.resource_id], request.units
        )
        for request in system.requests
    )
    given = NumberedSystem(tuple(capacity for _, capacity in sorted(system.capacities)), requests)
    if any(request.units < 1 for request in requests) or any(capacity < 0 for capacity in given.capacities):
        raise EngineError("requested units must be at least 1, and a capacity at least 0")
    if given.most_units > LARGEST_INTEGER:
        raise EngineError(
            f"the largest capacity and all requested units are {given.most_units} units together; "
            f"this engine counts to {LARGEST_INTEGER}"
        )
    return given


def sorted_flaws(flaws: Iterable[Flaw]) -> tuple[Flaw, ...]:
    """Return each of the flaws once, in their own order. ValueError where one is none."""
    given = {Flaw(flaw) for flaw in flaws}
    return tuple(flaw for flaw in Flaw if flaw in given)


def chosen_clauses(engine: str, clauses: Iterable[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    """Return the clauses to check: all that the engine knows where None. EngineError where it does not know one."""
    wanted = known if clauses is None else tuple(clauses)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        raise EngineError(f"{engine} cannot check {', '.join(unknown)}; it checks {', '.join(known)}")
    return tuple(clause for clause in known if clause in wanted)


def specification(name: str, module: Path = Path(__file__)) -> Path:
    """Return the path of a formal specification: beside `module` once installed, in `specs/` in a checkout.

    Raises EngineError when it is in neither.
    """
    folders = (module.parent / "specs", *(parent / "specs" for parent in module.resolve().parents))
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is None:
        raise EngineError(f"the specification {name} is missing; reinstall lastseat, or run it from a checkout")
    return found


# --- running a program ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended by itself: its exit status, and all that it printed."""

    status: int
    output: str


class Deadline:
    """The time that an engine has for all its programs together, in seconds; None: as long as it takes."""

    def __init__(self, timeout: float | None) -> None:
        self.timeout, self.started = timeout, monotonic()

    @property
    def spent(self) -> float:
        """Return the seconds since the start."""
        return monotonic() - self.started

    @property
    def left(self) -> float | None:
        """Return the seconds that are left, at least 0."""
        return None if self.timeout is None else max(0.0, self.timeout - self.spent)


def run_program(engine: str, command: Sequence[str], folder: Path, deadline: Deadline) -> Finished:
    """Run a program in `folder`, without input, and return what it printed on both of its outputs.

    Whatever ends the wait (the deadline, Ctrl-C), the program and all that it started are ended first.
    Raises EngineError when it cannot be started or the deadline passes.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the command is ours; nothing of it is text from a scenario
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"{engine}: {command[0]} cannot be started: {reason_of(error)}") from None
    try:
        output, _ = process.communicate(timeout=deadline.left)
    except subprocess.TimeoutExpired:
        _end(process)
        output, _ = process.communicate()
        raise engine_error(f"{engine} did not finish within {deadline.timeout:g} s", output) from None
    except BaseException:
        _end(process)
        raise
    return Finished(process.returncode, output)


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and all that it started, even where the program itself has ended already."""
    with suppress(ProcessLookupError, PermissionError):  # nobody is left
        os.killpg(process.pid, signal.SIGKILL)  # its own group: it was started in a new session
    process.wait()


def tail(output: str) -> str:
    """Return the end of what a program printed, without control characters and in a sane length."""
    lines = [
        "".join(character for character in line if character.isprintable() or character == "\t")
        for line in output.splitlines()
    ]
    return "\n".join(line[:LONGEST_LINE] for line in lines[-LINES_OF_OUTPUT:])


def engine_error(what: str, output: str) -> EngineError:
    """Return the error that says what went wrong and then what the engine printed."""
    printed = tail(output).strip()
    return EngineError(f"{what}; it printed:\n{printed}" if printed else f"{what}; it printed nothing")


def counted_in(engine: str, pattern: str, output: str) -> int:
    """Return the number that the last match of `pattern` names (commas allowed). EngineError where there is none."""
    found = re.findall(pattern, output, flags=re.MULTILINE)
    if not found:
        raise engine_error(f"{engine} ended without the figures that it prints at the end", output)
    return int(found[-1].replace(",", ""))
