"""How the command line meets its terminal: output that nobody reads to its end, and Ctrl-C that gets lost."""

import json
import os
import sys
from _thread import interrupt_main
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from threading import Timer

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from lastseat.simulations.reports.text import print_table, verdict_line
from lastseat.simulations.verification.claims import Standing


def let_every_character_pass() -> None:
    """Escape what the terminal's encoding does not know, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the error pass, instead of leaving with the status 1, which says something else here."""
        raise BrokenPipeError


@contextmanager
def printing() -> Iterator[None]:
    """Print in the block. Whoever reads it may stop doing so, as `head` does: that changes no verdict."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        say_no_more()
        if not isinstance(error, BrokenPipeError):
            raise click.ClickException(f"the output cannot be written: {error.strerror}") from None


def say_no_more() -> None:
    """Let standard output lead nowhere, because it cannot be written; else Python would try it again at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_all(
    tables: Iterable[RenderableType], standing: Standing, text: str, notes: Iterable[Text] = (), *, word: str = ""
) -> None:
    """Print tables and lines, then the verdict (or the `word` for it) and what it rests on, then notes."""
    console = _Console(highlight=False)
    with printing():
        for table in tables:
            if isinstance(table, Table):
                print_table(console, table)
            else:  # lines of text are left to the terminal to wrap, so that they can be copied
                console.print(table, soft_wrap=True)
        verdict_line(console, standing, text, word)
        for note in notes:
            console.print(note)


def print_json(data: Mapping[str, object], seconds: float) -> None:
    """Print one JSON object on one line; `seconds` is how long the work took."""
    with printing():
        click.echo(json.dumps({**data, "seconds": round(seconds, 6)}))


def keep_interrupt(lost: "sys.UnraisableHookArgs") -> None:
    """Send Ctrl-C again, a little later, where it fell into a finalizer: Python would forget it there."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    again = Timer(0.01, interrupt_main)
    again.daemon = True
    again.start()
