"""Every schedule, each executed from the start: the strategy that needs no argument for its soundness.

Depth first: after an execution, the last step that could have been another attempt's becomes the next one's.
Every step is performed by the real code and then looked up among those judged; what it gave must be what the
same step gave before, which is also the assumption that `merged` rests on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from time import monotonic
from typing import Any

from lastseat.model.properties import Broken
from lastseat.reference.attempt_booking import Operation
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import CONFORMANCE, Exploration, Shortest, Vector, tally
from lastseat.simulations.bookings.judge import Judge, Judged
from lastseat.simulations.bookings.linearizability import LINEARIZABLE, NO_ORDER
from lastseat.simulations.bookings.places import Running
from lastseat.simulations.bookings.processes import MOST_STEPS, ExplorationError, begin, failed, waits
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.schedule import Schedule

OFTEN = 128  # executions between two looks at the clock


def explore_brute(
    scenario: Scenario,
    implementation: Implementation,
    *,
    executions: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
    prefix: Sequence[int] = (),
) -> Exploration:
    """Execute every schedule of `scenario` and check every property on every step and every finished run.

    With a `prefix`, every schedule that begins with these steps. Stops early, and says so, after `executions`
    schedules or `seconds`, or at Ctrl-C. Raises ExplorationError where the implementation raises, or behaves
    differently when the same steps are taken again, and ScheduleError where a step of the prefix does not apply.
    """
    total: int | None = scenario.interleavings_of_two_steps()
    if scenario.faults.most or prefix:
        from lastseat.simulations.bookings.struck_brute import struck_brute  # it builds on this module

        brute, total = struck_brute(scenario, implementation, prefix), None
    else:
        brute = Brute(scenario, implementation)
    deadline = None if seconds is None else monotonic() + seconds
    complete, interrupted = False, False
    try:
        for done in count(1):
            brute.execute()
            if done % OFTEN == 0:
                progress(done, total)
                if deadline is not None and monotonic() > deadline:
                    break
            if not brute.advance():
                complete = not brute.cut
                break
            if done == executions:
                break
    except KeyboardInterrupt:
        interrupted = True
    progress(brute.executions, total)
    return brute.report(complete, interrupted)


class Live:
    """One execution under way: a fresh store, and for each attempt its generator's `send` and next operation."""

    __slots__ = ("blocking", "left", "locals", "pending", "sends", "stepless", "store")

    def __init__(self, scenario: Scenario, implementation: Implementation, capacities: dict[str, int]) -> None:
        self.store = implementation.open_store(capacities)
        self.blocking = waits(self.store)
        attempts, self.pending, self.stepless = begin(scenario, implementation)
        self.sends = [attempt.send for attempt in attempts]
        self.locals = [0] * len(attempts)
        self.left = [who for who, operation in enumerate(self.pending) if operation is not None]

    def step(self, who: int) -> tuple[Any, Any, tuple[Any] | None]:
        """Take the next step of attempt `who`; return its operation, its result, and what the attempt returned."""
        operation: Any = self.pending[who]
        result = operation.perform(self.store)
        try:
            self.pending[who] = self.sends[who](result)
        except StopIteration as finished:
            self.left.remove(who)
            return operation, result, (finished.value,)
        return operation, result, None


@dataclass(slots=True)
class _End:
    """A final state: what was emitted and violated there, and how many schedules ended in it."""

    vector: Vector
    violations: Broken
    schedules: int = 0


