"""Random schedules of booking attempts, judged step by step."""

from dataclasses import dataclass, replace

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.program import BookingWatch, booking_program
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.budget import Budget
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies.sampling.driving import RUNS, drive_sampler
from lastseat.simulations.strategies.sampling.samplers import sampler_of


@dataclass(frozen=True, slots=True)
class Draws:
    """Which schedules are drawn. `depth` is that of pct, None for the others."""

    strategy: str = "uniform"
    runs: int = RUNS
    seed: int = 0
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was seen; `seen.complete` says that all runs were made. `law` says what they were drawn from."""

    seen: Exploration
    law: str


def sample_booking(
    scenario: Scenario,
    implementation: Implementation,
    draws: Draws,
    *,
    seconds: float | None = None,
    stop_at_first: bool = False,
    progress: Progress = silent,
) -> Sampled:
    """Run the real code under random schedules, faults included, and judge every step and every run.

    Stops early, and says so, after `seconds`, at the first violation where `stop_at_first`, or at Ctrl-C. Raises
    ExplorationError where the code under test raises or is not deterministic, and where the draws are out of range.
    """
    program, watch = booking_program(scenario, implementation), BookingWatch(scenario, implementation)
    try:
        sampler = sampler_of(
            draws.strategy, program, program.meter(), watch, runs=draws.runs, seed=draws.seed, depth=draws.depth
        )
        budget = Budget(None, seconds, stop_at_first, progress)
        driven = drive_sampler(sampler, watch, draws.runs, budget, watch.begin)
    except ProgramError as error:
        raise ExplorationError(f"scenario {scenario.name}: {error}") from error
    made = replace(driven, why="" if sampler.complete else driven.why)
    return Sampled(watch.report(draws.strategy, sampler, made, sampler.coverage), sampler.left_out())
