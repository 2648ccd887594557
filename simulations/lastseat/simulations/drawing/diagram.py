"""What a space-time diagram says, before anybody draws it: lanes, rows, marks, and who holds which copy.

Steps are numbered from 1 as in the execution; 0 stands for the beginning, before the first step.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lastseat.reference.attempt_booking import Operation
from lastseat.reference.values import Emission, NotObserved, Outcome, Proposal, Resource, Snapshot, Verdict
from lastseat.simulations.bookings.scheduler import Scheduler, Taken
from lastseat.simulations.common.widths import calm

LONGEST_NAME = 32  # characters of an id or a label
LONGEST_REASON = 24  # characters
LONGEST_WORD = 18  # characters of whatever foreign code says


class Kind(StrEnum):
    """What a step is drawn as."""

    OBSERVE = "observe"
    PERSIST = "persist"
    OTHER = "other"
    CRASH = "crash"  # a fault instead of a step


class Tone(StrEnum):
    """What a step is coloured by: the outcome that it led to, or none."""

    BOOKED = "BOOKED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    NEUTRAL = "neutral"
    VIOLATION = "violation"


@dataclass(frozen=True, slots=True)
class Box:
    """What a resource holds from step `start` on, until the next box.

    `texts` say it, the longest first. `fullness` is confirmed / capacity, between 0 and 1; None: no such resource.
    """

    start: int
    texts: tuple[str, ...]
    fullness: float | None
    violating: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One resource through time. `boxes` has at least one, and they are in order."""

    name: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One step: `row` is its attempt and `lane` the resource that it touches (None: not known).

    `label` and the shorter `brief` say what was done, `detail` what came of it where no other part does. `head`
    and `reason` are the outcome, or the verdict of a persist after which the attempt went on. `fault` is the letter
    of the fault that struck in it.
    """

    number: int
    row: int
    lane: int | None
    kind: Kind
    tone: Tone
    effective: bool
    label: str = ""
    brief: str = ""
    detail: str = ""
    head: str = ""
    reason: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Hold:
    """An attempt has a copy from step `start` to `end`, stale since `stale`; None: not in this execution."""

    row: int
    start: int
    stale: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt. `stepless`: the outcome and reason of one that took no step. `note`: why one is unfinished."""

    name: str
    units: str = ""
    stepless: tuple[str, str] | None = None
    tone: Tone = Tone.NEUTRAL
    note: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """All that is drawn of one execution. `marks` are the steps in order, numbered from 1."""

    title: str
    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    holds: tuple[Hold, ...]

    @property
    def violates(self) -> bool:
        """Return whether anything in it is drawn as a violation."""
        boxes = (box for lane in self.lanes for box in lane.boxes)
        return any(box.violating for box in boxes) or any(mark.tone is Tone.VIOLATION for mark in self.marks)

    @property
    def is_struck(self) -> bool:
        """Return whether a fault strikes in it."""
        return any(mark.fault for mark in self.marks)

    @property
    def is_harmless(self) -> bool:
        """Return whether no stale copy took effect. Clause: persist.compare_and_swap"""
        stale = {hold.end for hold in self.holds if hold.stale is not None}
        return not any(mark.effective and mark.number in stale for mark in self.marks)


def diagram_of(execution: Scheduler, title: str | None = None, violating: Collection[int] = ()) -> Diagram:
    """Return what is to be drawn of `execution`; the steps numbered in `violating` are known to break a property."""
    taken = execution.taken
    states = [one.before for one in taken[:1]] + [one.after for one in taken] or [execution.store.snapshot()]
    names = _lane_names(execution, states)
    lanes = tuple(_lane(name, states, shown) for name, shown in names.items())
    places = {name: place for place, name in enumerate(names)}
    begun = {one.attempt: one.number for one in reversed(taken)}
    # A redelivery that was not made has no row.
    attempts = [*range(len(execution.scenario.originals)), *sorted(begun)]
    rows = {who: row for row, who in enumerate(dict.fromkeys(attempts))}
    return Diagram(
        title=calm(execution.scenario.title if title is None else title, 160),
        lanes=lanes,
        rows=tuple(_row(execution, who) for who in rows),
        marks=tuple(
            replace(_mark(one, places, violating, one.number == begun[one.attempt]), row=rows[one.attempt])
            for one in taken
        ),
        holds=tuple(replace(hold, row=rows[hold.row]) for hold in _holds(taken)),
    )


def kind_of(operation: Operation) -> Kind:
    """Return what a step is drawn as. Code that is not ours may call its operations as it likes."""
    kind = getattr(operation, "kind", "")
    if kind == "observe" and isinstance(getattr(operation, "resource_id", None), str):
        return Kind.OBSERVE
    if kind == "persist" and isinstance(getattr(operation, "proposal", None), Proposal):
        return Kind.PERSIST
    return Kind.OTHER


