"""The readable search up to symmetry: worlds that differ only in which of several alike attempts did what are one.

Attempts are alike if they ask for the same under one id, or for as much of the same resource under ids of their own:
then nothing but a name tells them apart. An orbit (an equivalence class of worlds) is known by what is left without
the names, here for three alike attempts on two seats: one is BOOKED and recorded, and another has observed since:

    1/2 v1   Idle · Observed(1) · BOOKED and recorded        3! / (1! 1! 1!) = 6 worlds

So the number of worlds comes exactly, orbit by orbit, and with it the number of transitions and of schedules. That
the semantics treats alike attempts alike is not taken for granted: each orbit is also left from a turned world.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import factorial, prod
from typing import NamedTuple, TypeAlias

from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, Broken, Property, Record, Run, assess
from lastseat.model.refinement import MODEL_STEP_CHECKS
from lastseat.model.searches.readable import Mix, Searched, Violation, mix_of, record_of, state_of
from lastseat.model.steps import CORRECT, Semantics, Transition, strike, take
from lastseat.model.world import Done, Local, Request, Reservation, Resource, Store, System, World

Standing: TypeAlias = tuple[
    Local, tuple[tuple[str, int], ...]
]  # of an attempt: and what is recorded under its own id


@dataclass(frozen=True, slots=True)
class Orbit:
    """What alike worlds have in common: for each group of alike attempts, the sorted numbers of their standings."""

    resources: tuple[tuple[str, Resource], ...]
    shared: tuple[Reservation, ...]  # the reservations under ids that are not one attempt's own
    standings: tuple[tuple[int, ...], ...]

    @property
    def worlds(self) -> int:
        """Return how many worlds the orbit has: the orders of the standings, group by group."""
        return prod(factorial(len(each)) // prod(map(factorial, Counter(each).values())) for each in self.standings)


class Successor(NamedTuple):
    """A step from a world, the orbit that it leads to, and for how many attempts it stands."""

    step: Transition
    after: Orbit
    times: int


@dataclass(frozen=True, slots=True)
class Quotient:
    """What a search up to symmetry saw: its orbits (`classes`), and the figures of the full system.

    In `searched`, `states`, `generated`, `depth` and `interleavings` are those of the full system, exactly. A
    violation has a shortest path, a real one. `fired` counts steps and runs of one world of each orbit.
    """

    classes: int
    searched: Searched


class AsymmetryError(ValueError):
    """The semantics tells attempts apart that ask for the same, so they cannot stand for each other."""


def search_symmetric(
    system: System,
    semantics: Semantics = CORRECT,
    *,
    stop_at_first: bool = True,
    tick: Callable[[int], None] = lambda _states: None,
) -> Quotient:
    """Visit one world of each orbit in breadth-first order and check every property there.

    `tick` is called after each orbit with the number of worlds so far. Ctrl-C ends the search with what is known.
    Raises AsymmetryError if the semantics is seen to tell alike attempts apart.
    """
    seek = _Search(system, semantics, stop_at_first)
    try:
        complete = seek.run(tick)
    except KeyboardInterrupt:
        complete = False
    return Quotient(
        len(seek.members),
        Searched(
            states=seek.states,
            generated=seek.generated,
            depth=seek.depth,
            complete=complete,
            interleavings=dict(sorted(seek.mixes.items(), reverse=True)),
            violations=tuple(seek.found.values()),
            fired=dict(seek.fired),
        ),
    )


def groups_of(requests: tuple[Request, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of attempts, by index, that are alike."""
    ids = Counter(request.booking_id for request in requests)
    groups: dict[tuple[str | None, str, int], list[int]] = {}
    for attempt, request in enumerate(requests):
        common_id = request.booking_id if ids[request.booking_id] > 1 else None
        groups.setdefault((common_id, request.resource_id, request.units), []).append(attempt)
    return tuple(map(tuple, groups.values()))


def times_of(successors: Iterable[Successor]) -> Counter[tuple[str, Orbit]]:
    """Return how many attempts take which action to which orbit."""
    counts: Counter[tuple[str, Orbit]] = Counter()
    for step, after, times in successors:
        counts[step.action, after] += times
    return counts


