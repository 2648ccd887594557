"""Small systems for the tests of the model: as a function of their sizes, and drawn at random."""

from collections.abc import Callable

import pytest
from hypothesis import strategies

from lastseat.model.world import Fault, Policy, Request, System

NAMES = ("seat", "sofa")


def _contention(attempts: int, capacity: int, policy: Policy = Policy.VERSION_FIRST) -> System:
    requests = tuple(Request(f"booking-{number}", "seat") for number in range(attempts))
    return System((("seat", capacity),), requests, policy)


@pytest.fixture(scope="session")
def contention() -> Callable[..., System]:
    """Return the maker of `attempts` attempts of one unit, under distinct ids, on one seat of `capacity` units."""
    return _contention


@pytest.fixture(scope="session")
def systems() -> strategies.SearchStrategy[System]:
    """Up to three attempts, with few enough ids, resources and units that they get in each other's way.

    A resource that is asked for may be unknown, a capacity may be 0, and any faults may strike.
    """
    capacities = strategies.dictionaries(strategies.sampled_from(NAMES), strategies.integers(0, 4), max_size=2)
    requests = strategies.builds(
        Request,
        booking_id=strategies.sampled_from(("ann", "bob", "cem")),
        resource_id=strategies.sampled_from(NAMES),
        units=strategies.integers(1, 3),
    )
    return strategies.builds(
        System,
        capacities.map(lambda each: tuple(each.items())),
        strategies.lists(requests, max_size=3).map(tuple),
        strategies.sampled_from(Policy),
        strategies.frozensets(strategies.sampled_from(Fault)),
    )
