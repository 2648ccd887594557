"""One schedule in HTML: its picture, its steps in words, and a stepper through its states.

The stepper is plain data, which `page.js` shows: for each state what the store holds, which invariants hold in
it, and what the step into it violates.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lastseat.model.properties import STATE_CHECKS, State, changed
from lastseat.reference.values import Snapshot
from lastseat.simulations.bookings.abstraction import store_of
from lastseat.simulations.bookings.findings import Finding
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.explain import Explanation
from lastseat.simulations.counterexamples.story import endings_told, told
from lastseat.simulations.drawing.bookings import booking_diagram
from lastseat.simulations.drawing.page import picture
from lastseat.simulations.drawing.shapes import Picture
from lastseat.simulations.drawing.svg import svg
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.reports.tags import Markup, data_element, joined, tag

LONGEST_ID = 40  # characters of an id
LONGEST_WITNESS = 300  # characters
MOST_LISTED = 30  # reservations
MOVES = (("first", "|◀", "to the start"), ("back", "◀", "back"), ("next", "▶", "next"), ("last", "▶|", "to the end"))


@dataclass(frozen=True, slots=True)
class Story:
    """A run of a scenario and what is said about it. `name` is unique in its page: letters, digits and `-`.

    `heading` stands above the picture and `lines` below the heading; `replay` is the command to paste, "" for none.
    """

    name: str
    heading: str
    run: Run
    scenario: Scenario
    found: tuple[Finding, ...]
    lines: tuple[str, ...] = ()
    replay: str = ""
    title: str | None = None
    explained: Explanation | None = None


def story_section(story: Story) -> Markup:
    """Return the section of a story; it works without the script, but for the stepper."""
    run = story.run
    steps = [finding.step for finding in story.found if finding.step]
    drawn = picture(booking_diagram(run, story.scenario, story.title, steps))
    data = {"places": places_data(drawn), "states": states_data(run, story.found)}
    explained = story.explained
    return tag(
        "section",
        tag("h3", story.heading) if story.heading else "",
        tag("p", explained.cause.rstrip("."), ".", class_="cause") if explained else "",
        *(tag("p", line) for line in story.lines),
        tag("figure", Markup(svg(drawn))),
        stepper() if run.taken else "",
        _steps(run, story.found),
        *([_beside(explained)] if explained and explained.steps else []),
        tag("p", "Replay it: ", tag("code", story.replay)) if story.replay else "",
        data_element(f"{story.name}-data", data),
        class_="story" if run.taken else "still",
        id=story.name,
        tabindex=0,
    )


def places_data(drawn: Picture) -> list[list[float]]:
    """Return where the line of each step stands, as the stepper has it."""
    return [[round(part, 1) for part in (place.x, place.top, place.bottom)] for place in drawn.places]


def stepper() -> Markup:
    """Return the buttons and the panel that the script fills."""
    buttons = (
        tag("button", sign, type="button", data_move=move, aria_label=said, title=said) for move, sign, said in MOVES
    )
    moves = tag("div", *buttons, tag("output", class_="where", aria_live="polite"), class_="moves")
    return tag("div", moves, tag("div", class_="panel"), class_="stepper", hidden=True)


def _steps(run: Run, found: tuple[Finding, ...]) -> Markup:
    broken = {finding.step for finding in found}
    lines = (
        tag("li", line, class_="broken" if number in broken else None)
        for number, line in enumerate(told(run), start=1)
    )
    endings = zip(run.labels, endings_told(run), strict=True)
    made = [f"{label}: {ending}" for label, ending in endings if ending != "not redelivered"]
    early = (finding for finding in found if not finding.step)
    start = (tag("p", f"✗ {finding.clause}: {witness_of(finding)}", class_="violated") for finding in early)
    return joined((*start, tag("ol", *lines, class_="steps"), tag("p", "In the end ", "; ".join(made), ".")))


def _beside(explained: Explanation) -> Markup:
    lines = (tag("li", step.correct, class_=None if step.same else "broken") for step in explained.steps)
    heading = f"The same schedule on {explained.correct}, which is correct; marked where it does otherwise"
    return tag("details", tag("summary", heading), tag("ol", *lines, class_="beside"))


def states_data(run: Run, found: Sequence[Finding]) -> list[dict[str, object]]:
    """Return for each state, that before the first step included, what the stepper shows of it."""
    snapshots = [run.initial, *(taken.after for taken in run.taken)]
    effects: Counter[str] = Counter()
    states = []
    for number, snapshot in enumerate(snapshots):
        if number:
            effects.update(changed(store_of(snapshots[number - 1]), store_of(snapshot)))
        violated = [[finding.clause, witness_of(finding)] for finding in found if finding.step == number]
        states.append({**_state(snapshot, effects), "violated": violated})
    return states


def _state(snapshot: Snapshot, effects: Counter[str]) -> dict[str, object]:
    state = State(store_of(snapshot), tuple(effects.items()))
    listed = snapshot.reservations[:MOST_LISTED]
    more = len(snapshot.reservations) - len(listed)
    booked = [
        f"{_id(reservation.booking_id)} ({reservation.units} of {_id(reservation.resource_id)})"
        for reservation in listed
    ]
    return {
        "store": [
            [_id(name), resource.version, resource.confirmed, resource.capacity]
            for name, resource in snapshot.resources
        ],
        "reservations": booked + ([f"and {more} more"] if more else []),
        "invariants": [
            [check.clause, check.says, printable(check.witness(state) or "", LONGEST_WITNESS)]
            for check in STATE_CHECKS
        ],
    }


def _id(text: str) -> str:
    return printable(text, LONGEST_ID)


def witness_of(finding: Finding) -> str:
    """Return what breaks a clause, in a text of sane length."""
    return printable(finding.witness, LONGEST_WITNESS)
