"""Every reachable world in one byte: a box of cells for each store, with one axis for each attempt.

The places along an axis are the local states that the attempt may have at that store, so a cell is a world. It holds
the least number of steps that lead to it. The box of the store in which ann is recorded, with room for one more:

                         bob:  Idle  Observed(0)  Observed(1)  FAILED
    ann:  BOOKED                 2        3            3          4

A step that leaves the store alone moves along one axis, whatever the others are. So one operation on two slices of
a box takes such a step from all worlds at once. Within a store the steps of two attempts commute, and therefore each
axis has to be gone along only once. A step that writes is one operation on slices of two boxes. Nothing is hashed,
sorted or packed into words, and no number can overflow: a world is where it is.
"""

from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import NamedTuple, TypeAlias

from lastseat.model.arrays import Cells, Distances, Places, np
from lastseat.model.searches.tables import Tables

UNREACHED = 254  # one more still fits the byte, and a run of 32 attempts has 64 steps

# What numpy selects cells of a box with.
Selection: TypeAlias = tuple[slice, ...] | tuple[Places, ...]


class Along(NamedTuple):
    """A move along one axis of a box: of which attempt, and from which place to which."""

    attempt: int
    start: int
    end: int


class Across(NamedTuple):
    """A move to the box of another store: from which cells to which."""

    start: Selection
    store: int
    end: Selection


class Boxes:
    """The boxes of a system. `settled` fills in the distances; `along` and `across` are the moves, by store."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        stores = range(len(tables.stores))
        shapes = [tuple(map(len, tables.present[store])) for store in stores]
        self.distances: list[Distances] = [np.full(shape, UNREACHED, np.uint8) for shape in shapes]
        self.along = [tuple(self._along(store)) for store in stores]
        self.across = [tuple(self._across(store)) for store in stores]
        self.order, self.cyclic = self._order()
        self._scratch = np.empty(max(map(prod, shapes)), np.uint8)

    def settled(self) -> Iterator[int]:
        """Yield every store, once its distances are final."""
        self.distances[0][(0,) * self.distances[0].ndim] = 0
        # Only a flawed semantics leads back to a store. An attempt writes at most once, so this comes to an end.
        while self.cyclic and sum(self._spread(store) for store in self.order):
            pass
        for store in self.order:
            self._spread(store)
            yield store

    def _spread(self, store: int) -> bool:
        """Take every step from the worlds at `store`; return whether that brought a world at another store closer."""
        box = self.distances[store]
        for attempt, start, end in self.along[store]:
            cells = lines(box, attempt)
            self._lower(cells[:, end], cells[:, start])
        nearer = False
        for here, after, there in self.across[store]:
            source, target = box[here], self.distances[after][there]
            nearer |= self.cyclic and bool((source + 1 < target).any())
            self._lower(target, source)
            if target.base is None:  # the places are no slices, so these cells are a copy
                self.distances[after][there] = target
        return nearer

    def _lower(self, target: Distances, source: Distances) -> None:
        longer = self._scratch[: source.size].reshape(source.shape)
        np.add(source, 1, out=longer)
        np.minimum(target, longer, out=target)

    def _along(self, store: int) -> Iterator[Along]:
        for attempt, present in enumerate(self.tables.present[store]):
            for start, local in enumerate(present):
                moves = self.tables.moves[attempt].get((store, local), ())
                for end in sorted({move.local for move in moves if move.store == store}):
                    yield Along(attempt, start, present.index(end))

    def _across(self, store: int) -> Iterator[Across]:
        for attempt, present in enumerate(self.tables.present[store]):
            for local in present:
                moves = self.tables.moves[attempt].get((store, local), ())
                for after, end in sorted({(move.store, move.local) for move in moves if move.store != store}):
                    yield self._join(store, attempt, local, after, end)

    def _join(self, store: int, attempt: int, local: int, after: int, end: int) -> Across:
        befores, afters = self.tables.present[store], self.tables.present[after]
        places = [matching(here, there) for here, there in zip(befores, afters, strict=True)]
        places[attempt] = ([befores[attempt].index(local)], [afters[attempt].index(end)])
        return Across(selection([here for here, _ in places]), after, selection([there for _, there in places]))

    def _order(self) -> tuple[list[int], bool]:
        sorter = TopologicalSorter[int](dict.fromkeys(range(len(self.across)), ()))
        for store, moves in enumerate(self.across):
            for move in moves:
                sorter.add(move.store, store)
        try:
            return list(sorter.static_order()), False
        except CycleError:
            return list(range(len(self.across))), True


def lines(box: Cells, attempt: int) -> Cells:
    """Return a view of `box` with three axes, of which the middle one is that of `attempt`."""
    return box.reshape(prod(box.shape[:attempt]), box.shape[attempt], -1)


@cache
def matching(here: tuple[int, ...], there: tuple[int, ...]) -> tuple[list[int], list[int]]:
    """Return the places in `here` and in `there` of what is in both.

    A local state that is not there goes with a combination that no world has, so it needs no place.
    """
    both = [local for local in here if local in there]
    return [here.index(local) for local in both], [there.index(local) for local in both]


def selection(places: list[list[int]]) -> Selection:
    """Return what selects these places of each axis: if all are in a row, slices, for which numpy copies nothing."""
    if all(each == list(range(each[0], each[0] + len(each))) for each in places):
        return tuple(slice(each[0], each[0] + len(each)) for each in places)
    return np.ix_(*places)
