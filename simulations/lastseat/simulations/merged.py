"""All schedules at once: executions that cannot differ any more are merged, and counted.

What an attempt does next is decided by what the store holds and by what it has received; so two executions that
agree on both, for every attempt, have the same futures. The explorer walks the distinct states level by level
(a level is a number of steps taken) and carries along, as exact integers, how many schedules reach each.

Real code runs once for each distinct (store, attempt, received): it is restored there and takes one step. The
rest is arithmetic. A state is one integer,

    [ linearizability | store | attempt n-1 | … | attempt 0 ]

whose fields are the judge's numbers, and a step of one attempt adds a constant that depends on the store and on
that attempt alone. Python's integers do not overflow; a field that does is refused and made wider, never wrapped.
The argument that merging keeps every property: `specs/decisions/merging.md`.
"""

from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeAlias

from lastseat.reference.implementation import Implementation
from lastseat.reference.store import InspectableStore
from lastseat.simulations.exploration import CONFORMANCE, Exploration, Progress, Shortest, Vector, silent, tally
from lastseat.simulations.judge import Ended, Judge, Judged, Numbering, Running
from lastseat.simulations.linearizability import LINEARIZABLE, NO_ORDER, Monitor, Possibilities, Possibility
from lastseat.simulations.processes import MOST_STEPS, ExplorationError, begin, failed, waits
from lastseat.simulations.scenario import Scenario

Word: TypeAlias = int
Level: TypeAlias = dict[Word, int]

LOCAL_BITS = 4  # distinct local states of one attempt: 2**4, made wider when that is not enough
SHARED_BITS = 24  # distinct contents of the store
OFTEN = 1 << 14  # states between two looks at the clock


class _TooNarrowError(Exception):
    """A field of the word is too narrow."""


