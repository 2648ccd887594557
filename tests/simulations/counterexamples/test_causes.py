"""Every violation of every flaw has a cause: one sentence that names the right step.

The smallest counterexample of each flaw, and its sentence, are pinned.
"""

import json
import shlex
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.common.widths import columns
from lastseat.simulations.counterexamples.causes import TEMPLATES
from lastseat.simulations.counterexamples.explain import (
    WIDTH,
    Explanation,
    explain,
    explanation_data,
    explanation_lines,
)
from lastseat.simulations.counterexamples.smallest import as_toml, named, smallest
from lastseat.simulations.counterexamples.story import options_of
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.verification.claims import CLAUSES
from lastseat.simulations.verification.mutants import FLAWED, scenario_of

# For each flaw the smallest schedule that breaks its clause, and why that is so.
CAUSES = {
    "ignores-version": "0.1.1.0 a persisted in step 4 on version 0, stale since step 3, and the store accepted it",
    "forgets-identity": (
        "0.0.1.1 ann#2's persist in step 4 recorded booking id ann once more, though it is recorded since step 2"
    ),
    "rejects-early": "0 a ended REJECTED in step 1 on what it observed in step 1, before any persist",
    "writes-in-two-steps": (
        "0.0 after ann's persist in step 2, flight-7 counts 0 confirmed, and its reservations add up to 1"
    ),
    "locks-on-observe": (
        "0 after step 1, bob cannot take its observe until ann goes on, who may be suspended for ever"
    ),
    "rejects-conflicts": (
        "0.1.1.0 a was REJECTED in step 4, though its persist in step 4 found 1 of 2 units free and it asked for 1"
    ),
    "never-bumps-version": "0.0 ann's persist in step 2 took effect on flight-7 and left its version at 0",
    "bumps-version-on-rejection": "0.0 a's persist in step 2 had no effect on seats and took its version from 0 to 1",
    "trusts-observation": (
        "0.1.1.0 ann's persist in step 4 took flight-7 to 2 confirmed, from 1, and its capacity is 1"
    ),
    "last-write-wins": (
        "0.1.1.0 after ann's persist in step 4, flight-7 counts 1 confirmed, and its reservations add up to 2"
    ),
    "checks-then-writes": "0.0 ann has taken 2 shared steps with step 2, and has not ended: its next is persist",
    "checks-id-on-observe": (
        "0.1.1.0 ann#1's persist in step 4 recorded booking id ann once more, though it is recorded since step 3"
    ),
    "scopes-id-to-resource": (
        "0.0.1.1 ann#2's persist in step 4 recorded booking id ann once more, though it is recorded since step 2"
    ),
    "accepts-any-payload": (
        "0.0.1.1 booking id ann is recorded for another request since step 2, and ann#2's persist in step 4 was "
        "answered accepted, not identifier reuse"
    ),
    "refuses-repeats": (
        "0.0.1.1 booking id a is recorded for this request since step 2, and a#2's persist in step 4 was answered"
        " identifier reuse, not accepted"
    ),
    "hidden-retry": "0.1.1.0 ann has taken 2 shared steps with step 4, and has not ended: its next is observe",
    "swallows-failures": (
        "0.1.1.0 ann ended its persist in step 4, answered version conflict, as BOOKED, and it is not recorded"
    ),
    "forgets-reason": "0.1.1.0 ann ended in step 4 FAILED without a reason",
    "fails-when-full": (
        "0.0 a ended FAILED (store unavailable) in step 2, and since its first step, 1, nobody interfered: the "
        "resource is known, the booking id unused"
    ),
    "guesses-version": "0.1.1 bob took a second persist in step 3, after its first in step 2",
    "compensates-overbooking": "0.0 a's persist in step 2 took seats to 1 confirmed, from 0, and its capacity is 0",
    "acknowledges-before-writing": (
        "0.0 ann ended its persist in step 2, answered accepted, as BOOKED, and it is not recorded"
    ),
    "counts-bookings": "0.0 a's persist in step 2 took seats to 2 confirmed, from 0, and its capacity is 1",
    "counts-remaining": "0.0 ann's persist in step 2 took flight-7 to 1 confirmed, from 0, and its capacity is 0",
    "starts-at-version-one": "0 the store starts seats at version 1, as step 1 shows",
    "expires-on-observe": (
        "0.0.1.2 bob's observe in step 4 changed the store: flight-7 goes to 0 of 1, version 2, -1 reservation"
    ),
    "holds-first": (
        "0 ann's hold in step 1 is no persist and changed the store: flight-7 goes to 1 of 1, version 1, +1 "
        "reservation"
    ),
    "creates-unknown-resource": (
        "0.0 ann's persist in step 2 was answered unknown resource and changed the store all the same: flight-9 "
        "goes to 0 of 0, version 0"
    ),
    "accepts-unknown-resource": (
        "0.0 ann ended FAILED (unknown resource) in step 2, and what it did there took effect"
    ),
    "mistakes-absence-for-conflict": (
        "0.0 ann FAILED by version conflict in step 2, and no persist of another attempt took effect on flight-9 "
        "since its observe in step 1"
    ),
    "one-row-per-resource": "0.0.1.1 a was BOOKED in step 2, and its reservation is gone since b's persist in step 4",
    "queues-conflicts": (
        "0.1.2.2.0.1 booking id ann is recorded since step 6, and nobody was BOOKED for it (ann FAILED (version "
        "conflict))"
    ),
    "discards-oldest": (
        "0.0.1.1 since step 4, no order of the bookings, one at a time, explains bob BOOKED beside ann BOOKED: 2 "
        "units of flight-7 were BOOKED, and its capacity is 1"
    ),
    "counts-observers": (
        "0.1.1 bob was REJECTED in step 3, though its persist in step 3 found 1 of 1 unit free and it asked for 1"
    ),
    "replays-first-answer": (
        "0.2.2.0.1.1 ann#2 ended FAILED (version conflict) in step 6, and since its first step, 5, nobody "
        "interfered: the resource is known, the booking id unused"
    ),
    "version-wraps-around": (
        "0.1.1.2.2.3.3.0 a persisted in step 8 on version 0, stale since step 3, and the store accepted it"
    ),
    "looks-at-first-page": (
        "0.0.1.1.2.2.3.3 c#2's persist in step 8 recorded booking id c once more, though it is recorded since step 6"
    ),
    "searches-unsorted-ledger": (
        "2.2.0.0.1.1 a#2's persist in step 6 recorded booking id a once more, though it is recorded since step 4"
    ),
    "takes-silence-for-success": (
        "0.0u ann ended its persist in step 2, answered store unavailable, as BOOKED, and it is not recorded"
    ),
    "rejects-when-unavailable": (
        "0.0u ann was REJECTED in step 2, though its persist in step 2 found 1 of 1 unit free and it asked for 1"
    ),
    "retries-under-new-id": "0.0a ann has taken 2 shared steps with step 2, and has not ended: its next is observe",
    "assumes-empty-resource": (
        "0.0.1u.1 bob FAILED by version conflict in step 4, and no persist of another attempt took effect on "
        "flight-7 since its observe in step 3"
    ),
    "cancels-when-unsure": "0.0a ann has taken 2 shared steps with step 2, and has not ended: its next is cancel",
}


