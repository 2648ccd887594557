"""How the number BOOKED grows with the attempts where there is a seat for everyone."""

from collections.abc import Sequence
from math import pi, sqrt

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lastseat.reference.values import Outcome
from lastseat.simulations.figures.sampling import interval
from lastseat.simulations.figures.style import COLOURS, INK, INKS, MUTED, PAPER, SMALL, axes, page, styled
from lastseat.simulations.figures.wording import in_words, shares
from lastseat.simulations.sweeps.chunks import Sampled
from lastseat.simulations.sweeps.estimates import estimates
from lastseat.simulations.sweeps.points import SweepLaw


@styled
def growth(
    attempts: Sequence[int] = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200),
    sampled: Sequence[Sampled] = (),
    *,
    title: str = "",
) -> Figure:
    """Return the mean number BOOKED with a seat for everyone under the uniform law, beside 2*sqrt(n/pi).

    Samples may have more attempts than an exact law is known for. Raises ValueError where their law is not uniform,
    or where they have fewer seats than attempts.
    """
    if not attempts or min(attempts) < 1:
        raise ValueError(f"growth is over attempts from 1, not {tuple(attempts)}")
    for sample in sampled:
        if sample.point.law is not SweepLaw.UNIFORM or sample.point.capacity < sample.point.attempts:
            raise ValueError(f"samples of {sample.point} do not have a seat for everyone under the law uniform")
    means = [many * shares(many, many, "uniform", "version-first")[Outcome.BOOKED] for many in attempts]
    most = max([*attempts, *(sample.point.attempts for sample in sampled)])
    title = title or "With a seat for everyone, the number BOOKED grows like 2√(n/π)"
    dots = " Squares: sampled." if sampled else ""
    figure = page(
        8.0,
        4.1,
        title,
        f"Mean of n attempts; {in_words('uniform', 'version-first')}. Both axes are logarithmic.{dots}",
    )
    drawn = axes(figure, 0.75, 0.62, 6.35, 3.95)
    curve = [most ** (place / 60) for place in range(61)]
    drawn.plot(curve, [2 * sqrt(many / pi) for many in curve], color=INK, lw=1.2)
    drawn.plot(curve, curve, color=MUTED, lw=1, ls=":")
    drawn.plot(attempts, means, "o", color=COLOURS[Outcome.BOOKED], mec=INKS[Outcome.BOOKED], ms=6, clip_on=False)
    for sample in sampled:
        many = sample.point.attempts
        share, low, high = (many * value for value in interval(estimates(sample)[0]))
        drawn.errorbar(many, share, [[share - low], [high - share]], fmt="s", ms=5.5, mfc=PAPER, mec=INK, ecolor=INK)
    _scales(drawn, most)
    _ends(drawn, most, means[-1], attempts[-1])
    return figure


def _scales(drawn: Axes, most: int) -> None:
    drawn.set_xscale("log")
    drawn.set_yscale("log")
    drawn.set_xlim(0.9, most * 1.08)
    drawn.set_ylim(0.8, most * 1.08)
    drawn.set_xlabel("attempts n")
    drawn.set_ylabel("mean number BOOKED")
    for axis in (drawn.xaxis, drawn.yaxis):
        axis.set_major_formatter(lambda value, _place: f"{value:,.0f}")
        axis.set_minor_formatter(lambda _value, _place: "")
    drawn.grid()


def _ends(drawn: Axes, most: int, mean: float, at: int) -> None:
    for y, text, colour in ((2 * sqrt(most / pi), "2√(n/π)", INK), (most, "all n BOOKED", MUTED)):
        drawn.annotate(
            text,
            (most, y),
            (10, 0),
            textcoords="offset points",
            va="center",
            size=SMALL,
            color=colour,
            annotation_clip=False,
        )
    said = f"at n = {at}\nexact {mean:.2f}\n2√(n/π) {2 * sqrt(at / pi):.2f}"
    drawn.text(0.97, 0.06, said, transform=drawn.transAxes, ha="right", size=SMALL, linespacing=1.3)
