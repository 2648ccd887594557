"""All schedules at once: executions that cannot differ any more are merged, and counted.

What an attempt does next is decided by what the store holds and by what it has received; so two executions that
agree on both, for every attempt, have the same futures. The explorer walks the distinct states level by level
(a level is a number of steps taken) and carries along, as exact integers, how many schedules reach each.

Real code runs once for each distinct (store, attempt, received): it is restored there and takes one step. The
rest is arithmetic. A state is one integer, its word,

    [ linearizability | store | attempt n-1 | … | attempt 0 ]

whose fields are the judge's numbers, and a step of one attempt adds a constant that depends on the store and on
that attempt alone. Python's integers do not overflow; a field that does is refused and made wider, never wrapped.
The argument that merging keeps every property: `specs/decisions/merging.md`. Attempts that are alike are merged
further by `symmetry`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

from lastseat.simulations.bookings.exploration import CONFORMANCE, Exploration, Shortest, Vector, tally
from lastseat.simulations.bookings.judge import Judged
from lastseat.simulations.bookings.linearizability import LINEARIZABLE, NO_ORDER, Possibilities, Possibility
from lastseat.simulations.bookings.places import Crashed, Ended, Running
from lastseat.simulations.bookings.processes import MOST_STEPS, ExplorationError, failed
from lastseat.simulations.bookings.real_steps import Blocked, RealSteps
from lastseat.simulations.common.numbering import Numbering
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.faults import like

Word: TypeAlias = int
Level: TypeAlias = dict[Word, int]

LOCAL_BITS = 4  # distinct local states of one attempt: 2**4, made wider when that is not enough
SHARED_BITS = 24  # distinct contents of the store
OFTEN = 1 << 14  # states between two looks at the clock


class TooNarrowError(Exception):
    """A field of the word is too narrow."""


class OutOfTimeError(Exception):
    """The budget is used up in the middle of a level."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A violation, and where it was met: the state, and the attempt whose step shows it (None: the state does)."""

    witness: str
    level: int
    word: Word
    attempt: int | None

    @property
    def length(self) -> int:
        """Return the number of steps of the schedule that shows it."""
        return self.level + (self.attempt is not None)


