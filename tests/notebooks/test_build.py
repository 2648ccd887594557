"""The builder sees what is stale, writes the same bytes twice, and a site that needs nothing beside it."""

import re
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCE = """# %% [markdown]
# # 7. A page
#
# **Goal.** See that it is built.
#
# Text.

# %%
print("a")
print("b")
object()

# %% tags=["answer"] jupyter={"source_hidden": true}
6 * 7
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "07_page.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def built(builder: ModuleType, source: Path) -> Any:
    return builder.executed(source)


def test_two_executions_give_the_same_bytes(builder: ModuleType, source: Path, built: Any) -> None:
    assert builder.text_of(builder.executed(source)) == builder.text_of(built)


def test_ids_count_and_outputs_hold_no_place_in_memory_and_no_time(built: Any) -> None:
    shown = [output.get("text") or output.data["text/plain"] for output in built.cells[1].outputs]

    assert [cell.id for cell in built.cells] == ["cell-01", "cell-02", "cell-03"]
    assert shown == ["a\nb\n", "<object>"]
    assert [dict(cell.metadata) for cell in built.cells[:2]] == [{}, {}]


def test_a_notebook_is_as_it_is(builder: ModuleType, built: Any) -> None:
    assert builder.differences(built, deepcopy(built)) == []


def test_a_changed_text_an_output_or_a_missing_cell_is_seen(builder: ModuleType, built: Any) -> None:
    text, output, fewer = deepcopy(built), deepcopy(built), deepcopy(built)
    text.cells[0].source += "!"
    output.cells[1].outputs[0].text = "c\n"
    fewer.cells.pop()

    assert builder.differences(built, text) == ["cell-01: source is not as committed"]
    assert builder.differences(built, output) == ["cell-02: output is not as committed"]
    assert builder.differences(built, output, outputs=False) == []
    assert builder.differences(built, fewer) == ["3 cells, of which 2 are committed"]


def test_a_picture_may_be_drawn_otherwise_but_must_be_there(builder: ModuleType, built: Any) -> None:
    drawn, otherwise, gone = deepcopy(built), deepcopy(built), deepcopy(built)
    drawn.cells[2].outputs[0].data["image/svg+xml"] = "<svg/>"
    otherwise.cells[2].outputs[0].data["image/svg+xml"] = "<svg></svg>"

    assert builder.differences(drawn, otherwise) == []
    assert builder.differences(drawn, gone) == ["cell-03: output is not as committed"]


def test_a_title_and_a_goal_are_read_from_the_first_cell(builder: ModuleType, built: Any) -> None:
    assert builder.heading_of(built) == ("7. A page", "**Goal.** See that it is built.")


def test_an_answer_in_code_is_folded_in_the_page(builder: ModuleType, built: Any) -> None:
    page = builder.page_of(deepcopy(built), "", "")

    assert page.count('<details class="answer">') == 1
    assert "42" in page[page.index('<details class="answer">') :]


def test_a_notebook_that_is_not_there_is_bad_usage(builder: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert builder.main(["99"]) == 2
    assert capsys.readouterr().err == "build.py: there is no notebook '99' in notebooks\n"


def test_the_site_is_an_index_and_a_page_for_each_notebook(builder: ModuleType, site: Path) -> None:
    pages = {f"{path.stem}.html" for path in builder.sources()}

    assert {path.name for path in site.iterdir()} == {"index.html", *pages}
    index = (site / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<li><a href="([^"]+)"', index)) == pages


def test_the_site_fetches_nothing_and_its_links_lead_somewhere(site: Path) -> None:
    for page in site.iterdir():
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r'<(?:script|img|link|iframe)[^>]*(?:src|href)="(?!data:)([^"]*)"', text)
        assert fetched == []
        local = re.findall(r'<a[^>]* href="(?!\w+:|#)([^"#]+)', text)
        assert local
        assert [link for link in local if not (site / link).exists()] == []
