"""The words of the house: each is explained once, with its source, and those that were retired do not come back."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE_ROOTS = ("model", "reference", "simulations")
MOST_WORDS_OF_A_SENTENCE = 30
# Where no retired word may stand. Whoever has cleared a folder of them adds it.
CLEARED = ("model", "reference", "simulations")
# Retired as names only: each is a word of plain English, or of Python, too.
EVERYDAY = {"odd", "even", "one", "Class", "Witness"}


@dataclass(frozen=True)
class Entry:
    """One entry of the glossary; `sources` are papers, modules and files."""

    term: str
    sentence: str
    sources: tuple[str, ...]


def sections(page: str) -> dict[str, str]:
    """Return the text below each heading of the second level."""
    return {
        title.strip(): text
        for title, text in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    }


def items(text: str) -> list[str]:
    """Return the items of a list, each on one line."""
    return [" ".join(item.split()) for item in re.findall(r"^- (.*?)(?=^- |\Z)", text, re.MULTILINE | re.DOTALL)]


def entries(text: str) -> list[Entry]:
    """Return the entries of a glossary. Raises ValueError for one that is not a term, a sentence and a source."""
    found = []
    for item in items(text):
        parts = re.fullmatch(r"\*\*([^*]+)\*\*: ([A-Z][^.!?]*\.) \(([^()]+)\)", item)
        if not parts:
            raise ValueError(f"not a term, one sentence and a source: {item}")
        found.append(Entry(parts[1], parts[2], tuple(source.strip() for source in parts[3].split(";"))))
    return found


def is_there(root: Path, source: str) -> bool:
    """Return whether a module, or a file of the project, is there."""
    if not source.startswith("lastseat"):
        return (root / source).is_file()
    places = [root / source_root / source.replace(".", "/") for source_root in SOURCE_ROOTS]
    return any(place.with_suffix(".py").is_file() or (place / "__init__.py").is_file() for place in places)


def retired(text: str) -> set[str]:
    """Return the words in the left column of the table."""
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`(\w+)`", row)}


def names(tree: ast.AST) -> Iterator[str]:
    """Yield every name that source gives or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.alias(name=name, asname=other):
                yield from (*name.split("."), *([other] if other else []))


def docstrings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def relapses(source: str, words: set[str]) -> list[str]:
    """Return the retired words in the names and in the docstrings of Python source, in their order."""
    tree = ast.parse(source)
    found = {word for name in names(tree) for word in (name, *name.split("_")) if word in words - {"one"}}
    found |= {name for name in names(tree) if name == "one" and "one" in words}
    for docstring in docstrings(tree):
        quoted = set(re.findall(r"`(\w+)`", docstring))
        found |= words & quoted | (words - EVERYDAY) & set(re.findall(r"\w+", docstring))
    return sorted(found)


@pytest.fixture(scope="session")
def glossary(root: Path) -> dict[str, str]:
    return sections((root / "specs" / "glossary.md").read_text(encoding="utf-8"))


def test_a_term_is_explained_once_in_one_short_sentence_and_the_terms_are_sorted(glossary: dict[str, str]) -> None:
    found = entries(glossary["What is said"])
    terms = [entry.term.casefold() for entry in found]

    assert len(terms) > 60
    assert terms == sorted(set(terms))
    assert [entry.term for entry in found if len(entry.sentence.split()) > MOST_WORDS_OF_A_SENTENCE] == []


def test_a_source_is_there_and_a_paper_is_listed(root: Path, glossary: dict[str, str]) -> None:
    sources = {source for entry in entries(glossary["What is said"]) for source in entry.sources}
    places = {source.strip("`") for source in sources if source.startswith("`")}
    papers = {paper.partition(": ")[0] for paper in items(glossary["Papers"])}

    assert {place for place in places if not is_there(root, place)} == set()
    assert {source for source in sources if not source.startswith("`")} == papers


def test_no_retired_word_comes_back(root: Path, glossary: dict[str, str]) -> None:
    words = retired(glossary["What is not said any more"])
    files = [path for folder in CLEARED for path in sorted((root / folder).rglob("*.py"))]

    found = {path.relative_to(root).as_posix(): relapses(path.read_text(encoding="utf-8"), words) for path in files}

    assert {"struck", "Onward", "one"} <= words
    assert len(files) > 100
    assert {name: relapsed for name, relapsed in found.items() if relapsed} == {}


# --- it bites -------------------------------------------------------------------------------------------------

WORDS = {"struck", "odd", "Class", "led_to", "one"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("for one in requests: pass", ["one"]),
        ("units = [one.units for one in requests]", ["one"]),
        ("longest = max(requests, key=lambda one: one.units)", ["one"]),
        ("def told(one): return f'{one}'", ["one"]),
        ("class Class: pass", ["Class"]),
        ("step.struck = True", ["struck"]),
        ("Window(struck=True)", ["struck"]),
        ("import bookings.struck_brute", ["struck"]),
        ("from search import led_to as cause", ["led_to"]),
        ("def is_odd(self): pass", ["odd"]),
        ('"""A fault struck."""', ["struck"]),
        ('def late():\n    """See `odd`."""', ["odd"]),
    ],
)
def test_a_retired_word_is_seen_however_it_is_used(source: str, found: list[str]) -> None:
    assert relapses(source, WORDS) == found


@pytest.mark.parametrize(
    "source",
    ["# one of those struck", "one_seat: ClassVar[int] = 1", '"""One is odd, and one is even."""', "word = 'struck'"],
)
def test_other_words_are_let_be(source: str) -> None:
    assert relapses(source, WORDS) == []


@pytest.mark.parametrize(
    "text",
    [
        "- **run**: One execution.",
        "- **run**: One execution. It is finished. (`lastseat.model`)",
        "- **run**: one execution. (`lastseat.model`)",
        "- run: One execution. (`lastseat.model`)",
    ],
)
def test_an_entry_without_a_source_or_with_more_than_a_sentence_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a term, one sentence and a source"):
        entries(text)


def test_an_entry_may_be_wrapped() -> None:
    (entry,) = entries("- **run**: One\n  execution. (Lamport 1978;\n  `lastseat.model`)\n")

    assert entry == Entry("run", "One execution.", ("Lamport 1978", "`lastseat.model`"))


@pytest.mark.parametrize("source", ["lastseat.model.nowhere", "lastseat.nowhere", "specs/nowhere.md"])
def test_a_source_that_is_nowhere_is_seen(root: Path, source: str) -> None:
    assert not is_there(root, source)
    assert is_there(root, "lastseat.model.law")
    assert is_there(root, "lastseat.model.law.chain")
