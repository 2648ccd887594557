"""The command `outcomes`: the exact law of BOOKED, REJECTED and FAILED under contention, and samples beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
from rich.console import RenderableType
from rich.text import Text

from lastseat.model.law.outcomes import FaultRates, Law, ScheduleLaw, outcomes
from lastseat.model.world import Outcome, Policy
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.cli.options import HOLDS, INCOMPLETE, INTERRUPTED, is_given, json_option, units_listed
from lastseat.simulations.cli.terminal import print_json, printing
from lastseat.simulations.common.files import check_place
from lastseat.simulations.common.text import counted, quoted
from lastseat.simulations.reports.data import mix_key
from lastseat.simulations.reports.text import print_table, table_of

if TYPE_CHECKING:  # numpy is optional
    from lastseat.simulations.sweeps.estimates import Estimate
    from lastseat.simulations.sweeps.sweep import Swept

MOST_ROWS = 24  # mixes that are printed; --json has them all
FEW_DIGITS = 24  # characters of a fraction that are printed as they are


@dataclass(frozen=True, slots=True)
class Asked:
    """How many attempts, for how many units each (None: one), at how much capacity."""

    attempts: int
    capacity: int
    units: tuple[int, ...] | None


class Probability(click.ParamType):  # type: ignore[type-arg]
    """A number from 0 to 1, as a decimal or a fraction, kept exactly."""

    name = "P"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Return the fraction; a text that is none, or out of range, is refused."""
        try:
            number = Fraction(str(value)) if len(str(value)) <= 40 else Fraction(-1)
        except (ValueError, ZeroDivisionError):
            number = Fraction(-1)
        if not 0 <= number <= 1:
            self.fail(f"{quoted(str(value))} is no probability from 0 to 1, like 0.05 or 1/20", param, ctx)
        return number


PROBABILITY = Probability()
KINDS = ("stacked", "heat-map", "ternary")


@click.command("outcomes")
@click.option(
    "--law",
    type=click.Choice([law.value for law in ScheduleLaw]),
    default="uniform",
    show_default=True,
    help="uniform: every interleaving is equally likely; walk: the next attempt is.",
)
@click.option(
    "--policy",
    type=click.Choice([policy.value for policy in Policy]),
    default="version-first",
    show_default=True,
    help="Which check of persist comes first.",
)
@click.option("--scenario", "source", metavar="FILE.toml", help="A scenario file, or a shipped one by name.")
@click.option("--attempts", type=click.IntRange(0, 5000), metavar="N", help="How many (default 2).")
@click.option("--capacity", type=click.IntRange(0), metavar="C", help="The units of that resource (default 1).")
@click.option("--units", type=units_listed, metavar="U,U,…", help="Requested units, for all or each (default 1).")
@click.option("--same-id", is_flag=True, help="Refused: the law is that of different bookings.")
@click.option("--in-flight", type=click.IntRange(1), metavar="M", help="At most M attempts between their two steps.")
@click.option("--crash", type=PROBABILITY, default="0", help="Probability that an attempt dies before its persist.")
@click.option("--unavailable", type=PROBABILITY, default="0", help="Probability that the store does not answer.")
@click.option("--lost", type=PROBABILITY, default="0", help="Probability that an acknowledgement is lost.")
@click.option("--float", "as_float", is_flag=True, help="Floats instead of fractions, for large numbers.")
@click.option("--sample", type=click.IntRange(1, 10**9), metavar="R", help="Set the frequencies in R runs beside it.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the sample.")
@click.option("--plot", metavar="FILE", help="Draw it for 1 to N attempts: FILE.svg, .png or .pdf.")
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="What --plot draws.")
@json_option
def outcomes_command(
    law: str,
    policy: str,
    crash: Fraction,
    unavailable: Fraction,
    lost: Fraction,
    in_flight: int | None,
    as_float: bool,
    sample: int | None,
    seed: int,
    plot: str | None,
    kind: str,
    as_json: bool,
    **named: Any,
) -> int:
    """Give the exact law of BOOKED, REJECTED and FAILED.

    It is computed by dynamic programming and not by enumeration, for attempts with ids of their own on one resource.
    """
    asked, faults = _asked(**named), FaultRates(crash, unavailable, lost)
    plain = not any(faults) and in_flight is None and (asked.units is None or set(asked.units) <= {1})
    for option, given in (("--sample", sample), ("--plot", plot)):
        if given is not None and not plain:
            raise click.UsageError(f"{option} knows one unit each, no faults and no limit in flight")
    for option, name, needed, given in (("--seed", "seed", "--sample", sample), ("--kind", "kind", "--plot", plot)):
        if given is None and is_given(name):
            raise click.UsageError(f"{option} comes with {needed}")
    started = monotonic()
    exact, units = not as_float, asked.units
    found = outcomes(
        asked.attempts, asked.capacity, law, policy, exact=exact, in_flight=in_flight, units=units, faults=faults
    )
    swept = None if sample is None else _sampled(asked, law, policy, sample, seed)
    if plot is not None:
        _plot(asked, law, policy, plot, kind)
    if as_json:
        print_json({**law_data(found), **_sample_data(swept), "plot": plot}, monotonic() - started)
    else:
        with printing():
            for part in _told(found, swept, monotonic() - started):
                _print(part)
    if swept is None or swept.complete:
        return HOLDS
    return INTERRUPTED if swept.interrupted else INCOMPLETE


