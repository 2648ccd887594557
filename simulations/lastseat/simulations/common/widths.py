"""Texts that fit: how wide a text can be at most, in a picture and in a terminal, and how it is shortened.

No font is read. The widths are upper bounds for the usual sans-serif families, of which DejaVu Sans is the widest.
"""

import unicodedata
from collections.abc import Callable, Sequence

from lastseat.simulations.common.text import printable

BOLD = 1.17  # how much wider than the regular face the bold face of a family is at most
MOST_MARKS = 2  # combining marks on one character; more of them would climb into the line above

# The most em that a character of each class takes in the regular face.
_EM = {
    **dict.fromkeys(" ',-./:;IJ\\fijl|", 0.375),
    **dict.fromkeys('!"()[]rt', 0.46),
    **dict.fromkeys("*?_`sz", 0.54),
    **dict.fromkeys("$0123456789EFLPSTY{}abcdeghknopquvxy", 0.66),
    **dict.fromkeys("&ABCDGHKNOQRUVXZ", 0.79),
    **dict.fromkeys("#+<=>^w~", 0.85),
    **dict.fromkeys("%@MWm", 1.01),
    "·": 0.375,
    "→": 0.85,
}

Width = Callable[[str], float]


def em(text: str, *, bold: bool = False) -> float:
    """Return the most em that `text` takes in a sans-serif font."""
    return sum(map(_em_of, text)) * (BOLD if bold else 1.0)


def columns(text: str) -> int:
    """Return the columns that `text` takes in a terminal: two for a wide character, none for a combining mark."""
    return sum(map(columns_of, text))


def columns_of(character: str) -> int:
    """Return the columns of one character."""
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def calm(text: str, longest: int) -> str:
    """Return `text` on one line, printable, of at most `longest` characters, without piles of combining marks."""
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", printable(text, longest)):
        marks = marks + 1 if columns_of(character) == 0 else 0
        if not kept and marks:
            kept.append("◌")  # what a mark without a letter is shown on
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def fit(text: str, most: float, width: Width) -> str:
    """Return `text`, or as much of its two ends as is at most `most` wide, with … between them."""
    if width(text) <= most:
        return text
    for kept in range(len(text) - 1, 0, -1):
        tail = kept // 3
        short = f"{text[: kept - tail]}…{text[len(text) - tail :]}"
        if width(short) <= most:
            return short
    return "…" if width("…") <= most else ""


def first_fit(texts: Sequence[str], most: float, width: Width) -> str:
    """Return the first of `texts` that is at most `most` wide, or else the last one, shortened."""
    return next((text for text in texts if width(text) <= most), None) or fit(texts[-1], most, width)


def _em_of(character: str) -> float:
    if (known := _EM.get(character)) is not None:
        return known
    if columns_of(character) == 0:
        return 0.0
    # A few characters are whole phrases (U+FDFD is 18 letters), and some ancient scripts write very wide signs.
    parts = len(unicodedata.normalize("NFKC", character))
    ancient = ord(character) > 0xFFFF and columns_of(character) == 1
    return max(1.1, 0.8 * parts, 3.0 * ancient)
