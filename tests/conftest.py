"""What all tests share: explorations of a flaw, or of correct code, that several of them ask about."""

from collections.abc import Callable
from functools import cache

import pytest

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel.exploration import Exploration

Explore = Callable[[Scenario, Implementation], Exploration]
Explored = Callable[[Explore, Scenario, Implementation], Exploration]


@cache
def _explored(explore: Explore, scenario: Scenario, implementation: Implementation) -> Exploration:
    return explore(scenario, implementation)


@pytest.fixture(scope="session")
def explored() -> Explored:
    """Return what explores a scenario, each with an explorer and an implementation once in a session."""
    return _explored
