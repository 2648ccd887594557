"""What a verification says: claims about clauses, each by an engine, with its verdict and what it covered.

A clause that never had anything to say is vacuous, and one whose search was cut short is incomplete. Neither is a
pass.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lastseat.model.proof.induction import Answer, Proof
from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, STEP_CHECKS
from lastseat.model.searches.readable import Mix
from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import counted
from lastseat.simulations.kernel.exploration import Violation

# Schedules of one scenario that are executed one by one; beyond, the merged engine is alone with the model.
MOST_BRUTE = {"memory": 120_000, "sqlite": 90}
MOST_DPOR = 120_000
MOST_FAULTY_ATTEMPTS = 4  # with faults a model has several times as many states
MOST_FLAWED_ATTEMPTS = 3  # every flaw of the gallery shows itself with that many


class Standing(StrEnum):
    """The verdict on a claim."""

    HOLDS = "holds"
    VIOLATED = "violated"
    VACUOUS = "vacuous"  # it never had anything to say, so nothing was checked
    INCOMPLETE = "incomplete"  # the search was cut short


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the result: a clause, the engine that checked it, its verdict, and over what (in words)."""

    clause: str
    engine: str
    verdict: Standing
    coverage: str
    cases: int = 0  # how many distinct states, steps or runs the clause spoke about


@dataclass(frozen=True, slots=True)
class Breach:
    """A violation, with the scenario and implementation that it was seen on."""

    scenario: Scenario
    implementation: Implementation
    violation: Violation


@dataclass(slots=True)
class Engine:
    """What one engine has seen so far, over all scenarios."""

    name: str
    scenarios: int = 0
    interleavings: int = 0
    states: int = 0
    complete: bool = True
    fired: Counter[str] = field(default_factory=Counter)
    violated: set[str] = field(default_factory=set)

    def claim(self, clause: str) -> Claim:
        """Return the claim that this engine can make about a clause."""
        if clause in self.violated:
            verdict = Standing.VIOLATED
        elif not self.complete:
            verdict = Standing.INCOMPLETE
        else:
            verdict = Standing.HOLDS if self.fired[clause] else Standing.VACUOUS
        scope = counted(self.interleavings, "schedule") + (
            f", {counted(self.states, 'state')}" if self.states else ""
        )
        cases = self.fired[clause]
        coverage = f"{counted(self.scenarios, 'scenario')}, {scope}, {counted(cases, 'case')}"
        return Claim(clause, self.name, verdict, coverage, cases)


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario's line: its sizes, and how many schedules end in each mix of outcomes."""

    scenario: Scenario
    interleavings: int
    states: int
    outcomes: Mapping[Mix, int]
    engines: tuple[str, ...]
    disagreements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Caught:
    """A flawed implementation, and the shortest schedule on which its clause was seen broken (None: missed)."""

    implementation: Implementation
    breach: Breach | None


