"""The source roots share one namespace package, so that a user's own `model.py` is never in the way."""

from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = {"model": {"model"}, "reference": {"reference"}, "simulations": {"simulations", "testing"}}


def importable(folder: Path) -> set[str]:
    """Return what Python could import from a folder."""
    return {
        path.name
        for path in folder.iterdir()
        if path.suffix == ".py" or (path.is_dir() and path.name != "__pycache__")
    }


@pytest.mark.parametrize("name", PACKAGES)
def test_a_source_root_holds_only_its_own_package(root: Path, name: str) -> None:
    assert importable(root / name) == {"lastseat"}
    assert importable(root / name / "lastseat") == PACKAGES[name]


def test_lastseat_is_a_namespace_package() -> None:
    spec = find_spec("lastseat")

    assert spec is not None
    assert spec.origin is None
    assert not spec.has_location


def test_an_init_file_in_the_namespace_is_seen(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "__init__.py").touch()

    assert importable(tmp_path) == {"model", "__init__.py"}


def test_the_tests_are_no_packages(root: Path) -> None:
    assert list((root / "tests").rglob("__init__.py")) == []