def resource_id_of(operation: Operation) -> str | None:
    """Return the resource that an operation names, if any."""
    proposal = getattr(operation, "proposal", None)
    named = (
        proposal.request.resource_id if isinstance(proposal, Proposal) else getattr(operation, "resource_id", None)
    )
    return named if isinstance(named, str) else None


def _lane_names(execution: Scheduler, states: list[Any]) -> dict[str | None, str]:
    """Return what each lane is called: one for each resource with a part in it, or one for a foreign store."""
    if not all(isinstance(state, Snapshot) for state in states):
        return {None: "store"}
    named = {resource_id_of(one.operation) for one in execution.taken} - {None}
    named |= {request.resource_id for request in execution.scenario.requests}
    contents = [dict(state.resources) for state in states]
    changed = {name for content in contents for name in content if content[name] != contents[0].get(name)}
    names = sorted(str(name) for name in named | changed)
    return {name: "store" if len(names) == 1 else calm(name, LONGEST_NAME) for name in names}


def _lane(name: str | None, states: list[Any], shown: str) -> Lane:
    boxes: list[Box] = []
    last: Any = None
    for number, state in enumerate(states):
        box, content = _box(name, state, number, len(boxes))
        if not boxes or content != last:
            boxes.append(box)
        last = content
    return Lane(shown, tuple(boxes))


def _box(name: str | None, state: Any, number: int, place: int) -> tuple[Box, Any]:
    """Return the box of a lane in a state, and the value that tells whether it is still the same box."""
    if name is None:
        return Box(number, (f"state {place}", str(place)), 0.0), state
    resource = dict(state.resources).get(name)
    if resource is None:
        return Box(number, ("no such resource", "absent"), None), None
    wrong = _broken(state, name, resource)
    long = f"version {resource.version} · {resource.confirmed} of {resource.capacity}"
    short = f"v{resource.version} · {resource.confirmed}/{resource.capacity}"
    also = (f"{long}, {wrong}", f"{short}, {wrong}") if wrong else ()
    full = min(1.0, max(0.0, resource.confirmed / resource.capacity)) if resource.capacity else 1.0
    over = not 0 <= resource.confirmed <= resource.capacity
    texts = (*also, *(() if also else (long,)), short, f"v{resource.version}")
    return Box(number, texts, full, over or bool(wrong)), (resource, wrong)


def _broken(state: Snapshot, name: str, resource: Resource) -> str:
    """Return in a few words what the reservations contradict. Clauses: state.sum, state.unique"""
    reserved = sum(one.units for one in state.reservations if one.resource_id == name)
    if reserved != resource.confirmed:
        return f"but {reserved} reserved"
    ids = Counter(one.booking_id for one in state.reservations)
    twice = any(ids[one.booking_id] > 1 for one in state.reservations if one.resource_id == name)
    return "one id twice" if twice else ""


def _row(execution: Scheduler, who: int) -> Row:
    scenario = execution.scenario
    units = scenario.requests[who].units
    name, counted = calm(scenario.labels[who], LONGEST_NAME), f"{units} units" if units != 1 else ""
    began = any(one.attempt == who for one in execution.taken)
    if who in execution.returned:
        returned = execution.returned[who]
        stepless = None if began else (_head(returned), "without a step")
        return Row(name, counted, stepless, _tone(returned))
    if who in execution.crashed:
        return Row(name, counted)  # the crash is drawn where it was
    if who in execution.waiting():
        return Row(name, counted, note="has to wait")
    return Row(name, counted, note="no outcome yet" if began else "not begun")


def _mark(taken: Taken, places: dict[str | None, int], violating: Collection[int], is_first: bool) -> Mark:
    kind = Kind.CRASH if taken.letter == "c" else kind_of(taken.operation)
    label, brief, detail = _doing(taken, kind)
    head, reason = "", ""
    tone = _tone(taken.returned) if taken.ended else Tone.NEUTRAL
    if taken.ended:
        head, reason = _head(taken.returned), _ending(taken, is_first and kind is Kind.OBSERVE)
    if kind is Kind.PERSIST:
        head, reason = head or calm(str(taken.result), LONGEST_WORD), calm(_reason(taken), LONGEST_REASON)
    if taken.letter in ("c", "d"):
        when = "before emit" if taken.letter == "d" else f"before {getattr(taken.operation, 'kind', 'step')}"
        head, reason = "CRASH", calm(when, LONGEST_REASON)
    return Mark(
        number=taken.number,
        row=taken.attempt,
        lane=places.get(None, places.get(resource_id_of(taken.operation))),
        kind=kind,
        tone=Tone.VIOLATION if taken.number in violating else tone,
        effective=_changes(taken),
        label=label,
        brief=brief,
        detail=detail,
        head=head,
        reason=reason,
        fault=taken.letter,
    )