@dataclass(slots=True)
class Verification:
    """All that a verification has found so far. `model_breaches` are what the model itself violates, and where."""

    rows: list[Row] = field(default_factory=list)
    engines: dict[str, Engine] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    model_breaches: list[tuple[Scenario, ModelViolation]] = field(default_factory=list)
    gallery: list[Caught] = field(default_factory=list)
    proof: Proof | None = None
    missing: list[str] = field(default_factory=list)  # engines that are not installed, and how to get them
    interrupted: bool = False
    finished: bool = False

    def engine(self, name: str) -> Engine:
        """Return the record of an engine, a new one at its first use."""
        return self.engines.setdefault(name, Engine(name))

    def claims(self) -> list[Claim]:
        """Return every claim that can be made of what was seen."""
        if not self.engines:
            return []
        checked = [
            engine.claim(clause)
            for clause in CLAUSES
            for engine in self.engines.values()
            if engine.name != CONFORMING
        ]
        return [*checked, *self._proved(), self._conformance(), self._agreement(), *self._flaws()]

    def _proved(self) -> Iterable[Claim]:
        """Yield what the proof says of each clause; it speaks about more clauses than a search can check."""
        if self.proof is None:
            return
        for clause in dict.fromkeys(obligation.clause for obligation in self.proof.obligations):
            own = [obligation for obligation in self.proof.obligations if obligation.clause == clause]
            answers = {obligation.verdict for obligation in own}
            verdict = Standing.HOLDS if self.proof.complete else Standing.INCOMPLETE
            if Answer.UNKNOWN in answers:
                verdict = Standing.INCOMPLETE
            if Answer.REFUTED in answers:
                verdict = Standing.VIOLATED
            coverage = f"{counted(len(own), 'obligation')}, any number of attempts"
            yield Claim(clause, PROOF, verdict, coverage, len(own))

    def _conformance(self) -> Claim:
        engine = self.engine(CONFORMING)
        return engine.claim("conformance")

    def _agreement(self) -> Claim:
        apart = sum(bool(row.disagreements) for row in self.rows)
        verdict = Standing.VIOLATED if apart else Standing.HOLDS if self.finished else Standing.INCOMPLETE
        what = "states, transitions, schedules of every outcome mix, outcome vectors"
        scenarios = len(self.rows)
        return Claim("agreement", "all engines", verdict, f"{counted(scenarios, 'scenario')}: {what}", scenarios)

    def _flaws(self) -> Iterable[Claim]:
        for caught in self.gallery:
            flaw, breach = caught.implementation, caught.breach
            verdict = Standing.HOLDS if breach else Standing.VIOLATED
            seen = f"caught on {breach.scenario.name}" if breach else "missed"
            yield Claim(flaw.breaks, f"flawed {flaw.name}", verdict, seen)

    @property
    def complete(self) -> bool:
        """Return whether the work was done to the end, by every engine."""
        return self.finished and all(engine.complete for engine in self.engines.values())

    def standing(self, *, needs_all: bool) -> Standing:
        """Return the verdict on the whole; with `needs_all`, a clause without any case counts against it."""
        verdicts = {claim.verdict for claim in self.claims()}
        if Standing.VIOLATED in verdicts:
            return Standing.VIOLATED
        if Standing.INCOMPLETE in verdicts or not self.finished:
            return Standing.INCOMPLETE
        return Standing.VACUOUS if needs_all and Standing.VACUOUS in verdicts else Standing.HOLDS


MODEL, MERGED, BRUTE, DPOR, SQLITE_BRUTE, FIRST = "model", "merged", "brute", "dpor", "sqlite", "capacity-first"
FAULTS, PROOF = "model with faults", "proof"
FASTER = ("fast", "symmetric")  # engines that must find in the model what the readable search finds
CONFORMING = "merged, brute and dpor"
LEGEND = {
    MODEL: "every state of the formal model (breadth-first search)",
    FAULTS: f"the same, with faults at any step (up to {MOST_FAULTY_ATTEMPTS} attempts)",
    "fast": "the model again, all worlds at once with numpy; symmetric: up to exchange of alike attempts",
    MERGED: "the reference on the memory store, every schedule, equal futures merged",
    BRUTE: f"the same, each schedule executed from its start (up to {MOST_BRUTE['memory']:,} schedules)",
    DPOR: f"the same, one schedule of each Mazurkiewicz trace (up to {MOST_DPOR:,} schedules)",
    SQLITE_BRUTE: f"the same on a SQLite file in WAL mode (up to {MOST_BRUTE['sqlite']} schedules)",
    FIRST: "the store that checks the capacity before the version, and its model",
    PROOF: "by induction with z3, for any number of attempts, with faults",
}
SAYS = {
    **{check.clause: check.says for check in STATE_CHECKS},
    **{check.clause: check.says for check in STEP_CHECKS},
    **{check.clause: check.says for check in RUN_CHECKS},
    LINEARIZABLE: "some order of the bookings, one at a time, explains all outcomes",
    "conformance": "every step of a run of the reference is a step of the model",
    "agreement": "the engines count the same states, schedules and outcomes",
}
CLAUSES = tuple(clause for clause in SAYS if "." in clause)
