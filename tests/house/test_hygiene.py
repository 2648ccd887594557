"""The project reads the same on every machine, and every link in its prose leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

TOP_FOLDERS = ("model", "notebooks", "reference", "simulations", "specs", "tests")
MACHINE_PATH = re.compile(
    r"(?<![\w.~/-])/(?:home|root|tmp|work|Users|private|var/folders|mnt)/[\w.-]|\b[A-Z]:\\Users\\"
)
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(<?([^)>\s]+)>?(?: \"[^\"]*\")?\)")


def machine_paths(text: str) -> list[str]:
    """Return the lines that name a place on one machine only."""
    return [line for line in text.splitlines() if MACHINE_PATH.search(line)]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of the headings of a Markdown page, as GitHub makes them."""
    markdown = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> Iterator[str]:
    """Yield the links of a Markdown page to files and headings that are not there."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            yield link


def texts(files: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    for path in files:
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8")


def test_no_file_names_a_place_on_one_machine(root: Path, project_files: tuple[Path, ...]) -> None:
    found = {path.relative_to(root).as_posix(): machine_paths(text) for path, text in texts(project_files)}

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("path", ["home/ann/lastseat", "tmp/x", "root/.cache", "work/main", "var/folders/zz"])
def test_a_place_on_one_machine_is_seen(path: str) -> None:
    assert machine_paths(f"one\nsee /{path} there\n") == [f"see /{path} there"]


@pytest.mark.parametrize(
    "text", ["see model/home/page", "#!/usr/bin/env bash", "https://a.example/home/x", "at /dev/null"]
)
def test_other_paths_are_no_places_on_one_machine(text: str) -> None:
    assert machine_paths(text) == []


@pytest.mark.parametrize("folder", TOP_FOLDERS)
def test_a_top_folder_says_what_lives_in_it(root: Path, folder: str) -> None:
    assert (root / folder / "README.md").read_text(encoding="utf-8").startswith("# ")


def test_there_is_no_other_top_folder(root: Path, project_files: tuple[Path, ...]) -> None:
    parts = (path.relative_to(root).parts for path in project_files)

    assert {first for first, *rest in parts if rest and not first.startswith(".")} == set(TOP_FOLDERS)


def test_every_link_leads_somewhere(root: Path, project_files: tuple[Path, ...]) -> None:
    pages = [path for path in project_files if path.suffix == ".md"]

    dead = {page.relative_to(root).as_posix(): list(dead_links(page)) for page in pages}

    assert {page: links for page, links in dead.items() if links} == {}


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "other page.md").write_text("# The *other* page\n## emit.one\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n[a](other%20page.md) [b](other%20page.md#the-other-page) [c](#page) [d](https://a.example/x)\n"
        "[e](missing.md) [f](#nowhere) [g](other%20page.md#emit.one) [h](other%20page.md#emitone)\n",
        encoding="utf-8",
    )

    assert list(dead_links(page)) == ["missing.md", "#nowhere", "other%20page.md#emit.one"]


def test_every_decision_page_is_listed(root: Path) -> None:
    folder = root / "specs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))

    unlisted = [page.name for page in folder.glob("*.md") if page.name not in ("README.md", *listed)]

    assert unlisted == []
