"""Driving a strategy to its end, to a budget, or to Ctrl-C."""

from dataclasses import dataclass
from time import monotonic

from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.observer import EndlessError, Engine

OFTEN = 64  # executions between two looks at the clock


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
