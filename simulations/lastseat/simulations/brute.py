"""Every schedule, each executed from the start: the strategy that needs no argument for its soundness.

Depth first: after an execution, the last step that could have been another attempt's becomes the next one's.
Every step is performed by the real code and then looked up among those judged; what it gave must be what the
same step gave before, which is also the assumption that `merged` rests on.
"""

from collections import Counter
from itertools import count
from time import monotonic
from typing import Any

from lastseat.model.properties import Broken
from lastseat.reference.attempt_booking import Operation
from lastseat.reference.implementation import Implementation
from lastseat.simulations.exploration import CONFORMANCE, Exploration, Progress, Shortest, Vector, silent, tally
from lastseat.simulations.judge import Judge, Judged, Running
from lastseat.simulations.linearizability import LINEARIZABLE, NO_ORDER, unexplained
from lastseat.simulations.processes import MOST_STEPS, ExplorationError, begin, failed, waits
from lastseat.simulations.scenario import Scenario, quoted
from lastseat.simulations.schedule import Schedule

OFTEN = 1024  # executions between two looks at the clock


def explore_brute(
    scenario: Scenario,
    implementation: Implementation,
    *,
    executions: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Execute every schedule of `scenario` and check every property on every step and every finished run.

    Stops early, and says so, after `executions` schedules or `seconds`, or at Ctrl-C. Raises ExplorationError
    where the implementation raises, or behaves differently when the same steps are taken again.
    """
    brute = _Brute(scenario, implementation)
    total = scenario.interleavings_of_two_steps()
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


class _Live:
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


class _Brute:
    """The depth-first walk: `path` is the current schedule, and `options` who could have stepped at each point."""

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        self.scenario, self.implementation = scenario, implementation
        self.judge = Judge(scenario, implementation)
        self.capacities = dict(scenario.capacities)
        self.initial = implementation.open_store(self.capacities).snapshot()
        self.judge.start(self.initial)
        self.path: list[int] = []
        self.options: list[tuple[int, ...]] = []
        self.trail: list[Judged] = []
        self.seen: list[dict[tuple[int, int], Judged]] = [{} for _ in scenario.requests]
        self.finals: Counter[tuple[int, ...]] = Counter()
        self.ends: dict[tuple[int, ...], tuple[Vector, Broken]] = {}
        self.shortest, self.deviations = Shortest(), Shortest()
        self.executions, self.blocked = 0, 0
        self.cut = False  # an attempt took too many steps and was left where it was
        self.odd = False  # some step is not explained by the one-step specification at that step

    def advance(self) -> bool:
        """Turn `path` into the prefix of the next schedule; False when there is none."""
        while self.path:
            who, options = self.path.pop(), self.options.pop()
            self.trail.pop()
            later = options.index(who) + 1
            if later < len(options):
                self.path.append(options[later])
                self.options.append(options)
                return True
        return False

    def execute(self) -> None:
        """Execute one schedule from a fresh store: along `path`, then always the first attempt that can step.

        Raises ExplorationError where the code under test raises or is not deterministic.
        """
        try:
            self._execute()
        except ExplorationError:
            raise
        except Exception as error:
            raise failed(self.scenario, self.path, error) from error

    def _execute(self) -> None:
        live = _Live(self.scenario, self.implementation, self.capacities)
        start = 0
        if live.store.snapshot() != self.initial:
            raise ExplorationError(f"a fresh store of {self.implementation.name} does not always hold the same")
        for who, returned in live.stepless:
            judged = self.judge.judge_stepless(who, start, returned)
            self._offer(judged, 0)
            live.locals[who] = judged.local
        self._repeat(live)
        shared = self._extend(live, self.trail[-1].shared if self.trail else start)
        self._finish((shared, *live.locals), bool(live.left), bool(live.stepless))

    def _repeat(self, live: "_Live") -> None:
        """Take the steps again that this schedule shares with the last one. What they did then was judged then."""
        for who, judged in zip(self.path, self.trail, strict=False):
            operation, result, returned = live.step(who)
            if (result is not judged.result and result != judged.result) or judged.ended is (returned is None):
                raise self._diverged(judged, operation, result)
            live.locals[who] = judged.local
        if self.cut:
            live.left[:] = [who for who in live.left if not self._is_spent(who, live.locals[who])]

    def _extend(self, live: "_Live", shared: int) -> int:
        """Take the step that is new in this schedule, then go on with the first attempt that can step, to the end.

        Returns the number of the final shared state.
        """
        path, trail, left, locals_ = self.path, self.trail, live.left, live.locals
        snapshot_of, before = live.store.snapshot, live.store.snapshot()
        while len(path) > len(trail) or self._choose(live, shared):
            who = path[-1]
            operation, result, returned = live.step(who)
            after = snapshot_of()
            judged = self.seen[who].get((shared, locals_[who]))
            if judged is None:
                judged = self._judge(shared, who, locals_[who], operation, result, after, returned)
            elif (
                (result is not judged.result and result != judged.result)
                or not ((after is before and judged.shared == shared) or after == judged.after)
                or judged.ended is (returned is None)
            ):
                raise self._diverged(judged, operation, result)
            trail.append(judged)
            before, shared, locals_[who] = after, judged.shared, judged.local
            if judged.violations or judged.nonconforming:
                self._offer(judged, len(path))
            if len(path) >= MOST_STEPS and returned is None and self._is_spent(who, locals_[who]):
                left.remove(who)
        return shared

    def _choose(self, live: "_Live", shared: int) -> bool:
        """Let the first attempt that can step be the next one; False when there is none."""
        options = tuple(live.left) if live.blocking is None else self._free(live, shared)
        if options:
            self.path.append(options[0])
            self.options.append(options)
        return bool(options)

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

    def _free(self, live: "_Live", shared: int) -> tuple[int, ...]:
        """Return the attempts that need not wait, and report those that must. Clause: progress.suspension"""
        assert live.blocking is not None
        pending: list[Any] = live.pending
        held = {who for who in live.left if live.blocking(pending[who])}
        for who in held:
            for clause, witness in self.judge.judge_blocked(shared, who, pending[who]):
                self.shortest.offer(clause, witness, self.path)
        return tuple(who for who in live.left if who not in held)

    def _is_spent(self, who: int, local: int) -> bool:
        running = self.judge.locals[who].values[local]
        spent = isinstance(running, Running) and len(running.received) >= MOST_STEPS
        self.cut = self.cut or spent
        return spent

    def _finish(self, final: tuple[int, ...], waiting: bool, stepless: bool) -> None:
        self.executions += 1
        self.blocked += waiting
        self.finals[final] += 1
        end = self.ends.get(final)
        if end is None:
            end = self.ends[final] = self.judge.judge_run(final[0], final[1:])
        vector, violations = end
        for clause, witness in violations:
            self.shortest.offer(clause, witness, self.path)
        if stepless or (self.odd and not all(judged.linear for judged in self.trail)):
            requests = self.judge.system.requests
            length = unexplained(self.capacities, requests, self.path, vector)
            if length is not None:
                self.shortest.offer(LINEARIZABLE, NO_ORDER, self.path[:length])

    def _diverged(self, judged: Judged, operation: Operation, result: Any) -> ExplorationError:
        return ExplorationError(
            f"the implementation {self.implementation.name} is not deterministic: in schedule "
            f"{Schedule.of(self.path)} its {operation.kind} gave {quoted(str(judged.result))} once, and "
            f"{quoted(str(result))} when the same steps were taken again, or it left another store behind"
        )

    def report(self, complete: bool, interrupted: bool) -> Exploration:
        vectors: Counter[Vector] = Counter()
        for final, ways in self.finals.items():
            vectors[self.ends[final][0]] += ways
        deviations = self.deviations.all()
        fired = self.judge.fired
        fired[LINEARIZABLE] = self.executions
        return Exploration(
            strategy="brute",
            executions=self.executions,
            interleavings=self.executions,
            outcomes=tally(vectors),
            vectors=frozenset(vectors),
            complete=complete,
            violations=self.shortest.all(),
            fired=dict(fired),
            blocked=self.blocked,
            conformed=self.judge.conformed,
            nonconforming=deviations[0] if deviations else None,
            interrupted=interrupted,
        )
