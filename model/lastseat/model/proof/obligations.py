"""The obligations of the proof as formulas: what z3 is asked, and which answer means proved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lastseat.model.proof.branches import BRANCHES
from lastseat.model.proof.claims import STEP_PROPERTIES
from lastseat.model.proof.invariant import INVARIANT, Conjunct
from lastseat.model.proof.small import small_system
from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.state import any_state, for_all, initial_state, valid_input, vocabulary
from lastseat.model.proof.steps import Encoding, Step, steps
from lastseat.model.proof.story import START, Broken


class Kind(StrEnum):
    """What an obligation is: the first three are to be valid, a possibility is to be satisfiable."""

    INITIATION = "initiation"  # the conjunct holds at the start
    CONSECUTION = "consecution"  # a step keeps the conjunct, when the invariant held before
    STEP = "step"  # a step from a state in which the invariant holds has a property
    POSSIBILITY = "possibility"  # a branch of a step can be taken where the invariant holds: nothing is vacuous


@dataclass(frozen=True, slots=True)
class Formula:
    """An obligation before it is discharged: it is proved when z3's answer to the assertions is the one `due`."""

    name: str
    kind: Kind
    clause: str
    says: str
    assertions: tuple[Term, ...]
    broken: Broken | None = None

    @property
    def due(self) -> str:
        """The answer that means proved. A claim is asked for by its negation, which must not be satisfiable."""
        return "sat" if self.kind is Kind.POSSIBILITY else "unsat"

    def script(self) -> str:
        """Return the formula as a script for any solver that reads SMT-LIB."""
        solver = z3.Solver()
        solver.add(*self.assertions)
        return (
            f"; {self.name} ({self.kind}, clause {self.clause}): {self.says}\n"
            f"(set-info :status {self.due})\n(set-logic ALL)\n{solver.sexpr()}(check-sat)\n"
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be proved: which encoding, with or without faults, by which invariant."""

    encoding: Encoding
    faults: bool = True
    invariant: tuple[Conjunct, ...] = INVARIANT

    def formulas(self) -> Iterator[Formula]:
        """Yield every obligation; the names differ and the order is always the same."""
        yield from self._initiation()
        before, stepping = any_state(), z3.Const("stepping_attempt", vocabulary().attempt)
        held = [
            for_all(conjunct.over, lambda *values, conjunct=conjunct: conjunct.holds(before, *values))
            for conjunct in self.invariant
        ]
        for step in steps(self.encoding, before, stepping, faults=self.faults):
            given = (valid_input(), *self.fault_free(), *held, step.guard)
            yield from self._consecution(step, given)
            yield from self._step_properties(step, given)
        yield from self._possibilities()

    def fault_free(self) -> tuple[Term, ...]:
        """Return that no fault may strike, where that is so."""
        words = vocabulary()
        return () if self.faults else (z3.Not(words.unavailable), z3.Not(words.lost))

    def _initiation(self) -> Iterator[Formula]:
        start = initial_state(self.encoding.starts_at_version)
        for conjunct in self.invariant:
            assertions = (valid_input(), z3.Not(conjunct.holds(start, *_some(conjunct.over))))
            broken = self._broken(START, conjunct.over, _afterwards(conjunct), conjunct.says)
            yield Formula(
                f"{conjunct.name}/initial", Kind.INITIATION, conjunct.clause, conjunct.says, assertions, broken
            )

    def _consecution(self, step: Step, given: tuple[Term, ...]) -> Iterator[Formula]:
        for conjunct in self.invariant:
            denied = z3.Not(conjunct.holds(step.after, *_some(conjunct.over)))
            broken = self._broken(step.action, conjunct.over, _afterwards(conjunct), conjunct.says)
            yield Formula(
                f"{conjunct.name}/{step.action}",
                Kind.CONSECUTION,
                conjunct.clause,
                conjunct.says,
                (*given, denied),
                broken,
            )

    def _step_properties(self, step: Step, given: tuple[Term, ...]) -> Iterator[Formula]:
        for claim in STEP_PROPERTIES:
            if step.action in claim.actions:
                denied = z3.Not(claim.holds(step, *_some(claim.over)))
                broken = self._broken(step.action, claim.over, claim.holds, claim.says)
                name = f"{claim.clause}/{step.action}"
                yield Formula(name, Kind.STEP, claim.clause, claim.says, (*given, denied), broken)

    def _broken(self, action: str, over: tuple[str, ...], claim: Callable[..., Term], says: str) -> Broken:
        return Broken(self.encoding, action, over, claim, says, self.invariant, self.fault_free())

    def _possibilities(self) -> Iterator[Formula]:
        before, small = any_state(), small_system(attempts=3)
        held = small.invariant(before, self.invariant)
        taken = {step.action: step for step in steps(self.encoding, before, small.attempts[0], faults=self.faults)}
        for branch in BRANCHES:
            step = taken.get(branch.action)
            if step is not None and (self.faults or not branch.after_a_fault):
                assertions = (small.closed(before), *self.fault_free(), *held, step.guard, branch.taken(step))
                name = f"possible/{branch.name}"
                yield Formula(name, Kind.POSSIBILITY, branch.clause, branch.says, assertions)


def _afterwards(conjunct: Conjunct) -> Callable[..., Term]:
    return lambda step, *values: conjunct.holds(step.after, *values)


def _some(names: tuple[str, ...]) -> tuple[Term, ...]:
    """Return constants that stand for any values of the variables: what holds of them holds of all."""
    return tuple(z3.Const(f"some_{name}", vocabulary().sort(name)) for name in names)
