"""Mutation testing: change one small thing at random, and see whether a test notices.

    make mutation FILES="simulations/lastseat/simulations/bookings/judging/judge.py" SECONDS=600 SEED=1

Cosmic Ray makes the mutants. They are drawn with a seed over the files, and each is given to the tests that
`tests.toml` names for its file, in a private copy of the tree. A test that fails, or that takes several times as long
as it should, has noticed. Survivors that behave like the original are listed in `equivalent.toml`, with the reason.
The status is 1 where less than 98 % of the others were noticed. Ctrl-C prints what is known.

Not mutated: types (they are read by nobody at run time), assertions (they state what the code relies on), names of
`dataclass` and `zip` options that only make mistakes louder, and `==` into `is` or back.
"""

import argparse
import ast
import difflib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

PROJECT = Path(__file__).resolve().parents[2]
ROOTS = ("model", "reference", "simulations", "tests")
ENOUGH = 0.98
QUIET = ("-q", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist")
# A mutant may ask for more and more memory; the tests then end with MemoryError, and have noticed.
PYTEST = """
import resource, sys, pytest
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
sys.exit(pytest.main(sys.argv[1:]))
"""
PATIENCE = 4  # how many times as long as unmutated the tests may take
SILENT_OPTIONS = {"slots", "frozen", "strict"}
# Whatever is told apart by identity here is equal as well.
NOT_USED = ("core/NoOp", "_Eq_Is", "_NotEq_Is", "_Is_Eq", "_IsNot_NotEq", "/ExceptionReplacer")


@dataclass(frozen=True, slots=True)
class Mutant:
    """The place of one change: a file, an operator of Cosmic Ray, and which of its occurrences there."""

    file: str
    operator: str
    occurrence: int
    line: int
    column: int

    def source(self, original: str) -> str:
        """Return the file with the change in it."""
        mutated = mutate_code(original, get_operator(self.operator)(), self.occurrence)
        assert isinstance(mutated, str), f"{self} is not there any more"
        return mutated


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change that no test can notice: lines as they are, lines as they become, and why nothing is different.

    Where `becomes` is "*" it is any change of these lines.
    """

    file: str
    was: str
    becomes: str
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"{self.file}: {self.becomes!r} is listed as equivalent without a reason")


@dataclass(slots=True)
class Tally:
    """What is known about the mutants tried so far."""

    noticed: list[Mutant] = field(default_factory=list)
    equivalent: list[Mutant] = field(default_factory=list)
    survivors: list[tuple[Mutant, str]] = field(default_factory=list)
    not_equivalent: list[Mutant] = field(default_factory=list)  # listed as equivalent, and yet noticed

    @property
    def share(self) -> float:
        """Return the share of the mutants that are not equivalent that was noticed; 1 where there are none."""
        others = len(self.noticed) + len(self.survivors)
        return len(self.noticed) / others if others else 1.0

    def lines(self) -> Iterator[str]:
        """Yield what is to be said."""
        for mutant, difference in self.survivors:
            yield f"--- survived: {mutant.file}:{mutant.line} {mutant.operator} {mutant.occurrence}"
            yield difference
        for mutant in self.not_equivalent:
            yield f"--- listed as equivalent, but noticed: {mutant.file}:{mutant.line} {mutant.operator}"
        yield (
            f"{len(self.noticed) + len(self.equivalent) + len(self.survivors)} mutants tried: {len(self.noticed)} "
            f"noticed, {len(self.equivalent)} equivalent, {len(self.survivors)} survived ({self.share:.1%} noticed)"
        )


# --- the mutants ----------------------------------------------------------------------------------------------


def mutants(file: str, source: str) -> list[Mutant]:
    """Return every mutant of a file, in the order of the operators' names."""
    nodes = list(ast_nodes(get_ast(source)))
    found = []
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if operator.arguments() or any(part in name for part in NOT_USED):
            continue
        places = (start for node in nodes for start, _ in operator().mutation_positions(node))
        found += [Mutant(file, name, occurrence, *start) for occurrence, start in enumerate(places)]
    return found


def is_worth_a_test(original: str, mutated: str) -> bool:
    """Return whether the change is Python and can matter at run time at all."""
    try:
        return meaning(original) != meaning(mutated)
    except SyntaxError:
        return False


def meaning(source: str) -> str:
    """Return the syntax tree as text, without what is not mutated."""
    return ast.dump(_Meaning().visit(ast.parse(source)))


class _Meaning(ast.NodeTransformer):
    """Takes out types, assertions, and the options that only make mistakes louder."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:  # noqa: ARG002 - the name is the library's
        return ast.Pass()

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        alias = isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
        node.annotation = ast.Constant(None)
        if alias:
            node.value = None
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        if node.arg in SILENT_OPTIONS:
            node.value = ast.Constant(None)
        return self.generic_visit(node)


def change(original: str, mutated: str) -> tuple[str, str]:
    """Return the lines that a change replaces, and what they become."""
    was, becomes = list[str](), list[str]()
    for line in difflib.ndiff(original.splitlines(), mutated.splitlines()):
        if line.startswith("- "):
            was.append(line[2:].strip())
        elif line.startswith("+ "):
            becomes.append(line[2:].strip())
    return "\n".join(was), "\n".join(becomes)


# --- running the tests ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Copy:
    """A private copy of the tree in which one file at a time is changed, and the tests are run."""

    root: Path
    seconds: dict[tuple[str, ...], float] = field(default_factory=dict)  # of each set of tests, unmutated
    process: subprocess.Popen[str] | None = None
    red: list[str] = field(default_factory=list)  # tests that fail without a mutation, and so notice none

    @classmethod
    def of(cls, project: Path, root: Path) -> "Copy":
        """Copy what the tests read. Bytecode is checked by content, so that no change is too quick for it."""
        left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
        shutil.copytree(project, root, ignore=left_out)
        compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", *ROOTS]
        subprocess.run(compiling, cwd=root, check=False)
        return cls(root)

    def fails(self, tests: Sequence[str], *options: str, seconds: float | None = None) -> str | None:
        """Return what is said where the tests fail, or take longer than `seconds`; None where they pass."""
        here = os.pathsep.join(str(self.root / name) for name in ROOTS)
        left_out = [f"--deselect={test}" for test in self.red]
        self.process = process = subprocess.Popen(
            [sys.executable, "-c", PYTEST, *QUIET, *options, *left_out, *tests],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": here, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return "it takes too long"
        finally:
            self.stop()
            process.wait()
        return None if process.returncode == 0 else said

    def stop(self) -> None:
        """End the tests, and whatever they started."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def measure(self, tests: tuple[str, ...]) -> float:
        """Return how long the tests take without a change. Those that fail are left out from now on.

        Raises RuntimeError where they do not even start.
        """
        if tests not in self.seconds:
            began = time.monotonic()
            said = self.fails(tests)
            if said is not None:
                failed: list[str] = re.findall(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", said, re.MULTILINE)
                self.red += failed
                if not failed or self.fails(tests) is not None:
                    raise RuntimeError(f"{' '.join(tests)} fail without a mutation: {said.strip()[-500:]}")
            self.seconds[tests] = time.monotonic() - began
        return self.seconds[tests]

    def notices(self, mutant: Mutant, mutated: str, stages: Sequence[tuple[str, ...]]) -> bool:
        """Return whether the tests notice the mutant: those of one stage after the other."""
        return any(self._fail_on(mutant, mutated, tests, PATIENCE * self.measure(tests) + 5) for tests in stages)

    def _fail_on(self, mutant: Mutant, mutated: str, tests: tuple[str, ...], seconds: float) -> bool:
        path = self.root / mutant.file
        original = path.read_bytes()
        try:
            path.write_text(mutated, encoding="utf-8")
            return self.fails(tests, "-x", seconds=seconds) is not None
        finally:
            path.write_bytes(original)


# --- a run ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sampling:
    """Draws mutants over files until time is up, and gives each to the tests that concern its file."""

    project: Path
    tests: dict[str, list[tuple[str, ...]]]
    equivalents: frozenset[tuple[str, str, str]]
    tally: Tally = field(default_factory=Tally)
    red: set[str] = field(default_factory=set)
    until: float = 0.0

    def run(self, files: Sequence[str], *, seed: int, seconds: float, workers: int = 1, most: int = 0) -> None:
        """Try mutants until so many seconds are over, or so many are tried; all of them where `most` is 0."""
        self.until = time.monotonic() + seconds
        with tempfile.TemporaryDirectory(prefix="mutation-") as folder, ThreadPoolExecutor(workers) as pool:
            copies = [Copy.of(self.project, Path(folder) / f"copy{number}") for number in range(workers)]
            waiting = iter(self.drawn(files, copies[0].root, seed)[: most or None])
            running = [pool.submit(self._work, copy, waiting) for copy in copies]
            try:
                for each in running:
                    each.result()
            finally:  # also where Ctrl-C comes: the others end now
                self.until = 0.0
                for copy in copies:
                    copy.stop()
                    self.red.update(copy.red)

    def drawn(self, files: Sequence[str], root: Path, seed: int) -> list[tuple[Mutant, str]]:
        """Return the mutants of the files with their originals, in an order that the seed decides."""
        sources = {file: (root / file).read_text(encoding="utf-8") for file in files}
        every = [(mutant, source) for file, source in sources.items() for mutant in mutants(file, source)]
        random.Random(seed).shuffle(every)  # noqa: S311 - no secret
        # Every place comes once before any comes twice, as a `+` has twelve mutants and a `not` has one.
        met = Counter[tuple[str, int, int]]()
        turns = []
        for mutant, _ in every:
            place = mutant.file, mutant.line, mutant.column
            turns.append(met[place])
            met[place] += 1
        return [drawn for _, drawn in sorted(zip(turns, every, strict=True), key=lambda pair: pair[0])]

    def _work(self, copy: Copy, waiting: Iterator[tuple[Mutant, str]]) -> None:
        while time.monotonic() < self.until and (drawn := next(waiting, None)) is not None:
            mutant, original = drawn
            mutated = mutant.source(original)
            if not is_worth_a_test(original, mutated):
                continue
            noticed = copy.notices(mutant, mutated, self.tests[mutant.file])
            if self.until:  # else it was stopped in the middle
                sys.stderr.write(self.note(mutant, original, mutated, noticed=noticed))
                sys.stderr.flush()

    def note(self, mutant: Mutant, original: str, mutated: str, *, noticed: bool) -> str:
        """Count a mutant that was tried; return what is said of it at once."""
        was, becomes = change(original, mutated)
        listed = bool({(mutant.file, was, becomes), (mutant.file, was, "*")} & self.equivalents)
        if noticed:
            self.tally.noticed.append(mutant)
            if listed:
                self.tally.not_equivalent.append(mutant)
            return "."
        if listed:
            self.tally.equivalent.append(mutant)
            return "="
        lines = difflib.unified_diff(original.splitlines(), mutated.splitlines(), lineterm="", n=2)
        difference = "\n".join(list(lines)[2:])
        self.tally.survivors.append((mutant, difference))
        return f"\nsurvived: {mutant.file}:{mutant.line} {mutant.operator}\n{difference}\n"


def read_tests(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """Return the tests that concern each file, in stages: each a group, or a path by itself."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    groups = table["groups"]
    return {file: [tuple(groups.get(name, [name])) for name in names] for file, names in table["files"].items()}


def read_equivalents(path: Path) -> frozenset[tuple[str, str, str]]:
    """Return the file, the lines and what they become, of every change that is listed as equivalent."""
    table = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    listed = [Equivalent(**entry) for entry in table.get("equivalent", [])]
    return frozenset((each.file, each.was.strip(), each.becomes.strip()) for each in listed)


def main(arguments: Sequence[str] | None = None, here: Path = Path(__file__).parent, project: Path = PROJECT) -> int:
    """Run, print what is known, and return the status."""
    parser = argparse.ArgumentParser(description="Sample mutants and see whether the tests notice.")
    parser.add_argument("--files", nargs="*", help="files to mutate; all of tests.toml where none is given")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="how many copies of the tree work side by side")
    parser.add_argument("--most", type=int, default=0, help="how many mutants to draw at most; 0 for no limit")
    asked = parser.parse_args(arguments)
    tests = read_tests(here / "tests.toml")
    files = asked.files or list(tests)
    unknown = [file for file in files if file not in tests]
    if unknown:
        parser.error(f"tests.toml names no tests for {', '.join(unknown)}")
    sampling = Sampling(project, tests, read_equivalents(here / "equivalent.toml"))
    status = 0
    try:
        sampling.run(files, seed=asked.seed, seconds=asked.seconds, workers=asked.workers, most=asked.most)
    except KeyboardInterrupt:
        status = 130
    except RuntimeError as error:
        sys.stderr.write(f"\n{error}\n")
        status = 2
    left_out = [f"--- left out, as it fails without a mutation: {test}" for test in sorted(sampling.red)]
    sys.stdout.write("\n".join(["", *left_out, *sampling.tally.lines(), ""]))
    return status or int(sampling.tally.share < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
