"""The main job: every engine on every scenario, engines held against each other, and the flawed gallery.

What comes out is a list of claims. A claim says which clause was checked by which engine, over what, and with what
verdict; a clause that never had anything to say is vacuous, and one whose search was cut short is incomplete.
Neither is a pass.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, STEP_CHECKS
from lastseat.model.search import Mix, Searched, search
from lastseat.model.search import Violation as ModelViolation
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.simulations.abstraction import system_of
from lastseat.simulations.exploration import Exploration, Progress, Violation
from lastseat.simulations.explore import explore_brute, explore_merged
from lastseat.simulations.linearizability import LINEARIZABLE
from lastseat.simulations.scenario import Scenario

# Schedules of one scenario that are executed one by one; beyond, the merged engine is alone with the model.
MOST_BRUTE = {"memory": 120_000, "sqlite": 90}
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
            if engine.name != CONFORMING and (clause, engine.name) != (LINEARIZABLE, MODEL)
        ]
        return [*checked, self._conformance(), self._agreement(), *self._flaws()]

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
CONFORMING = "merged and brute"
LEGEND = {
    MODEL: "every state of the formal model (breadth-first search)",
    MERGED: "the reference on the memory store, every schedule, equal futures merged",
    BRUTE: f"the same, each schedule executed from its start (up to {MOST_BRUTE['memory']:,} schedules)",
    SQLITE_BRUTE: f"the same on a SQLite file in WAL mode (up to {MOST_BRUTE['sqlite']} schedules)",
    FIRST: "the store that checks the capacity before the version, and its model",
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
    apart = [*_model_apart(model, merged)]
    engines = [MODEL, MERGED]
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
    engine = found.engine(name)
    if name == MODEL:  # beside another engine, the figures are that engine's
        engine.scenarios += 1
        engine.interleavings += sum(seen.interleavings.values())
        engine.states += seen.states
        engine.fired.update(seen.fired)
    engine.complete &= seen.complete
    engine.violated.update(one.clause for one in seen.violations)
    found.model_breaches.extend((scenario, one) for one in seen.violations)
    if not seen.complete:  # nothing but Ctrl-C ends this search early
        raise KeyboardInterrupt
    return seen


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
