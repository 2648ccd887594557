"""What exploring booking attempts adds to an `Exploration`: outcome vectors, their mixes, and conformance."""

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from lastseat.model.searches.readable import Mix, mix_of
from lastseat.model.world import Done
from lastseat.simulations.kernel.exploration import Ending

Vector: TypeAlias = tuple[Done | None, ...]  # what each attempt emitted, in order; None: it did not end

# Not a clause: the name under which a step that the model does not have is kept.
CONFORMANCE = "conformance"


def endings_of(vectors: Mapping[Vector, int]) -> dict[Ending, int]:
    """Return the endings that an `Exploration` of bookings has, given their number by vector."""
    return {(vector, None): ways for vector, ways in vectors.items()}


def tally(vectors: Mapping[Vector, int]) -> dict[Mix, int]:
    """Return the interleavings by mix of outcomes, given those by vector; most BOOKED first."""
    mixes: Counter[Mix] = Counter()
    for vector, ways in vectors.items():
        mixes[mix_of(vector)] += ways
    return dict(sorted(mixes.items(), reverse=True))
