"""Bounded searches execute exactly the schedules within their bound, counted here from the definition."""

from collections.abc import Callable
from typing import Any

import pytest

from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.program import program_of
from lastseat.testing import Mutex, Register, Shared, Verdict, explore

Cost = Callable[[int, list[int], int, int], int]


def shared() -> Shared:
    return Shared(x=Register(0), l=Mutex())


def increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def locked(shared: Any) -> Any:
    yield shared.l.acquire()
    yield shared.x.fetch_and_add()
    yield shared.l.release()


def preempts(last: int, free: list[int], who: int, _processes: int) -> int:
    """1 where `who` goes on although `last` could."""
    return int(last in free and who != last)


def delayed(last: int, free: list[int], who: int, processes: int) -> int:
    """How often the round-robin scheduler has to skip a process that can go on."""
    turn, skipped = max(last, 0), 0
    while turn % processes != who:
        skipped += turn % processes in free
        turn += 1
    return skipped


def costs_of_all_schedules(processes: list[Any], cost: Cost) -> list[int]:
    """What each schedule of the program costs."""
    program = program_of(processes, shared)
    found: list[int] = []

    def extend(schedule: list[int], spent: int) -> None:
        execution = Execution(program, program.meter())
        for who in schedule:
            execution.step(who)
        free = execution.free()
        if not free:
            found.append(spent)
        for who in free:
            extend([*schedule, who], spent + cost(schedule[-1] if schedule else -1, free, who, len(processes)))

    extend([], 0)
    return found


@pytest.mark.parametrize("bound", [0, 1, 2, 3, 9])
@pytest.mark.parametrize(("strategy", "cost"), [("preemptions", preempts), ("delays", delayed)])
@pytest.mark.parametrize(
    "processes", [[increment] * 2, [increment] * 3, [locked, locked, increment]], ids=["two", "three", "locks"]
)
def test_exactly_the_schedules_within_the_bound_are_executed(
    processes: list[Any], strategy: str, cost: Cost, bound: int
) -> None:
    costs = costs_of_all_schedules(processes, cost)

    seen = explore(processes, shared=shared, strategy=f"{strategy}={bound}")

    assert seen.executions == sum(one <= bound for one in costs)
    assert seen.complete == (max(costs) <= bound)
    assert seen.verdict is (Verdict.HOLDS if max(costs) <= bound else Verdict.INCOMPLETE)


@pytest.mark.parametrize(
    ("strategy", "executions"),
    [("preemptions=0", 6), ("preemptions=1", 24), ("preemptions=2", 60), ("delays=0", 1), ("delays=1", 5)],
)
def test_the_exact_counts_of_three_counters(strategy: str, executions: int) -> None:
    seen = explore([increment] * 3, shared=shared, strategy=strategy)

    assert seen.executions == executions
    assert seen.why == f"schedules with more than {strategy[-1]} {strategy[:-2]} were left out"
