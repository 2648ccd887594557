"""What a page names is there: a module that moved or went is noticed in the prose too."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

# Names of files that a reader may make, and of one that must not be.
MADE_UP = {"mine.py", "NN_name.py", "lastseat/__init__.py"}
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"[\w.*/-]+")
SUFFIX = ".py"  # by itself it names no file


def places(page: str) -> Iterator[str]:
    """Yield what stands between backquotes on a page and can be the name of a place, outside of blocks of code."""
    for quoted in re.findall(r"`([^`\n]+)`", BLOCK.sub("", page)):
        place = quoted.partition("::")[0]
        if PLACE.fullmatch(place):
            yield place


def missing(page: str, there: set[str]) -> list[str]:
    """Return the places that a page names and that are not there.

    `there` are all files and folders, relative to the root. A file of Python, and a name that ends in a slash, may be
    named by the end of their paths. A path that begins with a folder of the root must be whole.
    """
    roots = {path for path in there if "/" not in path}
    found = []
    for place in places(page):
        name = place.removesuffix("/")
        is_whole = "/" in name and name.partition("/")[0] in roots
        if place in {*MADE_UP, SUFFIX} or not (is_whole or place.endswith((SUFFIX, "/"))):
            continue
        patterns = [name] if is_whole else [name, f"*/{name}"]
        if not any(fnmatchcase(path, pattern) for path in there for pattern in patterns):
            found.append(place)
    return found


@pytest.fixture(scope="session")
def there(root: Path, project_files: tuple[Path, ...]) -> set[str]:
    """Every file and folder of the project, relative to its root."""
    paths = {path.relative_to(root) for path in project_files}
    folders = {folder for path in paths for folder in path.parents if folder.name}
    return {path.as_posix() for path in paths | folders}


def test_every_place_that_a_page_names_is_there(root: Path, project_files: tuple[Path, ...], there: set[str]) -> None:
    pages = [path for path in project_files if path.suffix == ".md"]

    found = {page.relative_to(root).as_posix(): missing(page.read_text(encoding="utf-8"), there) for page in pages}

    assert len(pages) > 15
    assert {page: places for page, places in found.items() if places} == {}


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("`gone.py`", ["gone.py"]),
        ("`other/store.py`", ["other/store.py"]),
        ("`model/gone`", ["model/gone"]),
        ("`gone/`", ["gone/"]),
        ("`tests/gone.py::test_it`", ["tests/gone.py"]),
        ("`gone_*.py`", ["gone_*.py"]),
        ("`store.py`, `model/store.py`, `model/`, `st*.py`, `mine.py`", []),
        ("`a.b`, `.py`, `other/x`, `store.py gone.py`", []),
        ("```\n`gone.py`\n```\n", []),
    ],
)
def test_a_place_that_is_not_there_is_seen(page: str, found: list[str]) -> None:
    assert missing(page, {"model", "model/store.py", "tests"}) == found