def _asked(
    source: str | None, attempts: int | None, capacity: int | None, units: tuple[int, ...] | None, same_id: bool
) -> Asked:
    if same_id:
        raise click.UsageError("the law of outcomes is that of attempts with ids of their own: no --same-id")
    if source is None:
        return Asked(2 if attempts is None else attempts, 1 if capacity is None else capacity, units)
    if (attempts, capacity, units) != (None, None, None):
        raise click.UsageError("--scenario comes with no --attempts, --capacity or --units")
    return _of_scenario(find_scenario(source))


def _of_scenario(scenario: Scenario) -> Asked:
    requests = scenario.originals
    resource, *others = {request.resource_id for request in requests}
    ids = {request.booking_id for request in requests}
    capacities = dict(scenario.capacities)
    if others or resource not in capacities or len(ids) < len(requests) or scenario.faults.most:
        raise click.UsageError(
            f"the law of outcomes is that of attempts with ids of their own on one resource, without a fault budget; "
            f"{scenario.name} is another case"
        )
    return Asked(len(requests), capacities[resource], tuple(request.units for request in requests))


def _sampled(asked: Asked, law: str, policy: str, runs: int, seed: int) -> "Swept":
    from lastseat.reference.store import Policy as StorePolicy
    from lastseat.simulations.common.progress_bar import stages
    from lastseat.simulations.sweeps.chunks import Plan
    from lastseat.simulations.sweeps.points import Point, SweepLaw
    from lastseat.simulations.sweeps.sweep import sweep

    plan = Plan((Point(asked.attempts, asked.capacity, SweepLaw(law), StorePolicy(policy)),), runs, seed)
    with stages() as stage:
        return sweep(plan, progress=stage("sample"))


def _plot(asked: Asked, law: str, policy: str, file: str, kind: str) -> None:
    if not file.endswith((".svg", ".png", ".pdf")):
        raise click.BadParameter(f"{quoted(file)} ends neither in .svg nor in .png or .pdf", param_hint="'--plot'")
    check_place(file)
    from lastseat.simulations.figures import laws
    from lastseat.simulations.figures.style import save

    attempts, capacity = max(asked.attempts, 2), asked.capacity
    if kind == "stacked":
        drawn = laws.stacked(_evenly(attempts, 60), capacity, law, policy)
    elif kind == "heat-map":
        drawn = laws.heat_map(_evenly(attempts, 20), _evenly(max(capacity, 2), 10), law, policy)
    else:
        cloud = (attempts, capacity)
        drawn = laws.ternary(_doubling(attempts), _doubling(max(capacity, 1)), law, policy, cloud)
    save(drawn, Path(file))


