"""What a strategy says of itself, so that nobody has to ask for its name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lastseat.simulations.kernel.budget import Budget
from lastseat.simulations.kernel.exploration import Exploration, Property
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Coverage, Observer, Strategy
from lastseat.simulations.kernel.program import Program

Make: TypeAlias = Callable[[Program, Meter, Observer], Strategy]
Walk: TypeAlias = Callable[[Program, Sequence[Property], Budget, bool], Exploration]


@dataclass(frozen=True, slots=True)
class Declared:
    """A strategy that can be asked for, and what it covers.

    It either executes schedules from their start, and `make` makes it; or it walks over states, and `walk` explores a
    program by itself (the last argument says whether deadlocks are allowed).

    `shows_every_state`: each state of the program is shown, so that a claim may be about all of them. `is_split`: it
    can be split over workers. `in_parts`: it explores each set of redeliveries by itself.
    """

    name: str
    coverage: Coverage
    make: Make | None = None
    walk: Walk | None = None
    shows_every_state: bool = True
    is_split: bool = False
    in_parts: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """By which names a strategy is asked for: `shown` to people, and the pattern that they fit."""

    shown: str
    pattern: str
    declared: Callable[[re.Match[str]], Declared]
