"""What the tests on the project itself share: where it is, and which files belong to it."""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def project_files() -> tuple[Path, ...]:
    """Every file that is, or may become, tracked. It reads .gitignore, so that the tests need no git."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return tuple(sorted(_walk(ROOT, (".git", *(line.strip("/") for line in lines)))))


@pytest.fixture(scope="session")
def python_files(project_files: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(path for path in project_files if path.suffix == ".py")


def _walk(folder: Path, ignored: tuple[str, ...]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from _walk(path, ignored)
        else:
            yield path
