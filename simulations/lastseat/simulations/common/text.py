"""Words and numbers as text that is safe on one line of a terminal."""

from pathlib import Path


def printable(text: str, longest: int) -> str:
    """Return `text` as at most `longest` characters that are safe on one line of a terminal.

    What is not printable (control characters, line ends, text direction marks) is escaped as in Python; what is
    too long loses its middle.
    """
    if len(text) > 2 * longest:
        text = text[:longest] + text[-longest:]  # only the edges can be seen in the end
    safe = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
    if len(safe) <= longest:
        return safe
    tail = (longest - 1) // 3
    return f"{safe[: longest - 1 - tail]}…{safe[len(safe) - tail :]}"


def on_one_line(text: str) -> str:
    """Return the lines of a text, joined by semicolons."""
    return " ; ".join(filter(None, map(str.strip, text.splitlines()))) if "\n" in text else text


def quoted(text: str, longest: int = 60) -> str:
    """Return `text` between double quotes, escaped and shortened to about `longest` characters."""
    return f'"{printable(text, longest)}"'


def number(value: object) -> str:
    """Return a value that should be a number, in a text of sane length."""
    # Python refuses to print an integer of thousands of digits, and nobody wants to read one.
    if isinstance(value, int) and value.bit_length() > 128:
        return f"{'-' * (value < 0)}2**{value.bit_length() - 1} or beyond"
    return printable(repr(value), 60)


def counted(number: int, noun: str) -> str:
    """Return "1 scenario", "15 scenarios"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def reason_of(error: Exception) -> str:
    """Return why something failed: what the system says of an OSError, else the text of the error, else its kind."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def raised_by(error: BaseException) -> str:
    """Return what was raised, and by which line of a file: of somebody's own, where any of the lines is."""
    trace, lines = error.__traceback__, list[tuple[bool, str, int]]()
    while trace is not None:
        frame = trace.tb_frame
        is_ours = str(frame.f_globals.get("__name__")).startswith(("lastseat.simulations.", "lastseat.testing."))
        is_own = not is_ours and not frame.f_code.co_filename.startswith("<")
        lines.append((is_own, frame.f_code.co_filename, trace.tb_lineno or 0))
        trace = trace.tb_next
    _, file, line = next((place for place in reversed(lines) if place[0]), lines[-1])
    place = f" ({printable(Path(file).name, 60)}, line {line})" if not file.startswith("<") else ""
    return printable(f"{type(error).__name__}: {error}", 200) + place
