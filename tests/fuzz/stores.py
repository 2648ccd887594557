"""Stores as values: what a store checks, what it writes, and when an operation has to wait.

The defaults are the correct ones, so that a value shows no more than how it deviates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from lastseat.reference.attempt_booking import Persist
from lastseat.reference.values import (
    BookingRequest,
    NotObserved,
    Observation,
    Proposal,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)


class Short:
    """A value whose text leaves out what is as always."""

    def __repr__(self) -> str:
        each: tuple[Any, ...] = fields(self)  # type: ignore[arg-type]
        shown = (f"{one.name}={getattr(self, one.name)!r}" for one in each if getattr(self, one.name) != one.default)
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, repr=False)
class Rules(Short):
    """How a store decides, and what it writes. Where a rule looks at more than one resource, `scope` is "store"."""

    order: tuple[str, ...] = ("identity", "unknown", "version", "capacity")  # of the checks, those that are made
    identity: str = "whole"  # resource: looked up there only; any payload, always refused, own payload only
    version: str = "equal"  # older: only an older one is refused; near: one behind is let pass
    capacity: str = "current"  # observed: what was proposed counts; some: one free unit suffices; tight: one too few
    stale_says: str = "version conflict"
    full_says: str = "over capacity"
    unknown_says: str = "unknown resource"
    table: tuple[tuple[str, str, bool], ...] = ()  # situation, verdict, whether it takes effect: before all checks
    records: int = 1  # times that an accepted reservation is recorded
    confirms: str = "adds"  # sets: what was proposed; nothing; unit: always one
    bumps: int = 1  # of the version, by an accepted proposal
    refusal: str = "nothing"  # bumps, counts, records, frees
    observing: str = "nothing"  # counts, bumps, holds, frees
    told: str = "current"  # late, next, roomy, empty, silent when full, absent when full
    counter: str = "none"  # every second persist is refused; shown in the snapshot, or secret
    blocks: str = "never"  # always; locked; full; persisted; pair: a persist needs two observes and uses up one
    scope: str = "resource"  # of locks and counters, or the whole store
    starts: int = 0  # the version
    partitioned: bool = False  # promises that a step touches only the resource and the id that it names

    def open(self, capacities: Mapping[str, int]) -> "DrawnStore":
        """Return a fresh store."""
        held = Snapshot(tuple((name, Resource(size, 0, self.starts)) for name, size in sorted(capacities.items())))
        if self.blocks == "never":
            return (PartitionedStore if self.partitioned else DrawnStore)(self, held)
        return (PartitionedBlockingStore if self.partitioned else BlockingStore)(self, held)


class DrawnStore:
    """A store that keeps to its rules."""

    def __init__(self, rules: Rules, held: Snapshot) -> None:
        self.rules, self._held, self._secret = rules, held, 0

    def snapshot(self) -> Snapshot:
        return self._held

    def restore(self, snapshot: Snapshot) -> None:
        self._held = snapshot

    # --- what it holds ------------------------------------------------------------------------------------------

    def _resource(self, name: str) -> Resource | None:
        return dict(self._held.resources).get(name)

    def _put(self, name: str, resource: Resource) -> None:
        resources = {**dict(self._held.resources), name: resource}
        self._held = replace(self._held, resources=tuple(sorted(resources.items())))

    def _record(self, reservation: Reservation) -> None:
        self._held = replace(self._held, reservations=tuple(sorted((*self._held.reservations, reservation))))

    def noted(self, what: str, name: str) -> int:
        """Return a number that the store keeps for itself."""
        notes: Any = self._held.hidden
        return int(dict(notes).get((what, name if self.rules.scope == "resource" else ""), 0))

    def _note(self, what: str, name: str, number: int) -> None:
        notes: Any = self._held.hidden
        kept = {**dict(notes), (what, name if self.rules.scope == "resource" else ""): number}
        self._held = replace(self._held, hidden=tuple(sorted((key, one) for key, one in kept.items() if one)))

    # --- observe ------------------------------------------------------------------------------------------------

    def look(self, name: str) -> Resource | None:
        return self._resource(name)

    def observe(self, name: str) -> Observation:
        self._observed(name)
        resource = self._resource(name)
        if resource is None:
            return NotObserved.ABSENT
        full = resource.confirmed >= resource.capacity
        match self.rules.told:
            case "late":
                return replace(resource, version=max(resource.version - 1, 0))
            case "next":
                return replace(resource, version=resource.version + 1)
            case "roomy":
                return replace(resource, capacity=resource.capacity + 1)
            case "empty":
                return replace(resource, confirmed=0)
            case "silent when full" if full:
                return NotObserved.UNAVAILABLE
            case "absent when full" if full:
                return NotObserved.ABSENT
        return resource

    def _observed(self, name: str) -> None:
        resource, rules = self._resource(name), self.rules
        if rules.observing == "counts" or rules.blocks == "pair":
            self._note("seen", name, min(self.noted("seen", name) + 1, 2))
        if rules.blocks == "locked":
            self._note("lock", name, 1)
        if resource is None:
            return
        if rules.observing == "bumps":
            self._put(name, replace(resource, version=resource.version + 1))
        elif rules.observing == "holds" and resource.confirmed < resource.capacity:
            self._put(name, replace(resource, confirmed=resource.confirmed + 1))
            self._note("held", name, self.noted("held", name) + 1)
        elif rules.observing == "frees" and resource.confirmed >= resource.capacity:
            self._free(name)

    def _free(self, name: str) -> None:
        """Take back the first reservation on a resource."""
        resource = self._resource(name)
        kept = next((one for one in self._held.reservations if one.resource_id == name), None)
        if kept is not None and resource is not None:
            self.cancel(kept)

    def cancel(self, reservation: Reservation) -> None:
        """Take a reservation back if it is recorded."""
        resource = self._resource(reservation.resource_id)
        if reservation in self._held.reservations and resource is not None:
            left = list(self._held.reservations)
            left.remove(reservation)
            self._held = replace(self._held, reservations=tuple(left))
            freed = replace(resource, confirmed=resource.confirmed - reservation.units, version=resource.version + 1)
            self._put(reservation.resource_id, freed)

    # --- persist ------------------------------------------------------------------------------------------------

    def persist(self, proposal: Proposal) -> Verdict:
        name, rules = proposal.request.resource_id, self.rules
        if rules.blocks == "locked":
            self._note("lock", name, 0)
        if rules.blocks == "persisted":
            self._note("lock", name, 1)
        if rules.blocks == "pair":
            self._note("seen", name, max(self.noted("seen", name) - 1, 0))
        resource = self._resource(name)
        if rules.scope == "resource" and (held := self.noted("held", name)) and resource is not None:
            self._put(name, replace(resource, confirmed=resource.confirmed - 1))
            self._note("held", name, held - 1)
        if self._is_second(name):
            return Verdict.STORE_UNAVAILABLE
        verdict, effective = self._decide(proposal)
        if effective:
            self._apply(proposal)
        elif verdict is not Verdict.ACCEPTED:
            self._refused(proposal)
        return verdict

    def _is_second(self, name: str) -> bool:
        if self.rules.counter == "secret":
            self._secret += 1
            return self._secret % 2 == 0
        if self.rules.counter == "shown":
            self._note("count", name, 1 - self.noted("count", name))
            return not self.noted("count", name)
        return False

    def _recorded(self, request: BookingRequest) -> Reservation | None:
        """Return the reservation that the identity check finds."""
        rule, found = self.rules.identity, list(self._held.reservations)
        found = [one for one in found if one.booking_id == request.booking_id]
        if rule == "resource":
            found = [one for one in found if one.resource_id == request.resource_id]
        if rule == "own":
            found = [one for one in found if one.is_of(request)]
        return found[0] if found else None

    def _decide(self, proposal: Proposal) -> tuple[Verdict, bool]:
        rules, situation = self.rules, self._situation(proposal)
        for known, verdict, effective in rules.table:
            if known == situation:
                return Verdict(verdict), effective and self._resource(proposal.request.resource_id) is not None
        for check in rules.order:
            verdict = self._check(check, proposal)
            if verdict is not None:
                return verdict, False
        return Verdict.ACCEPTED, self._resource(proposal.request.resource_id) is not None

    def _situation(self, proposal: Proposal) -> str:
        """Return the row of the decision table."""
        request, resource = proposal.request, self._resource(proposal.request.resource_id)
        recorded = self._recorded(request)
        known = "new" if recorded is None else "same" if recorded.is_of(request) else "other"
        if resource is None:
            return f"{known} unknown"
        stale = "stale" if proposal.expected_version != resource.version else "current"
        return f"{known} {stale} {'over' if resource.confirmed + request.units > resource.capacity else 'fits'}"

    def _check(self, check: str, proposal: Proposal) -> Verdict | None:
        """Return the verdict of one check where it refuses or knows the id, None where it lets the proposal pass."""
        request, rules = proposal.request, self.rules
        resource = self._resource(request.resource_id)
        if check == "identity":
            return self._known(request)
        if resource is None:
            return Verdict(rules.unknown_says) if check == "unknown" else None
        if check == "version":
            expected = -1 if proposal.expected_version is None else proposal.expected_version
            behind = resource.version - expected
            stale = {"equal": behind != 0, "older": behind > 0, "near": behind not in (0, 1)}[rules.version]
            return Verdict(rules.stale_says) if stale else None
        if check == "capacity":
            after = resource.confirmed + request.units
            proposed = after if proposal.confirmed is None else proposal.confirmed
            over = {
                "current": after > resource.capacity,
                "observed": proposed > resource.capacity,
                "some": resource.confirmed >= resource.capacity,
                "tight": after >= resource.capacity,
            }[rules.capacity]
            return Verdict(rules.full_says) if over else None
        return None

    def _known(self, request: BookingRequest) -> Verdict | None:
        recorded = self._recorded(request)
        if recorded is None:
            return None
        if self.rules.identity == "refused":
            return Verdict.IDENTIFIER_REUSE
        same = recorded.is_of(request) or self.rules.identity == "any"
        return Verdict.ACCEPTED if same else Verdict.IDENTIFIER_REUSE

    def _apply(self, proposal: Proposal) -> None:
        request, rules = proposal.request, self.rules
        before = self._resource(request.resource_id)
        assert before is not None
        confirmed = {
            "adds": before.confirmed + request.units,
            "sets": request.units if proposal.confirmed is None else proposal.confirmed,
            "nothing": before.confirmed,
            "unit": before.confirmed + 1,
        }[rules.confirms]
        self._put(request.resource_id, Resource(before.capacity, confirmed, before.version + rules.bumps))
        for _ in range(rules.records):
            self._record(Reservation(request.booking_id, request.resource_id, request.units))

    def _refused(self, proposal: Proposal) -> None:
        request, resource = proposal.request, self._resource(proposal.request.resource_id)
        if resource is None:
            return
        match self.rules.refusal:
            case "bumps":
                self._put(request.resource_id, replace(resource, version=resource.version + 1))
            case "counts":
                self._note("refused", request.resource_id, min(self.noted("refused", request.resource_id) + 1, 2))
            case "records":
                self._record(Reservation(request.booking_id, request.resource_id, request.units))
            case "frees":
                self._free(request.resource_id)


class PartitionedStore(DrawnStore):
    partitioned: ClassVar[bool] = True


class BlockingStore(DrawnStore):
    def would_block(self, operation: Any) -> bool:
        """Return whether an operation has to wait."""
        rule, is_persist = self.rules.blocks, isinstance(operation, Persist)
        name = operation.proposal.request.resource_id if is_persist else operation.resource_id
        if rule == "always":
            return True
        if rule == "pair":
            return is_persist and self.noted("seen", name) < 2
        if rule == "full":
            resource = self._resource(name)
            return not is_persist and resource is not None and resource.confirmed >= resource.capacity
        return not is_persist and bool(self.noted("lock", name))


class PartitionedBlockingStore(BlockingStore):
    partitioned: ClassVar[bool] = True
