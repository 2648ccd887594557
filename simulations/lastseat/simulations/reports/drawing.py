"""A drawing as one HTML page that needs nothing beside it: picture, stepper, steps in words, and all as text."""

from collections.abc import Collection, Sequence

from lastseat.simulations.bookings.findings import Finding
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import counted
from lastseat.simulations.common.values import value_told
from lastseat.simulations.counterexamples.program_story import end_told, steps_told
from lastseat.simulations.counterexamples.wording import SHARED, Words, parts_of
from lastseat.simulations.drawing.bookings import booking_diagram
from lastseat.simulations.drawing.page import picture
from lastseat.simulations.drawing.programs import program_diagram
from lastseat.simulations.drawing.svg import svg
from lastseat.simulations.drawing.text import text
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.reports.stepper import Story, places_data, stepper, story_section, witness_of
from lastseat.simulations.reports.tags import Markup, data_element, joined, page, tag

WIDTH = 80  # columns of the text
LONGEST_VALUE = 80  # characters of a value in the stepper
NAME = "story-1"


def spacetime_html(
    run: Run,
    scenario: Scenario,
    *,
    implementation: str = "",
    title: str | None = None,
    found: Sequence[Finding] = (),
    replay: str = "",
) -> str:
    """Return the diagram of a run of `scenario`, finished or not, as an HTML page; the same text for the same run.

    `implementation` is the name of what was executed, `found` are its violations (see `judged.findings`), and
    `replay` the command that runs it again; "" for none. The store must show snapshots, as those of the reference do.
    """
    named = scenario.title if title is None else title
    lines = tuple(f"✗ {finding.clause} is violated: {witness_of(finding)}" for finding in found)
    told = Story(NAME, "", run, scenario, tuple(found), lines, replay, named)
    diagram = booking_diagram(run, scenario, named, [finding.step for finding in found])
    of = f" of {implementation}" if implementation else ""
    body = (
        tag("h1", diagram.title),
        tag("p", f"{counted(len(run.taken), 'step')}{of}.", class_="muted"),
        story_section(told),
        tag("details", tag("summary", "The same as text"), tag("pre", text(diagram, WIDTH))),
    )
    return page(diagram.title, tag("main", joined(body)))


def program_html(
    run: Run,
    *,
    title: str | None = None,
    violating: Collection[int] = (),
    lines: Sequence[str] = (),
    replay: str = "",
) -> str:
    """Return the diagram of a run of any program as an HTML page; the same text for the same run.

    The steps numbered in `violating` break a property, which `lines` say in words; `replay` is how to run it again.
    """
    diagram = program_diagram(run, title, violating)
    drawn = picture(diagram)
    steps = (
        tag("li", line, class_="broken" if number in violating else None)
        for number, line in enumerate(steps_told(run), start=1)
    )
    story = tag(
        "section",
        *(tag("p", line) for line in lines),
        tag("figure", Markup(svg(drawn))),
        stepper() if run.taken else "",
        tag("ol", *steps, class_="steps"),
        *(tag("p", f"{line[:1].upper()}{line[1:]}.") for line in end_told(run)),
        tag("p", "Replay it: ", tag("code", replay)) if replay else "",
        data_element(f"{NAME}-data", {"places": places_data(drawn), "states": _states(run, violating)}),
        class_="story" if run.taken else "still",
        id=NAME,
        tabindex=0,
    )
    as_text = tag("details", tag("summary", "The same as text"), tag("pre", text(diagram, WIDTH)))
    return page(diagram.title, tag("main", joined((tag("h1", diagram.title), story, as_text))))


def _states(run: Run, violating: Collection[int]) -> list[dict[str, object]]:
    """Return for each state, that before the first step included, what the stepper shows of it."""
    words = Words(run)
    states: list[dict[str, object]] = []
    for number, state in enumerate([run.initial, *(taken.after for taken in run.taken)]):
        parts = parts_of(state)
        held = (
            [[SHARED, value_told(state, LONGEST_VALUE)]]
            if parts is None
            else [[value_told(part), words.value(part, value, LONGEST_VALUE)] for part, value in parts.items()]
        )
        violated = [["a property", f"in step {number}"]] if number in violating else []
        states.append({"parts": [[name.strip("'"), value] for name, value in held], "violated": violated})
    return states
