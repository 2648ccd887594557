"""Space-time diagrams of one execution: the store on top, one row for each attempt, time from left to right.

What is drawn is decided once, in `draw_diagram`; where it stands in `draw_layout`. `draw_text` draws it for a
terminal, and `draw_page` as plain shapes, which `draw_svg` and `draw_png` write; `draw_html` makes a page of it.
"""

from collections.abc import Collection

from lastseat.simulations.bookings.scheduler import Scheduler
from lastseat.simulations.drawing.diagram import diagram_of
from lastseat.simulations.drawing.page import picture
from lastseat.simulations.drawing.png import png
from lastseat.simulations.drawing.svg import svg
from lastseat.simulations.drawing.text import LEAST_WIDTH, text


def spacetime_svg(execution: Scheduler, *, title: str | None = None, violating: Collection[int] = ()) -> str:
    """Return the diagram of `execution`, finished or not, as an SVG document that needs nothing beside it.

    `title` is the scenario's where None. The steps numbered in `violating`, from 1, are drawn in crimson; a state
    in which more is confirmed than there is, or other than is reserved, is crimson anyway.
    The same execution gives the same text. Clauses: state.capacity, state.sum, state.unique
    """
    return svg(picture(diagram_of(execution, title, violating)))


def spacetime_text(
    execution: Scheduler, width: int = 80, *, title: str | None = None, violating: Collection[int] = ()
) -> str:
    """Return the diagram of `execution` as lines of printable characters, none wider than `width` columns.

    The steps numbered in `violating`, and the states that `spacetime_svg` draws in crimson, are marked with `!`.
    Raises ValueError when `width` is less than LEAST_WIDTH columns.
    """
    if width < LEAST_WIDTH:
        raise ValueError(f"a diagram needs at least {LEAST_WIDTH} columns, not {width}")
    return text(diagram_of(execution, title, violating), width)


def spacetime_png(execution: Scheduler, *, title: str | None = None, violating: Collection[int] = ()) -> bytes:
    """Return the picture of `spacetime_svg` as a PNG.

    Raises PngLibraryMissingError without matplotlib, and PngError where the picture is too large for a PNG.
    """
    return png(picture(diagram_of(execution, title, violating)))
