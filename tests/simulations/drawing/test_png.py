"""Pictures as PNG, and the widths of their texts as a real font has them."""

import struct
import sys
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from random import Random
from typing import Any

import matplotlib as mpl
import pytest

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Verdict
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import recorder, run, schedules
from lastseat.simulations.drawing.page import picture
from lastseat.simulations.drawing.png import FONT, PngError, PngLibraryMissingError, png
from lastseat.simulations.drawing.shapes import Label, Picture, Rectangle
from lastseat.simulations.drawing.spacetime import diagram_of, spacetime_png
from lastseat.simulations.kernel.actions import Action, Fault, Faults
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.stepping import MisfitError

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def size_of(image: bytes) -> tuple[int, ...]:
    assert image.startswith(SIGNATURE)
    return struct.unpack(">II", image[16:24])


def test_a_png_has_two_pixels_for_each_unit_of_the_picture() -> None:
    scenario = contention(3, 2)
    execution = run(scenario, MEMORY, [0, 1, 0, 1])
    drawn = picture(diagram_of(execution, scenario))

    image = spacetime_png(execution, scenario)

    assert size_of(image) == pytest.approx((2 * drawn.width, 2 * drawn.height), abs=2)


def test_the_same_execution_gives_the_same_png_with_its_words_in_it() -> None:
    scenario = contention(2, 1)

    images = [spacetime_png(run(scenario, MEMORY, [0, 1, 0, 1]), scenario, violating=[4]) for _ in range(2)]

    assert images[0] == images[1]
    assert b"2 attempts, capacity 1" in images[0]
    assert b"2. b reads v0." in images[0]


def test_what_is_crimson_in_the_picture_is_crimson_in_the_png() -> None:
    scenario = contention(2, 1)
    execution = run(scenario, MEMORY, [0, 1, 0, 1])

    painted = [crimson_pixels(spacetime_png(execution, scenario, violating=violating)) for violating in ([], [4])]

    assert painted[0] == 0
    assert painted[1] > 200


def crimson_pixels(image: bytes) -> int:
    from io import BytesIO

    from matplotlib.image import imread

    pixels = imread(BytesIO(image))
    return int((abs(pixels[:, :, :3] - [0xA3 / 255, 0, 0x3F / 255]).max(axis=2) < 0.01).sum())


def test_a_name_is_drawn_and_not_typeset() -> None:
    """A dollar sign would begin a formula."""
    odd = Scenario("odd", "$\\frac{", (("seats", 1),), (BookingRequest("$x^2$ \u65e5\u672c \u05d0\u202e", "seats"),))

    assert spacetime_png(run(odd, MEMORY, [0, 0]), odd).startswith(SIGNATURE)


def test_a_very_large_picture_is_a_coarser_png_and_a_huge_one_is_refused() -> None:
    large = Picture(9_000, 3_000, "", "", (Rectangle(0, 0, 9_000, 3_000, 0, "#FFFFFF"),), ())

    assert size_of(png(large))[0] == pytest.approx(10_954, abs=2)
    with pytest.raises(PngError, match=r"^the picture is too large for a PNG; draw it as SVG or HTML$"):
        png(Picture(1_000, 100_000, "", "", (), ()))


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(
        PngLibraryMissingError, match=r"^a PNG needs matplotlib, which .*: pip install 'lastseat\[png\]'$"
    ):
        spacetime_png(run(contention(1, 1), MEMORY, []), contention(1, 1))


# --- the widths of texts --------------------------------------------------------------------------------------


@cache
def ink(text: str, size: float, bold: bool) -> tuple[float, float]:
    """The width that a text takes, and the height of its capitals, as the font says."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    face = FontProperties(family=FONT, weight="bold" if bold else "normal")
    extent = TextPath((0, 0), text, size=size, prop=face).get_extents()
    return float(extent.x1), 0.73 * size


def extent(label: Label) -> tuple[float, float, float, float]:
    width, height = ink(label.text, label.size, label.bold)
    x, y = label.at
    left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    return left, y - height, left + width, y + 0.22 * label.size


def meet(one: Any, other: Any) -> bool:
    return bool(one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])


def overlaps(execution: Run, scenario: Scenario) -> list[tuple[str, str]]:
    labels = [one for one in picture(diagram_of(execution, scenario)).shapes if isinstance(one, Label)]
    placed = [(one.text, extent(one)) for one in labels]
    return [(one, other) for (one, here), (other, there) in combinations(placed, 2) if meet(here, there)]


def test_in_every_schedule_of_three_attempts_no_text_meets_another() -> None:
    scenario, found = contention(3, 2), list[tuple[str, str]]()

    drawn = schedules(scenario, MEMORY, lambda execution: found.extend(overlaps(execution, scenario)))

    assert (drawn, found) == (90, [])


def retrying(request: BookingRequest) -> Attempt:
    """Try up to three times."""
    verdict = Verdict.STORE_UNAVAILABLE
    for _ in range(3):
        observation = yield Observe(request.resource_id)
        verdict = yield Persist(propose(request, observation))
        if verdict is not Verdict.VERSION_CONFLICT:
            break
    return emit(verdict)


def long_executions(seed: int) -> Iterator[tuple[Run, Scenario]]:
    """Executions of up to 24 steps of 8 attempts of which some try again, with faults."""
    draw = Random(seed)  # noqa: S311 - schedules, not secrets
    faults = Faults(6)
    for _ in range(25):
        generated = contention(draw.choice([4, 8]), draw.randint(0, 8), [draw.randint(1, 3)])
        scenario = Scenario(generated.name, generated.title, generated.capacities, generated.requests, faults)
        recorded = recorder(scenario, Implementation("retrying", MemoryStore.open, retrying))
        for _ in range(24):
            execution = recorded.execution
            begun = sum(map(execution.has_begun, range(len(execution.pending))))
            free = [*execution.free(), *(execution.redeliveries()[:1] if begun < 8 else [])]
            if not free:
                break
            who = draw.choice(free)
            try:
                recorded.take(Action(who, draw.choice(list(Fault))) if draw.random() < 0.2 else who)
            except MisfitError:  # that fault cannot strike there
                recorded.take(who)
        yield recorded.run(), scenario


def test_in_long_executions_with_faults_no_text_meets_another() -> None:
    executions = list(long_executions(seed=5))

    found = [overlap for execution, scenario in executions for overlap in overlaps(execution, scenario)]

    assert found == []
    assert max(len(execution.taken) for execution, _ in executions) == 24
    assert {taken.fault for execution, _ in executions for taken in execution.taken} == {None, *Fault}


def test_texts_that_meet_are_seen() -> None:
    """So that the tests before this one can fail."""
    left, right = Label((0, 10), "BOOKED", 15, "#000000"), Label((60, 12), "FAILED", 15, "#000000")

    assert meet(extent(left), extent(right))
    assert not meet(extent(left), extent(Label((80, 12), "FAILED", 15, "#000000")))


def test_a_style_that_somebody_set_for_figures_changes_nothing() -> None:
    square = Picture(10, 10, "", "", (Rectangle(0, 0, 10, 10, 0, "#FFFFFF"),), ())
    before = png(square)

    with mpl.rc_context({"savefig.dpi": 30, "figure.dpi": 30}):
        assert png(square) == before
