"""Where the command starts: so early that Ctrl-C is understood even while the rest is being imported."""

import sys
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line and leave with its status."""
    try:
        from lastseat.simulations.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    run()
