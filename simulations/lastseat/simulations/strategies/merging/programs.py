"""Merging for anybody's program: claims, ends, deadlocks and counts as every schedule by itself would give them.

Claims that something always holds are asked once for each distinct shared state, those about ends once for each
distinct end. What `fired` counts is counted in schedules: a last pass over the levels, from the ends back to the
start, tells how many schedules lead through each step.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.budget import FIRST, Budget, interrupted_at
from lastseat.simulations.kernel.endings import final_of
from lastseat.simulations.kernel.exploration import DEADLOCK, End, Ending, Exploration, Property, Shortest
from lastseat.simulations.kernel.observer import Coverage, EndlessError
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.kernel.replay import run as replayed
from lastseat.simulations.kernel.run import line_of
from lastseat.simulations.kernel.schedule import shortened
from lastseat.simulations.kernel.stepping import Broken
from lastseat.simulations.strategies.claims import Claims, applies, never, objection
from lastseat.simulations.strategies.declared import Declared, Named
from lastseat.simulations.strategies.merging.kept import keeper_of
from lastseat.simulations.strategies.merging.orbits import alike_processes
from lastseat.simulations.strategies.merging.recheck import SCHEDULES, difference
from lastseat.simulations.strategies.merging.restored import Blocked, MisbehavedError, told_of
from lastseat.simulations.strategies.merging.settings import Limits, Settings, Sighting, Stop
from lastseat.simulations.strategies.merging.steps import ProgramSteps, TakenStep, unhashable
from lastseat.simulations.strategies.merging.walk import Level, Walk, walked
from lastseat.simulations.strategies.merging.words import Word
from lastseat.simulations.strategies.unseen.look import Lookout


def merged_program(
    program: Program,
    properties: Sequence[Property] = (),
    budget: Budget | None = None,
    *,
    deadlocks: bool = False,
    symmetry: bool = True,
) -> Exploration:
    """Cover every schedule of a program over its distinct states, with the exact number of schedules.

    A deadlock is a violation unless `deadlocks` allows it. With `symmetry`, states that differ only by an exchange of
    processes that are one function are walked once; the result is the same. Stops early, and says so, as the `budget`
    has it; its executions are single steps of code. Raises ProgramError where the program cannot be explored, where
    its shared state cannot be restored, and where an execution from the start takes other steps than restored states.
    """
    budget, program = budget or Budget(), program.delivered()
    keeper_of(program)  # so that a state that cannot be kept is refused first
    lookout = Lookout(program)
    try:
        lookout.look_around()
    except KeyboardInterrupt as interruption:
        return Exploration("merged", 0, complete=False, why=interrupted_at(interruption), interrupted=True)
    limits = Limits(budget.deadline(), budget.executions, budget.stop_at_first, budget.progress)
    made: dict[tuple[tuple[int, ...], ...], ProgramSteps] = {}

    def make(settings: Settings) -> ProgramWalk:
        steps = made.get(settings.alike)
        if steps is None:  # kept over further walks: no step is performed twice
            steps = made[settings.alike] = ProgramSteps(program, program.meter(), settings.alike)
        return ProgramWalk(steps, settings, limits, properties, deadlocks=deadlocks)

    alike = alike_processes(program) if symmetry else ()
    walk = walked(Settings(alike, several_levels=program.faults.most > 0), make)
    executions, audited = sum(steps.performed for steps in made.values()), 0
    if walk.stop is None:
        differs = difference(walk.steps)
        if differs is not None:
            with lookout.explaining():
                raise ProgramError(
                    f"the program is not deterministic, or its snapshot does not show all that decides: {differs}"
                )
        audited = SCHEDULES
    seen = walk.report(_why(walk, budget), executions, audited)
    return replace(seen, unseen=lookout.unseen.found, unwatched=lookout.unseen.unwatched)


def _why(walk: "ProgramWalk", budget: Budget) -> str:
    """Return what stopped a walk or was left out, "" where nothing was."""
    if walk.stop is Stop.ENDLESS:
        assert walk.endless is not None
        steps = walk.shown(walk.endless)
        endless, execution = process_of(steps[-1]), replayed(walk.program, walk.program.meter(), steps)
        return str(EndlessError(endless, steps, line_of(execution, endless)))
    words: dict[Stop, Callable[[], str]] = {
        Stop.OUT_OF_TIME: budget.used_up,
        Stop.ENOUGH_STEPS: budget.reached,
        Stop.FIRST_VIOLATION: lambda: FIRST,
        Stop.INTERRUPTED: lambda: interrupted_at(walk.interruption),
    }
    if walk.stop is not None:
        return words[walk.stop]()
    if walk.steps.cut:
        who = walk.program.named(min(walk.steps.cut))
        return f"{who} took {walk.program.most_steps} steps and did not end"
    return ""


@dataclass(slots=True)
class _Ends:
    """The ends that a final state stands for: one for each arrangement, all equally often."""

    waiting: bool
    endings: list[Ending] = field(default_factory=list)
    spoke: Counter[str] = field(default_factory=Counter)  # in how many of them each claim had something to say


class ProgramWalk(Walk[TakenStep]):
    """A walk that asks the claims about a program."""

    steps: ProgramSteps
    keeps_levels: ClassVar[bool] = True

    def __init__(
        self,
        steps: ProgramSteps,
        settings: Settings,
        limits: Limits,
        properties: Sequence[Property],
        *,
        deadlocks: bool,
    ) -> None:
        self._claims, self._deadlocks_allowed = Claims(properties), deadlocks
        self._ends: dict[Word, _Ends] = {}
        self._applied: dict[int, list[str]] = {}  # the claims that were asked of each shared state
        self._prefixes: Counter[int] = Counter()  # beginnings of schedules, by the shared state they lead to
        self.effects: dict[str, set[bool]] = {}
        self.endless: Sighting | None = None
        super().__init__(steps, settings, limits)
        self._see_state(steps.start, self.initial, None)

    # --- what is looked at ------------------------------------------------------------------------------------

    def _enter(self, level: Level) -> None:
        super()._enter(level)
        if self._claims.always:
            shared_of = self.layout.shared
            for word, schedules in level.items():
                self._prefixes[shared_of(word)] += schedules

    def _see(self, taken: TakenStep, word: Word, step: Step) -> None:
        if taken.broken is not None:
            self._sight_failure(taken.broken, word, process_of(step), step)
        if taken.effect is not None:
            self.effects.setdefault(taken.names[0], set()).add(taken.effect)
        self._see_state(taken.shared, word, step)
        who = process_of(step)
        told = self.steps.told(who, taken.local)
        if told is not None and len(told) >= self.program.most_steps and not self.program.cuts:
            self.endless = self.endless or Sighting("", self.level, word, step)
            self.stop = self.stop or Stop.ENDLESS

    def _see_stepless(self, taken: TakenStep, word: Word, who: int) -> None:
        if taken.broken is not None:
            self._sight_failure(taken.broken, word, who, None)

    def _sight_failure(self, broken: Broken, word: Word, who: int, step: Step | None) -> None:
        order = None if step is None else self._as_it_stands()
        self.sight(broken.name, printable(f"{self.program.named(who)}: {broken}", 300), word, step, order)

    def _as_it_stands(self) -> tuple[int, ...]:
        return tuple(range(self.layout.processes))

    def _see_state(self, shared: int, word: Word, step: Step | None) -> None:
        """Ask the claims that something always holds, once of each shared state."""
        if not self._claims.always or shared in self._applied:
            return
        state, asked = self.steps.keeper.back(self.steps.kept(shared)), self._applied.setdefault(shared, [])
        so_far = self._so_far(word, step)
        for claim in self._claims.always:
            if applies(claim, state, so_far):
                asked.append(claim.name)
                against = objection(claim, state, so_far)
                if against is not None:
                    self.sight(claim.name, against, word, step)

    def _see_end(self, word: Word) -> None:
        shared, locals_ = self.layout.shared(word), self.layout.locals(word)
        state = self.steps.keeper.back(self.steps.kept(shared))
        final, so_far = final_of(state), self._so_far(word, None)
        waits = [
            self.steps.is_under_way(who, local) and not self.is_asleep(word, who) for who, local in enumerate(locals_)
        ]
        returned = [(self.steps.returned(who, local) or (None,))[0] for who, local in enumerate(locals_)]
        ends = self._ends[word] = _Ends(any(waits))
        if any(waits) and not self._deadlocks_allowed:
            self.sight(DEADLOCK, self._waiting_for(shared, locals_, waits), word, None, self._as_it_stands())
        orders = [self._as_it_stands()] if self.orbits is None else self.orbits.arrangements(word)
        for order in orders:
            waiting = tuple(who for who, place in enumerate(order) if waits[place])
            crashed = tuple(who for who, place in enumerate(order) if self.steps.has_died(place, locals_[place]))
            end = End(tuple(returned[place] for place in order), final, state, waiting, crashed)
            ends.endings.append((end.returned, final))
            for claim in self._claims.at_end:
                if applies(claim, end, so_far):
                    ends.spoke[claim.name] += 1
                    against = objection(claim, end, so_far)
                    if against is not None:
                        self.sight(claim.name, against, word, None, order)
            for claim in self._claims.sometimes:
                ends.spoke[claim.name] += objection(claim, end, so_far) is None

    def _waiting_for(self, shared: int, locals_: tuple[int, ...], waits: Sequence[bool]) -> str:
        told: list[str] = []
        for who, is_waiting in enumerate(waits):
            held = self.steps.take(shared, who, locals_) if is_waiting else None
            if isinstance(held, Blocked):
                told.append(f"process {who} waits for {held.kind}")
        return printable("; ".join(told), 300)

    def _so_far(self, word: Word, step: Step | None) -> Any:
        level = self.level
        return lambda: f"; schedule {shortened(self.shown(Sighting('', level, word, step)))}"

    def _failed(self, error: Exception, who: int, steps: Sequence[Step]) -> Exception:
        if isinstance(error, ProgramError) and not isinstance(error, MisbehavedError):
            return error
        return ProgramError(f"process {who} {told_of(error)}; schedule {shortened(steps)}")

    # --- the report -------------------------------------------------------------------------------------------

    def _kinds(self) -> Counter[str]:
        """Return how many steps of each kind all schedules together have."""
        with self.walking_again():
            fired: Counter[str] = Counter()
            ways: dict[Word, int] = {}  # in how many ways a schedule goes on from each state of the next level
            for depth in reversed(range(self.level)):
                ways = {word: self._ways(depth, word, ways, fired) for word in self.levels[depth]}
            return fired

    def _ways(self, depth: int, word: Word, later: dict[Word, int], fired: Counter[str]) -> int:
        """Return in how many ways a schedule goes on from a state, and count the steps that it takes there next."""
        schedules, total, over = self.levels[depth][word], 0, True
        shared, locals_ = self.layout.shared(word), self.layout.locals(word)
        for successor in self.successors(depth, word):
            over = over and self.is_asleep(word, process_of(successor.step))
            ways = successor.times * later.get(successor.after, 0)
            taken = self.steps.take(shared, successor.step, locals_)
            assert isinstance(taken, TakenStep), "it was taken before"
            for name in taken.names:
                fired[name] += schedules * ways
            total += ways
        return total + over

    def report(self, why: str, executions: int, audited: int) -> Exploration:
        """Return what was seen; `why` says why it is not all, "" where it is."""
        endings: Counter[Ending] = Counter()
        spoke: Counter[str] = Counter()
        for shared, schedules in self._prefixes.items():
            spoke.update(dict.fromkeys(self._applied[shared], schedules))
        by_faults: Counter[int] = Counter()
        for word, schedules in self.finals.items():
            ends = self._ends[word]
            share, rest = divmod(schedules, len(ends.endings))
            assert rest == 0, "alike processes have equally many schedules for each arrangement of their ends"
            self._count(endings, ends, share)
            spoke.update({name: share * times for name, times in ends.spoke.items()})
            by_faults[self.layout.spent(word)] += schedules
        shortest = Shortest()
        for name, sighting in self.sightings.items():
            shortest.offer(name, sighting.witness, self.shown(sighting))
        return Exploration(
            strategy="merged",
            executions=executions,
            complete=not why,
            endings=dict(endings),
            violations=shortest.all(),
            interleavings=None if why else endings.total(),
            states=self.states,
            generated=self.generated,
            deadlocks=sum(schedules for word, schedules in self.finals.items() if self._ends[word].waiting),
            by_faults=dict(sorted(by_faults.items())) if self.program.faults.most else {},
            fired=dict(sorted((self._kinds() | spoke).items())),
            never=never(self.effects),
            vacuous=self._claims.vacuous(spoke),
            audited=audited,
            why=why,
            interrupted=self.stop is Stop.INTERRUPTED,
        )

    def _count(self, endings: Counter[Ending], ends: _Ends, share: int) -> None:
        for ending in ends.endings:
            try:
                endings[ending] += share
            except TypeError:
                raise unhashable(ending) from None


def _walk(program: Program, properties: Sequence[Property], budget: Budget, deadlocks: bool) -> Exploration:
    return merged_program(program, properties, budget, deadlocks=deadlocks)


NAMED = Named("merged", "merged", lambda _: Declared("merged", Coverage.EVERY_SCHEDULE, walk=_walk))
