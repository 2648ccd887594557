"""The unbounded proof: the invariant is inductive and every step property follows, for any number of attempts.

Any number of attempts, booking ids (shared or not) and resources, any capacity, any positive units, both store
policies, with and without faults. A crash needs no step of its own: it is an attempt that takes no further step, and
the invariant holds in every state. The argument by hand and its limits: `specs/decisions/induction.md`.

Clauses: state.capacity, state.sum, state.unique, state.version, persist.compare_and_swap, fault.crash
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import perf_counter_ns

from lastseat.model.proof.invariant import INVARIANT, Conjunct
from lastseat.model.proof.obligations import Formula, Kind, Question
from lastseat.model.proof.solver import checked, z3
from lastseat.model.proof.steps import CORRECT, Encoding
from lastseat.model.proof.story import tell


class Answer(StrEnum):
    """What came of an obligation. Unknown, a timeout included, is never proved."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Obligation:
    """One obligation and what came of it. `story` tells of a counterexample to induction, where there is one."""

    name: str
    kind: Kind
    clause: str
    says: str
    verdict: Answer
    milliseconds: float
    story: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved. Where `complete` is False it was interrupted, and there are only the first obligations."""

    encoding: str
    faults: bool
    obligations: tuple[Obligation, ...]
    complete: bool

    @property
    def holds(self) -> bool:
        """Whether there was something to prove, and all of it was proved."""
        proved = all(obligation.verdict is Answer.PROVED for obligation in self.obligations)
        return self.complete and bool(self.obligations) and proved

    @property
    def refuted(self) -> tuple[Obligation, ...]:
        """The obligations that z3 refuted."""
        return tuple(obligation for obligation in self.obligations if obligation.verdict is Answer.REFUTED)


def prove(
    encoding: Encoding = CORRECT,
    *,
    faults: bool = True,
    timeout_milliseconds: int = 10_000,
    invariant: tuple[Conjunct, ...] = INVARIANT,
    tick: Callable[[int, int], None] = lambda _done, _total: None,
) -> Proof:
    """Discharge every obligation of `encoding` in order, each within the timeout, and return what came of it.

    With `faults` each fault may strike or not, at any step; without, none does. `tick` is called after each
    obligation with how many are done and how many there are. Ctrl-C ends the proof with what is known.
    Raises SolverMissingError without z3, and ValueError for a timeout below one millisecond.
    """
    _check_timeout(timeout_milliseconds)
    obligations: list[Obligation] = []
    complete = True
    try:
        formulas = tuple(Question(encoding, faults, invariant).formulas())
        for formula in formulas:
            obligations.append(_discharge(formula, timeout_milliseconds))
            tick(len(obligations), len(formulas))
    except KeyboardInterrupt:
        complete = False
    return Proof(encoding.told, faults, tuple(obligations), complete)


def inductive(
    *names: str, encoding: Encoding = CORRECT, faults: bool = True, timeout_milliseconds: int = 10_000
) -> Proof:
    """Ask whether the named conjuncts of the invariant are inductive by themselves, and return what came of it.

    They are when the proof holds: each is true at the start, and a step from any state in which all of them are true
    leaves each of them true. Nothing else is assumed of that state, so it need not be reachable; a refuted obligation
    tells of one in its `story`. Nothing is asked of single steps: that is `prove`.
    Raises ValueError for a name that no conjunct has, and otherwise what `prove` raises.
    """
    known = {conjunct.name: conjunct for conjunct in INVARIANT}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"there is no conjunct {unknown[0]!r}, only {', '.join(known)}")
    _check_timeout(timeout_milliseconds)
    question = Question(encoding, faults, tuple(known[name] for name in names))
    kept = (formula for formula in question.formulas() if formula.kind in (Kind.INITIATION, Kind.CONSECUTION))
    obligations = tuple(_discharge(formula, timeout_milliseconds) for formula in kept)
    return Proof(encoding.told, faults, obligations, complete=True)


def smtlib(folder: Path, encoding: Encoding = CORRECT, *, faults: bool = True) -> tuple[Path, ...]:
    """Write each obligation into a file of its own in `folder`, for any SMT solver, and return the files.

    A file says which answer means proved (`:status`): `unsat` where the negation of a claim is asked for, `sat` for
    a possibility. Makes the folder. Raises OSError when it cannot be written, and SolverMissingError without z3.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for formula in Question(encoding, faults).formulas():
        file = folder / f"{formula.name.replace('/', '--')}.smt2"
        file.write_text(formula.script(), encoding="utf-8")
        files.append(file)
    return tuple(files)


def _check_timeout(timeout_milliseconds: int) -> None:
    if timeout_milliseconds < 1:
        raise ValueError(f"timeout_milliseconds is {timeout_milliseconds}, and must be at least 1")


def _discharge(formula: Formula, timeout_milliseconds: int) -> Obligation:
    solver = z3.Solver()
    solver.set("timeout", timeout_milliseconds)
    solver.add(*formula.assertions)
    started = perf_counter_ns()
    answer = checked(solver)
    milliseconds = round((perf_counter_ns() - started) / 1_000_000, 3)
    verdict = {"unknown": Answer.UNKNOWN, formula.due: Answer.PROVED}.get(answer, Answer.REFUTED)
    story = tell(formula.broken, timeout_milliseconds) if verdict is Answer.REFUTED and formula.broken else ""
    return Obligation(formula.name, formula.kind, formula.clause, formula.says, verdict, milliseconds, story)
