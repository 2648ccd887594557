"""What is said of an exploration of somebody's own program, and of one run of it: for people, and as plain data."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isfinite

from rich.console import RenderableType
from rich.text import Text

from lastseat.simulations.common.text import printable
from lastseat.simulations.common.values import value_told
from lastseat.simulations.counterexamples.explained import Explained
from lastseat.simulations.counterexamples.program_story import end_told, steps_told
from lastseat.simulations.kernel.exploration import Exploration, Violation
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.kernel.stepping import Broken
from lastseat.simulations.reports.data import estimate_data
from lastseat.simulations.reports.text import table_of

MOST_ROWS = 12  # endings that are printed; --json has them all
LONGEST_RETURNED = 60  # characters of what all processes returned
LONGEST_VALUE = 200  # characters of a value in JSON
LONGEST_WHY = 1000  # characters
MOST_DIGITS = 640  # of a number in JSON; Python refuses to print one of many more
DEEPEST = 5  # tuples in tuples


def value_data(value: object, depth: int = 0) -> object:
    """Return a value as JSON has it: plain ones and tuples of them as they are, all else as text."""
    if value is None or type(value) in (str, bool):
        return value
    if type(value) is int:
        return value if value.bit_length() < 3 * MOST_DIGITS else value_told(value)
    if type(value) is float:
        return value if isfinite(value) else str(value)
    if isinstance(value, Broken):
        return _ended(value)
    if type(value) in (tuple, list) and depth < DEEPEST:
        return [value_data(part, depth + 1) for part in value]  # type: ignore[attr-defined]  # it is a sequence
    return value_told(value, LONGEST_VALUE)


def _ended(returned: object) -> str:
    if isinstance(returned, Broken):
        return f"raises {returned.kind}: {returned.said}" if returned.said else f"raises {returned.kind}"
    return value_told(returned)


def exploration_data(seen: Exploration, name: str, told: Sequence[Explained | None]) -> dict[str, object]:
    """Return an exploration as `--json` gives it; `told` are the explanations of what it violates."""
    pairs = zip(seen.violations, told, strict=True)
    return {
        "program": name,
        "strategy": seen.strategy,
        "verdict": str(seen.verdict),
        "executions": seen.executions,
        "blocked": seen.blocked,
        "interleavings": seen.interleavings,
        "states": seen.states,
        "deadlocks": seen.deadlocks,
        "by_faults": {str(faults): times for faults, times in seen.by_faults.items()},
        "vectors": sorted((value_data(vector) for vector in seen.vectors), key=str),
        "outcomes": {},
        "fired": dict(seen.fired),
        "audited": seen.audited,
        "vacuous": list(seen.vacuous),
        "unseen": list(seen.unseen),
        "unwatched": list(seen.unwatched),
        "complete": seen.complete,
        "why": seen.why,
        "estimate": estimate_data(seen.estimate),
        "violations": [_violation_data(violation, explained) for violation, explained in pairs],
    }


def _violation_data(violation: Violation, told: Explained | None) -> dict[str, object]:
    if told is None:
        schedule = str(Schedule.of(violation.steps))
        return {"name": violation.name, "witness": violation.witness, "schedule": schedule, "steps": [], "replay": ""}
    return {
        "name": violation.name,
        "witness": violation.witness,
        "schedule": told.token,
        "steps": [str(step) for step in told.steps],
        "end": list(told.end),
        "replay": told.replay,
    }


def exploration_tables(
    seen: Exploration, name: str, told: Sequence[Explained | None], width: int
) -> Iterator[RenderableType]:
    """Yield the figures of an exploration, how executions ended, and every violation as a story.

    Lines of a story have at most `width` columns; but the last, which is to be copied, is one line.
    """
    figures = {("steps performed" if seen.states else "executions"): seen.executions}
    if seen.interleavings is not None:
        figures["schedules"] = seen.interleavings
    if seen.states:  # of merged alone
        figures["states"] = seen.states
    figures |= {"endings": len(seen.endings), "deadlocks": seen.deadlocks}
    table = table_of(f"{printable(name, 60)}: {seen.strategy}", *figures, numbers=range(len(figures)))
    table.add_row(*(f"{figure:,}" for figure in figures.values()))
    yield table
    if seen.endings:
        yield from _endings(seen)
    for sentence in seen.unwatched:
        yield Text(f"Not looked at: {printable(sentence, LONGEST_WHY)}.", style="yellow")
    for explained in told:
        if explained is not None:
            first, *rest = explained.text(width).split("\n")
            yield Text(first, style="bold red")
            yield from map(Text, rest)


def _endings(seen: Exploration) -> Iterator[RenderableType]:
    returned: Counter[str] = Counter()
    silent = all(value is None for vector in seen.vectors for value in vector)
    for (vector, final), times in seen.endings.items():
        words = value_told(final, LONGEST_RETURNED) if silent else ", ".join(map(_ended, vector))
        returned[printable(words, LONGEST_RETURNED)] += times
    what = "schedules" if returned.total() == seen.interleavings else "executions"
    said = "what is left behind" if silent else "what the processes returned"
    table = table_of("How they end", said, what, "share", numbers=(1, 2))
    for words, times in sorted(returned.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_ROWS]:
        table.add_row(words, f"{times:,}", f"{100 * times / returned.total():.1f} %")
    yield table
    if len(returned) > MOST_ROWS:
        yield Text(f"The {MOST_ROWS} most frequent of {len(returned):,}; --json has them all.", style="dim")


def run_data(run: Run, found: Sequence[Violation]) -> dict[str, object]:
    """Return one run as `--json` gives it: its steps, what was returned, and what it violates, after which step."""
    words = steps_told(run)
    return {
        "steps": [
            {
                "step": taken.number,
                "process": taken.process,
                "label": run.labels[taken.process],
                "action": printable(str(taken.operation.kind), LONGEST_VALUE),
                "text": words[taken.number - 1],
                "result": value_data(taken.result),
                "shared": value_data(taken.after),
            }
            for taken in run.taken
        ],
        "outcomes": {},
        "returned": {str(process): value_data(returned) for process, returned in sorted(run.returned.items())},
        "end": list(end_told(run)),
        "complete": not run.unfinished,
        "violations": [
            {"step": len(violation.steps), "name": violation.name, "witness": violation.witness}
            for violation in found
        ],
    }


def run_lines(run: Run, found: Sequence[Violation]) -> Iterator[str]:
    """Yield one run in words, each violation under the step at which it shows."""
    for number, line in enumerate(("", *steps_told(run))):
        if number:
            yield f"{number:>3}. {line}"
        for violation in found:
            if len(violation.steps) == number:
                yield f"     VIOLATED {printable(violation.name, 200)}: {printable(violation.witness, 300)}"
    for line in end_told(run):
        yield f"     {line}"
