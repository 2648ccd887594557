"""The one style of all figures: colours, text, and how a figure is made, shown and written.

No figure uses `pyplot`, so none is shown by itself or kept alive. Only fonts that come with matplotlib are used, and
in an SVG texts are outlines: it looks the same everywhere, and labels that do not overlap here overlap nowhere.
"""

import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, wraps
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import ParamSpec

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.textpath import text_to_path

from lastseat.reference.values import Outcome
from lastseat.simulations.common.text import counted

# Told apart with any kind of colour blindness. In grey REJECTED is close to FAILED, so marks and words tell them too.
BOOKED, REJECTED, FAILED, VIOLATION = "#1F6FB4", "#F0B13C", "#A9AFBA", "#A3003F"
COLOURS: Mapping[str, str] = MappingProxyType(
    {Outcome.BOOKED: BOOKED, Outcome.REJECTED: REJECTED, Outcome.FAILED: FAILED}
)
# The same for text and for thin lines, dark enough to be read on white (contrast at least 4.5).
INKS: Mapping[str, str] = MappingProxyType(
    {Outcome.BOOKED: "#154F84", Outcome.REJECTED: "#8A5A00", Outcome.FAILED: "#5F6673"}
)
INK, MUTED, RULE, PAPER, PALE = "#1B2030", "#5A6070", "#C9CDD6", "#FFFFFF", "#F0F1F5"

STYLE = Path(__file__).with_name("lastseat.mplstyle")
MARGIN = 0.18  # inches around the drawing
TITLE_SIZE, SUBTITLE_SIZE, SMALL = 14.0, 9.5, 8.5  # points

Given = ParamSpec("Given")


def use_style() -> None:
    """Make this the style of everything that matplotlib draws from now on; in IPython, show figures as SVG."""
    matplotlib.style.use(STYLE)
    try:
        shell = import_module("IPython").get_ipython()
        inline = import_module("matplotlib_inline.backend_inline")
    except ModuleNotFoundError:
        return
    if shell is not None:
        inline.set_matplotlib_formats("svg", metadata={"Date": None})


def styled(draw: Callable[Given, Figure]) -> Callable[Given, Figure]:
    """Draw in this style, whatever else is in force. Only defaults of matplotlib are changed, and only meanwhile."""

    @wraps(draw)
    def drawn(*args: Given.args, **kwargs: Given.kwargs) -> Figure:
        # Names of foreign things may hold a dollar sign, which is no formula.
        with matplotlib.style.context([STYLE, {"text.parse_math": False}]):
            return draw(*args, **kwargs)

    return drawn


def page(width: float, body: float, title: str, subtitle: str = "") -> Figure:
    """Return an empty figure with a heading, `width` inches wide and `body` inches high under the heading.

    `title` states the claim, in one line; where it is long, in smaller letters. `subtitle` says what is shown, and is
    broken where a line is too long.
    """
    room = width - 2 * MARGIN
    size = TITLE_SIZE * min(1.0, room / text_width(title, TITLE_SIZE, bold=True))
    lines = [line for part in subtitle.split("\n") for line in _broken(part, room)]
    gap = 1.45 * TITLE_SIZE / 72
    height = body + MARGIN + gap + 1.3 * SUBTITLE_SIZE / 72 * len(lines)
    figure = Figure(figsize=(width, height))
    left, top = MARGIN / width, 1 - MARGIN / height
    figure.text(left, top, title, size=size, weight="bold", va="top")
    figure.text(
        left, top - gap / height, "\n".join(lines), size=SUBTITLE_SIZE, color=MUTED, va="top", linespacing=1.25
    )
    return figure


@cache
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text of `size` points is, in inches."""
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=size)
    return max(1e-9, float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / 72)


def _broken(text: str, room: float) -> Iterator[str]:
    """Yield the lines of a subtitle, none wider than `room` inches unless it is one word."""
    line, used = "", 0.0
    for word in text.split():
        wide = text_width(f"{word} ", SUBTITLE_SIZE)
        if line and used + wide > room:
            yield line
            line, used = "", 0.0
        line, used = f"{line} {word}".strip(), used + wide
    yield line


def axes(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Return axes between these places, in inches from the lower left corner of the figure."""
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, bottom / height, (right - left) / width, (top - bottom) / height))


def canvas(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Return axes as in `axes`, without lines or ticks, on which one unit is one inch and (0, 0) the lower left."""
    drawn = axes(figure, left, bottom, right, top)
    drawn.set_axis_off()
    drawn.set_xlim(0, right - left)
    drawn.set_ylim(0, top - bottom)
    return drawn


def shown(label: str) -> str:
    """Return how a figure calls an attempt: the generated a, b, … in capitals, so that none reads as a word."""
    return label.upper() if len(label) == 1 else label


def halo(width: float = 2.5, colour: str = PAPER) -> list[AbstractPathEffect]:
    """Return what keeps a text legible on top of lines: a border of the colour of the paper, in points."""
    return [withStroke(linewidth=width, foreground=colour)]


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as .svg, .png or .pdf, by the ending of the name: the same bytes for the same figure.

    Raises ValueError for another ending, OSError where the file cannot be written.
    """
    target = Path(path)
    ending = target.suffix.lower()
    dateless: dict[str, dict[str, None]] = {
        ".svg": {"Date": None},
        ".png": {},
        ".pdf": {"CreationDate": None, "ModDate": None},
    }
    if ending not in dateless:
        raise ValueError(f"{target.name!r} ends neither in .svg nor in .png nor in .pdf")
    written = BytesIO()
    with matplotlib.style.context(STYLE):
        figure.savefig(written, format=ending[1:], metadata=dateless[ending])
    target.write_bytes(written.getvalue())


class Drawings:
    """SVG documents that a notebook shows beside each other, or below where there is no room."""

    def __init__(self, *documents: str) -> None:
        self.documents = documents

    def __repr__(self) -> str:
        # Without an address, so that a notebook is the same each time.
        return f"<{counted(len(self.documents), 'drawing')}>"

    def _repr_html_(self) -> str:
        # As images: a document's identifiers cannot meet those of another one on the page.
        encoded = (b64encode(document.encode()).decode() for document in self.documents)
        images = (
            f'<img alt="" style="max-width: 100%" src="data:image/svg+xml;base64,{content}">' for content in encoded
        )
        return f'<div style="display: flex; flex-wrap: wrap; gap: 1em">{"".join(images)}</div>'


def show_svg(*documents: str) -> Drawings:
    """Return what shows these SVG documents, as the last value of a cell or given to `display`."""
    return Drawings(*documents)


def spread(wanted: Sequence[float], gap: float, most: float, least: float = 0.0) -> list[float]:
    """Return places near those wanted, in the same order, at least `gap` apart and between `least` and `most`.

    Where there is no room for that, as far apart as there is.
    """
    gap = min(gap, (most - least) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places = dict.fromkeys(order, 0.0)
    below = least - gap
    for index in order:
        below = places[index] = max(wanted[index], below + gap)
    above = most + gap
    for index in reversed(order):
        above = places[index] = min(places[index], above - gap)
    return [places[index] for index in range(len(wanted))]
