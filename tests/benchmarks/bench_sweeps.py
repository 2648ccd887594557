"""How fast sweeps are on one core. Run by `make bench`; nothing here fails for being slow."""

import time
from collections.abc import Callable

from lastseat.reference.implementation import MEMORY
from lastseat.reference.store import Policy
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.chain import chain_mixes
from lastseat.simulations.sweeps.chunks import Plan, run_chunk
from lastseat.simulations.sweeps.executed import draw_schedules, execute, executed_mixes
from lastseat.simulations.sweeps.points import TIMED, Point, Sampler, SweepLaw
from lastseat.simulations.sweeps.sweep import sweep
from lastseat.simulations.sweeps.timed import timed_mixes

UNTIMED = (SweepLaw.UNIFORM, SweepLaw.WALK)


def best_seconds(work: Callable[[], object], rounds: int = 3) -> float:
    """The least time that `work` took: the least disturbed one."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def bits() -> Bits:
    return Bits(1, ("bench",), 0)


def bench_vectorised() -> None:
    print("\nvectorised sampler, attempts per second (to reach: 2,000,000 at n=100)")
    for law in UNTIMED:
        for policy in Policy:
            for attempts, runs in ((10, 200_000), (100, 20_000), (1000, 2_000)):
                point = Point(attempts, 5, law, policy)
                seconds = best_seconds(lambda p=point, r=runs: chain_mixes(p, r, bits()))
                print(f"  {law}, {policy}, n={attempts:>4}: {attempts * runs / seconds:>12,.0f}/s")
    for law in TIMED:
        point = Point(100, 5, law, rate=1.0, window=2.0)
        seconds = best_seconds(lambda p=point: timed_mixes(p, 20_000, bits()))
        print(f"  {law}, n=100: {100 * 20_000 / seconds:>12,.0f}/s")


def bench_reference() -> None:
    print("\nreference sampler, schedules per second (to reach: 60,000 at n=3)")
    for law in UNTIMED:
        for attempts, capacity, runs in ((3, 2, 100_000), (6, 3, 50_000), (7, 3, 5_000), (50, 5, 500)):
            point = Point(attempts, capacity, law, sampler=Sampler.REFERENCE)
            seconds = best_seconds(lambda p=point, r=runs: executed_mixes(p, r, bits()))
            how = "each distinct step once" if attempts <= 6 else "every step of every schedule"
            print(f"  {law}, n={attempts:>2}: {runs / seconds:>10,.0f}/s, executing {how}")
    scenario, drawn = contention(3, 2), draw_schedules(3, SweepLaw.UNIFORM, 5_000, bits()).tolist()
    seconds = best_seconds(lambda: [execute(scenario, MEMORY, schedule) for schedule in drawn])
    print(f"  uniform, n= 3: {5_000 / seconds:>10,.0f}/s, executing every step of every schedule")


def bench_sweep() -> None:
    print("\na sweep in one process, against its chunks alone")
    plan = Plan((Point(100, 5), Point(100, 20)), 100_000, 1)
    alone = best_seconds(
        lambda: [run_chunk(plan.chunk(one, index)) for one in plan.points for index in range(plan.count(one))]
    )
    print(f"  {best_seconds(lambda: sweep(plan)):.2f} s against {alone:.2f} s")
