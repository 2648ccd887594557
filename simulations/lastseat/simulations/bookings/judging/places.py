"""Where a store and its attempts stand: what decides all that follows, and the history that properties ask about.

Equal ones are one value, and the judge gives each a number. Why this history is enough: `specs/decisions/merging.md`.
"""

from dataclasses import dataclass
from typing import Any

from lastseat.model.properties import Window
from lastseat.model.world import Done
from lastseat.reference.values import Snapshot


@dataclass(frozen=True, slots=True)
class Shared:
    """What all attempts share: the store's content, and how many steps took effect on each resource."""

    snapshot: Snapshot
    effects: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """An unfinished attempt: the results it received, and its history as far as properties ask about it.

    `since` is how many effective steps of others the requested resource had seen at the last observe. `met_a_fault`
    says that a fault was in one of its steps.
    """

    received: tuple[Any, ...] = ()
    observes: int = 0
    persists: int = 0
    own_effects: int = 0
    since: int = 0
    window: Window | None = None
    met_a_fault: bool = False

    @property
    def begun(self) -> bool:
        """Return whether it has taken a step."""
        return bool(self.received)


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt that takes no more steps. Only what it emitted can still matter to anyone."""

    emitted: Done | None


@dataclass(frozen=True, slots=True)
class Crashed(Ended):
    """An attempt that died and emits nothing. One that had begun may have taken effect, and `applied` says so."""

    emitted: None = None
    begun: bool = False
    applied: bool = False
