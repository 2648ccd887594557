"""States as pictures: one attempt, two attempts behind a fence, and what each check is worth."""

from collections.abc import Sequence
from itertools import product
from statistics import mean
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lastseat.model import world
from lastseat.model.flaws import Flaw, flawed
from lastseat.model.searches.readable import Searched, search
from lastseat.model.steps import take_alone
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.values import Outcome
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.figures.graph import Graph, Key, State, state_graph
from lastseat.simulations.figures.style import (
    BOOKED,
    COLOURS,
    INK,
    INKS,
    MARGIN,
    MUTED,
    PALE,
    PAPER,
    RULE,
    SMALL,
    VIOLATION,
    canvas,
    halo,
    page,
    shown,
    styled,
)

Place: TypeAlias = tuple[float, float]

# --- one attempt ----------------------------------------------------------------------------------------------

REQUEST = world.Request("ann", "seats")
CASES: Sequence[tuple[str, world.Store]] = (
    ("the version is current and the units fit", world.Store((("seats", world.Resource(1)),))),
    ("the version is current and the units do not fit", world.Store((("seats", world.Resource(0)),))),
    ("the version is stale, and the units would fit", world.Store((("seats", world.Resource(2, 1, 1)),))),
    ("the version is stale, and the units would not fit", world.Store((("seats", world.Resource(1, 1, 1)),))),
    (
        "the id is recorded for this very request",
        world.Store((("seats", world.Resource(1, 1, 1)),), (world.Reservation("ann", "seats", 1),)),
    ),
    (
        "the id is recorded for another request",
        world.Store((("seats", world.Resource(2, 2, 1)),), (world.Reservation("ann", "seats", 2),)),
    ),
    ("there is no such resource", world.Store(())),
)


def transitions() -> tuple[tuple[str, world.Done, bool], ...]:
    """Return what persist finds, what the attempt emits then, and whether anything changed, as the model has it.

    The attempt observed version 0 of an empty resource. Clauses: persist.order, emit.one
    """
    observed = world.Observed(0, 0)
    found = []
    for case, store in CASES:
        step = take_alone(store, REQUEST, observed, world.Policy.VERSION_FIRST)
        assert step is not None, "an attempt that has observed can persist"
        assert isinstance(step.local, world.Done), "a persist ends the attempt"
        found.append((case, step.local, step.store != store))
    return tuple(found)


@styled
def attempt_graph() -> Figure:
    """Return the local transition table of one attempt as a graph: two shared steps, three outcomes, no fault."""
    subtitle = "Every case of the model's persist. Only one of them changes the store; version checked first."
    figure = page(8.8, 3.9, "One attempt without faults: two shared steps, and persist alone decides", subtitle)
    drawn = canvas(figure, 0, 0, 8.8, 3.9)
    middle = 1.85
    idle, held = (0.85, middle), (2.95, middle)
    _node(drawn, idle, "not begun", PAPER, INK, 1.05)
    _node(drawn, held, "holds a copy,\nperhaps stale", PALE, INK, 1.35)
    _arrow(drawn, (idle[0] + 0.55, middle), (held[0] - 0.7, middle), INK)
    drawn.text((idle[0] + held[0]) / 2 - 0.06, middle + 0.12, "observe", ha="center", va="bottom", size=SMALL)
    cases = transitions()
    heights = (middle + 1.4, middle + 0.28, middle - 1.1)
    for outcome, y in zip(Outcome, heights, strict=True):
        node = (4.95, y)
        _arrow(drawn, (held[0] + 0.7, middle), (node[0] - 0.52, y), INKS[outcome])
        _node(drawn, node, outcome, COLOURS[outcome], PAPER if outcome == Outcome.BOOKED else INK, 1.0)
        lines = [
            f"{case}{' (takes effect)' if changes else ''}"
            for case, done, changes in cases
            if str(done.outcome) == outcome
        ]
        drawn.text(node[0] + 0.65, y, "\n".join(lines), va="center", size=SMALL, linespacing=1.6)
    drawn.text(held[0] + 1.0, middle - 0.1, "persist", ha="left", va="top", size=SMALL, path_effects=halo(4))
    return figure


def _node(drawn: Axes, place: Place, text: str, fill: str, ink: str, wide: float, edge: str = INK) -> None:
    x, y = place
    box = FancyBboxPatch(
        (x - wide / 2, y - 0.22),
        wide,
        0.44,
        boxstyle="round,pad=0,rounding_size=0.1",
        fc=fill,
        ec=edge,
        lw=1,
        zorder=3,
    )
    drawn.add_patch(box)
    drawn.text(x, y, text, ha="center", va="center", size=SMALL, color=ink, zorder=4, weight="bold")


