"""Laws of outcomes as pictures, exact beside sampled. Every figure names its law of schedules and its policy.

Shares are of the attempts, which ask for one unit each. `exact` is without sampling: the numbers are those of
`lastseat.model.law.outcomes.outcomes`, in floats. Samples come from `sample`, or any sweep. Where no `title` is
given, it is made from the numbers that are shown.
"""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lastseat.reference.store import Policy
from lastseat.reference.values import Outcome
from lastseat.simulations.common.text import counted
from lastseat.simulations.figures.growth import growth
from lastseat.simulations.figures.marginals import marginals
from lastseat.simulations.figures.residuals import residuals
from lastseat.simulations.figures.sampling import interval, sample
from lastseat.simulations.figures.style import COLOURS, INK, INKS, PAPER, SMALL, axes, page, spread, styled
from lastseat.simulations.figures.ternary import ternary
from lastseat.simulations.figures.wording import in_words, per_cent, shares
from lastseat.simulations.sweeps.chunks import Sampled
from lastseat.simulations.sweeps.estimates import estimates

__all__ = ["growth", "heat_map", "marginals", "policies", "residuals", "sample", "stacked", "ternary", "two_laws"]

STACK = (Outcome.BOOKED, Outcome.FAILED, Outcome.REJECTED)  # from below: so both free edges are BOOKED and REJECTED
TO_FORTY = range(1, 41)


@styled
def stacked(
    attempts: Sequence[int] = TO_FORTY,
    capacity: int = 5,
    law: str = "uniform",
    policy: str = "version-first",
    sampled: Sequence[Sampled] = (),
    *,
    title: str = "",
) -> Figure:
    """Return the exact shares as stacked areas over the attempts, and samples as dots with 95 % intervals.

    A dot stands on the edge of an area, where it should be. Raises ValueError where samples are of another
    capacity, law or policy, or where there are fewer than two numbers of attempts.
    """
    _check(attempts, sampled, capacity, law, policy)
    last = shares(attempts[-1], capacity, law, policy)
    most = max(Outcome, key=last.__getitem__)
    title = title or f"{attempts[-1]} attempts, capacity {capacity}: {per_cent(last[most])} end {most}"
    dots = " Dots: sampled, with 95 % intervals over schedules." if sampled else ""
    figure = page(8.0, 4.1, title, f"Exact shares of the attempts; {in_words(law, policy)}.{dots}")
    drawn = axes(figure, 0.75, 0.62, 6.45, 3.95)
    _areas(drawn, attempts, capacity, law, policy)
    for point_sample in sampled:
        _dots(drawn, point_sample)
    drawn.set_xlabel("attempts")
    drawn.set_ylabel("share of the attempts")
    return figure


@styled
def policies(
    attempts: Sequence[int] = TO_FORTY, capacity: int = 5, law: str = "uniform", *, title: str = ""
) -> Figure:
    """Return the stacked areas of version-first and capacity-first beside each other. Raises ValueError."""
    last = [shares(attempts[-1], capacity, law, policy) for policy in Policy]
    same = abs(last[0][Outcome.BOOKED] - last[1][Outcome.BOOKED]) < 1e-9
    claim = (
        "The order of the checks moves FAILED to REJECTED, and BOOKED stays" if same else "Two orders of the checks"
    )
    said = f"Exact shares of the attempts, capacity {capacity}; {in_words(law)}."
    return _beside(attempts, capacity, [(law, policy) for policy in Policy], list(Policy), title or claim, said)


@styled
def two_laws(
    attempts: Sequence[int] = TO_FORTY, capacity: int = 5, policy: str = "version-first", *, title: str = ""
) -> Figure:
    """Return the stacked areas of the laws uniform and walk beside each other. Raises ValueError."""
    laws = ("uniform", "walk")
    booked = [shares(attempts[-1], capacity, law, policy) for law in laws]
    least = [per_cent(share[Outcome.FAILED]) for share in booked]
    claim = f"Two meanings of random: of {attempts[-1]} attempts {least[0]} end FAILED, or {least[1]}"
    said = f"Exact shares of the attempts, capacity {capacity}; {in_words(policy=policy)}."
    heads = ["uniform: every schedule is equally likely", "walk: each unfinished attempt is equally likely next"]
    return _beside(attempts, capacity, [(law, policy) for law in laws], heads, title or claim, said)


def _beside(
    attempts: Sequence[int],
    capacity: int,
    kinds: Sequence[tuple[str, str]],
    heads: Sequence[str],
    title: str,
    subtitle: str,
) -> Figure:
    _check(attempts)
    figure = page(10.4, 3.95, title, subtitle)
    for place, ((law, policy), head) in enumerate(zip(kinds, heads, strict=True)):
        left = 0.75 + 4.85 * place
        drawn = axes(figure, left, 0.62, left + 3.4, 3.53)
        _areas(drawn, attempts, capacity, law, policy)
        drawn.set_title(head, loc="left", size=9, weight="bold", color=INK)
        drawn.set_xlabel("attempts")
        drawn.tick_params(labelleft=not place)
        if not place:
            drawn.set_ylabel("share of the attempts")
    return figure


