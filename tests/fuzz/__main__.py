"""Hunt for disagreements from the command line; see `campaign`. Workers find its functions by that name."""

import sys

from fuzz.campaign import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
