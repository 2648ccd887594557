"""Values, operations and changes of any program in a few words that are safe to print, whatever they are."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass

from lastseat.simulations.common.text import printable
from lastseat.simulations.common.values import LONGEST_VALUE, value_told
from lastseat.simulations.kernel.objects import Mutex, RLock
from lastseat.simulations.kernel.operations import Act, Choose, Join, Location, Spawn, ended
from lastseat.simulations.kernel.run import Run, Taken

LONGEST_NAME = 24  # characters of an object's name, or of a location
LONGEST_KIND = 30  # characters
MOST_LISTED = 4  # locations of one operation
SHARED = "shared state"  # what a shared state without named parts is called
HELD = "held"  # a lock that somebody has
NOT_ARGUMENTS = ("on", "most", "method", "declared")  # fields of an operation told otherwise, or not at all


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
    """How the parts of one run are worded: its processes by their labels, its locks as free or held.

    Where it is `short`, processes are called p0, p1, and so on.
    """

    def __init__(self, run: Run, *, short: bool = False) -> None:
        self._run, self._short = run, short
        operations = [*(taken.operation for taken in run.taken), *run.ahead.values()]
        objects = [getattr(operation, "on", None) for operation in operations]
        objects += [getattr(place, "mutex", None) for place in objects]
        self._mutexes = {place.name for place in objects if isinstance(place, Mutex)}
        self._reentrant = {place.name for place in objects if isinstance(place, RLock)}

    def process(self, process: int) -> str:
        """Return what a process is called."""
        return f"p{process}" if self._short else printable(self._run.labels[process], LONGEST_KIND)

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
            return "free" if value else HELD
        if part in self._reentrant and isinstance(value, tuple) and len(value) == 2:
            holder, times = value
            held = f"{HELD} by {self.process(holder)}" if holder in range(len(self._run.labels)) else HELD
            return "free" if not times else held if times == 1 else f"{held} {times} times"
        return value_told(value, longest)

    def operation(self, operation: object) -> str:
        """Return an operation: its kind, what it is on, and its arguments."""
        kind = kind_told(operation)
        if isinstance(operation, Join):
            known = operation.process in range(len(self._run.labels))
            return f"{kind} {self.process(operation.process) if known else value_told(operation.process)}"
        if isinstance(operation, Spawn):
            begun = f"{kind} {printable(operation.name, LONGEST_NAME)}"
            known = operation.child in range(len(self._run.labels))
            return f"{begun} as {self.process(operation.child)}" if known else begun
        if isinstance(operation, Choose):
            return kind
        name = getattr(getattr(operation, "on", None), "name", None)
        where = f" {printable(name, LONGEST_NAME)}" if isinstance(name, str) else self._touched(operation)
        given = list(_arguments(operation))
        if len(given) == 1:
            return f"{kind}{where}: {given[0][1]}"
        return f"{kind}{where}{': ' if given else ''}{', '.join(f'{name} {value}'.strip() for name, value in given)}"

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


def _is_nothing(value: object) -> bool:
    return value is None or (type(value) is tuple and not value)


def _arguments(operation: object) -> Iterator[tuple[str, str]]:
    """Yield the fields that an operation was made with; functions only where they have a name."""
    if not is_dataclass(operation) or isinstance(operation, Act):
        return
    for part in fields(operation):
        value = getattr(operation, part.name, None)
        if part.name in NOT_ARGUMENTS or not part.init or (_is_nothing(value) and part.default == value):
            continue
        if part.name in ("arguments", "named"):  # those of a method
            pairs = value.items() if isinstance(value, Mapping) else [("", each) for each in value or ()]
            yield from ((name, value_told(each)) for name, each in pairs)
            continue
        name = getattr(value, "__name__", None) if callable(value) else value_told(value)
        if isinstance(name, str) and name != "<lambda>":
            yield part.name, printable(name, LONGEST_VALUE)
