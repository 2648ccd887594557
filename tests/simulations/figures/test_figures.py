"""Every figure: no label on another one, the same bytes each time, and legible for everyone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.drawing.spacetime import spacetime_svg
from lastseat.simulations.figures import catalogue, laws, schedules, searches, states, style

# Other arguments than the default ones, with long names, many curves, and laws whose areas vanish.
VARIANTS: dict[str, Callable[[], Figure]] = {
    "poster of a flaw": lambda: schedules.poster(contention(2, 1), GALLERY["hidden-retry"]),
    "poster of one attempt": lambda: schedules.poster(contention(1, 1)),
    "lattice of a flaw": lambda: schedules.lattice(implementation=GALLERY["trusts-observation"]),
    "lattice of three stories": lambda: schedules.lattice(contention(2, 2), GALLERY["never-bumps-version"]),
    "counts of two": lambda: schedules.counts(2, 1),
    "fence that is crossed": lambda: states.fenced(GALLERY["trusts-observation"]),
    "fence of two seats": lambda: states.fenced(CAPACITY_FIRST, 2),
    "fence with a long name": lambda: states.fenced(GALLERY["mistakes-absence-for-conflict"], 0),
    "checks of two": lambda: states.checks_matrix(2, 1),
    "stacked walk": lambda: laws.stacked(range(1, 9), 1, "walk", "capacity-first"),
    "stacked without REJECTED": lambda: laws.stacked((2, 3), 9),
    "ternary of one": lambda: laws.ternary((1, 3), (2,), "walk", cloud=None),
    "heat map BOOKED": lambda: laws.heat_map(range(1, 31), (1, 5, 50), outcome="BOOKED", policy="capacity-first"),
    "growth with samples": lambda: laws.growth((1, 10, 20), laws.sample((100, 900), 900, runs=20)),
    "eight curves": lambda: searches.detection_curves(
        {f"exact {number}": 0.001 * number for number in range(4)},
        {f"run {number}": [1, None] for number in range(4)},
    ),
    "kill map of everything": lambda: searches.kill_map(
        {name: {f"preemptions={number}": 2.5 * 10**number for number in range(6)} for name in list(GALLERY)[:20]}
    ),
}


@pytest.mark.parametrize("name", catalogue)
def test_no_label_of_a_figure_overlaps_another_or_leaves_the_page(
    name: str, figure_named: Callable[[str], Figure], misplaced: Callable[[Figure], list[object]]
) -> None:
    assert misplaced(figure_named(name)) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_nor_do_they_with_other_arguments(name: str, misplaced: Callable[[Figure], list[object]]) -> None:
    assert misplaced(VARIANTS[name]()) == []


def test_a_label_on_another_one_or_beyond_the_page_is_seen(misplaced: Callable[[Figure], list[object]]) -> None:
    figure = Figure()
    figure.text(0.5, 0.5, "BOOKED")
    figure.text(0.52, 0.5, "FAILED")
    figure.text(0.97, 0.2, "REJECTED")

    assert misplaced(figure) == [("BOOKED", "FAILED"), "REJECTED"]


# One of each kind: canvas, axes, fills, text in cells.
@pytest.mark.parametrize("name", ["lattice", "fence", "stacked", "residuals", "heat-map", "growth"])
def test_a_figure_is_the_same_svg_each_time_without_a_date(
    name: str, figure_named: Callable[[str], Figure], tmp_path: Path
) -> None:
    for number in (1, 2):
        style.save(figure_named(name), tmp_path / f"{number}.svg")

    written = (tmp_path / "1.svg").read_bytes()
    assert written == (tmp_path / "2.svg").read_bytes()
    assert b"<dc:date>" not in written
    assert b"<text" not in written  # texts are outlines
    assert ET.fromstring(written).tag.endswith("svg")


def test_another_process_with_other_hashes_draws_the_same(tmp_path: Path) -> None:
    code = (
        "import sys; from lastseat.simulations.figures import states, style; style.save(states.fenced(), sys.argv[1])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"}
    style.save(states.fenced(), tmp_path / "here.svg")

    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there.svg")], check=True, env=environment)

    assert (tmp_path / "here.svg").read_bytes() == (tmp_path / "there.svg").read_bytes()


def test_a_figure_looks_the_same_whatever_style_is_in_force_and_leaves_it_in_force(tmp_path: Path) -> None:
    style.save(laws.stacked((1, 2, 3)), tmp_path / "plain.svg")
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.hashsalt": "another", "svg.fonttype": "none"}):
        style.save(laws.stacked((1, 2, 3)), tmp_path / "foreign.svg")
        assert mpl.rcParams["font.size"] == 30

    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "foreign.svg").read_bytes()


@pytest.mark.parametrize("ending", ["png", "pdf", "svg", "PNG"])
def test_a_figure_can_be_written_as(ending: str, tmp_path: Path) -> None:
    style.save(states.attempt_graph(), tmp_path / f"figure.{ending}")

    begin = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[ending.lower()]
    assert (tmp_path / f"figure.{ending}").read_bytes().startswith(begin)


def test_a_name_with_another_ending_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'figure\.gif' ends neither in \.svg nor in \.png nor in \.pdf"):
        style.save(states.attempt_graph(), tmp_path / "figure.gif")

    assert list(tmp_path.iterdir()) == []


def test_a_dollar_sign_in_a_name_is_no_formula(texts: Callable[[Figure], list[str]]) -> None:
    drawn = searches.kill_map({"costs $5_$": {"$x^$": 1}})

    assert {"costs $5_$", "$x^$"} <= set(texts(drawn))


def test_drawings_are_shown_beside_each_other_as_images() -> None:
    one = spacetime_svg(run(contention(1, 1), GALLERY["ignores-version"], [0, 0]))

    drawings = style.show_svg(one, one)

    shown = drawings._repr_html_()
    assert repr(drawings) == "<2 drawings>"
    assert shown.count('src="data:image/svg+xml;base64,') == 2
    assert "<svg" not in shown


@pytest.mark.parametrize("module", ["figures", "figures.laws", "figures.style"])
def test_without_matplotlib_one_line_says_what_to_install(module: str) -> None:
    code = f"""
