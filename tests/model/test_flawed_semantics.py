"""The search finds each flaw by a shortest path, and breaks the clauses that the flaw is about and no others."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from lastseat.model.searches.readable import search
from lastseat.model.steps import Semantics, emit, persist, record
from lastseat.model.world import Done, Outcome, Policy, Proposal, Request, Resource, Store, System, Verdict

Contention = Callable[..., System]


def ignores_the_version(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Take every proposal as if it were fresh, and check the capacity again."""
    return persist(store, replace(proposal, expected_version=_current(store, proposal).version), policy)


def trusts_the_observation(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Leave the capacity to the version: whoever saw the current version must have seen room."""
    after, verdict = persist(store, proposal, policy)
    if verdict is not Verdict.OVER_CAPACITY:
        return after, verdict
    return record(store, proposal.request, _current(store, proposal)), Verdict.ACCEPTED


def forgets_the_id(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Never look an id up."""
    after, verdict = persist(replace(store, reservations=()), proposal, policy)
    return replace(after, reservations=tuple(sorted((*store.reservations, *after.reservations)))), verdict


def keeps_the_version(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Record and confirm, and leave the version as it was."""
    after, verdict = persist(store, proposal, policy)
    return _at_version(after, proposal, _current(store, proposal).version), verdict


def bumps_the_version_on_rejection(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Raise the version even when nothing else was changed."""
    after, verdict = persist(store, proposal, policy)
    if verdict is Verdict.OVER_CAPACITY:
        after = _at_version(after, proposal, _current(store, proposal).version + 1)
    return after, verdict


def confirms_too_few(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Confirm one unit, however many were requested."""
    after, verdict = persist(store, proposal, policy)
    if after == store:
        return after, verdict
    confirmed = _current(store, proposal).confirmed + 1
    return _with(after, proposal, replace(_current(after, proposal), confirmed=confirmed)), verdict


def refuses_a_conflict_as_full(verdict: Verdict) -> Done:
    """Call a conflict a rejection."""
    return Done(Outcome.REJECTED) if verdict is Verdict.VERSION_CONFLICT else emit(verdict)


def fails_when_full(verdict: Verdict) -> Done:
    """Call a rejection a failure."""
    return Done(Outcome.FAILED, verdict) if verdict is Verdict.OVER_CAPACITY else emit(verdict)


def swallows_the_reason(verdict: Verdict) -> Done:
    """Emit FAILED and keep the cause to oneself."""
    return replace(emit(verdict), reason=None)


def books_a_conflict(verdict: Verdict) -> Done:
    """Say BOOKED to whoever lost a race."""
    return Done(Outcome.BOOKED) if verdict is Verdict.VERSION_CONFLICT else emit(verdict)


def _current(store: Store, proposal: Proposal) -> Resource:
    resource = store.resource(proposal.request.resource_id)
    assert resource is not None, "these flaws are tried on known resources"
    return resource


def _with(store: Store, proposal: Proposal, resource: Resource) -> Store:
    name = proposal.request.resource_id
    return replace(store, resources=tuple((each, resource if each == name else one) for each, one in store.resources))


def _at_version(store: Store, proposal: Proposal, version: int) -> Store:
    return _with(store, proposal, replace(_current(store, proposal), version=version))


def pair(capacity: int, first: Request, second: Request) -> System:
    return System((("seat", capacity),), (first, second))


ANN, BOB = Request("ann", "seat"), Request("bob", "seat")


@dataclass(frozen=True)
class Flaw:
    """Wrong semantics, a system that shows them, and what a search is to find: how soon, and which clauses."""

    told: str
    semantics: Semantics
    system: System
    shortest: int
    clauses: frozenset[str]


def flaw(told: str, semantics: Semantics, system: System, shortest: int, *clauses: str) -> Flaw:
    return Flaw(told, semantics, system, shortest, frozenset(clauses))


FLAWS = (
    flaw(
        "the store ignores the version and checks the capacity again",
        Semantics(persist=ignores_the_version),
        pair(2, ANN, BOB),
        4,
        "persist.compare_and_swap",
    ),
    flaw(
        "the store trusts the observation",
        Semantics(persist=trusts_the_observation),
        pair(1, ANN, BOB),
        4,
        "state.capacity",
        "history.linearizable",
    ),
    flaw(
        "the store forgets the id",
        Semantics(persist=forgets_the_id),
        pair(2, ANN, ANN),
        4,
        "state.unique",
        "persist.identity",
        "history.linearizable",
    ),
    flaw(
        "the version is not bumped",
        Semantics(persist=keeps_the_version),
        pair(2, ANN, BOB),
        2,
        "state.version",
        "persist.version_step",
    ),
    flaw(
        "the version is bumped on rejection",
        Semantics(persist=bumps_the_version_on_rejection),
        pair(1, ANN, BOB),
        4,
        "state.version",
        "persist.version_step",
        "persist.refusal_pure",
    ),
    flaw(
        "fewer units are confirmed than recorded",
        Semantics(persist=confirms_too_few),
        pair(2, replace(ANN, units=2), BOB),
        2,
        "state.sum",
        "history.linearizable",
    ),
    flaw(
        "a conflict is emitted as REJECTED",
        Semantics(emit=refuses_a_conflict_as_full),
        pair(2, ANN, BOB),
        4,
        "emit.rejected",
        "history.linearizable",
    ),
    flaw(
        "a full resource is emitted as FAILED",
        Semantics(emit=fails_when_full),
        pair(1, ANN, BOB),
        4,
        "attempt.solo",
    ),
    flaw("a failure has no reason", Semantics(emit=swallows_the_reason), pair(2, ANN, BOB), 4, "emit.one"),
    flaw(
        "a conflict is emitted as BOOKED",
        Semantics(emit=books_a_conflict),
        pair(2, ANN, BOB),
        4,
        "emit.booked",
        "emit.kept",
        "history.linearizable",
    ),
)
EACH_FLAW = pytest.mark.parametrize("flaw", FLAWS, ids=[one.told for one in FLAWS])


@EACH_FLAW
def test_a_flaw_breaks_exactly_the_clauses_that_it_is_about(flaw: Flaw) -> None:
    searched = search(flaw.system, flaw.semantics, stop_at_first=False)

    assert {one.clause for one in searched.violations} == flaw.clauses
    assert searched.complete


@EACH_FLAW
def test_the_first_violation_has_a_shortest_path_from_the_start(flaw: Flaw) -> None:
    searched = search(flaw.system, flaw.semantics)

    violation = searched.violations[0]
    assert violation.clause in flaw.clauses
    assert len(violation.path) == flaw.shortest
    assert violation.path[0].before == flaw.system.initial()
    assert all(one.after == two.before for one, two in zip(violation.path, violation.path[1:], strict=False))
    assert not searched.complete


@EACH_FLAW
def test_the_same_system_is_sound_without_the_flaw(flaw: Flaw) -> None:
    assert search(flaw.system).violations == ()


def test_ignoring_the_version_is_harmless_with_a_single_seat(contention: Contention) -> None:
    """A capacity that is checked again hides the flaw: two attempts need two seats to show it."""
    assert search(contention(2, 1), Semantics(persist=ignores_the_version)).violations == ()


def test_a_witness_tells_what_was_seen_and_what_was_due(contention: Contention) -> None:
    (violation,) = search(contention(2, 2), Semantics(persist=ignores_the_version)).violations

    assert violation.witness == "a proposal made from version 0 took effect at version 1"
    assert [step.action for step in violation.path] == ["observe", "observe", "persist", "persist"]
