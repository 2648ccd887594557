"""Where the steps of a diagram stand: far enough apart that no text meets another text or a foreign line.

The distances between steps are lower bounds for pairs of steps, so the tightest positions are longest paths. They
are in the unit of whoever draws: user units of a picture, or columns of a terminal. Where the steps do not fit
side by side they go into several bands, one below the other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from lastseat.simulations.drawing.diagram import Box, Diagram, Hold, Lane, Mark, Row


@dataclass(frozen=True, slots=True)
class Room:
    """How much room things need: `before` and `after` the line of a step, for the texts at its sides.

    `box` is the least width of a box, `stepless` and `note` of what a row says before the first and after the last
    step. `least` is between two steps, and `clear` between a text and what comes next.
    """

    before: Callable[[Mark], float]
    after: Callable[[Mark], float]
    box: Callable[[Box], float]
    stepless: Callable[[Row], float]
    note: Callable[[Row], float]
    least: float
    clear: float


@dataclass(frozen=True, slots=True)
class Band:
    """Some steps side by side: `x` is where each stands, from the left edge of the lanes, which are `width` wide."""

    marks: tuple[Mark, ...]
    x: dict[int, float]
    width: float
    is_first: bool
    is_last: bool

    @property
    def numbers(self) -> tuple[int, int]:
        """Return the numbers of its first and last step; (0, 0) without steps."""
        return (self.marks[0].number, self.marks[-1].number) if self.marks else (0, 0)

    def boxes(self, lane: Lane) -> Iterator[tuple[Box, float, float]]:
        """Yield the boxes of `lane` that are seen in this band, with their left and right ends."""
        first, last = self.numbers
        for box, end in _with_ends(lane):
            if box.start <= last and (end is None or end >= first):
                left = self.x[box.start] if box.start >= first and box.start else 0.0
                right = self.width if end is None or end > last else self.x[end]
                if right > left:
                    yield box, left, right

    def span(self, start: int | None, end: int | None) -> tuple[float, float] | None:
        """Return from where to where steps `start` to `end` are in this band (None: for ever), or None if not."""
        first, last = self.numbers
        if start is None or start > last or (end is not None and end < first):
            return None
        left = self.x[start] if start >= first else 0.0
        right = self.width if end is None or end > last else self.x[end]
        return (left, right) if right > left else None

    def gaps(self, hold: Hold, room: Room, rows: tuple[Row, ...]) -> Iterator[tuple[float, float]]:
        """Yield the free stretches below the row while a copy is stale: between steps, and beside their texts."""
        span = self.span(hold.stale, hold.end)
        if span is None:
            return
        edges = [(0.0, 0.0, 0.0)]
        for mark in self.marks:
            own = mark.row == hold.row
            edges.append((self.x[mark.number], room.before(mark) if own else 0, room.after(mark) if own else 0))
        edges.append((self.width, room.note(rows[hold.row]) if self.is_last else 0.0, 0.0))
        for (left, _, after), (right, before, _) in pairwise(edges):
            start, end = max(left + after, span[0]), min(right - before, span[1])
            if end > start:
                yield start, end


def bands(diagram: Diagram, room: Room, limit: float) -> tuple[Band, ...]:
    """Return the diagram in as few bands as fit into `limit`, all of one width and about equally filled.

    A band takes at least one step, even where that alone is wider than the limit.
    """
    cuts = _cut(diagram, room, limit)
    while len(cuts) > 1:
        widest = _widest(diagram, room, cuts)
        tighter = _cut(diagram, room, widest - 0.5)
        if len(tighter) > len(cuts) or _widest(diagram, room, tighter) >= widest:
            break
        cuts = tighter
    placed = [_positions(diagram, room, first, last) for first, last in cuts]
    width = max(needed for _, needed in placed)
    return tuple(
        Band(diagram.marks[first - 1 : last], x, width, first <= 1, last == len(diagram.marks))
        for (first, last), (x, _) in zip(cuts, placed, strict=True)
    )


def _cut(diagram: Diagram, room: Room, limit: float) -> list[tuple[int, int]]:
    """Return the first and the last step of each band, filled one after the other."""
    total = len(diagram.marks)
    cuts: list[tuple[int, int]] = []
    first = 1
    while first <= total or not cuts:
        last = min(first, total)
        while last < total and _positions(diagram, room, first, last + 1)[1] <= limit:
            last += 1
        cuts.append((first, last))
        first = last + 1
    return cuts


def _widest(diagram: Diagram, room: Room, cuts: list[tuple[int, int]]) -> float:
    return max(_positions(diagram, room, *cut)[1] for cut in cuts)


def _positions(diagram: Diagram, room: Room, first: int, last: int) -> tuple[dict[int, float], float]:
    """Return the tightest positions of steps `first` to `last`, and the width that they need."""
    marks = diagram.marks[first - 1 : last]
    boxes = _box_widths(diagram, room, first, last)
    lead = max((room.stepless(row) for row in diagram.rows), default=0.0) if first <= 1 else 0.0
    x: dict[int, float] = {}
    for mark in marks:
        here = max(lead + room.clear, room.least / 2, room.before(mark) + room.clear, boxes.get((0, mark.number), 0))
        for other in marks[: mark.number - first]:
            apart = max(_apart(other, mark, room), boxes.get((other.number, mark.number), 0.0))
            here = max(here, x[other.number] + apart)
        x[mark.number] = here
    width = max([lead + room.clear, *(x[mark.number] + room.after(mark) + room.clear for mark in marks)])
    width = max([width, *(x.get(start, 0.0) + needed for (start, end), needed in boxes.items() if end == last + 1)])
    if last == len(diagram.marks):
        width = max([width, *_note_ends(diagram, room, marks, x, lead)])
    return x, max(width, x[last] + room.least / 2 if marks else 0.0)


def _apart(left: Mark, right: Mark, room: Room) -> float:
    """Return how far apart two steps must be. A step's line comes down from the lanes and ends at its row."""
    least = room.least * (right.number - left.number)
    if left.row == right.row:
        return max(least, room.after(left) + room.clear + room.before(right))
    if left.row < right.row:
        return max(least, room.after(left) + room.clear)
    return max(least, room.clear + room.before(right))


def _box_widths(diagram: Diagram, room: Room, first: int, last: int) -> dict[tuple[int, int], float]:
    """Return the least distances for the boxes of the lanes: from 0, the left edge, to `last` + 1, the right edge."""
    widths: dict[tuple[int, int], float] = {}
    for lane in diagram.lanes:
        for box, end in _with_ends(lane):
            if box.start <= last and (end is None or end >= first):
                key = (box.start if box.start >= first else 0, last + 1 if end is None or end > last else end)
                widths[key] = max(widths.get(key, 0.0), room.box(box))
    return widths


def _with_ends(lane: Lane) -> Iterator[tuple[Box, int | None]]:
    """Yield each box and the step at which it ends; None: it does not."""
    ends = [box.start for box in lane.boxes[1:]]
    yield from zip(lane.boxes, [*ends, None], strict=True)


def _note_ends(
    diagram: Diagram, room: Room, marks: tuple[Mark, ...], x: dict[int, float], lead: float
) -> Iterator[float]:
    """Yield how wide the lanes must be for what the rows say after the last step."""
    line = max(x.values(), default=lead)
    for place, row in enumerate(diagram.rows):
        if note := room.note(row):
            texts = [x[mark.number] + room.after(mark) for mark in marks if mark.row == place]
            yield max([line, *texts]) + 2 * room.clear + note
