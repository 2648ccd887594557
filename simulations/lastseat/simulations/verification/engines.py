"""How soon each engine or strategy comes upon the first violation of an implementation."""

from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.brute import Brute
from lastseat.simulations.bookings.exploration import CONFORMANCE
from lastseat.simulations.bookings.merged import LOCAL_BITS, Merged, Sighting, TooNarrowError
from lastseat.simulations.bookings.processes import ExplorationError
from lastseat.simulations.bookings.program import BookingWatch, booking_program
from lastseat.simulations.bookings.real_steps import NonlinearError, RealSteps
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.struck_brute import struck_brute
from lastseat.simulations.bookings.struck_merged import StruckMerged
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.observer import EndlessError, Engine
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies import samplers
from lastseat.simulations.strategies.explore import engine_of

COMPLETE = ("brute", "merged", "dpor")  # these leave nothing out
BOUNDED = ("dpor", "preemptions=0", "preemptions=1", "preemptions=2", "delays=1")
ENGINES = ("brute", "merged", *BOUNDED, *samplers.STRATEGIES)
WITH_FAULTS = ("brute", "merged")  # the others know of no fault
MOST_EXECUTIONS = 3_000  # in one search; there are 2,520 schedules of four attempts


class Search(StrEnum):
    """How a search for the first violation ended."""

    FOUND = "found"
    EXHAUSTED = "exhausted"  # nothing left to run, and nothing found
    LIMITED = "limited"  # by the number of executions
    NO_FAULTS = "no faults"  # not begun: it takes a fault to show, and the engine has none


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
        if self.search is Search.NO_FAULTS:
            return "n/a"
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

    def check(self) -> None:
        """Raise OutOfTimeError where it is over."""
        if self.deadline is not None and monotonic() > self.deadline:
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
    if scenario.faults.most and engine not in WITH_FAULTS:
        return Cell(Search.NO_FAULTS)
    if engine == "brute":
        return _by_brute(scenario, implementation, clock)
    if engine == "merged":
        return _by_merged(scenario, implementation, clock)
    try:
        if engine in samplers.STRATEGIES:
            return _sampled(engine, scenario, implementation, seeds, clock)
        program, watch = booking_program(scenario, implementation), BookingWatch(scenario, implementation)
        return _until_violated(engine_of(engine, program, program.meter(), watch), watch, clock)
    except ProgramError as error:
        raise ExplorationError(f"scenario {scenario.name}: {error}") from error


def _until_violated(engine: Engine, watch: BookingWatch, clock: Clock) -> Cell:
    while not watch.violated:
        clock.check()
        if engine.executions + engine.blocked >= MOST_EXECUTIONS:
            return Cell(Search.LIMITED)
        try:
            if not engine.advance():
                return Cell(Search.EXHAUSTED)
        except EndlessError:
            return Cell(Search.LIMITED)
    return Cell(Search.FOUND, engine.executions + engine.blocked, 1)


def _sampled(strategy: str, scenario: Scenario, implementation: Implementation, seeds: int, clock: Clock) -> Cell:
    program = booking_program(scenario, implementation)
    counts: list[int] = []
    for seed in range(seeds):
        watch = BookingWatch(scenario, implementation)
        sampler = samplers.sampler_of(strategy, program, program.meter(), watch, runs=MOST_EXECUTIONS, seed=seed)
        one = _until_violated(sampler, watch, clock)
        if one.executions is not None:
            counts.append(one.executions)
    # The lower median, with every search that found nothing above all others.
    middle = (seeds - 1) // 2
    if middle < len(counts):
        return Cell(Search.FOUND, sorted(counts)[middle], len(counts), seeds)
    return Cell(Search.LIMITED, None, len(counts), seeds)


def _by_brute(scenario: Scenario, implementation: Implementation, clock: Clock) -> Cell:
    brute = struck_brute(scenario, implementation, ()) if scenario.faults.most else Brute(scenario, implementation)
    while True:
        clock.check()
        brute.execute()
        if brute.shortest.all():
            return Cell(Search.FOUND, brute.executions, 1)
        if not brute.advance():
            return Cell(Search.LIMITED if brute.cut else Search.EXHAUSTED)
        if brute.executions >= MOST_EXECUTIONS:
            return Cell(Search.LIMITED)


class _FoundError(Exception):
    """The first violation was sighted."""


class _Alarm(dict[str, Sighting]):
    """Where sightings go: the first of a clause ends the exploration."""

    def setdefault(self, key: str, default: Sighting) -> Sighting:
        """Raise _FoundError, unless it is no clause that is violated."""
        if key != CONFORMANCE:
            raise _FoundError
        return super().setdefault(key, default)


def _by_merged(scenario: Scenario, implementation: Implementation, clock: Clock) -> Cell:
    """Walk the distinct states, level by level, without the checks of symmetry, which perform further steps."""
    steps = RealSteps(scenario.delivered(), implementation)
    bits = LOCAL_BITS
    while True:
        merged = StruckMerged(steps, bits, ()) if scenario.faults.most else Merged(steps, bits)
        if any(clause != CONFORMANCE for clause in merged.sightings):  # before anybody took a step
            return Cell(Search.FOUND, steps.performed, 1)
        merged.sightings = _Alarm()
        try:
            return _exhausted(merged, clock)
        except TooNarrowError:
            bits *= 2
        except NonlinearError:
            steps.needs_every_linearization = True
        except _FoundError:
            return Cell(Search.FOUND, steps.performed, 1)


def _exhausted(merged: Merged, clock: Clock) -> Cell:
    seen = merged.explore(None, lambda _done, _total: clock.check())
    if seen.interrupted:
        raise KeyboardInterrupt
    return Cell(Search.EXHAUSTED if seen.complete else Search.LIMITED)
