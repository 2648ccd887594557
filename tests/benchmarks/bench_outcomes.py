"""How long the exact law of outcomes takes, in fractions and in floats, and how much memory.

Run by `make bench`. Nothing here fails for being slow; the figures are printed beside what they should reach. Times
and memory are of fresh interpreters, with their start.
"""

import subprocess
import sys
import time

PEAK = "print(next(one for one in open('/proc/self/status') if one.startswith('VmHWM')).split()[1])"


def measured(arguments: str) -> str:
    """Compute one law in a fresh interpreter; return its seconds and its peak memory."""
    script = f"from lastseat.model.law.outcomes import FaultRates, outcomes\noutcomes({arguments})\n{PEAK}"
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return f"{time.perf_counter() - start:6.2f} s {int(done.stdout) / 1024:5.0f} MB"


def grid(attempts: int, capacities: tuple[int, ...], more: str, goal: str) -> None:
    print(f"\nthe exact law of {attempts} attempts{more} (to reach: {goal})")
    for policy in ("version-first", "capacity-first"):
        for law in ("uniform", "walk"):
            for capacity in capacities:
                found = measured(f"{attempts}, {capacity}, '{law}', '{policy}'{more}")
                print(f"  {policy:<14} {law:<7} capacity {capacity:>3}: {found}")


def bench_fractions() -> None:
    grid(40, (5, 40), "", "10 s")


def bench_floats() -> None:
    grid(200, (20, 200), ", exact=False", "5 s, 1 GB")


def bench_extensions() -> None:
    print("\nextensions")
    for arguments in (
        "200, 200, exact=False, in_flight=50",
        "40, 20, in_flight=10",
        "100, 20, exact=False, faults=FaultRates(unavailable=0.1)",
        "8, 9, units=[1, 1, 2, 2, 3, 3, 4, 4]",
    ):
        print(f"  outcomes({arguments}): {measured(arguments)}")
