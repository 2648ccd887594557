"""What a run of any program says in a diagram: shared objects, operations and their results, who holds what."""

from collections.abc import Collection, Iterator

from lastseat.simulations.common.text import counted
from lastseat.simulations.common.values import value_told
from lastseat.simulations.common.widths import calm
from lastseat.simulations.counterexamples.holding import copies_of, locks_of, tells
from lastseat.simulations.counterexamples.program_story import steps_told
from lastseat.simulations.counterexamples.wording import HELD, SHARED, Words, differs, kind_told, parts_of
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
from lastseat.simulations.kernel.operations import Choose, Join, Raised, Spawn
from lastseat.simulations.kernel.run import Run, Taken
from lastseat.simulations.kernel.stepping import ASSERTION, Broken

MOST_LANES = 12  # where more parts are touched, they are one lane of numbered states
LONG_VALUE, SHORT_VALUE = 20, 8  # characters of a value in a box
LONGEST_NOTE = 20  # characters

_ARROWS = "Dashed: a read. Solid: a write."
_BROKEN = "Crimson: a property is violated."
_THICK = "Thick: a lock, or a copy that is written back. Grey: the copy is stale."
WORDING = Wording(
    signs=(
        "○ a read   ● a write: ▲ changed something, △ did not",
        "━ a lock, or a copy that is written back; ░ stale",
    ),
    other="◆ another step",
    fault="✗ a fault: a crash, no answer (above), a lost answer (below)",
    sentences=(f"{_ARROWS} {_THICK}", _ARROWS),
    harmless=(f"{_ARROWS} {_THICK}", _ARROWS),
    violated=(f"{_ARROWS} {_THICK} {_BROKEN}", f"{_ARROWS} {_BROKEN}"),
)


def program_diagram(run: Run, title: str | None = None, violating: Collection[int] = ()) -> Diagram:
    """Return what is to be drawn of a run of a program; the steps in `violating` are known to break a property."""
    return drawn(run, Processes(run), title, violating)


