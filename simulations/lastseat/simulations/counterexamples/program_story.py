"""A run of any program in plain words: one line a step, and at its end who waits for what, and who could go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from linecache import getline

from lastseat.simulations.common.lines import Line
from lastseat.simulations.common.text import on_one_line, printable
from lastseat.simulations.common.values import value_told
from lastseat.simulations.counterexamples.holding import Held, copies_of, tells
from lastseat.simulations.counterexamples.waiting import Wait, circle_of, waits_of
from lastseat.simulations.counterexamples.wording import Words
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.operations import Choose, Raised
from lastseat.simulations.kernel.run import Run, Taken
from lastseat.simulations.kernel.stepping import ASSERTION, Broken

LONGEST_LINE = 500  # characters of one line; only somebody's own values can make one longer
LONGEST_SAID = 200  # characters of what an error says
LONGEST_FILE = 40  # characters
LONGEST_PLACE = 24  # characters of a file and a line in a column
LONGEST_CODE = 80  # characters of a line of code
MOST_FRAMES = 5  # of a traceback
MOST_BROKEN = 3  # processes whose traceback is shown


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step in words: where in the code ("" where that is not known), who, and what; and the process's number."""

    place: str
    who: str
    text: str
    process: int

    def __str__(self) -> str:
        return f"{self.who} ({self.place}): {self.text}" if self.place else f"{self.who}: {self.text}"


def told_steps(run: Run, *, short: bool = False) -> tuple[StepTold, ...]:
    """Return each step in words; where they are `short`, processes are p0, p1, and so on."""
    words = Words(run, short=short)
    stale = {copy.end: copy for copy in copies_of(run) if copy.stale is not None}
    told = []
    for taken in run.taken:
        text = "; ".join([*_did(taken, words), *_basis(stale.get(taken.number)), *_end(taken)])
        place = "" if taken.line is None else printable(str(taken.line), LONGEST_PLACE if short else LONGEST_FILE)
        told.append(StepTold(place, words.process(taken.process), printable(text, LONGEST_LINE), taken.process))
    return tuple(told)


def steps_told(run: Run) -> tuple[str, ...]:
    """Return one line for each step: who, where in the code, what, what came of it, and what it changed."""
    return tuple(printable(str(step), LONGEST_LINE) for step in told_steps(run))


def end_told(run: Run, *, short: bool = False) -> tuple[str, ...]:
    """Return what is to be said of the end of a run.

    That is who took no step, where a process failed, who waits for what, and who could go on.
    """
    return tuple(printable(line, LONGEST_LINE) for line in _ending(run, Words(run, short=short)))


def story(run: Run) -> tuple[str, ...]:
    """Return a run as numbered lines, and then its end; all of it is safe to print."""
    numbered = (f"{number:>3}. {line}" for number, line in enumerate(steps_told(run), start=1))
    return (*numbered, *(f"     {line}" for line in end_told(run)))


def at(line: Line | None) -> str:
    """Return where in the code, as " (file.py:12)"; "" where that is not known."""
    return f" ({printable(str(line), LONGEST_FILE)})" if line is not None else ""


# --- a step ---------------------------------------------------------------------------------------------------


def _did(taken: Taken, words: Words) -> Iterator[str]:
    """Yield what was done, with what came of it, and what it changed."""
    did = words.operation(taken.operation)
    if taken.fault is Fault.CRASH_BEFORE:
        yield f"crashes before it can {did}"
    elif isinstance(taken.operation, Choose) and not isinstance(taken.result, Raised):
        yield f"{did} {value_told(taken.result)}, of {_options(taken.operation)}"
    else:
        yield f"{did}{_result(taken)}"
        yield from words.changes(taken)


def _basis(copy: Held | None) -> Iterator[str]:
    """Yield that what was written rests on a copy that is stale."""
    if copy is not None:
        yield f"what it read in step {copy.start} is stale since step {copy.stale}"


def _options(operation: Choose) -> str:
    return printable(", ".join(value_told(option) for option in operation.options), LONGEST_SAID)


def _result(taken: Taken) -> str:
    """Return what the process was told, where it was told anything."""
    failed = f"; {taken.fault}:" if taken.fault in (Fault.UNAVAILABLE, Fault.ANSWER_LOST) else ""
    if isinstance(taken.result, Raised):
        kind = printable(taken.result.kind.__name__, LONGEST_FILE)
        said = printable(on_one_line(taken.result.said), LONGEST_SAID)
        return f"{failed} raises {kind}{': ' if said else ''}{said}"
    return f"{failed} → {value_told(taken.result)}" if tells(taken) else failed.removesuffix(":")


def _end(taken: Taken) -> Iterator[str]:
    """Yield how the process ended with the step, if it did."""
    if taken.fault is Fault.CRASH_AFTER:
        yield "crashes right after it"
    elif taken.ended and isinstance(taken.returned, Broken) and _is_what(taken.result, taken.returned):
        yield "nobody catches it"
    elif taken.ended:
        yield _ended(taken.returned)


def _is_what(told: object, returned: Broken) -> bool:
    """Return whether a process ended by the error that it was told."""
    return isinstance(told, Raised) and told.kind.__name__ == returned.kind and Broken.by(told.error) == returned


def _ended(returned: object) -> str:
    if not isinstance(returned, Broken):
        return "ends" if returned is None else f"returns {value_told(returned)}"
    if returned.name != ASSERTION:
        return f"fails with {returned}"
    where = f" at {printable(str(returned.lines[-1]), LONGEST_FILE)}" if returned.lines else ""
    # What pytest says of an assertion has the values in it already.
    more = returned.operands if returned.operands not in str(returned) and "assert " not in returned.said else ""
    return f"fails{where}: {'; '.join(filter(None, (str(returned), more)))}"


# --- the end --------------------------------------------------------------------------------------------------


def _ending(run: Run, words: Words) -> Iterator[str]:
    stepping = {taken.process for taken in run.taken}
    for process in sorted(run.returned):
        if process not in stepping:
            yield f"{words.process(process)} takes no step and {_ended(run.returned[process])}"
    yield from _frames(run, words)
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


def _frames(run: Run, words: Words) -> Iterator[str]:
    """Yield the lines of code by which each process failed, the innermost last."""
    broken = {who: returned for who, returned in run.returned.items() if isinstance(returned, Broken)}
    for who, returned in list(broken.items())[-MOST_BROKEN:]:
        if returned.name == ASSERTION and len(returned.lines) < 2:
            continue  # the step says it
        for number, line in enumerate(returned.lines[-MOST_FRAMES:]):
            code = printable(getline(line.file, line.line).strip(), LONGEST_CODE)
            place = f"{printable(str(line), LONGEST_FILE)} in {printable(line.function, LONGEST_FILE)}"
            head = "" if number else f"{words.process(who)} fails: "
            yield f"{head}{place}{': ' if code else ''}{code}"


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
