"""Writing a file whole or not at all, with one line that says why not."""

import os
from contextlib import suppress
from errno import EACCES, EINVAL, EISDIR
from pathlib import Path
from secrets import token_hex

from lastseat.simulations.common.text import quoted, reason_of


class WriteError(ValueError):
    """A file that cannot be written; the text is one line with its name and the reason."""


def write_whole(path: Path | str, content: bytes) -> None:
    """Write `content` to `path`: after an error (a full disk, a missing folder) what was there before is still there.

    What is no ordinary file, such as a pipe or a terminal, is written to directly. Raises WriteError.
    """
    try:
        target = Path(os.path.realpath(path))  # a link stays, and what it points at is replaced
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        beside = target.with_name(f".{target.name[:100]}.{token_hex(8)}")
        try:
            _write_new(beside, content)
            if target.exists():
                beside.chmod(target.stat().st_mode & 0o777)
            beside.replace(target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None


def check_place(path: Path | str) -> None:
    """Raise WriteError where `path` cannot be written as far as one can tell without writing.

    For whoever works for minutes before there is something to write.
    """
    try:
        target = Path(os.path.realpath(path))
        there = _is_there(target)
        if target.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        os.scandir(target.parent).close()
        # A file is replaced by another one in its folder; what is no file is written to.
        if not os.access(target if there and not target.is_file() else target.parent, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES))
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None


def _is_there(target: Path) -> bool:
    """Return whether there is such a file; OSError where there cannot be one."""
    try:
        target.lstat()
    except FileNotFoundError:
        return False
    return True


def _write_new(path: Path, content: bytes) -> None:
    """Write a new file down to the disk: one that has no room may say so only then."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno != EINVAL:  # a file system that cannot synchronise a file
                raise


def _refusal(path: Path | str, error: Exception) -> WriteError:
    return WriteError(f"{quoted(str(path))} cannot be written: {reason_of(error)}")