class Processes:
    """The adapter for any program; see `diagram.Adapter`."""

    wording = WORDING

    def __init__(self, run: Run) -> None:
        self.run, self.words = run, Words(run)
        processes = counted(run.originals, run.noun).replace("processs", "processes")
        self.title = f"{processes}, {counted(len(run.taken), 'step')}"
        self._told = steps_told(run)
        self._states = [run.initial, *(taken.after for taken in run.taken)]
        self._parts = self._named_parts()
        self._places = {part: place for place, part in enumerate(self._parts)}

    def _named_parts(self) -> tuple[str, ...]:
        """Return the parts that have a lane: those that were touched or changed; () where there is but one lane."""
        states = [parts_of(state) for state in self._states]
        named = [state for state in states if state is not None]
        if len(named) < len(states):
            return ()
        known = dict.fromkeys(part for state in named for part in state)
        touched = {location for taken in self.run.taken for location in (*(taken.reads or ()), *(taken.writes or ()))}
        touched |= {place for operation in self.run.ahead.values() for place in _reads(operation)}
        changed = {part for part in known for state in named if differs(state.get(part), named[0].get(part))}
        parts = tuple(part for part in known if part in touched or part in changed)
        return parts if len(parts) <= MOST_LANES else ()

    def lanes(self) -> Iterator[Lane]:
        """Yield one lane for each part of the shared state that was touched, or one for all of it."""
        for part in self._parts:
            yield Lane(calm(part, LONGEST_NAME), tuple(self._boxes(part)))
        if not self._parts:
            yield Lane(SHARED, tuple(self._numbered()))

    def _boxes(self, part: str) -> Iterator[Box]:
        last: object = None
        for number, state in enumerate(self._states):
            held = parts_of(state) or {}
            content = (part in held, held.get(part))
            if number and not differs(content, last):
                continue
            last = content
            if part not in held:
                yield Box(number, ("not there", "none"), None)
                continue
            said = self.words.value(part, held[part], LONG_VALUE)
            is_held = said.startswith(HELD)
            texts = tuple(dict.fromkeys((calm(said, LONG_VALUE), HELD if is_held else calm(said, SHORT_VALUE))))
            yield Box(number, texts, 1.0 if is_held else 0.0)

    def _numbered(self) -> Iterator[Box]:
        """Yield a box for each state that differs from the one before, or may: some states cannot be seen."""
        place = 0
        for number, state in enumerate(self._states):
            if number:
                taken, before = self.run.taken[number - 1], self._states[number - 1]
                if not differs(before, state) and (state is not None or taken.writes == ()):
                    continue
                place += 1
            said = () if state is None else (calm(value_told(state, LONG_VALUE), LONG_VALUE),)
            yield Box(number, (*said, f"state {place}", str(place)), 0.0)

    def row(self, process: int) -> Row:
        """Return what is said of a process."""
        run, name = self.run, calm(self.run.labels[process], LONGEST_NAME)
        began = any(taken.process == process for taken in run.taken)
        if process in run.returned:
            returned = run.returned[process]
            stepless = None if began else (calm(_ended(returned), LONGEST_WORD), "without a step")
            return Row(name, stepless=stepless)
        if process in run.crashed:
            return Row(name)  # the crash is drawn where it was
        if process in run.waiting:
            return Row(name, note=self._waits(process))
        return Row(name, note="not over" if began else "not begun")

    def _waits(self, process: int) -> str:
        operation = self.run.ahead[process]
        if isinstance(operation, Join):
            return calm(self.words.operation(operation).replace("join ", "joins ", 1), LONGEST_NOTE)
        named = [self.words.location(place) for place in _reads(operation)]
        return calm(f"waits: {named[0]}", LONGEST_NOTE) if named else "has to wait"

    def mark(self, taken: Taken, *, is_first: bool) -> Mark:
        """Return what a step is drawn as."""
        del is_first
        kind = self._kind(taken)
        label, brief, head, reason = self._said(taken, kind)
        broken = isinstance(taken.returned, Broken)
        return Mark(
            number=taken.number,
            row=taken.process,
            lane=self._lane_of(taken),
            kind=kind,
            tone=Tone.VIOLATION if broken else Tone.NEUTRAL,
            effective=_changes(taken),
            label=label,
            brief=brief,
            head=head,
            reason=reason,
            fault=taken.fault,
            sentence=self._told[taken.number - 1],
        )

    def _kind(self, taken: Taken) -> Kind:
        operation = taken.operation
        if taken.fault is Fault.CRASH_BEFORE:
            return Kind.CRASH
        if isinstance(operation, Choose | Join | Spawn):
            return Kind.LOCAL
        may_write = getattr(operation, "writes", None)
        if may_write is None or (may_write and taken.writes is None):
            return Kind.OTHER
        return Kind.PERSIST if may_write else Kind.OBSERVE

    def _lane_of(self, taken: Taken) -> int | None:
        written = getattr(taken.operation, "writes", None) or ()
        places = [self._places[place] for place in (*written, *_reads(taken.operation)) if place in self._places]
        return places[0] if places else None

    def _said(self, taken: Taken, kind: Kind) -> tuple[str, str, str, str]:
        """Return the label, the brief, the head and the reason of a step."""
        word = kind_told(taken.operation)
        if taken.fault is not None and taken.fault.is_crash:
            when = f"after {word}" if taken.fault is Fault.CRASH_AFTER else f"before {word}"
            return "", "", "CRASH", calm(when, LONGEST_REASON)
        failed = _FAILED.get(taken.fault, "") if taken.fault is not None else ""
        raised = isinstance(taken.result, Raised)
        says = tells(taken) or isinstance(taken.operation, Spawn)
        told = value_told(taken.result, SHORT_VALUE) if says and not failed and not raised else ""
        end = _ended(taken.returned) if taken.ended else ""
        if raised and not failed and not end:
            end = _raises(taken.result.kind.__name__)
        if failed:
            end = ", ".join(filter(None, (failed, end)))
        if kind is Kind.PERSIST:
            did = self.words.operation(taken.operation)
            name = getattr(getattr(taken.operation, "on", None), "name", "")
            did = did.replace(f" {name}: ", " ", 1).removesuffix(f" {name}") if name else did
            reason = ", ".join(filter(None, (told and f"→ {told}", end)))
            return "", "", calm(did if len(did) <= LONGEST_WORD else word, LONGEST_WORD), calm(reason, LONGEST_REASON)
        label = calm(f"{word} {told}" if told else word, LONGEST_WORD)
        return label, (calm(told, SHORT_VALUE) if word == "read" and told else label), "", calm(end, LONGEST_REASON)

    def holds(self) -> Iterator[Hold]:
        """Yield what was held: locks, and copies that are written back, in that order."""
        for held in (*locks_of(self.run), *copies_of(self.run)):
            yield Hold(held.process, held.start, held.stale, held.end)


_FAILED = {Fault.UNAVAILABLE: "no answer", Fault.ANSWER_LOST: "answer lost"}


def _reads(operation: object) -> tuple[object, ...]:
    return getattr(operation, "reads", None) or ()


def _ended(returned: object) -> str:
    if isinstance(returned, Broken):
        return "FAILS" if returned.name == ASSERTION else _raises(returned.kind)
    return "ends" if returned is None else f"returns {value_told(returned, SHORT_VALUE)}"


def _raises(kind: str) -> str:
    return calm(f"raises {kind}", LONGEST_REASON)


def _changes(taken: Taken) -> bool:
    """Return whether a step changed what the shared state shows, or wrote, where it shows nothing."""
    if taken.before is None and taken.after is None:
        return taken.writes != () and taken.fault not in (Fault.CRASH_BEFORE, Fault.UNAVAILABLE)
    return differs(taken.before, taken.after)
