"""A picture as plain shapes: what an SVG and a PNG are written from.

Lengths are in user units, of which a browser shows one as one pixel; y grows downwards. Colours are #RRGGBB.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle with round corners; `edge` is "" where it has no line around it."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: str
    edge: str = ""
    edge_width: float = 0.0
    dashed: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line; `dashed` gives the lengths of dash and gap, as SVG does."""

    start: Point
    end: Point
    colour: str
    width: float
    dashed: str = ""


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: str
    edge: str = ""
    edge_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A filled circle."""

    centre: Point
    radius: float
    fill: str
    edge: str = ""
    edge_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text. `at` is on its base line: where it starts, its middle or where it ends."""

    at: Point
    text: str
    size: float
    colour: str
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Shape: TypeAlias = Rectangle | Line | Polygon | Circle | Label


@dataclass(frozen=True, slots=True)
class Place:
    """Where the line of a step stands, from the lanes down to the axis: for whoever points at it."""

    x: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes in the order in which they are drawn: what comes later covers what came before.

    `description` says in words what is seen; `places` has one for each step, in order.
    """

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]
    places: tuple[Place, ...]
