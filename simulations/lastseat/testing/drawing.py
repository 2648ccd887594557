"""Space-time diagrams of a run or of a violation, as text, or in a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import overload

from lastseat.simulations.common.files import write_whole
from lastseat.simulations.common.text import counted, printable
from lastseat.simulations.counterexamples.explained import replay_call
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.program import ProgramError, kind_of
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import Schedule

LONGEST = 200  # characters of a claim, or of what violates it


@overload
def draw(shown: Run | Violation, file: None = None, *, title: str | None = None) -> str: ...


@overload
def draw(shown: Run | Violation, file: str | Path, *, title: str | None = None) -> None: ...


def draw(shown: Run | Violation, file: str | Path | None = None, *, title: str | None = None) -> str | None:
    """Draw a run, or that of a violation, as a space-time diagram: time from left to right, a row for each process.

    Without a `file`, the diagram is returned as text. Else it is written there, as the name ends: .txt, .svg, .png
    (which needs matplotlib) or .html, a page with a stepper. The step that violates a claim is marked.
    Raises ValueError where the name ends otherwise or the file cannot be written, ProgramError for what is no run.

    >>> from lastseat.testing import Register, Shared, at_end, draw, explore
    >>> def increment(shared):
    ...     seen = yield shared.counter.read()
    ...     yield shared.counter.write(seen + 1)
    >>> both = at_end("no update is lost", lambda end: end.shared.counter.value == 2)
    >>> found = explore([increment] * 2, shared=lambda: Shared(counter=Register(0)), properties=[both])
    >>> print(draw(found.violations[0]).splitlines()[-1])
    step         1   2   3   4
    """
    from lastseat.simulations.reports.drawn import ending_of, write_run  # late: most tests draw nothing

    ending = ".txt" if file is None else ending_of(str(file))
    run = shown.run if isinstance(shown, Violation) else shown
    if not isinstance(run, Run):
        what = "a violation without a run" if isinstance(shown, Violation) else kind_of(shown)
        raise ProgramError(f"a run or a violation is drawn, and not {what}")
    lines: Sequence[str] = ()
    violating = sorted({failure.taken for failure in run.broken if failure.taken})
    if isinstance(shown, Violation):
        name = printable(shown.name, LONGEST)
        lines = [f"✗ {name} is violated: {printable(shown.witness, LONGEST)}"]
        title = f"{name} is violated after {counted(len(run.taken), 'step')}" if title is None else title
        violating = [len(run.taken)] if run.taken else []
    faults = Faults(run.spent) if run.spent else NO_FAULTS
    again = replay_call(str(Schedule(run.steps)), faults)
    drawn = write_run(run, ending, title=title, violating=violating, lines=lines, replay=again)
    if file is None:
        return drawn.decode().removesuffix("\n")
    write_whole(file, drawn)
    return None
