"""A picture as SVG: plain shapes and texts, no identifiers, no style sheet, no font of its own."""

from xml.sax.saxutils import escape, quoteattr

from lastseat.simulations.drawing.shapes import Circle, Label, Line, Picture, Polygon, Rectangle, Shape


def svg(picture: Picture) -> str:
    """Return `picture` as one SVG document, the same text for the same picture."""
    width, height = _n(picture.width), _n(picture.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    named = f'role="img" aria-label={quoteattr(picture.title)}'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {named} font-family="Helvetica, Arial, sans-serif">',
        f"<title>{escape(picture.title)}</title>",
        f"<desc>{escape(picture.description)}</desc>",
    )
    return "\n".join((*head, *map(_element, picture.shapes), "</svg>", ""))


def _element(shape: Shape) -> str:
    match shape:
        case Rectangle():
            size = f'width="{_n(shape.width)}" height="{_n(shape.height)}" rx="{_n(shape.radius)}"'
            at = f'x="{_n(shape.x)}" y="{_n(shape.y)}" ' if shape.edge else ""  # the page itself starts at 0
            return f'<rect {at}{size} fill="{shape.fill}"{_edge(shape)}{_dashes(shape)}/>'
        case Line((left, top), (right, bottom), colour, width):
            ends = f'x1="{_n(left)}" y1="{_n(top)}" x2="{_n(right)}" y2="{_n(bottom)}"'
            return f'<line {ends} stroke="{colour}" stroke-width="{_n(width)}"{_dashes(shape)}/>'
        case Polygon(points, fill):
            corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
            return f'<polygon points="{corners}" fill="{fill}"{_edge(shape)}/>'
        case Circle((x, y), radius, fill):
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"{_edge(shape)}/>'
        case Label((x, y), text, size, colour, anchor, bold):
            weight = ' font-weight="bold"' if bold else ""
            at = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"{weight}'
            return f'<text {at} fill="{colour}">{escape(text)}</text>'


def _edge(shape: Rectangle | Polygon | Circle) -> str:
    return f' stroke="{shape.edge}" stroke-width="{_n(shape.edge_width)}"' if shape.edge else ""


def _dashes(shape: Rectangle | Line) -> str:
    return f' stroke-dasharray="{shape.dashed}"' if shape.dashed else ""


def _n(number: float) -> str:
    """Return a number with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")
