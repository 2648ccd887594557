"""Random schedules, each strategy with what it promises: uniform, walk, pct and pos.

Run i of a sample draws from a generator of its own, made of the seed and i alone. So a run is the same whatever runs
came before it, and a sample may be split. Only `Random.random` is used, the one method whose numbers Python promises
to keep from version to version; integers and permutations are made of it by hand.

A sample is no proof, however large: an engine of this kind never says that it left nothing out.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from random import Random
from typing import ClassVar

from lastseat.simulations.common.text import number, quoted
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Coverage, EndlessError, Observer
from lastseat.simulations.kernel.operations import Spawn
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.kernel.run import line_of
from lastseat.simulations.strategies.sampling.chance import CHANCE, Chance, below

STRATEGIES = ("uniform", "walk", "pct", "pos")
COUNTING = ("uniform", "pct")  # those that have to know how many steps each process takes
DEPTH = 3  # of pct, where nothing else is said
PILOTS = 16  # random walks from which the numbers of steps are learnt
MOST_RUNS, MOST_DEPTH, MOST_SEED = 10**15, 10**6, 2**64 - 1


def generator(seed: int, run: object) -> Random:
    """Return the generator of one run: the BLAKE2b hash of the seed and the run's number is its own seed."""
    digest = blake2b(f"{seed}/{run}".encode("ascii"), digest_size=32).digest()
    return Random(int.from_bytes(digest, "big"))  # noqa: S311  # schedules are no secret


def permutation(draw: Random, length: int) -> list[int]:
    """Return the numbers below `length` in an order that is exactly uniform (Fisher and Yates)."""
    order = list(range(length))
    for last in range(length - 1, 0, -1):
        other = below(draw, last + 1)
        order[last], order[other] = order[other], order[last]
    return order


class Chooser:
    """Says who goes on, in one run after the other. One that has `pilots` is told first what they took."""

    pilots = 0
    counts = False  # whether it has to know the processes before a run

    def learn(self, counts: Sequence[tuple[int, ...]]) -> None:
        """Take note of how many steps each process took in each pilot run."""

    def begin(self, draw: Random, execution: Execution) -> None:
        """Begin a run."""
        raise NotImplementedError

    def choose(self, free: Sequence[int]) -> int:
        """Return one of `free`, the processes that can go on."""
        raise NotImplementedError

    def took(self, who: int, footprint: int, execution: Execution) -> None:
        """See the step that was taken."""

    def end(self, execution: Execution) -> None:
        """See the end of a run."""

    def law(self) -> str:
        """Return what the runs so far were drawn from, with how far that is only an estimate."""
        raise NotImplementedError


UNKNOWN = "this sampler counts them before a run: use walk or pos"


class Walk(Chooser):
    """Whoever can go on is equally likely to go on, at every step.

    So a schedule has the chance of the product of 1 / (processes that could go on) over its steps. It is not uniform:
    schedules in which processes end early, or wait, have a greater share.
    """

    def begin(self, draw: Random, execution: Execution) -> None:
        """Begin a run."""
        del execution
        self._draw = draw

    def choose(self, free: Sequence[int]) -> int:
        """Return any of them."""
        return free[0] if len(free) == 1 else free[below(self._draw, len(free))]

    def law(self) -> str:
        """Return the law, which is exact."""
        return "at each step, whoever could go on was equally likely to"


class Uniform(Chooser):
    """Every interleaving is equally likely, where each process takes a known number of steps and nothing ever waits.

    A process goes on with the chance (steps left to it) / (steps left to all). Of the interleavings of what is left,
    exactly that share begins with it, so each has the chance 1 / (number of interleavings): a multinomial.

    The numbers of steps are given, or the most that the pilot runs took. Where a run takes others, or a step can have
    to wait, the chances are only near that, and `law` says so. A process that goes beyond its number counts as having
    one step left.
    """

    counts = True

    def __init__(self, steps: tuple[int, ...] | None = None) -> None:
        self.pilots = 0 if steps is not None else PILOTS
        self._steps = steps or ()
        self._differ, self._wait = False, False

    def learn(self, counts: Sequence[tuple[int, ...]]) -> None:
        """Take the most steps of each process."""
        self._steps = tuple(map(max, zip(*counts, strict=True)))

    def begin(self, draw: Random, execution: Execution) -> None:
        """Begin a run."""
        del execution
        self._draw, self._left = draw, list(self._steps)

    def choose(self, free: Sequence[int]) -> int:
        """Return one of them, each with a chance in proportion to the steps left to it."""
        if len(free) == 1:
            return free[0]
        left = self._left
        drawn = below(self._draw, sum(max(1, left[who]) for who in free))
        return next(who for who in free if (drawn := drawn - max(1, left[who])) < 0)

    def took(self, who: int, footprint: int, execution: Execution) -> None:
        """Count the step."""
        del footprint, execution
        self._left[who] -= 1

    def end(self, execution: Execution) -> None:
        """Compare the run with what was assumed."""
        self._differ = self._differ or any(self._left)
        self._wait = self._wait or execution.waits

    def law(self) -> str:
        """Return the law: exact as far as the runs show, or estimated."""
        if self._differ:
            return "interleavings were only about equally likely: runs took other numbers of steps than assumed"
        if self._wait:
            return "interleavings were only about equally likely: steps can have to wait"
        return "every interleaving was equally likely"


