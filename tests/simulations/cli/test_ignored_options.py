"""An option that a command cannot honour with the others is refused in one line, and never ignored."""

from collections.abc import Callable
from typing import Any

import pytest

REFUSED = {
    "explore --executions 9": "--executions bounds the other strategies",
    "explore --workers 2": '--workers splits dpor, and not "merged"',
    "explore --deadlocks": "--deadlocks comes with --program",
    "explore --program m:f --attempts 3": "--program comes with no --attempts",
    "explore --program m:f --capacity 0": "--program comes with no --capacity",
    "explore --program m:f --same-id": "--program comes with no --same-id",
    "explore --program m:f --scenario one-attempt": "--program comes with no --scenario",
    "explore --program m:f --implementation memory": "--program comes with no --implementation",
    "sample --depth 3": "--depth is for pct, and uniform has none",
    "sample --strategy walk --depth 3": "--depth is for pct, and walk has none",
    "sample --workers 2": "--workers comes with --sweep",
    "sample --sweep attempts=2 --strategy walk": "--sweep comes with no --strategy",
    "sample --sweep attempts=2 --program m:f": "--sweep comes with no --program",
    "sample --program m:f --implementation memory": "--program comes with no --implementation",
    "sample --deadlocks": "--deadlocks comes with --program",
    "replay 0.1 --then dpor": '"dpor" cannot go on from a point',
    "replay 0.1 --program m:f --then merged": "of a program, --then is brute",
    "replay 0.1 --program m:f --attempts 2": "--program comes with no --attempts",
    "draw 0.1 --json": "--json comes with --output",
    "draw 0.1 --program m:f --units 1": "--program comes with no --units",
    "model --seconds 3": "--seconds bounds tlc and spin, and readable knows no bound",
    "model --engine symmetric --seconds 3": "--seconds bounds tlc and spin, and symmetric knows no bound",
    "model --faults 1": "the model does not count faults",
    "outcomes --seed 3": "--seed comes with --sample",
    "outcomes --kind ternary": "--kind comes with --plot",
    "outcomes --same-id": "no --same-id",
    "outcomes --in-flight 1 --sample 10": "--sample knows one unit each, no faults and no limit in flight",
    "mutants --engine brute --seeds 3": "--seeds is for uniform, walk, pct, pos",
    "verify --scenario one-attempt --attempts 2": "--scenario comes with no --attempts",
    "figures -o x.svg": "--output comes with the name of a figure",
}


@pytest.mark.parametrize(("command", "complaint"), REFUSED.items(), ids=REFUSED)
def test_an_option_that_would_be_ignored_is_refused(
    lastseat: Callable[..., Any], command: str, complaint: str
) -> None:
    assert complaint in lastseat(*command.split()).complaint
