"""The schedules of two attempts as paths in a lattice: a hole is a race, and a story is a way around the holes."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.values import Outcome
from lastseat.simulations.bookings.abstraction import emitted_of
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.figures.style import (
    INK,
    MUTED,
    PALE,
    RULE,
    SMALL,
    VIOLATION,
    canvas,
    page,
    shown,
    spread,
    styled,
)
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import ScheduleError

# A path says who goes on, 0 or 1, at each of its six steps; a cell is left of and below its upper right corner.
Moves: TypeAlias = tuple[int, ...]
Cell: TypeAlias = tuple[int, int]

STEPS = ("observe", "propose", "persist")  # propose is local, so no other attempt can tell when it happens
SIDE, LANE, ROUND = 1.5, 0.025, 0.22  # inches: a cell, from path to path, a corner
LEFT, BOTTOM, RIGHT, TOP = 1.45, 1.0, 2.35, 0.5  # inches around the lattice
EITHER = ("#4C97D2", "#E8935A", INK)  # who is BOOKED: only the first, only the second, both or none
RARE = ("#0B3F70", "#A3470F", INK)  # the same for the rarest stories


@dataclass(frozen=True, slots=True)
class Story:
    """The schedules that pass all holes on the same sides, and what comes of each of them."""

    paths: tuple[Moves, ...]
    outcomes: tuple[str, ...]
    violating: bool

    def colour(self, rarest: int) -> str:
        """Return the colour; that of the rarest stories is darker."""
        if self.violating:
            return VIOLATION
        booked = [outcome == Outcome.BOOKED for outcome in self.outcomes]
        which = 2 if booked[0] == booked[1] else booked.index(True)
        return (RARE if len(self.paths) == rarest else EITHER)[which]


@styled
def lattice(scenario: Scenario | None = None, implementation: Implementation = MEMORY) -> Figure:
    """Return the schedules of two attempts as paths in a lattice whose holes are the races.

    `scenario` is two attempts on one seat where None. A path goes right when the first attempt takes a step, and up
    when the second does. There is a hole where the order of two steps can be told from what is stored or received.
    Raises ValueError unless there are two attempts of two shared steps each, without faults.
    """
    scenario = scenario or contention(2, 1)
    if len(scenario.requests) != 2 or scenario.faults.most:
        raise ValueError(f"a lattice shows two attempts without faults, not {scenario.title!r}")
    paths = sorted(_paths())
    executions = {moves: _execution(scenario, implementation, moves) for moves in paths}
    holes = sorted(_holes(executions))
    stories = _stories(executions, holes, scenario, implementation)
    title = f"{len(paths)} schedules, {_many(len(holes), 'race')}, {_many(len(stories), 'story')}"
    named = "" if implementation is MEMORY else f", on {implementation.name}"
    said = (
        "Crimson paths violate a clause."
        if any(story.violating for story in stories)
        else "No path violates a clause."
    )
    figure = page(
        LEFT + 3 * SIDE + RIGHT,
        BOTTOM + 3 * SIDE + TOP,
        title,
        f"{scenario.title}{named}; the local step propose is drawn too. Each path is a schedule.\n"
        f"On which side it passes each hole is all that the outcomes depend on. {said}",
    )
    drawn = canvas(figure, 0, 0, *figure.get_size_inches())
    labels = [shown(label) for label in scenario.labels]
    _frame(drawn, labels, {hole: _race(labels, _writing(executions, hole)) for hole in holes})
    rarest = min(len(story.paths) for story in stories)
    for story in stories:
        for moves in story.paths:
            _draw_path(drawn, moves, (paths.index(moves) - (len(paths) - 1) / 2) * LANE, story.colour(rarest))
    _name_stories(drawn, labels, stories, rarest, paths)
    return figure


def _many(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number or 'no'} {noun if number == 1 else plural}"


def _paths() -> Iterator[Moves]:
    steps = len(STEPS)
    for ups in combinations(range(2 * steps), steps):
        yield tuple(int(place in ups) for place in range(2 * steps))


def _is_shared(moves: Moves, place: int) -> bool:
    return STEPS[moves[:place].count(moves[place])] != "propose"


def _shared(moves: Moves) -> int:
    """Return how many of the steps are shared."""
    return sum(_is_shared(moves, place) for place in range(len(moves)))


def _execution(scenario: Scenario, implementation: Implementation, moves: Moves) -> Run:
    """Execute the shared steps of a path."""
    shared = [who for place, who in enumerate(moves) if _is_shared(moves, place)]
    with suppress(ScheduleError):
        execution = run(scenario, implementation, shared)
        if not execution.unfinished:
            return execution
    raise ValueError(f"a lattice shows attempts of two shared steps each, and not those of {implementation.name}")


def _holes(executions: dict[Moves, Run]) -> set[Cell]:
    """Return the cells around which the two orders can be told apart, by anyone, at any time."""
    return {
        cell
        for moves, execution in executions.items()
        for place in range(len(moves) - 1)
        if moves[place : place + 2] == (0, 1)
        and _known(execution) != _known(executions[(*moves[:place], 1, 0, *moves[place + 2 :])])
        for cell in [(moves[:place].count(0), moves[:place].count(1))]
    }


def _writing(executions: dict[Moves, Run], cell: Cell) -> set[tuple[bool, bool]]:
    """Return which of the two steps around a cell change the store, the first attempt's before the second's.

    There is a pair for each way in which that happens, over all paths on which one step comes right after the other.
    """
    ways = set()
    for moves, execution in executions.items():
        for place, who in enumerate(moves[:-1]):
            if who != moves[place + 1] and (moves[:place].count(0), moves[:place].count(1)) == cell:
                shared = _shared(moves[:place])
                earlier, later = (taken.before != taken.after for taken in execution.taken[shared : shared + 2])
                ways.add((later, earlier) if who else (earlier, later))
    return ways


def _known(execution: Run) -> tuple[object, ...]:
    """Return all that is stored and received in the end."""
    received = sorted(
        ((step.process, step.number, step.result) for step in execution.taken), key=lambda step: step[:2]
    )
    return execution.final, [(who, result) for who, _, result in received], execution.returned


def _stories(
    executions: dict[Moves, Run], holes: Sequence[Cell], scenario: Scenario, implementation: Implementation
) -> tuple[Story, ...]:
    """Return the stories in the order of their lowest path."""
    together: dict[tuple[bool, ...], list[Moves]] = {}
    for moves in executions:
        together.setdefault(tuple(_passes_above(moves, hole) for hole in holes), []).append(moves)
    found = []
    for paths in together.values():
        execution = executions[paths[0]]
        emitted = [emitted_of(execution.returned[who]) for who in (0, 1)]
        outcomes = tuple(str(emission.outcome) if emission else "no outcome" for emission in emitted)
        violating = any(findings(executions[moves], scenario, implementation) for moves in paths)
        found.append(Story(tuple(paths), outcomes, violating))
    return tuple(found)


def _passes_above(moves: Moves, cell: Cell) -> bool:
    """Return whether a path takes the cell's upward step before its step to the right."""
    rights = [place for place, who in enumerate(moves) if who == 0]
    ups = [place for place, who in enumerate(moves) if who == 1]
    return ups[cell[1]] < rights[cell[0]]


