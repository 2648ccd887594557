"""All schedules of booking attempts at once, every step judged: merging, with the judge as its observer.

What is remembered of a state are the judge's numbers, and beside them, where a step is not explained by the one-step
specification at its own place, the ways in which the outcomes so far can be linearized. See `strategies.merging`, and
`specs/decisions/merging.md` for the argument.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from lastseat.model.world import Done
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import CONFORMANCE, Vector, endings_of, tally
from lastseat.simulations.bookings.judging.judge import Judged
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE, NO_ORDER, Possibilities, Possibility
from lastseat.simulations.bookings.judging.places import Crashed, Ended, Running
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.merging.real_steps import RealSteps
from lastseat.simulations.bookings.merging.symmetry import AttemptOrbits, alike_attempts
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.common.numbering import Numbering
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.budget import FIRST, INTERRUPTED, Budget
from lastseat.simulations.kernel.exploration import Exploration, Shortest
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.kernel.schedule import shortened
from lastseat.simulations.strategies.merging.orbits import Orbits
from lastseat.simulations.strategies.merging.recheck import SCHEDULES, difference
from lastseat.simulations.strategies.merging.restored import Blocked, MisbehavedError, told_of
from lastseat.simulations.strategies.merging.settings import Limits, Settings, Stop
from lastseat.simulations.strategies.merging.walk import Walk, walked
from lastseat.simulations.strategies.merging.words import Word


def explore_merged(
    scenario: Scenario,
    implementation: Implementation,
    *,
    seconds: float | None = None,
    progress: Progress = silent,
    symmetry: bool = True,
    prefix: Sequence[Step] = (),
    stop_at_first: bool = False,
) -> Exploration:
    """Cover every schedule of `scenario` over its distinct states, with the exact number of schedules.

    With `symmetry`, states that differ only by an exchange of alike attempts are walked once; the result is the
    same. With a `prefix`, the schedules that begin with these steps, and no attempts are exchanged. Stops early, and
    says so, after `seconds`, at Ctrl-C, or where `stop_at_first` at the first violation. Raises ExplorationError
    where the implementation raises, or does not do again what it did, and ScheduleError where a step of the prefix
    does not apply.
    """
    if prefix:
        run(scenario, implementation, prefix)
    budget = Budget(seconds=seconds, stop_at_first=stop_at_first, progress=progress)
    limits = Limits(budget.deadline(), None, stop_at_first, progress)
    performed: dict[tuple[tuple[int, ...], ...], RealSteps] = {}

    def make(settings: Settings) -> BookingWalk:
        # Kept over further walks, so that no step is performed twice; but without symmetry anew: images of steps were
        # judged that no schedule may come to.
        steps = performed.get(settings.alike)
        if steps is None:
            steps = performed[settings.alike] = RealSteps(scenario, implementation)
        return BookingWalk(steps, settings, limits, prefix)

    try:
        steps = RealSteps(scenario, implementation)
        alike = alike_attempts(steps) if symmetry and not prefix else ()
        performed[alike] = steps
        walk = walked(Settings(alike, several_levels=scenario.faults.most > 0), make)
        seen = walk.report(_why(walk, budget))
        differs = difference(walk.steps, prefix) if seen.complete else None
    except ProgramError as error:
        raise ExplorationError(f"scenario {scenario.name}: {error}") from error
    if differs is not None:
        raise ExplorationError(
            f"the implementation {implementation.name} is not deterministic, or its snapshot does not show all that "
            f"decides: {differs}"
        )
    return replace(seen, audited=SCHEDULES) if seen.complete else seen


def _why(walk: "BookingWalk", budget: Budget) -> str:
    """Return what stopped a walk or was left out, "" where nothing was."""
    match walk.stop:
        case Stop.FIRST_VIOLATION:
            return FIRST
        case Stop.OUT_OF_TIME:
            return budget.used_up()
        case Stop.INTERRUPTED:
            return INTERRUPTED
    if walk.steps.cut:
        who = walk.program.named(min(walk.steps.cut))
        return f"{who} took {walk.program.most_steps} steps and did not end"
    return ""


class BookingWalk(Walk[Judged]):
    """A walk that judges every step, and follows the ways to explain what was emitted where that is needed."""

    steps: RealSteps

    def __init__(self, steps: RealSteps, settings: Settings, limits: Limits, prefix: Sequence[Step] = ()) -> None:
        self.judge, self._exchanges = steps.judge, list[AttemptOrbits]()
        # Number 0 stands for: the store's own ledger is the one possibility.
        self._possible: Numbering[Possibilities | None] = Numbering()
        self._possible.number(None)
        self._vectors: dict[Word, Vector] = {}
        self._met_unexplained = self._met_open = False
        super().__init__(steps, settings, limits, prefix)

    def _orbits(self) -> Orbits:
        orbits = AttemptOrbits(self.layout, self.settings.alike, self.steps)
        self._exchanges.append(orbits)
        return orbits

    # --- what is looked at ------------------------------------------------------------------------------------

    def _take(
        self, word: Word, shared: int, step: Step, locals_: tuple[int, ...], *, is_given: bool = False
    ) -> Judged | None:
        judged = super()._take(word, shared, step, locals_, is_given=is_given)
        for orbits in self._exchanges:
            for is_alike in orbits.images(shared, step, locals_[process_of(step)]):
                if not is_alike:
                    self._go_on_without_symmetry()
                if self.stop is not None or self._is_out_of_time():
                    return judged
        return judged

    def _go_on_without_symmetry(self) -> None:
        self.stop, self.not_alike = Stop.NOT_ALIKE, self.settings.alike

    def _see(self, taken: Judged, word: Word, step: Step) -> None:
        self._sight_all(taken, word, step)
        if self._exchanges and not taken.linear:
            self._go_on_without_symmetry()  # the ways to explain a history are not exchanged

    def _see_stepless(self, taken: Judged, word: Word, who: int) -> None:
        del who
        self._sight_all(taken, word, None)
        if self._exchanges:
            self._go_on_without_symmetry()  # an attempt that takes no step has none to compare

    def _sight_all(self, judged: Judged, word: Word, step: Step | None) -> None:
        for clause, witness in judged.violations:
            self.sight(clause, witness, word, step)
        if judged.nonconforming:
            self.sight(CONFORMANCE, judged.nonconforming, word, step)

    def _is_violation(self, name: str) -> bool:
        return name != CONFORMANCE

    def _see_blocked(self, blocked: Blocked, word: Word) -> None:
        for clause, witness in blocked.violations:
            self.sight(clause, witness, word)

    def _see_end(self, word: Word) -> None:
        size = 1 if self.orbits is None else self.orbits.size(word)
        shared, locals_ = self.layout.shared(word), self.layout.locals(word)
        self._vectors[word], violations = self.judge.judge_run(shared, locals_, size)
        for clause, witness in violations:
            self.sight(clause, witness, word)

    def _failed(self, error: Exception, who: int, steps: Sequence[Step]) -> Exception:
        if isinstance(error, ExplorationError | ProgramError) and not isinstance(error, MisbehavedError):
            return error
        return ProgramError(f"{self.program.named(who)} {told_of(error)}; schedule {shortened(steps)}")

    # --- linearizability, where a step alone does not explain its outcome -------------------------------------

    def _more(self, word: Word, step: Step, taken: Judged) -> int | None:
        is_followed = self._is_followed(taken)
        if self.stop is not None:
            return 0
        if not is_followed and not word >> self.layout.more_at:
            return None
        return self._monitored(word, step, taken)

    def _is_followed(self, judged: Judged) -> bool:
        """Return whether the ways to explain a history have to be followed through this step.

        Where every step is explained at its own place, the ledger of the store is the one way that counts. Once a
        step is not, it matters what else was possible: of an attempt that nobody was told of, and of an id with two
        payloads. Where that was not kept from the start, the walk stops and says so.
        """
        self._met_unexplained = self._met_unexplained or not judged.linear
        self._met_open = self._met_open or judged.open
        two_payloads = self.steps.some_id_has_two_payloads
        if self.settings.needs_every_linearization:
            return not judged.linear or judged.open or (judged.returned is not None and two_payloads)
        if self._met_unexplained and (self._met_open or two_payloads):
            self.stop = self.stop or Stop.EVERY_LINEARIZATION
        return not judged.linear

    def _monitored(self, word: Word, step: Step, judged: Judged) -> int:
        """Return what a step adds to the number of the ways to explain what was emitted so far."""
        who = process_of(step)
        shared, locals_ = self.layout.shared(word), self.layout.locals(word)
        number = word >> self.layout.more_at
        possible = self._possible.values[number]
        if possible is None:
            possible = self._own_ledger(shared)
        if judged.returned and possible:
            possible = self.judge.monitor.ended(possible, who, self._emitted(who, judged.local), self._begun(locals_))
            if not possible:
                self.sight(LINEARIZABLE, NO_ORDER, word, step)
        after = 0 if possible == self._own_ledger(judged.shared) else self._possible.number(possible)
        return (after - number) << self.layout.more_at

    def _emitted(self, who: int, local: int) -> Done | None:
        state = self.judge.locals[who].values[local]
        return state.emitted if isinstance(state, Ended) else None

    def _begun(self, locals_: tuple[int, ...]) -> list[int]:
        """Return the attempts that may still take effect: one that crashed after its first step may for ever."""
        states = [self.judge.locals[who].values[local] for who, local in enumerate(locals_)]
        return [who for who, state in enumerate(states) if isinstance(state, Running | Crashed) and state.begun]

    def _own_ledger(self, shared: int) -> Possibilities:
        return frozenset({Possibility(self.judge.ledger(shared))})

    # --- the report -------------------------------------------------------------------------------------------

    def _is_stuck(self, word: Word) -> bool:
        """Return whether somebody waits in a final state; one that was cut off does not."""
        for who, local in enumerate(self.layout.locals(word)):
            told = self.steps.told(who, local)
            if told is not None and len(told) < self.program.most_steps and not self.is_asleep(word, who):
                return True
        return False

    def vectors(self) -> Counter[Vector]:
        """Return the schedules of each outcome vector: those of an orbit fall evenly on its arrangements."""
        vectors: Counter[Vector] = Counter()
        for word, schedules in self.finals.items():
            vector = self._vectors[word]
            arranged = [range(len(vector))] if self.orbits is None else self.orbits.arrangements(word)
            share, rest = divmod(schedules, len(arranged))
            assert rest == 0, "alike attempts have equally many schedules for each arrangement of their outcomes"
            for order in arranged:
                vectors[tuple([vector[place] for place in order])] += share
        return vectors

    def report(self, why: str) -> Exploration:
        """Return what was seen; `why` says why it is not all, "" where it is."""
        vectors, by_faults = self.vectors(), Counter[int]()
        for word, schedules in self.finals.items():
            by_faults[self.layout.spent(word)] += schedules
        shortest, deviations = Shortest(), Shortest()
        for clause, sighting in self.sightings.items():
            kept = deviations if clause == CONFORMANCE else shortest
            kept.offer(clause, sighting.witness, self.shown(sighting))
        nonconforming = deviations.all()
        return Exploration(
            strategy="merged",
            executions=self.steps.performed,
            interleavings=vectors.total(),
            endings=endings_of(vectors),
            outcomes=tally(vectors),
            complete=not why,
            violations=shortest.all(),
            **self.judge.figures(),
            states=self.states,
            generated=self.generated,
            deadlocks=sum(schedules for word, schedules in self.finals.items() if self._is_stuck(word)),
            by_faults=dict(sorted(by_faults.items())) if self.program.faults.most else {},
            nonconforming=nonconforming[0] if nonconforming else None,
            why=why,
            interrupted=self.stop is Stop.INTERRUPTED,
        )
