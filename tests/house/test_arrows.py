"""The arrows: simulations import model and reference, and these two know neither each other nor simulations.

If the model and the reference shared code, that the one conforms to the other would be a tautology. Within each root
the arrows go down, floor by floor, and never in a circle: then each part can be read without those above it.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE_ROOTS = ("model", "reference", "simulations")
FORBIDDEN = {
    "model": ("lastseat.reference", "lastseat.simulations"),
    "reference": ("lastseat.model", "lastseat.simulations"),
}
# The copy must be found instead of the installed checkout, and not beside it: `lastseat` is a namespace package.
LINT_THE_COPY = f"""
import sys
from pathlib import Path
from importlinter.cli import lint_imports_command
others = [entry for entry in sys.path if Path(entry).name not in {SOURCE_ROOTS!r}]
sys.path[:] = [*(str(Path.cwd() / name) for name in {SOURCE_ROOTS!r}), *others]
lint_imports_command(["--no-cache"])
"""


def imported(source: str, package: str) -> Iterator[str]:
    """Yield the full name of each module that Python source imports; `package` is where relative imports start."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            start = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            # What is imported from a package may be a module of it: `from lastseat import model`.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def loaded(source: str) -> Iterator[str]:
    """Yield each module that Python source loads by name while it runs."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(name := node.args[0], ast.Constant):
            loader = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            if loader in ("import_module", "__import__") and isinstance(name.value, str):
                yield name.value


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def sources_of(root: Path, folder: str) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the package and the source of each file of a source root."""
    for path in sorted((root / folder).rglob("*.py")):
        package = ".".join(path.relative_to(root / folder).parent.parts)
        yield path.relative_to(root).as_posix(), package, path.read_text(encoding="utf-8")


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of all that the contracts are about."""
    for folder in SOURCE_ROOTS:
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def lint(copy: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT_THE_COPY], cwd=copy, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_model_and_reference_know_neither_each_other_nor_simulations(root: Path, folder: str) -> None:
    used = [
        (file, module)
        for file, package, source in sources_of(root, folder)
        for module in (*imported(source, package), *loaded(source))
    ]

    assert used
    assert [(file, module) for file, module in used if within(module, FORBIDDEN[folder])] == []


# The engines that stand on a library, by the beginning of their path. Nothing else imports them.
OPTIONAL = {"arrays": "numpy", "searches/": "numpy", "law/fast": "numpy", "proof/": "z3"}


def allowed_in(file: Path, folder: str) -> tuple[str, ...]:
    optional = (
        library for start, library in OPTIONAL.items() if file.as_posix().startswith(f"model/lastseat/model/{start}")
    )
    return (*sys.stdlib_module_names, f"lastseat.{folder}", *optional)


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_model_and_reference_import_only_the_standard_library_but_for_the_optional_engines(
    root: Path, folder: str
) -> None:
    strange = [
        (file, module)
        for file, package, source in sources_of(root, folder)
        for module in imported(source, package)
        if not within(module, allowed_in(Path(file), folder))
    ]

    assert strange == []


@pytest.mark.parametrize(
    "source",
    [
        "import lastseat.reference.store",
        "import lastseat.reference as r",
        "from lastseat.reference.store import decide",
        "from lastseat import reference",
        "from ..reference import store",
        "from .. import reference",
        "def late():\n    import os, lastseat.reference",
        "if TYPE_CHECKING:\n    from lastseat.reference import store",
    ],
)
def test_an_arrow_in_the_wrong_direction_is_seen_however_it_is_written(source: str) -> None:
    assert any(within(module, FORBIDDEN["model"]) for module in imported(source, "lastseat.model"))


@pytest.mark.parametrize("call", ["import_module", "importlib.import_module", "__import__"])
def test_a_module_that_is_loaded_by_name_is_seen(call: str) -> None:
    assert list(loaded(f"def late():\n    return {call}('lastseat.reference')")) == ["lastseat.reference"]
    assert list(loaded(f"{call}(name)\nprint('lastseat.reference')")) == []


@pytest.mark.parametrize(
    "source", ["import lastseat.model", "from . import world", "from .world import Store", "import os"]
)
def test_an_import_from_the_own_package_is_no_wrong_arrow(source: str) -> None:
    assert not any(within(module, FORBIDDEN["model"]) for module in imported(source, "lastseat.model"))


# The contracts in `pyproject.toml`, by the beginning of their names.
ROOTS, STANDARD_LIBRARY, FACE, CIRCLE = "simulations may", "model and reference need", "the public face", "no circle"
MODEL, REFERENCE, SIMULATIONS = (f"the floors of {root}" for root in SOURCE_ROOTS)
CONTRACTS = (ROOTS, STANDARD_LIBRARY, MODEL, REFERENCE, SIMULATIONS, FACE, CIRCLE)


def broken(checked: subprocess.CompletedProcess[str]) -> set[str]:
    """Return the contracts that were found broken; each of them must have been checked."""
    listed = re.sub(r"\(\d+ ignored imports?\)", "", checked.stdout.partition("dependencies.")[2])
    said = re.findall(r"([a-z].*?) (KEPT|BROKEN)", " ".join(listed.split()))
    named = {next(contract for contract in CONTRACTS if name.startswith(contract)): word for name, word in said}
    assert named.keys() == set(CONTRACTS), checked.stdout + checked.stderr
    return {contract for contract, word in named.items() if word == "BROKEN"}


def test_the_contracts_are_kept(copy: Path) -> None:
    checked = lint(copy)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert broken(checked) == set()


MODEL_ROOT, REFERENCE_ROOT = "model/lastseat/model", "reference/lastseat/reference"
SIMULATIONS_ROOT = "simulations/lastseat/simulations"


@pytest.mark.parametrize(
    ("contract", "planted_in", "line"),
    [
        (ROOTS, f"{MODEL_ROOT}/world.py", "import lastseat.reference.store"),
        (ROOTS, f"{MODEL_ROOT}/world.py", "import lastseat.simulations"),
        (ROOTS, f"{REFERENCE_ROOT}/values.py", "import lastseat.model.world"),
        (STANDARD_LIBRARY, f"{REFERENCE_ROOT}/values.py", "import pydantic"),
        (MODEL, f"{MODEL_ROOT}/proof/solver.py", "import lastseat.model.law.joint"),
        (MODEL, f"{MODEL_ROOT}/attic.py", ""),
        (REFERENCE, f"{REFERENCE_ROOT}/runners.py", "import lastseat.reference.stores.memory"),
        (SIMULATIONS, f"{SIMULATIONS_ROOT}/common/text.py", "import lastseat.simulations.cli"),
        (SIMULATIONS, f"{SIMULATIONS_ROOT}/checkers/tlc.py", "import lastseat.simulations.drawing"),
        (SIMULATIONS, f"{SIMULATIONS_ROOT}/attic.py", ""),
        (FACE, f"{SIMULATIONS_ROOT}/figures/wording.py", "import lastseat.testing"),
        (CIRCLE, f"{SIMULATIONS_ROOT}/common/text.py", "import lastseat.simulations.common.widths"),
        (CIRCLE, f"{MODEL_ROOT}/world.py", "def late():\n    import lastseat.model.steps"),
    ],
)
def test_a_wrong_import_breaks_a_contract(copy: Path, contract: str, planted_in: str, line: str) -> None:
    with (copy / planted_in).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    checked = lint(copy)

    assert checked.returncode == 1
    assert contract in broken(checked), checked.stdout + checked.stderr


# --- imports inside functions ---------------------------------------------------------------------------------

# The only ones of our modules in our modules: who, what, and why not at the top.
LATE = (
    ("lastseat.model.law.outcomes", "lastseat.model.law.fast", "numpy is optional"),
    ("lastseat.simulations.checkers.engines", "lastseat.model.searches.fast", "numpy is optional"),
    ("lastseat.simulations.cli", "lastseat.simulations.sweeps", "numpy is optional"),
    ("lastseat.simulations.cli", "lastseat.simulations.figures", "matplotlib is optional"),
    ("lastseat.simulations.cli.entry", "lastseat.simulations.cli.main", "Ctrl-C during the imports is caught"),
    ("lastseat.simulations.cli", "lastseat.simulations.common", "start-up time"),
    ("lastseat.simulations.cli.outcomes", "lastseat.reference.store", "start-up time"),
    ("lastseat.testing.drawing", "lastseat.simulations.reports.drawn", "start-up time"),
)


def imported_late(source: str, package: str) -> Iterator[str]:
    """Yield the full name of each module that Python source imports inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                yield from imported(ast.unparse(statement), package)


def test_none_of_our_modules_is_imported_inside_a_function_without_a_reason(root: Path) -> None:
    late = {
        (file.removesuffix(".py").replace("/", ".").partition(".")[2], module)
        for folder in SOURCE_ROOTS
        for file, package, source in sources_of(root, folder)
        for module in imported_late(source, package)
        if within(module, ("lastseat",))
    }

    unexplained = {
        (importer, module)
        for importer, module in late
        if not any(within(importer, (who,)) and within(module, (what,)) for who, what, _ in LATE)
    }

    assert len(late) > 5
    assert unexplained == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def late():\n    import lastseat.model", ["lastseat.model"]),
        ("def late():\n    if True:\n        from .world import Store", ["lastseat.model.world.Store"]),
        ("class Late:\n    async def come(self):\n        from lastseat import model", ["lastseat.model"]),
        ("import lastseat.model\nif TYPE_CHECKING:\n    from lastseat import reference", []),
    ],
)
def test_an_import_inside_a_function_is_seen(source: str, found: list[str]) -> None:
    assert list(imported_late(source, "lastseat.model")) == found
