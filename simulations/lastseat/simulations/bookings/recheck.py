"""Holding merged steps to executions: some random schedules are taken from the start, and each step is compared.

`merged` takes a step from a restored store, by an attempt that was fed what it had received. That this is the step of
an execution holds if the snapshot shows all that decides what the store answers, and the attempt is decided by its
results. Nothing in a single step can tell; an execution that is led past many of them can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from lastseat.simulations.bookings.exploration import Exploration
from lastseat.simulations.bookings.judge import Judged
from lastseat.simulations.bookings.processes import ExplorationError
from lastseat.simulations.bookings.real_steps import RealSteps
from lastseat.simulations.bookings.struck_brute import StruckLive
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.faults import Strike
from lastseat.simulations.kernel.schedule import Schedule

SCHEDULES = 64  # that are taken of a scenario


def rechecked(seen: Exploration, steps: RealSteps, prefix: Sequence[int] = ()) -> Exploration:
    """Return what was seen, after random schedules that begin with `prefix` gave step by step what it rests on.

    One that was stopped is not looked at any further. Raises ExplorationError where a step differs.
    """
    if not seen.complete:
        return seen
    random = Random(0)  # noqa: S311 - nothing secret is drawn
    for _ in range(SCHEDULES):
        _follow(steps, random, prefix)
    return replace(seen, audited=SCHEDULES)


def _follow(steps: RealSteps, random: Random, prefix: Sequence[int]) -> None:
    live = StruckLive(steps.scenario, steps.implementation, steps.judge.capacities)
    shared, path = steps.start, list[int]()
    for who, judged in steps.stepless():
        live.locals[who] = judged.local
    while possible := dict(_possible(steps, live, shared)):
        step = prefix[len(path)] if len(path) < len(prefix) else random.choice(list(possible))
        judged = possible[step]
        path.append(step)
        _, result, returned = live.step(step)
        if (result, returned, live.store.snapshot()) != (judged.result, judged.returned, judged.after):
            raise ExplorationError(
                f"the implementation {steps.implementation.name} is not deterministic, or its snapshot does not show "
                f"all that decides: in schedule {Schedule.of(path)} a step gave {quoted(str(result))}, or left "
                f"another store behind, than from a store that was restored ({quoted(str(judged.result))})"
            )
        shared, live.locals[step] = judged.shared, judged.local


def _possible(steps: RealSteps, live: StruckLive, shared: int) -> Iterator[tuple[int, Judged]]:
    """Yield the steps that can be taken now, faults included, as they were taken by themselves."""
    budget = steps.scenario.faults
    due = [who for who in live.asleep if live.locals[who - live.originals]] if live.spent < budget.most else []
    for who in (*live.left, *due):
        cost = live.spent + (who in due)
        strikes = [Strike(who, letter) for letter in budget.letters] if cost < budget.most else []
        for step in (who, *strikes):
            judged = steps.take(shared, step, live.locals[who])
            if isinstance(judged, Judged):
                yield step, judged
