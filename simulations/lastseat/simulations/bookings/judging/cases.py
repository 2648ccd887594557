"""On how many distinct states, steps and ends each clause had something to say, however often they were met.

Each case is kept once, under a key of the judge that met it. Judges elsewhere have other keys for the same case;
so what is sent from one worker to another has digests in their place, and equal cases are counted once there too.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from hashlib import blake2b
from typing import TypeAlias

Speaking: TypeAlias = Mapping[Hashable, tuple[str, ...]]  # the clauses that spoke, by case


class Cases:
    """The cases of one exploration."""

    def __init__(self) -> None:
        self._speaking: dict[Hashable, tuple[str, ...]] = {}
        self._weights: dict[Hashable, int] = {}  # where a case stands for several that are alike

    def note(self, case: Hashable, clauses: Iterable[str], weight: int = 1) -> None:
        """Keep that these clauses had something to say about a case, which stands for `weight` of them."""
        self._speaking[case] = tuple(clauses)
        if weight != 1:
            self._weights[case] = weight

    def fired(self) -> Counter[str]:
        """Return the number of distinct cases of each clause."""
        fired: Counter[str] = Counter()
        for case, clauses in self._speaking.items():
            weight = self._weights.get(case, 1)
            for clause in clauses:
                fired[clause] += weight
        return fired

    def digests(self, value_of: Callable[[Hashable], Hashable]) -> Speaking:
        """Return the cases by a digest of their value, which is the same in every process."""
        return {
            blake2b(repr(value_of(case)).encode(), digest_size=12).digest(): clauses
            for case, clauses in self._speaking.items()
        }

    def absorb(self, speaking: Speaking) -> None:
        """Add the cases of another exploration, by their digests."""
        self._speaking.update(speaking)
