"""How soon each engine or strategy comes upon the first violation of an implementation."""

from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.explore import MERGED, explore_merged, explore_program
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.sample import Draws, sample_booking
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.budget import DID_NOT_END
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.strategies.sampling import samplers

COMPLETE = ("brute", MERGED, "dpor")  # these leave nothing out
BOUNDED = ("dpor", "preemptions=0", "preemptions=1", "preemptions=2", "delays=1")
ENGINES = ("brute", MERGED, *BOUNDED, *samplers.STRATEGIES)
MOST_EXECUTIONS = 3_000  # in one search; there are 2,520 schedules of four attempts


class Search(StrEnum):
    """How a search for the first violation ended."""

    FOUND = "found"
    EXHAUSTED = "exhausted"  # nothing left to run, and nothing found
    LIMITED = "limited"  # by the number of executions


@dataclass(frozen=True, slots=True)
class Cell:
    """What one engine made of one implementation.

    `executions` is how many it took to the first violation, the one that shows it included; None: not found. Of a
    random strategy it is the median over `seeds` searches, of which `found` came upon one. Of merged it counts single
    steps of real code, each performed once.
    """

    search: Search
    executions: int | None = None
    found: int = 0
    seeds: int = 1

    def __str__(self) -> str:
        if self.search is Search.EXHAUSTED:
            return "-"
        some = f" ({self.found}/{self.seeds})" if self.found < self.seeds and self.seeds > 1 else ""
        return (f"> {MOST_EXECUTIONS:,}" if self.executions is None else f"{self.executions:,}") + some


class OutOfTimeError(Exception):
    """The budget of seconds is used up."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When to stop, as `time.monotonic` has it; None: never."""

    deadline: float | None = None

    @property
    def left(self) -> float | None:
        """Return how many seconds are left, None where nobody counts them."""
        return None if self.deadline is None else max(0.0, self.deadline - monotonic())

    def check(self) -> None:
        """Raise OutOfTimeError where it is over."""
        if self.left == 0:
            raise OutOfTimeError


FOREVER = Clock()


def first_violation(
    engine: str, scenario: Scenario, implementation: Implementation, *, seeds: int = 1, clock: Clock = FOREVER
) -> Cell:
    """Return how soon an engine finds any clause violated; random strategies are asked once for each seed from 0.

    Raises ExplorationError where there is no such engine, or where the code under test raises or is not
    deterministic; OutOfTimeError when the clock says so.
    """
    if engine not in ENGINES:
        raise ExplorationError(f"there is no engine {quoted(engine)}; there are {', '.join(ENGINES)}")
    if engine in samplers.STRATEGIES:
        return _sampled(engine, scenario, implementation, seeds, clock)
    clock.check()
    if engine == MERGED:  # the checks of symmetry would perform further steps
        seen = explore_merged(scenario, implementation, seconds=clock.left, stop_at_first=True, symmetry=False)
    else:
        seen = explore_program(
            scenario,
            implementation,
            strategy=engine,
            executions=MOST_EXECUTIONS,
            seconds=clock.left,
            stop_at_first=True,
        )
    return _cell(seen, clock)


def _cell(seen: Exploration, clock: Clock) -> Cell:
    if seen.interrupted:
        raise KeyboardInterrupt
    done = seen.executions + seen.blocked
    if seen.violations:
        return Cell(Search.FOUND, done, 1)
    if not seen.complete:
        clock.check()
    is_limited = DID_NOT_END in seen.why or (not seen.complete and done >= MOST_EXECUTIONS)
    return Cell(Search.LIMITED if is_limited else Search.EXHAUSTED)


def _sampled(strategy: str, scenario: Scenario, implementation: Implementation, seeds: int, clock: Clock) -> Cell:
    counts: list[int] = []
    for seed in range(seeds):
        clock.check()
        draws = Draws(strategy, MOST_EXECUTIONS, seed)
        sampled = sample_booking(scenario, implementation, draws, seconds=clock.left, stop_at_first=True)
        cell = _cell(sampled.seen, clock)
        if cell.executions is not None:
            counts.append(cell.executions)
    # The lower median, with every search that found nothing above all others.
    middle = (seeds - 1) // 2
    if middle < len(counts):
        return Cell(Search.FOUND, sorted(counts)[middle], len(counts), seeds)
    return Cell(Search.LIMITED, None, len(counts), seeds)
