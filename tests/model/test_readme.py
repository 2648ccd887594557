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
    """Of a folder, the README names the folder; what is in it, in reading order, its `__init__` says."""
    house = Path(__file__).parents[2] / "model/lastseat/model"
    rooms = {path.name for path in house.glob("[!_]*.py")} | {
        f"{path.parent.name}/" for path in house.glob("*/__init__.py")
    }
    listed = re.findall(r"^\d+\. `([\w/.]+)`", README, flags=re.MULTILINE)

    assert sorted(listed) == sorted(rooms)
