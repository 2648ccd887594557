"""What the guides say is so: their examples run, one after the other, and print what stands below them."""

import ast
import importlib
import io
import re
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lastseat.simulations.strategies.sampling.samplers import STRATEGIES
from lastseat.testing import ProgramError, Verdict, explore

FOLDER = Path(__file__).parents[2] / "simulations"
GUIDES = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("PROGRAMS.md", "BOOKINGS.md")}
GUIDE = GUIDES["PROGRAMS.md"]


# What a token names beside the schedule differs from one version of Python to the next.
TOKEN = re.compile(r"@[0-9a-f]{8}-[0-9.]+-[0-9a-f]+")


class Example(NamedTuple):
    source: str
    promised: str


EXAMPLES = {
    name: [Example(*found) for found in re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", text, re.DOTALL)]
    for name, text in GUIDES.items()
}
EACH = [(name, number) for name, examples in EXAMPLES.items() for number in range(len(examples))]


@cache
def printed(name: str) -> list[str]:
    """What each example of a guide prints; one goes on from those before it."""
    names: dict[str, Any] = {"__name__": "guide"}
    outputs = []
    for example in EXAMPLES[name]:
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(example.source, "guide.py", "exec"), names)  # noqa: S102  # our own page
        outputs.append(out.getvalue())
    return outputs


@pytest.mark.parametrize(("name", "number"), EACH)
def test_an_example_prints_what_stands_below_it(name: str, number: int) -> None:
    seen, promised = (TOKEN.sub("@…", text) for text in (printed(name)[number], EXAMPLES[name][number].promised))

    assert seen == promised


@pytest.mark.parametrize("name", GUIDES)
def test_every_block_is_an_example_or_its_output(name: str) -> None:
    assert GUIDES[name].count("```") == 4 * len(EXAMPLES[name])
    assert len(EXAMPLES[name]) >= 8


def test_each_public_name_of_simulations_is_in_an_example() -> None:
    trees = [ast.parse(example.source) for example in EXAMPLES["BOOKINGS.md"]]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {
        alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "lastseat.simulations"
        for alias in node.names
    }
    used = {node.id for node in nodes if isinstance(node, ast.Name)}

    assert imported & used == set(importlib.import_module("lastseat.simulations").__all__)


def test_the_lost_update_is_found_in_twelve_lines() -> None:
    assert len([line for line in EXAMPLES["PROGRAMS.md"][0].source.splitlines() if line.strip()]) <= 12


def test_every_verdict_is_explained() -> None:
    explained = re.findall(r"^\| `([a-z]+)` \| ", GUIDE, re.MULTILINE)

    assert {str(verdict) for verdict in Verdict} <= set(explained)


def test_every_strategy_has_its_line() -> None:
    with pytest.raises(ProgramError, match="known: ") as refused:
        explore([], shared=dict, strategy="?")
    known = str(refused.value).partition("known: ")[2].partition(";")[0].split(", ")

    assert len(known) >= 4
    for strategy in (*known, *STRATEGIES):
        assert f"| `{strategy}` | " in GUIDE
