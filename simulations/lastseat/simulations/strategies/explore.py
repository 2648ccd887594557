"""The door: explore a program with a strategy, and report what was seen.

Lost updates, in a dozen lines:

>>> from lastseat.testing import Register, Shared, at_end, explore
>>> def increment(shared):
...     seen = yield shared.counter.read()
...     yield shared.counter.write(seen + 1)
>>> both = at_end("no update is lost", lambda end: end.shared.counter.value == 2)
>>> found = explore([increment, increment], shared=lambda: Shared(counter=Register(0)), properties=[both])
>>> found.verdict, found.executions, found.interleavings, found.violations[0].steps
(<Verdict.VIOLATED: 'violated'>, 4, 6, (0, 1, 0, 1))
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.exploration import Exploration, Property, When
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Engine, Witness
from lastseat.simulations.kernel.program import MOST_STEPS, Process, Program, ProgramError, program_of
from lastseat.simulations.strategies.bounded import Delays, Preemptions
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.dpor import Dpor
from lastseat.simulations.strategies.driving import drive
from lastseat.simulations.strategies.parallel import explore_parallel
from lastseat.simulations.strategies.watch import Watch

BOUND = re.compile(r"(preemptions|delays)=([0-9]{1,6})")


def engine_of(strategy: str, program: Program, meter: Meter, witness: Witness) -> Engine:
    """Return the engine of a strategy: dpor, brute, preemptions=K or delays=K. Raises ProgramError."""
    bound = BOUND.fullmatch(strategy)
    if bound:
        made = Preemptions if bound[1] == "preemptions" else Delays
        return made(program, meter, witness, int(bound[2]))
    if strategy == "dpor":
        return Dpor(program, meter, witness)
    if strategy == "brute":
        return Brute(program, meter, witness)
    raise ProgramError(
        f"there is no strategy {quoted(strategy)}; known: dpor, brute, preemptions=K, delays=K; and those of sample"
    )


@dataclass(frozen=True, slots=True)
class ProgramSubject:
    """A program and the claims about it; see `parallel.Subject`."""

    explored: Program
    properties: tuple[Property, ...]
    deadlocks: bool

    def program(self) -> Program:
        """Return the program."""
        return self.explored

    def witness(self, program: Program, meter: Meter) -> Watch:
        """Return a new watch."""
        return Watch(program, meter, self.properties, deadlocks=self.deadlocks)


def explore(
    processes: Sequence[Process],
    *,
    shared: Callable[[], Any],
    strategy: str = "dpor",
    properties: Sequence[Property] = (),
    deadlocks: bool = False,
    executions: int | None = None,
    seconds: float | None = None,
    most_steps: int = MOST_STEPS,
    executor: Executor | None = None,
    progress: Progress = silent,
) -> Exploration:
    """Run processes over a shared state under every schedule that `strategy` asks for, and check properties.

    `shared` makes the shared state anew for each execution: a `Shared`, a store, or anything of your own that your
    operations work on. A deadlock is a violation unless `deadlocks` allows it; so is an AssertionError in a process.
    Stops early, and says so, after `executions`, after `seconds`, or at Ctrl-C. With an `executor`, dpor is split
    over its workers; then the processes and the claims are functions of a module (they are sent there by their
    names), and what comes out does not depend on how many workers there are.

    Raises ProgramError where the program cannot be explored: a process raises, yields what is no operation, behaves
    differently when it is run again.
    """
    names = [one.name for one in properties]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ProgramError(f"two properties are named {quoted(twice)}")
    subject = ProgramSubject(program_of(processes, shared, most_steps), tuple(properties), deadlocks)
    if strategy == "dpor" and (claim := next((one for one in properties if one.when is When.ALWAYS), None)):
        raise ProgramError(
            f"dpor does not visit every state, so it cannot say that {quoted(claim.name)} always holds; use brute, "
            "or let a process read what it is about and assert it"
        )
    if executor is not None:
        if strategy != "dpor":
            raise ProgramError(f"only dpor is split over workers, and not {quoted(strategy)}")
        seen, driven = explore_parallel(subject, executor, executions=executions, seconds=seconds, progress=progress)
        if not driven.why:
            seen.witness.confirm()
        return seen.witness.report(strategy, seen, driven.why, interrupted=driven.interrupted)
    program = subject.program()
    meter = program.meter()
    watch = subject.witness(program, meter)
    watch.begin()
    engine = engine_of(strategy, program, meter, watch)
    driven = drive(engine, executions=executions, seconds=seconds, progress=progress)
    if strategy == "dpor" and not driven.why:
        watch.confirm()
    return watch.report(strategy, engine, driven.why, interrupted=driven.interrupted)
