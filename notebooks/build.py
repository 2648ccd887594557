"""Make the notebooks from their sources, and the site from the notebooks.

The source of a notebook is its `.py` file (py:percent). Two executions give the same bytes.

    python notebooks/build.py [NAME ...]    execute, and write each .ipynb beside its source
    python notebooks/build.py --check       execute, write nothing, and say what is not as it is committed
    python notebooks/build.py --html DIR    write the site from the notebooks as they are, without executing
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jupytext
import nbformat
from jinja2 import FileSystemLoader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
LONGEST_CELL = 120  # seconds
# What other versions of a drawing library may draw otherwise, and what is not for reading.
NOT_COMPARED = ("image/svg+xml", "image/png")
METADATA = {
    "jupytext": {"formats": "ipynb,py:percent"},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
    },
}


def sources(names: Sequence[str] = ()) -> list[Path]:
    """Return the sources whose file names begin with one of `names`, or all. Raises ValueError if there is none."""
    found = [
        path
        for path in sorted(HERE.glob("[0-9][0-9]_*.py"))
        if path.name.startswith(tuple(names) or "")
    ]
    if missing := [
        name for name in names if not any(path.name.startswith(name) for path in found)
    ]:
        raise ValueError(f"there is no notebook {missing[0]!r} in {HERE.name}")
    return found


def unexecuted(source: Path) -> NotebookNode:
    """Return the notebook that a source describes, without outputs, with ids that depend on nothing else."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:02}"
        cell.metadata.pop("lines_to_next_cell", None)  # how the source is laid out
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def executed(source: Path) -> NotebookNode:
    """Return the notebook with its outputs. Raises nbclient's CellExecutionError where a cell raises."""
    notebook = unexecuted(source)
    client = NotebookClient(
        notebook,
        timeout=LONGEST_CELL,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(HERE)}},
        extra_arguments=[
            "--HistoryManager.enabled=False",
            "--IPKernelApp.log_level=ERROR",
        ],
    )
    with TemporaryDirectory() as nowhere:  # nobody's own settings of IPython
        client.execute(env={**os.environ, "IPYTHONDIR": nowhere})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = list(_joined(map(_without_addresses, cell.outputs)))
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def _without_addresses(output: NotebookNode) -> NotebookNode:
    """Return an output without the places in memory that a default repr tells."""
    data = output.get("data", {})
    if "text/plain" in data:
        data["text/plain"] = re.sub(r" at 0x[0-9a-f]+", "", data["text/plain"])
    return output


