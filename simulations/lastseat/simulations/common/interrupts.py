"""Ctrl-C where Python would lose it: an interrupt inside of a finalizer cannot be raised to anybody."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def noted_interrupts() -> Iterator[list[BaseException]]:
    """Return a list that an interrupt is put into when it comes in a finalizer. Look at it now and then."""
    noted: list[BaseException] = []
    before = sys.unraisablehook

    def note(unraisable: Any, /) -> None:
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            noted.append(unraisable.exc_value)
        else:
            before(unraisable)

    sys.unraisablehook = note
    try:
        yield noted
    finally:
        sys.unraisablehook = before
