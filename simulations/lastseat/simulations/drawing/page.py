"""A space-time diagram as a picture: which shapes and texts, where and in which colours."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lastseat.simulations.common.widths import BOLD, em, first_fit, fit
from lastseat.simulations.drawing.diagram import Box, Diagram, Kind, Lane, Mark, Row, Tone
from lastseat.simulations.drawing.layout import Band, Room, bands
from lastseat.simulations.drawing.shapes import Circle, Label, Line, Picture, Place, Point, Polygon, Rectangle, Shape
from lastseat.simulations.kernel.actions import Fault

COLOUR = {
    Tone.BOOKED: "#1F6FB4",
    Tone.REJECTED: "#F0B13C",
    Tone.FAILED: "#8A919E",
    Tone.NEUTRAL: "#4E5766",
    Tone.VIOLATION: "#A3003F",
}
# The same colours, dark enough for a text on white.
TEXT_COLOUR = {
    Tone.BOOKED: "#164F82",
    Tone.REJECTED: "#7D5200",
    Tone.FAILED: "#4E5766",
    Tone.NEUTRAL: "#4E5766",
    Tone.VIOLATION: "#A3003F",
}
INK, MUTED, THREAD, STALE, PAPER = "#171C2B", "#4E5766", "#C3C7D0", "#A9AFBA", "#FFFFFF"
EMPTY, FULL, EDGE = (0xF6, 0xF8, 0xFA), (0xC4, 0xDB, 0xEF), "#8DB4D6"

# All lengths are in user units, of which a browser shows one as one pixel.
TITLE, SUBTITLE, BODY, SMALL, TINY = 23.0, 14.5, 15.5, 13.0, 11.5  # font sizes
LIMIT = 1180.0  # the most that the lanes of one band are wide, where a step is not wider by itself
NAMES = 190.0  # the most that the names at the left are wide
MARGIN, GUTTER = 28.0, 18.0
LANE, BETWEEN_LANES, ABOVE_ROWS, ROW, BELOW_ROWS, BETWEEN_BANDS = 42.0, 18.0, 84.0, 68.0, 50.0, 54.0
RADIUS, CLEAR = 6.5, 9.0
CROSS_BELOW = 40.0  # how far below the lanes a fault between store and attempt is marked
UNDER_THE_LANES = (Fault.UNAVAILABLE, Fault.ANSWER_LOST)  # marked below the lanes
WIDEST_BOX = 142.0  # a box is made wide enough for the longest of its texts that is no wider

Anchor: TypeAlias = Literal["start", "middle", "end"]

_CROSS = "Cross: a fault."


def _small(text: str) -> float:
    return em(text) * SMALL


def _strong(text: str) -> float:
    return em(text) * BOLD * BODY


def _before(mark: Mark) -> float:
    return RADIUS + 5 + max(_small(mark.label), _small(mark.detail)) if mark.label else RADIUS


def _after(mark: Mark) -> float:
    return RADIUS + 5 + max(_strong(mark.head), _small(mark.reason)) if mark.head or mark.reason else RADIUS


def _box_width(box: Box) -> float:
    widths = [_small(text) + 24 for text in box.texts]
    # What is wrong with a state must be said, so its box may be wider.
    most = WIDEST_BOX * (2 if box.violating else 1)
    return next((width for width in widths if width <= most), min(widths[-1], most))


def _stepless(row: Row) -> float:
    return 8 + max(_strong(row.stepless[0]), _small(row.stepless[1])) if row.stepless else 0.0


def _note(row: Row) -> float:
    return _small(row.note) + 4 if row.note else 0.0


def _room(steps: int) -> Room:
    # Few steps get air; many are set tight, so that they need few bands.
    least = max(70.0, min(124.0, 1000.0 / max(1, steps)))
    return Room(_before, _after, _box_width, _stepless, _note, least, CLEAR)


def picture(diagram: Diagram) -> Picture:
    """Return what is seen of `diagram`, the same for the same diagram."""
    room = _room(len(diagram.marks))
    page = _Page(diagram, room, bands(diagram, room, LIMIT))
    page.draw()
    return Picture(
        page.width, page.height, diagram.title, _description(diagram), tuple(page.shapes), tuple(page.places)
    )


def _sentences(diagram: Diagram) -> tuple[str, ...]:
    """Return what may stand under the title, the longest first. It must be true of this very run."""
    wording = diagram.wording
    said = wording.violated if diagram.violates else wording.harmless if diagram.is_harmless else wording.sentences
    return tuple(f"{sentence} {_CROSS}" for sentence in said) if diagram.has_fault else said


def _description(diagram: Diagram) -> str:
    """Return the diagram in words, for those who cannot see it."""
    said = (f"{mark.number}. {mark.sentence}." for mark in diagram.marks)
    return " ".join(("Steps in the order chosen by the scheduler.", *said))


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where one band stands: `left` is x of the left edge of the lanes, `top` y of the first lane."""

    band: Band
    left: float
    top: float
    lanes: int
    rows: int
    stretch: float

    def x(self, number: int) -> float:
        return self.at(self.band.x[number])

    def at(self, x: float) -> float:
        return self.left + x * self.stretch

    @property
    def right(self) -> float:
        return self.at(self.band.width)

    def lane(self, place: int) -> float:
        return self.top + place * (LANE + BETWEEN_LANES)

    def bottom(self, place: int | None) -> float:
        return self.lane(self.lanes - 1 if place is None else place) + LANE

    def row(self, place: int) -> float:
        return self.bottom(None) + ABOVE_ROWS + place * ROW

    @property
    def axis(self) -> float:
        return self.row(self.rows - 1) + BELOW_ROWS