class Pct(Chooser):
    """Random priorities that fall at a few random places: a bug of depth d has a chance of at least 1 / (n k^(d-1)).

    Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding
    bugs" (ASPLOS 2010). Of n processes, which together take at most k steps, the one with the highest priority goes
    on. At d - 1 change points, the process there falls below all others; the i-th point sends lower than the ones
    before it, wherever it comes. The depth of a bug is the number of steps which have to come in some order (each
    put off until nothing else is left to do).

    Where papers and tools differ, here: change points are distinct, and their order is random; they number the
    *arrivals* of processes before a next step, of which a run has as many as steps. A process arrives when it has
    taken the step before, and before its first step when it is first chosen. So any d - 1 steps have points of their
    own, also first steps of processes, and the chance is at least 1 / (n k (k-1) … (k-d+2)), which is no less.

    k is given, or the most that the pilot runs took. Where a run takes more, the bound is for shorter runs alone.
    """

    counts = True

    def __init__(self, depth: int = DEPTH, steps: tuple[int, ...] | None = None) -> None:
        self.pilots = 0 if steps is not None else PILOTS
        self._depth, self._longest = depth, sum(steps or ())
        self._processes, self._longer = 0, 0

    def learn(self, counts: Sequence[tuple[int, ...]]) -> None:
        """Take the most steps of a run."""
        self._longest = max(map(sum, counts))

    def begin(self, draw: Random, execution: Execution) -> None:
        """Draw the priorities, and the change points with the priorities to which they lead."""
        self._processes = len(execution.pending)
        self._priorities = permutation(draw, self._processes)
        self._begun = [False] * self._processes
        self._arrivals = 0
        self._falls: dict[int, int] = {}
        while len(self._falls) < min(self._depth - 1, self._longest):
            self._falls.setdefault(1 + below(draw, self._longest), -1 - len(self._falls))

    def choose(self, free: Sequence[int]) -> int:
        """Return the one with the highest priority."""
        while True:
            who = max(free, key=self._priorities.__getitem__)
            if self._begun[who]:
                return who
            self._begun[who] = True
            self._arrive(who)

    def took(self, who: int, footprint: int, execution: Execution) -> None:
        """See whether the process is now before another step."""
        del footprint
        if execution.pending[who] is not None:
            self._arrive(who)

    def _arrive(self, who: int) -> None:
        self._arrivals += 1
        self._priorities[who] = self._falls.get(self._arrivals, self._priorities[who])

    def end(self, execution: Execution) -> None:
        """Compare the run with what was assumed."""
        del execution
        self._longer += self._arrivals > self._longest

    def law(self) -> str:
        """Return the bound, and how many runs it is not about."""
        n, k = max(1, self._processes), max(1, self._longest)
        said = f"each run finds a bug of depth {self._depth} with a chance of at least 1/({n}·{k}^{self._depth - 1})"
        longer = f" if it takes at most {k:,} steps, and {self._longer:,} took more"
        return said + longer if self._longer else said


