"""What was found outside of operations, in words."""

from dataclasses import dataclass

from lastseat.simulations.common.lines import Line
from lastseat.simulations.common.text import counted, printable

LONGEST_NOTE = 300  # characters
LONGEST_FILE = 60
NO_PROCESS = "there is no process"


@dataclass(frozen=True, slots=True)
class Note:
    """What a process does that no schedule decides or shows: `does` goes on from its name, `so` says what follows."""

    does: str
    line: Line | None = None
    so: str = ""


class Notes:
    """Keeps each note once, with the processes that it is about."""

    def __init__(self) -> None:
        self._about: dict[Note, dict[int, None]] = {}

    def add(self, process: int, note: Note) -> None:
        """Take a note about a process."""
        self._about.setdefault(note, {})[process] = None

    def told(self, noun: str = "process") -> tuple[str, ...]:
        """Return one sentence for each note, in the order in which they were found."""
        return tuple(sentence(tuple(processes), note, noun) for note, processes in self._about.items())


def sentence(processes: tuple[int, ...], note: Note, noun: str = "process") -> str:
    """Return a note about processes as one line."""
    who = f"{noun} {processes[0]}"
    if len(processes) > 1:
        who += f" (and {counted(len(processes) - 1, 'other')})"
    where = f" ({printable(str(note.line), LONGEST_FILE)})" if note.line is not None else ""
    return printable(f"{who} {note.does}{where}{f', {note.so}' if note.so else ''}", LONGEST_NOTE)
