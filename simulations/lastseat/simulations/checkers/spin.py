"""Spin: the Promela model checker on `specs/attempt_booking.pml`, for any system.

A file of macros is generated that holds the system in numbers and includes the specification. Spin writes a checker
in C, `pan`, which gcc compiles.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from lastseat.model.flaws import Flaw
from lastseat.model.world import Fault, Policy, System
from lastseat.simulations.checkers.running import (
    FEWEST_OPTIMISED_ATTEMPTS,
    Deadline,
    EngineError,
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

# In the order of their numbers in the specification. Spin cannot check what only the shape of its process says
# (that an observe writes nothing, that there are two steps), and always checks progress.suspension.
CLAUSES = (
    "state.capacity",
    "state.sum",
    "state.unique",
    "state.version",
    "persist.refusal_pure",
    "persist.version_step",
    "persist.compare_and_swap",
    "persist.identity",
    "emit.one",
    "emit.booked",
    "emit.rejected",
    "emit.conflict",
    "emit.unbooked",
    "attempt.solo",
    "emit.kept",
    "emit.recorded",
)
STUCK = "progress.suspension"
MOST_ATTEMPTS = 250  # Spin knows no more than 255 processes
TYPES = (("byte", 255), ("short", 32_767))


def run_spin(
    system: System,
    flaws: Iterable[Flaw] = (),
    *,
    clauses: Iterable[str] | None = None,
    timeout: float | None = 600.0,
    memory: int = 4096,
    breadth_first: bool = True,
) -> EngineResult:
    """Search every state of `system`, with `flaws` in it, and check `clauses` (all of CLAUSES where None).

    Breadth first, a violation has a shortest path; depth first takes about two thirds of the memory. `timeout` is in
    seconds and includes the compiler, `memory` is in MiB.
    Raises EngineMissingError when Spin or gcc is not there, and EngineError when pan says neither that it found no
    error nor which one it found.
    """
    wanted = chosen_clauses("Spin", clauses, CLAUSES)
    source = macros_of(system, sorted_flaws(flaws), wanted)
    attempts = len(system.requests)
    require_spin()
    deadline = Deadline(timeout)
    with TemporaryDirectory(prefix="lastseat-spin-") as name:
        folder = Path(name)
        shutil.copy(specification("attempt_booking.pml"), folder)
        (folder / "system.pml").write_text(source, encoding="ascii")
        _build(folder, attempts, memory, breadth_first, deadline)
        # One state more than the longest path, which has two steps of each attempt.
        finished = run_program("Spin", ["./pan", "-w20", f"-m{2 * attempts + 1}"], folder, deadline)
    return _understood(finished, (*wanted, STUCK), deadline.spent)


def macros_of(system: System, flaws: Sequence[Flaw], clauses: Sequence[str]) -> str:
    """Return the Promela text that holds `system` in numbers only and includes the specification."""
    given = numbered(system)
    requests = given.requests
    if len(requests) > MOST_ATTEMPTS:
        raise EngineError(f"Spin can run at most {MOST_ATTEMPTS} attempts, not {len(requests)}")
    bookings = [request.booking for request in requests]
    known = len(given.capacities)
    capacities = [given.capacities[request.resource] if request.resource < known else 0 for request in requests]
    macros = {
        "ATTEMPTS": len(requests),
        "RESOURCES": known,
        "RESERVATION_OF(attempt)": _lookup([requests.index(request) for request in requests]),
        "ID_OF(attempt)": _lookup([bookings.index(booking) for booking in bookings]),
        "RESOURCE_OF(attempt)": _lookup([min(request.resource, known) for request in requests]),
        "UNITS_OF(attempt)": _lookup([request.units for request in requests]),
        "CAPACITY_OF(attempt)": _lookup(capacities),
        "COUNT": next((name for name, most in TYPES if given.most_units <= most), "int"),
        "POLICY": "CAPACITY_FIRST" if system.policy is Policy.CAPACITY_FIRST else "VERSION_FIRST",
        "FAULTS": sum(1 << number for number, fault in enumerate(Fault) if fault in system.faults),
        "FLAWS": sum(1 << number for number, flaw in enumerate(Flaw) if flaw in flaws),
        "CHECKED": sum(1 << number for number, clause in enumerate(CLAUSES) if clause in clauses),
    }
    defined = "".join(f"#define {name} {value}\n" for name, value in macros.items())
    return f'{defined}#include "attempt_booking.pml"\n'


def _lookup(values: Sequence[int]) -> str:
    """Return an expression for the value that belongs to the number `attempt`."""
    if list(values) == list(range(len(values))):
        return "(attempt)"
    (usual, _), *_ = Counter(values).most_common(1)
    expression = str(usual)
    for number, value in enumerate(values):
        if value != usual:
            expression = f"((attempt) == {number} -> {value} : {expression})"
    return expression


# --- the programs ---------------------------------------------------------------------------------------------


def require_spin() -> None:
    """Raise EngineMissingError when Spin or gcc is not there; its text says how to install it."""
    for program in ("spin", "gcc"):
        _path(program)


def _path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise EngineMissingError(f"Spin needs {program}, and there is none: apt-get install {program}")
    return found


def _build(folder: Path, attempts: int, memory: int, breadth_first: bool, deadline: Deadline) -> None:
    """Make `pan` out of system.pml. Raises EngineError where one of the programs fails."""
    # Without -o1 and -o2, Spin leaves out of a state what is not read again, and states fall together.
    _must_succeed([_path("spin"), "-o1", "-o2", "-a", "system.pml"], folder, "pan.c", deadline)
    source = folder / "pan.c"
    # pan rounds its figures to eight digits unless told otherwise.
    source.write_text(source.read_text(encoding="utf-8").replace("%9.8g", "%9.0f"), encoding="utf-8")
    command = [
        _path("gcc"),
        "-O2" if attempts >= FEWEST_OPTIMISED_ATTEMPTS else "-O0",
        "-w",
        "-DSAFETY",
        "-DNOREDUCE",  # every step touches what all share: there is nothing to reduce, and every state counts
        "-DPRINTF",  # the number of a violated clause
        f"-DMEMLIM={memory}",
        *(["-DBFS"] if breadth_first else []),
        *("-o", "pan", "pan.c"),
    ]
    _must_succeed(command, folder, "pan", deadline)


def _must_succeed(command: Sequence[str], folder: Path, product: str, deadline: Deadline) -> None:
    finished = run_program("Spin", command, folder, deadline)
    if finished.status != 0 or not (folder / product).is_file():
        program = Path(command[0]).name
        raise engine_error(f"Spin: {program} ended with status {finished.status} and no {product}", finished.output)


def _understood(finished: Finished, checked: tuple[str, ...], seconds: float) -> EngineResult:
    output = finished.output
    errors = counted_in("Spin", r"errors: (\d+)", output)
    clause = _clause(output)
    cut_short = re.search(r"Search not completed|max search depth too small|out of memory|MEMLIM bound", output)
    holds = errors == 0 and clause is None and not cut_short
    if finished.status != 0 or (not holds and (errors != 1 or clause is None)):
        raise engine_error(f"Spin: pan ended with status {finished.status} and no verdict", output)
    return EngineResult(
        engine="spin",
        verdict=EngineVerdict.HOLDS if holds else EngineVerdict.VIOLATED,
        clause=clause,
        states=counted_in("Spin", r"^ *(\d+) states, stored", output),
        generated=counted_in("Spin", r"^ *(\d+) transitions \(= stored\+matched\)", output),
        depth=_steps(output),
        seconds=seconds,
        checked=checked,
        output=tail(output),
    )


def _clause(output: str) -> str | None:
    """Return the clause that pan found violated."""
    if "invalid end state" in output.split("Full statespace search")[0]:
        return STUCK
    found = re.search(r"^violated: clause (\d+)$", output, flags=re.MULTILINE)
    number = int(found[1]).bit_length() - 1 if found else len(CLAUSES)
    return CLAUSES[number] if "assertion violated" in output and number < len(CLAUSES) else None


def _steps(output: str) -> int:
    """Return the steps of the path that pan found, or of the whole search."""
    broken = re.search(r"assertion violated .*\(at depth (\d+)\)", output)
    if broken:
        return int(broken[1]) + 1  # pan counts the steps before the one that breaks the clause
    return counted_in("Spin", r"depth reached (\d+)", output)
