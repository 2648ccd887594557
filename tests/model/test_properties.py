"""Every property bites: a record made by hand that breaks it, and one that it does not speak about.

A record is the plainest one that breaks its property and, but for one pair, no other. What is left out of a record
is what a sound booking would show.
"""

from dataclasses import replace
from typing import Any

import pytest

from lastseat.model.properties import (
    RUN_CHECKS,
    STATE_CHECKS,
    STEP_CHECKS,
    Run,
    State,
    Step,
    Window,
    assess,
    changed,
    fits,
    reservation_of,
)
from lastseat.model.world import Done, Outcome, Request, Reservation, Resource, Store, Verdict

ANN, BOB = Request("ann", "seat"), Request("bob", "seat")
BOOKED, REJECTED = Done(Outcome.BOOKED), Done(Outcome.REJECTED)
CALM = Window(fitted=True, raced=False, known=True, used=False)


def failed(reason: Verdict) -> Done:
    return Done(Outcome.FAILED, reason)


def store(capacity: int, *booked: Request, version: int | None = None, confirmed: int | None = None) -> Store:
    """Return a store with one resource, consistent unless its version or its confirmed units are given."""
    units = sum(one.units for one in booked) if confirmed is None else confirmed
    resource = Resource(capacity, units, len(booked) if version is None else version)
    return Store((("seat", resource),), tuple(sorted(reservation_of(one) for one in booked)))


def state(held: Store, **effects: int) -> State:
    """Return a state; the effects are the recorded reservations unless they are told."""
    return State(held, tuple(effects.items()) or (("seat", len(held.reservations)),))


def but(step: Step, **differences: Any) -> Step:
    """Return the step with these differences, and with the effect that its two stores then show."""
    different = replace(step, **differences)
    return replace(different, effective=changed(different.before, different.after))


def persisting(before: Store, verdict: Verdict, emitted: Done, window: Window = CALM) -> Step:
    """Return a persist of ann's that changed nothing, was answered with `verdict` and emitted that."""
    observed = Step(ANN, "persist", before, before, verdict=verdict, expected_version=0, observes=1, persists=1)
    return replace(observed, steps=2, window=window, ended=True, emitted=emitted)


SEATS = store(2)
OBSERVE = Step(ANN, "observe", SEATS, SEATS, observes=1, steps=1)
BOOKING = but(persisting(SEATS, Verdict.ACCEPTED, BOOKED), after=store(2, ANN), own_effects=1)
REJECTION = persisting(store(0), Verdict.OVER_CAPACITY, REJECTED, replace(CALM, fitted=False))
CONFLICT = persisting(
    store(2, BOB), Verdict.VERSION_CONFLICT, failed(Verdict.VERSION_CONFLICT), replace(CALM, raced=True)
)
AGAIN = persisting(store(2, ANN), Verdict.ACCEPTED, BOOKED, replace(CALM, raced=True, used=True))
REUSE = persisting(
    store(2, replace(ANN, units=2)),
    Verdict.IDENTIFIER_REUSE,
    failed(Verdict.IDENTIFIER_REUSE),
    Window(fitted=False, raced=True, known=True, used=True),
)
UNKNOWN = persisting(
    Store(()),
    Verdict.UNKNOWN_RESOURCE,
    failed(Verdict.UNKNOWN_RESOURCE),
    Window(fitted=False, raced=False, known=False, used=False),
)
LOST = but(BOOKING, fault=True, verdict=Verdict.ACKNOWLEDGEMENT_LOST, emitted=failed(Verdict.ACKNOWLEDGEMENT_LOST))
SOUND_STEPS = {
    "an observe": OBSERVE,
    "a booking": BOOKING,
    "a rejection": REJECTION,
    "a conflict": CONFLICT,
    "the same request again": AGAIN,
    "a reused id": REUSE,
    "an unknown resource": but(UNKNOWN, expected_version=None),
    "a lost acknowledgement": LOST,
    "a store that does not answer": but(
        persisting(SEATS, Verdict.STORE_UNAVAILABLE, failed(Verdict.STORE_UNAVAILABLE)), fault=True
    ),
    "a store that does not answer about a recorded id": but(
        persisting(store(2, ANN), Verdict.STORE_UNAVAILABLE, failed(Verdict.STORE_UNAVAILABLE)), fault=True
    ),
    "a store that cannot be observed": but(OBSERVE, ended=True, emitted=failed(Verdict.STORE_UNAVAILABLE)),
}

