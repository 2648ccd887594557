"""What one execution violates, from the clauses of `specs/booking.md` and its whole history.

Each clause is a few lines over the list of steps. The model is asked for conformance alone, as one run of its own,
step by step. Two conventions are not in the clauses: what is wrong in the state at the start shows with the first
step, and an attempt that took no step has neither a call nor a return in the history.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import Any, TypeAlias

from fuzz.naive_bookings import History, Step, content

from lastseat.model import world
from lastseat.model.steps import strike, take
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    Outcome,
    Reason,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)

Found: TypeAlias = dict[str, int]
UNANSWERED = Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)
CONFLICT = Emission(Outcome.FAILED, Reason.VERSION_CONFLICT)
LOST = Emission(Outcome.FAILED, Reason.ACKNOWLEDGEMENT_LOST)


def violated(history: History) -> Found:
    """Return each violated clause with the number of steps after which it shows first."""
    found: Found = {}
    for clause, length in _all(history):
        found[clause] = min(length, found.get(clause, length))
    return found


def _all(history: History) -> Iterator[tuple[str, int]]:
    past = Past(history)
    yield from _waiting(history)
    yield from ((clause, 0) for who, one in history.stepless.items() for clause in past.at_end(who, one, None, 0))
    for number, step in enumerate(history.steps, start=1):
        yield from ((clause, number) for clause in past.in_state(step.after, number))
        if step.letter != "c":
            yield from ((clause, number) for clause in past.in_step(step, number))
    if history.over:
        yield from ((clause, len(history.steps)) for clause in past.in_run())
    length = unexplained(dict(history.situation.capacities), history.situation.delivered, spans_of(history))
    if length is not None:
        yield "history.linearizable", length


def _waiting(history: History) -> Iterator[tuple[str, int]]:
    for number, waiting in enumerate([history.waiting, *(step.waiting for step in history.steps)]):
        if waiting:
            yield "progress.suspension", number


def reservation(request: BookingRequest) -> Reservation:
    return Reservation(request.booking_id, request.resource_id, request.units)


def effects(step: Step) -> set[str]:
    """Return on which resources a step changed the confirmed units or the reservations."""
    booked = []
    for held in (step.before, step.after):
        names = [name for name, _ in held.resources] + [one.resource_id for one in held.reservations]
        confirmed = {name: resource.confirmed for name, resource in held.resources}
        kept = {name: sorted(one for one in held.reservations if one.resource_id == name) for name in names}
        booked.append({name: (confirmed.get(name, 0), kept[name]) for name in names})
    return {name for name in booked[0] | booked[1] if booked[0].get(name, (0, [])) != booked[1].get(name, (0, []))}


class Past:
    """A history, asked about single moments of it. Steps count from 1."""

    def __init__(self, history: History) -> None:
        self.history, self.requests = history, history.situation.delivered
        self.effects = [effects(step) for step in history.steps]

    def own(self, who: int, until: int, kind: str = "") -> list[int]:
        """Return the numbers of the steps that an attempt has taken, of one kind or of all."""
        steps = enumerate(self.history.steps[:until], start=1)
        taken = [(number, step) for number, step in steps if step.who == who and step.letter != "c"]
        return [number for number, step in taken if kind in ("", step.operation.kind)]

    # --- states -------------------------------------------------------------------------------------------------

    def in_state(self, held: Snapshot, number: int) -> Iterator[str]:
        if any(not 0 <= one.confirmed <= one.capacity for _, one in held.resources):
            yield "state.capacity"
        ids = [one.booking_id for one in held.reservations]
        if len(set(ids)) < len(ids):
            yield "state.unique"
        for name, resource in held.resources:
            if resource.confirmed != sum(one.units for one in held.reservations if one.resource_id == name):
                yield "state.sum"
            if resource.version != sum(name in each for each in self.effects[:number]):
                yield "state.version"

    # --- steps --------------------------------------------------------------------------------------------------

    def in_step(self, step: Step, number: int) -> Iterator[str]:
        request, kind = self.requests[step.who], step.operation.kind
        changed = content(step.before) != content(step.after)
        if changed and kind == "observe":
            yield "observe.pure"
        if changed and kind not in ("observe", "persist"):
            yield "persist.only_writer"
        if kind == "persist":
            yield from self._in_persist(step, number, request, changed)
        taken = len(self.own(step.who, number))
        if max(len(self.own(step.who, number, kind)) for kind in ("observe", "persist")) > 1:
            yield "attempt.one_persist"
        if step.ended:
            yield from self.at_end(step.who, step.returned, step, number)
        elif taken >= 2 and step.letter != "d":
            yield "progress.two_steps"

    def _in_persist(self, step: Step, number: int, request: BookingRequest, changed: bool) -> Iterator[str]:
        before, after = dict(step.before.resources), dict(step.after.resources)
        if changed and step.result not in (Verdict.ACCEPTED, Verdict.ACKNOWLEDGEMENT_LOST):
            yield "persist.refusal_pure"
        for name, resource in after.items():
            rise = resource.version - (before[name].version if name in before else 0)
            if rise != (name in self.effects[number - 1]):
                yield "persist.version_step"
        current = before[request.resource_id].version if request.resource_id in before else None
        if self.effects[number - 1] and step.operation.proposal.expected_version != current:
            yield "persist.compare_and_swap"
        recorded = [one for one in sorted(step.before.reservations) if one.booking_id == request.booking_id]
        if recorded and step.letter not in ("u", "a"):
            same = recorded[0] == reservation(request)
            if step.result != (Verdict.ACCEPTED if same else Verdict.IDENTIFIER_REUSE):
                yield "persist.identity"

    # --- ends of attempts ---------------------------------------------------------------------------------------

    def at_end(self, who: int, returned: Any, step: Step | None, number: int) -> Iterator[str]:
        """Yield what is wrong with what an attempt returned; `step` is its last one."""
        request, persists = self.requests[who], self.own(who, number, "persist")
        if not isinstance(returned, Emission):
            yield "emit.one"
            return
        outcome = returned.outcome
        if (outcome is Outcome.FAILED) != (returned.reason is not None):
            yield "emit.one"
        if not persists and returned != UNANSWERED:
            yield "attempt.decides_at_persist"
        held = step.after if step else self.history.start
        if outcome is Outcome.BOOKED and reservation(request) not in held.reservations:
            yield "emit.booked"
        if outcome is Outcome.REJECTED and persists and self._fitted(request, persists[-1]):
            yield "emit.rejected"
        if returned == CONFLICT and not (persists and self._raced(who, request, persists[-1])):
            yield "emit.conflict"
        took_effect = any(self.effects[each - 1] for each in self.own(who, number))
        if outcome is not Outcome.BOOKED and returned != LOST and took_effect:
            yield "emit.unbooked"
        if outcome is Outcome.FAILED and persists and self._is_calm(who, request, persists[-1]):
            yield "attempt.solo"

    def _fitted(self, request: BookingRequest, persist: int) -> bool:
        resource = dict(self.history.steps[persist - 1].before.resources).get(request.resource_id)
        return resource is not None and resource.confirmed + request.units <= resource.capacity

    def _raced(self, who: int, request: BookingRequest, persist: int) -> bool:
        """Return whether a step of another attempt took effect since the last observe before this persist."""
        since = max(self.own(who, persist, "observe"), default=0)
        others = [number for number in range(since + 1, persist) if self.history.steps[number - 1].who != who]
        return any(request.resource_id in self.effects[number - 1] for number in others)

    def _is_calm(self, who: int, request: BookingRequest, persist: int) -> bool:
        before = self.history.steps[persist - 1].before
        known = request.resource_id in dict(before.resources)
        used = any(one.booking_id == request.booking_id for one in before.reservations)
        faulty = any(step.who == who and step.letter for step in self.history.steps)
        return known and not used and not faulty and not self._raced(who, request, persist)

    # --- runs ---------------------------------------------------------------------------------------------------

    def in_run(self) -> Iterator[str]:
        """Yield what is violated at the end."""
        steps = self.history.steps
        final = steps[-1].after if steps else self.history.start
        returned = {**self.history.stepless, **{step.who: step.returned for step in steps if step.ended}}
        owned: list[Reservation] = []
        for who, request in enumerate(self.requests):
            emitted = returned.get(who)
            booked = isinstance(emitted, Emission) and emitted.outcome is Outcome.BOOKED
            if booked and reservation(request) not in final.reservations:
                yield "emit.kept"
            crashed = any(step.who == who and step.letter in ("c", "d") for step in steps)
            applied = any(self.effects[number - 1] for number in self.own(who, len(steps)))
            if booked or emitted == LOST or (crashed and applied):
                owned.append(reservation(request))
        if any(one not in owned for one in final.reservations):
            yield "emit.recorded"


# --- linearizability --------------------------------------------------------------------------------------------

# Of each attempt that was called: the number of its call, that of its return (None: it never returned) and what it
# emitted (None: no outcome).
Span: TypeAlias = tuple[int, int | None, Any]


def spans_of(history: History) -> dict[int, Span]:
    """Return the call, the return and the outcome of every attempt of a history."""
    spans: dict[int, Span] = {}
    for number, step in enumerate(history.steps, start=1):
        if step.letter != "c":
            call = spans[step.who][0] if step.who in spans else number
            told = step.returned if step.ended and isinstance(step.returned, Emission) else None
            spans[step.who] = (call, number if step.ended else None, told)
    return spans


def unexplained(
    capacities: Mapping[str, int], requests: Sequence[BookingRequest], spans: Mapping[int, Span]
) -> int | None:
    """Return the length of the shortest prefix that no order of bookings explains, or None."""
    for length in sorted({end for _, end, _ in spans.values() if end is not None}):
        prefix = {who: _until(span, length) for who, span in spans.items() if span[0] <= length}
        if not explained(capacities, requests, prefix):
            return length
    return None


def _until(span: Span, length: int) -> Span:
    call, end, _ = span
    return span if end is not None and end <= length else (call, None, None)


def explained(capacities: Mapping[str, int], requests: Sequence[BookingRequest], spans: Mapping[int, Span]) -> bool:
    """Return whether some order of bookings, each between its call and its return, gives all outcomes.

    Whoever was BOOKED or REJECTED is in that order. Whoever FAILED is not, except that one whose acknowledgement was
    lost may be; so may one that has not returned.
    """
    must = [who for who, (_, _, told) in spans.items() if told and told.outcome is not Outcome.FAILED]
    may = [who for who, (_, _, told) in spans.items() if told is None or told == LOST]
    for size in range(len(may) + 1):
        for chosen in combinations(may, size):
            for order in permutations([*must, *chosen]):
                if _in_time(order, spans) and _gives(order, capacities, requests, spans):
                    return True
    return False


def _in_time(order: Sequence[int], spans: Mapping[int, Span]) -> bool:
    """Return whether nobody stands behind one that was called only after it had returned."""
    for place, later in enumerate(order):
        end = spans[later][1]
        if end is not None and any(spans[earlier][0] > end for earlier in order[:place]):
            return False
    return True


def _gives(
    order: Sequence[int], capacities: Mapping[str, int], requests: Sequence[BookingRequest], spans: Mapping[int, Span]
) -> bool:
    left, booked = dict(capacities), dict[str, BookingRequest]()
    for who in order:
        request, told = requests[who], spans[who][2]
        if request.booking_id in booked:
            outcome = Outcome.BOOKED if booked[request.booking_id] == request else Outcome.FAILED
        elif request.resource_id not in left:
            outcome = Outcome.FAILED
        elif left[request.resource_id] < request.units:
            outcome = Outcome.REJECTED
        else:
            outcome, booked[request.booking_id] = Outcome.BOOKED, request
            left[request.resource_id] -= request.units
        if told and told.outcome is not Outcome.FAILED and told.outcome is not outcome:
            return False
    return True


# --- conformance ------------------------------------------------------------------------------------------------


def modelled(held: Snapshot) -> world.Store:
    resources = [(name, world.Resource(one.capacity, one.confirmed, one.version)) for name, one in held.resources]
    booked = (world.Reservation(one.booking_id, one.resource_id, one.units) for one in held.reservations)
    return world.Store(tuple(resources), tuple(sorted(booked)))


def nonconforming(history: History) -> int | None:
    """Return the first step at which the model's own run, step by step, is another one, or None. 0: a start."""
    if history.stepless:
        return 0
    situation = history.situation
    requests = tuple(world.Request(one.booking_id, one.resource_id, one.units) for one in situation.delivered)
    policy = world.Policy(str(situation.implementation.policy))
    system = world.System(situation.capacities, requests, policy, frozenset(world.Fault))
    here = world.World(modelled(history.start), (world.Idle(),) * len(requests))
    faulty = {"u": world.Fault.UNAVAILABLE, "a": world.Fault.ACKNOWLEDGEMENT_LOST}
    for number, step in enumerate(history.steps, start=1):
        if step.letter == "c":
            continue
        due = take(system, here, step.who)
        if due is not None and step.letter in faulty:
            one = world.System(situation.capacities, requests, policy, frozenset({faulty[step.letter]}))
            due = next(strike(one, due), None)
        if due is None or not _is_step(step, due.action, due.after, due.before, requests[step.who]):
            return number
        here = due.after
    return None


def _is_step(step: Step, action: str, after: world.World, before: world.World, request: world.Request) -> bool:
    """Return whether a real step did what a step of the model does."""
    if action.partition("_")[0] != step.operation.kind or modelled(step.after) != after.store:
        return False
    local = after.attempts[step.who]
    if step.letter == "d":
        return isinstance(local, world.Done)
    if isinstance(local, world.Done):
        told = step.returned
        return isinstance(told, Emission) and (str(told.outcome), str(told.reason)) == (
            str(local.outcome),
            str(local.reason),
        )
    if step.ended or not isinstance(local, world.Observed):
        return False
    if not isinstance(step.result, Resource):
        return str(step.result) == "absent" and local.version is None
    seen, current = step.result, before.store.resource(request.resource_id)
    there = current is not None and seen.capacity == current.capacity
    return there and (seen.version, seen.confirmed) == (local.version, local.confirmed)
