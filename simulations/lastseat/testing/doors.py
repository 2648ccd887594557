"""The doors: explore a program, or sample it, and report what was seen, with the run of each violation."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.text import number, quoted
from lastseat.simulations.counterexamples.explained import explain_program
from lastseat.simulations.counterexamples.minimal.fewest import as_found, fewest
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults
from lastseat.simulations.kernel.budget import DID_NOT_END, Budget
from lastseat.simulations.kernel.exploration import Exploration, Property, Violation, smallest_first
from lastseat.simulations.kernel.program import MOST_STEPS, Process, Program, ProgramError, kind_of, program_of
from lastseat.simulations.strategies.explore import explore_program
from lastseat.simulations.strategies.sampling.driving import RUNS, drive_sampler
from lastseat.simulations.strategies.sampling.samplers import sampler_of
from lastseat.simulations.strategies.watch import Watch
from lastseat.testing.capture import noted


@noted
def explore(
    processes: Sequence[Process],
    *,
    shared: Callable[[], Any],
    strategy: str = "dpor",
    properties: Sequence[Property] = (),
    deadlocks: bool = False,
    faults: Faults = NO_FAULTS,
    executions: int | None = None,
    seconds: float | None = None,
    stop_at_first: bool = False,
    most_steps: int = MOST_STEPS,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Run processes over a shared state under every schedule that `strategy` asks for, and check properties.

    `shared` makes the shared state anew for each execution: a `Shared`, a store, or anything of your own that your
    operations work on. A deadlock is a violation unless `deadlocks` allows it; so is an AssertionError in a process.
    `faults` may go wrong in one execution, at every step where they can: see `Faults`.
    Stops early, and says so, after `executions`, after `seconds`, at the first violation where `stop_at_first`, or at
    Ctrl-C. With an `executor`, dpor is split over its workers; then the processes and the claims are functions of a
    module (they are sent there by their names), and what comes out does not depend on how many workers there are.

    Raises ProgramError where the program cannot be explored: a process raises, yields what is no operation, behaves
    differently when it is run again.

    >>> from lastseat.testing import Register, Shared, at_end, explore
    >>> def increment(shared):
    ...     seen = yield shared.counter.read()
    ...     yield shared.counter.write(seen + 1)
    >>> both = at_end("no update is lost", lambda end: end.shared.counter.value == 2)
    >>> found = explore([increment, increment], shared=lambda: Shared(counter=Register(0)), properties=[both])
    >>> found.verdict, found.executions, found.interleavings, found.violations[0].steps
    (<Verdict.VIOLATED: 'violated'>, 4, 6, (0, 1, 1, 0))
    """
    _check(properties, faults, seconds)
    if executions is not None and executions < 1:
        raise ProgramError(f"executions must be at least 1, not {number(executions)}")
    program = program_of(processes, shared, most_steps, faults)
    budget = Budget(executions, seconds, stop_at_first, progress)
    seen = explore_program(program, strategy, properties, budget, deadlocks=deadlocks, executor=executor)
    return _told(seen, program, properties)


@noted
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
    faults: Faults = NO_FAULTS,
    stop_at_first: bool = False,
    most_steps: int = MOST_STEPS,
    progress: Progress = silent,
) -> Exploration:
    """Run processes over a shared state under random schedules, and check properties; see `explore`.

    `strategy` is uniform, walk, pct (of a `depth`, 3 if not given) or pos; what each promises stands in `samplers`.
    `steps` says how many steps each process takes, where that is known. The same seed gives the same schedules, in
    every version of Python. The result is never `complete`: `why` says which sample it is, and how it was drawn.
    Stops early, and says so, after `seconds`, at the first violation where `stop_at_first`, or at Ctrl-C. Raises
    ProgramError where the program cannot be executed, and where the runs, seed, depth or steps are out of range.

    >>> from lastseat.testing import Register, Shared, sample
    >>> def increment(shared):
    ...     seen = yield shared.counter.read()
    ...     yield shared.counter.write(seen + 1)
    >>> drawn = sample([increment, increment], shared=lambda: Shared(counter=Register(0)), runs=600, seed=7)
    >>> drawn.executions, drawn.complete, sorted(drawn.finals)
    (600, False, [(('counter', 1),), (('counter', 2),)])
    """
    _check(properties, faults, seconds)
    program = program_of(processes, shared, most_steps, faults)
    watch = Watch(program, properties, deadlocks=deadlocks)
    sampler = sampler_of(strategy, program, program.meter(), watch, runs=runs, seed=seed, depth=depth, steps=steps)
    driven = drive_sampler(sampler, watch, runs, Budget(None, seconds, stop_at_first, progress), watch.begin)
    return _told(watch.report(strategy, sampler, driven, sampler.coverage), program, properties)


def _check(properties: Sequence[Property], faults: Faults, seconds: float | None) -> None:
    """Raise ProgramError, in one line, where an argument is not what it should be."""
    for claim in properties:
        if not isinstance(claim, Property):
            raise ProgramError(f"a property is made by at_end, always or sometimes, and not {kind_of(claim)}")
    if not isinstance(faults, Faults):
        raise ProgramError(f"faults must be Faults(1, ...), and not {kind_of(faults)}")
    if seconds is not None and not seconds >= 0:
        raise ProgramError(f"seconds must be at least 0, not {number(seconds)}")
    names = [claim.name for claim in properties]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ProgramError(f"two properties are named {quoted(twice)}")


def _told(seen: Exploration, program: Program, properties: Sequence[Property]) -> Exploration:
    """Return what was seen, each violation with the fewest preemptions that show it, its run and its story.

    Of a search that was interrupted, or of a program that does not end, violations are told as they were found.
    """
    as_it_is = seen.interrupted or DID_NOT_END in seen.why

    def told(violation: Violation) -> Violation:
        least = as_found(program, violation) if as_it_is else fewest(program, violation, properties)
        explained = explain_program(program, least.violation, least=least.told)
        return replace(least.violation, run=explained.run, told=explained)

    return replace(seen, violations=smallest_first(map(told, seen.violations)))
