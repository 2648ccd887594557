"""Brute force, merging and dpor see the same of programs that nobody wrote, whatever goes wrong in them."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from lastseat.testing import Exploration, Faults, explore
from lastseat.testing.notation import new_shared, processes_of
from lastseat.testing.strategies import Written, faults, programs

MOST = 5_000  # executions


def seen_by(strategy: str, drawn: Written, budget: Faults) -> Exploration:
    return explore(
        drawn.processes, shared=drawn.shared, strategy=strategy, deadlocks=True, faults=budget, executions=MOST
    )


def said(seen: Exploration) -> dict[str, Any]:
    """What brute force and merging must agree on."""
    return {
        "endings": seen.endings,
        "interleavings": seen.interleavings,
        "by faults": seen.by_faults,
        "fired": seen.fired,
        "deadlocks": seen.deadlocks,
        "violations": {(violation.name, len(violation.steps)) for violation in seen.violations},
    }


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(drawn=programs(), budget=faults(most=1))
def test_the_strategies_agree_on_drawn_programs_with_faults(drawn: Written, budget: Faults) -> None:
    brute = seen_by("brute", drawn, budget)
    assume(brute.complete)
    dpor, merged = seen_by("dpor", drawn, budget), seen_by("merged", drawn, budget)

    assert (dpor.complete, merged.complete) == (True, True)
    assert said(merged) == said(brute)
    assert dpor.endings.keys() == brute.endings.keys()
    assert dpor.violated == brute.violated
    assert dpor.executions <= brute.executions


def test_a_process_may_die_with_the_step_that_joins_another() -> None:
    seen = explore(processes_of("x+ | @0"), shared=new_shared, faults=Faults(1, crash=True), deadlocks=True)

    assert ((0,), ((0,),)) in seen.vectors
    assert ((0,), None) in seen.vectors