class Merged:
    """One exploration: the words of the current level, and the tables of what each step adds to a word."""

    def __init__(self, steps: RealSteps, bits: int) -> None:
        self.steps, self.judge, self.scenario = steps, steps.judge, steps.scenario
        self.attempts = len(steps.scenario.requests)
        self.bits, self.shared_at = bits, bits * self.attempts
        self.monitor_at = self.shared_at + SHARED_BITS
        shared_mask = ((1 << SHARED_BITS) - 1) << self.shared_at
        self.local_mask = (1 << bits) - 1
        self.masks = [shared_mask | self.local_mask << bits * who for who in range(self.attempts)]
        # What the step of an attempt adds to a word, by the word's store and local fields; 0 where it has none.
        self.adds: list[dict[Word, int]] = [{} for _ in range(self.attempts)]
        # Number 0 stands for: the store's own ledger is the one possibility.
        self.possible: Numbering[Possibilities | None] = Numbering()
        self.possible.number(None)
        self.sightings: dict[str, Sighting] = {}
        self.states, self.generated, self.level = 0, 1, 0
        self.finals: Counter[Word] = Counter()
        self.vectors: dict[Word, Vector] = {}
        self.deadline: float | None = None
        self.progress: Progress = silent
        self.initial = self._initial()

    # --- the walk ---------------------------------------------------------------------------------------------

    def explore(self, deadline: float | None, progress: Progress) -> Exploration:
        """Walk the levels to the end, the deadline (of `time.monotonic`), or Ctrl-C; return what was seen."""
        self.progress, self.deadline = progress, deadline
        complete, interrupted = False, False
        try:
            level: Level = {self.initial: 1}
            while level:
                self._count(level)
                level = self._following(level)
                self.level += 1
            complete = not self.steps.cut
        except OutOfTimeError:
            pass
        except KeyboardInterrupt:
            interrupted = True
        return self._report(complete, interrupted)

    def _initial(self) -> Word:
        word = self.steps.start << self.shared_at
        for who, judged in self.steps.stepless():
            self._see(judged, word, None)
            word += judged.local << self.bits * who
        return word

    def _count(self, level: Level) -> None:
        self.states += len(level)

    def _size(self, word: Word) -> int:
        """Return for how many states a word stands."""
        del word
        return 1

    def _tick(self, found: int) -> None:
        self.progress(self.states + found, None)
        self._look_at_the_clock()

    def _look_at_the_clock(self) -> None:
        if self.deadline is not None and monotonic() > self.deadline:
            raise OutOfTimeError

    def _following(self, level: Level) -> Level:
        """Return the states one step after `level`, each with its number of schedules; ended ones are noted."""
        following: Level = {}
        lanes = [(who, self.masks[who], self.adds[who].get) for who in range(self.attempts)]
        reach, generated, plain = following.get, 0, 1 << self.monitor_at
        self._tick(0)
        for number, (word, schedules) in enumerate(level.items(), start=1):
            before = generated
            for who, mask, add_of in lanes:
                add = add_of(word & mask)
                if add is None or word >= plain:
                    add = self._add(word, who)
                if add:
                    generated += 1
                    after = word + add
                    following[after] = reach(after, 0) + schedules
            if generated == before:
                self._end(word, schedules)
            if number % OFTEN == 0:
                self._tick(len(following))
        self.generated += generated
        return following

    def _add(self, word: Word, who: int) -> int:
        """Return what the next step of attempt `who` adds to `word`: 0 where it has none."""
        judged = self._take(word, who)
        key = word & self.masks[who]
        if judged is None:
            self.adds[who][key] = 0
            return 0
        shared, local = key >> self.shared_at, (word >> self.bits * who) & self.local_mask
        add = ((judged.shared - shared) << self.shared_at) + ((judged.local - local) << self.bits * who)
        if not self.steps.is_followed(judged) and word >> self.monitor_at == 0:
            self.adds[who][key] = add
            return add
        return add + self._add_monitor(word, who, judged)

    def _take(self, word: Word, who: int) -> Judged | None:
        """Return the step of attempt `who` from `word`, or None; note what it violates."""
        shared, locals_ = self._fields(word)
        try:
            step = self.steps.take(shared, who, locals_[who])
        except ExplorationError:
            raise
        except Exception as error:
            raise failed(self.scenario, self._path(self.level, word)[0], error) from error
        if isinstance(step, Blocked):
            for clause, witness in step.violations:
                self._sight(clause, witness, word)
            return None
        if step is not None:
            self._see(step, word, who)
            if max(step.local >> self.bits, step.shared >> SHARED_BITS):
                raise TooNarrowError
        return step

    def _see(self, judged: Judged, word: Word, attempt: int | None) -> None:
        for clause, witness in judged.violations:
            self._sight(clause, witness, word, attempt)
        if judged.nonconforming:
            self._sight(CONFORMANCE, judged.nonconforming, word, attempt)

    def _sight(self, clause: str, witness: str, word: Word, attempt: int | None = None) -> None:
        """Keep a shortest sighting: levels come in order, but on one level a state has a step less than a step."""
        sighting = Sighting(witness, self.level, word, attempt)
        if sighting.length < self.sightings.setdefault(clause, sighting).length:
            self.sightings[clause] = sighting

    def _end(self, word: Word, schedules: int) -> None:
        """Take note of a state in which nobody can step, and of how many schedules end in it at this level."""
        if word not in self.finals:
            self.vectors[word], violations = self.judge.judge_run(*self._fields(word), self._size(word))
            for clause, witness in violations:
                self._sight(clause, witness, word)
        self.finals[word] += schedules

    def _is_stuck(self, word: Word) -> bool:
        """Return whether somebody waits in a final state; one that was cut off does not."""
        _, locals_ = self._fields(word)
        states = (self.judge.locals[who].values[local] for who, local in enumerate(locals_))
        return any(isinstance(one, Running) and len(one.received) < MOST_STEPS for one in states)

    # --- linearizability, where a step alone does not explain its outcome -------------------------------------

    def _add_monitor(self, word: Word, who: int, judged: Judged) -> int:
        """Return what a step adds to the monitor's field."""
        shared, locals_ = self._fields(word)
        number = word >> self.monitor_at
        possible = self.possible.values[number]
        if possible is None:
            possible = self._own_ledger(shared)
        if judged.returned and possible:
            states = [self.judge.locals[each].values[local] for each, local in enumerate(locals_)]
            # Whoever crashed after its first step may take effect for ever.
            begun = [each for each, one in enumerate(states) if isinstance(one, Running | Crashed) and one.begun]
            ended = self.judge.locals[who].values[judged.local]
            emitted = ended.emitted if isinstance(ended, Ended) else None
            possible = self.judge.monitor.ended(possible, int(who), emitted, begun)
            if not possible:
                self._sight(LINEARIZABLE, NO_ORDER, word, who)
        after = 0 if possible == self._own_ledger(judged.shared) else self.possible.number(possible)
        return (after - number) << self.monitor_at

    def _own_ledger(self, shared: int) -> Possibilities:
        return frozenset({Possibility(self.judge.ledger(shared))})

    # --- reading words ----------------------------------------------------------------------------------------

    def _fields(self, word: Word) -> tuple[int, tuple[int, ...]]:
        """Return the store's number and every attempt's."""
        locals_ = tuple((word >> self.bits * who) & self.local_mask for who in range(self.attempts))
        return (word >> self.shared_at) & ((1 << SHARED_BITS) - 1), locals_

    def _moves(self, word: Word) -> Iterator[tuple[int, Word, tuple[int, ...]]]:
        """Yield each step from `word`: the attempt, the word after it, and which attempt each field is there."""
        fields = tuple(range(self.attempts))
        for who in fields:
            add = self._add(word, who)
            if add:
                yield who, word + add, fields

    def _onward(self, level: int, word: Word) -> Iterator[tuple[int, Word, tuple[int, ...]]]:
        """Yield each step that is taken from `word`, a state of that level."""
        del level
        return self._moves(word)

    def _path(self, level: int, word: Word) -> tuple[list[int], list[int]]:
        """Return a schedule that leads to `word`, by walking the levels up to it once more.

        The second list says which attempt of that schedule each field of the word stands for.
        """
        parents: list[dict[Word, tuple[Word, int, tuple[int, ...]]]] = []
        words: list[Word] = [self.initial]
        for depth in range(level):
            came: dict[Word, tuple[Word, int, tuple[int, ...]]] = {}
            for before in words:
                for who, after, fields in self._onward(depth, before):
                    came.setdefault(after, (before, who, fields))
            parents.append(came)
            words = list(came)
        moves: list[tuple[int, tuple[int, ...]]] = []
        for came in reversed(parents):
            word, who, fields = came[word]
            moves.append((who, fields))
        steps, stands_for = [], list(range(self.attempts))
        for who, fields in reversed(moves):
            steps.append(like(who, stands_for[who]))
            stands_for = [stands_for[field] for field in fields]
        return steps, stands_for

    # --- the report -------------------------------------------------------------------------------------------

    def _vectors(self) -> Counter[Vector]:
        """Return the number of schedules of each outcome vector."""
        vectors: Counter[Vector] = Counter()
        for word, schedules in self.finals.items():
            vectors[self.vectors[word]] += schedules
        return vectors

    def _report(self, complete: bool, interrupted: bool) -> Exploration:
        vectors = self._vectors()
        shortest, deviations = Shortest(), Shortest()
        for clause, seen in self.sightings.items():
            steps, stands_for = self._path(seen.level, seen.word)
            last = [] if seen.attempt is None else [like(seen.attempt, stands_for[seen.attempt])]
            (deviations if clause == CONFORMANCE else shortest).offer(clause, seen.witness, [*steps, *last])
        nonconforming = deviations.all()
        return Exploration(
            strategy="merged",
            executions=self.steps.performed,
            interleavings=vectors.total(),
            outcomes=tally(vectors),
            vectors=frozenset(vectors),
            complete=complete,
            violations=shortest.all(),
            **self.judge.figures(),
            states=self.states,
            generated=self.generated,
            deadlocks=sum(schedules for word, schedules in self.finals.items() if self._is_stuck(word)),
            nonconforming=nonconforming[0] if nonconforming else None,
            interrupted=interrupted,
        )
