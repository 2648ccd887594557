"""One question to any model checker: our three searches, TLC and Spin, each asked for the same figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from lastseat.model.searches.readable import Mix, Searched, Violation, search
from lastseat.model.searches.symmetric import search_symmetric
from lastseat.model.world import System
from lastseat.simulations.checkers.running import EngineMissingError, EngineResult, EngineVerdict
from lastseat.simulations.checkers.spin import run_spin
from lastseat.simulations.checkers.tlc import run_tlc
from lastseat.simulations.common.progress import Progress

PATH_NOT_TOLD = "the engine's own account is below"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: which attempt, and the name of the step."""

    attempt: int
    action: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A clause that the engine found violated, what breaks it, and a shortest path (empty where it is not told)."""

    clause: str
    witness: str
    path: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """What an engine found out about a system.

    `states` are distinct states of the full system, `generated` counts its transitions and one for the initial
    state, `depth` is in steps. `classes` is how many states were visited up to symmetry (0: symmetry was not used).
    `interleavings` is empty where the engine counts no schedules, `output` is what an outside engine printed last.
    """

    engine: str
    states: int
    generated: int
    depth: int
    complete: bool
    interrupted: bool = False
    classes: int = 0
    violations: tuple[Broken, ...] = ()
    interleavings: Mapping[Mix, int] = field(default_factory=dict)
    fired: Mapping[str, int] = field(default_factory=dict)
    output: str = ""


Engine: TypeAlias = Callable[[System, Progress, float | None], Checked]


def check(engine: str, system: System, progress: Progress, timeout: float | None) -> Checked:
    """Search every state of `system` with the engine of that name and check every property that it can express.

    `timeout`, in seconds, bounds TLC and Spin. Raises EngineError where an outside engine fails, EngineMissingError
    where something has to be installed first, and ValueError where the states do not fit the memory.
    """
    return ENGINES[engine](system, progress, timeout)


def _readable(system: System, progress: Progress, _timeout: float | None) -> Checked:
    return _of_searched("readable", search(system, stop_at_first=False, tick=_ticks(progress)))


def _fast(system: System, progress: Progress, _timeout: float | None) -> Checked:
    try:
        from lastseat.model.searches.fast import search_fast
    except ModuleNotFoundError as error:  # numpy is optional, and the text says how to get it
        raise EngineMissingError(str(error)) from None

    return _of_searched("fast", search_fast(system, stop_at_first=False, tick=_ticks(progress)))


def _symmetric(system: System, progress: Progress, _timeout: float | None) -> Checked:
    quotient = search_symmetric(system, stop_at_first=False, tick=_ticks(progress))
    return _of_searched("symmetric", quotient.searched, quotient.classes)


def _outside(run: Callable[..., EngineResult], system: System, _progress: Progress, timeout: float | None) -> Checked:
    return _of_result(run(system, timeout=timeout))


ENGINES: dict[str, Engine] = {
    "readable": _readable,
    "fast": _fast,
    "symmetric": _symmetric,
    "tlc": partial(_outside, run_tlc),
    "spin": partial(_outside, run_spin),
}


BOUNDED = ("tlc", "spin")  # those that can be given a timeout


def _ticks(progress: Progress) -> Callable[[int], None]:
    return lambda states: progress(states, None)


def _of_searched(engine: str, seen: Searched, classes: int = 0) -> Checked:
    return Checked(
        engine=engine,
        states=seen.states,
        generated=seen.generated,
        depth=seen.depth,
        complete=seen.complete,
        interrupted=not seen.complete,  # nothing else cuts one of our searches short here
        classes=classes,
        violations=tuple(map(_of_violation, seen.violations)),
        interleavings=seen.interleavings,
        fired=seen.fired,
    )


def _of_violation(violation: Violation) -> Broken:
    return Broken(
        violation.clause, violation.witness, tuple(Step(step.attempt, step.action) for step in violation.path)
    )


def _of_result(result: EngineResult) -> Checked:
    violated = result.verdict is EngineVerdict.VIOLATED
    return Checked(
        engine=result.engine,
        states=result.states,
        generated=result.generated,
        depth=result.depth,
        complete=not violated,  # it stops at the first violation
        violations=(Broken(result.clause or "unnamed", PATH_NOT_TOLD),) if violated else (),
        output=result.output,
    )
