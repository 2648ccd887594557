"""What one attempt can do at each store: a table, found by taking the readable steps and nothing else.

A step of an attempt depends on the store and on where that attempt stands, and on nothing that the others hold.
So it is taken once for each pair of the two, in a system of this one attempt, and written down as a `Move`.

Which pairs there are is found store by store. A store is kept apart by who has written it so far, because an
attempt writes at most once: that bounds the closure for any semantics. From a store, each attempt that has not
written yet goes on alone, and when one writes, the others are carried along to the next store as they are:

    nobody wrote: 0/1 {}        ann: Idle, Observed(0)              bob: Idle, Observed(0)
         | ann persists
    ann wrote:    1/1 {ann}     ann: BOOKED                         bob: Idle, Observed(0), Observed(1), FAILED, …

What was found so for each attempt alone need not be possible for all of them together. The closure covers every
reachable world and perhaps more; the searches find out which worlds are reached.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from lastseat.model.steps import CORRECT, Semantics, Transition, strike, take
from lastseat.model.world import Done, Local, Request, Store, System, World


@dataclass(frozen=True, slots=True)
class Move:
    """One shared step of one attempt at one store, and the numbers of the store and the local state after it.

    `step` is the step as the readable functions took it, in the system of this one attempt.
    """

    step: Transition
    store: int
    local: int


Moves: TypeAlias = Mapping[tuple[int, int], tuple[Move, ...]]


@dataclass(frozen=True, slots=True)
class Tables:
    """The moves of every attempt, and the stores and local states that they are about.

    Stores and local states are known by their numbers: places in `stores` and `local_states`. Number 0 is the
    initial store, and the local state Idle. `moves[attempt][store, local]` has the moves in the order of the
    readable search (faults last). `present[store][attempt]` has the numbers of the local states that the attempt
    may have at that store, in rising order, so that each comes before those that it can move to.
    """

    system: System
    stores: tuple[Store, ...]
    local_states: tuple[Local, ...]
    moves: tuple[Moves, ...]
    present: tuple[tuple[tuple[int, ...], ...], ...]


def alone(system: System, request: Request) -> System:
    """Return the system in which that request is the only one."""
    return replace(system, requests=(request,))


def tables_of(
    system: System,
    semantics: Semantics = CORRECT,
    *,
    watch: Callable[[Mapping[int, list[int]]], None] = lambda _present: None,
) -> Tables:
    """Return the tables of `system`.

    `watch` is called with the local states present at each store (by store and attempt, a bit for each local
    state) after every layer of stores, a layer being a number of writes. It may raise to end the closure.
    """
    closure = _Closure(system, semantics)
    layer = closure.first()
    while layer:
        layer = closure.next(layer)
        watch(closure.present)
    return Tables(
        system,
        tuple(closure.stores),
        tuple(closure.local_states),
        tuple(closure.moves[request] for request in system.requests),
        tuple(tuple(tuple(members(each)) for each in closure.present[store]) for store in range(len(closure.stores))),
    )


_Layer: TypeAlias = dict[tuple[int, int], list[int]]  # by store and set of writers: for each attempt a set of locals


class _Closure:
    """The state of one closure. Sets of attempts and of local states are the bits of an integer."""

    def __init__(self, system: System, semantics: Semantics) -> None:
        self.system, self.semantics = system, semantics
        initial = system.initial()
        self.stores: dict[Store, int] = {initial.store: 0}
        self.local_states: dict[Local, int] = {}
        self.store_of, self.local_of = [initial.store], list[Local]()
        self.moves: dict[Request, dict[tuple[int, int], tuple[Move, ...]]] = defaultdict(dict)
        self.alone = {request: alone(system, request) for request in system.requests}
        self.present: dict[int, list[int]] = {}
        self.ended = 0

    def first(self) -> _Layer:
        return {(0, 0): [1 << self._number(local) for local in self.system.initial().attempts]}

    def next(self, layer: _Layer) -> _Layer:
        """Let every attempt go on at each store of a layer; return the stores that one more write leads to."""
        following: _Layer = {}
        for (store, writers), reached in layer.items():
            writing = list(self._settle(store, reached))
            known = self.present.setdefault(store, [0] * len(reached))
            self.present[store] = [seen | new for seen, new in zip(known, reached, strict=True)]
            for attempt, move in writing:
                after = list(reached)
                after[attempt] = 1 << move.local
                place = (move.store, writers | 1 << attempt)
                earlier = following.get(place)
                following[place] = (
                    [seen | new for seen, new in zip(earlier, after, strict=True)] if earlier else after
                )
        return following

    def _settle(self, store: int, reached: list[int]) -> Iterator[tuple[int, Move]]:
        # Adds to `reached` all that the attempts can do without a write, and yields the moves that write.
        for attempt, request in enumerate(self.system.requests):
            waiting = reached[attempt]
            while waiting := waiting & ~self.ended:
                local = (waiting & -waiting).bit_length() - 1
                waiting ^= 1 << local
                for move in self._moves(request, store, local):
                    if move.store != store:
                        yield attempt, move
                    elif not reached[attempt] >> move.local & 1:
                        reached[attempt] |= 1 << move.local
                        waiting |= 1 << move.local

    def _moves(self, request: Request, store: int, local: int) -> tuple[Move, ...]:
        known = self.moves[request]
        if (store, local) not in known:
            system, world = self.alone[request], World(self.store_of[store], (self.local_of[local],))
            step = take(system, world, 0, self.semantics)
            assert step is not None, "only an attempt that is done has no step"
            steps = (step, *strike(system, step, self.semantics))
            known[store, local] = tuple(self._move(each, store) for each in steps)
        return known[store, local]

    def _move(self, step: Transition, store: int) -> Move:
        after = step.after.store
        if after is not self.store_of[store]:
            store = self.stores.setdefault(after, len(self.stores))
            if store == len(self.store_of):
                self.store_of.append(after)
        return Move(step, store, self._number(step.after.attempts[0]))

    def _number(self, local: Local) -> int:
        number = self.local_states.setdefault(local, len(self.local_states))
        if number == len(self.local_of):
            self.local_of.append(local)
            self.ended |= isinstance(local, Done) << number
        return number


def members(bits: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set, in rising order."""
    while bits:
        yield (bits & -bits).bit_length() - 1
        bits &= bits - 1
