"""What people are shown imports only public names, so that all else may change."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGES = ("README.md", "simulations/README.md", "simulations/PROGRAMS.md", "simulations/BOOKINGS.md")
# Of these, the names in `__all__`.
LISTED = ("lastseat.simulations", "lastseat.testing", "lastseat.testing.strategies", "lastseat.testing.notation")
# The model and the reference are small enough to be read: each of their modules is public.
OPEN = ("lastseat.model.", "lastseat.reference.")


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the code of each page and notebook."""
    for page in PAGES:
        blocks = re.findall(r"```python\n(.*?)```", (root / page).read_text(encoding="utf-8"), re.DOTALL)
        yield page, "".join(blocks)
    for path in sorted((root / "notebooks").glob("0*.py")):
        yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def imported(source: str) -> Iterator[tuple[str, str]]:
    """Yield each module of ours that is imported from, with the name that is: "" for the module itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.startswith("lastseat"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lastseat"):
            yield from ((node.module or "", alias.name) for alias in node.names)


def is_public(module: str, name: str) -> bool:
    if module.startswith(OPEN):
        return True
    return module in LISTED and name in importlib.import_module(module).__all__


def test_pages_and_notebooks_import_only_public_names(root: Path) -> None:
    used = [(where, module, name) for where, source in sources(root) for module, name in imported(source)]

    assert {where for where, _, _ in used} >= {*PAGES, "notebooks/01_one_attempt.py"}
    assert [(where, f"{module}.{name}") for where, module, name in used if not is_public(module, name)] == []


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("from lastseat.testing import explore", True),
        ("from lastseat.simulations import contention", True),
        ("from lastseat.reference.values import Outcome", True),
        ("from lastseat.testing import Meter", False),
        ("from lastseat.simulations import cli", False),
        ("from lastseat.simulations.bookings.scenario import contention", False),
        ("def late():\n    from lastseat.simulations.kernel.program import Program", False),
        ("import lastseat.simulations", False),
    ],
)
def test_an_import_of_what_is_not_public_is_seen(source: str, allowed: bool) -> None:
    assert [is_public(*found) for found in imported(source)] == [allowed]


# --- the list of lastseat.simulations -----------------------------------------------------------------------------


def checked_names(source: str) -> dict[str, str]:
    """Return what type checkers are told: the module that each name is imported from."""
    tree = ast.parse(source)
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    lines = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in lines for alias in node.names}


def test_the_names_of_simulations_are_looked_up_where_type_checkers_look(root: Path) -> None:
    package = importlib.import_module("lastseat.simulations")
    checked = checked_names((root / "simulations/lastseat/simulations/__init__.py").read_text(encoding="utf-8"))

    looked_up = {name: f"lastseat.simulations.{module}" for name, module in package._MODULE_OF.items()}
    looked_up |= dict.fromkeys(package._FOLDERS, "lastseat.simulations")

    assert checked == looked_up
    assert set(checked) == set(package.__all__)


def test_a_name_that_is_not_public_is_no_attribute_of_simulations() -> None:
    package = importlib.import_module("lastseat.simulations")

    assert {*package.__all__} <= {*dir(package)}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_to_import_simulations_imports_nothing_of_it() -> None:
    source = "import sys, lastseat.simulations; print(*(name for name in sys.modules if name.startswith('lastseat')))"

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["lastseat", "lastseat.simulations"]
