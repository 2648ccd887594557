"""The pictures: what the committed one shows, and that the same execution gives the same text."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.drawing.spacetime import spacetime_svg, spacetime_text
from lastseat.simulations.drawing.text import LEAST_WIDTH

FIGURES = Path(__file__).resolve().parents[3] / "specs" / "figures"
SVG = "{http://www.w3.org/2000/svg}"
CRIMSON = "#A3003F"
RACE = Scenario(
    "race", "One seat", (("seats", 1),), tuple(BookingRequest(name, "seats") for name in ("ann", "日本"))
)  # fmt: skip


def test_the_committed_picture_is_what_its_readme_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.findall(r"```python\n(.*?)```", (FIGURES / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    folder = tmp_path / "specs" / "figures"
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    exec("".join(code), {})  # noqa: S102 - the code is our own

    drawn = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert drawn == {path.name: path.read_bytes() for path in FIGURES.glob("*.svg")}
    assert len(drawn) == 1


def test_a_picture_has_a_title_and_a_description_in_words() -> None:
    root = ET.fromstring(spacetime_svg(run(RACE, MEMORY, [0, 1, 0, 1]), RACE, title='<Two> & "one"'))

    assert (root[0].tag, root[0].text) == (f"{SVG}title", '<Two> & "one"')
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", '<Two> & "one"')
    assert root[1].text == (
        "Steps in the order chosen by the scheduler. 1. ann reads v0. 2. 日本 reads v0. "
        "3. ann persists: BOOKED (v0 is current). 4. 日本 persists: FAILED (v0 is stale)."
    )


@pytest.mark.parametrize(
    ("name", "violating", "crimson"),
    [("writes-in-two-steps", (), True), ("ignores-version", (), False), ("ignores-version", (4,), True)],
)
def test_only_a_violation_is_crimson(name: str, violating: tuple[int, ...], crimson: bool) -> None:
    drawn = spacetime_svg(run(contention(2, 2), GALLERY[name], [0, 1, 0, 1]), contention(2, 2), violating=violating)

    assert (CRIMSON in drawn, "Crimson: a property is violated." in drawn) == (crimson, crimson)


@pytest.mark.parametrize(("name", "harmless"), [("ignores-version", False), ("rejects-conflicts", True)])
def test_a_stale_copy_is_called_harmless_only_where_it_was(name: str, harmless: bool) -> None:
    """Clause: persist.compare_and_swap"""
    drawn = spacetime_svg(run(contention(4, 4), GALLERY[name], [0, 1, 0, 1, 2, 2, 3, 3]), contention(4, 4))

    assert ("cannot hurt" in drawn) is harmless


def test_a_text_shows_who_reads_what_when_and_who_gets_the_seat() -> None:
    drawn = spacetime_text(run(RACE, MEMORY, [0, 1, 0, 1]), RACE)

    assert drawn == (
        """\
One seat
○ observe: holds a copy ━, stale ░   ● persist: ▲ took effect, △ did not

       ┌───────────┬────────────────────────────┐
store  │ v0 · 0/1  │     version 1 · 1 of 1     │
       └─┬────┬────▲───────────────△────────────┘
ann    ──○v0━━┿━━━━● BOOKED────────┼─────────────
              ┊      v0 is current │
日本   ───────○v0━━░░░░░░░░░░░░░░░░● FAILED──────
                                     v0 is stale
step     1    2    3               4
"""
    )


def test_in_a_text_a_violation_has_an_exclamation_mark() -> None:
    drawn = spacetime_text(
        run(contention(2, 2), GALLERY["ignores-version"], [0, 1, 0, 1]), contention(2, 2), violating=[4]
    )

    assert "● BOOKED !" in drawn
    assert "! a property is violated" in drawn


def test_long_executions_go_on_in_further_bands() -> None:
    steps = [*range(8), *range(8)]

    drawn = spacetime_text(run(contention(8, 4), MEMORY, steps), contention(8, 4))

    numbers = [line.split()[1:] for line in drawn.split("\n") if line.startswith("step")]
    assert [one for band in numbers for one in band] == [str(number) for number in range(1, 17)]
    assert len(numbers) > 1


def test_a_terminal_that_is_too_narrow_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at least {LEAST_WIDTH} columns, not {LEAST_WIDTH - 1}"):
        spacetime_text(run(RACE, MEMORY, []), RACE, width=LEAST_WIDTH - 1)
