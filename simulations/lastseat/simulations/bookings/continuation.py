"""Going on from a point: the first steps of a schedule are given, and a strategy covers all that can follow."""

from collections.abc import Callable, Mapping, Sequence

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.exploration import Exploration

CONTINUING: Mapping[str, Callable[..., Exploration]] = {"brute": explore_brute, "merged": explore_merged}


def continue_from(
    scenario: Scenario,
    implementation: Implementation,
    prefix: Sequence[Step],
    strategy: str = "merged",
    *,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Cover every schedule that begins with `prefix`, whose faults count against the budget of the scenario.

    Every figure is about whole schedules, the given steps included. Raises ScheduleError, with its number, at the
    first step of the prefix that does not apply, and ExplorationError where the strategy cannot go on from a point.
    """
    explore = CONTINUING.get(strategy)
    if explore is None:
        raise ExplorationError(f"{quoted(strategy)} cannot go on from a point; {' and '.join(CONTINUING)} can")
    return explore(scenario, implementation, seconds=seconds, progress=progress, prefix=prefix)