# --- drawing --------------------------------------------------------------------------------------------------


def _frame(drawn: Axes, labels: Sequence[str], holes: dict[Cell, str]) -> None:
    size = len(STEPS)
    for place in range(size + 1):
        along = [LEFT, LEFT + size * SIDE], [BOTTOM + place * SIDE] * 2
        drawn.plot(*along, color=RULE, lw=0.9, zorder=1)
        drawn.plot([LEFT + place * SIDE] * 2, [BOTTOM, BOTTOM + size * SIDE], color=RULE, lw=0.9, zorder=1)
    for place, step in enumerate(STEPS):
        middle = (place + 0.5) * SIDE
        drawn.text(LEFT + middle, BOTTOM - 0.42, step, ha="center", va="center", size=10)
        drawn.text(LEFT - 0.42, BOTTOM + middle, step, ha="right", va="center", size=10)
    arrow = {"arrowstyle": "-|>", "color": MUTED, "lw": 1.1}
    end = size * SIDE
    drawn.annotate("", (LEFT + end, BOTTOM - 0.62), (LEFT, BOTTOM - 0.62), arrowprops=arrow)
    drawn.annotate("", (LEFT - 1.08, BOTTOM + end), (LEFT - 1.08, BOTTOM), arrowprops=arrow)
    first, second = (f"attempt {label} makes progress" for label in labels)
    drawn.text(LEFT + end / 2, BOTTOM - 0.78, first, ha="center", va="center", color=MUTED)
    drawn.text(LEFT - 1.24, BOTTOM + end / 2, second, ha="center", va="center", color=MUTED, rotation=90)
    for (across, up), race in holes.items():
        _hole(drawn, across, up, race)


def _race(labels: Sequence[str], ways: set[tuple[bool, bool]]) -> str:
    """Return what makes a race of two steps, in two short lines. A persist that is refused has only read."""
    if (True, True) in ways:
        return "both write"
    if ways >= {(True, False), (False, True)}:
        return "only the first\nof them writes"
    writer, reader = labels if (True, False) in ways else (labels[1], labels[0])
    return f"{reader} reads what\n{writer} writes"