class Pos(Chooser):
    """A random priority for every step: partial orders are sampled, rather than their interleavings.

    Yuan, Yang and Gu, "Partial order aware concurrency sampling" (CAV 2018). A step that can be taken has a priority,
    uniform in [0, 1), from when it first can. The highest is taken, and those that race with it draw anew: whoever
    lost one race has lost no other. Every partial order has a chance.

    The paper says what races by location and kind of access. Here, the step that was taken counts with what it did (a
    compare-and-swap that failed has read), and a step that is still to come with all that it may touch.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter, self._clash = meter, meter.footprints.clash

    def begin(self, draw: Random, execution: Execution) -> None:
        """Begin a run."""
        del execution
        self._draw = draw
        self._priorities: dict[int, float] = {}

    def choose(self, free: Sequence[int]) -> int:
        """Return the one whose next step has the highest priority."""
        priorities = self._priorities
        for who in free:
            if who not in priorities:
                priorities[who] = self._draw.random()
        return max(free, key=priorities.__getitem__)

    def took(self, who: int, footprint: int, execution: Execution) -> None:
        """Let go of the priority of the step, and of those that race with it."""
        del self._priorities[who]
        for other in list(self._priorities):
            pending = self._meter.may_touch(other, execution.operation(other))
            if self._clash[footprint] >> pending & 1:
                del self._priorities[other]

    def law(self) -> str:
        """Return the law, which is exact."""
        return "every step had a random priority, drawn anew after a race"


class Unwatched:
    """Who watches a pilot run."""

    needs_states, violated = False, False

    def step(self, depth: int, step: Step, operation: object, result: object, execution: Execution) -> None:
        """See nothing."""

    def end(self, execution: Execution) -> None:
        """See nothing."""


class Sampler:
    """The runs of a sample whose numbers are in `runs`; see `observer.Strategy`.

    Pilot runs, where the chooser needs them, come before the first and are neither counted nor shown. They depend on
    the seed alone, so every part of a split sample makes the same ones.
    """

    coverage: ClassVar[Coverage] = Coverage.SAMPLED
    shows_every_state: ClassVar[bool] = True  # of the schedules that it takes

    def __init__(
        self, program: Program, meter: Meter, observer: Observer, chooser: Chooser, *, runs: range, seed: int
    ) -> None:
        self._program, self._meter, self._observer = program, meter, observer
        self._chooser, self._runs, self._seed = chooser, runs, seed
        self.executions, self.blocked = 0, 0

    @property
    def complete(self) -> bool:
        """Return whether all runs were made."""
        return self.executions == len(self._runs)

    def is_done(self) -> bool:
        """Return whether no run is left to be made."""
        return self.complete

    def advance(self) -> bool:
        """Make one more run; return False where all were made."""
        if self.complete:
            return False
        if self.executions == 0 and self._chooser.pilots:
            self._chooser.learn([self._pilot(index) for index in range(self._chooser.pilots)])
        run = self._runs[self.executions]
        execution = self._run(self._chooser, generator(self._seed, run), self._observer)
        self.executions += 1
        self._observer.end(execution)
        return True

    def left_out(self) -> str:
        """Return that this is a sample, and which."""
        if self.executions == 0:
            return "no run was made"
        said = f"a sample of {self.executions:,} run{'s' * (self.executions != 1)} is no proof; {self._chooser.law()}"
        return f"{said}; {CHANCE}" if self._program.faults.most else said

    def _pilot(self, index: int) -> tuple[int, ...]:
        execution = self._run(Walk(), generator(self._seed, f"pilot {index}"), Unwatched())
        return execution.taken()

    def _run(self, chooser: Chooser, draw: Random, observer: Observer) -> Execution:
        execution = Execution(self._program, self._meter)
        schedule, chance = execution.schedule, Chance(draw, self._program, self._meter)
        chooser.begin(draw, execution)
        while possible := chance.possible(execution):
            who = chooser.choose(possible)
            operation = execution.operation(who)
            if chooser.counts and operation.__class__ is Spawn:
                raise ProgramError(f"{self._program.named(who)} begins another process, and {UNKNOWN}")
            result, footprint = chance.take(execution, who, operation)
            observer.step(len(schedule) - 1, schedule[-1], operation, result, execution)
            chooser.took(who, footprint, execution)
            if (endless := execution.exhausted()) is not None:
                raise EndlessError(endless, schedule, line_of(execution, endless))
        chooser.end(execution)
        return execution


def sampler_of(
    strategy: str,
    program: Program,
    meter: Meter,
    observer: Observer,
    *,
    runs: int,
    seed: int,
    depth: int | None = None,
    steps: Iterable[int] | None = None,
    first: int = 0,
) -> Sampler:
    """Return the sampler of a strategy. Raises ProgramError.

    `depth` is for pct alone. `steps` says how many steps each process takes, where that is known; uniform and pct
    learn it from pilot runs otherwise. The runs are numbered from `first`: parts of one sample make it up together.
    """
    _check("runs", runs, 1, MOST_RUNS)
    _check("first", first, 0, MOST_RUNS)
    _check("seed", seed, 0, MOST_SEED)
    if strategy not in STRATEGIES:
        raise ProgramError(f"there is no sampling strategy {quoted(strategy)}; known: {', '.join(STRATEGIES)}")
    if depth is not None:
        if strategy != "pct":
            raise ProgramError(f"depth is for pct, and {strategy} has none")
        _check("depth", depth, 1, MOST_DEPTH)
    known = None if steps is None else tuple(steps)
    if known is not None:
        if strategy not in COUNTING:
            raise ProgramError(f"steps is for {' and '.join(COUNTING)}, and {strategy} draws without it")
        if len(known) != len(program.processes):
            raise ProgramError(f"steps says {len(known)} numbers for {len(program.processes)} processes")
        for count in known:
            _check("steps", count, 0, program.most_steps)
    choosers = {"uniform": Uniform(known), "walk": Walk(), "pct": Pct(depth or DEPTH, known), "pos": Pos(meter)}
    return Sampler(program, meter, observer, choosers[strategy], runs=range(first, first + runs), seed=seed)


def _check(name: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ProgramError(f"{name} must be an integer from {least} to {most}, not {number(value)}")
