"""All schedules with faults in them at once: `merged` and `symmetry`, up to the fault budget of a scenario.

A state is the same word with one field more, the number of faults so far: what may still happen depends on it. A
fault is one more step that an attempt can take from the same state; a redelivery is an attempt that begins late.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic

from lastseat.model.searches.symmetric import groups_of
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import Exploration
from lastseat.simulations.bookings.merged import LOCAL_BITS, Level, Merged, TooNarrowError, Word
from lastseat.simulations.bookings.places import Running
from lastseat.simulations.bookings.processes import MOST_STEPS
from lastseat.simulations.bookings.real_steps import NonlinearError, RealSteps
from lastseat.simulations.bookings.recheck import rechecked
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.bookings.symmetry import AsymmetryError, Quotient
from lastseat.simulations.common.progress import Progress
from lastseat.simulations.kernel.faults import Strike

SPENT_BITS = 4  # faults so far, at most MOST_FAULTS
OFTEN = 256  # states between two looks at the clock


def explore_struck(
    scenario: Scenario,
    implementation: Implementation,
    seconds: float | None,
    progress: Progress,
    symmetry: bool,
    prefix: Sequence[int],
) -> Exploration:
    """Cover every schedule that begins with `prefix`, faults included. As `explore_merged`, which this is a part of.

    Attempts are exchanged only where all start alike: without a prefix, and without redeliveries.
    """
    run(scenario, implementation, prefix)
    deadline = None if seconds is None else monotonic() + seconds
    steps = RealSteps(scenario.delivered(), implementation)
    groups = groups_of(steps.judge.system.requests) if symmetry and not prefix else ()
    alike = [] if scenario.faults.redeliveries else [group for group in groups if len(group) > 1]
    bits = LOCAL_BITS
    while True:
        try:
            if alike:
                return rechecked(StruckQuotient(steps, bits, alike).explore(deadline, progress), steps)
            return rechecked(StruckMerged(steps, bits, prefix).explore(deadline, progress), steps, prefix)
        except TooNarrowError:
            bits *= 2
        except AsymmetryError:
            alike, steps = [], RealSteps(scenario.delivered(), implementation)
        except NonlinearError:
            steps.needs_every_linearization = True


class _Struck(Merged):
    """What both have in common: the field of faults, and the strikes."""

    prefix: Sequence[int] = ()

    def _widen(self) -> None:
        self.budget, self.first = self.scenario.faults, len(self.scenario.originals)
        self.spent_at, self.monitor_at = self.monitor_at, self.monitor_at + SPENT_BITS
        self.known: dict[tuple[int, Word], int] = {}
        # A fault ends an attempt a step early, so that a state may be met on two levels: it is one state.
        self.met: set[Word] = set()
        self.fresh: set[Word] = set()

    def _count(self, level: Level) -> None:
        self.fresh = level.keys() - self.met
        self.met |= self.fresh
        self.states += sum(map(self._size, self.fresh))

    def _following(self, level: Level) -> Level:
        following: Level = {}
        for number, (word, schedules) in enumerate(level.items()):
            if number % OFTEN == 0:
                self._tick(len(following))
            is_over, size = self.level >= len(self.prefix), self._size(word)
            for who, after, _ in self._onward(self.level, word):
                is_over = is_over and self._is_asleep(word, who)
                same = self._same(word, who)
                self.generated += size * same * (word in self.fresh)
                following[after] = following.get(after, 0) + schedules * same
            if is_over:
                self._end(word, schedules)
        return following

    def _same(self, word: Word, who: int) -> int:
        """Return for how many attempts of a word the step of `who` stands."""
        del word, who
        return 1

    def _spent(self, word: Word) -> int:
        return (word >> self.spent_at) & ((1 << SPENT_BITS) - 1)

    def _is_asleep(self, word: Word, who: int) -> bool:
        """Return whether `who` is a redelivery that was not made."""
        return who >= self.first and not (word >> self.bits * who) & self.local_mask

    def _cost(self, word: Word, who: int) -> int:
        """Return how many faults a step is."""
        return isinstance(who, Strike) + self._is_asleep(word, who)

    def _add(self, word: Word, who: int) -> int:
        key = (who, word & self.masks[who])
        known = self.known.get(key)
        if known is not None and not word >> self.monitor_at:
            return known
        judged = self._take(word, who)
        if judged is None:
            self.known[key] = 0
            return 0
        shared, locals_ = self._fields(word)
        add = (judged.shared - shared) << self.shared_at
        add += (judged.local - locals_[who]) << self.bits * who
        add += self._cost(word, who) << self.spent_at
        if not self.steps.is_followed(judged) and not word >> self.monitor_at:
            self.known[key] = add
            return add
        return add + self._add_monitor(word, who, judged)

    def _strikes(self, word: Word, who: int) -> Iterator[tuple[int, Word]]:
        """Yield each fault that can strike in the step of `who`, which is one that can be taken, and what follows."""
        if self._spent(word) + self._cost(word, who) < self.budget.most:
            for letter in self.budget.letters:
                strike = Strike(who, letter)
                add = self._add(word, strike)
                if add:
                    yield strike, word + add

    def _report(self, complete: bool, interrupted: bool) -> Exploration:
        by_faults: Counter[int] = Counter()
        for word, schedules in self.finals.items():
            by_faults[self._spent(word)] += schedules
        return replace(super()._report(complete, interrupted), by_faults=dict(sorted(by_faults.items())))


class StruckMerged(_Struck):
    """An exploration with faults."""

    def __init__(self, steps: RealSteps, bits: int, prefix: Sequence[int]) -> None:
        super().__init__(steps, bits)
        self._widen()
        self.prefix = prefix

    def _onward(self, level: int, word: Word) -> Iterator[tuple[int, Word, tuple[int, ...]]]:
        if level < len(self.prefix):
            who = self.prefix[level]
            return iter([(who, word + self._add(word, who), tuple(range(self.attempts)))])
        return self._moves(word)

    def _moves(self, word: Word) -> Iterator[tuple[int, Word, tuple[int, ...]]]:
        fields = tuple(range(self.attempts))
        for who in fields:
            if self._is_asleep(word, who) and not self._may_begin(word, who):
                continue
            add = self._add(word, who)
            if add:
                yield who, word + add, fields
                for strike, after in self._strikes(word, who):
                    yield strike, after, fields

    def _may_begin(self, word: Word, who: int) -> bool:
        """Return whether a redelivery can be made: what it repeats has begun, and a fault is left for it."""
        begun = (word >> self.bits * (who - self.first)) & self.local_mask
        return bool(begun) and self._spent(word) < self.budget.most

    def _is_stuck(self, word: Word) -> bool:
        _, locals_ = self._fields(word)
        states = [self.judge.locals[who].values[local] for who, local in enumerate(locals_)]
        awake = (one for who, one in enumerate(states) if not self._is_asleep(word, who))
        return any(isinstance(one, Running) and len(one.received) < MOST_STEPS for one in awake)


class StruckQuotient(_Struck, Quotient):
    """The same over classes of states that differ by an exchange of alike attempts."""

    def __init__(self, steps: RealSteps, bits: int, alike: Sequence[tuple[int, ...]]) -> None:
        Quotient.__init__(self, steps, bits, alike)
        self._widen()

    def _moves(self, word: Word) -> Iterator[tuple[int, Word, tuple[int, ...]]]:
        for who, after, fields in super()._moves(word):
            yield who, after, fields
            for strike, struck in self._strikes(word, who):
                yield (strike, *self._canonical(struck))

    def _same(self, word: Word, who: int) -> int:
        return self._twins(word, who)

    def _exchanged(self, word: Word, fields: Sequence[int]) -> Word:
        # An exchange of attempts keeps the number of faults.
        return super()._exchanged(word, fields) | self._spent(word) << self.spent_at
