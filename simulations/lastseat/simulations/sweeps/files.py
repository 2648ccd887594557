"""Files that are either the old or the new one, never half of it."""

import os
from contextlib import suppress
from pathlib import Path

from lastseat.simulations.common.text import quoted


class UnwrittenError(ValueError):
    """A file could not be written; what was there before still is. The text is one line."""


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as a whole: beside its place, to the disk, then in one step into its place.

    Raises UnwrittenError, also when the disk is full.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)  # noqa: PTH105  # named as in the documentation that promises it to be atomic
    except (OSError, ValueError) as error:  # a name that holds a null byte is a ValueError
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnwrittenError(f"{quoted(str(path))} cannot be written: {reason}; nothing of it was changed") from None
    finally:
        with suppress(OSError, ValueError):
            beside.unlink()