def _arrow(drawn: Axes, start: Place, end: Place, colour: str, width: float = 1.6) -> None:
    drawn.annotate(
        "", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
    )


# --- two attempts ---------------------------------------------------------------------------------------------

START, COLUMN, BOX, HIGH, LINE = 1.35, 1.75, 0.92, 0.3, 0.42  # inches: left, from level to level, a state, and rows
FENCE = "the fence: reserved ≤ capacity"
LETTERS = {Outcome.BOOKED: "B", Outcome.REJECTED: "R", Outcome.FAILED: "F"}


@styled
def fenced(implementation: Implementation = MEMORY, capacity: int = 1) -> Figure:
    """Return the state graph of two attempts, with the invariant as a fence; a step that crosses it is crimson.

    The invariant is over reservations: no more units are reserved than there are. Raises ValueError where a graph
    would have too many states to read. Clause: state.capacity
    """
    scenario = contention(2, capacity)
    graph = state_graph(scenario, implementation)
    rows = _rows(graph, capacity)
    places = _places(graph, rows)
    levels = max(state.level for state in graph.states.values())
    width = START + COLUMN * levels + BOX + 0.35
    crossing = len(graph.crossing)
    said = f"{crossing or 'no'} {'steps cross' if crossing > 1 else 'step crosses'} the fence"
    body = max(middle + high / 2 for middle, high in rows.values()) + 0.15
    figure = page(
        width,
        body,
        f"Two attempts, capacity {capacity}, {implementation.name}: {said}",
        f"All {len(graph.states)} states of the real code, one column for each step taken. Left half: "
        f"attempt {shown(scenario.labels[0])}; right half: {shown(scenario.labels[1])}.\n"
        "v0: holds a copy of version 0; B BOOKED, R REJECTED, F FAILED. Thin: observe. Thick: persist.",
    )
    drawn = canvas(figure, 0, 0, width, body)
    _fence(drawn, rows, capacity, width, levels)
    crimson = set(graph.crossing)
    for edge in graph.edges:
        colour = VIOLATION if edge in crimson else INK if edge.persists else MUTED
        (x0, y0), (x1, y1) = places[edge.before], places[edge.after]
        _arrow(drawn, (x0 + BOX / 2, y0), (x1 - BOX / 2, y1), colour, 1.7 if edge.persists else 0.7)
    for key, state in graph.states.items():
        _state_box(drawn, places[key], state)
    return figure


def _rows(graph: Graph, capacity: int) -> dict[int, tuple[float, float]]:
    """Return for each number of reserved units the middle and the height of its row, in inches from below."""
    most = max(capacity + 1, *(state.reserved for state in graph.states.values()))
    rows, below = {}, 0.45
    for reserved in range(most + 1):
        cells: dict[int, int] = {}
        for state in graph.states.values():
            if state.reserved == reserved:
                cells[state.level] = cells.get(state.level, 0) + 1
        high = max([1, *cells.values()]) * LINE + 0.3
        rows[reserved] = (below + high / 2, high)
        below += high
    return rows


def _places(graph: Graph, rows: dict[int, tuple[float, float]]) -> dict[Key, Place]:
    cells: dict[tuple[int, int], list[Key]] = {}
    for key, state in graph.states.items():
        cells.setdefault((state.level, state.reserved), []).append(key)
    places: dict[Key, Place] = {}
    for (level, reserved), keys in sorted(cells.items(), key=lambda cell: cell[0]):
        heights = {
            key: mean([places[edge.before][1] for edge in graph.edges if edge.after == key] or [0.0]) for key in keys
        }
        # Below what leads to it, so that few arrows cross.
        ordered = sorted(keys, key=lambda key: (-heights[key], graph.states[key].attempts))
        for place, key in enumerate(ordered):
            y = rows[reserved][0] + ((len(keys) - 1) / 2 - place) * LINE
            places[key] = (START + BOX / 2 + level * COLUMN, y)
    return places


def _fence(drawn: Axes, rows: dict[int, tuple[float, float]], capacity: int, width: float, levels: int) -> None:
    for reserved, (middle, high) in rows.items():
        text = f"{reserved} of {capacity}\nreserved"
        drawn.text(MARGIN, middle, text, va="center", size=SMALL, color=VIOLATION if reserved > capacity else INK)
        if reserved == capacity + 1:
            y = middle - high / 2
            drawn.plot([MARGIN, width - MARGIN], [y, y], color=VIOLATION, lw=2.2, ls=(0, (4, 2)), zorder=1)
            drawn.text(START, y + 0.07, FENCE, va="bottom", size=SMALL, color=VIOLATION)
        elif reserved:
            y = middle - high / 2
            drawn.plot([MARGIN, width - MARGIN], [y, y], color=RULE, lw=0.8, zorder=1)
    for level in range(levels + 1):
        text = f"{level} step{'s' * (level != 1)}"
        drawn.text(START + BOX / 2 + level * COLUMN, 0.2, text, size=SMALL, color=MUTED, ha="center", va="center")