class _Page:
    """The shapes of a picture, in the order in which they are drawn: what comes later covers what came before."""

    def __init__(self, diagram: Diagram, room: Room, bands: tuple[Band, ...]) -> None:
        self.diagram, self.room, self.bands = diagram, room, bands
        self.shapes: list[Shape] = []
        self.places: list[Place] = []
        self.left = MARGIN + self._names_width() + GUTTER
        sentences = _sentences(diagram)
        least = max(em(sentences[-1]) * SUBTITLE, min(em(diagram.title) * BOLD * TITLE, LIMIT))
        self.width = max(self.left + bands[0].width + MARGIN, MARGIN + least + MARGIN)
        self.inner = self.width - 2 * MARGIN
        self.subtitle = first_fit(sentences, self.inner, lambda text: em(text) * SUBTITLE)
        self.stretch = (self.width - MARGIN - self.left) / bands[0].width
        lanes, rows = len(diagram.lanes), len(diagram.rows)
        self.band_height = lanes * (LANE + BETWEEN_LANES) - BETWEEN_LANES + ABOVE_ROWS + (rows - 1) * ROW + BELOW_ROWS
        self.top = MARGIN + 96
        self.height = self.top + len(bands) * (self.band_height + BETWEEN_BANDS) - BETWEEN_BANDS + 44 + MARGIN

    def _names_width(self) -> float:
        lanes = [_strong(lane.name) for lane in self.diagram.lanes]
        rows = [max(em(self._row_name(row)) * BODY, _small(row.units)) for row in self.diagram.rows]
        return min(NAMES, max(*lanes, *rows))

    def _row_name(self, row: Row) -> str:
        noun = self.diagram.wording.noun
        short = all(len(other.name) <= 10 for other in self.diagram.rows)
        return f"{noun} {row.name}" if noun and short else row.name

    def draw(self) -> None:
        """Draw everything: background, title, then band after band."""
        self.shapes.append(Rectangle(0, 0, self.width, self.height, 10, PAPER))
        title = fit(self.diagram.title, self.inner, lambda text: em(text) * BOLD * TITLE)
        self._text(MARGIN, MARGIN + 22, title, TITLE, INK, bold=True)
        self._text(MARGIN, MARGIN + 54, self.subtitle, SUBTITLE, MUTED)
        for place, band in enumerate(self.bands):
            top = self.top + place * (self.band_height + BETWEEN_BANDS)
            frame = _Frame(band, self.left, top, len(self.diagram.lanes), len(self.diagram.rows), self.stretch)
            self._threads(frame)
            for mark in band.marks:
                self._line_of(frame, mark)
            for number, lane in enumerate(self.diagram.lanes):
                self._lane(frame, number, lane)
            self._holds(frame)
            for mark in band.marks:
                self._mark(frame, mark)
                self.places.append(Place(frame.x(mark.number), frame.top, frame.axis))
            self._axis(frame)

    def _threads(self, frame: _Frame) -> None:
        """Draw the thin line of each attempt, its name, and what it says at either end."""
        for place, row in enumerate(self.diagram.rows):
            y = frame.row(place)
            self._line((frame.left, y), (frame.right, y), THREAD, 1.2)
            name = fit(self._row_name(row), NAMES, lambda text: em(text) * BODY)
            self._text(frame.left - GUTTER, y + (0 if row.units else 5), name, BODY, INK, "end")
            if row.units:
                self._text(frame.left - GUTTER, y + 17, row.units, SMALL, MUTED, "end")
            if row.note and frame.band.is_last:
                self._text(frame.right - 4, y + 19, row.note, SMALL, MUTED, "end")
            if row.stepless and frame.band.is_first:
                head, reason = row.stepless
                self._text(frame.left + 8, y - 8, head, BODY, TEXT_COLOUR[row.tone], bold=True)
                self._text(frame.left + 8, y + 19, reason, SMALL, MUTED)

    def _line_of(self, frame: _Frame, mark: Mark) -> None:
        """Draw the line between the shared state and the process: dashed and down, or solid and up."""
        x, top, y = frame.x(mark.number), frame.bottom(mark.lane), frame.row(mark.row)
        # What does not answer is not reached: the line ends at the cross.
        cut = frame.bottom(None) + CROSS_BELOW - top if mark.fault is Fault.UNAVAILABLE else 0.0
        colour = COLOUR[mark.tone] if mark.kind is Kind.PERSIST or mark.tone is Tone.VIOLATION else MUTED
        match mark.kind:
            case Kind.OBSERVE:
                self._line((x, top + 4 + cut), (x, y - RADIUS - 10), colour, 1.7, "6 4")
                self._arrowhead(x, y - RADIUS - 2, 10, 4.5, colour)
            case Kind.PERSIST:
                self._line((x, top + (cut or 15)), (x, y), colour, 3)
                if not cut:
                    self._arrowhead(x, top + 4, -12, 6, colour)
            case Kind.OTHER:
                self._line((x, top + (15 if mark.effective else 4)), (x, y), colour, 2, "2 4")
                if mark.effective:
                    self._arrowhead(x, top + 4, -12, 6, colour)
            case Kind.CRASH | Kind.LOCAL:
                pass  # nothing was said to the shared state
        if mark.fault in UNDER_THE_LANES:
            self._cross(x, frame.bottom(None) + CROSS_BELOW, colour)

    def _lane(self, frame: _Frame, place: int, lane: Lane) -> None:
        y = frame.lane(place)
        name = fit(lane.name, NAMES, _strong)
        self._text(frame.left - GUTTER, y + LANE / 2 + 5, name, BODY, INK, "end", bold=True)
        for box, start, end in frame.band.boxes(lane):
            left = frame.at(start) + (4 if start else 0)
            right = frame.at(end) - (4 if end < frame.band.width else 0)
            fill, edge, ink = _shades(box)
            dashed = "5 4" if box.fullness is None else ""
            self.shapes.append(Rectangle(left, y, right - left, LANE, 7, fill, edge, 1.5, dashed))
            said = first_fit(box.texts, right - left - 10, _small)
            self._text((left + right) / 2, y + LANE / 2 + 4.5, said, SMALL, ink, "middle")

    def _holds(self, frame: _Frame) -> None:
        """Draw the thick line of each copy that is held, and the grey band from where it is stale."""
        for hold in self.diagram.holds:
            y = frame.row(hold.row)
            if span := frame.band.span(hold.start, hold.stale or hold.end):
                self._line((frame.at(span[0]), y), (frame.at(span[1]), y), INK, 3.6)
            if span := frame.band.span(hold.stale, hold.end):
                self._line((frame.at(span[0]), y), (frame.at(span[1]), y), STALE, 11)
            gaps = list(frame.band.gaps(hold, self.room, self.diagram.rows))
            left, right = max(gaps, key=lambda gap: gap[1] - gap[0], default=(0.0, 0.0))
            if right - left >= _small("stale") + CLEAR:
                self._text((frame.at(left) + frame.at(right)) / 2, y + 20, "stale", SMALL, MUTED, "middle")

    def _mark(self, frame: _Frame, mark: Mark) -> None:
        """Draw the point of a step on its attempt's line, and its texts beside it."""
        x, y = frame.x(mark.number), frame.row(mark.row)
        colour = COLOUR[mark.tone]
        if mark.kind in (Kind.OTHER, Kind.LOCAL):
            diamond = ((x, y - 8), (x + 8, y), (x, y + 8), (x - 8, y))
            self.shapes.append(Polygon(diamond, colour, PAPER, 1.5))
        elif mark.kind is not Kind.CRASH:
            hollow = mark.kind is Kind.OBSERVE
            edge = colour if mark.tone is not Tone.NEUTRAL else INK
            paint = (PAPER, edge, 2.4) if hollow else (colour,)
            self.shapes.append(Circle((x, y), RADIUS - 0.5 if hollow else RADIUS + 0.5, *paint))
        if mark.fault is not None and mark.fault.is_crash:
            self._cross(x, y, colour if mark.tone is Tone.VIOLATION else INK)
        self._text(x - RADIUS - 5, y - 9, mark.label, SMALL, MUTED, "end")
        self._text(x - RADIUS - 5, y + 19, mark.detail, SMALL, MUTED, "end")
        self._text(x + RADIUS + 5, y - 8, mark.head, BODY, TEXT_COLOUR[mark.tone], bold=True)
        self._text(x + RADIUS + 5, y + 19, mark.reason, SMALL, MUTED)

    def _axis(self, frame: _Frame) -> None:
        """Draw the arrow of time, with the number of each step under it."""
        y = frame.axis
        self._line((frame.left, y), (frame.right - 10, y), MUTED, 1.6)
        tip = ((frame.right, y), (frame.right - 11, y - 4.5), (frame.right - 11, y + 4.5))
        self.shapes.append(Polygon(tip, MUTED))
        for mark in frame.band.marks:
            self._text(frame.x(mark.number), y + 16, str(mark.number), TINY, MUTED, "middle")
        if frame.band.is_last:
            middle = (frame.left + frame.right) / 2
            self._text(middle, y + 38, "order of steps chosen by the scheduler", SMALL, MUTED, "middle")

    def _text(
        self, x: float, y: float, text: str, size: float, colour: str, anchor: Anchor = "start", *, bold: bool = False
    ) -> None:
        if text:
            self.shapes.append(Label((x, y), text, size, colour, anchor, bold))

    def _line(self, start: Point, end: Point, colour: str, width: float, dashed: str = "") -> None:
        self.shapes.append(Line(start, end, colour, width, dashed))

    def _arrowhead(self, x: float, tip: float, length: float, half: float, colour: str) -> None:
        """Draw an arrowhead whose tip is at y = `tip`; it points down, or up where `length` is negative."""
        self.shapes.append(Polygon(((x, tip), (x - half, tip - length), (x + half, tip - length)), colour))

    def _cross(self, x: float, y: float, colour: str) -> None:
        """Draw where a fault strikes."""
        for paint, width, half in ((PAPER, 7.0, 7.5), (colour, 3.4, 6.5)):
            self._line((x - half, y - half), (x + half, y + half), paint, width)
            self._line((x - half, y + half), (x + half, y - half), paint, width)


def _shades(box: Box) -> tuple[str, str, str]:
    """Return the colours of a box's inside, edge and text; the fuller, the darker."""
    if box.violating:
        return COLOUR[Tone.VIOLATION], COLOUR[Tone.VIOLATION], PAPER
    if box.fullness is None:
        return PAPER, EDGE, MUTED
    mixed = (round(low + (high - low) * box.fullness) for low, high in zip(EMPTY, FULL, strict=True))
    return f"#{''.join(f'{channel:02X}' for channel in mixed)}", EDGE, INK
