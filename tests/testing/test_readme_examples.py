"""What the guide to programs says is so: its examples run, one after the other, and print what stands below them."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lastseat.simulations.strategies.explore import explore
from lastseat.simulations.strategies.samplers import STRATEGIES
from lastseat.testing import Verdict

GUIDE = (Path(__file__).parents[2] / "simulations" / "PROGRAMS.md").read_text(encoding="utf-8")


class Example(NamedTuple):
    source: str
    promised: str


EXAMPLES = [Example(*found) for found in re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", GUIDE, re.DOTALL)]


@pytest.fixture(scope="module")
def printed() -> list[str]:
    """What each example prints; one goes on from those before it."""
    names: dict[str, Any] = {"__name__": "guide"}
    outputs = []
    for number, example in enumerate(EXAMPLES):
        with redirect_stdout(io.StringIO()) as out:
            exec(compile(example.source, f"example {number}", "exec"), names)  # noqa: S102  # our own page
        outputs.append(out.getvalue())
    return outputs


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_prints_what_stands_below_it(printed: list[str], number: int) -> None:
    assert printed[number] == EXAMPLES[number].promised


def test_every_block_is_an_example_or_its_output() -> None:
    assert GUIDE.count("```") == 4 * len(EXAMPLES)
    assert len(EXAMPLES) >= 8


def test_the_lost_update_is_found_in_twelve_lines() -> None:
    assert len([line for line in EXAMPLES[0].source.splitlines() if line.strip()]) <= 12


def test_every_verdict_is_explained() -> None:
    explained = re.findall(r"^\| `([a-z]+)` \| ", GUIDE, re.MULTILINE)

    assert {str(verdict) for verdict in Verdict} <= set(explained)


def test_every_strategy_has_its_line() -> None:
    with pytest.raises(ValueError, match="known: ") as refused:
        explore([], shared=dict, strategy="?")
    known = str(refused.value).partition("known: ")[2].partition(";")[0].split(", ")

    assert len(known) >= 4
    for strategy in (*known, *STRATEGIES):
        assert f"| `{strategy}` | " in GUIDE
