"""Each step of the model is a step of the one-step specification, or none: checked on the fly by every search.

Clause: history.linearizable
"""

from dataclasses import replace

import pytest

from lastseat.model.properties import Step, reservation_of
from lastseat.model.refinement import REFINEMENT, departure
from lastseat.model.searches.readable import search
from lastseat.model.steps import CORRECT, Semantics
from lastseat.model.world import Done, Fault, Outcome, Policy, Request, Resource, Store, System, Verdict

ANN, BOB = Request("ann", "seats", 1), Request("bob", "seats", 1)
BOOKED, REJECTED = Done(Outcome.BOOKED), Done(Outcome.REJECTED)
FAILED = Done(Outcome.FAILED, Verdict.VERSION_CONFLICT)
LOST = Done(Outcome.FAILED, Verdict.ACKNOWLEDGEMENT_LOST)


def holding(*requests: Request, capacity: int = 1) -> Store:
    confirmed = sum(one.units for one in requests)
    recorded = tuple(sorted(map(reservation_of, requests)))
    return Store((("seats", Resource(capacity, confirmed, len(requests))),), recorded)


def persisting(request: Request, before: Store, after: Store, emitted: Done | None) -> Step:
    return Step(request, "persist", before, after, ended=emitted is not None, emitted=emitted)


@pytest.mark.parametrize(
    "step",
    [
        persisting(ANN, holding(), holding(ANN), BOOKED),
        persisting(ANN, holding(ANN), holding(ANN), BOOKED),
        persisting(BOB, holding(ANN), holding(ANN), REJECTED),
        persisting(BOB, holding(), holding(), FAILED),
        persisting(ANN, holding(), holding(ANN), LOST),
        persisting(ANN, holding(), holding(), LOST),
        persisting(ANN, holding(), holding(), None),
    ],
    ids=["a booking", "a repeat", "a rejection", "absent", "lost but booked", "lost and absent", "still under way"],
)
def test_a_step_of_the_one_step_specification_is_accepted(step: Step) -> None:
    assert departure(step) is None


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            persisting(BOB, holding(ANN), holding(ANN, BOB), BOOKED),
            "emitted BOOKED where one step would emit REJECTED",
        ),
        (persisting(BOB, holding(), holding(), REJECTED), "emitted REJECTED where one step would emit BOOKED"),
        (persisting(ANN, holding(), holding(), BOOKED), "BOOKED left other reservations than one step would"),
        (persisting(ANN, holding(ANN), holding(ANN, ANN), BOOKED), "BOOKED left other reservations"),
        (persisting(ANN, holding(), holding(ANN), FAILED), "an attempt FAILED and left reservations changed"),
        (persisting(ANN, holding(), holding(BOB), LOST), "an attempt FAILED and left reservations changed"),
        (persisting(ANN, holding(), holding(ANN), None), "reservations changed in a step that ends no attempt"),
    ],
)
def test_a_departure_from_the_one_step_specification_is_told(step: Step, told: str) -> None:
    assert (departure(step) or "").startswith(told)


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("faults", [frozenset(), frozenset(Fault)], ids=["no fault", "faults"])
@pytest.mark.parametrize(
    "requests", [(ANN, BOB), (ANN, ANN), (ANN, replace(ANN, units=2)), (ANN, replace(BOB, resource_id="elsewhere"))]
)
def test_the_flow_refines_the_one_step_specification(
    requests: tuple[Request, ...], faults: frozenset[Fault], policy: Policy
) -> None:
    searched = search(System((("seats", 1),), requests, policy, faults))

    assert searched.complete
    assert not searched.violations
    assert searched.fired[REFINEMENT.clause] > 0


def test_a_conflict_that_is_emitted_as_booked_is_no_refinement() -> None:
    flawed = Semantics(emit=lambda v: BOOKED if v is Verdict.VERSION_CONFLICT else CORRECT.emit(v))

    searched = search(System((("seats", 1),), (ANN, BOB)), flawed, stop_at_first=False)

    (broken,) = (one for one in searched.violations if one.clause == REFINEMENT.clause)
    assert [step.action for step in broken.path] == ["observe", "observe", "persist", "persist"]
