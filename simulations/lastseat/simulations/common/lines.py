"""Lines of code: where a process stands, and where an error was raised."""

from dataclasses import dataclass
from pathlib import PurePath
from sysconfig import get_path
from types import FrameType, TracebackType

_INSTALLED = tuple(get_path(kind) for kind in ("stdlib", "purelib", "platlib"))
_HOUSE = ("lastseat.simulations.", "lastseat.testing.")
MOST_LINES = 20  # of one traceback; what a recursion repeats is not told a thousand times


@dataclass(frozen=True, slots=True)
class Line:
    """Where a process stands: a file's name, a line (from 1) in it, and the function."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{PurePath(self.file).name}:{self.line}"

    @classmethod
    def of(cls, frame: FrameType, line: int | None = None) -> "Line":
        """Return where a frame stands, or the `line` of it."""
        return cls(frame.f_code.co_filename, line or frame.f_lineno or 0, frame.f_code.co_name)


def is_of_the_house(frame: FrameType) -> bool:
    """Return whether a frame runs code of this house, and not somebody's own."""
    return str(frame.f_globals.get("__name__")).startswith(_HOUSE)


def own_line(error: BaseException) -> Line | None:
    """Return the innermost line of somebody's own code through which an error came, None where there is none."""
    own = [line for line in lines_of(error) if not _is_of_python(line.file)]
    return own[-1] if own else None


def _is_of_python(file: str) -> bool:
    return file.startswith(("<frozen", *_INSTALLED))


def standing(started: object) -> Line | None:
    """Return where a process under way stands in its own code: the innermost line that waits there.

    What a library, or a function of this house, does on its behalf, it waits for where it calls that. Where all of it
    is of this house, it is the outermost line; None where that cannot be told.
    """
    found, outermost, waiting = None, None, started
    while waiting is not None:
        frame = next((held for name in _FRAMES if (held := getattr(waiting, name, None)) is not None), None)
        while frame is not None and not _is_own(frame) and frame.f_back is not None:  # a greenlet shows its innermost
            frame = frame.f_back
        if frame is None:
            break
        outermost = outermost or frame
        found = frame if _is_own(frame) else found
        waiting = getattr(waiting, "gi_yieldfrom", None) or getattr(waiting, "cr_await", None)
    frame = found or outermost
    return None if frame is None else Line.of(frame)


def _is_own(frame: FrameType) -> bool:
    return not is_of_the_house(frame) and not _is_of_python(frame.f_code.co_filename)


_FRAMES = ("gi_frame", "cr_frame", "gr_frame")  # of generators, coroutines and greenlets


def lines_of(error: BaseException) -> tuple[Line, ...]:
    """Return the lines through which an error came, without those of this house; the innermost is the last."""
    lines: list[Line] = []
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if not is_of_the_house(trace.tb_frame):
            lines.append(Line.of(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(lines[-MOST_LINES:])
