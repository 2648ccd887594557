"""Streams of random bits, and numbers made of them by hand.

numpy promises that the words of a bit generator and of `SeedSequence` stay the same from version to version; it
does not promise that of its distributions (NEP 19). So only words are taken from it.
"""

from hashlib import sha256

from lastseat.model.arrays import Floats, Integers, np
from lastseat.simulations.common.text import number

MOST_SEED = 2**64 - 1
WORD = 1 << 32


class Bits:
    """The stream of one (seed, key, chunk): PCG64, seeded by a `SeedSequence` with the other two as spawn key.

    The key is hashed to eight words of 32 bits, so that no key is the beginning of another.
    """

    def __init__(self, seed: int, key: tuple[str, ...], chunk: int) -> None:
        digest = sha256("\n".join(key).encode("utf-8")).digest()
        words = (int.from_bytes(digest[at : at + 4], "little") for at in range(0, 32, 4))
        self._generator = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(*words, chunk)))

    def below(self, bounds: Integers | int, count: int) -> Integers:
        """Return `count` integers, each uniform in 0 … bound - 1, for bounds (one, or one for each) below 2**32.

        Exactly uniform: the high half of a 32-bit word times the bound, where a low half that would favour some
        numbers makes it be drawn again (Lemire 2019, "Fast random integer generation in an interval").
        """
        words = self._generator.random_raw((count + 1) // 2)
        halves = words.astype("<u8", copy=False).view("<u4")[:count]
        scaled = np.multiply(halves, bounds, dtype=np.int64, casting="unsafe").view(np.uint64)
        low = scaled & np.uint64(WORD - 1)
        # The exact test costs a division; this one, which it implies, is hardly ever met.
        for index in np.flatnonzero(low < np.asarray(bounds, np.uint64)):
            bound = int(bounds if isinstance(bounds, int) else bounds[index])
            again = int(scaled[index])
            while again % WORD < WORD % bound:
                again = (int(self._generator.random_raw()) % WORD) * bound
            scaled[index] = again
        drawn: Integers = (scaled >> np.uint64(32)).view(np.int64)
        return drawn

    def exponential(self, shape: tuple[int, int]) -> Floats:
        """Return exponential times of mean 1, by inversion of a uniform multiple of 2**-53."""
        words = self._generator.random_raw(shape[0] * shape[1]).reshape(shape)
        times: Floats = -np.log1p((words >> np.uint64(11)) * -(2.0**-53))
        return times


def check_seed(seed: object) -> int:
    """Return `seed` if it is one; raises ValueError when it is no integer from 0 to 2**64 - 1."""
    if type(seed) is not int or not 0 <= seed <= MOST_SEED:
        raise ValueError(f"seed must be an integer from 0 to 2**64 - 1, not {number(seed)}")
    return seed
