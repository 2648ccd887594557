"""The door to the explorers: each strategy by its name.

For example `explore_merged(scenario, implementation)`; with `lastseat explore --strategy merged` it is the same.
"""

from collections.abc import Callable
from functools import partial

from lastseat.simulations.bookings.brute import explore_brute
from lastseat.simulations.bookings.exploration import Exploration
from lastseat.simulations.bookings.processes import ExplorationError
from lastseat.simulations.bookings.program import explore_program
from lastseat.simulations.bookings.symmetry import explore_merged
from lastseat.simulations.common.text import quoted
from lastseat.simulations.strategies.explore import BOUND

STRATEGIES = "brute, merged, dpor, preemptions=K or delays=K"

__all__ = ["STRATEGIES", "explore_brute", "explore_merged", "explore_program", "explorer"]


def explorer(strategy: str) -> Callable[..., Exploration]:
    """Return the explorer of that name. Raises ExplorationError where there is none."""
    if strategy == "brute":
        return explore_brute
    if strategy == "merged":
        return explore_merged
    if strategy == "dpor" or BOUND.fullmatch(strategy):
        return partial(explore_program, strategy=strategy)
    raise ExplorationError(f"there is no strategy {quoted(strategy)}; there are {STRATEGIES}")
