"""Space-time diagrams of one run: the shared state on top, one row for each process, time from left to right.

What is drawn is decided once, in `diagram`, as `bookings` or `programs` words it; where it stands in `layout`. `text`
draws it for a terminal, and `page` as plain shapes, which `svg` and `png` write.
"""

from collections.abc import Collection

from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.drawing.bookings import booking_diagram
from lastseat.simulations.drawing.diagram import Diagram
from lastseat.simulations.drawing.page import picture
from lastseat.simulations.drawing.png import png
from lastseat.simulations.drawing.programs import program_diagram
from lastseat.simulations.drawing.svg import svg
from lastseat.simulations.drawing.text import LEAST_WIDTH, text
from lastseat.simulations.kernel.run import Run


def diagram_of(
    run: Run, scenario: Scenario | None = None, *, title: str | None = None, violating: Collection[int] = ()
) -> Diagram:
    """Return what is to be drawn of `run`: of booking attempts where their scenario is given, else of any program."""
    if scenario is None:
        return program_diagram(run, title, violating)
    return booking_diagram(run, scenario, title, violating)


def spacetime_svg(
    run: Run, scenario: Scenario | None = None, *, title: str | None = None, violating: Collection[int] = ()
) -> str:
    """Return the diagram of `run`, finished or not, as an SVG document that needs nothing beside it.

    With the `scenario` of its bookings, it speaks of observes, persists and outcomes. `title` is the scenario's where
    None. The steps numbered in `violating`, from 1, are drawn in crimson; a state in which more is confirmed than
    there is, or other than is reserved, is crimson anyway.
    The same run gives the same text. Clauses: state.capacity, state.sum, state.unique
    """
    return svg(picture(diagram_of(run, scenario, title=title, violating=violating)))


def spacetime_text(
    run: Run,
    scenario: Scenario | None = None,
    *,
    width: int = 80,
    title: str | None = None,
    violating: Collection[int] = (),
) -> str:
    """Return the diagram of `run` as lines of printable characters, none wider than `width` columns.

    The steps numbered in `violating`, and the states that `spacetime_svg` draws in crimson, are marked with `!`.
    Raises ValueError when `width` is less than LEAST_WIDTH columns.
    """
    if width < LEAST_WIDTH:
        raise ValueError(f"a diagram needs at least {LEAST_WIDTH} columns, not {width}")
    return text(diagram_of(run, scenario, title=title, violating=violating), width)


def spacetime_png(
    run: Run, scenario: Scenario | None = None, *, title: str | None = None, violating: Collection[int] = ()
) -> bytes:
    """Return the picture of `spacetime_svg` as a PNG.

    Raises PngLibraryMissingError without matplotlib, and PngError where the picture is too large for a PNG.
    """
    return png(picture(diagram_of(run, scenario, title=title, violating=violating)))
