"""The sampler of the reference: random schedules, and the real use case on the real store along each of them.

`execute` is the definition: a fresh store and fresh attempts for each schedule. `Remembered` gives the same mixes
faster: each distinct step (what the store holds, which attempt, what it has received) is performed by the real code
once, and judged there by every property; when a schedule comes to it again, its recorded result stands for it.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from lastseat.model.arrays import Integers, np
from lastseat.model.searches.readable import Mix, mix_of
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.store import Policy
from lastseat.reference.values import Outcome
from lastseat.simulations.bookings.judging.judge import Judged
from lastseat.simulations.bookings.judging.places import Ended
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.merging.real_steps import RealSteps
from lastseat.simulations.bookings.program import booking_program
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.schedule import shortened
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.chain import batches
from lastseat.simulations.sweeps.points import Point, SweepLaw

IMPLEMENTATIONS = {Policy.VERSION_FIRST: MEMORY, Policy.CAPACITY_FIRST: CAPACITY_FIRST}
WIDTH = 4096  # schedules drawn at once
MOST_REMEMBERED = 6  # attempts; with more there are too many distinct steps to remember them


def executed_mixes(point: Point, runs: int, bits: Bits) -> Counter[Mix]:
    """Return how many of `runs` random schedules of the reference end in each mix.

    Raises ExplorationError when a step of the real code violates a clause or is no step of the model.
    """
    if point.attempts == 0:
        return Counter({(0, 0, 0): runs})
    scenario, implementation = contention(point.attempts, point.capacity), IMPLEMENTATIONS[point.policy]
    remembered = _remembered(point.attempts, point.capacity, point.policy)
    mixes: Counter[Mix] = Counter()
    for width in batches(runs, WIDTH):
        schedules = draw_schedules(point.attempts, point.law, width, bits).tolist()
        if point.attempts <= MOST_REMEMBERED:
            mixes.update(remembered.mixes(schedules))
        else:
            mixes.update(execute(scenario, implementation, schedule) for schedule in schedules)
    return mixes


def draw_schedules(attempts: int, law: SweepLaw, runs: int, bits: Bits) -> Integers:
    """Return random schedules of two steps an attempt: shape (runs, 2 * attempts), of attempts by index."""
    return (_uniform if law is SweepLaw.UNIFORM else _walk)(attempts, runs, bits)


def _uniform(attempts: int, runs: int, bits: Bits) -> Integers:
    """Shuffle the 2n steps (Fisher and Yates): every order of them, hence every interleaving, is equally likely."""
    steps = np.tile(np.repeat(np.arange(attempts), 2), (runs, 1))
    rows = np.arange(runs)
    for last in range(2 * attempts - 1, 0, -1):
        other = bits.below(last + 1, runs)
        steps[rows, other], steps[:, last] = steps[:, last].copy(), steps[rows, other]
    return steps


def _walk(attempts: int, runs: int, bits: Bits) -> Integers:
    """Draw each next step uniformly among the unfinished attempts."""
    steps = np.empty((runs, 2 * attempts), np.int64)
    live = np.tile(np.arange(attempts), (runs, 1))  # the unfinished come first in each row
    unfinished, begun = np.full(runs, attempts, np.int64), np.zeros((runs, attempts), np.bool_)
    rows = np.arange(runs)
    for place in range(2 * attempts):
        drawn = bits.below(unfinished, runs)
        who = steps[:, place] = live[rows, drawn]
        ends = begun[rows, who]
        begun[rows, who] = True
        unfinished -= ends
        live[rows[ends], drawn[ends]] = live[rows[ends], unfinished[ends]]
    return steps


def execute(scenario: Scenario, implementation: Implementation, schedule: Sequence[int]) -> Mix:
    """Run real attempts on a fresh real store in the order of a complete schedule; return the mix of outcomes."""
    program, meter = _program(scenario, implementation)
    execution = Execution(program, meter)
    for who in schedule:
        execution.repeat(who)
    outcomes = Counter(emission.outcome for emission in execution.returned.values())
    return outcomes[Outcome.BOOKED], outcomes[Outcome.REJECTED], outcomes[Outcome.FAILED]


@lru_cache(maxsize=4)
def _program(scenario: Scenario, implementation: Implementation) -> tuple[Program, Meter]:
    program = booking_program(scenario, implementation)
    return program, program.meter()


class Remembered:
    """One scenario of the reference, and the distinct steps of it that were performed so far."""

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.steps = RealSteps(scenario, implementation)
        # (store, attempt, what it received), as numbers of the judge, to the store and the attempt after the step.
        self._after: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._mixes: dict[tuple[int, ...], Mix] = {}

    def mixes(self, schedules: Sequence[Sequence[int]]) -> Counter[Mix]:
        """Return how many of these complete schedules end in each mix. Raises ExplorationError."""
        after, attempts = self._after, len(self.steps.scenario.requests)
        ends: Counter[tuple[int, ...]] = Counter()
        for schedule in schedules:
            store, locals_ = self.steps.start, [0] * attempts
            for who in schedule:
                key = (store, who, locals_[who])
                store, locals_[who] = after.get(key) or self._perform(key, schedule)
            ends[tuple(locals_)] += 1
        mixes: Counter[Mix] = Counter()
        for end, runs in ends.items():
            mixes[self._mix(end)] += runs
        return mixes

    def _perform(self, key: tuple[int, int, int], schedule: Sequence[int]) -> tuple[int, int]:
        store, who, local = key
        judged = self.steps.take(store, who, {who: local})
        assert isinstance(judged, Judged), "an attempt takes two steps, and none waits"
        wrong = judged.nonconforming or "; ".join(f"{clause}: {witness}" for clause, witness in judged.violations)
        if wrong:
            raise ExplorationError(f"schedule {shortened(schedule)} of {self.steps.scenario.name}: {wrong}")
        self._after[key] = judged.shared, judged.local
        return self._after[key]

    def _mix(self, end: tuple[int, ...]) -> Mix:
        if end not in self._mixes:
            ended = zip(self.steps.judge.locals, end, strict=True)
            states = (numbering.values[local] for numbering, local in ended)
            self._mixes[end] = mix_of(tuple(state.emitted if isinstance(state, Ended) else None for state in states))
        return self._mixes[end]


@lru_cache(maxsize=4)
def _remembered(attempts: int, capacity: int, policy: Policy) -> Remembered:
    """Return what is remembered of a scenario, from chunk to chunk of one process."""
    return Remembered(contention(attempts, capacity), IMPLEMENTATIONS[policy])