class _Search:
    """The state of one search. `members` has one world of each orbit: the first one met."""

    def __init__(self, system: System, semantics: Semantics, stop_at_first: bool) -> None:
        self.system, self.semantics, self.stop_at_first = system, semantics, stop_at_first
        self.groups = groups_of(system.requests)
        ids = Counter(request.booking_id for request in system.requests)
        alone = (attempt for attempt, request in enumerate(system.requests) if ids[request.booking_id] == 1)
        self.own = {system.requests[attempt].booking_id: attempt for attempt in alone}
        self.group_of = [
            next(number for number, each in enumerate(self.groups) if attempt in each)
            for attempt in range(len(system.requests))
        ]
        self.numbers: dict[Standing, int] = {}
        self.members: dict[Orbit, World] = {}
        self.parents: dict[World, Transition | None] = {}
        self.states, self.generated, self.depth = 0, 1, 0
        self.mixes: Counter[Mix] = Counter()
        self.found: dict[str, Violation] = {}
        self.fired: Counter[str] = Counter()
        self.stores: dict[Store, Broken] = {}
        self.judged: set[tuple[str, int, Local, Store]] = set()
        self.finished: set[World] = set()
        initial = system.initial()
        self.level = Counter({self._orbit(initial): 1})
        self._meet(self._orbit(initial), initial, None)

    def run(self, tick: Callable[[int], None]) -> bool:
        """Search to the end, level by level; return whether every orbit was visited."""
        expanded: dict[Orbit, list[Successor]] = {}
        while self.level:
            following: Counter[Orbit] = Counter()
            for orbit, schedules in self.level.items():
                if orbit not in expanded:
                    expanded[orbit] = self._expand(orbit)
                for _, after, times in expanded[orbit]:
                    following[after] += schedules * times
                if not expanded[orbit]:
                    self._finish(self.members[orbit], schedules)
                if self.found and self.stop_at_first:
                    return False
                tick(self.states)
            self.level = following
            self.depth += bool(following)
        return True

    def _expand(self, orbit: Orbit) -> list[Successor]:
        """Judge every step from an orbit, and meet the orbits that they lead to."""
        world = self.members[orbit]
        successors = list(self._leave(world))
        turned = self._turned(world)
        if times_of(successors) != times_of(self._leave(turned)):
            raise AsymmetryError(f"the semantics tells alike attempts apart at {world} and {turned}")
        self.generated += orbit.worlds * sum(times for _, _, times in successors)
        for step, after, _ in successors:
            self._meet(after, step.after, step)
            self._check(step)
        return successors

    def _leave(self, world: World) -> Iterator[Successor]:
        kinds = list(zip(self.group_of, self._standings(world), strict=True))
        for kind, times in Counter(kinds).items():
            for step in self._steps(world, kinds.index(kind)):
                yield Successor(step, self._orbit(step.after), times)

    def _steps(self, world: World, attempt: int) -> Iterator[Transition]:
        step = take(self.system, world, attempt, self.semantics)
        if step is not None:
            yield step
            yield from strike(self.system, step, self.semantics)

    def _meet(self, orbit: Orbit, world: World, step: Transition | None) -> None:
        if orbit not in self.members:
            self.members[orbit] = world
            self.parents[world] = step
            self.states += orbit.worlds

    # --- what is alike ----------------------------------------------------------------------------------------

    def _orbit(self, world: World) -> Orbit:
        standings = self._standings(world)
        return Orbit(
            world.store.resources,
            tuple(reservation for reservation in world.store.reservations if reservation.booking_id not in self.own),
            tuple(tuple(sorted(standings[attempt] for attempt in group)) for group in self.groups),
        )

    def _standings(self, world: World) -> list[int]:
        recorded: dict[int, tuple[tuple[str, int], ...]] = {}
        for reservation in world.store.reservations:
            owner = self.own.get(reservation.booking_id)
            if owner is not None:
                recorded[owner] = (*recorded.get(owner, ()), (reservation.resource_id, reservation.units))
        return [
            self.numbers.setdefault((local, recorded.get(attempt, ())), len(self.numbers))
            for attempt, local in enumerate(world.attempts)
        ]

    def _turned(self, world: World) -> World:
        """Return the world of the same orbit in which each attempt has taken the place of the next alike one."""
        requests, attempts, names = self.system.requests, list(world.attempts), dict[str, str]()
        for group in self.groups:
            for attempt, other in zip(group, (*group[1:], *group[:1]), strict=True):
                attempts[other] = world.attempts[attempt]
                names[requests[attempt].booking_id] = requests[other].booking_id
        ledger = (
            replace(reservation, booking_id=names.get(reservation.booking_id, reservation.booking_id))
            for reservation in world.store.reservations
        )
        return World(replace(world.store, reservations=tuple(sorted(ledger))), tuple(attempts))

    # --- what is judged ---------------------------------------------------------------------------------------

    def _check(self, step: Transition) -> None:
        case = (step.action, step.attempt, step.before.attempts[step.attempt], step.before.store)
        if case in self.judged:
            return
        self.judged.add(case)
        if step.after.store not in self.stores:
            self.stores[step.after.store] = self._assess(state_of(step.after.store), STATE_CHECKS)
        record = record_of(self.system, step)
        for clause, witness in (*self.stores[step.after.store], *self._assess(record, MODEL_STEP_CHECKS)):
            if clause not in self.found:
                self.found[clause] = Violation(clause, witness, (*self._path(step.before), step))

    def _finish(self, world: World, schedules: int) -> None:
        emitted = tuple(local if isinstance(local, Done) else None for local in world.attempts)
        if world not in self.finished:
            self.finished.add(world)
            for clause, witness in self._assess(Run(self.system.requests, emitted, world.store), RUN_CHECKS):
                self.found.setdefault(clause, Violation(clause, witness, self._path(world)))
        self.mixes[mix_of(emitted)] += schedules

    def _assess(self, record: Record, checks: tuple[Property[Record], ...]) -> Broken:
        fired, broken = assess(record, checks)
        self.fired.update(fired)
        return broken

    def _path(self, world: World) -> tuple[Transition, ...]:
        path: list[Transition] = []
        while (step := self.parents[world]) is not None:
            path.append(step)
            world = step.before
        return tuple(reversed(path))