STATES_THAT_BREAK: dict[str, State] = {
    "state.capacity": state(store(1, ANN, BOB)),
    "state.sum": state(store(2, ANN, confirmed=2)),
    "state.unique": state(store(2, ANN, ANN)),
    "state.version": state(store(2, ANN, version=2)),
}
STEPS_THAT_BREAK: dict[str, Step] = {
    "observe.pure": but(OBSERVE, after=store(3)),
    "persist.only_writer": but(OBSERVE, action="tidy up", after=store(3)),
    "persist.refusal_pure": but(REJECTION, after=Store((*REJECTION.after.resources, ("sofa", Resource(1))))),
    "persist.version_step": but(BOOKING, after=store(2, ANN, version=2)),
    "persist.compare_and_swap": but(BOOKING, expected_version=7),
    "persist.identity": but(REUSE, before=AGAIN.before, after=AGAIN.after),
    "emit.one": but(BOOKING, emitted=None),
    "attempt.one_persist": but(BOOKING, observes=2, steps=3),
    "attempt.decides_at_persist": but(OBSERVE, ended=True, emitted=REJECTED),
    "emit.booked": but(BOOKING, after=SEATS, own_effects=0),
    "emit.rejected": but(REJECTION, window=CALM),
    "emit.conflict": but(UNKNOWN, emitted=CONFLICT.emitted),
    # The store opened the resource on demand, and the attempt still says that it is unknown.
    "emit.unbooked": but(
        UNKNOWN, verdict=Verdict.ACCEPTED, expected_version=None, after=store(2, ANN), own_effects=1
    ),
    "attempt.solo": persisting(SEATS, Verdict.STORE_UNAVAILABLE, failed(Verdict.STORE_UNAVAILABLE)),
    "progress.two_steps": but(BOOKING, ended=False, emitted=None),
    "progress.suspension": but(OBSERVE, blocked=True),
}
RUNS_THAT_BREAK: dict[str, Run] = {
    "emit.kept": Run((ANN, BOB), (BOOKED, BOOKED), store(2, BOB)),
    "emit.recorded": Run((ANN, BOB), (BOOKED, REJECTED), store(2, ANN, BOB)),
}

STEPS_OUT_OF_SCOPE: dict[str, Step] = {
    "observe.pure": BOOKING,
    "persist.only_writer": REJECTION,
    "persist.refusal_pure": BOOKING,
    "persist.version_step": OBSERVE,
    "persist.compare_and_swap": CONFLICT,
    "persist.identity": CONFLICT,
    "emit.one": OBSERVE,
    "attempt.decides_at_persist": OBSERVE,
    "emit.booked": LOST,
    "emit.rejected": CONFLICT,
    "emit.conflict": REUSE,
    "emit.unbooked": LOST,
    "attempt.solo": CONFLICT,
    "progress.two_steps": OBSERVE,
}
RUNS_OUT_OF_SCOPE: dict[str, Run] = {
    "emit.kept": Run((ANN,), (None,), store(2, ANN)),
    "emit.recorded": Run((ANN,), (BOOKED,), SEATS),
}
# These speak about every step, as all properties of states speak about every state.
SPEAK_ALWAYS = {"attempt.one_persist", "progress.suspension"}


def judged(record: State | Step | Run) -> tuple[set[str], dict[str, str]]:
    """Return the clauses that speak about a record, and the witness of each one that it breaks."""
    match record:
        case State():
            speaking, violated = assess(record, STATE_CHECKS)
        case Step():
            speaking, violated = assess(record, STEP_CHECKS)
        case Run():
            speaking, violated = assess(record, RUN_CHECKS)
    return set(speaking), dict(violated)


def fired(record: State | Step | Run) -> set[str]:
    return judged(record)[0]


def broken(record: State | Step | Run) -> dict[str, str]:
    return judged(record)[1]


EACH_BROKEN = STATES_THAT_BREAK | STEPS_THAT_BREAK | RUNS_THAT_BREAK
EACH_OUT_OF_SCOPE = STEPS_OUT_OF_SCOPE | RUNS_OUT_OF_SCOPE

# --- every property bites -------------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", EACH_BROKEN)
def test_a_record_that_breaks_a_property_breaks_exactly_that_one(clause: str) -> None:
    found = set(broken(EACH_BROKEN[clause]))

    assert found == {clause}


