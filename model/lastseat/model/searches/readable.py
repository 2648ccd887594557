"""The readable breadth-first search over the model: this is the definition that every faster engine agrees with.

The search goes level by level, a level being a number of steps taken, and counts on the way the schedules that
reach each world; the first violation it meets has a shortest path. Without faults a world is met on one level only,
since every step is one of the two that an attempt has. An attempt whose observe was not answered ends a step early,
so with faults a world may be met on two levels: it is one state, and its transitions are counted once.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lastseat.model.properties import (
    RUN_CHECKS,
    STATE_CHECKS,
    Broken,
    Property,
    Record,
    Run,
    State,
    Step,
    Window,
    assess,
    changed,
    fits,
)
from lastseat.model.refinement import MODEL_STEP_CHECKS
from lastseat.model.steps import CORRECT, Semantics, Transition, successors
from lastseat.model.world import Done, Local, Observed, Outcome, Store, System, World

Mix: TypeAlias = tuple[int, int, int]  # how many attempts ended BOOKED, REJECTED, FAILED


@dataclass(frozen=True, slots=True)
class Violation:
    """A clause, what breaks it, and a shortest path to where it does (for a run, the whole run)."""

    clause: str
    witness: str
    path: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search saw. Where `complete` is False the figures and the absence of violations cover only a part.

    `generated` counts transitions plus the initial world, as TLC does; `depth` counts steps. `interleavings`
    is the exact number of schedules that end in each mix of outcomes; `fired` is how many distinct steps (of one
    attempt and the store) or finished worlds each clause spoke about.
    """

    states: int
    generated: int
    depth: int
    complete: bool
    interleavings: Mapping[Mix, int] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    fired: Mapping[str, int] = field(default_factory=dict)


def search(
    system: System,
    semantics: Semantics = CORRECT,
    *,
    stop_at_first: bool = True,
    tick: Callable[[int], None] = lambda _states: None,
) -> Searched:
    """Visit every reachable world of `system` in breadth-first order and check every property.

    Ends at the first violation unless told otherwise (then each clause is reported once, with a shortest path).
    `tick` is called after each world with the number found so far. Ctrl-C ends the search with what is known.
    """
    seek = _Search(system, semantics, stop_at_first)
    try:
        complete = seek.run(tick)
    except KeyboardInterrupt:
        complete = False
    return Searched(
        states=len(seek.parents),
        generated=seek.generated,
        depth=seek.depth,
        complete=complete,
        interleavings=dict(sorted(seek.mixes.items(), reverse=True)),
        violations=tuple(seek.found.values()),
        fired=dict(seek.fired),
    )


class _Search:
    """The state of one search."""

    def __init__(self, system: System, semantics: Semantics, stop_at_first: bool) -> None:
        self.system, self.semantics, self.stop_at_first = system, semantics, stop_at_first
        initial = system.initial()
        self.parents: dict[World, Transition | None] = {initial: None}
        self.level = Counter({initial: 1})
        self.generated, self.depth = 1, 0
        self.expanded: set[World] = set()
        self.mixes: Counter[Mix] = Counter()
        self.found: dict[str, Violation] = {}
        self.fired: Counter[str] = Counter()
        self.stores: dict[Store, Broken] = {}
        self.judged: set[tuple[str, int, Local, Store]] = set()

    def run(self, tick: Callable[[int], None]) -> bool:
        """Search to the end, level by level; return whether every world was visited."""
        while self.level:
            following: Counter[World] = Counter()
            for world, schedules in self.level.items():
                steps = list(successors(self.system, world, self.semantics))
                again = (
                    world in self.expanded
                )  # met on an earlier level: its schedules count, and nothing else is new
                self.expanded.add(world)
                self.generated += 0 if again else len(steps)
                for step in steps:
                    self.parents.setdefault(step.after, step)
                    following[step.after] += schedules
                    self._check(step)
                if not steps:
                    self._finish(world, schedules, again)
                if self.found and self.stop_at_first:
                    return False
                tick(len(self.parents))
            self.level = following
            self.depth += bool(following)
        return True

    def _check(self, step: Transition) -> None:
        # A step property sees one attempt and the store. What the other attempts hold makes no new case of it.
        case = (step.action, step.attempt, step.before.attempts[step.attempt], step.before.store)
        if case in self.judged:
            return
        self.judged.add(case)
        record = record_of(self.system, step)
        for clause, witness in (*self._assess_state(step.after.store), *self._assess(record, MODEL_STEP_CHECKS)):
            if clause not in self.found:
                self.found[clause] = Violation(clause, witness, (*self._path(step.before), step))

    def _assess_state(self, store: Store) -> Broken:
        if store not in self.stores:
            self.stores[store] = self._assess(state_of(store), STATE_CHECKS)
        return self.stores[store]

    def _assess(self, record: Record, checks: tuple[Property[Record], ...]) -> Broken:
        fired, broken = assess(record, checks)
        self.fired.update(fired)
        return broken

    def _finish(self, world: World, schedules: int, again: bool) -> None:
        emitted = tuple(local if isinstance(local, Done) else None for local in world.attempts)
        run = Run(self.system.requests, emitted, world.store)
        for clause, witness in () if again else self._assess(run, RUN_CHECKS):
            self.found.setdefault(clause, Violation(clause, witness, self._path(world)))
        self.mixes[mix_of(emitted)] += schedules

    def _path(self, world: World) -> tuple[Transition, ...]:
        path: list[Transition] = []
        while (step := self.parents[world]) is not None:
            path.append(step)
            world = step.before
        return tuple(reversed(path))


def mix_of(emitted: tuple[Done | None, ...]) -> Mix:
    """Return how many attempts ended BOOKED, REJECTED and FAILED."""
    ended = Counter(done.outcome for done in emitted if done)
    return ended[Outcome.BOOKED], ended[Outcome.REJECTED], ended[Outcome.FAILED]


def record_of(system: System, step: Transition) -> Step:
    """Return what the properties ask about a transition.

    A model world remembers no history, so the number of effective persists on a resource is read off its
    reservations, and whether an attempt was raced off the version that it observed. Both are exact as long as
    state.version holds, which the same search checks first. The simulations keep real counts instead.
    """
    before, after = step.before.store, step.after.store
    request, local = system.requests[step.attempt], step.before.attempts[step.attempt]
    ended = step.after.attempts[step.attempt]
    is_persist = isinstance(local, Observed)
    effective = changed(before, after)
    window = None
    if isinstance(local, Observed):
        current = before.resource(request.resource_id)
        window = Window(
            fitted=fits(current, request.units),
            raced=current is not None and local.version != current.version,
            known=current is not None,
            used=before.recorded(request.booking_id) is not None,
        )
    return Step(
        request=request,
        action=step.action.partition("_")[0],  # a fault changes what comes of a step, not which step it is
        before=before,
        after=after,
        effective=effective,
        verdict=step.verdict,
        expected_version=local.version if isinstance(local, Observed) else None,
        observes=1,
        persists=int(is_persist),
        own_effects=int(is_persist and bool(effective)),
        steps=1 + is_persist,
        window=window,
        ended=isinstance(ended, Done),
        emitted=ended if isinstance(ended, Done) else None,
        fault=step.faulty,
    )


def state_of(store: Store) -> State:
    """Return what the state properties ask about a store."""
    return State(
        store,
        tuple(
            (name, sum(reservation.resource_id == name for reservation in store.reservations))
            for name, _ in store.resources
        ),
    )
