"""The exported pages, opened in a browser without a network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
PAGES = ("index", *sorted(path.stem for path in FOLDER.glob("0*.ipynb")))
LOOK = """
const broken = [...document.images].filter((one) => !one.complete || !one.naturalWidth).length;
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
return [document.title, document.querySelectorAll("h1").length, broken, wide];
"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_without_an_error_a_missing_picture_or_a_sideways_scroll(
    site: Path, name: str, ask: Callable[[str, str], tuple[Any, list[str]]]
) -> None:
    (title, headings, broken, wide), failures = ask((site / f"{name}.html").read_text(encoding="utf-8"), LOOK)

    assert failures == []
    assert (headings, broken, wide) == (1, 0, 0)
    assert title


def test_an_error_of_a_script_and_a_missing_picture_would_be_seen(
    ask: Callable[[str, str], tuple[Any, list[str]]],
) -> None:
    page = '<html><head></head><body><script>missing()</script><img src="no.png"></body></html>'

    _, failures = ask(page, "return 1;")

    assert ["missing is not defined" in failures[0], "no.png" in failures[1]] == [True, True]
