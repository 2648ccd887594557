"""A picture as PNG, drawn by matplotlib with the font that it brings, so that every machine draws alike."""

from functools import cache
from importlib import import_module
from io import BytesIO
from math import sqrt
from typing import Any
from warnings import catch_warnings, simplefilter

from lastseat.simulations.drawing.shapes import Circle, Label, Line, Picture, Polygon, Rectangle, Shape

SCALE = 2.0  # pixels for each user unit, where the picture is not too large for that
LEAST_SCALE = 0.75  # below, nobody could read it
MOST_PIXELS, LONGEST_SIDE = 40_000_000, 60_000
UNITS_OF_AN_INCH = 100.0
POINT = 72.0 / UNITS_OF_AN_INCH  # points for each user unit

FONT = "DejaVu Sans"
# Where one of these is installed, it is asked for what the first font does not have.
OTHER_FONTS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans JP", "Noto Sans SC", "Hiragino Sans", "PingFang SC",
    "Yu Gothic", "Microsoft YaHei", "Malgun Gothic", "WenQuanYi Zen Hei", "Arial Unicode MS", "Noto Sans",
    "Segoe UI Symbol", "Noto Sans Symbols2",
)  # fmt: skip
ALIGNED = {"start": "left", "middle": "center", "end": "right"}


class PngError(ValueError):
    """A picture that cannot be a PNG; the text is one line."""


class PngLibraryMissingError(ModuleNotFoundError):
    """matplotlib is needed for a PNG, and it is not installed."""


def png(picture: Picture) -> bytes:
    """Return `picture` as a PNG of SCALE pixels for each unit; fewer where it would be very large.

    Raises PngLibraryMissingError without matplotlib, and PngError where nobody could read the result.
    """
    if (scale := _scale(picture)) < LEAST_SCALE:
        raise PngError("the picture is too large for a PNG; draw it as SVG or HTML")
    figure = _module("figure").Figure(
        figsize=(picture.width / UNITS_OF_AN_INCH, picture.height / UNITS_OF_AN_INCH), dpi=scale * UNITS_OF_AN_INCH
    )
    _module("backends.backend_agg").FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, picture.width), ylim=(picture.height, 0))
    for depth, shape in enumerate(picture.shapes):
        axes.add_artist(_artist(shape, depth))
    said = {"Title": picture.title, "Description": picture.description, "Software": None}
    written = BytesIO()
    with catch_warnings():
        simplefilter("ignore")  # a character that no font has is drawn as a box
        figure.savefig(written, dpi="figure", format="png", metadata=said, transparent=True)
    return written.getvalue()


def _scale(picture: Picture) -> float:
    side = LONGEST_SIDE / max(picture.width, picture.height)
    return min(SCALE, side, sqrt(MOST_PIXELS / (picture.width * picture.height)))


def _module(name: str) -> Any:
    try:
        return import_module(f"matplotlib.{name}")
    except ModuleNotFoundError:
        raise PngLibraryMissingError(
            "a PNG needs matplotlib, which is not installed: pip install 'lastseat[png]'", name="matplotlib"
        ) from None


@cache
def _fonts() -> list[str]:
    installed = set(_module("font_manager").get_font_names())
    return [FONT, *(name for name in OTHER_FONTS if name in installed)]


def _artist(shape: Shape, depth: int) -> Any:
    """Return what matplotlib draws a shape with; the deeper the earlier."""
    patches = _module("patches")
    match shape:
        case Rectangle():
            corners = f"round,pad=0,rounding_size={shape.radius}"
            at = (shape.x, shape.y)
            return patches.FancyBboxPatch(at, shape.width, shape.height, boxstyle=corners, **_paint(shape, depth))
        case Polygon(points):
            return patches.Polygon(points, closed=True, **_paint(shape, depth))
        case Circle(centre, radius):
            return patches.Circle(centre, radius, **_paint(shape, depth))
        case Line((left, top), (right, bottom), colour, width):
            style = _dashes(shape.dashed, width)
            drawn = {"color": colour, "linewidth": width * POINT, "linestyle": style, "zorder": depth}
            return _module("lines").Line2D((left, right), (top, bottom), solid_capstyle="butt", **drawn)
        case Label((x, y), text, size, colour, anchor, bold):
            place = {"horizontalalignment": ALIGNED[anchor], "verticalalignment": "baseline", "zorder": depth}
            face = {"fontsize": size * POINT, "fontfamily": _fonts(), "fontweight": "bold" if bold else "normal"}
            return _module("text").Text(x, y, text, color=colour, parse_math=False, **place, **face)


def _paint(shape: Rectangle | Polygon | Circle, depth: int) -> dict[str, Any]:
    line = {"edgecolor": shape.edge or "none", "linewidth": shape.edge_width * POINT}
    style = _dashes(getattr(shape, "dashed", ""), shape.edge_width)
    return {"facecolor": shape.fill, **line, "linestyle": style, "joinstyle": "miter", "zorder": depth}


def _dashes(dashed: str, width: float) -> Any:
    """Return the line style; matplotlib counts dashes in widths of the line, SVG in units."""
    return (0, [float(length) / width for length in dashed.split()]) if dashed else "solid"
