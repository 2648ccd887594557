"""Words and numbers as text that is safe on one line of a terminal."""


def printable(text: str, longest: int) -> str:
    """Return `text` as at most `longest` characters that are safe on one line of a terminal.

    What is not printable (control characters, line ends, text direction marks) is escaped as in Python; what is
    too long loses its middle.
    """
    if len(text) > 2 * longest:
        text = text[:longest] + text[-longest:]  # only the edges can be seen in the end
    safe = "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
    if len(safe) <= longest:
        return safe
    tail = (longest - 1) // 3
    return f"{safe[: longest - 1 - tail]}…{safe[len(safe) - tail :]}"


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
