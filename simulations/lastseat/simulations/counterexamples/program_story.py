"""A run of any program in plain words: one line a step, and at its end who waits for what, and who could go on."""

from collections.abc import Iterator

from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.holding import Held, copies_of
from lastseat.simulations.counterexamples.waiting import Wait, circle_of, waits_of
from lastseat.simulations.counterexamples.wording import Words, value_told
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.operations import Choose, Raised
from lastseat.simulations.kernel.run import Line, Run, Taken
from lastseat.simulations.kernel.stepping import Broken

LONGEST_LINE = 500  # characters of one line; only somebody's own values can make one longer
LONGEST_SAID = 200  # characters of what an assertion says
LONGEST_FILE = 40  # characters


def steps_told(run: Run) -> tuple[str, ...]:
    """Return one line for each step: who, where in the code, what, what it was told, and what it changed."""
    words = Words(run)
    stale = {copy.end: copy for copy in copies_of(run) if copy.stale is not None}
    return tuple(
        printable("; ".join([_step(taken, words), *_basis(stale.get(taken.number)), *_end(taken)]), LONGEST_LINE)
        for taken in run.taken
    )


def end_told(run: Run) -> tuple[str, ...]:
    """Return what is to be said of the end of a run: who took no step, who waits for what, and who could go on."""
    return tuple(printable(line, LONGEST_LINE) for line in _ending(run, Words(run)))


def story(run: Run) -> tuple[str, ...]:
    """Return a run as numbered lines, and then its end; all of it is safe to print."""
    numbered = (f"{number:>3}. {line}" for number, line in enumerate(steps_told(run), start=1))
    return (*numbered, *(f"     {line}" for line in end_told(run)))


def at(line: Line | None) -> str:
    """Return where in the code, as " (file.py:12)"; "" where that is not known."""
    return f" ({printable(str(line), LONGEST_FILE)})" if line is not None else ""


# --- a step ---------------------------------------------------------------------------------------------------


def _step(taken: Taken, words: Words) -> str:
    who = f"{words.process(taken.process)}{at(taken.line)}"
    did = words.operation(taken.operation)
    if taken.fault is Fault.CRASH_BEFORE:
        return f"{who}: crashes before it can {did}"
    if isinstance(taken.operation, Choose):
        return f"{who}: {did} {value_told(taken.result)}, of {_options(taken.operation)}"
    return "; ".join([f"{who}: {did}{_told(taken)}", *words.changes(taken)])


def _basis(copy: Held | None) -> Iterator[str]:
    """Yield that what was written rests on a copy that is stale."""
    if copy is not None:
        yield f"what it read in step {copy.start} is stale since step {copy.stale}"


def _options(operation: Choose) -> str:
    return printable(", ".join(value_told(option) for option in operation.options), LONGEST_SAID)


def _told(taken: Taken) -> str:
    """Return what the process was told, where it was told anything."""
    if isinstance(taken.result, Raised):
        return f"; is told that {printable(taken.result.said, LONGEST_SAID)}"
    if taken.fault in (Fault.UNAVAILABLE, Fault.ANSWER_LOST):
        return f"; {taken.fault}, is told {value_told(taken.result)}"
    return "" if taken.result is None else f", gives {value_told(taken.result)}"


def _end(taken: Taken) -> Iterator[str]:
    """Yield how the process ended with the step, if it did."""
    if taken.fault is Fault.CRASH_AFTER:
        yield "crashes right after it"
    elif taken.ended:
        yield _ended(taken.returned)


def _ended(returned: object) -> str:
    if isinstance(returned, Broken):
        return f"fails: {printable(returned.said, LONGEST_SAID)}"
    return "ends" if returned is None else f"returns {value_told(returned)}"


# --- the end --------------------------------------------------------------------------------------------------


def _ending(run: Run, words: Words) -> Iterator[str]:
    stepping = {taken.process for taken in run.taken}
    for process in sorted(run.returned):
        if process not in stepping:
            yield f"{words.process(process)} takes no step and {_ended(run.returned[process])}"
    waits = waits_of(run)
    for wait in waits:
        where = at(run.lines.get(wait.process))
        yield f"{words.process(wait.process)} waits{where}: {words.operation(wait.operation)}{_for(wait, run, words)}"
    if circle := circle_of(waits):
        names = [words.process(process) for process in (*circle, circle[0])]
        yield f"each waits for the next: {' → '.join(names)}"
    for process in run.free:
        where = at(run.lines.get(process))
        yield f"{words.process(process)} can go on{where}: {words.operation(run.ahead[process])}"
    if waits and not run.free:
        yield "nobody can go on"


def _for(wait: Wait, run: Run, words: Words) -> str:
    """Return whom a process waits for: who holds what it wants, or who wrote last what it looks at."""
    if wait.joins is not None:
        return _state_of(wait.joins, run) and f", which {_state_of(wait.joins, run)}"
    if wait.holders:
        told = [
            f"{words.process(process)} holds since step {step}{_gone(process, run)}" for process, step in wait.holders
        ]
        return f", which {' and '.join(told)}"
    if wait.writer is None:
        return ", and nobody else has changed what it waits for"
    process, step = wait.writer
    return f", what it waits for was last changed by {words.process(process)} in step {step}{_gone(process, run)}"


def _state_of(process: int, run: Run) -> str:
    if process in run.crashed:
        return "has crashed"
    return "has to wait itself" if process in run.waiting else ""


def _gone(process: int, run: Run) -> str:
    """Return what has become of a process that can do nothing more about it."""
    if process in run.crashed:
        return " and has crashed"
    return " and has ended" if process in run.returned else ""
