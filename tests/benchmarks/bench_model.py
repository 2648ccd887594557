"""How fast the model checkers are on one system, side by side: N attempts of one unit, N//2 seats.

Run by `make bench`. Nothing here fails for being slow. Every engine must find the same states, or it is said. Times
are of whole processes with their start; of Spin also the part of the compiled `pan`.
"""

import re
import subprocess
import sys
import time

from lastseat.model.world import Request, System
from lastseat.simulations.checkers.running import EngineError
from lastseat.simulations.checkers.spin import run_spin
from lastseat.simulations.checkers.tlc import run_tlc

PREPARE = """
from lastseat.model.world import Request, System
system = System((("seats", {attempts} // 2),), tuple(Request(f"b{{one}}", "seats") for one in range({attempts})))
"""
REPORT = """
peak = next(one for one in open("/proc/self/status") if one.startswith("VmHWM")).split()[1]
print(seen.states, seen.generated, seen.complete, peak)
"""
ENGINES = {
    "readable": "from lastseat.model.searches.readable import search\nseen = search(system)",
    "fast": "from lastseat.model.searches.fast import search_fast\nseen = search_fast(system)",
    "fast, unchecked": "from lastseat.model.searches.fast import *\nseen = search_fast(system, check=False)",
    "symmetric": "from lastseat.model.searches.symmetric import *\nseen = search_symmetric(system).searched",
}


def contended(attempts: int) -> System:
    return System((("seats", attempts // 2),), tuple(Request(f"b{one}", "seats") for one in range(attempts)))


def own(engine: str, attempts: int) -> tuple[float, str]:
    """Run one of our engines in a fresh interpreter; return its seconds, start included, and what it found."""
    code = PREPARE.format(attempts=attempts) + ENGINES[engine] + REPORT
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took = time.perf_counter() - start
    states, generated, complete, peak = done.stdout.split()
    assert complete == "True"
    return took, f"{int(states):>11,} {int(generated):>12,} {int(peak) / 1024:6.0f} MB"


def line(engine: str, attempts: int, seconds: float, found: str, note: str = "") -> None:
    print(f"  N={attempts:<3} {engine:<16} {seconds:8.2f} s  {found}  {note}")


def bench_our_engines() -> None:
    print("\nour engines, every property checked unless said, fresh interpreter included")
    for attempts in (6, 7, 8, 9, 10):
        for engine in ENGINES:
            if engine != "readable" or attempts <= 7:
                line(engine, attempts, *min(own(engine, attempts) for _ in range(3 if attempts < 10 else 1)))


def bench_beside_tlc_and_spin() -> None:
    print("\nbeside TLC (one worker) and Spin's compiled pan; neither checks anything, the fast search checks all")
    for attempts, engines in ((8, ("tlc", "spin")), (9, ("spin",))):
        seconds, found = min(own("fast", attempts) for _ in range(3))
        line("fast", attempts, seconds, found)
        for engine in engines:
            try:
                peer = (
                    run_tlc(contended(attempts), clauses=(), memory=8192)
                    if engine == "tlc"
                    else run_spin(contended(attempts), clauses=(), memory=16384, breadth_first=False)
                )
            except EngineError as error:
                print(f"  N={attempts:<3} {engine:<16} not measured: {str(error).splitlines()[0]}")
                continue
            pan = re.findall(r"elapsed time ([\d.]+) seconds", peer.output)
            own_part = float(pan[-1]) if pan else peer.seconds
            counts = f"{peer.states:>11,} {peer.generated:>12,}"
            goal = {("tlc", 8): 40, ("spin", 8): 3, ("spin", 9): 6}[engine, attempts]
            line(
                engine,
                attempts,
                own_part,
                counts,
                f"{own_part / seconds:.1f} times the fast search (to reach: {goal})",
            )
            assert counts == found[: len(counts)], "two engines count differently"
