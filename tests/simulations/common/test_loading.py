"""Loading somebody's own code by a name: modules, files, classes, and what cannot be loaded."""

import sys
from pathlib import Path

import pytest

from lastseat.simulations.common.loading import LoadingError, loaded, loaded_from_anywhere


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, an empty one; what is imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path


def test_the_current_folder_is_the_first_where_a_module_is_looked_for(folder: Path) -> None:
    (folder / "colorsys.py").write_text("own = 1")
    sys.path.append(str(folder))
    sys.modules.pop("colorsys", None)

    assert loaded("colorsys:own") == 1


def test_a_file_is_known_by_the_name_by_which_a_worker_imports_it(folder: Path) -> None:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_own.py").write_text("def test(): pass")

    test = loaded_from_anywhere("tests/test_own.py::test")

    assert (test.__module__, sys.modules["tests.test_own"].test) == ("tests.test_own", test)
    assert loaded_from_anywhere(f"{folder}/tests/test_own.py:test") is test


def test_a_file_with_the_name_of_a_module_of_python_does_not_replace_it(folder: Path) -> None:
    (folder / "queue.py").write_text("own = 1")
    before = sys.modules.get("queue")

    assert loaded_from_anywhere("queue.py:own") == 1
    assert sys.modules.get("queue") is before


def test_of_a_class_on_the_way_an_instance_is_made(folder: Path) -> None:
    (folder / "own.py").write_text("class Test:\n    def test(self):\n        return type(self).__name__")

    assert loaded_from_anywhere("own.py::Test::test")() == "Test"


@pytest.mark.parametrize(
    ("source", "name", "complaint"),
    [
        (
            "class Test:\n    def __init__(self): 1 / 0",
            "own.py::Test::test",
            "Test cannot be made: ZeroDivisionError",
        ),
        (
            "1 / 0",
            "own.py::test",
            r'"own.py" cannot be imported: ZeroDivisionError: division by zero \(own.py, line 1',
        ),
        ("def (", "own.py::test", '"own.py" cannot be imported: SyntaxError'),
        ("", "absent.py::test", '"absent.py" cannot be imported: there is no such file'),
        ("", "own.py::test::", '"own.py::test::" is not of the form file.py::function'),
    ],
)
def test_what_cannot_be_loaded_is_told_in_one_line(folder: Path, source: str, name: str, complaint: str) -> None:
    (folder / "own.py").write_text(source)

    with pytest.raises(LoadingError, match=complaint) as refused:
        loaded_from_anywhere(name)

    assert str(refused.value).isprintable()
