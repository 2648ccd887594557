"""Values, operations and changes of any program in a few words that are safe to print, whatever they are."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass

from lastseat.simulations.common.text import number, printable
from lastseat.simulations.kernel.objects import Mutex
from lastseat.simulations.kernel.operations import Act, Choose, Join, Location, ended
from lastseat.simulations.kernel.run import Run, Taken

LONGEST_VALUE = 40  # characters of a value
LONGEST_NAME = 24  # characters of an object's name, or of a location
LONGEST_KIND = 30  # characters
MOST_LISTED = 4  # locations of one operation
SHARED = "shared state"  # what a shared state without named parts is called
NOT_ARGUMENTS = ("on", "most")  # fields of an operation that are told otherwise, or not at all


def value_told(value: object, longest: int = LONGEST_VALUE) -> str:
    """Return a value as Python shows it, without the address of anything."""
    if type(value) is int:
        return number(value)
    shown = ""
    with suppress(Exception):  # somebody's own
        shown = repr(value)
    if not shown or shown == object.__repr__(value):
        shown = f"a {type(value).__name__}"
    return printable(re.sub(r" at 0x[0-9a-f]+", "", shown[: 1000 * longest]), longest)


def parts_of(snapshot: object) -> Mapping[str, object] | None:
    """Return what a snapshot says of each named part of the shared state; None where it names none."""
    if isinstance(snapshot, Mapping):
        pairs = list(snapshot.items())
    elif is_dataclass(snapshot) and not isinstance(snapshot, type):
        pairs = [(part.name, getattr(snapshot, part.name)) for part in fields(snapshot)]
    elif isinstance(snapshot, tuple) and snapshot:
        pairs = [pair for pair in snapshot if isinstance(pair, tuple) and len(pair) == 2]
        if len(pairs) < len(snapshot):
            return None
    else:
        return None
    named = {name: value for name, value in pairs if isinstance(name, str)}
    return named if len(named) == len(pairs) else None


class Words:
    """How the parts of one run are worded: its processes by their labels, its mutexes as free or held."""

    def __init__(self, run: Run) -> None:
        self._run = run
        operations = [*(taken.operation for taken in run.taken), *run.ahead.values()]
        objects = [getattr(operation, "on", None) for operation in operations]
        objects += [getattr(place, "mutex", None) for place in objects]
        self._mutexes = {place.name for place in objects if isinstance(place, Mutex)}

    def process(self, process: int) -> str:
        """Return what a process is called."""
        return printable(self._run.labels[process], LONGEST_KIND)

    def location(self, location: Location) -> str:
        """Return what a location is called."""
        if isinstance(location, str):
            return printable(location, LONGEST_NAME)
        for process in range(len(self._run.labels)):
            if location == ended(process):
                return f"the end of {self.process(process)}"
        if isinstance(location, tuple) and all(isinstance(part, str) for part in location):
            return printable(" ".join(location), LONGEST_NAME)
        return value_told(location, LONGEST_NAME)

    def value(self, part: str, value: object, longest: int = LONGEST_VALUE) -> str:
        """Return what a part of the shared state holds."""
        if part in self._mutexes and value in (0, 1):
            return "free" if value else "held"
        return value_told(value, longest)

    def operation(self, operation: object) -> str:
        """Return an operation: its kind, what it is on, and its arguments."""
        kind = kind_told(operation)
        if isinstance(operation, Join):
            known = operation.process in range(len(self._run.labels))
            return f"{kind} {self.process(operation.process) if known else value_told(operation.process)}"
        if isinstance(operation, Choose):
            return kind
        name = getattr(getattr(operation, "on", None), "name", None)
        where = f" {printable(name, LONGEST_NAME)}" if isinstance(name, str) else self._touched(operation)
        given = list(_arguments(operation))
        if len(given) == 1:
            return f"{kind}{where}: {given[0][1]}"
        return f"{kind}{where}{': ' if given else ''}{', '.join(f'{name} {value}' for name, value in given)}"

    def _touched(self, operation: object) -> str:
        """Return the locations of an operation that is on no one object."""
        reads, writes = getattr(operation, "reads", None), getattr(operation, "writes", None)
        touched = dict.fromkeys([*(reads or ()), *(writes or ())])
        if not touched or not isinstance(operation, Act):
            return ""  # other operations tell by their arguments what they are on
        listed = [self.location(location) for location in touched]
        more = [f"{len(listed) - MOST_LISTED} more"] if len(listed) > MOST_LISTED else []
        return f" on {', '.join([*listed[:MOST_LISTED], *more])}"

    def changes(self, taken: Taken) -> list[str]:
        """Return what a step changed in the shared state: "counter 0 → 1"."""
        before, after = parts_of(taken.before), parts_of(taken.after)
        if before is None or after is None:
            before, after = {SHARED: taken.before}, {SHARED: taken.after}
        told = []
        for part in dict.fromkeys([*before, *after]):
            old, new = (self.value(part, state[part]) if part in state else "nothing" for state in (before, after))
            if old != new or differs(before.get(part), after.get(part)):
                told.append(f"{printable(part, LONGEST_NAME)} {old} → {new}")
            elif part in (taken.writes or ()):
                told.append(f"{printable(part, LONGEST_NAME)} stays {new}")
        return told


def kind_told(operation: object) -> str:
    """Return what an operation calls itself."""
    kind = getattr(operation, "kind", None)
    return printable(kind, LONGEST_KIND) if isinstance(kind, str) and kind else "step"


def differs(before: object, after: object) -> bool:
    """Return whether two values are not the same; two that cannot be compared are taken for it."""
    with suppress(Exception):  # somebody's own
        return bool(before != after)
    return False


def _arguments(operation: object) -> Iterator[tuple[str, str]]:
    """Yield the fields that an operation was made with; functions only where they have a name."""
    if not is_dataclass(operation) or isinstance(operation, Act):
        return
    for part in fields(operation):
        value = getattr(operation, part.name, None)
        if part.name in NOT_ARGUMENTS or (value is None and part.default is None):
            continue
        name = getattr(value, "__name__", None) if callable(value) else value_told(value)
        if isinstance(name, str) and name != "<lambda>":
            yield part.name, printable(name, LONGEST_VALUE)
