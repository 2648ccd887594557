"""A progress bar with rate and, where the total is known, an estimate of the time left; silent when not watched."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from lastseat.simulations.common.progress import About, Progress

MOST_WORTH_SHOWING = 10**15  # more than that will not be done, and a bar computes with floats
PAUSE = 0.05  # seconds between two updates of the bar; an engine may report much more often


class RateColumn(ProgressColumn):
    """How many per second."""

    def render(self, task: Task) -> Text:
        """Return the rate of one task."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


class CountColumn(MofNCompleteColumn):
    """How many of how many, or of about how many."""

    def render(self, task: Task) -> Text:
        """Return the count of one task."""
        if not isinstance(task.total, About):
            return super().render(task)
        return Text(f"{int(task.completed)}/about {int(task.total):,}", style="progress.download")


class Stages:
    """One bar that goes from one stage of the work to the next."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def __call__(self, what: str, total: int | None = None) -> Progress:
        """Begin a stage and return where its progress goes."""
        # A new task, because a task that once had a total cannot go back to having none.
        if self._task is not None:
            self._bar.remove_task(self._task)
        task = self._task = self._bar.add_task(what, total=_shown(total))
        due = 0.0

        def report(done: int, out_of: int | None) -> None:
            nonlocal due
            if task == self._task and monotonic() >= due:
                self._bar.update(task, completed=done, total=_shown(out_of))
                due = monotonic() + PAUSE

        return report


def _shown(total: int | None) -> int | None:
    return total if total is not None and total <= MOST_WORTH_SHOWING else None


@contextmanager
def stages() -> Iterator[Stages]:
    """Show a bar on standard error while the work in the block goes on; nothing when it is not a terminal."""
    watched = sys.stderr is not None and sys.stderr.isatty()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        CountColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True, disable=not watched) as bar:
        yield Stages(bar)
