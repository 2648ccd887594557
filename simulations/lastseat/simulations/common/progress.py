"""How long work says how far it is."""

from collections.abc import Callable
from typing import TypeAlias

# Called now and then with the work done so far and the total, None where that is not known.
Progress: TypeAlias = Callable[[int, int | None], None]


class About(int):
    """A total that was estimated."""


def silent(_done: int, _total: int | None) -> None:
    """Report no progress."""
