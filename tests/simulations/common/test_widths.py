from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.simulations.common.widths import MOST_MARKS, calm, columns, em, first_fit, fit

# Advance widths in em, as measured in DejaVu Sans and DejaVu Sans Bold.
MEASURED = {
    ("version 1 · 1 of 2", False): 8.442,
    ("no such resource", False): 8.589,
    ("iiiillll....", False): 3.494,
    ("MWMWmm%@", False): 7.602,
    ("REJECTED", True): 5.438,
    ("attempt {WM}", True): 8.415,
}


@pytest.mark.parametrize(("text", "bold"), MEASURED)
def test_a_width_is_never_underestimated_and_not_by_much_overestimated(text: str, bold: bool) -> None:
    estimate = em(text, bold=bold)

    assert MEASURED[text, bold] <= estimate <= 1.4 * MEASURED[text, bold]


@pytest.mark.parametrize(("text", "taken"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("─┊●", 3), ("ﾊﾝ", 2), ("", 0)])
def test_a_wide_character_takes_two_columns_and_a_mark_none(text: str, taken: int) -> None:
    assert columns(text) == taken


@pytest.mark.parametrize("width", [columns, em, len])
@settings(deadline=None)
@given(text=st.text(max_size=30), most=st.floats(0, 20))
def test_a_shortened_text_fits_and_keeps_its_ends(width: Callable[[str], float], text: str, most: float) -> None:
    short = fit(text, most, width)

    head, cut, tail = short.rpartition("…") if short != text else (text, "", "")
    assert width(short) <= most or width(text) <= most
    assert text.startswith(head)
    assert text.endswith(tail)
    assert bool(cut) == (short not in (text, ""))


def test_the_longest_text_that_fits_is_taken() -> None:
    texts = ("version 1", "v1", "1")

    taken = [first_fit(texts, most, len) for most in (9, 8, 2, 1, 0)]

    assert taken == ["version 1", "v1", "v1", "1", ""]


@settings(deadline=None)
@given(st.text(), st.integers(1, 40))
def test_a_calm_text_is_printable_and_short(text: str, longest: int) -> None:
    shown = calm(text, longest)

    assert shown.isprintable()
    assert len(shown) <= longest + 1


def test_marks_do_not_pile_up() -> None:
    piled = "x" + "\u0316" * 20

    assert calm(piled, 30) == "x" + "\u0316" * MOST_MARKS
    assert calm("\u0316", 30) == "◌\u0316"