class Brute:
    """The depth-first walk: `path` is the current schedule, `later` who is still to be tried at each of its steps."""

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.scenario, self.implementation = scenario, implementation
        self.judge = Judge(scenario, implementation)
        self.capacities = dict(scenario.capacities)
        self.judge.start(implementation.open_store(self.capacities).snapshot())
        self.path: list[int] = []
        self.later: list[list[int]] = []
        self.trail: list[Judged] = []  # the steps of `path`, one shorter when its last is still to be taken
        self.seen: list[dict[tuple[int, int], Judged]] = [{} for _ in scenario.requests]
        self.ends: dict[tuple[int, ...], _End] = {}
        self.shortest, self.deviations = Shortest(), Shortest()
        self.executions, self.deadlocks = 0, 0
        self.cut = False  # an attempt took too many steps and was left where it was
        self.odd = False  # some step is not explained by the one-step specification at that step

    def advance(self) -> bool:
        """Turn `path` into the prefix of the next schedule; False when there is none."""
        while self.path:
            self.path.pop()
            self.trail.pop()
            if self.later[-1]:
                self.path.append(self.later[-1].pop(0))
                return True
            self.later.pop()
        return False

    def execute(self) -> None:
        """Execute one schedule from a fresh store: along `path`, then always the first attempt that can step.

        Raises ExplorationError where the code under test raises or is not deterministic.
        """
        try:
            live = self._live()
            start = 0  # a store that is not always fresh shows itself in what the first new step leaves behind
            for who, returned in live.stepless:
                judged = self.judge.judge_stepless(who, start, returned)
                self._offer(judged, 0)
                live.locals[who] = judged.local
            self._repeat(live)
            shared = self._extend(live, self.trail[-1].shared if self.trail else start)
            self._finish((shared, *live.locals), bool(live.left), bool(live.stepless))
        except ExplorationError:
            raise
        except Exception as error:
            raise failed(self.scenario, self.path, error) from error

    def _live(self) -> Live:
        return Live(self.scenario, self.implementation, self.capacities)

    def _repeat(self, live: Live) -> None:
        """Take the steps again that this schedule shares with the last one. What they did then was judged then."""
        for who, judged in zip(self.path, self.trail, strict=False):
            operation, result, returned = live.step(who)
            if (result is not judged.result and result != judged.result) or returned != judged.returned:
                raise self._diverged(judged, operation, result)
            live.locals[who] = judged.local
        if self.cut:
            live.left[:] = [who for who in live.left if not self._is_spent(who, live.locals[who])]

    def _extend(self, live: Live, shared: int) -> int:
        """Take the step that is new in this schedule, then go on with the first attempt that can step, to the end.

        Returns the number of the final shared state.
        """
        path, trail, left, locals_ = self.path, self.trail, live.left, live.locals
        snapshot_of, before = live.store.snapshot, live.store.snapshot()
        while True:
            if len(path) == len(trail):
                free = left if live.blocking is None else self._free(live, shared)
                if not free:
                    return shared
                path.append(free[0])
                self.later.append(free[1:])
            who = path[-1]
            operation, result, returned = live.step(who)
            after = snapshot_of()
            judged = self.seen[who].get((shared, locals_[who]))
            if judged is None:
                judged = self._judge(shared, who, locals_[who], operation, result, after, returned)
            elif (
                (result is not judged.result and result != judged.result)
                or not ((after is before and judged.shared == shared) or after == judged.after)
                or returned != judged.returned
            ):
                raise self._diverged(judged, operation, result)
            trail.append(judged)
            before, shared, locals_[who] = after, judged.shared, judged.local
            if judged.violations or judged.nonconforming:
                self._offer(judged, len(path))
            if len(path) >= MOST_STEPS and returned is None and self._is_spent(who, locals_[who]):
                left.remove(who)

    def _judge(
        self,
        shared: int,
        who: int,
        local: int,
        operation: Operation,
        result: Any,
        after: Any,
        returned: tuple[Any] | None,
    ) -> Judged:
        judged = self.judge.judge(shared, who, local, operation, result, after, returned)
        self.seen[who][shared, local] = judged
        self.odd = self.odd or not judged.linear
        return judged

    def _offer(self, judged: Judged, depth: int) -> None:
        for clause, witness in judged.violations:
            self.shortest.offer(clause, witness, self.path[:depth])
        if judged.nonconforming:
            self.deviations.offer(CONFORMANCE, judged.nonconforming, self.path[:depth])

    def _free(self, live: Live, shared: int) -> list[int]:
        """Return the attempts that need not wait, and report those that must. Clause: progress.suspension"""
        assert live.blocking is not None
        pending: list[Any] = live.pending
        held = {who for who in live.left if live.blocking(pending[who])}
        for who in held:
            for clause, witness in self.judge.judge_blocked(shared, who, live.locals[who], pending[who]):
                self.shortest.offer(clause, witness, self.path)
        return [who for who in live.left if who not in held]

    def _is_spent(self, who: int, local: int) -> bool:
        running = self.judge.locals[who].values[local]
        spent = isinstance(running, Running) and len(running.received) >= MOST_STEPS
        self.cut = self.cut or spent
        return spent

    def _finish(self, final: tuple[int, ...], waiting: bool, stepless: bool) -> None:
        self.executions += 1
        self.deadlocks += waiting
        end = self.ends.get(final)
        if end is None:
            end = self.ends[final] = _End(*self.judge.judge_run(final[0], final[1:]))
        end.schedules += 1
        for clause, witness in end.violations:
            self.shortest.offer(clause, witness, self.path)
        if stepless or (self.odd and not all(judged.linear for judged in self.trail)):
            length = self.judge.unexplained(self.path, final[1:])
            if length is not None:
                self.shortest.offer(LINEARIZABLE, NO_ORDER, self.path[:length])

    def _diverged(self, judged: Judged, operation: Operation, result: Any) -> ExplorationError:
        return ExplorationError(
            f"the implementation {self.implementation.name} is not deterministic: in schedule "
            f"{Schedule.of(self.path)} its {operation.kind} gave {quoted(str(judged.result))} once, and "
            f"{quoted(str(result))} when the same steps were taken again, or it left another store behind"
        )

    def report(self, complete: bool, interrupted: bool) -> Exploration:
        """Return what was seen."""
        # Final states are many, and what they emit is shared: the same local states at the end, the same outcomes.
        by_locals: Counter[tuple[int, ...]] = Counter()
        for final, end in self.ends.items():
            by_locals[final[1:]] += end.schedules
        vectors = Counter[Vector]()
        for locals_, schedules in by_locals.items():
            vectors[self.judge.vector(locals_)] += schedules
        deviations = self.deviations.all()
        return Exploration(
            strategy="brute",
            executions=self.executions,
            interleavings=self.executions,
            outcomes=tally(vectors),
            vectors=frozenset(vectors),
            complete=complete,
            violations=self.shortest.all(),
            **self.judge.figures(),
            deadlocks=self.deadlocks,
            nonconforming=deviations[0] if deviations else None,
            interrupted=interrupted,
        )
