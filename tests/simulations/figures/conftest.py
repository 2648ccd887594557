"""What the tests of figures share: the texts that a figure draws, and which of them overlap."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations

import pytest
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from lastseat.simulations.figures import catalogue

Box = tuple[str, Bbox]


@cache
def default(name: str) -> Figure:
    """The default figure of that name, drawn once."""
    return catalogue[name]()


def drawn_texts(figure: Figure) -> list[Box]:
    """Every text that is really drawn, and its box in pixels: a tick's label out of view is none."""
    canvas = FigureCanvasAgg(figure)
    seen: dict[int, Text] = {}
    usual = Text.draw

    def noted(text: Text, renderer: RendererBase) -> None:
        if text.get_visible() and text.get_text().strip():
            seen[id(text)] = text
        usual(text, renderer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        canvas.draw()
    # Of an annotation the arrow is no part of the label.
    return [(one.get_text(), Text.get_window_extent(one, canvas.get_renderer())) for one in seen.values()]


def overlapping(boxes: list[Box]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of texts whose boxes share more than a pixel each way."""
    for (one, here), (other, there) in combinations(boxes, 2):
        wide = min(here.x1, there.x1) - max(here.x0, there.x0)
        high = min(here.y1, there.y1) - max(here.y0, there.y0)
        if wide > 1 and high > 1:
            yield one, other


def beyond(figure: Figure, boxes: list[Box]) -> list[str]:
    """The texts that do not lie within the page."""
    page = figure.bbox
    return [
        text for text, box in boxes if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1
    ]


@pytest.fixture
def figure_named() -> Callable[[str], Figure]:
    return default


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    """Every text that a figure draws."""
    return lambda figure: [text for text, _ in drawn_texts(figure)]


@pytest.fixture
def misplaced() -> Callable[[Figure], list[object]]:
    """The texts of a figure that overlap another one or leave the page."""

    def found(figure: Figure) -> list[object]:
        boxes = drawn_texts(figure)
        assert len(boxes) > 1
        return [*overlapping(boxes), *beyond(figure, boxes)]

    return found