def _hole(drawn: Axes, across: int, up: int, text: str) -> None:
    side = 0.58 * SIDE
    x, y = LEFT + (across + 0.5) * SIDE, BOTTOM + (up + 0.5) * SIDE
    box = FancyBboxPatch(
        (x - side / 2, y - side / 2), side, side, boxstyle="round,pad=0,rounding_size=0.13", fc=PALE, ec=MUTED, lw=1.1
    )
    drawn.add_patch(box)
    drawn.text(x, y, text, ha="center", va="center", size=7.5, color=MUTED)


def _draw_path(drawn: Axes, moves: Moves, offset: float, colour: str) -> None:
    """Draw a path beside the lattice's lines, shifted across them, so that paths of one line lie side by side."""
    shift = (-offset, offset)
    corners = [(LEFT, BOTTOM)]
    across, up = 0, 0
    for place, who in enumerate(moves):
        if place and who != moves[place - 1]:
            corners.append((LEFT + across * SIDE + shift[0], BOTTOM + up * SIDE + shift[1]))
        across, up = across + (who == 0), up + (who == 1)
    end = (LEFT + across * SIDE, BOTTOM + up * SIDE)
    points, codes = [corners[0]], [Path.MOVETO]
    # The first and the last line begin and end in the lattice's own corners, so they bend towards their lane.
    lane = _beside(corners[0], corners[1], 0.32, moves[0])
    points += [_mixed(corners[0], lane, moves[0]), lane]
    codes += [Path.CURVE3, Path.CURVE3]
    for before, corner, after in zip(corners, corners[1:], [*corners[2:], end], strict=False):
        into, out = _towards(corner, before), _towards(corner, after)
        points += [into, corner, out]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    leave = _beside(end, corners[-1], 0.32, moves[-1])
    points += [leave, _mixed(end, leave, moves[-1]), end]
    codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    drawn.add_patch(PathPatch(Path(points, codes), fill=False, ec=colour, lw=1.7, capstyle="round"))


def _beside(node: tuple[float, float], corner: tuple[float, float], away: float, who: int) -> tuple[float, float]:
    """Return the point of the line through `corner` in the direction of `who` that is `away` inches past `node`."""
    sign = 1 if (corner[who] - node[who]) > 0 else -1
    return (node[0] + sign * away, corner[1]) if who == 0 else (corner[0], node[1] + sign * away)


def _mixed(node: tuple[float, float], lane: tuple[float, float], who: int) -> tuple[float, float]:
    """Return the control point between a node and the begin of a lane."""
    middle = (node[who] + lane[who]) / 2
    return (middle, lane[1]) if who == 0 else (lane[0], middle)


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Return the point where a rounded corner begins or ends, on the straight line towards `other`."""
    along = 0 if abs(other[0] - corner[0]) > abs(other[1] - corner[1]) else 1
    distance = min(ROUND, abs(other[along] - corner[along]) / 2)
    sign = 1 if other[along] > corner[along] else -1
    return (corner[0] + sign * distance, corner[1]) if along == 0 else (corner[0], corner[1] + sign * distance)


def _name_stories(
    drawn: Axes, labels: Sequence[str], stories: Sequence[Story], rarest: int, paths: Sequence[Moves]
) -> None:
    end = len(STEPS) * SIDE
    drawn.plot([LEFT, LEFT + end], [BOTTOM, BOTTOM + end], "o", color=INK, ms=8, zorder=5)
    drawn.text(LEFT - 0.12, BOTTOM - 0.2, "start", ha="right", va="center")
    drawn.text(LEFT + end + 0.12, BOTTOM + end + 0.14, "both done", ha="left", va="center")
    middles = [sum(map(paths.index, story.paths)) / len(story.paths) / (len(paths) - 1) for story in stories]
    places = spread([middle * (end - 0.9) for middle in middles], 1.0, end - 0.55, 0.25)
    for story, place in zip(stories, places, strict=True):
        x, y, colour = LEFT + end + 0.62, BOTTOM + place, story.colour(rarest)
        drawn.plot([x, x + 0.3], [y, y], color=colour, lw=4)
        drawn.text(x + 0.4, y, _many(len(story.paths), "schedule"), weight="bold", va="center")
        said = "\n".join(f"{label} {outcome}" for label, outcome in zip(labels, story.outcomes, strict=True))
        drawn.text(x + 0.4, y - 0.14, said, size=SMALL, va="top", linespacing=1.35)
