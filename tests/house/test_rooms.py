"""A folder says what lives in it, in an order in which it can be read, and is small enough to be known by heart."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE_ROOTS = ("model", "reference", "simulations")
MOST_LINES_OF_A_DOCSTRING = 10
MOST_MODULES = 14
MOST_WITH_ONE_PREFIX = 2
GALLERY = "reference/lastseat/reference/flawed"  # each of its files is one flaw, and none is read after another


def folders(root: Path) -> Iterator[Path]:
    """Yield each folder of a source root that is a package."""
    for source_root in SOURCE_ROOTS:
        yield from sorted(path.parent for path in (root / source_root).rglob("__init__.py"))


def untidy(folder: Path) -> Iterator[str]:
    """Yield one sentence for each thing that is wrong with a folder."""
    source = (folder / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
    named = set(re.findall(r"`([a-z_]+)`", docstring))
    if len(docstring.splitlines()) > MOST_LINES_OF_A_DOCSTRING:
        yield f"its docstring has {len(docstring.splitlines())} lines"
    for module in sorted(modules - named):
        yield f"its docstring does not name `{module}`"
    for name in sorted(named - modules - rooms - handed_on(source)):
        yield f"its docstring names `{name}`, which is not there"
    if len(modules) > MOST_MODULES:
        yield f"it has {len(modules)} modules"
    families = Counter(module.partition("_")[0] for module in modules)
    for word, members in sorted(families.items()):
        if members > MOST_WITH_ONE_PREFIX and any(module.startswith(f"{word}_") for module in modules):
            yield f"{members} of its modules begin with {word}: that is a folder"


def handed_on(source: str) -> set[str]:
    """Return the names that a package has of its own: what it imports, and what it defines."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def is_excused(name: str) -> bool:
    return any(f"{name}/".startswith(f"{excused}/") for excused in (GALLERY,))


def test_a_folder_names_its_modules_and_is_small(root: Path) -> None:
    found = {path.relative_to(root).as_posix(): list(untidy(path)) for path in folders(root)}

    assert {name: said for name, said in found.items() if said and not is_excused(name)} == {}


def test_a_folder_that_is_excused_is_there(root: Path) -> None:
    there = {path.relative_to(root).as_posix() for path in folders(root)}

    assert GALLERY in there


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A tidy folder."""
    for name in ("stores/__init__.py", "values.py", "store.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "__init__.py").write_text('"""`values`, `store`, then `stores`; see `explore`."""\nexplore = 1\n')
    return tmp_path


def test_a_tidy_folder_is_let_be(room: Path) -> None:
    assert list(untidy(room)) == []


@pytest.mark.parametrize(
    ("docstring", "said"),
    [
        ("`values`", ["its docstring does not name `store`"]),
        ("values, store", ["its docstring does not name `store`", "its docstring does not name `values`"]),
        ("`values`, `store`, `shop`", ["its docstring names `shop`, which is not there"]),
        ("`values`\n`store`" + "\n" * 9 + "more", ["its docstring has 11 lines"]),
    ],
)
def test_a_docstring_that_does_not_fit_its_folder_is_seen(room: Path, docstring: str, said: list[str]) -> None:
    (room / "__init__.py").write_text(f'"""{docstring}"""\n')

    assert list(untidy(room)) == said


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ([f"m{letter}" for letter in "abcdefghijklmno"], ["it has 15 modules"]),
        (["law", "law_chain", "law_joint"], ["3 of its modules begin with law: that is a folder"]),
        (["law", "law_chain", "lawn"], []),
    ],
)
def test_a_folder_that_is_too_full_is_seen(tmp_path: Path, modules: list[str], said: list[str]) -> None:
    for module in modules:
        (tmp_path / f"{module}.py").touch()
    (tmp_path / "__init__.py").write_text(f'"""{" ".join(f"`{module}`" for module in modules)}"""\n')

    assert list(untidy(tmp_path)) == said
