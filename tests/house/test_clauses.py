"""Prose and code cannot drift apart: every clause has code and a test, and every citation has a clause.

Code cites with a docstring or a comment (`Clause:` or `Clauses:` and names, which may run over lines), or with the
first argument of a `Property`. A test cites in the same way, or with a string that names the clause it expects.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import pytest

NAME = r"[a-z][a-z_]*\.[a-z][a-z_]*"
CITATION = re.compile(rf"\bClauses?:\s+({NAME}(?:\s*,\s*{NAME})*)")
BEGINNING = re.compile(r"\bClauses?:\s")


def clauses(prose: str) -> dict[str, str]:
    """Return the text of each clause by its name, in order; ValueError when a name comes twice."""
    found: dict[str, str] = {}
    for part in re.split(r"^#+ ", prose, flags=re.MULTILINE):
        name, _, text = part.partition("\n")
        if not re.fullmatch(NAME, name.strip()):
            continue
        if name.strip() in found:
            raise ValueError(f"the clause {name.strip()} is there twice")
        found[name.strip()] = text.strip()
    return found


def cited(source: str) -> frozenset[str]:
    """Return the clauses that Python source cites. ValueError when a citation names nothing."""
    return frozenset(name for text in prose_of(source) for name in citations(text)) | properties(ast.parse(source))


def citations(text: str) -> Iterator[str]:
    if len(BEGINNING.findall(text)) != len(CITATION.findall(text)):
        raise ValueError(f"a citation without the name of a clause: {text!r}")
    for names in CITATION.findall(text):
        yield from re.findall(NAME, names)


def prose_of(source: str) -> Iterator[str]:
    """Yield each docstring, and each run of comments on neighbouring lines as one text."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and (docstring := ast.get_docstring(node)):
            yield docstring
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [(token.start[0], token.string.lstrip("#")) for token in tokens if token.type == tokenize.COMMENT]
    for _, run in groupby(enumerate(comments), key=lambda pair: pair[1][0] - pair[0]):
        yield "\n".join(comment for _, (_, comment) in run)


def properties(tree: ast.Module) -> frozenset[str]:
    """Return the first argument of each call of `Property`."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    firsts = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Property")
    return frozenset(one.value for one in firsts if isinstance(one, ast.Constant) and isinstance(one.value, str))


def expected(source: str) -> frozenset[str]:
    """Return every name in a string of Python source that looks like a clause."""
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return frozenset(name for text in texts if isinstance(text, str) for name in re.findall(rf"\b{NAME}\b", text))


def unknown(known: Iterable[str], sources: dict[str, str]) -> dict[str, list[str]]:
    """Return, for each file that cites a clause which does not exist, those citations."""
    strays = {name: sorted(cited(source) - set(known)) for name, source in sources.items()}
    return {name: stray for name, stray in strays.items() if stray}


@pytest.fixture(scope="session")
def known(root: Path) -> dict[str, str]:
    return clauses((root / "specs" / "booking.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sources(root: Path, python_files: tuple[Path, ...]) -> dict[str, str]:
    """The source of every Python file but the tests on the project itself, which cite inline examples."""
    paths = [path for path in python_files if not path.is_relative_to(root / "tests" / "house")]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_every_clause_is_cited_by_code(known: dict[str, str], sources: dict[str, str]) -> None:
    code = ("model/", "reference/", "simulations/")

    by_code = frozenset().union(*(cited(text) for name, text in sources.items() if name.startswith(code)))

    assert sorted(set(known) - by_code) == []


def test_every_clause_is_cited_by_a_test(known: dict[str, str], sources: dict[str, str]) -> None:
    tests = [text for name, text in sources.items() if name.startswith("tests/")]

    by_tests = frozenset().union(*(cited(text) | expected(text) for text in tests))

    assert sorted(set(known) - by_tests) == []


def test_nothing_cites_a_clause_that_does_not_exist(known: dict[str, str], sources: dict[str, str]) -> None:
    assert unknown(known, sources) == {}


def test_every_clause_says_what_it_rests_on(known: dict[str, str]) -> None:
    grounds = re.compile(r"^(Seed: \S|\*Decision\*: \S)", flags=re.MULTILINE)

    grounded = {name for name, text in known.items() if len(grounds.findall(text)) == 1}

    assert sorted(set(known) - grounded) == []


def test_every_decision_names_the_passage_that_led_to_it(known: dict[str, str]) -> None:
    decisions = {name: text.partition("*Decision*")[2] for name, text in known.items() if "*Decision*" in text}
    passage = re.compile(r"use\s+case|booking\s+flow", re.IGNORECASE)

    baseless = [name for name, text in decisions.items() if not passage.search(text)]

    assert len(decisions) >= 10
    assert baseless == []


def test_a_clause_is_a_heading_with_a_dotted_name() -> None:
    prose = "# Booking\n### persist.version\nStale.\n\nSeed: step 3.\n### emit.one\nOne.\n## The end\nBye.\n"

    assert clauses(prose) == {"persist.version": "Stale.\n\nSeed: step 3.", "emit.one": "One."}


def test_a_clause_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"emit\.one is there twice"):
        clauses("### emit.one\nOne.\n### emit.one\nTwo.\n")


@pytest.mark.parametrize(
    "source",
    [
        '"""Persist. Clauses: a.first, a.second"""',
        '"""Persist.\n\nClauses: a.first,\na.second\n"""',
        'def persist():\n    """Persist.\n\n    Clauses: a.first\n    , a.second.\n    """',
        "# Clause: a.first\nx = 1  # why: Clause: a.second.",
        "# It must hold. Clauses: a.first,\n# a.second\nx = 1",
        'class A:\n    """Clause: a.first"""\n    async def b(self):\n        """Clause: a.second"""',
        'Property("a.first", "says", always, never)\nproperties = [Property("a.second", says="it")]',
    ],
)
def test_a_citation_may_be_wrapped_and_stand_in_a_docstring_a_comment_or_a_property(source: str) -> None:
    assert cited(source) == {"a.first", "a.second"}


@pytest.mark.parametrize(
    "source",
    [
        'print("Clause: a.first")',
        'Other("a.first")',
        '"""It is told in a.first."""',
        'x = """\nClause: a.first\n"""',
    ],
)
def test_a_mere_mention_is_not_a_citation(source: str) -> None:
    assert cited(source) == frozenset()


def test_comments_with_code_between_them_are_not_one_citation() -> None:
    assert cited("# Clauses: a.first,\nx = 1\n# a.second") == {"a.first"}


@pytest.mark.parametrize(
    "source", ['"""Clause: persist"""', "# Clauses: \nx = 1", '"""Clauses: a.b\n\nClause: C.d"""']
)
def test_a_citation_that_names_no_clause_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="without the name"):
        cited(source)


def test_a_citation_of_a_clause_that_does_not_exist_is_found() -> None:
    sources = {"good.py": "# Clause: emit.one\n", "bad.py": "# Clauses: emit.one, emit.two\n"}

    assert unknown({"emit.one": "One."}, sources) == {"bad.py": ["emit.two"]}


def test_a_clause_that_a_test_expects_by_name_counts_as_tested() -> None:
    source = 'assert broken(step) == ("state.sum",)\nassert "emit.one holds" in text'

    assert expected(source) == {"state.sum", "emit.one"}
