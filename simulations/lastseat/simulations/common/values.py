"""Any value in a few words that are safe to print, whatever it is."""

import re
from contextlib import suppress

from lastseat.simulations.common.text import number, printable

LONGEST_VALUE = 40  # characters of a value


def value_told(value: object, longest: int = LONGEST_VALUE) -> str:
    """Return a value as Python shows it, without the address of anything."""
    if type(value) is int:
        return number(value)
    shown = ""
    with suppress(Exception):  # somebody's own
        shown = repr(value)
    if not shown or shown == object.__repr__(value):
        shown = f"a {type(value).__name__}"
    return printable(re.sub(r" at 0x[0-9a-f]+", "", shown[: 1000 * longest]), longest)
