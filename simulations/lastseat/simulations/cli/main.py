"""The command `lastseat`.

Exit status: 0 holds, 1 a property is violated, 2 bad input or usage (one line), 3 a bound or budget stopped it,
130 interrupted. Names and JSON fields are relied on by others: change none without need.
"""

import sys
from typing import NoReturn

import click

from lastseat.simulations.checkers.running import EngineError
from lastseat.simulations.cli.explore import explore_command
from lastseat.simulations.cli.figures import figures_command
from lastseat.simulations.cli.model import model_command, prove_command
from lastseat.simulations.cli.mutants import mutants_command
from lastseat.simulations.cli.options import BAD_INPUT, HOLDS, INCOMPLETE, INTERRUPTED
from lastseat.simulations.cli.outcomes import outcomes_command
from lastseat.simulations.cli.replay import draw_command, replay_command
from lastseat.simulations.cli.sample import sample_command
from lastseat.simulations.cli.terminal import keep_interrupt, let_every_character_pass, print_json, say_no_more
from lastseat.simulations.cli.verify import verify_command
from lastseat.simulations.common.text import printable

LONGEST_COMPLAINT = 1000  # characters


@click.group(
    no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="lastseat", message="lastseat %(version)s")
def lastseat() -> None:
    """Verify one booking attempt under concurrency, over every interleaving.

    Exit status: 0 holds, 1 violated, 2 bad input, 3 stopped by a bound, 130 interrupted.
    """


for command in (
    verify_command,
    explore_command,
    sample_command,
    replay_command,
    draw_command,
    model_command,
    prove_command,
    outcomes_command,
    mutants_command,
    figures_command,
):
    lastseat.add_command(command)


def main() -> NoReturn:
    """Run the command line and leave with its status; every foreseen error is one line on standard error."""
    sys.unraisablehook = keep_interrupt
    sys.exit(_run())


def _run() -> int:
    let_every_character_pass()
    try:
        result = lastseat.main(prog_name="lastseat", standalone_mode=False)
        return result if isinstance(result, int) else HOLDS
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except (click.Abort, KeyboardInterrupt):
        if "--json" in sys.argv:  # interrupted before anything was known; that too is one object
            print_json({"complete": False, "violations": []}, 0)
        return INTERRUPTED
    except (click.ClickException, ValueError, OSError, ModuleNotFoundError) as error:
        return _explained(error)
    except SystemExit:  # so click leaves when nobody reads its help any more
        return HOLDS


def _explained(error: Exception) -> int:
    """Say what went wrong, and return the exit status that it means."""
    if isinstance(error, EngineError) and "\n" in str(error):
        click.echo(f"lastseat: {error}", err=True)  # the first line is ours, the rest is what the engine printed
        return INCOMPLETE
    if isinstance(error, click.UsageError):
        context = None if isinstance(error, click.BadParameter) else error.ctx
        hint = f" (see {context.command_path} --help)" if context else ""
        return _complain(error.format_message() + hint)
    if isinstance(error, click.ClickException):
        return _complain(error.format_message())
    if isinstance(error, OSError):
        say_no_more()
        return _complain(error.strerror or str(error))
    return _complain(str(error))  # every error of ours is a ValueError; numpy and z3 are optional, and say so


def _complain(text: str) -> int:
    click.echo(f"lastseat: {printable(' '.join(text.split()), LONGEST_COMPLAINT)}", err=True)
    return BAD_INPUT


if __name__ == "__main__":
    main()
