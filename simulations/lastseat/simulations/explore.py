"""The door to the explorers: each strategy by its name.

For example `explore_merged(scenario, implementation)`; with `lastseat explore --strategy merged` it is the same.
"""

from collections.abc import Callable

from lastseat.simulations.brute import explore_brute
from lastseat.simulations.exploration import Exploration
from lastseat.simulations.symmetry import explore_merged

STRATEGIES: dict[str, Callable[..., Exploration]] = {"brute": explore_brute, "merged": explore_merged}

__all__ = ["STRATEGIES", "explore_brute", "explore_merged"]
