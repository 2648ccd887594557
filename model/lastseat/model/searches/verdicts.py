"""All properties, judged once for each distinct case that is really reached, and counted on the boxes.

A step property sees one attempt and the store. So a step is judged once for each store, attempt and local state in
which some reached world takes it, and a pairwise invariant once for each pair of local states that it is about. What
is possible for each attempt alone but for no world is never reported.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, compress, product

from lastseat.model.arrays import Marks, np
from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, Broken, Property, Record, Run, assess
from lastseat.model.refinement import MODEL_STEP_CHECKS
from lastseat.model.searches.boxes import UNREACHED, Boxes, lines
from lastseat.model.searches.pairwise import Member, Pairwise
from lastseat.model.searches.readable import record_of, state_of
from lastseat.model.searches.tables import Move, alone
from lastseat.model.world import Done


@dataclass(frozen=True, slots=True)
class Breach:
    """Where a clause is violated: in the nearest worlds at `store` in which these attempts have these places.

    `places` has for each of these attempts its place on its axis, `distance` is in steps from the start to those
    worlds. `step` is the attempt and the number of the move that breaks the clause, or None where the world itself
    does. `arriving` says that it is found on the way to the world, not when the search goes on from there.
    """

    clause: str
    witness: str
    store: int
    places: tuple[tuple[int, int], ...]
    distance: int
    step: tuple[int, int] | None = None
    arriving: bool = False

    @property
    def level(self) -> int:
        """Return how many steps from the start the world is in which the search finds it."""
        return self.distance - self.arriving


class Verdicts:
    """What the worlds of the boxes looked at so far are, and what they violate."""

    def __init__(self, boxes: Boxes, pairwise: tuple[Pairwise, ...] = (), *, check: bool = True) -> None:
        self.boxes, self.tables, self.pairwise, self.check = boxes, boxes.tables, pairwise, check
        self.states, self.generated, self.depth = 0, 1, 0
        self._speaking: dict[tuple[str, ...], int] = {}
        self.breaches: dict[str, list[Breach]] = {}
        self._stores: dict[int, Broken] = {}
        self._alone = [alone(self.tables.system, request) for request in self.tables.system.requests]

    def look_at(self, store: int) -> None:
        """Count and judge the worlds at a store, the distances of which are final."""
        box = self.boxes.distances[store]
        reached = box < UNREACHED
        states = int(np.count_nonzero(reached))
        if not states:
            return
        self.states += states
        self.depth = max(self.depth, int(box.max(where=reached, initial=0)))
        for attempt, worlds in enumerate(along_axes(reached, states)):
            for place, local in enumerate(self.tables.present[store][attempt]):
                moves = self.tables.moves[attempt].get((store, local), ()) if worlds[place] else ()
                self.generated += len(moves) * worlds[place]
                if self.check:
                    self._judge_moves(store, attempt, place, moves)
        if self.check:
            self._judge_runs(store)
            self._judge_pairs(store)

    def fired(self) -> dict[str, int]:
        """Return how many distinct steps, stores or finished worlds each clause spoke about."""
        counts: Counter[str] = Counter()
        for clauses, times in self._speaking.items():
            counts.update(dict.fromkeys(clauses, times))
        return dict(counts)

    def ranked(self) -> dict[str, list[Breach]]:
        """Return the nearest breaches of each violated clause, in the order in which a step is asked about them."""
        asked = [check.clause for checks in (STATE_CHECKS, MODEL_STEP_CHECKS, RUN_CHECKS) for check in checks]
        asked += [invariant.name for invariant in self.pairwise]
        return {clause: self.breaches[clause] for clause in asked if clause in self.breaches}

    def _judge_moves(self, store: int, attempt: int, place: int, moves: tuple[Move, ...]) -> None:
        for number, move in enumerate(moves):
            if move.store not in self._stores:
                self._stores[move.store] = self._assess(state_of(self.tables.stores[move.store]), STATE_CHECKS)
            record = record_of(self._alone[attempt], move.step)
            for clause, witness in (*self._stores[move.store], *self._assess(record, MODEL_STEP_CHECKS)):
                self._report(clause, witness, store, ((attempt, place),), (attempt, number))

    def _judge_runs(self, store: int) -> None:
        present, states = self.tables.present[store], self.tables.local_states
        ended = [
            [(place, state) for place, local in enumerate(each) if isinstance(state := states[local], Done)]
            for each in present
        ]
        cells = np.ix_(*([place for place, _ in each] for each in ended))
        reached = (self.boxes.distances[store][cells] < UNREACHED).reshape(-1).tolist()
        for ends in compress(product(*ended), reached):
            run = Run(self.tables.system.requests, tuple([state for _, state in ends]), self.tables.stores[store])
            for clause, witness in self._assess(run, RUN_CHECKS):
                self._report(clause, witness, store, tuple((axis, place) for axis, (place, _) in enumerate(ends)))

    def _judge_pairs(self, store: int) -> None:
        for invariant in self.pairwise:
            members = [member for member in self._members(store) if invariant.about(member[2])]
            for (attempt, here, first), (other, there, second) in combinations(members, 2):
                if attempt != other:
                    witness = invariant.witness(self.tables.stores[store], first, second)
                    if witness is not None:
                        self._report(invariant.name, witness, store, ((attempt, here), (other, there)), arriving=True)

    def _members(self, store: int) -> Iterator[tuple[int, int, Member]]:
        for attempt, request in enumerate(self.tables.system.requests):
            for place, local in enumerate(self.tables.present[store][attempt]):
                yield attempt, place, Member(request, self.tables.local_states[local])

    def _assess(self, record: Record, checks: tuple[Property[Record], ...]) -> Broken:
        speaking, broken = assess(record, checks)
        clauses = tuple(speaking)
        self._speaking[clauses] = self._speaking.get(clauses, 0) + 1
        return broken

    def _report(
        self,
        clause: str,
        witness: str,
        store: int,
        places: tuple[tuple[int, int], ...],
        step: tuple[int, int] | None = None,
        *,
        arriving: bool = False,
    ) -> None:
        box = self.boxes.distances[store]
        distance = int(box[chosen(box.ndim, places)].min())
        known = self.breaches.get(clause, [])
        if distance == UNREACHED or (known and known[0].distance < distance):
            return
        if not known or known[0].distance > distance:
            known = self.breaches[clause] = []
        known.append(Breach(clause, witness, store, places, distance, step, arriving))


def chosen(axes: int, places: tuple[tuple[int, int], ...]) -> tuple[slice | int, ...]:
    """Return what selects from a box of so many axes the cells in which these attempts have these places."""
    fixed = dict(places)
    return tuple(fixed.get(attempt, slice(None)) for attempt in range(axes))


def along_axes(reached: Marks, states: int) -> Iterator[list[int]]:
    """Yield for each axis how many of the `states` marked cells are at each of its places."""
    for axis, places in enumerate(reached.shape):
        if states == reached.size:
            yield [states // places] * places
        else:
            yield lines(reached, axis).sum(axis=(0, 2), dtype=np.int64).tolist()
