"""The strategies that can be asked for by name. A new one is a file of its own, and one line here."""

import re

from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies import bounded, brute
from lastseat.simulations.strategies.declared import Declared, Named
from lastseat.simulations.strategies.merging import programs as merged
from lastseat.simulations.strategies.reduction import dpor

KNOWN: tuple[Named, ...] = (brute.NAMED, merged.NAMED, dpor.NAMED, bounded.PREEMPTIONS, bounded.DELAYS)


def declared(name: str) -> Declared:
    """Return the strategy of that name. Raises ProgramError where there is none."""
    for named in KNOWN:
        match = re.fullmatch(named.pattern, name)
        if match:
            return named.declared(match)
    shown = ", ".join(named.shown for named in KNOWN)
    raise ProgramError(f"there is no strategy {quoted(name)}; known: {shown}; and those of sample")
