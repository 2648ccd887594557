"""Each notebook is what its source says, runs anew with the same outputs, and keeps the form that readers rely on."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = (
    "01_one_attempt",
    "02_you_are_the_scheduler",
    "03_all_schedules",
    "04_what_contention_does",
    "05_no_lock_no_retry",
    "06_how_bugs_are_found",
)
LAST_SECTIONS = ["What you can now say", "What this did not show"]
WIDEST = 88  # characters of code; wider lines are cut off in an exported page
each_notebook = pytest.mark.parametrize("name", NAMES)


def committed(name: str) -> Any:
    nbformat = pytest.importorskip("nbformat")
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def prose(notebook: Any) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", text, flags=re.MULTILINE)


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1].strip()


def pictures(cell: Any) -> int:
    """Return how many drawings a cell shows; those that are laid beside each other are one."""
    data = [output.get("data", {}) for output in cell.get("outputs", ())]
    return sum("image/svg+xml" in one or "<img" in str(one.get("text/html", "")) for one in data)


def test_there_are_six_notebooks_with_their_sources() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == list(NAMES)
    assert sorted(path.stem for path in FOLDER.glob("0*.py")) == list(NAMES)


@each_notebook
def test_a_notebook_is_in_step_with_its_source(builder: ModuleType, name: str) -> None:
    fresh, notebook = builder.unexecuted(FOLDER / f"{name}.py"), committed(name)

    assert builder.differences(fresh, notebook, outputs=False) == []
    assert notebook.metadata == fresh.metadata
    assert builder.text_of(notebook) == (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")


@each_notebook
def test_a_notebook_runs_anew_with_the_same_outputs(builder: ModuleType, name: str) -> None:
    notebook = builder.executed(FOLDER / f"{name}.py")

    assert builder.differences(notebook, committed(name)) == []


@each_notebook
def test_a_source_runs_as_a_plain_script(builder: ModuleType, name: str, tmp_path: Path) -> None:
    del builder  # its libraries are there
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py")],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "PYTHONWARNINGS": "error::DeprecationWarning:__main__"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@each_notebook
def test_a_notebook_was_executed_in_order_without_an_error_or_a_time(name: str) -> None:
    notebook = committed(name)
    cells = code_cells(notebook)

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert {output.output_type for cell in cells for output in cell.outputs} <= {
        "stream",
        "display_data",
        "execute_result",
    }
    assert {output.get("name", "stdout") for cell in cells for output in cell.outputs} == {"stdout"}
    assert {key for cell in notebook.cells for key in cell.metadata} <= {"tags", "jupyter"}


@each_notebook
def test_a_notebook_has_the_size_that_is_read_in_one_go(name: str) -> None:
    notebook = committed(name)
    text = prose(notebook)

    assert 30 <= len(notebook.cells) <= 45
    assert 1200 <= len(re.sub(r"</?[a-z][^>]*>", " ", text).split()) <= 2000
    assert 3 <= sum(map(pictures, code_cells(notebook))) <= 5
    assert "before you " in text


@each_notebook
def test_code_is_narrow_and_a_figure_takes_few_lines(name: str) -> None:
    cells = code_cells(committed(name))

    assert [line for cell in cells for line in cell.source.splitlines() if len(line) > WIDEST] == []
    drawing = [cell.source for cell in cells if pictures(cell)]
    assert [source for source in drawing if len(source.splitlines()) > 10] == []


@each_notebook
def test_a_notebook_names_its_goal_and_ends_in_what_it_showed_and_what_not(name: str) -> None:
    text = prose(committed(name))

    assert re.match(rf"# {int(name[:2])}\. .+\n\n\*\*Goal\.\*\* ", text)
    assert headings(text)[-2:] == LAST_SECTIONS
    said = re.findall(r"[.](?=\s|$)", section(text, LAST_SECTIONS[0]))
    assert len(said) == 3


@each_notebook
def test_exercises_have_folded_answers(name: str) -> None:
    notebook = committed(name)
    start = next(number for number, cell in enumerate(notebook.cells) if "## Exercises" in cell.source)
    exercises: dict[str, bool] = {}
    for cell in notebook.cells[start:]:
        # An exercise and its answer may share a cell; an answer may also be the cell of code that follows.
        for part in re.split(r"(?=^\*\*[a-z]\.\*\*)", cell.source, flags=re.MULTILINE):
            if begun := re.match(r"\*\*([a-z])\.\*\*", part):
                exercises[begun[1]] = False
            answer = "<details>" in part or "answer" in cell.metadata.get("tags", ())
            if answer and exercises:
                exercises[list(exercises)[-1]] = True

    assert list(exercises) == list("abcdef"[: len(exercises)])
    assert 4 <= len(exercises) <= 6
    assert all(exercises.values())
    text = prose(notebook)
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>")


@each_notebook
def test_every_code_cell_with_an_answer_is_folded_and_asserts_it(name: str) -> None:
    answers = [cell for cell in code_cells(committed(name)) if "answer" in cell.metadata.get("tags", ())]

    assert [cell.source for cell in answers if not cell.metadata.get("jupyter", {}).get("source_hidden")] == []
    assert [cell.source for cell in answers if "assert" not in cell.source] == []


@each_notebook
def test_links_between_notebooks_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", prose(committed(name)))

    assert [link for link in links if "://" not in link and not (FOLDER / link).exists()] == []
