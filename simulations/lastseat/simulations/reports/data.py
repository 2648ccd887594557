"""What the commands say to other programs: plain data, as `--json` prints it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from lastseat.model.searches.readable import Mix
from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.model.world import Done
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.exploration import Vector
from lastseat.simulations.bookings.findings import Finding
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.counterexamples.explain import Explanation, explanation_data
from lastseat.simulations.counterexamples.story import (
    endings_told,
    fingerprint,
    is_complete,
    path_told,
    step_told,
    store_told,
)
from lastseat.simulations.kernel.budget import Estimate
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.reports.breaches import Explained, story_key
from lastseat.simulations.verification.claims import Row, Verification


def mix_key(mix: Mix) -> str:
    """Return a mix of outcomes as "B,R,F"."""
    return ",".join(map(str, mix))


def mixes_data(mixes: Mapping[Mix, int]) -> dict[str, int]:
    """Return interleavings by mix, as `--json` gives them."""
    return {mix_key(mix): ways for mix, ways in mixes.items()}


def vectors_data(vectors: frozenset[Vector]) -> list[list[str | None]]:
    """Return outcome vectors, sorted: for each attempt its outcome, null where it did not end."""
    named = {tuple(_outcome(emitted) for emitted in vector) for vector in vectors}
    return [list(vector) for vector in sorted(named, key=str)]


def _outcome(emitted: Done | None) -> str | None:
    return None if emitted is None else str(emitted.outcome)


def violation_data(told: Explanation) -> dict[str, object]:
    """Return a violation with its cause, its schedule, the steps in words and the line that replays it.

    `explained` has each step with the store before and after it, and what a correct implementation does there.
    """
    explained = explanation_data(told)
    return {
        "clause": told.clause,
        "witness": told.violation.witness,
        "cause": told.cause,
        "implementation": told.implementation,
        "scenario": told.scenario.name,
        "token": told.token,
        "steps": [step.text for step in told.steps],
        "explained": explained["steps"],
        "correct": told.correct,
        "parts": told.parts,
        "reproduced": told.reproduced,
        "replay": told.replay,
    }


def estimate_data(estimate: Estimate | None) -> dict[str, int] | None:
    """Return about how many traces there are, as `--json` gives it."""
    return None if estimate is None else asdict(estimate)


def exploration_data(
    seen: Exploration, scenario: Scenario, implementation: Implementation, told: Sequence[Explanation]
) -> dict[str, object]:
    """Return an exploration as `--json` gives it; `told` are the explanations of what it violates."""
    broken = len(seen.violations)
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
        "nonconforming": [violation_data(deviation) for deviation in told[broken:]],
        "complete": seen.complete,
        "stopped": seen.why,
        "estimate": estimate_data(seen.estimate),
        "violations": [violation_data(violation) for violation in told[:broken]],
    }


def _model_violation_data(violation: ModelViolation, scenario: Scenario) -> dict[str, object]:
    return {
        "clause": violation.clause,
        "witness": violation.witness,
        "scenario": scenario.name,
        "steps": path_told(violation, scenario),
    }


def verification_data(found: Verification, told: Explained) -> dict[str, object]:
    """Return a verification as `--json` gives it; `told` explains its violations."""
    return {
        "claims": [
            {
                "clause": claim.clause,
                "engine": claim.engine,
                "verdict": str(claim.verdict),
                "coverage": claim.coverage,
            }
            for claim in found.claims()
        ],
        "scenarios": [_row_data(row) for row in found.rows],
        "complete": found.complete,
        "violations": [
            *(_model_violation_data(violation, scenario) for scenario, violation in found.model_breaches),
            *(violation_data(told[story_key(breach)]) for breach in found.breaches),
        ],
    }


def _row_data(row: Row) -> dict[str, object]:
    return {
        "scenario": row.scenario.name,
        "attempts": len(row.scenario.requests),
        "interleavings": row.interleavings,
        "states": row.states,
        "outcomes": mixes_data(row.outcomes),
        "engines": list(row.engines),
        "disagreements": list(row.disagreements),
    }


def execution_data(run: Run, found: Sequence[Finding]) -> dict[str, object]:
    """Return one run as `--json` gives it: its steps, its outcomes and what it violates."""
    return {
        "steps": [
            {
                "step": taken.number,
                "attempt": taken.process,
                "label": run.labels[taken.process],
                "action": taken.operation.kind,
                "text": step_told(taken, run.labels[taken.process]),
                "store": store_told(taken.after),
            }
            for taken in run.taken
        ],
        "outcomes": endings_told(run),
        "complete": is_complete(run),
        "violations": [
            {"step": finding.step, "clause": finding.clause, "witness": finding.witness} for finding in found
        ],
    }
