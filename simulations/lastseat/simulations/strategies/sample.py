"""The door to random schedules: sample a program with a strategy, and report what was seen.

For example `sample([one, other], shared=make, strategy="pct", runs=1_000, seed=7)`, with processes and shared state
as for `explore`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.exploration import Exploration, Property
from lastseat.simulations.kernel.program import MOST_STEPS, Process, program_of
from lastseat.simulations.strategies.driving import Driven, drive
from lastseat.simulations.strategies.samplers import Sampler, sampler_of
from lastseat.simulations.strategies.watch import Watch

RUNS = 10_000  # where nothing else is said


def drive_sampler(
    sampler: Sampler, runs: int, *, seconds: float | None = None, progress: Progress = silent
) -> Driven:
    """Let a sampler make its runs, or as many as it can in `seconds` or before Ctrl-C. `why` is never empty."""
    driven = drive(sampler, seconds=seconds, progress=progress, total=runs)
    if sampler.complete and not driven.interrupted:
        return Driven(sampler.left_out())
    why = f"stopped before {runs:,} runs were made: {driven.why}; {sampler.left_out()}"
    return Driven(why, driven.interrupted)


def sample(
    processes: Sequence[Process],
    *,
    shared: Callable[[], Any],
    strategy: str = "uniform",
    runs: int = RUNS,
    seed: int = 0,
    depth: int | None = None,
    steps: Iterable[int] | None = None,
    properties: Sequence[Property] = (),
    deadlocks: bool = False,
    seconds: float | None = None,
    most_steps: int = MOST_STEPS,
    progress: Progress = silent,
) -> Exploration:
    """Run processes over a shared state under random schedules, and check properties; see `explore`.

    `strategy` is uniform, walk, pct (of a `depth`, 3 if not given) or pos; what each promises stands in `samplers`.
    `steps` says how many steps each process takes, where that is known. The same seed gives the same schedules, in
    every version of Python. The result is never `complete`: `why` says which sample it is, and how it was drawn.
    Stops early, and says so, after `seconds`, or at Ctrl-C. Raises ProgramError where the program cannot be
    executed, and where the runs, seed, depth or steps are out of range.
    """
    program = program_of(processes, shared, most_steps)
    meter = program.meter()
    watch = Watch(program, meter, properties, deadlocks=deadlocks)
    sampler = sampler_of(strategy, program, meter, watch, runs=runs, seed=seed, depth=depth, steps=steps)
    watch.begin()
    driven = drive_sampler(sampler, runs, seconds=seconds, progress=progress)
    return watch.report(strategy, sampler, driven.why, interrupted=driven.interrupted)