@pytest.mark.parametrize("clause", EACH_OUT_OF_SCOPE)
def test_a_property_is_silent_about_a_record_that_its_antecedent_does_not_fit(clause: str) -> None:
    assert clause not in fired(EACH_OUT_OF_SCOPE[clause])
    assert clause in fired(EACH_BROKEN[clause])


def test_no_property_is_without_a_record_that_breaks_it() -> None:
    assert set(STATES_THAT_BREAK) == {one.clause for one in STATE_CHECKS}
    assert set(STEPS_THAT_BREAK) == {one.clause for one in STEP_CHECKS}
    assert set(RUNS_THAT_BREAK) == {one.clause for one in RUN_CHECKS}


def test_a_property_has_a_record_that_it_is_silent_about_unless_it_always_speaks() -> None:
    assert set(STEPS_OUT_OF_SCOPE) == {one.clause for one in STEP_CHECKS} - SPEAK_ALWAYS
    assert set(RUNS_OUT_OF_SCOPE) == {one.clause for one in RUN_CHECKS}
    assert all(fired(step) >= SPEAK_ALWAYS for step in SOUND_STEPS.values())
    assert fired(state(Store(()))) == set(STATES_THAT_BREAK)


def test_every_clause_is_one_property() -> None:
    every = [one.clause for one in STATE_CHECKS] + [one.clause for one in STEP_CHECKS]

    assert len({*every, *RUNS_THAT_BREAK}) == len(every) + len(RUN_CHECKS)


@pytest.mark.parametrize("step", SOUND_STEPS.values(), ids=SOUND_STEPS)
def test_a_sound_step_breaks_nothing_and_leads_to_a_sound_state(step: Step) -> None:
    assert broken(step) == {}
    assert broken(state(step.after)) == {}


# --- finer cases ----------------------------------------------------------------------------------------------

BOTH = (("seat", Resource(1, 1, 1)), ("sofa", Resource(1, 1, 1)))
FINER_CASES: dict[str, tuple[State | Step, set[str]]] = {
    "confirmed units below zero": (state(store(2, confirmed=-1)), {"state.capacity", "state.sum"}),
    "an id recorded on two resources": (
        state(Store(BOTH, (Reservation("ann", "seat", 1), Reservation("ann", "sofa", 1))), seat=1, sofa=1),
        {"state.unique"},
    ),
    "an effect that no version counts": (state(store(2, ANN, version=0)), {"state.version"}),
    "a version that rose without an effect": (
        but(REJECTION, verdict=Verdict.ACCEPTED, after=store(0, version=1)),
        {"persist.version_step"},
    ),
    "an effect that left the version behind": (
        but(BOOKING, after=store(2, ANN, version=0)),
        {"persist.version_step"},
    ),
    "FAILED without a reason": (but(CONFLICT, emitted=Done(Outcome.FAILED)), {"emit.one"}),
    "BOOKED with a reason": (but(BOOKING, emitted=Done(Outcome.BOOKED, Verdict.VERSION_CONFLICT)), {"emit.one"}),
    "BOOKED with fewer units than requested": (but(BOOKING, request=replace(ANN, units=2)), {"emit.booked"}),
    "a second persist": (but(BOOKING, persists=2, steps=3), {"attempt.one_persist"}),
    "a failure of its own before any persist": (
        but(OBSERVE, ended=True, emitted=failed(Verdict.UNKNOWN_RESOURCE)),
        {"attempt.decides_at_persist"},
    ),
    "a recorded request that is refused as reused": (
        but(AGAIN, verdict=Verdict.IDENTIFIER_REUSE, emitted=REUSE.emitted),
        {"persist.identity"},
    ),
    "another request that is accepted under a recorded id": (
        but(REUSE, verdict=Verdict.ACCEPTED, emitted=BOOKED),
        {"persist.identity", "emit.booked"},
    ),
}


@pytest.mark.parametrize(("record", "expected"), FINER_CASES.values(), ids=FINER_CASES)
def test_a_finer_case_is_seen(record: State | Step, expected: set[str]) -> None:
    assert set(broken(record)) == expected


@pytest.mark.parametrize("emitted", [None, REJECTED, failed(Verdict.VERSION_CONFLICT)])
def test_what_is_recorded_needs_an_attempt_that_answers_for_it(emitted: Done | None) -> None:
    """Clause: emit.recorded"""
    assert set(broken(Run((ANN,), (emitted,), store(2, ANN)))) == {"emit.recorded"}


