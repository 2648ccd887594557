"""What the commands say to other programs: plain data, as `--json` prints it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lastseat.model.searches.readable import Mix
from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.model.world import Done
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import Exploration, Vector, Violation
from lastseat.simulations.bookings.judged import Finding
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import Scheduler
from lastseat.simulations.counterexamples.explain import explain, explanation_data
from lastseat.simulations.counterexamples.story import (
    endings_told,
    fingerprint,
    options_of,
    path_told,
    step_told,
    store_told,
)
from lastseat.simulations.verification.claims import Row, Verification


def mix_key(mix: Mix) -> str:
    """Return a mix of outcomes as "B,R,F"."""
    return ",".join(map(str, mix))


def mixes_data(mixes: Mapping[Mix, int]) -> dict[str, int]:
    """Return interleavings by mix, as `--json` gives them."""
    return {mix_key(mix): ways for mix, ways in mixes.items()}


def vectors_data(vectors: frozenset[Vector]) -> list[list[str | None]]:
    """Return outcome vectors, sorted: for each attempt its outcome, null where it did not end."""
    named = {tuple(_outcome(one) for one in vector) for vector in vectors}
    return [list(one) for one in sorted(named, key=str)]


def _outcome(emitted: Done | None) -> str | None:
    return None if emitted is None else str(emitted.outcome)


def violation_data(
    one: Violation, scenario: Scenario, implementation: Implementation, options: str
) -> dict[str, Any]:
    """Return a violation with its cause, its schedule, the steps in words and the line that replays it.

    `explained` has each step with the store before and after it, and what a correct implementation does there.
    """
    told = explain(one, scenario, implementation, options)
    explained = explanation_data(told)
    return {
        "clause": one.clause,
        "witness": one.witness,
        "cause": told.cause,
        "implementation": implementation.name,
        "scenario": scenario.name,
        "token": told.token,
        "steps": [step.text for step in told.steps],
        "explained": explained["steps"],
        "correct": told.correct,
        "parts": told.parts,
        "reproduced": told.reproduced,
        "replay": told.replay,
    }


def exploration_data(
    seen: Exploration, scenario: Scenario, implementation: Implementation, options: str
) -> dict[str, Any]:
    """Return an exploration as `--json` gives it."""
    deviations = [seen.nonconforming] if seen.nonconforming else []
    return {
        "strategy": seen.strategy,
        "scenario": scenario.name,
        "implementation": implementation.name,
        "fingerprint": fingerprint(scenario, implementation),
        "executions": seen.executions,
        "blocked": seen.blocked,
        "deadlocks": seen.deadlocks,
        "interleavings": seen.interleavings,
        "states": seen.states,
        "outcomes": mixes_data(seen.outcomes),
        "vectors": vectors_data(seen.vectors),
        "fired": dict(sorted(seen.fired.items())),
        "conformed": seen.conformed,
        "audited": seen.audited,
        "nonconforming": [violation_data(one, scenario, implementation, options) for one in deviations],
        "complete": seen.complete,
        "stopped": seen.why,
        "violations": [violation_data(one, scenario, implementation, options) for one in seen.violations],
    }


def _model_violation_data(one: ModelViolation, scenario: Scenario) -> dict[str, Any]:
    return {
        "clause": one.clause,
        "witness": one.witness,
        "scenario": scenario.name,
        "steps": path_told(one, scenario),
    }


def verification_data(found: Verification, options: str | None = None) -> dict[str, Any]:
    """Return a verification as `--json` gives it; `options` name its scenario, None: each is a shipped one."""
    return {
        "claims": [
            {
                "clause": one.clause,
                "engine": one.engine,
                "verdict": str(one.verdict),
                "coverage": one.coverage,
            }
            for one in found.claims()
        ],
        "scenarios": [_row_data(row) for row in found.rows],
        "complete": found.complete,
        "violations": [
            *(_model_violation_data(one, scenario) for scenario, one in found.model_breaches),
            *(
                violation_data(one.violation, one.scenario, one.implementation, options or options_of(one.scenario))
                for one in found.breaches
            ),
        ],
    }


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "scenario": row.scenario.name,
        "attempts": len(row.scenario.requests),
        "interleavings": row.interleavings,
        "states": row.states,
        "outcomes": mixes_data(row.outcomes),
        "engines": list(row.engines),
        "disagreements": list(row.disagreements),
    }


def execution_data(execution: Scheduler, found: Sequence[Finding]) -> dict[str, Any]:
    """Return one execution as `--json` gives it: its steps, its outcomes and what it violates."""
    labels = execution.scenario.labels
    return {
        "steps": [
            {
                "step": one.number,
                "attempt": one.attempt,
                "label": labels[one.attempt],
                "action": one.operation.kind,
                "text": step_told(one, execution.scenario),
                "store": store_told(one.after),
            }
            for one in execution.taken
        ],
        "outcomes": endings_told(execution),
        "complete": not execution.unfinished(),
        "violations": [{"step": one.step, "clause": one.clause, "witness": one.witness} for one in found],
    }
