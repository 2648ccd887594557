"""Flaws that every model checker can be given: what they are called, and the flawed semantics of the model.

A flaw is a small change of persist or of emit. The formal specifications have a switch for each, under the same name,
so that the engines can be held against each other where something is wrong, and not only where all is well.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import TypeAlias

from lastseat.model.steps import CORRECT, Persisting, Semantics
from lastseat.model.world import Done, Outcome, Policy, Proposal, Resource, Store, Verdict


class Flaw(StrEnum):
    """What is wrong with the store or with emit; any set of flaws may be combined."""

    NO_VERSION_CHECK = "no version check"  # a stale proposal is taken as if it were fresh
    NO_ID_CHECK = "no id check"  # an id is never looked up
    NO_CAPACITY_CHECK = "no capacity check"  # whoever saw the current version must have seen room
    VERSION_NOT_BUMPED = "version not bumped"  # an effective persist leaves the version as it was
    VERSION_BUMPED_ON_REJECTION = "version bumped on rejection"
    ONE_UNIT_CONFIRMED = "one unit confirmed"  # however many were requested
    CONFLICT_EMITTED_AS_REJECTED = "conflict emitted as rejected"
    CONFLICT_EMITTED_AS_BOOKED = "conflict emitted as booked"
    REJECTION_EMITTED_AS_FAILED = "rejection emitted as failed"
    REASON_NOT_EMITTED = "reason not emitted"


Emitting: TypeAlias = Callable[[Verdict], Done]


def flawed(flaws: Iterable[Flaw]) -> Semantics:
    """Return the semantics of the model with all of `flaws` in it; without any, the correct one."""
    persist, emit = CORRECT.persist, CORRECT.emit
    # The order of the enumeration, so that a set of flaws means one thing.
    for flaw in sorted(set(flaws), key=list(Flaw).index):
        if flaw in _PERSIST:
            persist = _PERSIST[flaw](persist)
        else:
            emit = _EMIT[flaw](emit)
    return Semantics(persist=persist, emit=emit)


# --- persist --------------------------------------------------------------------------------------------------


def _ignores_the_version(persist: Persisting) -> Persisting:
    def flawed_persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        current = _resource(store, proposal)
        return persist(store, replace(proposal, expected_version=current.version if current else None), policy)

    return flawed_persist


def _forgets_the_id(persist: Persisting) -> Persisting:
    def flawed_persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        after, verdict = persist(replace(store, reservations=()), proposal, policy)
        return replace(after, reservations=tuple(sorted((*store.reservations, *after.reservations)))), verdict

    return flawed_persist


def _ignores_the_capacity(persist: Persisting) -> Persisting:
    def flawed_persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        before = _resource(store, proposal)
        if before is None:
            return persist(store, proposal, policy)
        roomy = replace(before, capacity=before.confirmed + proposal.request.units)
        after, verdict = persist(_with(store, proposal, roomy), proposal, policy)
        return _changed(after, proposal, capacity=before.capacity), verdict

    return flawed_persist


def _keeps_the_version(persist: Persisting) -> Persisting:
    def flawed_persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        before = _resource(store, proposal)
        after, verdict = persist(store, proposal, policy)
        if before is None or after.reservations == store.reservations:
            return after, verdict
        return _changed(after, proposal, version=before.version), verdict

    return flawed_persist


def _bumps_on_rejection(persist: Persisting) -> Persisting:
    def flawed_persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        before = _resource(store, proposal)
        after, verdict = persist(store, proposal, policy)
        if before is None or verdict is not Verdict.OVER_CAPACITY:
            return after, verdict
        return _changed(after, proposal, version=before.version + 1), verdict

    return flawed_persist


def _confirms_one_unit(persist: Persisting) -> Persisting:
    def flawed_persist(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        before = _resource(store, proposal)
        after, verdict = persist(store, proposal, policy)
        if before is None or after.reservations == store.reservations:
            return after, verdict
        return _changed(after, proposal, confirmed=before.confirmed + 1), verdict

    return flawed_persist


def _resource(store: Store, proposal: Proposal) -> Resource | None:
    return store.resource(proposal.request.resource_id)


def _with(store: Store, proposal: Proposal, resource: Resource) -> Store:
    wanted = proposal.request.resource_id
    return replace(
        store, resources=tuple((name, resource if name == wanted else other) for name, other in store.resources)
    )


def _changed(store: Store, proposal: Proposal, **fields: int) -> Store:
    resource = _resource(store, proposal)
    return _with(store, proposal, replace(resource, **fields)) if resource else store


# --- emit -----------------------------------------------------------------------------------------------------


def _emits(verdict: Verdict, done: Done) -> Callable[[Emitting], Emitting]:
    """Return the flaw that emits `done` for one verdict."""
    return lambda emit: lambda given: done if given is verdict else emit(given)


def _swallows_the_reason(emit: Emitting) -> Emitting:
    return lambda verdict: replace(emit(verdict), reason=None)


_PERSIST: dict[Flaw, Callable[[Persisting], Persisting]] = {
    Flaw.NO_VERSION_CHECK: _ignores_the_version,
    Flaw.NO_ID_CHECK: _forgets_the_id,
    Flaw.NO_CAPACITY_CHECK: _ignores_the_capacity,
    Flaw.VERSION_NOT_BUMPED: _keeps_the_version,
    Flaw.VERSION_BUMPED_ON_REJECTION: _bumps_on_rejection,
    Flaw.ONE_UNIT_CONFIRMED: _confirms_one_unit,
}
_EMIT: dict[Flaw, Callable[[Emitting], Emitting]] = {
    Flaw.CONFLICT_EMITTED_AS_BOOKED: _emits(Verdict.VERSION_CONFLICT, Done(Outcome.BOOKED)),
    Flaw.CONFLICT_EMITTED_AS_REJECTED: _emits(Verdict.VERSION_CONFLICT, Done(Outcome.REJECTED)),
    Flaw.REJECTION_EMITTED_AS_FAILED: _emits(Verdict.OVER_CAPACITY, Done(Outcome.FAILED, Verdict.OVER_CAPACITY)),
    Flaw.REASON_NOT_EMITTED: _swallows_the_reason,
}
