"""What is asked of a program, and what an exploration of it saw."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

ASSERTION = "assertion"  # a process raised AssertionError
DEADLOCK = "deadlock"  # processes wait, and nobody can go on


@dataclass(frozen=True, slots=True)
class End:
    """The end of one execution. `returned` has None, and `waiting` the number, of each process that waits for ever.

    `final` is what the shared state's `snapshot()` gives, None where it has none; `shared` is that state itself.
    """

    returned: tuple[Any, ...]
    final: Any
    shared: Any
    waiting: tuple[int, ...] = ()


# True (or None) where it holds; False, or a text that says why, where it does not.
Check: TypeAlias = Callable[[Any], bool | str | None]


class When(StrEnum):
    """When a property is looked at."""

    AT_END = "at end"  # of every execution: of its `End`
    ALWAYS = "always"  # at the start and after every step: of the shared state
    SOMETIMES = "sometimes"  # at the end of every execution; it must hold of one of them at least


@dataclass(frozen=True, slots=True)
class Property:
    """A named claim. Where `applies` is given, the claim is made only of what it is true of."""

    name: str
    check: Check
    when: When = When.AT_END
    applies: Callable[[Any], bool] | None = None


def at_end(name: str, check: Check, applies: Callable[[End], bool] | None = None) -> Property:
    """Return the claim that `check` holds of every `End` (of which `applies` is true)."""
    return Property(name, check, When.AT_END, applies)


def always(name: str, check: Check, applies: Callable[[Any], bool] | None = None) -> Property:
    """Return the claim that `check` holds of the shared state, whenever no step is under way.

    Strategies that leave out orders of commuting steps also leave out states in between, and refuse such a claim.
    """
    return Property(name, check, When.ALWAYS, applies)


def sometimes(name: str, check: Check) -> Property:
    """Return the claim that `check` holds of some `End`: what a search must see, or it looked in the wrong place."""
    return Property(name, check, When.SOMETIMES)


class Verdict(StrEnum):
    """What an exploration says about the program."""

    HOLDS = "holds"
    VIOLATED = "violated"
    VACUOUS = "vacuous"  # complete, and some claim never had anything to say
    INCOMPLETE = "incomplete"  # nothing violated in the part that was seen


@dataclass(frozen=True, slots=True)
class Violation:
    """A claim that is violated, what violates it, and a schedule that shows it (who took each step)."""

    name: str
    witness: str
    steps: tuple[int, ...]


Ending: TypeAlias = tuple[tuple[Any, ...], Any]  # what the processes returned, and the final shared state


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was seen. Where `complete` is False, only a part was, and `why` says what stopped it.

    `executions` counts complete executions of the program: for dpor, one for each Mazurkiewicz trace. `blocked`
    counts those that were begun in vain. `interleavings` is the number of schedules that they cover, None where that
    is not known. `endings` counts executions by what they returned and left behind. `fired` is on how many executions
    (`always`: states) each claim had something to say, and how many steps of each kind they have; `vacuous` names
    the claims that had nothing to say, `never` the kinds of steps that never had, or never lacked, an effect.
    `audited` executions were repeated in another order of commuting steps, with the same result; after dpor was
    complete, some random schedules among them, whose ends it had seen.
    """

    strategy: str
    executions: int
    complete: bool
    endings: Mapping[Ending, int]
    violations: tuple[Violation, ...] = ()
    interleavings: int | None = None
    blocked: int = 0
    deadlocks: int = 0
    fired: Mapping[str, int] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    vacuous: tuple[str, ...] = ()
    audited: int = 0
    why: str = ""
    interrupted: bool = False

    @property
    def vectors(self) -> frozenset[tuple[Any, ...]]:
        """Return the distinct tuples of what the processes returned."""
        return frozenset(returned for returned, _ in self.endings)

    @property
    def finals(self) -> frozenset[Any]:
        """Return the distinct final shared states."""
        return frozenset(final for _, final in self.endings)

    @property
    def verdict(self) -> Verdict:
        """Return what may be said."""
        if self.violations:
            return Verdict.VIOLATED
        if not self.complete:
            return Verdict.INCOMPLETE
        return Verdict.VACUOUS if self.vacuous else Verdict.HOLDS