def _state_box(drawn: Axes, place: Place, state: State) -> None:
    edge = VIOLATION if state.beyond else INK
    for half, word in enumerate(state.attempts):
        outcome = next((outcome for outcome in Outcome if outcome == word), None)
        fill = COLOURS[outcome] if outcome else PALE if word else PAPER
        x = place[0] - BOX / 2 + half * BOX / 2
        y = place[1] - HIGH / 2
        drawn.fill(
            [x, x + BOX / 2, x + BOX / 2, x],
            [y, y, y + HIGH, y + HIGH],
            facecolor=fill,
            edgecolor=edge,
            lw=1.8 if state.beyond else 0.9,
            zorder=3,
        )
        ink = PAPER if outcome == Outcome.BOOKED else INK
        text = LETTERS[outcome] if outcome else word
        drawn.text(x + BOX / 4, place[1], text, ha="center", va="center", size=SMALL, color=ink, zorder=4)


# --- the checks -----------------------------------------------------------------------------------------------


def without(version: bool, capacity: bool, attempts: int = 3, seats: int = 2) -> Searched:
    """Return a search of the model whose persist has only these checks, over all schedules of that contention."""
    flaws = [Flaw.NO_VERSION_CHECK] * (not version) + [Flaw.NO_CAPACITY_CHECK] * (not capacity)
    return search(system_of(contention(attempts, seats), MEMORY), flawed(flaws), stop_at_first=False)


@styled
def checks_matrix(attempts: int = 3, capacity: int = 2) -> Figure:
    """Return what holds when persist drops the version check, the capacity check, both or none: a 2 x 2.

    Each cell is a complete search of the model. Clauses: persist.version, persist.capacity
    """
    seen = {
        (version, checked): without(version, checked, attempts, capacity)
        for version, checked in product((True, False), repeat=2)
    }
    exactly = all((_overbooked(searched, capacity) == 0) == checked for (_, checked), searched in seen.items())
    figure = page(
        9.2,
        3.75,
        "The seats are safe exactly where persist checks the capacity" if exactly else "What each check is worth",
        f"The model, {attempts} attempts, capacity {capacity}, all {_total(seen[True, True])} schedules. "
        "Which checks does persist make in its one atomic step?",
    )
    drawn = canvas(figure, 0, 0, 9.2, 3.75)
    wide, high, left, bottom = 3.75, 1.5, 1.35, 0.2
    for (version, checked), searched in seen.items():
        x = left + (0 if version else wide + 0.1)
        y = bottom + (high + 0.1 if checked else 0)
        _cell(drawn, (x, y), (wide, high), searched, capacity)
    for place, head in enumerate(("checks the version", "does not")):
        drawn.text(left + place * (wide + 0.1) + wide / 2, bottom + 2 * high + 0.28, head, ha="center", weight="bold")
    for place, head in enumerate(("does not", "checks the\ncapacity")):
        drawn.text(
            left - 0.12, bottom + place * (high + 0.1) + high / 2, head, ha="right", va="center", weight="bold"
        )
    return figure


def _total(searched: Searched) -> str:
    return f"{sum(searched.interleavings.values()):,}"


def _overbooked(searched: Searched, capacity: int) -> int:
    """Return in how many schedules more attempts, of one unit each, are BOOKED than there are units."""
    return sum(many for mix, many in searched.interleavings.items() if mix[0] > capacity)


def _cell(drawn: Axes, corner: Place, size: Place, searched: Searched, capacity: int) -> None:
    over = _overbooked(searched, capacity)
    clauses = sorted({violation.clause for violation in searched.violations})
    colour = VIOLATION if over else INKS[Outcome.REJECTED] if clauses else BOOKED
    drawn.add_patch(
        FancyBboxPatch(corner, *size, boxstyle="round,pad=0,rounding_size=0.08", fc=PAPER, ec=colour, lw=2.2)
    )
    x, y = corner[0] + 0.18, corner[1] + size[1] - 0.28
    word = "overbooked" if over else "safe, but stale proposals win" if clauses else "every clause holds"
    drawn.text(x, y, word, color=colour, weight="bold", size=11.5, va="center")
    said = (
        f"in {over:,} of {_total(searched)} schedules"
        if over
        else f"overbooked in none of {_total(searched)} schedules"
    )
    drawn.text(x, y - 0.28, said, size=9, va="center")
    if clauses:
        drawn.text(
            x, y - 0.46, "violated:\n" + "\n".join(f"  {name}" for name in clauses), size=SMALL, color=MUTED, va="top"
        )
