"""Faults in runs of real code: which there are, how many a scenario allows, and what each does to a step.

A fault is a part of the schedule. In `0.1.0a.1` the third step is one of attempt 0, and its acknowledgement is lost:

    c  the attempt crashes instead of taking the step: to all others the same as an attempt suspended for ever
    d  the step is performed, and the attempt dies before it can emit
    u  the store is unavailable: nothing is applied, and the attempt is told so
    a  the acknowledgement is lost: the persist is applied, and the attempt is told that nobody knows

The fourth kind, a redelivery, needs no letter: it is a further attempt, with a number of its own (`Scenario`).
Why it is done like this: `specs/decisions/faults.md`.
Clauses: fault.crash, fault.unavailable, fault.acknowledgement_lost
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lastseat.model.steps import Alone, strike, take
from lastseat.model.world import Fault, Local, Policy, Request, Store, System, World
from lastseat.reference.attempt_booking import Operation
from lastseat.reference.values import NotObserved, Verdict

MOST_FAULTS = 8  # in one run


class FaultKind(StrEnum):
    """What a fault budget may allow."""

    CRASH = "crash"
    UNAVAILABLE = "unavailable"
    ACKNOWLEDGEMENT_LOST = "acknowledgement lost"
    REDELIVERY = "redelivery"  # the request of an attempt that has begun is delivered once more


LETTERS = {
    "c": FaultKind.CRASH,
    "d": FaultKind.CRASH,
    "u": FaultKind.UNAVAILABLE,
    "a": FaultKind.ACKNOWLEDGEMENT_LOST,
}
# What an attempt is told by a store that does not answer, by the kind of its operation. Other operations are
# somebody's own: nobody can say how they would learn of it, so this fault does not strike them.
UNANSWERED: dict[str, Any] = {"observe": NotObserved.UNAVAILABLE, "persist": Verdict.STORE_UNAVAILABLE}
_FAULTS = {"u": Fault.UNAVAILABLE, "a": Fault.ACKNOWLEDGEMENT_LOST}


@dataclass(frozen=True, slots=True)
class FaultBudget:
    """At most `most` faults in one run, each of one of `kinds`. Raises ValueError, in one line."""

    most: int = 0
    kinds: frozenset[FaultKind] = frozenset(FaultKind)

    def __post_init__(self) -> None:
        if type(self.most) is not int or not 0 <= self.most <= MOST_FAULTS:
            shown = self.most if type(self.most) is int and abs(self.most) < 10**9 else "what was given"
            raise ValueError(f"faults must be an integer from 0 to {MOST_FAULTS} in one run, not {shown}")
        if not self.kinds:
            raise ValueError("kinds of faults must name at least one")

    def __str__(self) -> str:
        if not self.most:
            return "no faults"
        kinds = ", ".join(kind for kind in FaultKind if kind in self.kinds)
        return f"at most {self.most} fault{'s' * (self.most != 1)} ({kinds})"

    @property
    def letters(self) -> tuple[str, ...]:
        """Return the letters of the faults that may strike in a step."""
        return tuple(letter for letter, kind in LETTERS.items() if self.most and kind in self.kinds)

    @property
    def redeliveries(self) -> int:
        """Return how many times at most one request is delivered again."""
        return self.most if FaultKind.REDELIVERY in self.kinds else 0


NO_FAULTS = FaultBudget()


class Strike(int):
    """The step of an attempt with a fault in it: as a number, that attempt; as text, the number and the letter.

    Schedules are numbers of attempts. So whoever asks whose step it is need not know about faults; but no strike
    equals a plain step.
    """

    letter: str

    def __new__(cls, attempt: int, letter: str) -> "Strike":
        """Return the strike; ValueError where the letter is none."""
        if letter not in LETTERS:
            raise ValueError(f"a fault is one of {', '.join(LETTERS)}, not {letter[:9]!r}")
        made = super().__new__(cls, attempt)
        made.letter = letter
        return made

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # as pickle wants it
        return int(self), self.letter

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Strike) and int(self) == int(other) and self.letter == other.letter

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((int(self), self.letter))

    def __repr__(self) -> str:
        return f"{int(self)}{self.letter}"

    __str__ = __repr__

    @property
    def kind(self) -> FaultKind:
        """Return which kind of fault it is."""
        return LETTERS[self.letter]


def letter_of(step: int) -> str:
    """Return the letter of the fault in a step, "" where there is none."""
    return step.letter if isinstance(step, Strike) else ""


def like(step: int, attempt: int) -> int:
    """Return the same step, taken by `attempt`."""
    return Strike(attempt, step.letter) if isinstance(step, Strike) else attempt


def performed(steps: Iterable[int]) -> list[tuple[int, int]]:
    """Return each step that reached the store or its answer, as its number (from 1) and its attempt: all but `c`."""
    return [(number, int(step)) for number, step in enumerate(steps, start=1) if letter_of(step) != "c"]


def may_strike(letter: str, kind: str) -> bool:
    """Return whether a fault can strike in an operation of that kind, as far as the kind tells."""
    return {"u": kind in UNANSWERED, "a": kind == "persist"}.get(letter, True)


def perform(operation: Operation, store: Any, letter: str) -> Any:
    """Take a step under a fault ("" for none) and return what the attempt is told."""
    if letter == "c":
        return None
    if letter == "u":
        return UNANSWERED[operation.kind]
    result = operation.perform(store)
    return Verdict.ACKNOWLEDGEMENT_LOST if letter == "a" else result


def strike_alone(store: Store, request: Request, local: Local, policy: Policy, letter: str) -> Alone | None:
    """Return what the model makes of a step that a fault strikes; None where it cannot strike there."""
    capacities = tuple((name, one.capacity) for name, one in store.resources)
    system = System(capacities, (request,), policy, frozenset({_FAULTS[letter]}))
    step = take(system, World(store, (local,)), 0)
    struck = next(strike(system, step), None) if step else None
    if struck is None:
        return None
    return Alone(struck.action.partition("_")[0], struck.after.store, struck.after.attempts[0], struck.verdict)
