"""The example in the README of the model holds."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "model" / "README.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_example_holds(example: str) -> None:
    exec(compile(example, "model/README.md", "exec"), {})  # noqa: S102 - the project's own example


def test_there_is_one_example() -> None:
    assert len(EXAMPLES) == 1
    assert "assert searched.complete" in EXAMPLES[0]


def test_every_module_is_in_the_reading_order() -> None:
    """A family of modules (`induction_*.py`) is told under the first one, or under the one that it is a part of."""
    modules = {path.stem for path in (Path(__file__).parents[2] / "model/lastseat/model").glob("[!_]*.py")}
    listed = re.findall(r"^\d+\. `(\w+)\.py`", README, flags=re.MULTILINE)
    parts = {"fast": "search_fast", "induction": "induction", "outcomes": "outcomes"}

    assert {name for name in modules if name not in listed and parts.get(name.split("_")[0]) not in listed} == set()
    assert set(listed) <= modules
