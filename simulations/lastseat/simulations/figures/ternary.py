"""The mean mix of outcomes as a point in a triangle, whose corners are: all BOOKED, all REJECTED, all FAILED."""

from collections.abc import Sequence
from math import sqrt
from typing import TypeAlias

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.values import Outcome
from lastseat.simulations.figures.style import INKS, MUTED, PAPER, RULE, SMALL, canvas, halo, page, spread, styled
from lastseat.simulations.figures.wording import in_words, shares

Place: TypeAlias = tuple[float, float]

SIDE, LEFT, BOTTOM, RIGHT = 5.6, 0.95, 0.75, 1.5  # inches
HEIGHT = SIDE * sqrt(3) / 2
TO_A_HUNDRED = (1, 2, 5, 10, 20, 50, 100)
CLOUD = "#8C6BB1"


@styled
def ternary(
    attempts: Sequence[int] = TO_A_HUNDRED,
    capacities: Sequence[int] = (1, 2, 3, 5),
    law: str = "uniform",
    policy: str = "version-first",
    cloud: tuple[int, int] | None = (20, 3),
    *,
    title: str = "",
) -> Figure:
    """Return the exact mean mix as a path in a triangle, one for each capacity, with a mark at each of `attempts`.

    `cloud` is (attempts, capacity) of one law that is shown whole: a disk for each mix, its area the probability.
    Raises ValueError for arguments without a law, and where there are no paths.
    """
    if not capacities or not attempts or min(attempts) < 1:
        raise ValueError(f"a triangle needs capacities and attempts from 1, not {capacities} and {attempts}")
    refuses = all(_turns_to_refusal(min(attempts), max(attempts), units, law, policy) for units in capacities)
    claim = "First contention burns attempts, then capacity refuses them" if refuses else "The mean mix of outcomes"
    said = f"Exact mean mix of n attempts at once, one path for each capacity; {in_words(law, policy)}.\n"
    if cloud:
        said += f"Disks: the whole law of {cloud[0]} attempts, capacity {cloud[1]}; the area is the probability."
    figure = page(LEFT + SIDE + RIGHT, BOTTOM + HEIGHT + 0.45, title or claim, said)
    drawn = canvas(figure, 0, 0, *figure.get_size_inches())
    _triangle(drawn)
    if cloud:
        _cloud(drawn, *cloud, law, policy)
    blues = LinearSegmentedColormap.from_list("capacities", ["#5B9BD0", "#0B3F70"])
    ordered = sorted(capacities)
    ends = []
    for rank, capacity in enumerate(ordered):
        colour = blues(rank / max(len(ordered) - 1, 1))
        path = [_place(many, capacity, law, policy) for many in range(min(attempts), max(attempts) + 1)]
        drawn.plot(*zip(*path, strict=True), color=PAPER, lw=4.5)
        drawn.plot(*zip(*path, strict=True), color=colour, lw=2.4)
        for many in attempts:
            drawn.plot(*_place(many, capacity, law, policy), "o", ms=5, mfc=PAPER, mec=colour, mew=1.5)
        ends.append((path[-1], colour))
    _name_paths(drawn, ends, ordered)
    _name_marks(drawn, attempts, ordered[0], law, policy)
    return figure


def _turns_to_refusal(least: int, most: int, capacity: int, law: str, policy: str) -> bool:
    """Return whether FAILED first rises above REJECTED, and then falls while REJECTED goes on to rise."""
    path = [shares(many, capacity, law, policy) for many in range(least, most + 1)]
    peak = max(range(len(path)), key=lambda at: path[at][Outcome.FAILED])
    fallen = path[peak][Outcome.FAILED] - path[-1][Outcome.FAILED]
    risen = path[-1][Outcome.REJECTED] - path[peak][Outcome.REJECTED]
    return path[peak][Outcome.FAILED] > path[peak][Outcome.REJECTED] and fallen > 0 and risen > 0


def _at(booked: float, rejected: float, failed: float) -> Place:
    """Return the place of a mix whose shares sum to 1, in inches."""
    del booked
    return LEFT + SIDE * (rejected + failed / 2), BOTTOM + HEIGHT * failed


def _place(many: int, capacity: int, law: str, policy: str) -> Place:
    mix = shares(many, capacity, law, policy)
    return _at(mix[Outcome.BOOKED], mix[Outcome.REJECTED], mix[Outcome.FAILED])


def _triangle(drawn: Axes) -> None:
    corners = [_at(1, 0, 0), _at(0, 1, 0), _at(0, 0, 1)]
    drawn.fill(*zip(*corners, strict=True), facecolor="#FAFAFC", edgecolor=MUTED, lw=1.2)
    for quarter in (0.25, 0.5, 0.75):
        rest = 1 - quarter
        for ends in (
            (_at(quarter, rest, 0), _at(quarter, 0, rest)),
            (_at(rest, quarter, 0), _at(0, quarter, rest)),
            (_at(rest, 0, quarter), _at(0, rest, quarter)),
        ):
            drawn.plot(*zip(*ends, strict=True), color=RULE, lw=0.7)
    heads = ((-0.1, -0.24), (0.1, -0.24), (0, 0.2))
    for outcome, (x, y), (right, up) in zip(Outcome, corners, heads, strict=True):
        drawn.text(x + right, y + up, f"all {outcome}", color=INKS[outcome], weight="bold", ha="center", va="center")


def _cloud(drawn: Axes, many: int, capacity: int, law: str, policy: str) -> None:
    for mix, mass in outcomes(many, capacity, law, policy, exact=False).mass.items():
        place = _at(mix[0] / many, mix[1] / many, mix[2] / many)
        drawn.plot(*place, "o", ms=38 * sqrt(mass), color=CLOUD, alpha=0.35, mew=0)


def _name_paths(
    drawn: Axes, ends: Sequence[tuple[Place, tuple[float, float, float, float]]], ordered: Sequence[int]
) -> None:
    places = spread([place[1] for place, _ in ends], 0.24, BOTTOM + HEIGHT, BOTTOM)
    for (place, colour), y, capacity in zip(ends, places, ordered, strict=True):
        edge = LEFT + SIDE - (y - BOTTOM) / sqrt(3)
        drawn.text(
            max(place[0] + 0.15, edge + 0.12), y, f"capacity {capacity}", color=colour, weight="bold", va="center"
        )


def _name_marks(drawn: Axes, attempts: Sequence[int], capacity: int, law: str, policy: str) -> None:
    """Name the marks of the lowest path, below it, where there is room for it beside the one before."""
    last: Place | None = None
    for many in attempts:
        x, y = _place(many, capacity, law, policy)
        if many == 1 or (last is not None and abs(last[0] - x) < 0.5 and abs(last[1] - y) < 0.2):
            continue
        last = (x, y)
        rises = _place(many + 1, capacity, law, policy)[1] > y
        side, lined = (0.1, "left") if rises else (-0.12, "right")
        drawn.text(
            x + side, y - 0.13, f"n = {many}", size=SMALL, color=MUTED, ha=lined, va="center", path_effects=halo()
        )
