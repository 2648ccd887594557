"""Booking systems: every explorer against a naive one with a judge of its own.

BOOKINGS are without faults, FAULTY with them. HIDDEN are stores that do not show all that decides: an engine refuses
them, or agrees all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias
from unittest.mock import patch

from fuzz.drawn_bookings import cases
from fuzz.flows import Flow, implementation_of
from fuzz.hunting import Target
from fuzz.naive_bookings import Everything, Move, Situation, TooManyError, executed, histories
from fuzz.naive_clauses import effects, nonconforming, violated
from fuzz.stores import Rules, Short

from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.explore import explore_brute, explore_merged, explore_program
from lastseat.simulations.bookings.findings import run_again
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.sample import Draws, sample_booking
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import schedules
from lastseat.simulations.common.workers import Inline
from lastseat.simulations.counterexamples.smallest import smallest_schedule
from lastseat.simulations.kernel.actions import FaultKind, Faults, fault_of, process_of
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import letter_of
from lastseat.simulations.strategies.reduction.split import explore_split
from lastseat.simulations.strategies.sampling.samplers import STRATEGIES as SAMPLERS

MOST = 700  # schedules of one case
RUNS = 8  # of a sample
Explorer: TypeAlias = Callable[..., Exploration]


@dataclass(frozen=True, repr=False)
class Case(Short):
    """A booking system: requests are (booking id, resource, units); `kinds` are those of the faults."""

    capacities: tuple[tuple[str, int], ...] = (("p", 1),)
    requests: tuple[tuple[str, str, int], ...] = (("a", "p", 1),)
    rules: Rules = Rules()  # noqa: RUF009 - a frozen value
    flow: Flow = Flow()  # noqa: RUF009 - a frozen value
    faults: int = 0
    kinds: tuple[str, ...] = ()

    def situation(self) -> Situation:
        """Return the case as the naive explorer has it."""
        requests = tuple(BookingRequest(*one) for one in self.requests)
        return Situation(self.capacities, requests, implementation_of(self.rules, self.flow), self.faults, self.kinds)

    def scenario(self) -> Scenario:
        """Return the scenario of the explorers."""
        budget = Faults(self.faults, frozenset(map(FaultKind, self.kinds))) if self.faults else Faults()
        requests = tuple(BookingRequest(*one) for one in self.requests)
        return Scenario("drawn", "A drawn scenario", self.capacities, requests, budget)


# --- what everybody says ----------------------------------------------------------------------------------------


@dataclass
class Said:
    """What one explorer says. `clauses` has the length of a shortest schedule of each violated clause."""

    schedules: int | None
    vectors: frozenset[tuple[str | None, ...]]
    deadlocks: int
    clauses: dict[str, int]
    deviation: int | None
    by_faults: dict[int, int]
    mixes: dict[tuple[int, ...], int] = field(default_factory=dict)
    states: int = 0  # distinct contents of the store, with the effects on each resource so far


def naive(case: Case) -> Said:
    """Return what the naive explorer and its judge say. Raises TooManyError."""
    everything, clauses, deviations, states = Everything(), dict[str, int](), set[int](), set[Any]()
    for history in histories(case.situation(), MOST):
        everything.add(history)
        for clause, length in violated(history).items():
            clauses[clause] = min(length, clauses.get(clause, length))
        deviation = nonconforming(history)
        deviations |= set() if deviation is None else {deviation}
        so_far: dict[str, int] = {}
        states.add((history.start, ()))
        for step in history.steps:
            for name in effects(step):
                so_far[name] = so_far.get(name, 0) + 1
            states.add((step.after, tuple(sorted(so_far.items()))))
    mixes: dict[tuple[int, ...], int] = {}
    for vector, count in everything.vectors.items():
        mix = tuple(sum((told or "").startswith(one) for told in vector) for one in ("BOOKED", "REJECTED", "FAILED"))
        mixes[mix] = mixes.get(mix, 0) + count
    return Said(
        everything.schedules,
        frozenset(everything.vectors),
        everything.deadlocks,
        clauses,
        min(deviations, default=None),
        dict(everything.by_faults),
        mixes,
        len(states),
    )


def said(exploration: Exploration) -> Said:
    """Return what an explorer says."""
    deviation = exploration.nonconforming
    return Said(
        exploration.interleavings,
        frozenset(tuple(None if one is None else str(one) for one in vector) for vector in exploration.vectors),
        exploration.deadlocks,
        {violation.name: len(violation.steps) for violation in exploration.violations},
        None if deviation is None else len(deviation.steps),
        dict(exploration.by_faults),
        {tuple(mix): count for mix, count in exploration.outcomes.items()},
        exploration.fired.get("state.capacity", 0),
    )


# --- how they are compared --------------------------------------------------------------------------------------


def exact(name: str, case: Case, due: Said, exploration: Exploration) -> str | None:
    """Return how an exploration of all schedules differs from the naive one."""
    found = said(exploration)
    pairs: Mapping[str, tuple[Any, Any]] = {
        "complete": (True, exploration.complete),
        "schedules": (due.schedules, found.schedules),
        "vectors": (due.vectors, found.vectors),
        "mixes": (due.mixes, found.mixes),
        "deadlocks": (due.deadlocks, found.deadlocks),
        "executions in vain": (0, exploration.blocked),
        "clauses": (due.clauses, found.clauses),
        "first deviation": (due.deviation, found.deviation),
        "by faults": (due.by_faults if case.faults else {}, found.by_faults),
        "states judged": (due.states, found.states),
    }
    return _first(name, pairs) or _spoken(name, exploration)


def reduced(name: str, case: Case, due: Said, exploration: Exploration) -> str | None:
    """Return how dpor, which shows one order of commuting steps, differs from the naive explorer."""
    found = said(exploration)
    in_vain = 0 if "redelivery" in case.kinds else exploration.blocked
    pairs: Mapping[str, tuple[Any, Any]] = {
        "complete": (True, exploration.complete),
        "executions in vain": (0, in_vain),
        "numbers of faults": (set(due.by_faults) if case.faults else set(), set(found.by_faults)),
        "schedules": (due.schedules if found.schedules is not None else None, found.schedules),
        "vectors": (due.vectors, found.vectors),
        "deadlocks": (bool(due.deadlocks), bool(found.deadlocks)),
        "clauses": (set(due.clauses), set(found.clauses)),
        "deviates": (due.deviation is None, found.deviation is None),
        "shorter than the shortest": ({}, _shorter(due, found)),
    }
    return _first(name, pairs) or _spoken(name, exploration)


def within(name: str, case: Case, due: Said, exploration: Exploration) -> str | None:
    """Return what a bounded explorer says that the naive one does not."""
    del case
    found = said(exploration)
    pairs: Mapping[str, tuple[Any, Any]] = {
        "vectors": (frozenset(), found.vectors - due.vectors),
        "clauses": (set(), set(found.clauses) - set(due.clauses)),
        "shorter than the shortest": ({}, _shorter(due, found)),
        "deviates": (False, found.deviation is not None and due.deviation is None),
        "deadlocks": (False, found.deadlocks > (due.deadlocks and max(due.deadlocks, RUNS))),
        "numbers of faults": (set(), set(found.by_faults) - set(due.by_faults)),
    }
    return _first(name, pairs) or _spoken(name, exploration)


def _shorter(due: Said, found: Said) -> dict[str, int]:
    known = due.clauses
    return {clause: length for clause, length in found.clauses.items() if length < known.get(clause, length)}


def _first(name: str, pairs: Mapping[str, tuple[Any, Any]]) -> str | None:
    for what, (due, found) in pairs.items():
        if due != found:
            return f"{name}, {what}: {_text(found)}; naive: {_text(due)}"
    return None


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str(dict(sorted(value.items())))
    return str(sorted(value, key=str)) if isinstance(value, set | frozenset) else str(value)


def _spoken(name: str, exploration: Exploration) -> str | None:
    """Return a violated clause that is said never to have spoken, or one that spoke less than never."""
    silent = {clause for clause in exploration.violated if exploration.fired.get(clause, 0) <= 0}
    negative = {clause for clause, count in exploration.fired.items() if count < 0}
    return f"{name}, violated and silent: {_text(silent | negative)}" if silent | negative else None


def replayed(name: str, case: Case, exploration: Exploration) -> str | None:
    """Return a violation that does not show when its schedule is executed again, by the naive judge too."""
    scenario, situation = case.scenario(), case.situation()
    for violation in exploration.violations:
        clause, steps = violation.name, violation.steps
        if not run_again(violation, scenario, situation.implementation)[1]:
            return f"{name}: {clause} is not found again on {steps}"
        moves: tuple[Move, ...] = tuple((process_of(step), letter_of(fault_of(step))) for step in steps)
        history = executed(situation, moves)
        shown = None if history is None else violated(history).get(clause)
        if shown != len(moves):
            return f"{name}: {clause} on {steps}; naive: after {shown} steps"
    return None


# --- the engines ------------------------------------------------------------------------------------------------


def split(executions_per_task: int, scenario: Scenario, implementation: Any) -> Exploration:
    """Explore with dpor in tasks of so many executions, each in this process."""
    with patch.dict(explore_split.__kwdefaults__, executions_per_task=executions_per_task):
        return explore_program(scenario, implementation, executor=Inline())


def sampled(strategy: str, scenario: Scenario, implementation: Any) -> Exploration:
    """Judge a few random schedules."""
    return sample_booking(scenario, implementation, Draws(strategy, RUNS)).seen


Comparison: TypeAlias = Callable[[str, Case, Said, Exploration], str | None]
Engines: TypeAlias = Mapping[str, tuple[Explorer, Comparison]]

ENGINES: Engines = {
    "brute": (explore_brute, exact),
    "merged": (partial(explore_merged, symmetry=False), exact),
    "merged with symmetry": (explore_merged, exact),
}
REDUCED: Engines = {
    "dpor": (explore_program, reduced),
    "dpor split by 1": (partial(split, 1), reduced),
    "dpor split by 2": (partial(split, 2), reduced),
    "preemptions=1": (partial(explore_program, strategy="preemptions=1"), within),
    "delays=1": (partial(explore_program, strategy="delays=1"), within),
    "preemptions=40": (partial(explore_program, strategy="preemptions=40"), exact),
    "delays=40": (partial(explore_program, strategy="delays=40"), exact),
    **{strategy: (partial(sampled, strategy), within) for strategy in SAMPLERS},
}


def disagreement(case: Case, engines: Engines | None = None) -> str | None:
    """Return how an engine differs from the naive explorer, or None. Too many schedules are passed over."""
    try:
        due = naive(case)
    except TooManyError:
        return None
    scenario, implementation = case.scenario(), case.situation().implementation
    chosen = engines if engines is not None else {**ENGINES, **REDUCED}
    for name, (explore, compare) in chosen.items():
        exploration = explore(scenario, implementation)
        said_ = compare(name, case, due, exploration) or replayed(name, case, exploration)
        if said_ is not None:
            return said_
    if engines is None:
        return _defined(case, due) or _smallest(case, due)
    return None


def _defined(case: Case, due: Said) -> str | None:
    """Return how the definition of exhaustive differs: `scheduler.schedules`."""
    found: set[tuple[Any, ...]] = set()

    def visit(execution: Run) -> None:
        found.add(tuple((step.process, letter_of(step.fault)) for step in execution.taken))

    count = schedules(case.scenario(), case.situation().implementation, visit) if (due.schedules or 0) <= 60 else None
    if count is not None and not count == len(found) == due.schedules:
        return f"schedules: {count}; naive: {due.schedules}"
    return None


def _smallest(case: Case, due: Said) -> str | None:
    for clause, length in due.clauses.items():
        least = smallest_schedule(case.scenario(), case.situation().implementation, clause)
        found = None if least is None else len(least.violation.steps)
        if found != length:
            return f"smallest schedule of {clause}: {found}; naive: {length}"
    return None


def hidden(case: Case) -> str | None:
    """Return how an engine differs on a store that hides something, where it does not refuse it."""
    due = naive(case)
    for name, (explore, compare) in {**ENGINES, "dpor": REDUCED["dpor"]}.items():
        try:
            exploration = explore(case.scenario(), case.situation().implementation)
        except ExplorationError:
            continue
        said_ = compare(name, case, due, exploration)
        if said_ is not None:
            return said_
    return None


BOOKINGS = Target("fuzz.bookings", "BOOKINGS", cases(Case), disagreement)
FAULTY = Target("fuzz.bookings", "FAULTY", cases(Case, faulty=True), disagreement)
HIDDEN = Target("fuzz.bookings", "HIDDEN", cases(Case, secret=True), hidden)

__all__ = ["BOOKINGS", "FAULTY", "HIDDEN", "Case", "Flow", "Rules"]
