"""The shortest path to a violation, chosen as the readable search chooses it.

Of two worlds that are equally far from the start, the readable search meets the one first whose path comes first in
the order of its choices, where a choice is an attempt (in index order) and one of its moves (faults last). So from
the violating worlds this goes backward over the boxes and marks every world from which a shortest path leads there,
and then forward from the start, always to the first marked world that is one step farther.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from lastseat.model.arrays import Distances, Marks, np
from lastseat.model.searches.boxes import Boxes, lines
from lastseat.model.searches.readable import Violation
from lastseat.model.searches.tables import Tables
from lastseat.model.searches.verdicts import Breach, chosen
from lastseat.model.steps import Semantics, Transition, strike, take
from lastseat.model.world import System

Choice: TypeAlias = tuple[int, int]  # an attempt, and which of its moves


class Find(NamedTuple):
    """Where the readable search finds a violation; finds are ordered as it meets them.

    `level` and `choices` are those of the world that it goes on from, `step` is what it takes there (nothing at
    the end of a run).
    """

    level: int
    choices: tuple[Choice, ...]
    step: tuple[Choice, ...]
    rank: int
    breach: Breach


def violations_of(
    boxes: Boxes, semantics: Semantics, breaches: Mapping[str, list[Breach]], *, stop_at_first: bool
) -> tuple[Violation, ...]:
    """Return a violation for each clause, in the order in which the readable search finds them.

    `breaches` has for each clause those at the least distance, in the order in which one step is asked about them.
    If the search is to stop at the first, only those which it finds at the same world are returned.
    """
    nearest = min((each[0].level for each in breaches.values()), default=0)
    near = [(rank, each) for rank, each in enumerate(breaches.values()) if each[0].level == nearest]
    finds = sorted(_find(boxes, *each) for each in (near if stop_at_first else enumerate(breaches.values())))
    system = boxes.tables.system
    return tuple(
        Violation(find.breach.clause, find.breach.witness, path_of(system, semantics, (*find.choices, *find.step)))
        for find in finds
        if not stop_at_first or find[:2] == finds[0][:2]
    )


def path_of(system: System, semantics: Semantics, choices: Iterable[Choice]) -> tuple[Transition, ...]:
    """Return the steps of the readable model for these choices, from the start."""
    world, path = system.initial(), list[Transition]()
    for attempt, number in choices:
        step = take(system, world, attempt, semantics)
        assert step is not None, "an attempt that has a move in the table has a step"
        path.append((step, *strike(system, step, semantics))[number])
        world = path[-1].after
    return tuple(path)


def _find(boxes: Boxes, rank: int, breaches: list[Breach]) -> Find:
    marks: dict[int, Marks] = {}
    for breach in breaches:
        box = boxes.distances[breach.store]
        cells = chosen(box.ndim, breach.places)
        _marked(marks, breach.store, box)[cells] |= box[cells] == breach.distance
    _mark_backward(boxes, marks)
    choices, store, cell = _go_forward(boxes, marks, breaches[0].distance)
    here = (
        breach
        for breach in breaches
        if breach.store == store and all(cell[axis] == place for axis, place in breach.places)
    )
    breach = min(here, key=lambda breach: breach.step or (0, 0))
    if breach.arriving:
        return Find(breach.level, choices[:-1], choices[-1:], rank, breach)
    return Find(breach.level, choices, (breach.step,) if breach.step else (), rank, breach)


def _marked(marks: dict[int, Marks], store: int, box: Distances) -> Marks:
    if store not in marks:
        marks[store] = np.zeros(box.shape, np.bool_)
    return marks[store]


def _mark_backward(boxes: Boxes, marks: dict[int, Marks]) -> None:
    """Mark every world from which a shortest path leads to a marked one."""
    known = -1
    while known != (known := sum(int(np.count_nonzero(each)) for each in marks.values())):
        for store in reversed(boxes.order):
            box = boxes.distances[store]
            for start, after, end in boxes.across[store]:
                if after in marks:
                    nearer = marks[after][end] & (boxes.distances[after][end] == box[start] + 1)
                    if nearer.any():
                        _marked(marks, store, box)[start] |= nearer
            if store in marks:
                for attempt, place, target in reversed(boxes.along[store]):
                    cells, distances = lines(marks[store], attempt), lines(box, attempt)
                    cells[:, place] |= cells[:, target] & (distances[:, target] == distances[:, place] + 1)
        if not boxes.cyclic:
            return


def _go_forward(
    boxes: Boxes, marks: Mapping[int, Marks], distance: int
) -> tuple[tuple[Choice, ...], int, tuple[int, ...]]:
    """Return the first shortest path to a marked world at `distance`, and that world: its store and its cell."""
    store, cell, choices = 0, (0,) * boxes.distances[0].ndim, list[Choice]()
    while len(choices) < distance:
        choice, store, cell = next(
            (choice, after, there)
            for choice, after, there in _onward(boxes.tables, store, cell)
            if after in marks and marks[after][there] and boxes.distances[after][there] == len(choices) + 1
        )
        choices.append(choice)
    return tuple(choices), store, cell


def _onward(tables: Tables, store: int, cell: tuple[int, ...]) -> Iterator[tuple[Choice, int, tuple[int, ...]]]:
    """Yield the choices at a world in the order of the readable search, each with the store and the cell after it."""
    local = [present[place] for present, place in zip(tables.present[store], cell, strict=True)]
    for attempt in range(len(local)):
        for number, move in enumerate(tables.moves[attempt].get((store, local[attempt]), ())):
            after = [*local[:attempt], move.local, *local[attempt + 1 :]]
            there = zip(tables.present[move.store], after, strict=True)
            yield (attempt, number), move.store, tuple(present.index(each) for present, each in there)