@pytest.mark.parametrize("emitted", [BOOKED, failed(Verdict.ACKNOWLEDGEMENT_LOST)])
def test_booked_or_a_lost_acknowledgement_answers_for_what_is_recorded(emitted: Done) -> None:
    """Clauses: emit.recorded, fault.acknowledgement_lost"""
    assert broken(Run((ANN,), (emitted,), store(2, ANN))) == {}


def test_an_attempt_that_stopped_for_ever_may_leave_nothing_behind() -> None:
    """Clause: fault.crash"""
    assert broken(Run((ANN, BOB), (None, BOOKED), store(2, BOB))) == {}


SENTENCES = {
    "state.capacity": "seat has 2 of 1 units confirmed",
    "state.sum": "seat has 2 units confirmed, but its reservations add up to 1",
    "state.unique": "booking id ann is recorded 2 times",
    "state.version": "seat is at version 2 after 1 effective persists",
    "observe.pure": "an observe changed the store",
    "persist.only_writer": "the step 'tidy up' changed the store",
    "persist.refusal_pure": "a persist answered over capacity and changed the store",
    "persist.version_step": "a step that took effect on seat raised its version by 2",
    "persist.compare_and_swap": "a proposal made from version 7 took effect at version 0",
    "persist.identity": "booking id ann is recorded; the verdict is identifier reuse, due is accepted",
    "emit.one": "an attempt ended without one of the three outcomes",
    "attempt.one_persist": "one attempt observed 2 times and persisted 1 times",
    "attempt.decides_at_persist": "REJECTED was decided without a persist",
    "emit.booked": "BOOKED, but booking id ann is not recorded as requested",
    "emit.rejected": "REJECTED, but 1 more units fitted at its persist",
    "emit.conflict": "FAILED by version conflict, "
    "but no other persist took effect between its observe and its persist",
    "emit.unbooked": "FAILED, but a persist of this attempt took effect",
    "attempt.solo": "FAILED (store unavailable) though nobody interfered, the resource is known and the id unused",
    "progress.two_steps": "an attempt has taken 2 shared steps and has not ended",
    "progress.suspension": "an attempt cannot take its step 'observe' until another one moves",
    "emit.kept": "booking id ann was BOOKED, and at the end it is not recorded",
    "emit.recorded": "booking id bob is recorded, and no attempt for it was BOOKED",
}


@pytest.mark.parametrize("clause", EACH_BROKEN)
def test_a_witness_is_a_sentence_with_the_figures(clause: str) -> None:
    assert broken(EACH_BROKEN[clause])[clause] == SENTENCES[clause]


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (State(store(2, version=1)), "seat is at version 1 after 0 effective persists"),
        (FINER_CASES["FAILED without a reason"][0], "an attempt ended FAILED with reason None"),
        (
            FINER_CASES["a version that rose without an effect"][0],
            "a step without effect on seat raised its version by 1",
        ),
        (
            FINER_CASES["another request that is accepted under a recorded id"][0],
            "booking id ann is recorded; the verdict is accepted, due is identifier reuse",
        ),
    ],
)
def test_a_finer_case_has_its_own_sentence(record: State | Step, sentence: str) -> None:
    assert sentence in broken(record).values()


@pytest.mark.parametrize("action", ["observe", "start", "tidy up"])
def test_only_a_persist_answers_for_a_recorded_id(action: str) -> None:
    """Clause: persist.identity"""
    assert "persist.identity" not in fired(but(AGAIN, action=action, verdict=None))


# --- what the properties are made of --------------------------------------------------------------------------


def test_only_a_change_of_units_or_reservations_is_an_effect() -> None:
    before = store(2, ANN)

    assert changed(before, before) == ()
    assert changed(before, store(2, ANN, version=9)) == ()
    assert changed(before, store(2, ANN, confirmed=2)) == ("seat",)
    assert changed(before, store(2, BOB)) == ("seat",)
    assert changed(Store(()), before) == ("seat",)
    assert changed(before, Store(())) == ("seat",)


@pytest.mark.parametrize(("units", "expected"), [(1, True), (2, True), (3, False)])
def test_units_fit_up_to_the_capacity(units: int, expected: bool) -> None:
    """Clause: persist.capacity"""
    assert fits(Resource(capacity=3, confirmed=1), units) is expected


def test_nothing_fits_a_resource_that_does_not_exist() -> None:
    assert fits(None, 1) is False
