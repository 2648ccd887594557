"""All schedules at once: executions that cannot differ any more are merged, and counted.

What a process does next is decided by the shared state and by what it was told. So two executions that agree on both,
for every process, have the same futures. The walk goes over the distinct states level by level (a level is a number
of steps taken) and carries along, as exact integers, how many schedules reach each. Faults, redeliveries and the
branches of choices are further steps from the same state.

Code runs once for each distinct step (`restored`). The rest is arithmetic: a state is one integer, its word, and a
step adds a constant to it (`words`). Processes that are alike are merged further (`orbits`). The argument that
merging keeps every property: `specs/decisions/merging.md`.

What stops a walk is a value. Some of these values ask for another walk, with other `Settings`: see `walked`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from lastseat.simulations.kernel.actions import Action, Step, fault_of, process_of, taken_by
from lastseat.simulations.strategies.merging.orbits import Orbits
from lastseat.simulations.strategies.merging.restored import AnyTaken, Blocked, Restored
from lastseat.simulations.strategies.merging.settings import Limits, Settings, Sighting, Stop, Successor
from lastseat.simulations.strategies.merging.words import Layout, Word

Level: TypeAlias = dict[Word, int]  # the states after so many steps, and how many schedules reach each
Moves: TypeAlias = tuple[tuple[Step, int], ...]  # steps from a state, and what each adds to the word

OFTEN = 1 << 14  # states between two looks at the clock
FEW = 256  # orbits between two looks at the clock


class Walk(Generic[AnyTaken]):
    """One walk: the words of the current level, and the tables of what each step adds to a word."""

    keeps_levels: ClassVar[bool] = False

    def __init__(
        self,
        steps: Restored[AnyTaken],
        settings: Settings,
        limits: Limits,
        prefix: Sequence[Step] = (),
    ) -> None:
        self.steps, self.settings, self.limits, self.prefix = steps, settings, limits, tuple(prefix)
        self.program = steps.program
        self.layout = layout = Layout(self.program, settings.bits, settings.shared_bits)
        self.orbits = self._orbits() if settings.alike else None
        self.stop: Stop | None = None
        self.not_alike: tuple[tuple[int, ...], ...] = ()
        # Of each process: its steps, and what each adds to a word, by the fields that decide it.
        self.moves: list[dict[Word, Moves]] = [{} for _ in range(layout.processes)]
        self.adds: list[dict[Word, int]] = [{} for _ in range(layout.processes)]  # where it is one step; 0: none
        self.sightings: dict[str, Sighting] = {}
        self.states, self.generated, self.level = 0, 1, 0
        self.finals: Counter[Word] = Counter()
        self.levels: list[Level] = []
        self._met: set[Word] = set()
        self._stale: set[Word] = set()  # words of this level that were met on an earlier one
        self._kin = [
            next((group[0] for group in settings.alike if who in group), who) for who in range(layout.processes)
        ]
        self._lengths: dict[tuple[int, int], int] = {}  # steps by which a process comes to a local state
        self.initial = self._initial()

    # --- what a derived class looks at ------------------------------------------------------------------------

    def _orbits(self) -> Orbits:
        """Return what exchanges processes that are alike."""
        return Orbits(self.layout, self.settings.alike)

    def _see(self, taken: AnyTaken, word: Word, step: Step) -> None:
        """Look at a distinct step from a word."""

    def _see_stepless(self, taken: AnyTaken, word: Word, who: int) -> None:
        """Look at a process that ended before its first step."""

    def _see_blocked(self, blocked: Blocked, word: Word) -> None:
        """Look at a step that has to wait."""

    def _see_end(self, word: Word) -> None:
        """Look at a state in which nobody can go on, when it is met first."""

    def _more(self, word: Word, step: Step, taken: AnyTaken) -> int | None:
        """Return what a step adds above the fields of the word; None: nothing, as from every such word."""
        del word, step, taken
        return None

    def _failed(self, error: Exception, who: int, steps: Sequence[Step]) -> Exception:
        """Return the error that tells what the code of a process did; the last of `steps` is the one that failed."""
        del who, steps
        return error

    # --- the walk ---------------------------------------------------------------------------------------------

    def explore(self) -> None:
        """Walk the levels to the end, or until something stops the walk."""
        try:
            level: Level = {self.initial: 1}
            while level and self.stop is None:
                self._enter(level)
                level = self._following(level)
                self.level += self.stop is None
        except KeyboardInterrupt as interruption:
            self.stop, self.interruption = Stop.INTERRUPTED, interruption

    def _initial(self) -> Word:
        word = self.steps.start << self.layout.shared_at
        for who in range(self.program.originals):
            try:
                taken = self.steps.stepless(who)
            except Exception as error:
                raise self._failed(error, who, ()) from error
            if taken is not None:
                self._see_stepless(taken, word, who)
                self._lengths[self._kin[who], taken.local] = 0
                word += taken.local << self.layout.bits * who
        return word if self.orbits is None else self.orbits.canonical(word)

    def _enter(self, level: Level) -> None:
        if self.settings.several_levels:
            self._stale = level.keys() & self._met
            self._met |= level.keys()
        fresh = level.keys() - self._stale if self._stale else level.keys()
        self.states += len(fresh) if self.orbits is None else sum(map(self.orbits.size, fresh))
        if self.keeps_levels:
            self.levels.append(level)

    def _following(self, level: Level) -> Level:
        """Return the states one step after `level`, each with its number of schedules; ended ones are noted."""
        if self.level < len(self.prefix):
            self.generated += 1  # a prefix is one way, and ends in one state
            return {successor.after: 1 for word in level for successor in self.successors(self.level, word)}
        if self._is_late(0):
            return {}
        return self._plain(level) if self.orbits is None else self._quotient(level)

    def _plain(self, level: Level) -> Level:
        following: Level = {}
        lanes = [(who, self.layout.masks[who], self.adds[who].get) for who in range(self.layout.processes)]
        reach, generated, plain = following.get, 0, 1 << self.layout.more_at
        stale, repeats = self._stale, self.program.redeliveries
        for number, (word, schedules) in enumerate(level.items(), start=1):
            before = generated
            for who, mask, add_of in lanes:
                add = add_of(word & mask)
                if add is None or word >= plain:
                    for _, add in self._moves_of(word, who):
                        generated += 1
                        following[word + add] = reach(word + add, 0) + schedules
                elif add:
                    generated += 1
                    after = word + add
                    following[after] = reach(after, 0) + schedules
            if self.stop is None and (generated == before or (repeats and self._is_over(word))):
                self._end(word, schedules)
            if word in stale:
                generated = before
            if self.stop is not None or (number % OFTEN == 0 and self._is_late(len(following))):
                return following
        self.generated += generated
        return following

    def _quotient(self, level: Level) -> Level:
        """Walk one state of each orbit; see `orbits`."""
        orbits, following, stale = self.orbits, dict[Word, int](), self._stale
        assert orbits is not None
        for number, (word, schedules) in enumerate(level.items(), start=1):
            kinds, generated = orbits.kinds(word), 0
            for who, times in kinds:
                for _, add in self._moves_of(word, who):
                    generated += times
                    after = orbits.canonical(word + add)
                    following[after] = following.get(after, 0) + schedules * times
            if self.stop is not None:
                return following
            if not generated:
                self._end(word, schedules)
            elif word not in stale:
                self.generated += generated * orbits.members(kinds)
            if self.stop is not None or (number % FEW == 0 and self._is_late(len(following))):
                return following
        return following

    def _is_late(self, found: int) -> bool:
        """Tell how far the walk is, and return whether its time is used up."""
        self.limits.progress(self.states + found, None)
        return self._is_out_of_time()

    def _is_out_of_time(self) -> bool:
        if self.limits.deadline is not None and monotonic() > self.limits.deadline:
            self.stop = self.stop or Stop.OUT_OF_TIME
        return self.stop is not None

    def _end(self, word: Word, schedules: int) -> None:
        """Take note of a state in which nobody can go on, and of how many schedules end in it at this level."""
        if word not in self.finals:
            self._see_end(word)
        self.finals[word] += schedules

    def _is_over(self, word: Word) -> bool:
        """Return whether nobody can go on, though redeliveries may still be made."""
        awake = (who for who in range(self.layout.processes) if not self.is_asleep(word, who))
        return not any(self._moves_of(word, who) for who in awake)

    def is_asleep(self, word: Word, who: int) -> bool:
        """Return whether `who` is a redelivery that was not made."""
        return who >= self.program.originals and not self.layout.local(word, who)

    # --- what a step adds to a word ---------------------------------------------------------------------------

    def _moves_of(self, word: Word, who: int) -> Moves:
        """Return every step that process `who` can take from `word`, and what each adds to it."""
        key = word & self.layout.masks[who]
        if not word >> self.layout.more_at:
            known = self.moves[who].get(key)
            if known is not None:
                return known
        moves, is_plain = self._found(word, who)
        if is_plain and self.stop is None and not word >> self.layout.more_at:
            self.moves[who][key] = moves
            if len(moves) < 2:
                self.adds[who][key] = moves[0][1] if moves else 0
        return moves

    def _found(self, word: Word, who: int) -> tuple[Moves, bool]:
        """Find the steps of a process, and whether its fields alone decide what they add."""
        if self.stop is not None:
            return (), False
        most, spent = self.program.faults.most, self.layout.spent(word)
        shared, locals_ = self.layout.shared(word), self.layout.locals(word)
        if self.is_asleep(word, who):
            if spent >= most or not locals_[who - self.program.originals]:
                return (), True
            spent += 1
        ordinary = self._take(word, shared, who, locals_)
        joined = self.steps.joins.get((self._kin[who], locals_[who]))
        if joined is not None and self._joins_one_of_several(joined):
            return (), False
        if ordinary is None:
            return (), joined is None
        actions = [
            action for action in self.steps.others(shared, who, locals_) if action.fault is None or spent < most
        ]
        found, is_plain = list[tuple[Step, int]](), joined is None
        possible: tuple[Step, ...] = (who, *actions)
        for step in possible:
            taken = self._take(word, shared, step, locals_) if isinstance(step, Action) else ordinary
            if self.stop is not None or taken is None:
                break
            add, more = self._add(word, step, taken)
            is_plain = is_plain and more is None
            found.append((step, add + (more or 0)))
        return tuple(found), is_plain

    def _given(self, word: Word, step: Step) -> Moves:
        """Return a step of the prefix, which can be taken, and what it adds to the word."""
        taken = self._take(word, self.layout.shared(word), step, self.layout.locals(word), is_given=True)
        assert taken is not None, "the prefix was taken before"
        add, more = self._add(word, step, taken)
        return ((step, add + (more or 0)),)

    def _add(self, word: Word, step: Step, taken: AnyTaken) -> tuple[int, int | None]:
        """Return what a step adds to the fields of a word, and what above them; see `_more`."""
        layout, who = self.layout, process_of(step)
        add = (taken.shared - layout.shared(word)) << layout.shared_at
        add += (taken.local - layout.local(word, who)) << layout.bits * who
        add += ((fault_of(step) is not None) + self.is_asleep(word, who)) << layout.spent_at
        return add, self._more(word, step, taken)

    def _take(
        self, word: Word, shared: int, step: Step, locals_: tuple[int, ...], *, is_given: bool = False
    ) -> AnyTaken | None:
        """Return a step from `word`, or None where it cannot be taken; look at it."""
        try:
            taken = self.steps.take(shared, step, locals_, is_given=is_given)
        except Exception as error:
            path, stands_for = self.path(self.level, word)
            who = stands_for[process_of(step)]
            raise self._failed(error, who, [*path, taken_by(step, who)]) from error
        if isinstance(taken, Blocked):
            self._see_blocked(taken, word)
            return None
        if taken is not None:
            self._see(taken, word, step)
            if not self.layout.holds(taken.shared, taken.local):
                self.stop = Stop.TOO_NARROW
            self._measure(process_of(step), locals_, taken.local)
        if self.limits.executions is not None and self.steps.performed >= self.limits.executions:
            self.stop = self.stop or Stop.ENOUGH_STEPS
        return taken

    def _measure(self, who: int, locals_: tuple[int, ...], after: int) -> None:
        """Note after how many steps a process comes to a local state."""
        kin = self._kin[who]
        length = self._lengths.get((kin, locals_[who]), 0) + 1
        if self._lengths.setdefault((kin, after), length) != length and not self.settings.several_levels:
            self.stop = self.stop or Stop.SEVERAL_LEVELS

    def _joins_one_of_several(self, joined: int) -> bool:
        """Return whether a process that is joined is taken for like others: it is not, for whoever joins it."""
        group = next((group for group in self.settings.alike if joined in group), None)
        if group is None:
            return False
        self.stop, self.not_alike = Stop.NOT_ALIKE, (group,)
        return True

    # --- sightings --------------------------------------------------------------------------------------------

    def sight(
        self, name: str, witness: str, word: Word, step: Step | None = None, order: tuple[int, ...] | None = None
    ) -> None:
        """Keep a shortest sighting: levels come in order, but on one level a state has a step less than a step."""
        sighting = Sighting(witness, self.level, word, step, order)
        known = self.sightings.get(name)
        if known is None or sighting.length < known.length:
            self.sightings[name] = sighting
        if known is None and self.limits.stop_at_first and self._is_violation(name):
            self.stop = self.stop or Stop.FIRST_VIOLATION

    def _is_violation(self, name: str) -> bool:
        """Return whether a sighting of that name is a violation."""
        del name
        return True

    def successors(self, level: int, word: Word) -> Iterator[Successor]:
        """Yield each step that is taken from `word`, a state of that level."""
        if level < len(self.prefix):
            for step, add in self._given(word, self.prefix[level]):
                yield Successor(step, word + add, word + add, 1)
            return
        if self.orbits is None:
            for who in range(self.layout.processes):
                for step, add in self._moves_of(word, who):
                    yield Successor(step, word + add, word + add, 1)
            return
        for who, times in self.orbits.kinds(word):
            for step, add in self._moves_of(word, who):
                yield Successor(step, word + add, self.orbits.canonical(word + add), times)

    def shown(self, sighting: Sighting) -> list[Step]:
        """Return a schedule that shows what was sighted."""
        steps, stands_for = self.path(sighting.level, sighting.word)
        if sighting.step is not None:
            steps.append(taken_by(sighting.step, stands_for[process_of(sighting.step)]))
        if sighting.order is None or self.orbits is None:
            return steps
        renamed = {stands_for[field]: who for who, field in enumerate(sighting.order)}
        return [taken_by(step, renamed[process_of(step)]) for step in steps]

    def path(self, level: int, word: Word) -> tuple[list[Step], list[int]]:
        """Return a schedule that leads to `word`, by walking the levels up to it once more.

        The second list says which process of that schedule each field of the word stands for.
        """
        with self.walking_again():
            return self._path(level, word)

    @contextmanager
    def walking_again(self) -> Iterator[None]:
        """Let what stopped the walk not stop a look at what was walked."""
        stop, self.stop = self.stop, None
        yield
        self.stop = stop

    def _path(self, level: int, word: Word) -> tuple[list[Step], list[int]]:
        predecessors: list[dict[Word, tuple[Word, Successor]]] = []
        words: list[Word] = [self.initial]
        for depth in range(level):
            came: dict[Word, tuple[Word, Successor]] = {}
            for before in words:
                for successor in self.successors(depth, before):
                    came.setdefault(successor.after, (before, successor))
            predecessors.append(came)
            words = list(came)
        taken: list[Successor] = []
        for came in reversed(predecessors):
            word, successor = came[word]
            taken.append(successor)
        steps, stands_for = list[Step](), list(range(self.layout.processes))
        for successor in reversed(taken):
            steps.append(taken_by(successor.step, stands_for[process_of(successor.step)]))
            if self.orbits is not None:
                stands_for = [stands_for[field] for field in self.orbits.fields(successor.reached)]
        return steps, stands_for


AnyWalk = TypeVar("AnyWalk", bound=Walk[Any])


def walked(settings: Settings, make: Callable[[Settings], AnyWalk]) -> AnyWalk:
    """Walk, and walk again as long as a walk says that it needs other settings; return the last one."""
    while True:
        walk = make(settings)
        walk.explore()
        following = settings.after(walk.stop, walk.not_alike)
        if following is None:
            return walk
        settings = following
