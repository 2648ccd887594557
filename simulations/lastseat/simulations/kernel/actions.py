"""Actions: which process moves, and what happens in its step: nothing special, a fault, or one branch of a choice.

The ordinary action of a process is written as its number. Everything that may happen beside it is an `Action`. Which
actions are possible in a state is said once: the ordinary ones by `Execution.free` and `Execution.redeliveries`, and
what else could have happened in the place of an ordinary step by `others`, here.

The faults:

    crash before        the process dies instead of taking the step: to all others as if it were suspended for ever
    crash after         the step is performed, and the process dies with it, where it would have ended with it
    unavailable         nothing is done, and the process is told that the operation failed
    answer lost         the operation takes effect, and the process is told that nobody knows

A redelivery needs no action of its own: it is a further process, whose first step costs one fault (`Program`).
Why it is done like this: `specs/decisions/faults.md`.
Clauses: fault.crash, fault.unavailable, fault.acknowledgement_lost
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TypeAlias

MOST_FAULTS = 8  # in one run


class FaultKind(StrEnum):
    """What a fault budget may allow.

    >>> from lastseat.testing import FaultKind, Faults
    >>> print(Faults(2, {FaultKind.CRASH, FaultKind.REDELIVERY}))
    at most 2 faults (crash, redelivery)
    """

    CRASH = "crash"
    UNAVAILABLE = "unavailable"
    ACKNOWLEDGEMENT_LOST = "acknowledgement lost"
    REDELIVERY = "redelivery"  # a process that has begun is begun once more, as another one


class Fault(StrEnum):
    """What can go wrong in a step."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    UNAVAILABLE = "unavailable"
    ANSWER_LOST = "answer lost"

    @property
    def kind(self) -> FaultKind:
        """Return which kind of the budget it is."""
        return _KINDS[self]

    @property
    def is_crash(self) -> bool:
        """Return whether the process takes no further step."""
        return _KINDS[self] is FaultKind.CRASH


_KINDS = {
    Fault.CRASH_BEFORE: FaultKind.CRASH,
    Fault.CRASH_AFTER: FaultKind.CRASH,
    Fault.UNAVAILABLE: FaultKind.UNAVAILABLE,
    Fault.ANSWER_LOST: FaultKind.ACKNOWLEDGEMENT_LOST,
}
FAILING = frozenset({Fault.UNAVAILABLE, Fault.ANSWER_LOST})  # those that an operation may be spared


@dataclass(frozen=True, slots=True, init=False)
class Faults:
    """At most `most` faults in one run, each of one of `kinds`; all kinds where none is named.

    `Faults(1, crash=True)` is the same as `Faults(1, {FaultKind.CRASH})`. Raises ValueError, in one line.

    >>> from lastseat.testing import Faults, Register, Shared, explore
    >>> def pay(shared):
    ...     yield shared.paid.write(True)
    ...     yield shared.sent.write(True)
    >>> made = lambda: Shared(paid=Register(False), sent=Register(False))
    >>> found = explore([pay], shared=made, faults=Faults(1, crash=True))
    >>> sorted([tuple(value for _, value in final) for final in found.finals])
    [(False, False), (True, False), (True, True)]
    """

    most: int
    kinds: frozenset[FaultKind]
    in_a_step: tuple[Fault, ...] = field(init=False, compare=False, repr=False)  # those that may strike in a step

    def __init__(
        self,
        most: int = 0,
        kinds: Iterable[FaultKind] | None = None,
        *,
        crash: bool = False,
        unavailable: bool = False,
        acknowledgement_lost: bool = False,
        redelivery: bool = False,
    ) -> None:
        if type(most) is not int or not 0 <= most <= MOST_FAULTS:
            shown = most if type(most) is int and abs(most) < 10**9 else "what was given"
            raise ValueError(f"faults must be an integer from 0 to {MOST_FAULTS} in one run, not {shown}")
        wanted = zip(FaultKind, (crash, unavailable, acknowledgement_lost, redelivery), strict=True)
        named = frozenset(kind for kind, is_wanted in wanted if is_wanted)
        allowed = named | frozenset(kinds if kinds is not None else () if named else FaultKind)
        if not allowed:
            raise ValueError("kinds of faults must name at least one")
        object.__setattr__(self, "most", most)
        object.__setattr__(self, "kinds", allowed)
        object.__setattr__(self, "in_a_step", tuple(fault for fault in Fault if most and fault.kind in allowed))

    def __str__(self) -> str:
        if not self.most:
            return "no faults"
        kinds = ", ".join(kind for kind in FaultKind if kind in self.kinds)
        return f"at most {self.most} fault{'s' * (self.most != 1)} ({kinds})"

    @property
    def redeliveries(self) -> int:
        """Return how many times at most one process is begun again."""
        return self.most if FaultKind.REDELIVERY in self.kinds else 0


NO_FAULTS = Faults()


@dataclass(frozen=True, slots=True)
class Action:
    """The step of a process with a fault in it, or with another branch of a choice than the first."""

    process: int
    fault: Fault | None = None
    branch: int = 0


Step: TypeAlias = int | Action  # the number of a process is its ordinary action


def process_of(step: Step) -> int:
    """Return who takes the step."""
    return step.process if isinstance(step, Action) else step


def fault_of(step: Step) -> Fault | None:
    """Return the fault in the step, None where there is none."""
    return step.fault if isinstance(step, Action) else None


def branch_of(step: Step) -> int:
    """Return which branch of a choice the step takes; 0 is the first, and that of a step that is no choice."""
    return step.branch if isinstance(step, Action) else 0


def taken_by(step: Step, process: int) -> Step:
    """Return the same step, taken by another process."""
    return Action(process, step.fault, step.branch) if isinstance(step, Action) else process


def reached(steps: Iterable[Step]) -> list[tuple[int, int]]:
    """Return each step that was not replaced by a crash, as its number (from 1) and its process."""
    return [
        (number, process_of(step))
        for number, step in enumerate(steps, start=1)
        if fault_of(step) is not Fault.CRASH_BEFORE
    ]


def others(
    process: int,
    *,
    allowed: Iterable[Fault],
    failing: Collection[Fault],
    took_effect: bool,
    ended: bool,
    branches: int = 1,
) -> Iterator[Action]:
    """Yield the actions that were possible in the place of an ordinary step of `process`.

    `allowed` are the faults that are left in the budget, `failing` those that the operation can fail with,
    `took_effect` and `ended` say what the ordinary step did. An answer can only be lost of what took effect, and to
    die right after a step that does not end the process is to crash before the next one.
    """
    for fault in allowed:
        if fault is Fault.CRASH_AFTER and not ended:
            continue
        if fault in FAILING and fault not in failing:
            continue
        if fault is Fault.ANSWER_LOST and not took_effect:
            continue
        yield _action(process, fault)
    for branch in range(1, branches):
        yield _action(process, None, branch)


@cache
def _action(process: int, fault: Fault | None, branch: int = 0) -> Action:
    """Return one and the same action each time: what is the same object is compared at once."""
    return Action(process, fault, branch)
