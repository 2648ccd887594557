"""Scenario files: TOML that describes one scenario, and the scenarios that are shipped.

The format is described in `specs/scenarios/README.md`. A file is read as data and never trusted: whatever is in
it, the answer is a scenario or a ScenarioError of one line.
"""

import os
import re
import stat
import tomllib
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.scenario import LONGEST_NAME, LONGEST_TITLE, MOST_UNITS, Scenario
from lastseat.simulations.common.text import number, printable, quoted
from lastseat.simulations.kernel.actions import MOST_FAULTS, NO_FAULTS, FaultKind, Faults

LARGEST_FILE = 1024 * 1024  # bytes
MOST_ATTEMPTS = 64  # deliveries in all
MOST_RESOURCES = 64
# The TOML parser takes time that is quadratic in the parts of a dotted key, minutes for a small file. No key here
# has a dot, so a few are enough for what people write in strings.
MOST_DOTS_ON_A_LINE = 20
LONGEST_PATH = 200  # characters of a path in a message


class ScenarioError(ValueError):
    """What is wrong with a scenario file or name: one line with the file, the key and the value."""


Text: TypeAlias = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _ResourceTable(_Table):
    id: Text
    capacity: int = Field(ge=0, le=MOST_UNITS)


class _AttemptTable(_Table):
    booking_id: Text
    resource_id: Text
    requested_units: int = Field(ge=1, le=MOST_UNITS)
    deliveries: int = Field(default=1, ge=1, le=MOST_ATTEMPTS)


class _FaultsTable(_Table):
    most: int = Field(ge=0, le=MOST_FAULTS)
    kinds: list[Annotated[FaultKind, Field(strict=False)]] = Field(default=list(FaultKind), min_length=1)


class _ScenarioTable(_Table):
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    resources: list[_ResourceTable] = Field(max_length=MOST_RESOURCES)
    attempts: list[_AttemptTable] = Field(min_length=1, max_length=MOST_ATTEMPTS)
    faults: _FaultsTable | None = None


_TABLES: dict[str, type[_Table]] = {
    "resources": _ResourceTable,
    "attempts": _AttemptTable,
    "faults": _FaultsTable,
}


_WORDINGS = {
    "missing": "this key is missing",
    "greater_than_equal": "must be at least {ge}, not {shown}",
    "less_than_equal": "must be at most {le}, not {shown}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters, not {shown}",
    "too_short": "must have at least {min_length} table, not {actual_length}",
    "too_long": "must have at most {max_length} tables, not {actual_length}",
    "enum": "must be one of {expected}, not {shown}",
    "int_type": "must be an integer, not {shown}",
    "string_type": "must be a string, not {shown}",
    "list_type": "must be an array of tables, written [[{key}]], not {shown}",
    "model_type": "must be a table, not {shown}",
}
_KINDS_WORDINGS = {
    "list_type": "must be an array of strings, not {shown}",
    "too_short": "must name at least one kind of fault",
}


def load_scenario(path: Path) -> Scenario:
    """Return the scenario that the TOML file at `path` describes; its name is made of the file's stem.

    Raises ScenarioError when there is no readable regular file of at most 1 MiB, or when it holds anything but
    a scenario. Nothing else is raised, and the call does not wait on a pipe or a device.
    """
    try:
        content = _parse(_decode(_read(path)))
        return _scenario(_validate(content), path.stem)
    except ScenarioError as error:
        raise ScenarioError(f"{printable(str(path), LONGEST_PATH)}: {error}") from None


def shipped_folder(module: Path = Path(__file__)) -> Path:
    """Return the folder of the shipped scenarios: beside `module` once installed, in `specs/` in a checkout.

    Raises ScenarioError when there is neither.
    """
    packaged = module.parent / "specs" / "scenarios"
    checkouts = (parent / "specs" / "scenarios" for parent in module.resolve().parents)
    for folder in (packaged, *checkouts):
        if folder.is_dir():
            return folder
    raise ScenarioError(
        f"no shipped scenarios: neither {printable(str(packaged), LONGEST_PATH)} "
        "nor a folder specs/scenarios above it exists; reinstall lastseat, or give a scenario file"
    )


def shipped_scenarios() -> tuple[Scenario, ...]:
    """Return every shipped scenario, those with few attempts first, then by name. Raises ScenarioError."""
    scenarios = map(load_scenario, shipped_folder().glob("*.toml"))
    return tuple(sorted(scenarios, key=lambda scenario: (len(scenario.requests), scenario.name)))