def _evenly(most: int, count: int) -> list[int]:
    """Return at most so many numbers from 1 to `most`, both with them."""
    count = min(most, count)
    return [1 + number * (most - 1) // (count - 1) for number in range(count)]


def _doubling(most: int) -> list[int]:
    """Return the powers of two below `most`, and `most`: labels of these stand apart."""
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def law_data(found: Law[Fraction] | Law[float]) -> dict[str, object]:
    """Return a law as `--json` gives it: fractions as "p/q", floats as numbers with their relative error."""

    def shown(number: Fraction | float) -> str | float:
        return str(number) if isinstance(number, Fraction) else number

    return {
        "attempts": found.attempts,
        "capacity": found.capacity,
        "schedules": str(found.schedules),
        "policy": str(found.policy),
        "law": {mix_key(mix): shown(mass) for mix, mass in found.mass.items()},
        "mean": [shown(mean) for mean in found.mean().values()],
        "variance": [shown(variance) for variance in found.variance().values()],
        "share": [float(share) for share in found.share().values()],
        "error": found.error,
        "complete": True,
        "violations": [],
    }


def _sample_data(swept: "Swept | None") -> dict[str, object]:
    if swept is None:
        return {}
    from lastseat.simulations.sweeps.estimates import estimates

    (sampled,) = swept.samples
    intervals = {
        str(estimate.outcome): {"share": estimate.share, "low": estimate.low, "high": estimate.high}
        for estimate in estimates(sampled)
    }
    return {
        "sampled": {mix_key(mix): runs for mix, runs in sampled.mixes.items()},
        "runs": sampled.runs,
        "seed": swept.plan.seed,
        "confidence": 0.95,
        "intervals": intervals,
        "complete": swept.complete,
    }


def _told(found: Law[Fraction] | Law[float], swept: "Swept | None", seconds: float) -> Iterator[RenderableType]:
    sampled = None if swept is None else swept.samples[0]
    title = f"{counted(found.attempts, 'attempt')}, capacity {found.capacity}: law {found.schedules}, {found.policy}"
    columns = ["BOOKED", "REJECTED", "FAILED", "probability", "", *(["sampled"] if sampled else [])]
    table = table_of(title, *columns, numbers=range(6))
    likeliest = sorted(found.mass, key=lambda mix: found.mass[mix], reverse=True)[:MOST_ROWS]
    for mix in sorted(likeliest, reverse=True):
        mass = found.mass[mix]
        exact = str(mass) if isinstance(mass, Fraction) and len(str(mass)) <= FEW_DIGITS else ""
        beside = [f"{sampled.mixes.get(mix, 0) / sampled.runs:.6f}"] if sampled and sampled.runs else []
        table.add_row(*map(str, mix), exact, f"{float(mass):.6f}", *beside)
    yield table
    if len(found.mass) > MOST_ROWS:
        yield Text(f"The {MOST_ROWS} likeliest of {len(found.mass):,} mixes; --json has them all.", style="dim")
    yield _means(found, swept)
    error = f", each within a factor 1 ± {found.error:.1e}" if found.error else ", exact"
    yield Text(
        f"{counted(len(found.mass), 'mix')[:-1] + 'es' if len(found.mass) != 1 else '1 mix'}{error}, {seconds:.2f} s"
    )


def _means(found: Law[Fraction] | Law[float], swept: "Swept | None") -> RenderableType:
    columns = ["outcome", "mean", "variance", "share", *(["sampled share, 95 % interval"] if swept else [])]
    table = table_of("How many attempts end so", *columns, numbers=range(1, 5))
    beside = {str(estimate.outcome): _interval_told(estimate) for estimate in _estimates(swept)}
    for outcome in Outcome:
        figures = (found.mean()[outcome], found.variance()[outcome], found.share()[outcome])
        shown = [f"{float(figure):.6f}" for figure in figures]
        table.add_row(str(outcome), *shown, *([beside[str(outcome)]] if swept else []))
    return table


def _estimates(swept: "Swept | None") -> "tuple[Estimate, ...]":
    if swept is None:
        return ()
    from lastseat.simulations.sweeps.estimates import estimates

    return estimates(swept.samples[0])


def _interval_told(estimate: "Estimate") -> str:
    if estimate.share is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.share:.6f} ({estimate.low:.6f} to {estimate.high:.6f})"


def _print(part: RenderableType) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if isinstance(part, Table):
        print_table(console, part)
    else:
        console.print(part, soft_wrap=True)