def _doing(taken: Taken, kind: Kind) -> tuple[str, str, str]:
    """Return the label, the brief and the detail of a step."""
    match kind, taken.result:
        case ((Kind.PERSIST | Kind.CRASH), _):
            return "", "", ""
        case Kind.OBSERVE, Resource(version=version):
            return f"reads v{version}", f"v{version}", ""
        case Kind.OBSERVE, NotObserved.ABSENT:
            return "finds nothing", "none", ""
        case Kind.OBSERVE, NotObserved.UNAVAILABLE:
            return "no answer", "no answer", ""
        case _:
            word = calm(str(getattr(taken.operation, "kind", "step")), LONGEST_WORD) or "step"
            detail = "" if taken.result is None else f"→ {_word(taken.result, LONGEST_WORD - 4)}"
            return word, word, detail


def _changes(taken: Taken) -> bool:
    """Return whether a step changed what the store shows; a flawed store may change what it hides with any step."""
    before, after = taken.before, taken.after
    if isinstance(before, Snapshot) and isinstance(after, Snapshot):
        return before.resources != after.resources or before.reservations != after.reservations
    return bool(before != after)


def _head(returned: Any) -> str:
    if isinstance(returned, Emission):
        return calm(str(returned.outcome), LONGEST_WORD)
    return "ended" if returned is None else _word(returned, LONGEST_WORD)


def _word(value: Any, longest: int) -> str:
    """Return a value of foreign code in a few characters; by its type where its text would be an address."""
    said = type(value).__name__ if str(value) == object.__repr__(value) else str(value)
    return calm(said, longest)


def _tone(returned: Any) -> Tone:
    name = str(returned.outcome if isinstance(returned, Emission) else returned)
    return Tone(name) if name in set(Outcome) else Tone.NEUTRAL


def _ending(taken: Taken, decided_early: bool) -> str:
    """Return why an attempt ended where it did not persist. Clause: attempt.decides_at_persist"""
    reason = taken.returned.reason if isinstance(taken.returned, Emission) else None
    return calm(str(reason), LONGEST_REASON) if reason else "before persist" if decided_early else ""


def _reason(taken: Taken) -> str:
    """Return in a few words why a persist went as it did, judged by what the store held. Clause: persist.order"""
    proposal: Proposal = taken.operation.proposal  # type: ignore[attr-defined]
    before = taken.before if isinstance(taken.before, Snapshot) else Snapshot(())
    resource = dict(before.resources).get(proposal.request.resource_id)
    seen = "no version" if proposal.expected_version is None else f"v{proposal.expected_version}"
    fresh = resource is not None and proposal.expected_version == resource.version
    match taken.result:
        case Verdict.ACCEPTED if _changes(taken):
            return f"{seen} is current" if fresh else f"trusts {seen}"
        case Verdict.ACCEPTED:
            known = any(one.is_of(proposal.request) for one in before.reservations)
            return "recorded already" if known else "nothing recorded"
        case Verdict.OVER_CAPACITY:
            left = resource.capacity - resource.confirmed if resource else 0
            return f"{'fresh, but' if fresh else 'stale, and'} {f'{left} left' if left > 0 else 'full'}"
        case Verdict.VERSION_CONFLICT:
            return f"{seen} {'was current' if fresh else 'is stale'}"
        case Verdict.IDENTIFIER_REUSE:
            return "id in use"
        case Verdict.UNKNOWN_RESOURCE:
            return "no such resource"
        case Verdict.ACKNOWLEDGEMENT_LOST:
            return "answer lost"
    return str(taken.result)


def _holds(taken: list[Taken]) -> Iterator[Hold]:
    """Yield who had a copy, from when to when. Clause: observe.stale"""
    held: dict[int, tuple[str, Hold]] = {}
    for one in taken:
        for who, (name, hold) in held.items():
            if who != one.attempt and hold.stale is None and _content(one.before, name) != _content(one.after, name):
                held[who] = name, Hold(who, hold.start, one.number, None)
        kind = kind_of(one.operation)
        died = one.letter in ("c", "d")
        if one.attempt in held and (one.ended or died or kind is not Kind.OTHER):
            _, hold = held.pop(one.attempt)
            yield Hold(hold.row, hold.start, hold.stale, one.number)
        resource_id = resource_id_of(one.operation)
        goes_on = not one.ended and not died
        if kind is Kind.OBSERVE and resource_id and goes_on and one.result is not NotObserved.UNAVAILABLE:
            held[one.attempt] = resource_id, Hold(one.attempt, one.number, _stale_at_once(one, resource_id), None)
    yield from (hold for _, hold in held.values())


def _content(state: Any, resource_id: str) -> Any:
    """Return what a state says of one resource, or the whole state where it is of another kind."""
    if not isinstance(state, Snapshot):
        return state
    reserved = [one for one in state.reservations if one.resource_id == resource_id]
    return dict(state.resources).get(resource_id), reserved


def _stale_at_once(taken: Taken, resource_id: str) -> int | None:
    """Return the step's own number where a store answered from the past."""
    if not isinstance(taken.after, Snapshot) or not isinstance(taken.result, Resource):
        return None
    now = dict(taken.after.resources).get(resource_id)
    return taken.number if now is None or now.version != taken.result.version else None
