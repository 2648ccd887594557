"""One schedule in HTML: its picture, its steps in words, and a stepper through its states.

The stepper is plain data, which `page.js` shows: for each state what the store holds, which invariants hold in
it, and what the step into it violates.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lastseat.model.properties import STATE_CHECKS, State, changed
from lastseat.reference.values import Snapshot
from lastseat.simulations.bookings.abstraction import store_of
from lastseat.simulations.bookings.judged import Finding
from lastseat.simulations.bookings.scheduler import Scheduler
from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.story import endings_told, told
from lastseat.simulations.drawing.diagram import diagram_of
from lastseat.simulations.drawing.page import picture
from lastseat.simulations.drawing.svg import svg
from lastseat.simulations.reports.tags import Markup, data_element, joined, tag

LONGEST_ID = 40  # characters of an id
LONGEST_WITNESS = 300  # characters
MOST_LISTED = 30  # reservations
MOVES = (("first", "|◀", "to the start"), ("back", "◀", "back"), ("next", "▶", "next"), ("last", "▶|", "to the end"))


class StepBeside(Protocol):
    """One step of a violation beside the same on a correct implementation."""

    @property
    def correct(self) -> str:
        """Return what the correct implementation does in its place."""

    @property
    def same(self) -> bool:
        """Return whether that looks the same from outside."""


class Explained(Protocol):
    """Why a clause is violated."""

    @property
    def cause(self) -> str:
        """Return the cause, in one sentence."""

    @property
    def correct(self) -> str:
        """Return the name of the correct implementation."""

    @property
    def steps(self) -> Sequence[StepBeside]:
        """Return the same schedule on the correct implementation."""


@dataclass(frozen=True, slots=True)
class Story:
    """An execution and what is said about it. `name` is unique in its page: letters, digits and `-`.

    `heading` stands above the picture and `lines` below the heading; `replay` is the command to paste, "" for none.
    """

    name: str
    heading: str
    execution: Scheduler
    found: tuple[Finding, ...]
    lines: tuple[str, ...] = ()
    replay: str = ""
    title: str | None = None
    explained: Explained | None = None


def story_section(story: Story) -> Markup:
    """Return the section of a story; it works without the script, but for the stepper."""
    execution = story.execution
    steps = [one.step for one in story.found if one.step]
    drawn = picture(diagram_of(execution, story.title, steps))
    places = [[round(part, 1) for part in (one.x, one.top, one.bottom)] for one in drawn.places]
    data = {"places": places, "states": states_data(execution, story.found)}
    explained = story.explained
    return tag(
        "section",
        tag("h3", story.heading) if story.heading else "",
        tag("p", explained.cause.rstrip("."), ".", class_="cause") if explained else "",
        *(tag("p", line) for line in story.lines),
        tag("figure", Markup(svg(drawn))),
        _stepper() if execution.taken else "",
        _steps(execution, story.found),
        *([_beside(explained)] if explained and explained.steps else []),
        tag("p", "Replay it: ", tag("code", story.replay)) if story.replay else "",
        data_element(f"{story.name}-data", data),
        class_="story" if execution.taken else "still",
        id=story.name,
        tabindex=0,
    )


def _stepper() -> Markup:
    buttons = (
        tag("button", sign, type="button", data_move=move, aria_label=said, title=said) for move, sign, said in MOVES
    )
    moves = tag("div", *buttons, tag("output", class_="where", aria_live="polite"), class_="moves")
    return tag("div", moves, tag("div", class_="panel"), class_="stepper", hidden=True)


def _steps(execution: Scheduler, found: tuple[Finding, ...]) -> Markup:
    broken = {one.step for one in found}
    lines = (
        tag("li", line, class_="broken" if number in broken else None)
        for number, line in enumerate(told(execution), start=1)
    )
    endings = zip(execution.scenario.labels, endings_told(execution), strict=True)
    made = [f"{label}: {ending}" for label, ending in endings if ending != "not redelivered"]
    start = (tag("p", f"✗ {one.clause}: {witness_of(one)}", class_="violated") for one in found if not one.step)
    return joined((*start, tag("ol", *lines, class_="steps"), tag("p", "In the end ", "; ".join(made), ".")))


def _beside(explained: Explained) -> Markup:
    lines = (tag("li", one.correct, class_=None if one.same else "broken") for one in explained.steps)
    heading = f"The same schedule on {explained.correct}, which is correct; marked where it does otherwise"
    return tag("details", tag("summary", heading), tag("ol", *lines, class_="beside"))


def states_data(execution: Scheduler, found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return for each state, that before the first step included, what the stepper shows of it."""
    taken = execution.taken
    snapshots = [one.before for one in taken[:1]] + [one.after for one in taken] or [execution.store.snapshot()]
    effects: Counter[str] = Counter()
    states = []
    for number, snapshot in enumerate(snapshots):
        if number:
            effects.update(changed(store_of(snapshots[number - 1]), store_of(snapshot)))
        violated = [[one.clause, witness_of(one)] for one in found if one.step == number]
        states.append({**_state(snapshot, effects), "violated": violated})
    return states


def _state(snapshot: Snapshot, effects: Counter[str]) -> dict[str, Any]:
    state = State(store_of(snapshot), tuple(effects.items()))
    listed = snapshot.reservations[:MOST_LISTED]
    more = len(snapshot.reservations) - len(listed)
    booked = [f"{_id(one.booking_id)} ({one.units} of {_id(one.resource_id)})" for one in listed]
    return {
        "store": [[_id(name), one.version, one.confirmed, one.capacity] for name, one in snapshot.resources],
        "reservations": booked + ([f"and {more} more"] if more else []),
        "invariants": [[one.clause, one.says, printable(one.witness(state) or "", LONGEST_WITNESS)]
                       for one in STATE_CHECKS],
    }  # fmt: skip


def _id(text: str) -> str:
    return printable(text, LONGEST_ID)


def witness_of(one: Finding) -> str:
    """Return what breaks a clause, in a text of sane length."""
    return printable(one.witness, LONGEST_WITNESS)
