"""Hunting for disagreements: what a target is, and how one round of cases is drawn, checked and shrunk.

A target draws cases and says of each whether all that it compares agree. Hypothesis draws and shrinks; a seed gives
the same cases on every machine. `python -m fuzz` goes on for as long as it is told, over all targets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True, slots=True)
class Target:
    """What is compared with what. `disagreement` says in one line what differs on a case, None where nothing does.

    `name` is the attribute of `module` that holds the target. A case is a value whose `repr` makes it again, with the
    names of that module.
    """

    module: str
    name: str
    cases: SearchStrategy[Any]
    disagreement: Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """The smallest case that was found on which a target disagrees."""

    target: Target
    case: Any
    said: str
    seed: int

    def as_test(self) -> str:
        """Return the case as a test."""
        return (
            f"# {self.said}\n"
            f"from {self.target.module} import *\n"
            f"from {self.target.module} import {self.target.name}\n\n\n"
            f"def test_{self.target.name.lower()}_agree_on_the_case_that_seed_{self.seed}_found() -> None:\n"
            f"    assert {self.target.name}.disagreement({self.case!r}) is None\n"
        )


@dataclass(frozen=True, slots=True)
class Round:
    """How many cases were checked, and what was found, None where all agreed."""

    cases: int
    found: Found | None


class _DisagreementError(AssertionError):
    """Tells Hypothesis that a case is one to be shrunk."""


def hunt(target: Target, *, seed_: int, cases: int, disagreement: Callable[[Any], str | None] | None = None) -> Round:
    """Check so many cases, drawn with a seed; shrink the first disagreement. What `disagreement` raises is one too.

    `disagreement` stands in for that of the target: for planted wrong engines.
    """
    checked, smallest = 0, list[tuple[Any, str]]()
    ask = disagreement or target.disagreement

    @seed(seed_)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(target.cases)
    def agree(case: Any) -> None:
        nonlocal checked
        checked += not smallest
        try:
            said = ask(case)
        except Exception as error:  # noqa: BLE001 - an engine that raises disagrees with one that does not
            said = f"{type(error).__name__}: {error}"
        if said is not None:
            smallest[:] = [(case, said)]
            raise _DisagreementError(said)

    try:
        agree()
    except _DisagreementError:
        case, said = smallest[0]
        return Round(checked, Found(target, case, said, seed_))
    return Round(checked, None)