def _check(
    attempts: Sequence[int], sampled: Sequence[Sampled] = (), capacity: int = 0, law: str = "", policy: str = ""
) -> None:
    if len(attempts) < 2 or any(before >= after for before, after in pairwise(attempts)):
        raise ValueError(f"attempts must be at least two numbers in ascending order, not {tuple(attempts)}")
    for point_sample in sampled:
        point = point_sample.point
        if (point.capacity, str(point.law), str(point.policy)) != (capacity, law, policy):
            raise ValueError(f"samples of {point} do not belong to capacity {capacity}, {law}, {policy}")


def _areas(drawn: Axes, attempts: Sequence[int], capacity: int, law: str, policy: str) -> None:
    """Draw the areas, and at their right ends what they are and how large."""
    each = [shares(many, capacity, law, policy) for many in attempts]
    below = [0.0] * len(attempts)
    middles = []
    for outcome in STACK:
        above = [low + share[outcome] for low, share in zip(below, each, strict=True)]
        drawn.fill_between(attempts, below, above, color=COLOURS[outcome], lw=0)
        if outcome != STACK[-1]:
            drawn.plot(attempts, above, color=PAPER, lw=1.0)
        middles.append((below[-1] + above[-1]) / 2)
        below = above
    drawn.set_xlim(attempts[0], attempts[-1])
    drawn.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    drawn.set_ylim(0, 1)
    drawn.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    for outcome, place in zip(STACK, spread(middles, 0.07, 1), strict=True):
        drawn.annotate(
            f"{outcome} {per_cent(each[-1][outcome])}",
            (1, place),
            (7, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            color=INKS[outcome],
            weight="bold",
            size=SMALL,
            va="center",
        )


def _dots(drawn: Axes, sampled: Sampled) -> None:
    """Draw what was sampled on the two edges between the three areas."""
    booked, rejected, _ = estimates(sampled)
    for estimate, falling in ((booked, False), (rejected, True)):
        share, low, high = (1 - value if falling else value for value in interval(estimate))
        low, high = min(low, high), max(low, high)
        drawn.errorbar(
            sampled.point.attempts,
            share,
            [[share - low], [high - share]],
            fmt="o",
            ms=4.5,
            mfc=PAPER,
            mec=INK,
            ecolor=INK,
            elinewidth=1.1,
            capsize=2.5,
            clip_on=False,
            zorder=4,
        )


@styled
def heat_map(
    attempts: Sequence[int] = range(1, 21),
    capacities: Sequence[int] = range(1, 9),
    law: str = "uniform",
    policy: str = "version-first",
    outcome: str = "FAILED",
    *,
    title: str = "",
) -> Figure:
    """Return the exact share of one outcome over attempts x capacity, in per cent. Raises ValueError."""
    if not attempts or not capacities or outcome not in set(Outcome):
        raise ValueError(f"a heat map needs attempts, capacities and one of {', '.join(Outcome)}, not {outcome!r}")
    named = Outcome(outcome)
    table = [[shares(many, capacity, law, policy)[named] for many in attempts] for capacity in capacities]
    flat = {(many, c): table[y][x] for y, c in enumerate(capacities) for x, many in enumerate(attempts)}
    (many, capacity), most = max(flat.items(), key=lambda cell: cell[1])
    title = title or f"Up to {per_cent(most)} {outcome}: {counted(many, 'attempt')} on a capacity of {capacity}"
    width, height = 0.95 + 0.4 * len(attempts), 0.8 + 0.3 * len(capacities)
    figure = page(
        max(width, 7.0),
        height,
        title,
        f"Exact share of the attempts that end {outcome}, in %; {in_words(law, policy)}.",
    )
    drawn = axes(figure, 0.75, 0.62, 0.75 + 0.4 * len(attempts), height - 0.15)
    colours = LinearSegmentedColormap.from_list(outcome, [PAPER, COLOURS[named], INKS[named]])
    drawn.pcolormesh(table, cmap=colours, vmin=0, vmax=1, edgecolors=PAPER, linewidth=0.8)
    for y, row in enumerate(table):
        for x, share in enumerate(row):
            ink = PAPER if _is_dark(colours(share)) else INK
            drawn.text(x + 0.5, y + 0.5, f"{100 * share:.0f}", ha="center", va="center", size=8, color=ink)
    drawn.set_xticks([x + 0.5 for x in range(len(attempts))], [str(many) for many in attempts])
    drawn.set_yticks([y + 0.5 for y in range(len(capacities))], [str(units) for units in capacities])
    drawn.tick_params(length=0)
    drawn.spines[:].set_visible(False)
    drawn.set_xlabel("attempts")
    drawn.set_ylabel("capacity")
    return figure


def _is_dark(colour: tuple[float, float, float, float]) -> bool:
    """Return whether white is easier to read on this colour than black; by the weights of ITU-R BT.709."""
    linear = [((part + 0.055) / 1.055) ** 2.4 if part > 0.04045 else part / 12.92 for part in colour[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] < 0.2
