"""Flaws that are correct until a fault strikes, here by stores that answer as a faulty one would.

Clauses: fault.acknowledgement_lost, fault.unavailable, observe.unavailable
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lastseat.reference.flawed import UNDER_FAULTS
from lastseat.reference.flawed.base import SnapshotStore
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.values import NotObserved, Observation, Proposal, Verdict
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.bookings.scheduler import recorder

CALM = (
    "three-attempts-two-seats",
    "redelivery-against-a-rival",
    "one-id-two-payloads",
    "two-resources-one-id",
    "unequal-parties",
    "unknown-resource",
    "capacity-zero",
)


class LosesAcknowledgements(SnapshotStore):
    """Applies what it accepts, and never gets to say so."""

    def persist(self, proposal: Proposal) -> Verdict:
        verdict = super().persist(proposal)
        return Verdict.ACKNOWLEDGEMENT_LOST if verdict is Verdict.ACCEPTED else verdict


class IsUnavailable(SnapshotStore):
    """Can be observed, and takes no persist."""

    def persist(self, _proposal: Proposal) -> Verdict:
        return Verdict.STORE_UNAVAILABLE


class CannotBeObservedTwice(SnapshotStore):
    """Cannot be observed once there is a booking."""

    def observe(self, resource_id: str) -> Observation:
        return NotObserved.UNAVAILABLE if self._held.reservations else super().observe(resource_id)


# For each flaw: the faulty store, a scenario and the shortest schedule that breaks its clause.
SHOWN: dict[str, tuple[type[SnapshotStore], Scenario, Sequence[int]]] = {
    "takes-silence-for-success": (IsUnavailable, contention(2, 1), [0, 0]),
    "rejects-when-unavailable": (IsUnavailable, contention(2, 1), [0, 0]),
    "retries-under-new-id": (LosesAcknowledgements, contention(2, 1), [0, 0]),
    "assumes-empty-resource": (CannotBeObservedTwice, contention(2, 2), [0, 0, 1, 1]),
    "cancels-when-unsure": (LosesAcknowledgements, contention(2, 1), [0, 0]),
}


def broken(use_case: Implementation, name: str, *, leaving_out: int = 0) -> set[str]:
    """Return the clauses that a use case breaks on the faulty store and the schedule of a flaw."""
    store, scenario, steps = SHOWN[name]
    faulty = replace(use_case, open_store=store.open)
    recorded = recorder(scenario, faulty)
    for who in steps[: len(steps) - leaving_out]:
        if who in recorded.run().unfinished:  # a correct use case may end earlier
            recorded.take(who)
    return {finding.clause for finding in findings(recorded.run(), scenario, faulty)}


def test_every_flaw_under_faults_is_shown() -> None:
    assert set(SHOWN) == set(UNDER_FAULTS)


@pytest.mark.parametrize("flaw", [*UNDER_FAULTS.values(), Implementation("as-it-stands", SnapshotStore.open)])
def test_without_a_fault_it_does_what_the_reference_does(flaw: Implementation) -> None:
    for scenario in map(find_scenario, CALM):
        seen, right = explore_merged(scenario, flaw), explore_merged(scenario, MEMORY)

        assert seen.complete
        assert (seen.violations, seen.nonconforming) == ((), None)
        assert (seen.outcomes, seen.vectors, seen.states) == (right.outcomes, right.vectors, right.states)


@pytest.mark.parametrize("name", UNDER_FAULTS)
def test_it_breaks_its_clause_where_the_correct_use_case_does_not(name: str) -> None:
    clause = UNDER_FAULTS[name].breaks

    assert clause in broken(UNDER_FAULTS[name], name)
    assert clause not in broken(UNDER_FAULTS[name], name, leaving_out=1)
    assert clause not in broken(MEMORY, name)


@pytest.mark.parametrize("name", UNDER_FAULTS)
def test_its_docstring_says_that_it_needs_a_fault(name: str) -> None:
    module = UNDER_FAULTS[name].attempt.__globals__

    assert "shows only under a fault" in " ".join(module["__doc__"].split())