def _joined(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """Yield the outputs, each run of texts on one stream as one: where it is cut depends on the clock."""
    last: NotebookNode | None = None
    for output in outputs:
        if (
            last is not None
            and output.output_type == "stream"
            and last.get("name") == output.name
        ):
            last.text += output.text
            continue
        if last is not None:
            yield last
        last = output
    if last is not None:
        yield last


def text_of(notebook: NotebookNode) -> str:
    """Return the notebook as its file holds it."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def differences(
    fresh: NotebookNode, committed: NotebookNode, *, outputs: bool = True
) -> list[str]:
    """Return one line for each cell that is not as committed: its kind, text, tags, and outputs but for pictures."""
    if len(fresh.cells) != len(committed.cells):
        return [
            f"{len(fresh.cells)} cells, of which {len(committed.cells)} are committed"
        ]
    found = []
    for one, other in zip(fresh.cells, committed.cells, strict=True):
        if _face(one) != _face(other):
            found.append(f"{one.id}: source is not as committed")
        elif outputs and list(map(_stable, one.get("outputs", ()))) != list(
            map(_stable, other.get("outputs", ()))
        ):
            found.append(f"{one.id}: output is not as committed")
    return found


def _face(cell: NotebookNode) -> tuple[Any, ...]:
    return cell.id, cell.cell_type, cell.source, cell.metadata


def _stable(output: NotebookNode) -> tuple[Any, ...]:
    data = {
        kind: "" if kind in NOT_COMPARED else value
        for kind, value in output.get("data", {}).items()
    }
    return output.output_type, output.get("name"), output.get("text"), data


def heading_of(notebook: NotebookNode) -> tuple[str, str]:
    """Return the title of a notebook, and its goal: the paragraph below."""
    title, _, rest = notebook.cells[0].source.partition("\n")
    return title.removeprefix("# ").strip(), " ".join(
        rest.strip().partition("\n\n")[0].split()
    )


def write_site(folder: Path) -> None:
    """Write a page for each notebook and an index: files that need no server and no network."""
    notebooks = {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted(HERE.glob("[0-9][0-9]_*.ipynb"))
    }
    folder.mkdir(parents=True, exist_ok=True)
    style = (HERE / "site.css").read_text(encoding="utf-8")
    names = list(notebooks)
    for place, (name, notebook) in enumerate(notebooks.items()):
        around = [("index", "All notebooks")]
        around += [(names[other], word) for other, word in ((place - 1, "Back"), (place + 1, "Next"))
                   if 0 <= other < len(names)]  # fmt: skip
        links = "".join(f'<a href="{to}.html">{word}</a>' for to, word in around)
        navigation = f'<nav class="site">{links}</nav>'
        (folder / f"{name}.html").write_text(
            page_of(notebook, style, navigation), encoding="utf-8"
        )
    (folder / "index.html").write_text(index_of(notebooks, style), encoding="utf-8")


def page_of(notebook: NotebookNode, style: str, navigation: str) -> str:
    """Return the page of one notebook."""
    # The template extends one of nbconvert's, which are found by the folder that they are in.
    exporter = HTMLExporter(template_name="lab", extra_loaders=[FileSystemLoader(HERE)])
    exporter.template_file = "page.html.j2"
    title, _ = heading_of(notebook)
    notebook.metadata["title"] = title
    resources = {"lastseat_style": style, "lastseat_navigation": navigation}
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    # What is beside the notebooks is not beside the site.
    page = re.sub(r'<a href="\.\./[^"]*">(.*?)</a>', r"\1", page)
    return re.sub(r'(href="\d\d_\w+)\.ipynb', r"\1.html", page)


def index_of(notebooks: dict[str, NotebookNode], style: str) -> str:
    """Return the page that leads to the others."""
    entries = []
    for name, notebook in notebooks.items():
        title, goal = map(escape, heading_of(notebook))
        bold = re.sub(r"[*]{2}(.*?)[*]{2}", r"<b>\1</b>", goal)
        entries.append(f'<li><a href="{name}.html">{title}</a><br>{bold}</li>')
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>lastseat</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{style}</style></head>\n'
        '<body class="index"><h1>Two attempts, one seat</h1>\n'
        "<p>One booking attempt under concurrency, in notebooks. Each was executed; every number in its text is "
        f"asserted in one of its cells.</p>\n<ul>\n{chr(10).join(entries)}\n</ul></body></html>\n"
    )


def build(chosen: Sequence[Path], *, check: bool) -> int:
    """Execute the notebooks and write or compare them; return how many are not as committed (0 when writing)."""
    stale = 0
    for source in chosen:
        target, notebook = source.with_suffix(".ipynb"), executed(source)
        if not check:
            target.write_text(text_of(notebook), encoding="utf-8")
            print(f"{target.name}: written")
            continue
        found = (
            differences(notebook, nbformat.read(target, as_version=4))
            if target.exists()
            else ["not committed"]
        )
        stale += bool(found)
        print(*(f"{target.name}: {one}" for one in found or ["as committed"]), sep="\n")
    return stale


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="how the file name begins, 02 for example; all if none",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare with what is committed, and write nothing",
    )
    parser.add_argument(
        "--html",
        type=Path,
        metavar="DIR",
        help="write the site there, without executing",
    )
    given = parser.parse_args(arguments)
    try:
        if given.html:
            write_site(given.html)
            print(f"{given.html / 'index.html'}: written")
            return 0
        return int(build(sources(given.names), check=given.check) > 0)
    except CellExecutionError as error:
        print(f"build.py: a cell raised\n{error}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
