"""Schedules as pictures: all of them on one page, as paths in a lattice, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lastseat.model.searches.readable import Mix
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.values import Outcome
from lastseat.simulations.bookings.abstraction import emitted_of
from lastseat.simulations.bookings.explore import explore_merged, explore_program
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import schedules
from lastseat.simulations.figures.lattice import lattice
from lastseat.simulations.figures.style import (
    COLOURS,
    INK,
    INKS,
    MARGIN,
    MUTED,
    PAPER,
    RULE,
    SMALL,
    VIOLATION,
    axes,
    canvas,
    page,
    styled,
)
from lastseat.simulations.kernel.run import Run

__all__ = ["counts", "lattice", "poster"]

POSTER = "One glyph for each schedule, one row for each attempt, time to the right. Open: observe; filled: persist."
MOST_GLYPHS = 120  # schedules on one page
GLYPHS_IN_A_ROW = 10
MARKERS = {Outcome.BOOKED: "o", Outcome.REJECTED: "s", Outcome.FAILED: "X"}
ROW, GAP, STEP, WIDE = 0.13, 0.2, 0.15, 1.05  # inches: rows and gap of glyphs, a step, from glyph to glyph
HEAD, FOOT = 0.52, 0.02  # inches above and below the glyphs of a group
BLUE, OCHRE = INKS[Outcome.BOOKED], INKS[Outcome.REJECTED]


@styled
def poster(scenario: Scenario | None = None, implementation: Implementation = MEMORY) -> Figure:
    """Return every schedule of a small scenario on one page, grouped by what came of it.

    `scenario` is three attempts on two seats where None. A schedule that violates a clause stands in a crimson
    frame. Raises ValueError when there are more than MOST_GLYPHS schedules, or where faults may strike.
    """
    scenario = scenario or contention(3, 2)
    if scenario.faults.most or scenario.interleavings_of_two_steps() > MOST_GLYPHS:
        raise ValueError(f"a page has room for {MOST_GLYPHS} schedules without faults, not for {scenario.title!r}")
    executions: list[Run] = []
    schedules(scenario, implementation, executions.append)
    if len(executions) > MOST_GLYPHS:
        raise ValueError(f"a page has room for {MOST_GLYPHS} schedules, not {len(executions):,}")
    groups: dict[Mix, list[Run]] = {}
    for execution in executions:
        groups.setdefault(_mix(execution), []).append(execution)
    broken = {id(execution) for execution in executions if findings(execution, scenario, implementation)}
    attempts = len(scenario.requests)
    glyph = attempts * ROW + GAP
    rows = sum(-(-len(group) // GLYPHS_IN_A_ROW) for group in groups.values())
    body = 0.6 + len(groups) * (HEAD + FOOT) + rows * glyph
    width = 2 * MARGIN + GLYPHS_IN_A_ROW * WIDE
    figure = page(width, body, _poster_title(scenario, implementation, len(executions), len(broken)), POSTER)
    drawn = canvas(figure, MARGIN, 0, width - MARGIN, body)
    _key(drawn, width - 2 * MARGIN, body - 0.16)
    at = body - 0.3
    for mix, group in sorted(groups.items(), reverse=True):
        drawn.text(0, at - 0.24, _in_words(mix), weight="bold", size=10.5, va="center")
        told = f"{len(group)} of {len(executions)}"
        drawn.text(width - 2 * MARGIN, at - 0.24, told, color=MUTED, va="center", ha="right")
        at -= HEAD
        for place, execution in enumerate(group):
            row, column = divmod(place, GLYPHS_IN_A_ROW)
            _glyph(drawn, execution, column * WIDE + 0.08, at - row * glyph, violating=id(execution) in broken)
        at -= -(-len(group) // GLYPHS_IN_A_ROW) * glyph + FOOT
    return figure


def _poster_title(scenario: Scenario, implementation: Implementation, many: int, broken: int) -> str:
    named = "" if implementation is MEMORY else f"{implementation.name}, "
    said = f"{broken} of them violate a clause" if broken else "none violates a clause"
    every = f"All {many} schedules" if many > 1 else "The one schedule"
    return f"{every} of {named}{scenario.title}: {said}"


def _mix(execution: Run) -> Mix:
    emitted = [emitted_of(returned) for returned in execution.returned.values()]
    booked, rejected, failed = (
        sum(emission is not None and str(emission.outcome) == name for emission in emitted) for name in Outcome
    )
    return booked, rejected, failed


def _in_words(mix: Mix) -> str:
    return " + ".join(f"{many} {name}" for many, name in zip(mix, Outcome, strict=True) if many) or "no outcome"


def _key(drawn: Axes, right: float, y: float) -> None:
    for place, outcome in enumerate(reversed(Outcome)):
        x = right - 1.05 * (place + 1)
        drawn.plot(x, y, MARKERS[outcome], color=COLOURS[outcome], mec=INKS[outcome], ms=5)
        drawn.text(x + 0.1, y, outcome, color=INKS[outcome], weight="bold", size=SMALL, va="center")


def _glyph(drawn: Axes, execution: Run, left: float, top: float, *, violating: bool) -> None:
    """Draw one schedule; `left` and `top` are where its first row begins, in inches."""
    attempts, steps = execution.originals, len(execution.taken)
    wide = STEP * max(steps - 1, 1) if steps <= 7 else 0.78
    if violating:
        x, y = [left - 0.06, left + wide + 0.06], [top + 0.07, top - (attempts - 1) * ROW - 0.07]
        drawn.fill([x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]], facecolor="none", edgecolor=VIOLATION, lw=1.2)
    for who in range(attempts):
        y0 = top - who * ROW
        places = [
            (left + wide * (step.number - 1) / max(steps - 1, 1), step.operation.kind)
            for step in execution.taken
            if step.process == who
        ]
        emitted = emitted_of(execution.returned.get(who))
        fill, edge = (COLOURS[emitted.outcome], INKS[emitted.outcome]) if emitted else (PAPER, INK)
        drawn.plot([left, left + wide], [y0, y0], color=RULE, lw=0.5)
        if places:
            drawn.plot([places[0][0], places[-1][0]], [y0, y0], color=fill, lw=2.6, solid_capstyle="butt")
        for x0, kind in places:
            last = x0 == places[-1][0] and emitted is not None
            marker = MARKERS[Outcome(emitted.outcome)] if last and emitted else "o"
            filled = edge if kind == "persist" else PAPER
            drawn.plot(x0, y0, marker, ms=3.6, mfc=filled, mec=edge, mew=0.9)


@styled
def counts(most_attempts: int = 8, most_classes: int = 4) -> Figure:
    """Return how many schedules, classes and states there are for 1 to `most_attempts` attempts, on a log axis.

    There is a seat for everyone. Schedules and states are those that `explore_merged` counts; of the classes one kind
    is (n!)^2, where two persists never commute, and the other, where a refused persist counts as a read, is what dpor
    executes, for up to `most_classes` attempts. Raises ValueError for numbers below 2.
    """
    if most_attempts < 2 or not 1 <= most_classes <= most_attempts:
        raise ValueError(
            f"attempts must be at least 2 and classes among them, not {most_attempts} and {most_classes}"
        )
    numbers = range(1, most_attempts + 1)
    merged = [explore_merged(contention(many, many), MEMORY) for many in numbers]
    effective = [explore_program(contention(many, many), MEMORY).executions for many in numbers[:most_classes]]
    series = (
        Series("schedules", [exploration.interleavings or 0 for exploration in merged], BLUE, "o", "-"),
        Series("classes, each persist a write", [factorial(many) ** 2 for many in numbers], OCHRE, "s", "--"),
        Series("states", [exploration.states for exploration in merged], INK, "D", "-"),
        Series("classes, a refused persist a read", effective, MUTED, "^", ":"),
    )
    last = merged[-1]
    title = f"{most_attempts} attempts: {last.interleavings:,} schedules, but {last.states:,} states"
    figure = page(8.4, 4.3, title, "One-unit attempts with a seat for everyone. The vertical axis is logarithmic.")
    drawn = axes(figure, 1.25, 0.62, 5.95, 4.15)
    drawn.set_yscale("log")
    drawn.set_xlim(0.8, most_attempts + 0.05)
    drawn.set_ylim(0.5, 3 * (last.interleavings or 1))
    drawn.set_xlabel("attempts")
    drawn.set_xticks(numbers)
    drawn.yaxis.set_major_formatter(lambda value, _place: f"{value:,.0f}")
    drawn.minorticks_off()
    drawn.grid(axis="y")
    for curve in series:
        _line(drawn, curve, most_attempts)
    return figure


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers for 1, 2, 3, … attempts, and how they are drawn."""

    name: str
    values: Sequence[int]
    colour: str
    marker: str
    line: str


def _line(drawn: Axes, curve: Series, most_attempts: int) -> None:
    many = len(curve.values)
    drawn.plot(
        range(1, many + 1), curve.values, curve.line, marker=curve.marker, color=curve.colour, ms=5, clip_on=False
    )
    if many < most_attempts:
        text, offset, lined = f"{curve.name}: {curve.values[-1]:,} at {many}", (4, -12), "top"
    else:
        text, offset, lined = f"{curve.name}\n{curve.values[-1]:,}", (12, 0), "center"
    drawn.annotate(
        text, (many, curve.values[-1]), offset, textcoords="offset points", color=curve.colour, size=SMALL, va=lined
    )
