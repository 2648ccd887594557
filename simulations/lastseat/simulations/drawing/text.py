"""A space-time diagram as text: box characters, for a terminal of fixed width."""

from dataclasses import dataclass
from textwrap import wrap

from lastseat.simulations.common.widths import columns, columns_of, first_fit, fit
from lastseat.simulations.drawing.diagram import Box, Diagram, Hold, Kind, Lane, Mark, Row, Tone
from lastseat.simulations.drawing.layout import Band, Room, bands
from lastseat.simulations.kernel.actions import Fault

LEAST_WIDTH = 60  # columns: a name, a box, one step with its outcome and its reason, and a note
WIDE = 78  # columns from which on names and texts are not cut short
NAMES, NARROW_NAMES = 16, 12  # the most columns of a name
GUTTER = 2  # columns between the names and the lanes
WIDEST_SAID, NARROW_SAID = 20, 13  # the most columns of what stands beside a step
WIDEST_NOTE = 15  # the most columns of why a process is unfinished
LANE_LINES, ROW_LINES = 3, 2
WIDEST_BOX = 14  # a box is made wide enough for the longest of its texts that is no wider

THREAD, HELD, STALE = "─", "━", "░"
FAULT = "✗"
POINT = {Kind.OBSERVE: "○", Kind.PERSIST: "●", Kind.OTHER: "◆", Kind.LOCAL: "◆", Kind.CRASH: FAULT}
UNREACHED = (Kind.CRASH, Kind.LOCAL)  # steps that touch nothing shared
AT_THE_PROCESS = (Fault.ANSWER_LOST, Fault.CRASH_AFTER)
LINE = {Kind.OBSERVE: "┊", Kind.PERSIST: "│", Kind.OTHER: "╎"}


def _box_width(box: Box) -> float:
    widths = [columns(text) + 4 + 2 * box.violating for text in box.texts]
    most = WIDEST_BOX + 6 * box.violating
    return next((width for width in widths if width <= most), min(widths[-1], most))


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside a step or at the ends of a row, in at most `said` columns."""

    said: int

    def head(self, mark: Mark) -> str:
        """Return what stands on the process's line right of a step."""
        flag = "!" if mark.tone is Tone.VIOLATION else ""
        return fit(" ".join(filter(None, (mark.brief, mark.head, flag))), self.said, columns)

    def under(self, mark: Mark) -> str:
        """Return what stands below the process's line right of a step."""
        return fit(" ".join(filter(None, (mark.detail, mark.reason))), self.said, columns)

    def after(self, mark: Mark) -> float:
        """Return how much room a step needs at its right."""
        # One column for the point, and one for the blank between it and its texts.
        return 2 + max(columns(self.head(mark)), columns(self.under(mark)))

    def stepless_texts(self, row: Row) -> list[str]:
        """Return what a row says of a process that took no step."""
        return [fit(said, self.said - 1, columns) for said in row.stepless or ()]

    def stepless(self, row: Row) -> float:
        """Return how much room that needs."""
        return max(map(columns, self.stepless_texts(row)), default=0)

    def note(self, row: Row) -> str:
        """Return why a process is unfinished."""
        return fit(row.note, WIDEST_NOTE, columns)

    def room(self) -> Room:
        """Return how much room everything needs."""

        def note(row: Row) -> float:
            return columns(self.note(row))

        return Room(lambda _: 0, self.after, _box_width, self.stepless, note, least=4, clear=1)


def text(diagram: Diagram, width: int) -> str:
    """Return `diagram` in lines of at most `width` columns, each ended by a line feed."""
    names = [*(lane.name for lane in diagram.lanes), *(_row_name(row) for row in diagram.rows), "step"]
    is_wide = width >= WIDE
    left = min(NAMES if is_wide else NARROW_NAMES, max(map(columns, names))) + GUTTER
    beside = _Beside(WIDEST_SAID if is_wide else NARROW_SAID)
    lines = [fit(diagram.title, width, columns)]
    for line in _legend(diagram):
        lines += [line] if columns(line) <= width else wrap(line, width)
    for band in bands(diagram, beside.room(), width - left - 1):
        lines += ["", *_Sheet(diagram, band, left, width, beside).lines()]
    return "".join(f"{line}\n" for line in lines)


def _legend(diagram: Diagram) -> list[str]:
    """Return the lines that say how to read it; of the rarer signs, only those that are used."""
    lines = list(diagram.wording.signs)
    if any(mark.kind in (Kind.OTHER, Kind.LOCAL) for mark in diagram.marks):
        lines.append(diagram.wording.other)
    if diagram.violates:
        lines.append("! a property is violated")
    if diagram.has_fault:
        lines.append(diagram.wording.fault)
    return lines


def _row_name(row: Row) -> str:
    return f"{row.name} ({row.units})" if row.units else row.name


