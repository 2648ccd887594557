"""One law of outcomes: how likely each number BOOKED, REJECTED and FAILED is."""

from collections import Counter
from fractions import Fraction

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lastseat.model import world
from lastseat.model.law.outcomes import Law
from lastseat.reference.values import Outcome
from lastseat.simulations.figures.style import COLOURS, INK, INKS, PAPER, axes, page, styled
from lastseat.simulations.figures.wording import in_words
from lastseat.simulations.sweeps.chunks import Sampled


@styled
def marginals(law: Law[Fraction] | Law[float], sampled: Sampled | None = None, *, title: str = "") -> Figure:
    """Return the probability of each number of attempts BOOKED, REJECTED and FAILED, and what was sampled as dots.

    Raises ValueError where the samples are of other attempts, capacity, law or policy.
    """
    asked = (law.attempts, law.capacity, str(law.schedules), str(law.policy))
    if sampled is not None:
        point = sampled.point
        if (point.attempts, point.capacity, str(point.law), str(point.policy)) != asked or not sampled.runs:
            raise ValueError(
                f"samples of {point} do not belong to {law.attempts} on {law.capacity}, {asked[2]}, {asked[3]}"
            )
    means = {outcome: float(law.mean()[world.Outcome(outcome)]) for outcome in Outcome}
    told = ", ".join(f"{mean:.2f} {outcome}" for outcome, mean in means.items())
    title = title or f"{law.attempts} attempts, capacity {law.capacity}: on average {told}"
    dots = f" Dots: {sampled.runs:,} schedules sampled." if sampled else ""
    figure = page(9.6, 3.4, title, f"Exact probability of each number of attempts; {in_words(*asked[2:])}.{dots}")
    most = max(float(chance) for outcome in world.Outcome for chance in law.marginal(outcome).values())
    for place, outcome in enumerate(Outcome):
        left = 0.85 + 2.95 * place
        drawn = axes(figure, left, 0.62, left + 2.6, 2.98)
        mass = law.marginal(world.Outcome(outcome))
        drawn.bar(
            list(mass), [float(chance) for chance in mass.values()], color=COLOURS[outcome], ec=INKS[outcome], lw=0.6
        )
        if sampled is not None:
            seen = Counter[int]()
            for mix, runs in sampled.mixes.items():
                seen[mix[place]] += runs
            drawn.plot(list(seen), [runs / sampled.runs for runs in seen.values()], "o", mfc=PAPER, mec=INK, ms=4.5)
        drawn.set_xlim(-0.7, law.attempts + 0.7)
        drawn.set_ylim(0, 1.08 * most)
        drawn.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        drawn.set_title(outcome, loc="left", size=10, weight="bold", color=INKS[outcome])
        drawn.set_xlabel("attempts")
        drawn.tick_params(labelleft=not place)
        drawn.grid(axis="y")
        if not place:
            drawn.set_ylabel("probability")
    return figure
