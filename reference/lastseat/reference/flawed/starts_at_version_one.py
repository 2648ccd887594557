"""A store whose resources start at version 1.

Breaks state.version: the version is one more than the bookings that were made, so whoever reads it as their number
is wrong. A review misses it because many databases number rows from 1, and the compare-and-swap is correct.
"""

from collections.abc import Mapping
from typing import Self

from lastseat.reference.flawed.base import SnapshotStore
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Resource, Snapshot


class StartsAtVersionOne(SnapshotStore):
    """Counts the creation of a resource as its first version."""

    @classmethod
    def open(cls, capacities: Mapping[str, int]) -> Self:
        """Return a fresh store with a resource of each capacity (units)."""
        resources = ((name, Resource(capacity, version=1)) for name, capacity in sorted(capacities.items()))
        return cls(Snapshot(tuple(resources)))


IMPLEMENTATION = Implementation("starts-at-version-one", StartsAtVersionOne.open, breaks="state.version")
