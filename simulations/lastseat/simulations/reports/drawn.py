"""A run of any program, drawn in each format that a file can have."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from lastseat.simulations.common.text import quoted
from lastseat.simulations.drawing.spacetime import spacetime_png, spacetime_svg, spacetime_text
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.reports.drawing import program_html


@dataclass(frozen=True, slots=True)
class Drawn:
    """A run, and what stands with it; see `program_html`."""

    run: Run
    title: str | None = None
    violating: Collection[int] = ()
    lines: Sequence[str] = ()
    replay: str = ""


def _svg(drawn: Drawn) -> bytes:
    return spacetime_svg(drawn.run, title=drawn.title, violating=drawn.violating).encode()


def _png(drawn: Drawn) -> bytes:
    return spacetime_png(drawn.run, title=drawn.title, violating=drawn.violating)


def _html(drawn: Drawn) -> bytes:
    page = program_html(
        drawn.run, title=drawn.title, violating=drawn.violating, lines=drawn.lines, replay=drawn.replay
    )
    return page.encode()


def _text(drawn: Drawn) -> bytes:
    return spacetime_text(drawn.run, title=drawn.title, violating=drawn.violating).encode()


# Who writes a run, by how the name of the file ends.
WRITERS: Mapping[str, Callable[[Drawn], bytes]] = {".svg": _svg, ".png": _png, ".html": _html, ".txt": _text}


def write_run(
    run: Run,
    ending: str,
    *,
    title: str | None = None,
    violating: Collection[int] = (),
    lines: Sequence[str] = (),
    replay: str = "",
) -> bytes:
    """Return what a file with this ending holds: the space-time diagram of a run of any program.

    The steps numbered in `violating` are marked; a page also has `lines` that say why, and how to `replay` it.
    Raises ValueError where there is no such format, and PngError or PngLibraryMissingError as `spacetime_png` does.
    """
    writer = WRITERS.get(ending)
    if writer is None:
        raise ValueError(f"{quoted(ending)} is none of {', '.join(WRITERS)}")
    return writer(Drawn(run, title, violating, lines, replay))


def ending_of(file: str) -> str:
    """Return the ending of a file's name that says its format. Raises ValueError where it has none of them."""
    for ending in WRITERS:
        if file.endswith(ending):
            return ending
    raise ValueError(f"{quoted(file)} ends in none of {', '.join(WRITERS)}")
