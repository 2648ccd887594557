"""Silence around what is dropped: code that is left on its way says nothing, as it is no part of any result."""

import io
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, CoroutineType, GeneratorType, TracebackType
from typing import Any

# From 3.12, the table of handlers of every generator and coroutine has an entry that the compiler has made.
_OF_THE_COMPILER = 1 if sys.version_info >= (3, 12) else 0
_HOUSE = str(Path(__file__).parents[2])
_handles: dict[int, tuple[CodeType, bool]] = {}  # by the identity of the code, which is held so that it stays


class _Nowhere(io.TextIOBase):
    """What is written here is gone."""

    def write(self, text: str, /) -> int:
        return len(text)


_NOWHERE: Any = _Nowhere()


class Silence:
    """While it lasts, nothing is printed, logged, or told of errors that nobody can be told of."""

    def __enter__(self) -> None:
        self._streams, self._level, self._hook = (sys.stdout, sys.stderr), logging.root.manager.disable, _hook()
        sys.stdout = sys.stderr = _NOWHERE
        sys.unraisablehook = _ignore
        logging.disable(sys.maxsize)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        logging.disable(self._level)
        sys.unraisablehook = self._hook
        # Code that had put something else there has put back what was before.
        sys.stdout = self._streams[0] if sys.stdout is _NOWHERE else sys.stdout
        sys.stderr = self._streams[1] if sys.stderr is _NOWHERE else sys.stderr


def _hook() -> Callable[[Any], Any]:
    return sys.unraisablehook


def _ignore(_: object) -> None:
    pass


def runs_code(process: Any) -> bool:
    """Return whether something may run when a process under way is closed: a `finally`, a `with`, an `except`.

    Of a generator or a coroutine, that is seen by its code; anything else may.
    """
    while process is not None:
        if process.__class__ is GeneratorType:
            code, following = process.gi_code, process.gi_yieldfrom
        elif process.__class__ is CoroutineType:
            code, following = process.cr_code, process.cr_await
        else:
            return True
        if code.co_exceptiontable:
            known = _handles.get(id(code))
            if known is None:
                known = _handles[id(code)] = code, _has_handlers(code)
            if known[1]:
                return True
        process = following
    return False


def _has_handlers(code: CodeType) -> bool:
    """Return whether code handles exceptions; that of this house says nothing where it does."""
    entries = sum(byte >> 7 for byte in code.co_exceptiontable)  # the first byte of each entry is marked
    return entries > _OF_THE_COMPILER and not code.co_filename.startswith(_HOUSE)
