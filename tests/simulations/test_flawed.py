"""The gallery: each wrong implementation breaks its clause, on a shortest schedule that is pinned here.

Clauses: persist.compare_and_swap, state.unique, attempt.decides_at_persist, state.sum, progress.suspension,
emit.rejected, persist.atomic, persist.identity
"""

import re
import sys

import pytest

from lastseat.reference.flawed import GALLERY
from lastseat.simulations.brute import explore_brute
from lastseat.simulations.judged import findings
from lastseat.simulations.scenario_file import find_scenario
from lastseat.simulations.scheduler import run
from lastseat.simulations.symmetry import explore_merged

# For each flaw: a scenario, the shortest schedule that breaks its clause, and all clauses that some schedule breaks.
PINNED: dict[str, tuple[str, tuple[int, ...], set[str]]] = {
    "ignores-version": ("three-attempts-two-seats", (0, 1, 0, 1), {"persist.compare_and_swap"}),
    "forgets-identity": ("one-id-delivered-twice", (0, 0, 1, 1), {"state.unique", "persist.identity"}),
    "rejects-early": ("two-attempts-one-seat", (0, 0, 1), {"attempt.decides_at_persist"}),
    "writes-in-two-steps": ("one-attempt", (0, 0), {"state.sum"}),
    "locks-on-observe": ("two-attempts-one-seat", (0,), {"progress.suspension"}),
    "rejects-conflicts": ("three-attempts-two-seats", (0, 1, 0, 1), {"emit.rejected", "history.linearizable"}),
}

# What must break with it: no order explains an attempt that was rejected while a seat was left and nobody else wrote.
ALSO = {"rejects-conflicts": {"history.linearizable"}}


def test_every_flaw_of_the_gallery_is_pinned() -> None:
    assert set(PINNED) == set(GALLERY)


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("explore", [explore_brute, explore_merged], ids=["brute", "merged"])
def test_a_flaw_breaks_its_clause_on_its_shortest_schedule(name: str, explore: type) -> None:
    scenario, steps, clauses = PINNED[name]

    seen = explore(find_scenario(scenario), GALLERY[name])

    assert seen.complete
    assert seen.clauses == clauses
    (broken,) = (one for one in seen.violations if one.clause == GALLERY[name].breaks)
    assert broken.steps == steps


@pytest.mark.parametrize("name", GALLERY)
def test_the_shortest_schedule_of_a_flaw_breaks_exactly_the_clause_that_it_is_there_for(name: str) -> None:
    scenario, steps, _ = PINNED[name]

    found = findings(run(find_scenario(scenario), GALLERY[name], steps), GALLERY[name])

    assert {one.clause for one in found} == {GALLERY[name].breaks} | ALSO.get(name, set())
    assert {one.step for one in found} == {len(steps)}


@pytest.mark.parametrize("name", GALLERY)
def test_a_shorter_schedule_shows_nothing(name: str) -> None:
    scenario, steps, _ = PINNED[name]

    assert not findings(run(find_scenario(scenario), GALLERY[name], steps[:-1]), GALLERY[name])


@pytest.mark.parametrize("name", GALLERY)
def test_a_flaw_says_in_its_docstring_which_clause_it_breaks_and_why_it_is_missed(name: str) -> None:
    flaw = GALLERY[name]
    told = sys.modules[f"lastseat.reference.flawed.{name.replace('-', '_')}"].__doc__ or ""

    assert re.search(r"Breaks ([a-z_.]+[a-z])", told).group(1) == flaw.breaks  # type: ignore[union-attr]
    assert "A review misses it because" in " ".join(told.split())


def test_an_attempt_that_holds_a_lock_leaves_schedules_that_cannot_go_on() -> None:
    seen = explore_brute(find_scenario("two-attempts-one-seat"), GALLERY["locks-on-observe"])

    assert seen.interleavings == 2  # one after the other, either first: the lock serialises them
    assert seen.blocked == 0
