"""Schedules: the order in which attempts take their shared steps, as short text.

`0.1.0.1` says: attempt 0 steps, then attempt 1, then 0 and 1 again. In `0.1.0a.1` a fault strikes in the third
step; its letters are in `faults`. A token may carry the fingerprint of what it was made for, `0.1.0.1@5b1c09d2`,
so that a stale one can say so.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.faults import Strike

LONGEST = 100_000  # characters of a token; a longer one was not printed by us


class ScheduleError(ValueError):
    """A token that is no schedule, or a schedule that does not fit; the text is one line."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Attempts by index, in the order of their steps, and the fingerprint it was printed with ("" if none).

    A step in which a fault strikes is a `Strike`.
    """

    steps: tuple[int, ...]
    fingerprint: str = ""

    def __str__(self) -> str:
        text = ".".join(map(str, self.steps)) or "-"
        return f"{text}@{self.fingerprint}" if self.fingerprint else text

    @classmethod
    def of(cls, steps: Iterable[int], fingerprint: str = "") -> "Schedule":
        """Return the schedule of these steps."""
        return cls(tuple(steps), fingerprint)

    @classmethod
    def parse(cls, token: str) -> "Schedule":
        """Return the schedule that `token` prints; `-` is the empty one. Raises ScheduleError."""
        text, _, fingerprint = token.strip().partition("@")
        if len(token) > LONGEST or not re.fullmatch(r"-|[0-9]{1,9}[cdua]?(\.[0-9]{1,9}[cdua]?)*", text, re.ASCII):
            raise ScheduleError(f"schedule {quoted(token)} is not of the form 0.1.0.1")
        if "@" in token and not re.fullmatch(r"[0-9a-f]{8}", fingerprint, re.ASCII):
            raise ScheduleError(f"schedule {quoted(token)}: after @ comes a fingerprint of 8 hexadecimal digits")
        steps = () if text == "-" else tuple(map(_step, text.split(".")))
        return cls(steps, fingerprint)


def _step(text: str) -> int:
    return int(text) if text[-1].isdigit() else Strike(int(text[:-1]), text[-1])