def explore_merged(
    scenario: Scenario,
    implementation: Implementation,
    *,
    states: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Cover every schedule of `scenario` over its distinct states, with the exact number of schedules.

    Stops early, and says so, after about `states` distinct states or `seconds`, or at Ctrl-C. Raises
    ExplorationError where the implementation raises or its store cannot be restored.
    """
    bits = LOCAL_BITS
    while True:
        try:
            return _Merged(scenario, implementation, bits).explore(states, seconds, progress)
        except _TooNarrowError:
            bits *= 2


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A violation, and where it was met: the state, and the attempt whose step shows it (None: the state does)."""

    witness: str
    level: int
    word: Word
    attempt: int | None


class _Merged:
    """One exploration: the words of the current level, and the tables of what each step adds to a word."""

    def __init__(self, scenario: Scenario, implementation: Implementation, bits: int) -> None:
        self.scenario, self.implementation = scenario, implementation
        self.judge = Judge(scenario, implementation)
        self.attempts = len(scenario.requests)
        self.capacities = dict(scenario.capacities)
        self.bits, self.shared_at = bits, bits * self.attempts
        self.monitor_at = self.shared_at + SHARED_BITS
        shared_mask = ((1 << SHARED_BITS) - 1) << self.shared_at
        self.local_mask = (1 << bits) - 1
        self.masks = [shared_mask | self.local_mask << bits * who for who in range(self.attempts)]
        # What the step of an attempt adds to a word, by the word's store and local fields; 0 where it has none.
        self.adds: list[dict[Word, int]] = [{} for _ in range(self.attempts)]
        self.judged: list[dict[Word, Judged | None]] = [{} for _ in range(self.attempts)]
        self.monitor = Monitor(self.capacities, self.judge.system.requests)
        # Number 0 stands for: the store's own ledger is the one possibility.
        self.possible: Numbering[Possibilities | None] = Numbering()
        self.possible.number(None)
        self.store: InspectableStore = implementation.open_store(self.capacities)
        self.sightings: dict[str, _Sighting] = {}
        self.steps_run, self.states, self.generated, self.level = 0, 0, 1, 0
        self.finals: Counter[Word] = Counter()
        self.vectors: dict[Word, Vector] = {}
        self.cut = False
        self.initial = self._initial()

    # --- the walk ---------------------------------------------------------------------------------------------

    def explore(self, states: int | None, seconds: float | None, progress: Progress) -> Exploration:
        deadline = None if seconds is None else monotonic() + seconds
        complete, interrupted = False, False
        try:
            level: Level = {self.initial: 1}
            while level:
                self.states += len(level)
                progress(self.states, None)
                if (states is not None and self.states > states) or (deadline and monotonic() > deadline):
                    break
                level = self._following(level, progress)
                self.level += 1
            else:
                complete = not self.cut
        except KeyboardInterrupt:
            interrupted = True
        return self._report(complete, interrupted)

    def _initial(self) -> Word:
        shared = self.judge.start(self.store.snapshot())
        word = shared << self.shared_at
        _, _, stepless = begin(self.scenario, self.implementation)
        for who, returned in stepless:
            judged = self.judge.judge_stepless(who, shared, returned)
            self._see(judged, word, None)
            word += judged.local << self.bits * who
        return word

    def _following(self, level: Level, progress: Progress) -> Level:
        """Return the states one step after `level`, each with its number of schedules; ended ones are noted."""
        following: Level = {}
        lanes = [(who, self.masks[who], self.adds[who].get) for who in range(self.attempts)]
        reach, generated, plain = following.get, 0, 1 << self.monitor_at
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
                progress(self.states + len(following), None)
        self.generated += generated
        return following

    def _add(self, word: Word, who: int) -> int:
        """Return what the next step of attempt `who` adds to `word`: 0 where it has none."""
        key = word & self.masks[who]
        if key not in self.judged[who]:
            self.judged[who][key] = self._take(word, who)
        judged = self.judged[who][key]
        if judged is None:
            self.adds[who][key] = 0
            return 0
        shared, local = key >> self.shared_at, (word >> self.bits * who) & self.local_mask
        add = ((judged.shared - shared) << self.shared_at) + ((judged.local - local) << self.bits * who)
        if word >> self.monitor_at == 0 and judged.linear:
            self.adds[who][key] = add
            return add
        return add + self._add_monitor(word, who, judged)

    # --- real code --------------------------------------------------------------------------------------------

    def _take(self, word: Word, who: int) -> Judged | None:
        """Let the real code take one step of attempt `who`, in the state that `word` stands for, and judge it."""
        shared, locals_ = self._fields(word)
        running = self.judge.locals[who].values[locals_[who]]
        if isinstance(running, Ended):
            return None
        if len(running.received) >= MOST_STEPS:
            self.cut = True
            return None
        try:
            judged = self._perform(word, shared, who, locals_[who], running)
        except (ExplorationError, _TooNarrowError):
            raise
        except Exception as error:
            raise failed(self.scenario, self._path(self.level, word), error) from error
        if judged is not None:
            self._see(judged, word, who)
            if max(judged.local >> self.bits, judged.shared >> SHARED_BITS):
                raise _TooNarrowError
        return judged

    def _perform(self, word: Word, shared: int, who: int, local: int, running: Running) -> Judged | None:
        store = self.store
        store.restore(self.judge.shared.values[shared].snapshot)
        attempt = self.implementation.attempt(self.scenario.requests[who])
        operation = next(attempt)
        for result in running.received:
            operation = attempt.send(result)
        blocking = waits(store)
        if blocking is not None and blocking(operation):
            for clause, witness in self.judge.judge_blocked(shared, who, operation):
                self.sightings.setdefault(clause, _Sighting(witness, self.level, word, None))
            attempt.close()
            return None
        result = operation.perform(store)
        self.steps_run += 1
        returned: tuple[Any] | None = None
        try:
            attempt.send(result)
            attempt.close()
        except StopIteration as finished:
            returned = (finished.value,)
        return self.judge.judge(shared, who, local, operation, result, store.snapshot(), returned)

    def _see(self, judged: Judged, word: Word, attempt: int | None) -> None:
        # Levels come in order, so the first sighting of a clause is a shortest one.
        for clause, witness in judged.violations:
            self.sightings.setdefault(clause, _Sighting(witness, self.level, word, attempt))
        if judged.nonconforming:
            sighting = _Sighting(judged.nonconforming, self.level, word, attempt)
            self.sightings.setdefault(CONFORMANCE, sighting)

    def _add_monitor(self, word: Word, who: int, judged: Judged) -> int:
        """Return what a step adds to the monitor's field, where the step alone does not explain its outcome."""
        shared, locals_ = self._fields(word)
        number = word >> self.monitor_at
        possible = self.possible.values[number]
        if possible is None:
            possible = self._own_ledger(shared)
        if judged.ended:
            pending = [
                each
                for each, local in enumerate(locals_)
                if isinstance(running := self.judge.locals[each].values[local], Running) and running.received
            ]
            ended = self.judge.locals[who].values[judged.local]
            assert isinstance(ended, Ended)
            if possible:
                possible = self.monitor.ended(possible, who, ended.emitted, pending)
                if not possible:
                    self.sightings.setdefault(LINEARIZABLE, _Sighting(NO_ORDER, self.level, word, who))
        after = 0 if possible == self._own_ledger(judged.shared) else self.possible.number(possible)
        return (after - number) << self.monitor_at

    def _own_ledger(self, shared: int) -> Possibilities:
        return frozenset({Possibility(self.judge.ledger(shared))})

    # --- reading words ----------------------------------------------------------------------------------------

    def _fields(self, word: Word) -> tuple[int, tuple[int, ...]]:
        """Return the store's number and every attempt's."""
        locals_ = tuple((word >> self.bits * who) & self.local_mask for who in range(self.attempts))
        return (word >> self.shared_at) & ((1 << SHARED_BITS) - 1), locals_

    def _path(self, level: int, word: Word) -> tuple[int, ...]:
        """Return the first schedule that leads to `word`, by walking the levels up to it once more."""
        parents: list[dict[Word, tuple[Word, int]]] = []
        words: list[Word] = [self.initial]
        for _ in range(level):
            came: dict[Word, tuple[Word, int]] = {}
            for before in words:
                for who in range(self.attempts):
                    add = self._add(before, who)
                    if add:
                        came.setdefault(before + add, (before, who))
            parents.append(came)
            words = list(came)
        steps: list[int] = []
        for came in reversed(parents):
            word, who = came[word]
            steps.append(who)
        return tuple(reversed(steps))

    # --- the report -------------------------------------------------------------------------------------------

    def _end(self, word: Word, schedules: int) -> None:
        """Take note of a state in which nobody can step, and of how many schedules end in it at this level."""
        if word not in self.finals:
            shared, locals_ = self._fields(word)
            vector, violations = self.judge.judge_run(shared, locals_)
            self.vectors[word] = vector
            for clause, witness in violations:
                self.sightings.setdefault(clause, _Sighting(witness, self.level, word, None))
        self.finals[word] += schedules

    def _report(self, complete: bool, interrupted: bool) -> Exploration:
        vectors: Counter[Vector] = Counter()
        for word, schedules in self.finals.items():
            vectors[self.vectors[word]] += schedules
        shortest, deviations = Shortest(), Shortest()
        for clause, seen in self.sightings.items():
            path = self._path(seen.level, seen.word)
            steps = path if seen.attempt is None else (*path, seen.attempt)
            (deviations if clause == CONFORMANCE else shortest).offer(clause, seen.witness, steps)
        nonconforming = deviations.all()
        return Exploration(
            strategy="merged",
            executions=self.steps_run,
            interleavings=vectors.total(),
            outcomes=tally(vectors),
            vectors=frozenset(vectors),
            complete=complete,
            violations=shortest.all(),
            fired={**self.judge.fired, LINEARIZABLE: len(self.finals)},
            states=self.states,
            generated=self.generated,
            blocked=sum(ways for vector, ways in vectors.items() if None in vector),
            conformed=self.judge.conformed,
            nonconforming=nonconforming[0] if nonconforming else None,
            interrupted=interrupted,
        )