import json, sys
sys.modules["matplotlib"] = None
try:
    import lastseat.simulations.{module}
except ModuleNotFoundError as error:
    print(json.dumps([str(error), error.name]))
"""
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout

    assert json.loads(said) == ["figures need matplotlib: pip install 'lastseat[figures]'", "matplotlib"]


# --- colours --------------------------------------------------------------------------------------------------

# How people see who lack one kind of cone, in linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def linear(colour: str) -> Array:
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(parts > 0.04045, ((parts + 0.055) / 1.055) ** 2.4, parts / 12.92)


def lab(colour: str, sight: str) -> Array:
    """A colour as CIELAB, as it is seen."""
    xyz = TO_XYZ @ np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHT)
def test_outcomes_and_violations_differ_in_colour_for_everyone(sight: str) -> None:
    seen = [lab(colour, sight) for colour in (style.BOOKED, style.REJECTED, style.FAILED, style.VIOLATION)]

    assert min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2)) > 25


@pytest.mark.parametrize("colour", [*style.INKS.values(), style.INK, style.MUTED, style.VIOLATION])
def test_what_is_written_can_be_read_on_white(colour: str) -> None:
    luminance = float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))

    assert 1.05 / (luminance + 0.05) >= 4.5


# --- places for labels ----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1, 11), min_size=1, max_size=12), st.floats(0.01, 3))
def test_labels_that_are_spread_keep_their_order_and_their_distance(wanted: list[float], gap: float) -> None:
    places = style.spread(wanted, gap, 10)

    ordered = sorted(range(len(wanted)), key=wanted.__getitem__)
    least = min(gap, 10 / max(len(wanted) - 1, 1))
    assert all(places[after] - places[before] >= least - 1e-9 for before, after in pairwise(ordered))
    assert all(-1e-9 <= place <= 10 + 1e-9 for place in places)


def test_labels_that_have_room_stay_where_they_are_wanted() -> None:
    assert style.spread([7.0, 1.0, 4.0], 1.0, 10) == [7.0, 1.0, 4.0]
