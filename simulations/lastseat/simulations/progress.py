"""A progress bar with rate and, where the total is known, an estimate of the time left; silent when not watched."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from lastseat.simulations.exploration import Progress


class RateColumn(ProgressColumn):
    """How many per second."""

    def render(self, task: Task) -> Text:
        """Return the rate of one task."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


class Stages:
    """One bar that goes from one stage of the work to the next."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)

    def __call__(self, what: str, total: int | None = None) -> Progress:
        """Begin a stage and return where its progress goes."""
        self._bar.reset(self._task, description=what, total=total, completed=0)

        def report(done: int, out_of: int | None) -> None:
            self._bar.update(self._task, completed=done, total=out_of)

        return report


@contextmanager
def stages() -> Iterator[Stages]:
    """Show a bar on standard error while the work in the block goes on; nothing when it is not a terminal."""
    console = Console(file=sys.stderr)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Stages(bar)
