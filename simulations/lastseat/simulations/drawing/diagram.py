"""What a space-time diagram says, before anybody draws it: lanes, rows, marks, and who holds which copy.

What a step is called, and what the shared state holds, an adapter says: one for bookings, one for any program.
Steps are numbered from 1 as in the run; 0 stands for the beginning, before the first step.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from lastseat.simulations.common.widths import calm
from lastseat.simulations.counterexamples.holding import spawned_in
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.run import Run, Taken

LONGEST_TITLE = 160  # characters
LONGEST_NAME = 32  # characters of an id or a label
LONGEST_REASON = 24  # characters
LONGEST_WORD = 18  # characters of whatever foreign code says


class Kind(StrEnum):
    """What a step is drawn as."""

    OBSERVE = "observe"
    PERSIST = "persist"
    OTHER = "other"
    LOCAL = "local"  # nothing shared is touched
    CRASH = "crash"  # a fault instead of a step


class Tone(StrEnum):
    """What a step is coloured by: the outcome that it led to, or none."""

    BOOKED = "BOOKED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    NEUTRAL = "neutral"
    VIOLATION = "violation"


@dataclass(frozen=True, slots=True)
class Box:
    """What a part of the shared state holds from step `start` on, until the next box.

    `texts` say it, the longest first. `fullness` is how dark it is, between 0 and 1: of a resource, confirmed /
    capacity; None: there is no such part.
    """

    start: int
    texts: tuple[str, ...]
    fullness: float | None
    violating: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One part of the shared state through time. `boxes` has at least one, and they are in order."""

    name: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One step: `row` is its process and `lane` the part of the shared state that it touches (None: not known).

    `label` and the shorter `brief` say what was done, `detail` what came of it where no other part does. `head`
    and `reason` are the outcome, or the verdict of a persist after which the attempt went on. `fault` happened in it.
    `sentence` is the step as a sentence without a full stop.
    """

    number: int
    row: int
    lane: int | None
    kind: Kind
    tone: Tone
    effective: bool
    label: str = ""
    brief: str = ""
    detail: str = ""
    head: str = ""
    reason: str = ""
    fault: Fault | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """A process has a copy, or a lock, from step `start` to `end`, stale since `stale`; None: not in this run."""

    row: int
    start: int
    stale: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One process. `stepless`: the outcome and reason of one that took no step. `note`: why one is unfinished."""

    name: str
    units: str = ""
    stepless: tuple[str, str] | None = None
    tone: Tone = Tone.NEUTRAL
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a diagram says that it is to be read.

    `signs` are the lines below the title of a text, `other` that of the rarer sign ◆, and `fault` that of the cross.
    `sentences` may stand below the title of a picture, the longest first: `harmless` where no stale copy took effect,
    `violated` where a property is violated. `noun` comes before short names of rows.
    """

    signs: tuple[str, ...]
    other: str
    fault: str
    sentences: tuple[str, ...]
    harmless: tuple[str, ...]
    violated: tuple[str, ...]
    noun: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """All that is drawn of one run. `marks` are the steps in order, numbered from 1."""

    title: str
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    holds: tuple[Hold, ...]
    wording: Wording

    @property
    def violates(self) -> bool:
        """Return whether anything in it is drawn as a violation."""
        boxes = (box for lane in self.lanes for box in lane.boxes)
        return any(box.violating for box in boxes) or any(mark.tone is Tone.VIOLATION for mark in self.marks)

    @property
    def has_fault(self) -> bool:
        """Return whether a fault happens in it."""
        return any(mark.fault is not None for mark in self.marks)

    @property
    def is_harmless(self) -> bool:
        """Return whether no stale copy took effect. Clause: persist.compare_and_swap"""
        stale = {hold.end for hold in self.holds if hold.stale is not None}
        return not any(mark.effective and mark.number in stale for mark in self.marks)


class Adapter(Protocol):
    """What one kind of run says: which lanes there are, and what each row, step and hold is drawn as.

    The rows of marks and holds are numbers of processes.
    """

    @property
    def title(self) -> str:
        """Return what stands above the diagram where nothing else is said."""
        ...

    @property
    def wording(self) -> Wording:
        """Return how it is to be read."""
        ...

    def lanes(self) -> Iterable[Lane]:
        """Return the parts of the shared state, at least one."""
        ...

    def row(self, process: int) -> Row:
        """Return what is said of a process."""
        ...

    def mark(self, taken: Taken, *, is_first: bool) -> Mark:
        """Return what a step is drawn as; `is_first` says that it is the first of its process."""
        ...

    def holds(self) -> Iterable[Hold]:
        """Return who held what, from when to when."""
        ...


def drawn(run: Run, adapter: Adapter, title: str | None = None, violating: Collection[int] = ()) -> Diagram:
    """Return what is to be drawn of `run`; the steps numbered in `violating` are known to break a property."""
    begun = {taken.process: taken.number for taken in reversed(run.taken)}
    # A redelivery that was not made has no row.
    processes = [*range(run.originals), *sorted({*begun, *spawned_in(run)})]
    rows = {process: row for row, process in enumerate(dict.fromkeys(processes))}
    marks = []
    for taken in run.taken:
        mark = adapter.mark(taken, is_first=taken.number == begun[taken.process])
        tone = Tone.VIOLATION if taken.number in violating else mark.tone
        marks.append(replace(mark, row=rows[taken.process], tone=tone))
    return Diagram(
        title=calm(adapter.title if title is None else title, LONGEST_TITLE),
        lanes=tuple(adapter.lanes()),
        rows=tuple(adapter.row(process) for process in rows),
        marks=tuple(marks),
        holds=tuple(replace(hold, row=rows[hold.row]) for hold in adapter.holds()),
        wording=adapter.wording,
    )
