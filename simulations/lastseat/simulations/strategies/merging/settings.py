"""How a walk is made, what may stop it, and what it sights: values, on which nobody has to raise anything."""

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import NamedTuple

from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.strategies.merging.words import LOCAL_BITS, SHARED_BITS, Word


class Stop(Enum):
    """Why a walk stopped before its end."""

    TOO_NARROW = auto()  # a field of the word
    NOT_ALIKE = auto()  # processes that were taken for alike
    SEVERAL_LEVELS = auto()  # a state can be met after different numbers of steps
    EVERY_LINEARIZATION = auto()  # each way to explain a history has to be followed from the start
    FIRST_VIOLATION = auto()
    OUT_OF_TIME = auto()
    ENOUGH_STEPS = auto()  # of code, as many as were asked for
    ENDLESS = auto()  # a process took more steps than one may
    INTERRUPTED = auto()


@dataclass(frozen=True, slots=True)
class Settings:
    """How a walk is made. `alike` are groups of processes that are taken for alike."""

    alike: tuple[tuple[int, ...], ...] = ()
    bits: int = LOCAL_BITS
    shared_bits: int = SHARED_BITS
    several_levels: bool = False
    needs_every_linearization: bool = False

    def after(self, stop: Stop | None, not_alike: tuple[tuple[int, ...], ...]) -> "Settings | None":
        """Return the settings for another walk, where what stopped this one asks for it; else None."""
        match stop:
            case Stop.TOO_NARROW:
                return replace(self, bits=2 * self.bits, shared_bits=self.shared_bits + 8)
            case Stop.NOT_ALIKE:
                return replace(self, alike=tuple(group for group in self.alike if group not in not_alike))
            case Stop.SEVERAL_LEVELS:
                return replace(self, several_levels=True)
            case Stop.EVERY_LINEARIZATION:
                return replace(self, needs_every_linearization=True)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Limits:
    """What all walks of one search may take together: a time of `monotonic`, steps of code, one violation."""

    deadline: float | None = None
    executions: int | None = None
    stop_at_first: bool = False
    progress: Progress = silent


@dataclass(frozen=True, slots=True)
class Sighting:
    """A violation, and where it was met: the state, and the step from it that shows it (None: the state does).

    Where an `order` is given, process p of the witness is the one whose local state stands in field `order[p]`.
    """

    witness: str
    level: int
    word: Word
    step: Step | None
    order: tuple[int, ...] | None = None

    @property
    def length(self) -> int:
        """Return the number of steps of the schedule that shows it."""
        return self.level + (self.step is not None)


class Successor(NamedTuple):
    """A step from a state, the word that it gives, the state that stands for it, and for how many alike steps."""

    step: Step
    reached: Word
    after: Word
    times: int
