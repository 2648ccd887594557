"""`python -m fuzz SECONDS [SEED] [TARGET…]`: hunt for disagreements on every core until the time is over.

Each round has a seed of its own, made of SEED, the target and the number of the round; so a run can be repeated, and
a round by itself. The target that had the least time so far is next. What is found is printed as a test, and its
target rests; the exit status is then 1. Ctrl-C prints what is known.
"""

import os
import signal
import sys
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from hashlib import blake2b
from multiprocessing import get_context
from time import monotonic

from fuzz.hunting import Found, Round, hunt
from fuzz.targets import TARGETS

FIRST_ROUND = 50  # cases
ROUND_SECONDS = 10.0
USAGE = "usage: python -m fuzz SECONDS [SEED] [TARGET…], with targets " + ", ".join(TARGETS)


def play(name: str, seed: int, cases: int) -> tuple[int, tuple[str, str] | None, float]:
    """Run one round, in a worker: cases that were checked, what was found (in words, and as a test), seconds."""
    started = monotonic()
    played: Round = hunt(TARGETS[name], seed_=seed, cases=cases)
    found: Found | None = played.found
    return played.cases, (found.said, found.as_test()) if found else None, monotonic() - started


def seed_of(seed: int, name: str, number: int) -> int:
    """Return the seed of a round."""
    return int.from_bytes(blake2b(f"{seed} {name} {number}".encode(), digest_size=6).digest(), "big")


class Campaign:
    """The rounds of one run: for each target its cases, its seconds, and what was found."""

    def __init__(self, seed: int, names: list[str]) -> None:
        self.seed, self.names = seed, names
        self.rounds, self.cases = Counter[str](), Counter[str]()
        self.seconds = dict.fromkeys(names, 0.0)
        self.expected = dict.fromkeys(names, 0.0)  # the seconds of rounds that are under way
        self.found: dict[str, str] = {}

    def next(self) -> tuple[str, int, int] | None:
        """Return the next round: a target, a seed, and how many cases; None where all targets rest."""
        awake = [name for name in self.names if name not in self.found]
        if not awake:
            return None
        name = min(awake, key=lambda each: self.seconds[each] + self.expected[each])
        self.rounds[name] += 1
        self.expected[name] += ROUND_SECONDS
        cases = FIRST_ROUND
        if self.seconds[name] > 1:
            cases = max(20, int(self.cases[name] / self.seconds[name] * ROUND_SECONDS))
        return name, seed_of(self.seed, name, self.rounds[name]), cases

    def take(self, name: str, played: tuple[int, tuple[str, str] | None, float]) -> None:
        """Take in a round that is over; print what it found, as a test."""
        cases, found, seconds = played
        self.cases[name] += cases
        self.seconds[name] += seconds
        self.expected[name] -= ROUND_SECONDS
        if found and name not in self.found:
            self.found[name], test = found
            print(f"\n{name} disagrees: {self.found[name]}\n\n{test}", flush=True)

    def report(self) -> None:
        """Print the cases of each target."""
        print(f"{'target':<12} {'cases':>10} {'rounds':>7} {'seconds':>8}  seed {self.seed}")
        for name in self.names:
            said = f"  {self.found[name]}" if name in self.found else ""
            print(f"{name:<12} {self.cases[name]:>10,} {self.rounds[name]:>7,} {self.seconds[name]:>8.0f}{said}")


def run(campaign: Campaign, seconds: float, workers: int) -> None:
    """Keep every worker busy until the time is over; rounds that are under way then are played to their end."""
    deadline = monotonic() + seconds
    under_way: dict[Future[tuple[int, tuple[str, str] | None, float]], str] = {}
    quiet = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    with ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, quiet) as pool:
        try:
            while True:
                while len(under_way) < workers and monotonic() < deadline and (chosen := campaign.next()):
                    under_way[pool.submit(play, *chosen)] = chosen[0]
                if not under_way:
                    return
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    campaign.take(under_way.pop(future), future.result())
                if sys.stderr.isatty():
                    left = max(0.0, deadline - monotonic())
                    print(f"\r{campaign.cases.total():,} cases, {left:.0f} s left ", end="", file=sys.stderr)
        except KeyboardInterrupt:
            for process in pool._processes.values():
                process.terminate()
            raise


def main(arguments: list[str]) -> int:
    """Read the arguments, hunt, and return the exit status."""
    numbers = [each for each in arguments[:2] if each.isdigit()]
    names = arguments[len(numbers) :] or list(TARGETS)
    if not numbers or set(names) - set(TARGETS):
        print(USAGE, file=sys.stderr)
        return 2
    campaign = Campaign(int(numbers[1]) if len(numbers) > 1 else 1, names)
    status = 0
    try:
        run(campaign, float(numbers[0]), os.cpu_count() or 1)
    except KeyboardInterrupt:
        status = 130
    campaign.report()
    return status or int(bool(campaign.found))
