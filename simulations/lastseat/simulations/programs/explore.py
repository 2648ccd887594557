"""The door: explore a program with a strategy, and report what was seen.

from lastseat.simulations.programs import Register, Shared, at_end, explore

def increment(shared):
seen = yield shared.counter.read()
yield shared.counter.write(seen + 1)

explore(
[increment, increment],
shared=lambda: Shared(counter=Register(0)),
properties=[at_end("no update is lost", lambda end: end.shared.counter.value == 2)],
)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from lastseat.simulations.exploration import Progress, silent
from lastseat.simulations.programs.bounded import Delays, Preemptions
from lastseat.simulations.programs.dpor import Dpor
from lastseat.simulations.programs.exhaustive import Brute
from lastseat.simulations.programs.exploration import Exploration, Property, When
from lastseat.simulations.programs.footprints import Meter
from lastseat.simulations.programs.program import MOST_STEPS, Process, Program, ProgramError, program_of
from lastseat.simulations.programs.watch import Watch
from lastseat.simulations.programs.witness import EndlessError, Engine, Witness
from lastseat.simulations.scenario import quoted

OFTEN = 64  # executions between two looks at the clock


def engine_of(strategy: str, program: Program, meter: Meter, witness: Witness) -> Engine:
    """Return the engine of a strategy: dpor, brute, preemptions=K or delays=K. Raises ProgramError."""
    bound = re.fullmatch(r"(preemptions|delays)=([0-9]{1,6})", strategy)
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
class Driven:
    """How far an engine was driven: `why` says what stopped it or was left out, "" where nothing was."""

    why: str
    interrupted: bool = False


def drive(
    engine: Engine,
    *,
    executions: int | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
    total: int | None = None,
) -> Driven:
    """Let an engine run to its end, or to a budget of executions or seconds, or to Ctrl-C."""
    deadline = None if seconds is None else monotonic() + seconds
    try:
        while engine.advance():
            done = engine.executions + engine.blocked
            if done % OFTEN == 0:
                progress(done, total)
                if deadline is not None and monotonic() > deadline:
                    return Driven(f"{seconds:g} seconds were used up")
            if executions is not None and done >= executions:
                return Driven(f"{executions:,} executions were asked for")
    except EndlessError as endless:
        return Driven(str(endless))
    except KeyboardInterrupt:
        return Driven("it was interrupted", interrupted=True)
    progress(engine.executions, total)
    return Driven(engine.left_out())


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
    progress: Progress = silent,
) -> Exploration:
    """Run processes over a shared state under every schedule that `strategy` asks for, and check properties.

    `shared` makes the shared state anew for each execution: a `Shared`, a store, or anything of your own that your
    operations work on. A deadlock is a violation unless `deadlocks` allows it; so is an AssertionError in a process.
    Stops early, and says so, after `executions`, after `seconds`, or at Ctrl-C. Raises ProgramError where the program
    cannot be explored: a process raises, yields what is no operation, behaves differently when it is run again.
    """
    program = program_of(processes, shared, most_steps)
    meter = program.meter()
    if strategy == "dpor" and (claim := next((one for one in properties if one.when is When.ALWAYS), None)):
        raise ProgramError(
            f"dpor does not visit every state, so it cannot say that {quoted(claim.name)} always holds; use brute, "
            "or let a process read what it is about and assert it"
        )
    watch = Watch(program, meter, properties, deadlocks=deadlocks)
    watch.begin()
    engine = engine_of(strategy, program, meter, watch)
    driven = drive(engine, executions=executions, seconds=seconds, progress=progress)
    return watch.report(strategy, engine, driven.why, interrupted=driven.interrupted)
