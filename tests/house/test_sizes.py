"""A file and a function are short enough to be read in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 40


def too_long(source: str) -> Iterator[str]:
    """Yield one sentence for the file and for each function that has too many lines."""
    lines = len(source.splitlines())
    if lines > MOST_LINES_OF_A_FILE:
        yield f"the file has {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > MOST_LINES_OF_A_FUNCTION:
            yield f"{node.name} has {length(node)} lines"


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines from `def` to the end; decorators and the docstring do not count."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def is_lesson(path: Path) -> bool:
    """Return whether a file is a notebook: most of its lines are prose, and it has limits of its own."""
    return path.parent.name == "notebooks" and path.name[:2].isdigit()


def test_no_file_and_no_function_is_too_long(root: Path, python_files: tuple[Path, ...]) -> None:
    code = [path for path in python_files if not is_lesson(path)]
    found = {path: list(too_long(path.read_text(encoding="utf-8"))) for path in code}

    assert {path.relative_to(root).as_posix(): long for path, long in found.items() if long} == {}


def test_the_whole_project_is_measured(root: Path, python_files: tuple[Path, ...]) -> None:
    folders = {path.relative_to(root).parts[0] for path in python_files}

    assert {"model", "reference", "simulations", "tests"} <= folders


def test_a_file_of_401_lines_is_too_long() -> None:
    assert list(too_long("x = 1\n" * 400)) == []
    assert list(too_long("x = 1\n" * 401)) == ["the file has 401 lines"]


@pytest.mark.parametrize("definition", ["def book():", "@cached\n@named('b')\ndef book():", "async def book():"])
@pytest.mark.parametrize("docstring", ["", '    """Book."""\n', '    """Book.\n\n    Now.\n    """\n'])
def test_a_function_of_41_lines_is_too_long_whatever_its_docstring_and_decorators(
    definition: str, docstring: str
) -> None:
    assert list(too_long(f"{definition}\n{docstring}" + "    x = 1\n" * 39)) == []
    assert list(too_long(f"{definition}\n{docstring}" + "    x = 1\n" * 40)) == ["book has 41 lines"]


def test_a_method_and_a_function_within_a_function_are_measured() -> None:
    nested = "class Store:\n  def book(self):\n    def inner():\n" + "      x = 1\n" * 40

    assert list(too_long(nested)) == ["book has 42 lines", "inner has 41 lines"]
