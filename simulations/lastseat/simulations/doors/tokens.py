"""Tokens of a program's schedules: what they were made of, and the steps that no longer apply.

A token such as `0.1.0.1@5b1c09d2-3.11-77aa` names the source of the program, the version of Python, and for each step
the operation that was taken in it.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lastseat.simulations.common.text import printable
from lastseat.simulations.doors.sources import source_digest
from lastseat.simulations.kernel.actions import process_of
from lastseat.simulations.kernel.operations import Choose
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.run import Recorder, Run, Taken
from lastseat.simulations.kernel.schedule import MOST_OPERATIONS, Schedule
from lastseat.simulations.kernel.stepping import MisfitError

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LONGEST_OPERATION = 60  # characters of one in words


@dataclass(frozen=True, slots=True)
class Again:
    """A schedule that was taken again. `stale` says what has changed since its token was made, "" where nothing."""

    run: Run
    stale: str = ""


def token_of(program: Program, taken: Iterable[Taken]) -> Schedule:
    """Return the schedule of these steps, with all that a token names."""
    steps = tuple(taken)
    digits = "".join(digit_of(step.operation) for step in steps[:MOST_OPERATIONS])
    return Schedule(tuple(step.step for step in steps), source_digest(program), PYTHON, digits)


def digit_of(operation: object) -> str:
    """Return a hexadecimal digit for an operation: for its kind and what it touches, not for its arguments."""
    branches = len(operation.options) if isinstance(operation, Choose) else 1
    named = f"{getattr(operation, 'kind', '')} {branches} {list(_locations(operation))}"
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[0]


def again(program: Program, schedule: Schedule, upto: int | None = None) -> Again:
    """Take a schedule again, or its first steps.

    Raises MisfitError, with its number, at the first step that cannot be taken, or whose operation is another one
    than when the token was made. The text also says what has changed since.
    """
    changed = _changed(program, schedule)
    recorder = Recorder(program)
    for number, step in enumerate(schedule.steps[:upto], start=1):
        who = process_of(step)
        known = 0 <= who < len(recorder.execution.pending)
        operation = recorder.execution.operation(who) if known else None
        due = schedule.operations[number - 1 : number]
        if due and operation is not None and digit_of(operation) != due:
            why = f"{program.named(who)} is now before {_told(operation)}"
            raise MisfitError(_joined(f"step {number} no longer applies: {why}", changed))
        try:
            recorder.take(step)
        except MisfitError as error:
            said = str(error)
            if schedule.python:
                said = said.replace(f"step {number}: ", f"step {number} no longer applies: ", 1)
            raise MisfitError(_joined(said, changed)) from None
    return Again(recorder.run(), changed)


def _joined(said: str, changed: str) -> str:
    return f"{said}; {changed}" if changed else said


def _changed(program: Program, schedule: Schedule) -> str:
    """Return what has changed since a token was made, as far as it says what it was made of."""
    if not schedule.fingerprint:
        return ""
    source = source_digest(program)
    if not schedule.python:
        if schedule.fingerprint == source:
            return ""
        return f"the token was made for something else ({schedule.fingerprint}, this is {source})"
    changes = []
    if schedule.fingerprint != source:
        changes.append("the source of the program has changed")
    if schedule.python != PYTHON:
        changes.append(f"the token was made on Python {schedule.python}, this is {PYTHON}")
    return "; ".join(changes)


def _told(operation: Any) -> str:
    """Return an operation in words: its kind and what it touches."""
    where = list(dict.fromkeys(_locations(operation)))
    return printable(
        " ".join([str(getattr(operation, "kind", "a step")), ", ".join(where)]).strip(), LONGEST_OPERATION
    )


def _locations(operation: object) -> Iterable[str]:
    """Yield the locations that an operation names, as text that is the same in every run."""
    for touched in (getattr(operation, "reads", None), getattr(operation, "writes", None)):
        for location in touched or ():
            yield _named(location)


def _named(location: object) -> str:
    if isinstance(location, tuple):
        return f"({' '.join(map(_named, location))})"
    return str(location) if type(location) in (str, int, bool) else type(location).__name__
