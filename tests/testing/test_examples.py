"""Every public name of `lastseat.testing` says in an example what it is for, and the examples are true.

Those of `lastseat.simulations` have theirs in a guide: see `test_readme_examples.py`.
"""

import doctest
import importlib
from types import ModuleType
from typing import Any

import pytest

PUBLIC = ("lastseat.testing", "lastseat.testing.strategies", "lastseat.testing.notation")
# Names that have no example of their own, and why.
WITHOUT = {
    ("lastseat.testing.notation", "CONTROL"): "the words that the notation is made of",
    ("lastseat.testing.notation", "WORDS"): "the words that the notation is made of",
    ("lastseat.testing.notation", "Process"): "a type",
    ("lastseat.testing.notation", "Words"): "a type",
    ("lastseat.testing.notation", "new_shared"): "in the example of processes_of",
    ("lastseat.testing.notation", "process_of"): "in the example of processes_of, for each process",
    ("lastseat.testing.strategies", "Written"): "in the example of programs, which draws it",
    ("lastseat.testing.strategies", "texts"): "in the example of programs, which draws them",
    ("lastseat.testing", "replay"): "in PROGRAMS.md",
}
EVERY_NAME = [(package, name) for package in PUBLIC for name in importlib.import_module(package).__all__]


def examples_of(value: object, name: str) -> list[doctest.DocTest]:
    """Return the doctests in the docstring of a value, and in those of its methods."""
    if not isinstance(value, type) and not callable(value):
        return []  # the docstring of a value is that of its class
    found = doctest.DocTestFinder(exclude_empty=True).find(value, name, module=False, globs={})
    return [test for test in found if test.examples]


def failures_of(value: object, name: str) -> str:
    """Return what the examples of a value say that is not so, "" where they are right."""
    said: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for test in examples_of(value, name):
        runner.run(test, out=said.append)
    return "".join(said)


@pytest.mark.parametrize(("package", "name"), EVERY_NAME)
def test_a_public_name_has_an_example_that_is_true(package: str, name: str) -> None:
    value = getattr(importlib.import_module(package), name)

    assert failures_of(value, name) == ""
    assert examples_of(value, name) or (package, name) in WITHOUT


@pytest.mark.parametrize("package", [*PUBLIC, "lastseat.simulations"])
def test_what_is_public_is_there_and_listed_once(package: str) -> None:
    module: ModuleType = importlib.import_module(package)

    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_no_name_is_excused_that_is_not_public() -> None:
    assert set(WITHOUT) - set(EVERY_NAME) == set()


def with_example(example: str) -> Any:
    class Named:
        pass

    Named.__doc__ = example
    return Named


@pytest.mark.parametrize(
    ("example", "count", "is_true"),
    [(">>> 1 + 1\n2\n", 1, True), (">>> 1 + 1\n3\n", 1, False), ("no example", 0, True)],
)
def test_an_example_that_is_missing_or_wrong_is_seen(example: str, count: int, is_true: bool) -> None:
    named = with_example(example)

    assert len(examples_of(named, "named")) == count
    assert (failures_of(named, "named") == "") == is_true
