"""Searches as pictures: how soon each strategy finds a bug. The data are plain: they come from whatever searched."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, log10

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from lastseat.reference.flawed import GALLERY
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import schedules
from lastseat.simulations.figures.style import INK, MUTED, PALE, PAPER, SMALL, axes, page, spread, styled
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.verification.engines import first_violation

# Okabe and Ito's colours, without yellow; every curve has a line of its own besides.
LOOKS = (
    ("#0072B2", "-"),
    ("#D55E00", "--"),
    ("#009E73", "-."),
    ("#9A4D7A", ":"),
    ("#1B2030", (0, (5, 1))),
    ("#8A5A00", (0, (1, 1))),
    ("#3F8FC4", (0, (7, 2, 1, 2))),
    ("#5F6673", (0, (3, 3))),
)
MOST_CURVES = len(LOOKS)
NOT_FOUND = "\N{EN DASH}"


@styled
def detection_curves(
    chances: Mapping[str, Fraction | float] | None = None,
    found_after: Mapping[str, Sequence[int | None]] | None = None,
    most_executions: int = 50,
    *,
    title: str = "",
    subtitle: str = "",
) -> Figure:
    """Return the probability that a bug was found against the executions made, one curve for each strategy.

    `chances` are exact: the probability that one execution shows it, independent of the others. `found_after` are
    searches that were run: the executions until it was found, None where it was not; the curve is their share.
    With neither, the laws uniform and walk meet the flaw of `default_chances`. Raises ValueError for a chance that
    is none, for a strategy without searches, and for more than MOST_CURVES curves.
    """
    if chances is None and found_after is None:
        chances = default_chances()
        subtitle = subtitle or f"{RARE}, {RACE.title}; exact. The horizontal axis is logarithmic."
    curves = _curves(dict(chances or {}), dict(found_after or {}), most_executions)
    last = {name: ys[-1] for name, (_, ys) in curves.items()}
    best, worst = max(last, key=last.__getitem__), min(last, key=last.__getitem__)
    claim = f"{most_executions} executions: {best} finds it with probability {_chance(last[best])}"
    claim += f", {worst} with {_chance(last[worst])}" if best != worst else ""
    figure = page(8.4, 4.0, title or claim, subtitle or "The horizontal axis is logarithmic.")
    drawn = axes(figure, 0.75, 0.62, 5.7, 3.85)
    drawn.set_xscale("log")
    drawn.set_xlim(1, most_executions)
    drawn.set_ylim(0, 1.02)
    drawn.grid()
    for (name, (xs, ys)), (colour, line) in zip(curves.items(), LOOKS, strict=False):
        exact = name in (chances or {})
        drawn.plot(xs, ys, color=colour, ls=line, lw=2, drawstyle="default" if exact else "steps-post")
    _name_curves(drawn, curves, 3.85 - 0.62)
    drawn.set_xlabel("executions")
    drawn.set_ylabel("P(found)")
    ticks = [digit * 10**power for power in range(9) for digit in (1, 2, 5) if digit * 10**power <= most_executions]
    drawn.set_xticks(
        ticks if len(ticks) <= 11 else ticks[::3], [f"{tick:,}" for tick in ticks][:: 1 + 2 * (len(ticks) > 11)]
    )
    drawn.minorticks_off()
    return figure


RARE, RACE = "fails-when-full", contention(3, 2)


def default_chances() -> dict[str, Fraction]:
    """Return the exact probability that one schedule of RACE violates a clause of RARE, under uniform and walk."""
    return chances_of(RACE, RARE)


def chances_of(scenario: Scenario, name: str) -> dict[str, Fraction]:
    """Return the exact probability that one schedule violates a clause, under the laws uniform and walk.

    Every schedule of the scenario is executed, so it should be small.
    """
    implementation = GALLERY[name]
    violating = 0
    weights: list[Fraction] = []

    def visit(execution: Run) -> None:
        nonlocal violating
        if findings(execution, scenario, implementation):
            violating += 1
            weights.append(_walk_mass(execution))

    many = schedules(scenario, implementation, visit)
    return {"uniform": Fraction(violating, many), "walk": sum(weights, Fraction(0))}


def _walk_mass(execution: Run) -> Fraction:
    """Return how likely the walk takes these steps: each unfinished attempt is equally likely to go next."""
    ends = [step.number for step in execution.taken if step.ended]
    mass = Fraction(1)
    for step in execution.taken:
        mass /= execution.originals - sum(end < step.number for end in ends)
    return mass


def _curves(
    chances: Mapping[str, Fraction | float], found_after: Mapping[str, Sequence[int | None]], most: int
) -> dict[str, tuple[list[float], list[float]]]:
    """Return the points of each curve."""
    curves: dict[str, tuple[list[float], list[float]]] = {}
    if not 0 < len(chances) + len(found_after) <= MOST_CURVES or set(chances) & set(found_after) or most < 2:
        raise ValueError(f"there are 1 to {MOST_CURVES} curves of different names over at least 2 executions")
    places = sorted({round(most ** (place / 120)) for place in range(121)})
    for name, chance in chances.items():
        if not 0 <= chance <= 1:
            raise ValueError(f"the chance of {name} must be a probability, not {chance}")
        curves[name] = [float(place) for place in places], [1 - float(1 - chance) ** place for place in places]
    for name, searches in found_after.items():
        if not searches:
            raise ValueError(f"there is no search of {name}")
        found = sorted(number for number in searches if number is not None and number <= most)
        steps = sorted({1, *found, most})
        curves[name] = (
            [float(step) for step in steps],
            [sum(it <= step for it in found) / len(searches) for step in steps],
        )
    return curves


def _chance(value: float) -> str:
    return f"{value:.2f}" if 0.005 <= value <= 0.995 or value in (0, 1) else "< 0.01" if value < 0.5 else "> 0.99"


def _name_curves(drawn: Axes, curves: Mapping[str, tuple[list[float], list[float]]], inches: float) -> None:
    wanted = [ys[-1] / 1.02 * inches for _, ys in curves.values()]
    named = zip(curves.items(), spread(wanted, 0.2, inches), LOOKS, strict=False)
    for (name, (_, ys)), place, (colour, line) in named:
        x = [1.02, 1.09]
        y = place / inches
        drawn.plot(x, [y, y], color=colour, ls=line, lw=2, transform=drawn.transAxes, clip_on=False)
        drawn.text(
            1.11, y, f"{name} {_chance(ys[-1])}", transform=drawn.transAxes, color=INK, size=SMALL, va="center"
        )


@styled
def kill_map(
    table: Mapping[str, Mapping[str, float | None]] | None = None, *, title: str = "", subtitle: str = ""
) -> Figure:
    """Return a heat map: a row for each flawed implementation, a column for each strategy.

    A cell is the executions until the flaw was found (for random ones the median), None where it was not found; one
    that is missing was not tried. Darker is later. With no table: what `default_table` found. Raises ValueError for
    a table without cells and for a number below 1.
    """
    table = default_table() if table is None else table
    strategies = list(dict.fromkeys(name for row in table.values() for name in row))
    values = [cell for row in table.values() for cell in row.values() if cell is not None]
    if not strategies or any(cell < 1 for cell in values):
        raise ValueError("a kill map needs cells, and each is None or a number of executions of at least 1")
    missed = sum(all(cell is None for cell in row.values()) for row in table.values())
    gaps = {name: sum(name in row and row[name] is None for row in table.values()) for name in strategies}
    weakest = max(gaps, key=gaps.__getitem__)
    claim = f"{missed} of {len(table)} flaws escape every strategy" if missed else f"All {len(table)} flaws are found"
    claim += f"; {weakest} misses {gaps[weakest]}" if gaps[weakest] > missed else ""
    left = 0.35 + 0.078 * max(map(len, table))
    wide, high = max(0.8, 0.09 * max(map(len, strategies))), 0.29
    body = 0.55 + high * len(table) + 0.2
    width = max(left + wide * len(strategies) + 0.35, 7.2)
    said = subtitle or "Executions until the flaw was found; of random strategies the median. Darker is later."
    figure = page(width, body, title or claim, f"{said}\n{NOT_FOUND}: not found. Blank: not tried.")
    drawn = axes(figure, left, 0.2, left + wide * len(strategies), body - 0.55)
    most = max([10.0, *values])
    colours = LinearSegmentedColormap.from_list("executions", ["#E3EEF8", "#1F6FB4", "#0B2C4F"])
    for y, row in enumerate(table.values()):
        for x, strategy in enumerate(strategies):
            if strategy in row:
                _kill_cell(drawn, x, y, row[strategy], colours, most)
    drawn.set_xlim(0, len(strategies))
    drawn.set_ylim(len(table), 0)
    drawn.set_xticks([x + 0.5 for x in range(len(strategies))], strategies)
    drawn.set_yticks([y + 0.5 for y in range(len(table))], list(table))
    drawn.xaxis.tick_top()
    drawn.tick_params(length=0, labelcolor=INK, labelsize=SMALL)
    drawn.spines[:].set_visible(False)
    return figure


def _kill_cell(
    drawn: Axes, x: int, y: int, cell: float | None, colours: LinearSegmentedColormap, most: float
) -> None:
    share = 0.0 if cell is None else log10(cell) / log10(most)
    fill = PALE if cell is None else colours(share)
    corners = [x + 0.02, x + 0.98, x + 0.98, x + 0.02], [y + 0.04, y + 0.04, y + 0.96, y + 0.96]
    drawn.fill(*corners, facecolor=fill, edgecolor=MUTED if cell is None else "none", hatch=None, lw=0.5)
    text = NOT_FOUND if cell is None else f"{ceil(cell):,}"
    ink = PAPER if cell is not None and share > 0.4 else INK
    drawn.text(x + 0.5, y + 0.5, text, ha="center", va="center", size=SMALL, color=ink)


def default_table() -> dict[str, dict[str, float | None]]:
    """Return how soon some strategies find some flaws of the gallery, on three attempts and two seats."""
    names = (
        "never-bumps-version",
        "trusts-observation",
        "ignores-version",
        "queues-conflicts",
        "expires-on-observe",
        "fails-when-full",
        "rejects-early",
    )
    engines = ("uniform", "walk", "pct", "dpor", "preemptions=0", "brute")
    return {
        name: {
            engine: first_violation(engine, contention(3, 2), GALLERY[name], seeds=9).executions for engine in engines
        }
        for name in names
    }