def shown(name: str) -> Generator[tuple[Violation, Explanation]]:
    """Explain every violation of a flaw on its scenario."""
    scenario, _ = scenario_of(FLAWED[name])
    for one in explore_merged(scenario, FLAWED[name]).violations:
        yield one, explain(one, scenario, FLAWED[name], options_of(scenario))


def test_every_flaw_is_explained() -> None:
    assert set(CAUSES) == set(FLAWED)


def test_every_clause_that_can_be_checked_has_a_template() -> None:
    assert set(TEMPLATES) == set(CLAUSES)


@pytest.mark.parametrize("name", CAUSES)
def test_the_smallest_counterexample_of_a_flaw_has_its_cause_and_a_line_that_replays_it(
    name: str, lastseat: Callable[..., Any], tmp_path: Path
) -> None:
    found = smallest(scenario_of(FLAWED[name])[0], FLAWED[name], FLAWED[name].breaks)
    assert found is not None
    found, options = named(found, FLAWED[name])
    if options is None:
        path = tmp_path / "part.toml"
        path.write_text(as_toml(found.scenario), encoding="utf-8")
        options = f"--scenario {shlex.quote(str(path))}"

    one = explain(found.violation, found.scenario, FLAWED[name], options)
    pasted = "\n".join(explanation_lines(one)).partition("replay it:")[2]
    command, *arguments = shlex.split(pasted.replace("\\\n", ""))
    said = lastseat(*arguments, "--json")

    assert f"{Schedule.of(found.violation.steps)} {one.cause}" == CAUSES[name]
    assert one.reproduced
    assert (command, said.status, said.data["stale"]) == ("lastseat", 1, False)
    assert {"step": one.step, "clause": one.clause} in [
        {"step": each["step"], "clause": each["clause"]} for each in said.data["violations"]
    ]


@pytest.mark.parametrize("name", CAUSES)
def test_every_violation_of_a_flaw_has_a_sentence_of_its_clause_that_names_a_step(name: str) -> None:
    for violation, one in shown(name):
        assert one.reproduced
        assert violation.witness not in one.cause
        assert one.step == len(violation.steps) == len(one.steps)
        # What was BOOKED and is gone was lost at an earlier step than the last one, where that shows.
        due = {one.step} if one.clause not in ("emit.kept", "emit.recorded") else range(1, one.step + 1)
        assert any(f"step {number}" in one.cause for number in due)


@pytest.mark.parametrize("name", CAUSES)
def test_an_explanation_fits_a_terminal_and_is_data(name: str) -> None:
    for _, one in shown(name):
        assert [line for line in explanation_lines(one)[:-1] if columns(line) > WIDTH] == []
        assert json.loads(json.dumps(explanation_data(one)))["steps"][0]["number"] == 1
