"""How far samples are from the exact law, and how far they may be."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.values import Outcome
from lastseat.simulations.figures.sampling import interval, sample
from lastseat.simulations.figures.style import COLOURS, INK, INKS, MUTED, axes, page, styled
from lastseat.simulations.figures.wording import in_words, shares
from lastseat.simulations.sweeps.chunks import Sampled
from lastseat.simulations.sweeps.estimates import estimates

MINUS = "\N{MINUS SIGN}"


@styled
def residuals(sampled: Sequence[Sampled] | None = None, confidence: float = 0.95, *, title: str = "") -> Figure:
    """Return sampled minus exact share for each outcome over the attempts, and the bands in which it should be.

    The wide band is right: it takes the exact variance over schedules. The dashed one treats the attempts as
    independent, which those of one schedule are not. Raises ValueError for samples of different capacities, laws or
    policies, and for none.
    """
    taken = tuple(sampled) if sampled is not None else sample((2, 3, 5, 8, 12, 16, 20, 25, 30, 35, 40), 5)
    points = [point_sample.point for point_sample in taken]
    if len({(point.capacity, point.law, point.policy) for point in points}) != 1:
        raise ValueError("residuals are of at least one sample, all of one capacity, law and policy")
    taken = tuple(sorted(taken, key=lambda point_sample: point_sample.point.attempts))
    point, runs = taken[0].point, min(point_sample.runs for point_sample in taken)
    law, policy = str(point.law), str(point.policy)
    reach = NormalDist().inv_cdf((1 + confidence) / 2)
    bands = [_bands(point_sample, reach) for point_sample in taken]
    gaps = [_gaps(point_sample) for point_sample in taken]
    inside = sum(abs(gap[name]) <= band[name][0] for gap, band in zip(gaps, bands, strict=True) for name in Outcome)
    title = (
        title
        or f"{inside} of {3 * len(taken)} sampled shares lie within the {100 * confidence:g} % band over schedules"
    )
    figure = page(
        9.6,
        3.37,
        title,
        f"Sampled minus exact share, capacity {point.capacity}, {runs:,} schedules a point; "
        f"{in_words(law, policy)}.\n"
        "Shaded: the band from the variance over schedules. "
        "Dashed: as if all attempts were independent, which is wrong.",
    )
    wide = max(max(*band[name], abs(gap[name])) for band, gap in zip(bands, gaps, strict=True) for name in Outcome)
    for place, name in enumerate(Outcome):
        left = 0.85 + 2.95 * place
        drawn = axes(figure, left, 0.62, left + 2.6, 2.95)
        _panel(drawn, name, taken, [gap[name] for gap in gaps], [band[name] for band in bands])
        drawn.set_ylim(-1.15 * wide, 1.15 * wide)
        drawn.tick_params(labelleft=not place)
    return figure


def _panel(
    drawn: Axes,
    name: Outcome,
    taken: Sequence[Sampled],
    gaps: Sequence[float],
    bands: Sequence[tuple[float, float]],
) -> None:
    many = [point_sample.point.attempts for point_sample in taken]
    right = [band for band, _ in bands]
    drawn.fill_between(many, [-gap for gap in right], right, color=COLOURS[name], alpha=0.35, lw=0)
    for sign in (1, -1):
        drawn.plot(many, [sign * pooled for _, pooled in bands], "--", color=MUTED, lw=1)
    drawn.axhline(0, color=INK, lw=0.8)
    drawn.plot(many, gaps, "o", color=INKS[name], ms=4.5)
    drawn.set_title(name, loc="left", size=10, weight="bold", color=INKS[name])
    drawn.set_xlabel("attempts")
    drawn.yaxis.set_major_formatter(
        lambda value, _place: f"{100 * value:+.1f} %".replace("-", MINUS) if value else "0"
    )


def _bands(point_sample: Sampled, reach: float) -> dict[Outcome, tuple[float, float]]:
    """Return for each outcome how far the share may be off: by the exact variance, and by that of a binomial."""
    point = point_sample.point
    law = outcomes(point.attempts, point.capacity, str(point.law), str(point.policy), exact=False)
    variances, means = law.variance(), law.share()
    found = {}
    for mine, exact in zip(Outcome, means, strict=True):
        over_schedules = sqrt(max(0.0, variances[exact]) / point_sample.runs) / point.attempts
        pooled = sqrt(max(0.0, means[exact] * (1 - means[exact])) / (point_sample.runs * point.attempts))
        found[mine] = (reach * over_schedules, reach * pooled)
    return found


def _gaps(point_sample: Sampled) -> dict[Outcome, float]:
    point = point_sample.point
    exact = shares(point.attempts, point.capacity, str(point.law), str(point.policy))
    return {each.outcome: interval(each)[0] - exact[each.outcome] for each in estimates(point_sample)}
