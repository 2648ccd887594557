"""The booking flow written down once more from its clauses, and searched in the simplest way.

Nothing of the model is used here. A state is (resources, reservations, attempts):

    resources      a tuple of (name, capacity, confirmed, version)
    reservations   a sorted tuple of (booking id, resource, units)
    attempts       for each: IDLE, ("saw", version, confirmed), or ("ended", outcome, reason)
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, TypeAlias

State: TypeAlias = tuple[Any, Any, Any]
Mix: TypeAlias = tuple[int, int, int]
Request: TypeAlias = tuple[str, str, int]  # booking id, resource, units

IDLE = ("idle",)
BOOKED, REJECTED, FAILED = "BOOKED", "REJECTED", "FAILED"
ACCEPTED, OVER, CONFLICT = "accepted", "over capacity", "version conflict"
REUSE, UNKNOWN = "identifier reuse", "unknown resource"
UNAVAILABLE, LOST = "store unavailable", "acknowledgement lost"


@dataclass(frozen=True, slots=True)
class Model:
    """What is searched; faults and flaws by the names that the project gives them."""

    capacities: tuple[tuple[str, int], ...]
    requests: tuple[Request, ...]
    policy: str = "version-first"
    faults: tuple[str, ...] = ()
    flaws: tuple[str, ...] = ()

    def initial(self) -> State:
        resources = tuple((name, capacity, 0, 0) for name, capacity in sorted(self.capacities))
        return resources, (), (IDLE,) * len(self.requests)

    # --- the steps --------------------------------------------------------------------------------------------

    def emit(self, verdict: str) -> tuple[str, str, str | None]:
        """Clause: emit.one"""
        ending = ("ended", FAILED, verdict)
        if verdict == ACCEPTED:
            ending = ("ended", BOOKED, None)
        elif verdict == OVER:
            ending = ("ended", REJECTED, None)
            if "rejection emitted as failed" in self.flaws:
                ending = ("ended", FAILED, OVER)
        elif verdict == CONFLICT and "conflict emitted as booked" in self.flaws:
            ending = ("ended", BOOKED, None)
        elif verdict == CONFLICT and "conflict emitted as rejected" in self.flaws:
            ending = ("ended", REJECTED, None)
        return (*ending[:2], None) if "reason not emitted" in self.flaws else ending

    def persist(self, resources: Any, reservations: Any, request: Request, seen: int | None) -> tuple[Any, Any, str]:
        """Clauses: persist.order, persist.identity, persist.unknown, persist.version, persist.capacity"""
        booking_id, name, units = request
        recorded = [each for each in reservations if each[0] == booking_id]
        if recorded and "no id check" not in self.flaws:
            return resources, reservations, ACCEPTED if recorded == [request] else REUSE
        found = [each for each in resources if each[0] == name]
        if not found:
            return resources, reservations, UNKNOWN
        _, capacity, confirmed, version = found[0]
        stale = seen != version and "no version check" not in self.flaws
        over = confirmed + units > capacity and "no capacity check" not in self.flaws
        if over and (self.policy == "capacity-first" or not stale):
            after = version + ("version bumped on rejection" in self.flaws)
            return replaced(resources, (name, capacity, confirmed, after)), reservations, OVER
        if stale:
            return resources, reservations, CONFLICT
        confirmed += 1 if "one unit confirmed" in self.flaws else units
        after = version + ("version not bumped" not in self.flaws)
        booked = replaced(resources, (name, capacity, confirmed, after))
        return booked, tuple(sorted((*reservations, request))), ACCEPTED

    def steps(self, state: State) -> Iterator["Step"]:
        """Yield every step of every attempt, with and without a fault."""
        resources, reservations, attempts = state
        for who, attempt in enumerate(attempts):
            if attempt[0] == "ended":
                continue
            name = self.requests[who][1]
            if attempt == IDLE:
                seen = next(((version, confirmed) for each, _, confirmed, version in resources if each == name), None)
                after = (resources, reservations, at(attempts, who, ("saw", *(seen or (None, None)))))
                yield Step(state, who, "observe", None, after)
            else:
                *store, verdict = self.persist(resources, reservations, self.requests[who], attempt[1])
                after = (*store, at(attempts, who, self.emit(verdict)))
                yield Step(state, who, "persist", verdict, after)
                if LOST in self.faults and tuple(store) != (resources, reservations):
                    yield Step(state, who, "persist", LOST, (*store, at(attempts, who, self.emit(LOST))))
            if "unavailable" in self.faults:
                kind = "observe" if attempt == IDLE else "persist"
                unanswered = (resources, reservations, at(attempts, who, self.emit(UNAVAILABLE)))
                yield Step(state, who, kind, UNAVAILABLE, unanswered)


class Step(NamedTuple):
    """One step: by whom, what, the verdict (None for an observe that was answered), and the states around it."""

    before: State
    who: int
    kind: str
    verdict: str | None
    after: State


def at(attempts: Sequence[Any], who: int, value: Any) -> tuple[Any, ...]:
    return (*attempts[:who], value, *attempts[who + 1 :])


def replaced(resources: Any, resource: Any) -> Any:
    return tuple(resource if each[0] == resource[0] else each for each in resources)


# --- the clauses ----------------------------------------------------------------------------------------------


def of_state(state: State) -> Iterator[str]:
    """Yield the clauses that a state violates."""
    resources, reservations, _ = state
    for name, capacity, confirmed, version in resources:
        own = [units for _, resource, units in reservations if resource == name]
        if not 0 <= confirmed <= capacity:
            yield "state.capacity"
        if confirmed != sum(own):
            yield "state.sum"
        if version != len(own):
            yield "state.version"
    if len({booking_id for booking_id, _, _ in reservations}) < len(reservations):
        yield "state.unique"


def of_step(model: Model, step: Step) -> Iterator[str]:
    """Yield the clauses that a step violates."""
    if step.kind == "persist":
        yield from of_persist(model, step)
    _, outcome, reason = (*step.after[2][step.who], None)[:3]
    if step.after[2][step.who][0] != "ended":
        return
    request = model.requests[step.who]
    known = [each for each in step.before[0] if each[0] == request[1]]
    fits = bool(known) and known[0][2] + request[2] <= known[0][1]
    effect = step.before[:2] != step.after[:2] and touched(step, request[1])
    if (outcome == FAILED) != (reason is not None):
        yield "emit.one"
    if outcome == BOOKED and request not in step.after[1]:
        yield "emit.booked"
    if step.kind == "persist" and outcome == REJECTED and fits:
        yield "emit.rejected"
    if outcome != BOOKED and reason != LOST and effect:
        yield "emit.unbooked"
    if step.kind == "persist":
        yield from of_window(step, request, (outcome, reason))
    elif (outcome, reason) != (FAILED, UNAVAILABLE):
        yield "attempt.decides_at_persist"


def of_window(step: Step, request: Request, ending: tuple[str, str | None]) -> Iterator[str]:
    """Yield the clauses about what happened between the observe and the persist of an attempt that ended."""
    resources, reservations, attempts = step.before
    current = next((each[3] for each in resources if each[0] == request[1]), None)
    raced = current is not None and attempts[step.who][1] != current
    if ending == (FAILED, CONFLICT) and not raced:
        yield "emit.conflict"
    used = any(each[0] == request[0] for each in reservations)
    calm = current is not None and not used and not raced and step.verdict not in (UNAVAILABLE, LOST)
    if calm and ending[0] == FAILED:
        yield "attempt.solo"


def of_persist(model: Model, step: Step) -> Iterator[str]:
    """Yield the clauses about a persist by itself."""
    request, (resources, reservations, attempts) = model.requests[step.who], step.before
    effects = {each[0] for each in resources if touched(step, each[0])}
    if step.verdict not in (ACCEPTED, LOST) and step.before[:2] != step.after[:2]:
        yield "persist.refusal_pure"
    for earlier, later in zip(resources, step.after[0], strict=True):
        if later[3] - earlier[3] != (earlier[0] in effects):
            yield "persist.version_step"
    current = next((each[3] for each in resources if each[0] == request[1]), None)
    if effects and attempts[step.who][1] != current:
        yield "persist.compare_and_swap"
    recorded = [each for each in reservations if each[0] == request[0]]
    if recorded and step.verdict not in (UNAVAILABLE, LOST):
        due = ACCEPTED if request in recorded else REUSE
        if step.verdict != due:
            yield "persist.identity"


def touched(step: Step, name: str) -> bool:
    """Return whether the units confirmed on a resource, or its reservations, changed."""

    def holds(state: State) -> Any:
        confirmed = [each[2] for each in state[0] if each[0] == name]
        return confirmed, [each for each in state[1] if each[1] == name]

    return bool(holds(step.before) != holds(step.after))


def is_explained(model: Model, step: Step) -> bool:
    """Return whether one booking in one step, without versions, explains a step. Clause: history.linearizable"""
    request, before, after = model.requests[step.who], step.before[1], step.after[1]
    ending = step.after[2][step.who]
    if ending[0] != "ended":
        return bool(before == after)
    capacities = dict(model.capacities)
    recorded = [each for each in before if each[0] == request[0]]
    left = capacities.get(request[1], 0) - sum(units for _, name, units in before if name == request[1])
    if recorded:
        outcome, due = (BOOKED if request in recorded else FAILED), before
    elif request[1] not in capacities:
        outcome, due = FAILED, before
    elif request[2] > left:
        outcome, due = REJECTED, before
    else:
        outcome, due = BOOKED, tuple(sorted((*before, request)))
    if ending[1] == FAILED:
        return bool(after == before or (ending[2] == LOST and after == due))
    return bool(ending[1] == outcome and after == due)


def of_end(model: Model, state: State) -> Iterator[str]:
    """Yield the clauses that a finished run violates."""
    endings = list(zip(model.requests, state[2], strict=True))
    if any(ending[1] == BOOKED and request not in state[1] for request, ending in endings):
        yield "emit.kept"
    owned = {request for request, (_, outcome, reason) in endings if outcome == BOOKED or reason == LOST}
    if any(each not in owned for each in state[1]):
        yield "emit.recorded"


# --- the search -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Known:
    """What a search found: how many states and steps, the longest run, schedules by mix, and shortest violations."""

    states: int = 0
    steps: int = 0
    longest: int = 0
    mixes: Counter[Mix] = field(default_factory=Counter)
    shortest: dict[str, int] = field(default_factory=dict)


def known(model: Model) -> Known:
    """Visit every state by its distance from the start, and count the schedules by recursion from the start."""
    found, start = Known(), model.initial()
    level, seen = [start], {start}
    distance = 0
    while level:
        following = []
        for state in level:
            for clause in of_state(state):
                found.shortest.setdefault(clause, distance)
            steps = list(model.steps(state))
            found.steps += len(steps)
            if not steps:
                for clause in of_end(model, state):
                    found.shortest.setdefault(clause, distance)
            for step in steps:
                wrong = [*of_step(model, step), *([] if is_explained(model, step) else ["history.linearizable"])]
                for clause in wrong:
                    found.shortest[clause] = min(found.shortest.get(clause, distance + 1), distance + 1)
                if step.after not in seen:
                    seen.add(step.after)
                    following.append(step.after)
        level, distance = following, distance + 1
    found.states = len(seen)
    found.longest, found.mixes = ways(model)
    return found


def ways(model: Model) -> tuple[int, Counter[Mix]]:
    """Return the length of the longest run, and how many schedules end in each mix of outcomes."""

    @cache
    def onward(state: State) -> tuple[int, Counter[Mix]]:
        longest, mixes = 0, Counter[Mix]()
        for step in model.steps(state):
            length, later = onward(step.after)
            longest = max(longest, length + 1)
            mixes.update(later)
        if not longest:
            outcomes = [ending[1] for ending in state[2]]
            mixes[outcomes.count(BOOKED), outcomes.count(REJECTED), outcomes.count(FAILED)] = 1
        return longest, mixes

    return onward(model.initial())
