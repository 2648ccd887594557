"""The command `figures`: the pictures of the notebooks, as files."""

from pathlib import Path
from time import monotonic

import click

from lastseat.simulations.cli.options import HOLDS, json_option
from lastseat.simulations.cli.terminal import print_json, printing
from lastseat.simulations.common.files import check_place
from lastseat.simulations.common.text import quoted

FORMATS = (".svg", ".png", ".pdf")


@click.command("figures")
@click.argument("name", required=False)
@click.option("-o", "--output", metavar="FILE", help="FILE.svg, FILE.png or FILE.pdf (default: NAME.svg).")
@json_option
def figures_command(name: str | None, output: str | None, as_json: bool) -> int:
    """Draw a figure of the notebooks, by its name.

    Without a name, it lists the figures that there are.
    """
    started = monotonic()
    from lastseat.simulations.figures import catalogue  # here, since matplotlib is optional
    from lastseat.simulations.figures.style import save

    if name is None:
        if output is not None:
            raise click.UsageError("--output comes with the name of a figure")
        if as_json:
            print_json({"figures": list(catalogue), "complete": True, "violations": []}, monotonic() - started)
        else:
            with printing():
                click.echo("\n".join(catalogue))
        return HOLDS
    if name not in catalogue:
        raise click.UsageError(f"there is no figure {quoted(name)}; there are {', '.join(catalogue)}")
    file = output or f"{name}.svg"
    if not file.endswith(FORMATS):
        raise click.BadParameter(f"{quoted(file)} ends in none of {', '.join(FORMATS)}", param_hint="'--output'")
    check_place(file)
    save(catalogue[name](), Path(file))
    if as_json:
        print_json({"file": file, "complete": True, "violations": []}, monotonic() - started)
    return HOLDS
