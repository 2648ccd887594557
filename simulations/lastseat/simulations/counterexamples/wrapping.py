"""Text in lines that fit a terminal."""

from lastseat.simulations.common.widths import columns

WIDTH = 80  # columns of a terminal


def wrapped(text: str, first: str = "", width: int = WIDTH) -> list[str]:
    """Return `text` in lines of at most `width` columns; `first` comes before it, as many blanks before the rest."""
    room, margin = width - columns(first), " " * columns(first)
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns(joined) <= room:
            line = joined
            continue
        lines += [line] if line else []
        *full, line = _pieces(word, room)
        lines += full
    return [f"{margin if number else first}{line}" for number, line in enumerate([*lines, line])]


def _pieces(word: str, room: int) -> list[str]:
    """Return a word cut into pieces that fit."""
    pieces = [""]
    for character in word:
        if columns(pieces[-1] + character) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
