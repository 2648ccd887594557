"""What a run of booking attempts says in a diagram: resources, observes and persists, outcomes and their reasons."""

from collections import Counter
from collections.abc import Collection, Iterator

from lastseat.reference.attempt_booking import Operation
from lastseat.reference.values import Emission, NotObserved, Outcome, Proposal, Resource, Snapshot, Verdict
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.widths import calm
from lastseat.simulations.drawing.diagram import (
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_WORD,
    Box,
    Diagram,
    Hold,
    Kind,
    Lane,
    Mark,
    Row,
    Tone,
    Wording,
    drawn,
)
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.run import Run, Taken

# How to read the picture. What stands under it must be true of this very run.
_ARROWS = "Dashed: observe carries a copy down. Solid: persist decides."
_ARROWS_IN_FULL = "Dashed: observe carries a copy down. Solid: persist is the only moment that decides."
_HARMLESS = "A stale copy cannot hurt: its version no longer matches."
_PLAIN = f"{_ARROWS} Grey: the copy is stale."
_BROKEN = "Crimson: a property is violated."
WORDING = Wording(
    signs=("○ observe: holds a copy ━, stale ░   ● persist: ▲ took effect, △ did not",),
    other="◆ a step of another kind",
    fault="✗ a fault: a crash, no answer (at the store), a lost answer (at the attempt)",
    sentences=(_PLAIN,),
    harmless=(f"{_ARROWS_IN_FULL} {_HARMLESS}", f"{_ARROWS} {_HARMLESS}", _PLAIN),
    violated=(f"{_PLAIN} {_BROKEN}", f"{_ARROWS} {_BROKEN}"),
    noun="attempt",
)


def booking_diagram(
    run: Run, scenario: Scenario, title: str | None = None, violating: Collection[int] = ()
) -> Diagram:
    """Return what is to be drawn of a run of `scenario`; the steps in `violating` are known to break a property."""
    return drawn(run, Bookings(run, scenario), title, violating)


class Bookings:
    """The adapter for booking attempts; see `diagram.Adapter`."""

    wording = WORDING

    def __init__(self, run: Run, scenario: Scenario) -> None:
        self.run, self.scenario = run, scenario.delivered()
        self.title = scenario.title
        self._states = [run.initial, *(taken.after for taken in run.taken)]
        self._names = _lane_names(run, self.scenario, self._states)
        self._places = {name: place for place, name in enumerate(self._names)}

    def lanes(self) -> Iterator[Lane]:
        """Yield one lane for each resource with a part in it, or one for a store of another kind."""
        for name, shown in self._names.items():
            yield _lane(name, self._states, shown)

    def row(self, process: int) -> Row:
        """Return what is said of an attempt."""
        run, units = self.run, self.scenario.requests[process].units
        name, counted = calm(run.labels[process], LONGEST_NAME), f"{units} units" if units != 1 else ""
        began = any(taken.process == process for taken in run.taken)
        if process in run.returned:
            returned = run.returned[process]
            stepless = None if began else (_head(returned), "without a step")
            return Row(name, counted, stepless, _tone(returned))
        if process in run.crashed:
            return Row(name, counted)  # the crash is drawn where it was
        if process in run.waiting:
            return Row(name, counted, note="has to wait")
        return Row(name, counted, note="no outcome yet" if began else "not begun")

    def mark(self, taken: Taken, *, is_first: bool) -> Mark:
        """Return what a step is drawn as."""
        kind = Kind.CRASH if taken.fault is Fault.CRASH_BEFORE else kind_of(taken.operation)
        label, brief, detail = _doing(taken, kind)
        head, reason = _outcome(taken, kind, is_first=is_first)
        did = {Kind.PERSIST: "persists", Kind.CRASH: "stops"}.get(kind, label)
        ending = f": {head}" + (f" ({reason})" if reason else "") if head else ""
        return Mark(
            number=taken.number,
            row=taken.process,
            lane=self._places.get(None, self._places.get(resource_id_of(taken.operation))),
            kind=kind,
            tone=_tone(taken.returned) if taken.ended else Tone.NEUTRAL,
            effective=_changes(taken),
            label=label,
            brief=brief,
            detail=detail,
            head=head,
            reason=reason,
            fault=taken.fault,
            sentence=f"{calm(self.run.labels[taken.process], LONGEST_NAME)} {did}{ending}",
        )

    def holds(self) -> Iterator[Hold]:
        """Yield who had a copy, from when to when."""
        return _holds(self.run)


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


def _lane_names(run: Run, scenario: Scenario, states: list[object]) -> dict[str | None, str]:
    """Return what each lane is called: one for each resource with a part in it, or one for a foreign store."""
    snapshots = [state for state in states if isinstance(state, Snapshot)]
    if len(snapshots) < len(states):
        return {None: "store"}
    named = {resource_id_of(taken.operation) for taken in run.taken} - {None}
    named |= {request.resource_id for request in scenario.requests}
    contents = [dict(snapshot.resources) for snapshot in snapshots]
    changed = {name for content in contents for name in content if content[name] != contents[0].get(name)}
    names = sorted(str(name) for name in named | changed)
    return {name: "store" if len(names) == 1 else calm(name, LONGEST_NAME) for name in names}


