"""The command `figures`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lastseat.simulations.figures import catalogue

Run = Callable[..., Any]


def test_without_a_name_the_figures_are_listed(lastseat: Run) -> None:
    said = lastseat("figures")

    assert (said.status, said.out.split()) == (0, list(catalogue))
    assert lastseat("figures", "--json").data["figures"] == list(catalogue)


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_a_figure_is_written_in_the_format_of_its_file(lastseat: Run, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"attempt.{ending}"

    said = lastseat("figures", "attempt", "-o", str(file), "--json")

    assert (said.status, said.data["file"]) == (0, str(file))
    assert file.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r", b"%PDF-")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["poser"], 'there is no figure "poser"; there are poster, '),
        (["poster", "-o", "poster.doc"], '"poster.doc" ends in none of .svg, .png, .pdf'),
        (["poster", "-o", "no-such-folder/poster.svg"], "No such file or directory"),
        (["-o", "poster.svg"], "--output comes with the name of a figure"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(lastseat: Run, arguments: list[str], complaint: str) -> None:
    assert complaint in lastseat("figures", *arguments).complaint