class _Sheet:
    """The characters of one band. A wide character fills two cells, of which the second is an empty text."""

    def __init__(self, diagram: Diagram, band: Band, left: int, width: int, beside: _Beside) -> None:
        self.diagram, self.band, self.left, self.beside = diagram, band, left, beside
        self.height = LANE_LINES * len(diagram.lanes) + ROW_LINES * len(diagram.rows) + 1
        self.cells = [[" "] * width for _ in range(self.height)]
        self.right = left + round(band.width)

    def lines(self) -> list[str]:
        """Draw everything, what is in front last, and return the lines without the blanks at their ends."""
        self._threads()
        for mark in self.band.marks:
            self._line_of(mark)
        for place, lane in enumerate(self.diagram.lanes):
            self._lane(place, lane)
        for mark in self.band.marks:
            self._mark(mark)
        return ["".join(row).rstrip() for row in self.cells]

    def _x(self, x: float) -> int:
        return self.left + round(x)

    def _row(self, place: int) -> int:
        return LANE_LINES * len(self.diagram.lanes) + ROW_LINES * place

    def _bottom(self, place: int | None) -> int:
        return LANE_LINES * ((len(self.diagram.lanes) - 1 if place is None else place) + 1) - 1

    def _threads(self) -> None:
        """Draw the line of each process, its name, what it says at either end, and the numbers of the steps."""
        for place, row in enumerate(self.diagram.rows):
            y = self._row(place)
            self._name(y, _row_name(row))
            self._run(y, self.left, self.right, THREAD)
            for below, said in enumerate(self.beside.stepless_texts(row) if self.band.is_first else ()):
                self._put(y + below, self.left, said)
            if self.band.is_last:
                note = self.beside.note(row)
                self._put(y + 1, self.right - columns(note), note)
        for hold in self.diagram.holds:
            self._hold(hold)
        self._name(self.height - 1, "step")
        for mark in self.band.marks:
            self._put(self.height - 1, self._x(self.band.x[mark.number]), str(mark.number))

    def _hold(self, hold: Hold) -> None:
        for span, sign in (
            (self.band.span(hold.start, hold.stale or hold.end), HELD),
            (self.band.span(hold.stale, hold.end), STALE),
        ):
            if span:
                self._run(self._row(hold.row), self._x(span[0]), self._x(span[1]), sign)

    def _line_of(self, mark: Mark) -> None:
        """Draw the line between shared state and process; where it crosses another process's line, both are seen."""
        if mark.kind in UNREACHED:
            return
        x = self._x(self.band.x[mark.number])
        crossing = {THREAD: "┼", HELD: "┿", STALE: "▒"}
        for y in range(self._bottom(mark.lane) + 1, self._row(mark.row)):
            self.cells[y][x] = crossing.get(self.cells[y][x], LINE[mark.kind])

    def _lane(self, place: int, lane: Lane) -> None:
        """Draw the boxes of a lane; neighbours share the wall between them."""
        top = LANE_LINES * place
        self._name(top + 1, lane.name)
        for box, start, end in self.band.boxes(lane):
            left, right = self._x(start), self._x(end) - (end == self.band.width)
            for y, corners in ((top, "┌┬┐"), (top + 1, "│││"), (top + 2, "└┴┘")):
                self._run(y, left, right, " " if y == top + 1 else "─")
                self._put(y, left, corners[1 if start else 0])
                self._put(y, right, corners[2])
            room = right - left - 1 - 2 * box.violating
            said = first_fit([*(f" {wording} " for wording in box.texts), box.texts[-1]], room, columns)
            said = f"!{said}!" if box.violating else said
            self._put(top + 1, left + 1 + (right - left - 1 - columns(said)) // 2, said)

    def _mark(self, mark: Mark) -> None:
        x, y = self._x(self.band.x[mark.number]), self._row(mark.row)
        touch = ("▲" if mark.effective else "△") if mark.kind is Kind.PERSIST else "▲" if mark.effective else "┬"
        if mark.kind not in UNREACHED:
            self._put(self._bottom(mark.lane), x, FAULT if mark.fault is Fault.UNAVAILABLE else touch)
        self._put(y, x, FAULT if mark.fault in AT_THE_PROCESS else POINT[mark.kind])
        # The brief stands on the thick line; an outcome has a blank before it.
        head = self.beside.head(mark)
        self._put(y, x + 1, head if mark.brief else f" {head}" if head else "")
        self._put(y + 1, x + 2, self.beside.under(mark))

    def _name(self, y: int, name: str) -> None:
        self._put(y, 0, fit(name, self.left - GUTTER, columns))

    def _run(self, y: int, start: int, end: int, sign: str) -> None:
        for x in range(start, end):
            self.cells[y][x] = sign

    def _put(self, y: int, x: int, said: str) -> None:
        """Write a text from column `x` on."""
        for character in said:
            if (taken := columns_of(character)) == 0:
                self.cells[y][x - 1] += character
                continue
            self.cells[y][x] = character
            if taken == 2:
                self.cells[y][x + 1] = ""
            x += taken
