"""How much memory the boxes of a system need, known before the first of them is there."""

import os
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

GIGABYTE = 10**9


class TooLargeError(ValueError):
    """The worlds of a system do not fit the memory. The message has the estimate."""


def needed(worlds: int, *, largest: int) -> int:
    """Return the bytes for boxes of so many worlds, of which the largest box has `largest`.

    One byte a world for the distance and one for the mark that finds a path; the work on one box takes three more.
    """
    return 2 * worlds + 3 * largest


def within(memory: int | None, attempts: int) -> Callable[[Mapping[int, list[int]]], None]:
    """Return the watcher for `tables_of` that refuses a system whose boxes exceed `memory` bytes.

    By default the memory is what the machine has to spare. The watcher raises TooLargeError as soon as it is certain.
    """
    limit = available() if memory is None else memory

    def watch(present: Mapping[int, list[int]]) -> None:
        sizes = [prod(each.bit_count() for each in sets) for sets in present.values()]
        estimate = needed(sum(sizes), largest=max(sizes))
        if estimate > limit:
            raise TooLargeError(
                f"{attempts} attempts need {sum(sizes):.3g} cells or more, one for each world that may be reached: "
                f"at least {estimate / GIGABYTE:.3g} GB of memory, of which {limit / GIGABYTE:.3g} GB are there"
            )

    return watch


def available() -> int:
    """Return the bytes of memory that are free to use; 8 GB where the system does not say."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii").partition("MemAvailable:")[2].split()
        free = int(told[0]) * 1024 if told else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * GIGABYTE
    try:
        share = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        return free
    return min(free, int(share)) if share.isdigit() else free
