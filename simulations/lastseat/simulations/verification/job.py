"""The main job: every engine on every scenario, engines held against each other, and the flawed gallery.

What comes out is a list of claims: see `claims`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from lastseat.model.proof.induction import prove
from lastseat.model.proof.solver import SolverMissingError
from lastseat.model.searches.readable import Searched, search
from lastseat.model.world import Fault
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.bookings.explore import explore_brute, explore_merged, explore_program
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.checkers.engines import Checked, check
from lastseat.simulations.checkers.running import EngineMissingError
from lastseat.simulations.common.progress import Progress
from lastseat.simulations.kernel.actions import NO_FAULTS
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.verification.claims import (
    BRUTE,
    CONFORMING,
    DPOR,
    FASTER,
    FAULTS,
    FIRST,
    MERGED,
    MODEL,
    MOST_BRUTE,
    MOST_DPOR,
    MOST_FAULTY_ATTEMPTS,
    MOST_FLAWED_ATTEMPTS,
    SQLITE_BRUTE,
    Breach,
    Caught,
    Engine,
    Row,
    Verification,
)


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
    model = _search(scenario, MEMORY, found, MODEL, stage)
    merged = explore_merged(scenario, MEMORY, progress=stage(f"{scenario.name}: {MERGED}", None))
    _note(found, MERGED, scenario, MEMORY, merged)
    total = merged.interleavings or 0
    # The model is without the scenario's faults: it is compared with the schedules that have none.
    bare = replace(scenario, faults=NO_FAULTS)
    plain = merged if bare == scenario else explore_merged(bare, MEMORY)
    apart = [*_model_apart(model, plain), *_faster_apart(scenario, model, found, stage)]
    engines = [MODEL, *(name for name in FASTER if name in found.engines), MERGED]
    for name, implementation in ((BRUTE, MEMORY), (SQLITE_BRUTE, SQLITE)):
        if total <= MOST_BRUTE[implementation.name]:
            brute = explore_brute(scenario, implementation, progress=stage(f"{scenario.name}: {name}", total))
            _note(found, name, scenario, implementation, brute)
            apart += _apart(name, brute, merged)
            engines.append(name)
    if total <= MOST_DPOR:
        reduced = explore_program(scenario, MEMORY, progress=stage(f"{scenario.name}: {DPOR}", None))
        _note(found, DPOR, scenario, MEMORY, reduced)
        apart += _reduced_apart(reduced, merged)
        engines.append(DPOR)
    first = explore_merged(scenario, CAPACITY_FIRST, progress=stage(f"{scenario.name}: {FIRST}", None))
    _note(found, FIRST, scenario, CAPACITY_FIRST, first)
    plain = first if bare == scenario else explore_merged(bare, CAPACITY_FIRST)
    apart += _model_apart(_search(scenario, CAPACITY_FIRST, found, FIRST, stage), plain)
    found.rows.append(
        Row(scenario, merged.interleavings or 0, merged.states, merged.outcomes, (*engines, FIRST), tuple(apart))
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
        engine.violated.update(violation.clause for violation in seen.violations)
        found.model_breaches.extend((scenario, violation) for violation in seen.violations)
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
    engine.violated.update(violation.clause for violation in seen.violations)
    found.model_breaches.extend((scenario, violation) for violation in seen.violations)
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
            due = (readable.states, readable.generated, {violation.clause for violation in readable.violations})
            if (checked.states, checked.generated, {violation.clause for violation in checked.violations}) != due:
                yield f"{name} {checked.states} and {checked.generated} transitions; model {due[0]} and {due[1]}"


def _note_checked(engine: Engine, seen: Checked, *, first: bool) -> None:
    engine.scenarios += first
    engine.states += seen.states
    engine.interleavings += sum(seen.interleavings.values())
    engine.complete &= seen.complete
    engine.fired.update(seen.fired)
    engine.violated.update(violation.clause for violation in seen.violations)


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
    for each in (engine, conforming):
        each.scenarios += each is engine or name == MERGED
        each.interleavings += (seen.interleavings or 0) if each is engine or name == MERGED else 0
        each.complete &= seen.complete
    engine.states += seen.states
    engine.fired.update(seen.fired)
    engine.violated.update(seen.violated)
    conforming.fired["conformance"] += seen.conformed
    found.breaches.extend(Breach(scenario, implementation, violation) for violation in seen.violations)
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
    shortest, merged_shortest = (
        [(violation.name, len(violation.steps)) for violation in seen.violations] for seen in (brute, merged)
    )
    if shortest != merged_shortest:
        yield f"{name} violations {shortest}; merged {merged_shortest}"


def _reduced_apart(reduced: Exploration, merged: Exploration) -> Iterable[str]:
    """Yield where one schedule of each trace shows something else than all schedules; their numbers must differ."""
    if reduced.interleavings not in (None, merged.interleavings):
        yield f"{DPOR} covers {reduced.interleavings} schedules; merged {merged.interleavings}"
    if reduced.vectors != merged.vectors or set(reduced.outcomes) != set(merged.outcomes):
        yield f"{DPOR} {len(reduced.vectors)} outcome vectors; merged {len(merged.vectors)}"
    if reduced.violated != merged.violated:
        yield f"{DPOR} violations {sorted(reduced.violated)}; merged {sorted(merged.violated)}"


def _catch(flaw: Implementation, scenarios: Iterable[Scenario]) -> Caught:
    """Return the shortest schedule, over the small scenarios, on which `flaw` breaks the clause that it is for."""
    breaches: list[Breach] = []
    for scenario in scenarios:
        if len(scenario.requests) > MOST_FLAWED_ATTEMPTS:
            continue
        seen = explore_merged(scenario, flaw)
        if seen.interrupted:  # else a flaw might pass for missed
            raise KeyboardInterrupt
        broken = (violation for violation in seen.violations if violation.name == flaw.breaks)
        breaches.extend(Breach(scenario, flaw, violation) for violation in broken)
    return Caught(flaw, min(breaches, key=lambda breach: len(breach.violation.steps), default=None))
