"""Attempts that are alike: states that differ only in who is who are merged too, and still counted exactly.

Two attempts are alike when they ask for as many units of the same resource, and either carry the same booking id
or each an id of its own. Exchanging them (and their ids in the store) should then change nothing else. Of real code
that is not assumed but checked: for every step that is used, each of its images under the exchanges is performed by
the real code as well, and must give the image of what the step gave. If one does not, the explorer goes on without
symmetry. So no more is believed than without it; only words are saved.

A class of states is kept as its member with the attempts of each group in sorted order. All members have equally
many steps into each next class, so that schedules are counted by class, and the number of members is a product of
multinomial coefficients. (Clarke, Emerson, Jha and Sistla 1998; Ip and Dill 1996.)
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import factorial, prod
from time import monotonic
from typing import Any

from lastseat.model.searches.symmetric import groups_of
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Snapshot
from lastseat.simulations.bookings.exploration import Exploration, Vector
from lastseat.simulations.bookings.judge import Judged
from lastseat.simulations.bookings.merged import LOCAL_BITS, Level, Merged, TooNarrowError, Word
from lastseat.simulations.bookings.places import Shared
from lastseat.simulations.bookings.real_steps import Blocked, NonlinearError, RealSteps
from lastseat.simulations.bookings.recheck import rechecked
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.faults import like

OFTEN = 256  # classes between two looks at the clock


class AsymmetryError(Exception):
    """Attempts that look alike do not behave alike."""


def explore_merged(
    scenario: Scenario,
    implementation: Implementation,
    *,
    seconds: float | None = None,
    progress: Progress = silent,
    symmetry: bool = True,
    prefix: Sequence[int] = (),
) -> Exploration:
    """Cover every schedule of `scenario` over its distinct states, with the exact number of schedules.

    With `symmetry`, states that differ only by an exchange of alike attempts are walked once; the result is the
    same. With a `prefix`, the schedules that begin with these steps. Stops early, and says so, after `seconds` or at
    Ctrl-C. Raises ExplorationError where the implementation raises, or does not do again what it did, and
    ScheduleError where a step of the prefix does not apply.
    """
    if scenario.faults.most or prefix:
        from lastseat.simulations.bookings.struck_merged import explore_struck  # it builds on this module

        return explore_struck(scenario, implementation, seconds, progress, symmetry, prefix)
    deadline = None if seconds is None else monotonic() + seconds
    steps = RealSteps(scenario, implementation)  # kept over wider tries: no step is performed twice
    groups = groups_of(steps.judge.system.requests) if symmetry else ()
    bits, alike = LOCAL_BITS, [group for group in groups if len(group) > 1]
    while True:
        try:
            merged = Quotient(steps, bits, alike) if alike else Merged(steps, bits)
            return rechecked(merged.explore(deadline, progress), steps)
        except TooNarrowError:
            bits *= 2
        except AsymmetryError:
            # Anew: images of steps were judged that no schedule may come to.
            alike, steps = [], RealSteps(scenario, implementation)
        except NonlinearError:
            steps.needs_every_linearization = True


class Quotient(Merged):
    """An exploration over classes of states, each walked through its canonical member."""

    def __init__(self, steps: RealSteps, bits: int, alike: Sequence[tuple[int, ...]]) -> None:
        super().__init__(steps, bits)
        self.alike = alike
        self.exchanges = [pair for group in alike for pair in pairwise(group)]
        self.canonical: dict[Word, tuple[Word, tuple[int, ...]]] = {}
        self.checked: set[tuple[int, int, int]] = set()
        self.images: dict[tuple[int, tuple[int, ...]], int] = {}
        for group in alike:
            for who in group:  # one numbering of local states, so that equal numbers are equal states
                self.judge.locals[who] = self.judge.locals[group[0]]

    # --- the walk ---------------------------------------------------------------------------------------------

    def _initial(self) -> Word:
        if self.steps.stepless():
            raise AsymmetryError  # an attempt that takes no step has none to compare
        return super()._initial()

    def _count(self, level: Level) -> None:
        self.states += sum(map(self._size, level))

    def _following(self, level: Level) -> Level:
        following: Level = {}
        self._tick(0)
        for number, (word, schedules) in enumerate(level.items(), start=1):
            if number % OFTEN == 0:
                self._tick(0)
            members, stuck = self._size(word), True
            for who, after, _ in self._moves(word):
                stuck = False
                same = self._twins(word, who)
                self.generated += members * same
                following[after] = following.get(after, 0) + schedules * same
            if stuck:
                self._end(word, schedules)
        return following

    def _moves(self, word: Word) -> Iterator[tuple[int, Word, tuple[int, ...]]]:
        """Yield a step of one attempt of each kind: who, the canonical word after it, and which field went where."""
        signatures = self._signatures(word)
        seen: set[Any] = set()
        for who, signature in enumerate(signatures):
            if signature in seen:
                continue
            seen.add(signature)
            add = self._add(word, who)
            if add:
                after, fields = self._canonical(word + add)
                yield who, after, fields

    def _take(self, word: Word, who: int) -> Judged | None:
        judged = super()._take(word, who)
        shared, locals_ = self._fields(word)
        self._check_images(shared, who, locals_[who])
        if judged is not None and not judged.linear:
            raise AsymmetryError  # the linearizability field is not carried along here
        return judged

    # --- classes ----------------------------------------------------------------------------------------------

    def _signatures(self, word: Word) -> list[Any]:
        """Return for each attempt all that tells it from those of its group: its local state and what is recorded."""
        shared, locals_ = self._fields(word)
        recorded = self._recorded(shared)
        signatures: list[Any] = [(who,) for who in range(self.attempts)]
        for number, group in enumerate(self.alike):
            for who in group:
                own = recorded.get(self.scenario.requests[who].booking_id, ())
                signatures[who] = (-1 - number, locals_[who], own)
        return signatures

    def _recorded(self, shared: int) -> dict[str, tuple[tuple[str, int], ...]]:
        recorded: dict[str, tuple[tuple[str, int], ...]] = {}
        for one in self.judge.shared.values[shared].snapshot.reservations:
            recorded[one.booking_id] = (*recorded.get(one.booking_id, ()), (one.resource_id, one.units))
        return recorded

    def _twins(self, word: Word, who: int) -> int:
        """Return how many attempts of `word` are in the very state of `who`, itself included."""
        signatures = self._signatures(word)
        return signatures.count(signatures[who])

    def _size(self, word: Word) -> int:
        """Return how many states the class of `word` has."""
        signatures = self._signatures(word)
        counts = (Counter(signatures[who] for who in group) for group in self.alike)
        return prod(factorial(count.total()) // prod(map(factorial, count.values())) for count in counts)

    def _canonical(self, word: Word) -> tuple[Word, tuple[int, ...]]:
        """Return the canonical member of the class of `word`, and which attempt of `word` each of its fields was."""
        known = self.canonical.get(word)
        if known is None:
            signatures = self._signatures(word)
            fields = list(range(self.attempts))
            for group in self.alike:
                for place, who in zip(group, sorted(group, key=signatures.__getitem__, reverse=True), strict=True):
                    fields[place] = who
            known = self.canonical[word] = (self._exchanged(word, fields), tuple(fields))
        return known

    def _exchanged(self, word: Word, fields: Sequence[int]) -> Word:
        shared, locals_ = self._fields(word)
        exchanged = self._image(shared, fields) << self.shared_at
        for place, who in enumerate(fields):
            exchanged |= locals_[who] << self.bits * place
        return exchanged

    def _image(self, shared: int, fields: Sequence[int]) -> int:
        """Return the shared state in which place i has the booking id's reservations that fields[i] had."""
        known = self.images.get((shared, tuple(fields)))
        if known is not None:
            return known
        requests = self.scenario.requests
        renamed = {requests[who].booking_id: requests[place].booking_id for place, who in enumerate(fields)}
        state = self.judge.shared.values[shared]
        image = self.judge.number(Shared(_renamed(state.snapshot, renamed), state.effects))
        self.images[shared, tuple(fields)] = image
        return image

    # --- the check that alike attempts behave alike -----------------------------------------------------------

    def _check_images(self, shared: int, who: int, local: int) -> None:
        """Perform every image of a step, and raise AsymmetryError unless each gives the image of what it gave."""
        if (shared, who, local) in self.checked:
            return
        queue = deque([(shared, who, local)])
        while queue:
            here = queue.popleft()
            if here in self.checked:
                continue
            self.checked.add(here)
            self._look_at_the_clock()
            for one, other in self.exchanges:
                fields = list(range(self.attempts))
                fields[one], fields[other] = other, one
                there = (self._image(here[0], fields), like(here[1], fields[here[1]]), here[2])
                self._compare(self.steps.take(*here), self.steps.take(*there), fields)
                queue.append(there)

    def _compare(self, step: Judged | Blocked | None, image: Judged | Blocked | None, fields: Sequence[int]) -> None:
        if not isinstance(step, Judged) or not isinstance(image, Judged):
            if type(step) is not type(image):
                raise AsymmetryError
            return
        due = (self._image(step.shared, fields), step.local, step.returned, step.linear, _clauses(step))
        if due != (image.shared, image.local, image.returned, image.linear, _clauses(image)):
            raise AsymmetryError

    # --- the report -------------------------------------------------------------------------------------------

    def _vectors(self) -> Counter[Vector]:
        """Return the number of schedules of each outcome vector: those of a class fall evenly on its arrangements."""
        vectors: Counter[Vector] = Counter()
        for word, schedules in self.finals.items():
            arranged = list(self._arrangements(self.vectors[word]))
            share, rest = divmod(schedules, len(arranged))
            assert rest == 0, "alike attempts have equally many schedules for each arrangement of their outcomes"
            for vector in arranged:
                vectors[vector] += share
        return vectors

    def _arrangements(self, vector: Vector) -> Iterator[Vector]:
        def arrange(vector: Vector, rest: Sequence[tuple[int, ...]]) -> Iterator[Vector]:
            if not rest:
                yield vector
                return
            group, *others = rest
            for order in distinct_orders([vector[who] for who in group]):
                arranged = list(vector)
                for who, emitted in zip(group, order, strict=True):
                    arranged[who] = emitted
                yield from arrange(tuple(arranged), others)

        return arrange(vector, self.alike)


def distinct_orders(items: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield each distinct order of a multiset once."""
    left = Counter(items)

    def orders(chosen: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if not left.total():
            yield chosen
        for item in [one for one, count in left.items() if count]:
            left[item] -= 1
            yield from orders((*chosen, item))
            left[item] += 1

    return orders(())


def _renamed(snapshot: Snapshot, names: dict[str, str]) -> Snapshot:
    reservations = (
        replace(one, booking_id=names.get(one.booking_id, one.booking_id)) for one in snapshot.reservations
    )
    return replace(snapshot, reservations=tuple(sorted(reservations)))


def _clauses(step: Judged) -> tuple[str, ...]:
    return tuple(clause for clause, _ in step.violations)
