"""What an explorer reports, the same for every strategy."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lastseat.model.searches.readable import Mix, mix_of
from lastseat.model.world import Done

Vector: TypeAlias = tuple[Done | None, ...]  # what each attempt emitted, in order; None: it did not end

# Not a clause: the name under which a step that the model does not have is kept.
CONFORMANCE = "conformance"


@dataclass(frozen=True, slots=True)
class Violation:
    """A clause, what broke it, and the steps of a shortest schedule that shows it (its last step is the one).

    A step in which a fault strikes is a `lastseat.simulations.kernel.faults.Strike`.
    """

    clause: str
    witness: str
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was seen. Where `complete` is False, only a part was, and no absence in it is a proof.

    `interleavings` is the exact number of complete schedules covered and `outcomes` splits it by how many
    attempts ended BOOKED, REJECTED and FAILED. `executions` counts how often real code was run from its start
    (brute: whole schedules; merged: single steps, each from a restored state). `states` is the number of
    distinct states (0 where none are kept) and `generated` that of the steps between them, plus one.
    `blocked` counts executions that were begun in vain, and `deadlocks` those of `outcomes` that end with an attempt
    waiting for ever. `fired` is, for each clause, on how many distinct states, steps or ends of those that were met
    it had something to say; `conformed` is how many distinct steps were compared with the model, and `nonconforming`
    the first that is no step of it.

    `audited` executions were taken again from the start, and each step gave the same: by dpor, bounds and samplers
    some of their own, as they were and with commuting steps exchanged; by merged, random ones.

    Where the scenario has a fault budget, schedules with faults count as schedules, and `by_faults` splits
    `interleavings` by the number of faults in them. An attempt that crashed, or a redelivery that was not made, has
    None in its vector. `fired` says under `fault.crash`, `fault.unavailable`, `fault.acknowledgement_lost` and
    `redelivery` on how many distinct steps each fault struck.
    """

    strategy: str
    executions: int
    interleavings: int | None
    outcomes: Mapping[Mix, int]
    vectors: frozenset[Vector]
    complete: bool
    violations: tuple[Violation, ...] = ()
    fired: Mapping[str, int] = field(default_factory=dict)
    states: int = 0
    generated: int = 0
    blocked: int = 0
    conformed: int = 0
    nonconforming: Violation | None = None
    interrupted: bool = False
    by_faults: Mapping[int, int] = field(default_factory=dict)
    why: str = ""
    deadlocks: int = 0
    audited: int = 0

    @property
    def clauses(self) -> frozenset[str]:
        """Return the clauses that some schedule violates."""
        return frozenset(one.clause for one in self.violations)


class Shortest:
    """Keeps for each clause the first of its shortest violations."""

    def __init__(self) -> None:
        self._found: dict[str, Violation] = {}

    def offer(self, clause: str, witness: str, steps: Iterable[int]) -> None:
        """Take this violation if it is the first of its clause, or shorter than the one known."""
        one = Violation(clause, witness, tuple(steps))
        known = self._found.get(clause)
        if known is None or len(one.steps) < len(known.steps):
            self._found[clause] = one

    def all(self) -> tuple[Violation, ...]:
        """Return the violations, the shortest first."""
        return tuple(sorted(self._found.values(), key=lambda one: (len(one.steps), one.clause)))


def tally(vectors: Mapping[Vector, int]) -> dict[Mix, int]:
    """Return the interleavings by mix of outcomes, given those by vector; most BOOKED first."""
    mixes: Counter[Mix] = Counter()
    for vector, ways in vectors.items():
        mixes[mix_of(vector)] += ways
    return dict(sorted(mixes.items(), reverse=True))
