"""The kill table: how soon each engine finds what is wrong with each flawed implementation, and which clauses say so.

A clause that no flaw violates was never seen to bite, and a flaw that nothing kills shows that a clause is missing.
Either one counts as a failure.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache

from lastseat.reference.flawed import GALLERY, RARE, UNDER_FAULTS
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario, shipped_scenarios
from lastseat.simulations.common.progress import Progress
from lastseat.simulations.verification.claims import CLAUSES, MOST_FLAWED_ATTEMPTS
from lastseat.simulations.verification.engines import (
    COMPLETE,
    FOREVER,
    Cell,
    Clock,
    OutOfTimeError,
    Search,
    first_violation,
)

FLAWED: Mapping[str, Implementation] = {**GALLERY, **RARE, **UNDER_FAULTS}
SEEDS = 15  # of each random strategy
ORDINARY = "three-attempts-two-seats"  # where an implementation is run of which no scenario shows anything


def repeated(name: str, capacity: int, booking_ids: str) -> Scenario:
    """Return attempts of one seat each under these ids, one letter each, on a resource of `capacity` seats."""
    requests = tuple(BookingRequest(booking_id, "seats") for booking_id in booking_ids)
    return Scenario(name, "Some ids more than once", (("seats", capacity),), requests)


# What the rare flaws need: more bookings, or more ids, than a shipped scenario of three attempts has.
EXTRA = (
    repeated("a-twice-beside-b", 3, "aab"),
    contention(4, 4),
    repeated("c-twice-after-a-and-b", 4, "abcc"),
)


@cache
def candidates() -> tuple[Scenario, ...]:
    """Return the scenarios on which a flaw is looked for, the smallest first: shipped ones, then the extra ones.

    Smaller is, in this order: fewer faults, attempts, requested units, units of capacity.
    """
    shipped = (scenario for scenario in shipped_scenarios() if len(scenario.requests) <= MOST_FLAWED_ATTEMPTS)
    return (*sorted(shipped, key=_size), *EXTRA)


def _size(scenario: Scenario) -> tuple[int, int, int, int, str]:
    units = sum(request.units for request in scenario.requests)
    capacity = sum(units for _, units in scenario.capacities)
    return scenario.faults.most, len(scenario.requests), units, capacity, scenario.name


def scenario_of(implementation: Implementation, clock: Clock = FOREVER) -> tuple[Scenario, frozenset[str]]:
    """Return the smallest scenario that shows what an implementation breaks, and all clauses violated on it.

    For one that is not said to break anything, that is any clause. Where no scenario shows it: the ordinary one.
    """
    for scenario in candidates():
        clock.check()
        seen = explore_merged(scenario, implementation)
        if seen.interrupted:
            raise KeyboardInterrupt
        if implementation.breaks in seen.violated or (seen.violated and not implementation.breaks):
            return scenario, seen.violated
    return find_scenario(ORDINARY), frozenset()


@dataclass(frozen=True, slots=True)
class Mutant:
    """One row: an implementation, its scenario, the clauses violated over all schedules of it, a cell per engine."""

    implementation: Implementation
    scenario: Scenario
    clauses: tuple[str, ...]
    cells: Mapping[str, Cell]

    @property
    def killed(self) -> bool:
        """Return whether what it is there to break was seen broken; for one without a claim, whether anything was."""
        return bool(self.clauses)

    @property
    def missed_by(self) -> tuple[str, ...]:
        """Return the engines that leave no schedule out, and found nothing where there is something to find.

        The fault would be theirs, not the flaw's.
        """
        ended = (name for name in COMPLETE if name in self.cells and self.cells[name].search is Search.EXHAUSTED)
        return tuple(ended) if self.killed else ()


@dataclass(slots=True)
class KillTable:
    """The rows so far. `why` says what stopped the work, "" where it was done."""

    engines: tuple[str, ...]
    seeds: int
    whole: bool  # the flaws are all that there are, so that every clause must be violated by one of them
    rows: list[Mutant] = field(default_factory=list)
    why: str = ""
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        """Return whether every row was made."""
        return not self.why

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """Return the rows that nothing kills."""
        return tuple(row for row in self.rows if not row.killed)

    @property
    def alone(self) -> Mapping[str, str]:
        """Return the implementations that only one clause catches, each with that clause."""
        return {row.implementation.name: row.clauses[0] for row in self.rows if len(row.clauses) == 1}

    @property
    def unbroken(self) -> tuple[str, ...]:
        """Return the clauses that no flaw violates; none is known where not all flaws were looked at."""
        if not (self.whole and self.complete):
            return ()
        broken = {clause for row in self.rows for clause in row.clauses}
        return tuple(clause for clause in CLAUSES if clause not in broken)

    @property
    def failures(self) -> tuple[str, ...]:
        """Return a sentence for each unbroken clause, each survivor, and each flaw that a complete engine misses."""
        return (
            *(f"no flaw violates {clause}" for clause in self.unbroken),
            *(f"nothing kills {row.implementation.name}" for row in self.survivors),
            *(f"{engine} misses {row.implementation.name}" for row in self.rows for engine in row.missed_by),
        )


def kill_table(
    implementations: Sequence[Implementation],
    engines: Sequence[str],
    *,
    seeds: int = SEEDS,
    clock: Clock = FOREVER,
    stage: Callable[[str, int | None], Progress],
    guard: Callable[[Implementation], AbstractContextManager[object]] = nullcontext,
) -> KillTable:
    """Let every engine look for what is wrong with every implementation; Ctrl-C returns what is known.

    `stage` is called with what is done next and its size, and returns where progress goes. `guard` is what an
    implementation is run in, as somebody's own code may do anything.
    Raises ExplorationError where the code under test raises or is not deterministic.
    """
    whole = {implementation.name for implementation in implementations} >= set(FLAWED)
    table = KillTable(tuple(engines), seeds, whole)
    report = stage("kill table", len(implementations))
    try:
        for done, implementation in enumerate(implementations, start=1):
            with guard(implementation):
                row = _row(implementation, table, clock)
            if row is None:
                table.why = "the seconds were used up"
                break
            table.rows.append(row)
            report(done, len(implementations))
    except KeyboardInterrupt:
        table.why, table.interrupted = "it was interrupted", True
    return table


def _row(implementation: Implementation, table: KillTable, clock: Clock) -> Mutant | None:
    """Return the row of an implementation; None where the time was up before it was whole."""
    try:
        scenario, clauses = scenario_of(implementation, clock)
        cells = {
            name: first_violation(name, scenario, implementation, seeds=table.seeds, clock=clock)
            for name in table.engines
        }
    except OutOfTimeError:
        return None
    return Mutant(implementation, scenario, tuple(clause for clause in CLAUSES if clause in clauses), cells)
