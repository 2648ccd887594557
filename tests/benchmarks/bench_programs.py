"""How fast programs of one's own are explored, beside what should be reached, and beside frontrun in one run.

Run by `make bench`. Nothing here fails for being slow. frontrun is not among the project's requirements: where it is
not installed, that is said. It checks threads by dynamic partial-order reduction, with at most two preemptions unless
it is told otherwise, and needs its own command to run under.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.explore import explore_program
from lastseat.simulations.bookings.program import booking_program
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.strategies.reduction.estimate import Estimator
from lastseat.testing import Exploration, Register, Shared, explore

# The booking system as threads write it: an unlocked read, then a compare-and-set under a lock. It prints how many
# runs there were, how long they took, and which outcomes were seen.
FOR_FRONTRUN = """
import json, threading, time
import frontrun

class Store:
    def __init__(self):
        self.lock, self.confirmed, self.version, self.outcomes = threading.Lock(), 0, 0, [None] * 3

def attempt(who):
    def run(store):
        version = store.version
        with store.lock:
            if store.version != version:
                store.outcomes[who] = "F"
            elif store.confirmed == 2:
                store.outcomes[who] = "R"
            else:
                store.confirmed, store.version, store.outcomes[who] = store.confirmed + 1, store.version + 1, "B"
    return run

seen, start = set(), time.perf_counter()
result = frontrun.explore(
    Store, [attempt(who) for who in range(3)], lambda store: not seen.add("".join(store.outcomes)),
    stop_on_first=False, total_timeout=60,
)
print(json.dumps([result.num_explored, time.perf_counter() - start, len(seen)]))
"""


def processes_always(count: int) -> ProcessPoolExecutor:
    """So many processes, also where it is one: both sides then pay for being split."""
    pool = ProcessPoolExecutor(count, get_context("spawn"))
    for _ in range(count):
        pool.submit(time.sleep, 0.2)
    pool.submit(explore_program, contention(2, 1), MEMORY).result()
    return pool


def add(name: str) -> Callable[[Any], Any]:
    """A process that reads a register and writes what it read and one."""

    def process(shared: Any) -> Any:
        register = getattr(shared, name)
        seen = yield register.read()
        yield register.write(seen + 1)

    return process


def swap(name: str) -> Callable[[Any], Any]:
    """The same by compare-and-swap: the shape of a booking."""

    def process(shared: Any) -> Any:
        register = getattr(shared, name)
        seen = yield register.read()
        return (yield register.compare_and_swap(seen, seen + 1))

    return process


def hand_over(shared: Any) -> Any:
    """Three steps: a read, a swap, and a write elsewhere."""
    seen = yield shared.x.read()
    yield shared.x.compare_and_swap(seen, seen + 1)
    yield shared.y.write(seen)


def registers() -> Shared:
    return Shared(x=Register(0), y=Register(0), z=Register(0))


def booking(attempts: int, capacity: int) -> Exploration:
    scenario = contention(attempts, capacity)
    processes = [lambda _store, one=request: MEMORY.attempt(one) for request in scenario.requests]
    return explore(processes, shared=lambda: MEMORY.open_store(dict(scenario.capacities)))


def timed(work: Callable[[], Exploration], rounds: int = 3) -> tuple[Exploration, float]:
    """What was seen, and the least time that it took (seconds)."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        seen = work()
        best = min(best, time.perf_counter() - start)
    return seen, best


def say(name: str, seen: Exploration, seconds: float, goal: str) -> None:
    print(
        f"  {name}: {seen.executions:,} traces, {seen.blocked} blocked, {seconds:.3f} s, "
        f"{seen.executions / seconds:,.0f}/s (to reach: {goal})"
    )


def bench_small_programs() -> None:
    print("\ndpor on programs of two and three steps")
    for name, processes in (
        ("two steps, n=4, reads and writes", [add("x")] * 4),
        ("two steps, n=4, compare-and-swap", [swap("x")] * 4),
        ("three steps, n=3", [hand_over] * 3),
    ):
        say(name, *timed(lambda p=processes: explore(p, shared=registers)), "10,000/s")


def bench_booking() -> None:
    print("\ndpor on the booking system, real code over the memory store")
    for attempts in (3, 4, 5):
        seen, seconds = timed(lambda n=attempts: booking(n, n))
        say(f"n={attempts}, capacity {attempts}", seen, seconds, "4,025 traces in 1 s" if attempts == 5 else "-")


def off_by(program: Program, traces: int, seed: int) -> float:
    """By which part the estimate of a program with so many traces is wrong."""
    estimator = Estimator(lambda: program, seed)
    estimator.descend(300)
    found = estimator.estimate()
    return abs(found.traces / traces - 1) if found else 1.0


def bench_estimates() -> None:
    print("\n300 random descents: how many traces there are, by 20 seeds")
    six = booking_program(contention(6, 6), MEMORY)
    for name, program, traces in (
        ("compare-and-swap, n=5", program_of([swap("x")] * 5, registers), 4_025),
        ("reads and writes, n=5", program_of([add("x")] * 5, registers), 14_400),
        ("bookings, n=6", six, 75_876),
    ):
        start, errors = time.perf_counter(), list[float]()
        for seed in range(20):
            errors.append(off_by(program, traces, seed))
        seconds = (time.perf_counter() - start) / len(errors)
        print(f"  {name}: off by {sum(errors) / len(errors):.1%} on average, {seconds:.2f} s each (to reach: 25 %)")


def bench_many_traces() -> None:
    print("\ndpor on a program of 27 * 27 * 280 traces: counters by compare-and-swap, 3 + 3 + 4 of them")
    processes = [*[swap("x")] * 3, *[swap("y")] * 3, *[swap("z")] * 4]
    say("n=10", *timed(lambda: explore(processes, shared=registers), rounds=1), "well under 60 s")


def bench_two_workers() -> None:
    print("\ndpor split over workers: six attempts, six seats, the first 24,000 or so of its traces")
    took = {}
    for workers in (1, 2):
        with processes_always(workers) as executor:
            start = time.perf_counter()
            seen = explore_program(contention(6, 6), MEMORY, executor=executor, executions=24_000)
            took[workers] = time.perf_counter() - start
        print(f"  {workers} worker{'s' * (workers > 1)}: {seen.executions:,} executions in {took[workers]:.1f} s")
    print(f"  {took[1] / took[2]:.2f} times (to reach: 1.6)")


def bench_beside_frontrun() -> None:
    print("\nthe booking system with n=3, capacity 2, beside frontrun")
    seen, seconds = timed(lambda: booking(3, 2))
    ours = seen.executions / seconds
    print(f"  dpor: {seen.executions} executions, {ours:,.0f}/s, {len(seen.vectors)} vectors of outcomes")
    command = shutil.which("frontrun", path=str(Path(sys.executable).parent)) or shutil.which("frontrun")
    if command is None:
        print("  frontrun: not installed")
        return
    done = subprocess.run([command, sys.executable, "-c", FOR_FRONTRUN], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  frontrun: failed with status {done.returncode}")
        return
    runs, took, vectors = json.loads(done.stdout.splitlines()[-1])
    print(
        f"  frontrun: {runs} executions, {runs / took:,.1f}/s, {vectors} vectors of {len(seen.vectors)}; "
        f"dpor is {ours * took / runs:,.0f} times as fast (to reach: 300)"
    )
