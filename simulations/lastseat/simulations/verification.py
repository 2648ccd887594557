"""The main job: every engine on every scenario, engines held against each other, and the flawed gallery.

What comes out is a list of claims. A claim says which clause was checked by which engine, over what, and with what
verdict; a clause that never had anything to say is vacuous, and one whose search was cut short is incomplete.
Neither is a pass.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from lastseat.model.induction import Answer, Proof, prove
from lastseat.model.induction_solver import SolverMissingError
from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, STEP_CHECKS
from lastseat.model.search import Mix, Searched, search
from lastseat.model.search import Violation as ModelViolation
from lastseat.model.world import Fault
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.simulations.abstraction import system_of
from lastseat.simulations.engines import EngineMissingError
from lastseat.simulations.exploration import Exploration, Progress, Violation
from lastseat.simulations.explore import explore_brute, explore_merged
from lastseat.simulations.linearizability import LINEARIZABLE
from lastseat.simulations.model_engines import Checked, check
from lastseat.simulations.scenario import Scenario

# Schedules of one scenario that are executed one by one; beyond, the merged engine is alone with the model.
MOST_BRUTE = {"memory": 120_000, "sqlite": 90}
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
        for clause in dict.fromkeys(one.clause for one in self.proof.obligations):
            own = [one for one in self.proof.obligations if one.clause == clause]
            answers = {one.verdict for one in own}
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


MODEL, MERGED, BRUTE, SQLITE_BRUTE, FIRST = "model", "merged", "brute", "sqlite", "capacity-first"
FAULTS, PROOF = "model with faults", "proof"
FASTER = ("fast", "symmetric")  # engines that must find in the model what the readable search finds
CONFORMING = "merged and brute"
LEGEND = {
    MODEL: "every state of the formal model (breadth-first search)",
    FAULTS: f"the same, with faults at any step (up to {MOST_FAULTY_ATTEMPTS} attempts)",
    "fast": "the model again, all worlds at once with numpy; symmetric: up to exchange of alike attempts",
    MERGED: "the reference on the memory store, every schedule, equal futures merged",
    BRUTE: f"the same, each schedule executed from its start (up to {MOST_BRUTE['memory']:,} schedules)",
    SQLITE_BRUTE: f"the same on a SQLite file in WAL mode (up to {MOST_BRUTE['sqlite']} schedules)",
    FIRST: "the store that checks the capacity before the version, and its model",
    PROOF: "by induction with z3, for any number of attempts, with faults",
}
SAYS = {
    **{one.clause: one.says for one in STATE_CHECKS},
    **{one.clause: one.says for one in STEP_CHECKS},
    **{one.clause: one.says for one in RUN_CHECKS},
    LINEARIZABLE: "some order of the bookings, one at a time, explains all outcomes",
    "conformance": "every step of a run of the reference is a step of the model",
    "agreement": "the engines count the same states, schedules and outcomes",
}
CLAUSES = tuple(clause for clause in SAYS if "." in clause)


def verify(
    scenarios: Sequence[Scenario],
    flawed_on: Sequence[Scenario],
    stage: Callable[[str, int | None], Progress],
) -> Verification:
    """Run every engine on every scenario, and the gallery on `flawed_on`; Ctrl-C returns what is known.

    `stage` is called with what is done next and its size (None: unknown), and returns where progress goes.
    """
    found = Verification()
    try:
        for scenario in scenarios:
            _verify_one(scenario, found, stage)
        _prove(found, stage)
        for flaw in GALLERY.values():
            stage(f"flawed: {flaw.name}", None)
            found.gallery.append(_catch(flaw, flawed_on))
        found.finished = True
    except KeyboardInterrupt:
        found.interrupted = True
    return found


def _verify_one(scenario: Scenario, found: Verification, stage: Callable[[str, int | None], Progress]) -> None:
    total = scenario.interleavings_of_two_steps()
    model = _search(scenario, MEMORY, found, MODEL, stage)
    merged = explore_merged(scenario, MEMORY, progress=stage(f"{scenario.name}: {MERGED}", None))
    _note(found, MERGED, scenario, MEMORY, merged)
    apart = [*_model_apart(model, merged), *_faster_apart(scenario, model, found, stage)]
    engines = [MODEL, *(name for name in FASTER if name in found.engines), MERGED]
    for name, implementation in ((BRUTE, MEMORY), (SQLITE_BRUTE, SQLITE)):
        if total <= MOST_BRUTE[implementation.name]:
            brute = explore_brute(scenario, implementation, progress=stage(f"{scenario.name}: {name}", total))
            _note(found, name, scenario, implementation, brute)
            apart += _apart(name, brute, merged)
            engines.append(name)
    first = explore_merged(scenario, CAPACITY_FIRST, progress=stage(f"{scenario.name}: {FIRST}", None))
    _note(found, FIRST, scenario, CAPACITY_FIRST, first)
    apart += _model_apart(_search(scenario, CAPACITY_FIRST, found, FIRST, stage), first)
    found.rows.append(
        Row(scenario, merged.interleavings, merged.states, merged.outcomes, (*engines, FIRST), tuple(apart))
    )


def _search(
    scenario: Scenario,
    implementation: Implementation,
    found: Verification,
    name: str,
    stage: Callable[[str, int | None], Progress],
) -> Searched:
    """Search the model of an implementation, and note what was seen under the name of an engine."""
    progress = stage(f"{scenario.name}: {name}, {MODEL}" if name != MODEL else f"{scenario.name}: {MODEL}", None)
    seen = search(
        system_of(scenario, implementation), stop_at_first=False, tick=lambda states: progress(states, None)
    )
    if name == MODEL:
        _note_model(found, MODEL, scenario, seen)
    else:  # beside another engine, the figures are that engine's
        engine = found.engine(name)
        engine.complete &= seen.complete
        engine.violated.update(one.clause for one in seen.violations)
        found.model_breaches.extend((scenario, one) for one in seen.violations)
        if not seen.complete:  # nothing but Ctrl-C ends this search early
            raise KeyboardInterrupt
    return seen


def _note_model(found: Verification, name: str, scenario: Scenario, seen: Searched) -> None:
    engine = found.engine(name)
    engine.scenarios += 1
    engine.interleavings += sum(seen.interleavings.values())
    engine.states += seen.states
    engine.fired.update(seen.fired)
    engine.complete &= seen.complete
    engine.violated.update(one.clause for one in seen.violations)
    found.model_breaches.extend((scenario, one) for one in seen.violations)
    if not seen.complete:
        raise KeyboardInterrupt


def _faster_apart(
    scenario: Scenario, model: Searched, found: Verification, stage: Callable[[str, int | None], Progress]
) -> Iterable[str]:
    """Yield where a faster search of the model differs from the readable one, also with faults."""
    system = system_of(scenario, MEMORY)
    cases = [(system, model)]
    if len(scenario.requests) <= MOST_FAULTY_ATTEMPTS:
        faulty = replace(system, faults=frozenset(Fault))
        progress = stage(f"{scenario.name}: {FAULTS}", None)
        seen = search(faulty, stop_at_first=False, tick=lambda states: progress(states, None))
        _note_model(found, FAULTS, scenario, seen)
        cases.append((faulty, seen))
    for name in FASTER:
        for case, readable in cases:
            try:
                checked = check(name, case, stage(f"{scenario.name}: {name}", None), None)
            except EngineMissingError as error:
                if str(error) not in found.missing:
                    found.missing.append(str(error))
                break
            if checked.interrupted:
                raise KeyboardInterrupt
            _note_checked(found.engine(name), checked, first=case is system)
            due = (readable.states, readable.generated, {one.clause for one in readable.violations})
            if (checked.states, checked.generated, {one.clause for one in checked.violations}) != due:
                yield f"{name} {checked.states} and {checked.generated} transitions; model {due[0]} and {due[1]}"


def _note_checked(engine: Engine, seen: Checked, *, first: bool) -> None:
    engine.scenarios += first
    engine.states += seen.states
    engine.interleavings += sum(seen.interleavings.values())
    engine.complete &= seen.complete
    engine.fired.update(seen.fired)
    engine.violated.update(one.clause for one in seen.violations)


def _prove(found: Verification, stage: Callable[[str, int | None], Progress]) -> None:
    try:
        found.proof = prove(tick=stage("proof", None))
    except SolverMissingError as error:
        found.missing.append(str(error))
        return
    if not found.proof.complete:
        raise KeyboardInterrupt


def _note(
    found: Verification, name: str, scenario: Scenario, implementation: Implementation, seen: Exploration
) -> None:
    engine, conforming = found.engine(name), found.engine(CONFORMING)
    for one in (engine, conforming):
        one.scenarios += one is engine or name == MERGED
        one.interleavings += seen.interleavings if one is engine or name == MERGED else 0
        one.complete &= seen.complete
    engine.states += seen.states
    engine.fired.update(seen.fired)
    engine.violated.update(seen.clauses)
    conforming.fired["conformance"] += seen.conformed
    found.breaches.extend(Breach(scenario, implementation, one) for one in seen.violations)
    if seen.nonconforming:
        conforming.violated.add("conformance")
        found.breaches.append(Breach(scenario, implementation, seen.nonconforming))
    if seen.interrupted:
        raise KeyboardInterrupt


def _model_apart(model: Searched, merged: Exploration) -> Iterable[str]:
    if (model.states, model.generated) != (merged.states, merged.generated):
        yield f"model {model.states} and {model.generated} transitions; merged {merged.states} and {merged.generated}"
    if dict(model.interleavings) != dict(merged.outcomes):
        yield f"model {dict(model.interleavings)}; merged {dict(merged.outcomes)}"


def _apart(name: str, brute: Exploration, merged: Exploration) -> Iterable[str]:
    if dict(brute.outcomes) != dict(merged.outcomes):
        yield f"{name} {dict(brute.outcomes)}; merged {dict(merged.outcomes)}"
    if brute.vectors != merged.vectors:
        yield f"{name} {len(brute.vectors)} outcome vectors; merged {len(merged.vectors)}"
    shortest = [(one.clause, len(one.steps)) for one in brute.violations]
    if shortest != [(one.clause, len(one.steps)) for one in merged.violations]:
        yield f"{name} violations {shortest}; merged {[one.clause for one in merged.violations]}"


def _catch(flaw: Implementation, scenarios: Iterable[Scenario]) -> Caught:
    """Return the shortest schedule, over the small scenarios, on which `flaw` breaks the clause that it is for."""
    breaches: list[Breach] = []
    for scenario in scenarios:
        if len(scenario.requests) > MOST_FLAWED_ATTEMPTS:
            continue
        seen = explore_merged(scenario, flaw)
        if seen.interrupted:  # else a flaw might pass for missed
            raise KeyboardInterrupt
        breaches.extend(Breach(scenario, flaw, one) for one in seen.violations if one.clause == flaw.breaks)
    return Caught(flaw, min(breaches, key=lambda one: len(one.violation.steps), default=None))


def counted(number: int, noun: str) -> str:
    """Return "1 scenario", "15 scenarios"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
