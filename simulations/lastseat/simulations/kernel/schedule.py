"""Schedules: the order in which processes take their shared steps, as short text.

`0.1.0.1` says: process 0 steps, then process 1, then 0 and 1 again. In `0.1.0a.1` a fault strikes in the third
step, and in `0:2.1` process 0 takes the third branch of a choice (they are numbered from 0). A token may carry the
fingerprint of what it was made for, `0.1.0.1@5b1c09d2`, so that a stale one can say so. That of a program, such as
`0.1.0.1@5b1c09d2-3.11-77aa`, also names the version of Python, and has a digit for the operation of each step,
as far as MOST_OPERATIONS of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lastseat.simulations.common.text import counted, printable, quoted
from lastseat.simulations.kernel.actions import Action, Fault, Step

LONGEST = 100_000  # characters of a token; a longer one was not printed by us
MOST_OPERATIONS = 100  # steps that have a digit for their operation; a token of thousands of steps is long enough
LONGEST_SHOWN = 200  # characters of a schedule in a sentence
LETTERS = {
    "c": Fault.CRASH_BEFORE,
    "d": Fault.CRASH_AFTER,
    "u": Fault.UNAVAILABLE,
    "a": Fault.ANSWER_LOST,
}
_LETTER_OF = {fault: letter for letter, fault in LETTERS.items()}
_STEP = r"[0-9]{1,9}(?:[cdua]|:[0-9]{1,4})?"
_FINGERPRINT = r"([0-9a-f]{8})(?:-([0-9]{1,2}\.[0-9]{1,3})-([0-9a-f]*))?"


class ScheduleError(ValueError):
    """A token that is no schedule, or a schedule that does not fit; the text is one line."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The actions in their order, and the fingerprint it was printed with ("" if none).

    Where it is that of a program's source, `python` is the version under which the schedule was printed, and
    `operations` has a digit for each step: a digest of the operation that was taken in it (of the first ones).
    """

    steps: tuple[Step, ...]
    fingerprint: str = ""
    python: str = ""
    operations: str = ""

    def __str__(self) -> str:
        text = ".".join(map(step_text, self.steps)) or "-"
        made_for = f"@{self.fingerprint}" if self.fingerprint else ""
        return f"{text}{made_for}-{self.python}-{self.operations}" if self.python else f"{text}{made_for}"

    @classmethod
    def of(cls, steps: Iterable[Step], fingerprint: str = "") -> "Schedule":
        """Return the schedule of these steps."""
        return cls(tuple(steps), fingerprint)

    @classmethod
    def parse(cls, token: str) -> "Schedule":
        """Return the schedule that `token` prints; `-` is the empty one. Raises ScheduleError."""
        text, _, fingerprint = token.strip().partition("@")
        if len(token) > LONGEST or not re.fullmatch(rf"-|{_STEP}(\.{_STEP})*", text, re.ASCII):
            raise ScheduleError(f"schedule {quoted(token)} is not of the form 0.1.0.1")
        steps = () if text == "-" else tuple(map(_step, text.split(".")))
        if "@" not in token:
            return cls(steps)
        made_for = re.fullmatch(_FINGERPRINT, fingerprint, re.ASCII)
        if made_for is None:
            further = ", and of a program -PYTHON-OPERATIONS, like -3.11-77aa" if "-" in fingerprint else ""
            told = f"after @ comes a fingerprint of 8 hexadecimal digits{further}"
            raise ScheduleError(f"schedule {quoted(token)}: {told}")
        source, python, operations = made_for.group(1), made_for.group(2) or "", made_for.group(3) or ""
        if python and len(operations) != min(len(steps), MOST_OPERATIONS):
            named = counted(len(operations), "operation")
            raise ScheduleError(f"schedule {quoted(token)} has {counted(len(steps), 'step')}, and names {named}")
        return cls(steps, source, python, operations)


def shortened(steps: Iterable[Step]) -> str:
    """Return a schedule as it stands in a sentence: a long one loses its middle."""
    return printable(str(Schedule.of(steps)), LONGEST_SHOWN)


def step_text(step: Step) -> str:
    """Return a step as a schedule has it: `0`, `0a` with a fault, `0:2` with a branch."""
    if not isinstance(step, Action):
        return str(step)
    return f"{step.process}{letter_of(step.fault)}{f':{step.branch}' if step.branch else ''}"


def letter_of(fault: Fault | None) -> str:
    """Return the letter that a schedule has for a fault, "" for none."""
    return _LETTER_OF[fault] if fault else ""


def _step(text: str) -> Step:
    process, _, branch = text.partition(":")
    if branch:
        return Action(int(process), branch=int(branch)) if int(branch) else int(process)
    return int(text) if text[-1].isdigit() else Action(int(text[:-1]), LETTERS[text[-1]])