def _lane(name: str | None, states: list[object], shown: str) -> Lane:
    boxes: list[Box] = []
    last: object = None
    for number, state in enumerate(states):
        box, content = _box(name, state, number, len(boxes))
        if not boxes or content != last:
            boxes.append(box)
        last = content
    return Lane(shown, tuple(boxes))


def _box(name: str | None, state: object, number: int, place: int) -> tuple[Box, object]:
    """Return the box of a lane in a state, and the value that tells whether it is still the same box."""
    if name is None or not isinstance(state, Snapshot):
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
    reserved = sum(reservation.units for reservation in state.reservations if reservation.resource_id == name)
    if reserved != resource.confirmed:
        return f"but {reserved} reserved"
    ids = Counter(reservation.booking_id for reservation in state.reservations)
    twice = any(
        ids[reservation.booking_id] > 1 for reservation in state.reservations if reservation.resource_id == name
    )
    return "one id twice" if twice else ""


def _outcome(taken: Taken, kind: Kind, *, is_first: bool) -> tuple[str, str]:
    """Return the head and the reason of a step."""
    if taken.fault is not None and taken.fault.is_crash:
        after = taken.fault is Fault.CRASH_AFTER
        when = "before emit" if after else f"before {getattr(taken.operation, 'kind', 'step')}"
        return "CRASH", calm(when, LONGEST_REASON)
    head, reason = "", ""
    if taken.ended:
        head, reason = _head(taken.returned), _ending(taken, is_first and kind is Kind.OBSERVE)
    if kind is Kind.PERSIST:
        head, reason = head or calm(str(taken.result), LONGEST_WORD), calm(_reason(taken), LONGEST_REASON)
    return head, reason


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


def _head(returned: object) -> str:
    if isinstance(returned, Emission):
        return calm(str(returned.outcome), LONGEST_WORD)
    return "ended" if returned is None else _word(returned, LONGEST_WORD)


def _word(value: object, longest: int) -> str:
    """Return a value of foreign code in a few characters; by its type where its text would be an address."""
    said = type(value).__name__ if str(value) == object.__repr__(value) else str(value)
    return calm(said, longest)


def _tone(returned: object) -> Tone:
    name = str(returned.outcome if isinstance(returned, Emission) else returned)
    return Tone(name) if name in set(Outcome) else Tone.NEUTRAL


def _ending(taken: Taken, decided_early: bool) -> str:
    """Return why an attempt ended where it did not persist. Clause: attempt.decides_at_persist"""
    reason = taken.returned.reason if isinstance(taken.returned, Emission) else None
    return calm(str(reason), LONGEST_REASON) if reason else "before persist" if decided_early else ""


def _reason(taken: Taken) -> str:
    """Return in a few words why a persist went as it did, judged by what the store held. Clause: persist.order"""
    proposal: Proposal = taken.operation.proposal
    before = taken.before if isinstance(taken.before, Snapshot) else Snapshot(())
    resource = dict(before.resources).get(proposal.request.resource_id)
    seen = "no version" if proposal.expected_version is None else f"v{proposal.expected_version}"
    fresh = resource is not None and proposal.expected_version == resource.version
    match taken.result:
        case Verdict.ACCEPTED if _changes(taken):
            return f"{seen} is current" if fresh else f"trusts {seen}"
        case Verdict.ACCEPTED:
            known = any(reservation.is_of(proposal.request) for reservation in before.reservations)
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


def _holds(run: Run) -> Iterator[Hold]:
    """Yield who had a copy, from when to when. Clause: observe.stale"""
    held: dict[int, tuple[str, Hold]] = {}
    for taken in run.taken:
        process = taken.process
        for other, (name, hold) in held.items():
            changed = _content(taken.before, name) != _content(taken.after, name)
            if other != process and hold.stale is None and changed:
                held[other] = name, Hold(other, hold.start, taken.number, None)
        kind = kind_of(taken.operation)
        died = taken.fault is not None and taken.fault.is_crash
        if process in held and (taken.ended or died or kind is not Kind.OTHER):
            _, hold = held.pop(process)
            yield Hold(hold.row, hold.start, hold.stale, taken.number)
        resource_id = resource_id_of(taken.operation)
        goes_on = not taken.ended and not died
        if kind is Kind.OBSERVE and resource_id and goes_on and taken.result is not NotObserved.UNAVAILABLE:
            stale = _stale_at_once(taken, resource_id)
            held[process] = resource_id, Hold(process, taken.number, stale, None)
    yield from (hold for _, hold in held.values())


def _content(state: object, resource_id: str) -> object:
    """Return what a state says of one resource, or the whole state where it is of another kind."""
    if not isinstance(state, Snapshot):
        return state
    reserved = [reservation for reservation in state.reservations if reservation.resource_id == resource_id]
    return dict(state.resources).get(resource_id), reserved


def _stale_at_once(taken: Taken, resource_id: str) -> int | None:
    """Return the step's own number where a store answered from the past."""
    if not isinstance(taken.after, Snapshot) or not isinstance(taken.result, Resource):
        return None
    now = dict(taken.after.resources).get(resource_id)
    return taken.number if now is None or now.version != taken.result.version else None
