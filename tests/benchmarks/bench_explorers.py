"""How fast the explorers are, as ratios within one run.

Run by `make bench`. Nothing here fails for being slow; the figures are printed beside what they should reach.
"""

import subprocess
import sys
import time
from collections.abc import Callable

from lastseat.reference.attempt_booking import attempt_booking
from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.scenario import Scenario, contention


def every_schedule(attempts: int) -> list[tuple[int, ...]]:
    """All orders in which that many attempts take two steps each."""
    found: list[tuple[int, ...]] = []

    def extend(steps: tuple[int, ...], left: tuple[int, ...]) -> None:
        if not any(left):
            found.append(steps)
        for who in (one for one in range(attempts) if left[one]):
            extend((*steps, who), (*left[:who], left[who] - 1, *left[who + 1 :]))

    extend((), (2,) * attempts)
    return found


def bare_loop(scenario: Scenario, schedules: list[tuple[int, ...]]) -> None:
    """Drive the same generators over the same store in every order, and check nothing."""
    capacities = dict(scenario.capacities)
    for schedule in schedules:
        store = MEMORY.open_store(capacities)
        attempts = [attempt_booking(request) for request in scenario.requests]
        pending = [next(attempt) for attempt in attempts]
        for who in schedule:
            try:
                pending[who] = attempts[who].send(pending[who].perform(store))
            except StopIteration:
                pass


def best_seconds(work: Callable[[], object], rounds: int, repeats: int = 1) -> float:
    """The least time that `work` took, of so many rounds of so many repeats: the least disturbed one."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        best = min(best, (time.perf_counter() - start) / repeats)
    return best


def peak_megabytes(code: str) -> float:
    """The peak memory of a fresh interpreter that runs `code`, as Linux knows it.

    Not by getrusage: its figure is inherited from the process that started this one.
    """
    script = f"{code}\nprint(next(one for one in open('/proc/self/status') if one.startswith('VmHWM')).split()[1])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def bench_brute_against_the_bare_loop() -> None:
    print("\nbrute, every property checked, against the bare loop over the same generators and store")
    for attempts, capacity, rounds, repeats in ((3, 2, 15, 20), (4, 2, 5, 1), (5, 3, 1, 1)):
        scenario, schedules = contention(attempts, capacity), every_schedule(attempts)
        bare = best_seconds(lambda s=scenario, o=schedules: bare_loop(s, o), rounds, repeats)
        brute = best_seconds(lambda s=scenario: explore_brute(s, MEMORY), rounds, repeats)
        print(
            f"  n={attempts}: {len(schedules):>7,} schedules, bare {len(schedules) / bare:>8,.0f}/s, "
            f"brute {len(schedules) / brute:>8,.0f}/s ({brute:.3f} s), share {bare / brute:.0%}"
            + (" (to reach: 40%)" if attempts == 3 else "")
        )


def bench_merged() -> None:
    print("\nmerged, every property checked")
    for attempts, goal in ((6, "about a second"), (7, ""), (8, "a few seconds"), (9, ""), (10, "")):
        scenario = contention(attempts, attempts // 2)
        start = time.perf_counter()
        seen = explore_merged(scenario, MEMORY)
        took = time.perf_counter() - start
        print(
            f"  n={attempts}: {seen.interleavings:>25,} schedules, {seen.states:>11,} states, "
            f"{seen.executions:>6,} real steps, {took:6.2f} s" + (f" (to reach: {goal})" if goal else "")
        )
    start = time.perf_counter()
    plain = explore_merged(contention(8, 4), MEMORY, symmetry=False)
    print(f"  n=8 without symmetry: {plain.states:,} states, {time.perf_counter() - start:.2f} s")


def bench_memory() -> None:
    print("\npeak memory of a fresh interpreter")
    load = (
        "from lastseat.simulations.bookings.explore import explore_brute, explore_merged\n"
        "from lastseat.simulations.bookings.scenario import contention\n"
        "from lastseat.reference.implementation import MEMORY\n"
    )
    print(f"  nothing explored: {peak_megabytes(load):.0f} MB")
    for executions in (2_000, 20_000, 100_000):
        code = f"{load}explore_brute(contention(5, 3), MEMORY, executions={executions})"
        print(f"  brute, {executions:>7,} schedules: {peak_megabytes(code):.0f} MB")
    for attempts in (6, 7, 8):
        code = f"{load}seen = explore_merged(contention({attempts}, {attempts // 2}), MEMORY, symmetry=False)"
        print(f"  merged without symmetry, n={attempts}: {peak_megabytes(code):.0f} MB")
