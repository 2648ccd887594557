"""A drawing as one HTML page that needs nothing beside it: picture, stepper, steps in words, and all as text."""

from collections.abc import Sequence

from lastseat.simulations.bookings.judged import Finding
from lastseat.simulations.bookings.scheduler import Scheduler
from lastseat.simulations.common.text import counted
from lastseat.simulations.drawing.diagram import diagram_of
from lastseat.simulations.drawing.text import text
from lastseat.simulations.reports.stepper import Story, story_section, witness_of
from lastseat.simulations.reports.tags import joined, page, tag

WIDTH = 80  # columns of the text


def spacetime_html(
    execution: Scheduler, *, title: str | None = None, found: Sequence[Finding] = (), replay: str = ""
) -> str:
    """Return the diagram of `execution`, finished or not, as an HTML page; the same text for the same execution.

    `found` are its violations (see `judged.findings`), and `replay` the command that runs it again, "" for none. The
    store must show snapshots, as those of the reference do.
    """
    named = execution.scenario.title if title is None else title
    lines = tuple(f"✗ {one.clause} is violated: {witness_of(one)}" for one in found)
    told = Story("story-1", "", execution, tuple(found), lines, replay, named)
    diagram = diagram_of(execution, named, [one.step for one in found])
    body = (
        tag("h1", diagram.title),
        tag("p", f"{counted(len(execution.taken), 'step')} of {execution.implementation.name}.", class_="muted"),
        story_section(told),
        tag("details", tag("summary", "The same as text"), tag("pre", text(diagram, WIDTH))),
    )
    return page(diagram.title, tag("main", joined(body)))