def find_scenario(name_or_path: str) -> Scenario:
    """Return the shipped scenario of that name (without `.toml`), or else the one in the file at that path.

    Raises ScenarioError when there is neither; its text names the shipped scenarios that come near.
    """
    try:
        shipped = {path.stem: path for path in sorted(shipped_folder().glob("*.toml"))}
    except ScenarioError:
        shipped = {}  # a path still works
    if name_or_path in shipped:
        return load_scenario(shipped[name_or_path])
    if os.path.lexists(name_or_path):
        return load_scenario(Path(name_or_path))
    word = re.split(r"[/\\]", name_or_path)[-1].removesuffix(".toml")
    near = get_close_matches(word[:LONGEST_NAME], shipped, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the shipped ones are {', '.join(shipped) or 'missing'}"
    raise ScenarioError(f"{quoted(name_or_path)} is neither a shipped scenario nor a file; {hint}")


def _read(path: Path) -> bytes:
    """Return the bytes of a regular file, at most LARGEST_FILE of them."""
    # Without O_NONBLOCK, to open a pipe that nobody writes to would wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        with open(path, "rb", opener=partial(_open_with, flags)) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise ScenarioError("not a regular file but a pipe, a socket or a device")
            # One byte more tells a file that is too large, even where its size is not known beforehand.
            data = file.read(LARGEST_FILE + 1) or b""
    except FileNotFoundError:
        raise ScenarioError("no such file") from None
    except IsADirectoryError:
        raise ScenarioError("not a file but a directory") from None
    except OSError as error:
        raise ScenarioError(f"cannot be read: {printable(error.strerror or str(error), 80)}") from None
    except ScenarioError:
        raise
    except ValueError as error:  # a path that no file system can have
        raise ScenarioError(f"no such file: {printable(str(error), 80)}") from None
    if len(data) > LARGEST_FILE:
        raise ScenarioError(f"larger than {LARGEST_FILE} bytes, the most that a scenario file may have")
    return data


def _open_with(flags: int, path: str, _flags: int) -> int:
    return os.open(path, flags)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors put a byte order mark first
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioError(f"not UTF-8: byte 0x{error.object[error.start]:02x} in line {line}") from None


def _parse(text: str) -> dict[str, Any]:
    for line, content in enumerate(text.split("\n"), start=1):
        if (dots := content.count(".")) > MOST_DOTS_ON_A_LINE and not content.lstrip().startswith("#"):
            raise ScenarioError(f"line {line} has {dots} dots; at most {MOST_DOTS_ON_A_LINE} are allowed")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"not TOML: {printable(str(error), 160)}") from None
    except RecursionError:
        raise ScenarioError("not a scenario: its arrays or tables are nested too deeply") from None
    except ValueError:  # what int() raises, without a position
        longest = max(enumerate(text.split("\n"), start=1), key=lambda numbered: len(numbered[1]))[0]
        raise ScenarioError(f"a number has thousands of digits, probably in line {longest}") from None


def _validate(content: dict[str, Any]) -> _ScenarioTable:
    try:
        table = _ScenarioTable.model_validate(content)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        # A misspelt key is also a missing one: the misspelling is the cause, so it comes first.
        errors.sort(key=lambda error: error["type"] != "extra_forbidden")
        first = errors[0]
        problem = _problem(first["type"], first["loc"], first["input"], first.get("ctx", {}))
        raise ScenarioError(f"{_key(first['loc'])}: {problem}") from None
    ids = [resource.id for resource in table.resources]
    for index, name in enumerate(ids):
        if (earlier := ids.index(name)) < index:
            raise ScenarioError(
                f"{_key(('resources', index, 'id'))}: {quoted(name)} is already the id of resources[{earlier}]"
            )
    if (deliveries := sum(attempt.deliveries for attempt in table.attempts)) > MOST_ATTEMPTS:
        raise ScenarioError(
            f"attempts: {deliveries} deliveries in all; a scenario file may have at most {MOST_ATTEMPTS}"
        )
    return table


def _scenario(table: _ScenarioTable, stem: str) -> Scenario:
    requests = (
        BookingRequest(attempt.booking_id, attempt.resource_id, attempt.requested_units)
        for attempt in table.attempts
        for _delivery in range(attempt.deliveries)
    )
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:LONGEST_NAME].strip("-") or "scenario"
    capacities = tuple((resource.id, resource.capacity) for resource in table.resources)
    try:
        return Scenario(name, table.title, capacities, tuple(requests), _budget(table.faults))
    except ValueError as error:
        raise ScenarioError(str(error)) from None


def _budget(table: _FaultsTable | None) -> Faults:
    return Faults(table.most, frozenset(table.kinds)) if table else NO_FAULTS


def _key(location: tuple[int | str, ...]) -> str:
    """Return a key as in `attempts[1].requested_units`, and which table that is for people who count from 1."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", part)
            text += ("." if text else "") + (part if bare else quoted(part))
    match location:
        case (str(array), int(index), *_):
            return f"{text} (table {index + 1} of [[{array}]])"
        case _:
            return text


def _problem(kind: str, location: tuple[int | str, ...], value: object, context: dict[str, Any]) -> str:
    """Return what is wrong, in the words of TOML, given what the validator found."""
    if kind == "extra_forbidden":
        return f"unknown key; {_known_keys(location)}"
    wordings = _KINDS_WORDINGS if location[-1:] == ("kinds",) and kind in _KINDS_WORDINGS else _WORDINGS
    wording = wordings.get(kind, f"not allowed ({kind}): {{shown}}")
    return wording.format(**context, shown=_shown(value), key=location[0] if location else "")


def _known_keys(location: tuple[int | str, ...]) -> str:
    table = _TABLES[str(location[0])] if len(location) > 1 else _ScenarioTable
    known = list(table.model_fields)
    near = get_close_matches(str(location[-1])[:LONGEST_NAME], known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(known)}"


def _shown(value: object) -> str:
    """Return a TOML value as TOML would write it, on one line and shortened; of a container, only its kind."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the string {quoted(value)}" if value else 'the empty string ""'
        case dict():
            return "a table"
        case list():
            return "an array"
        case int() | float():
            return number(value)
        case _:
            return printable(str(value), 60)  # a date or a time
