"""The work of a sweep in pieces: each is a pure function of its point, its number, its runs and the seed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from lastseat.model.searches.readable import Mix
from lastseat.simulations.common.text import number
from lastseat.simulations.sweeps.bits import Bits, check_seed
from lastseat.simulations.sweeps.chain import chain_mixes
from lastseat.simulations.sweeps.executed import MOST_REMEMBERED, executed_mixes
from lastseat.simulations.sweeps.points import TIMED, Point, Sampler
from lastseat.simulations.sweeps.timed import timed_mixes

REVISION = 1  # of what a seed means; it goes up when the same seed gives other numbers
MOST_RUNS = 10**15  # schedules of one point
MOST_CHUNKS = 10**6  # of one point
# About half a second of work: a chunk costs Dask some milliseconds, and an interruption loses those under way.
STEPS_OF_A_CHUNK = {Sampler.VECTORISED: 1 << 23, Sampler.REFERENCE: 1 << 20}
SLOWER = 16  # executing a schedule, against remembering its steps


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some runs of one point; `index` tells it from the point's other chunks."""

    point: Point
    index: int
    runs: int
    seed: int
    revision: int = REVISION


def run_chunk(chunk: Chunk) -> Counter[Mix]:
    """Return how many runs of a chunk end in each mix: always the same, wherever it runs.

    Raises ValueError when the chunk was made by another revision, as by an older version on another machine.
    """
    if chunk.revision != REVISION:
        raise ValueError(f"this worker draws by revision {REVISION}, the sweep by {chunk.revision}: versions differ")
    point = chunk.point
    bits = Bits(chunk.seed, point.key(), chunk.index)
    if point.sampler is Sampler.REFERENCE:
        return executed_mixes(point, chunk.runs, bits)
    return (timed_mixes if point.law in TIMED else chain_mixes)(point, chunk.runs, bits)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole sweep: `runs` schedules of each point. `chunk_runs` is for how many of them at most a chunk is.

    All that decides the result is in it, so it depends on no worker. Raises ValueError.
    """

    points: tuple[Point, ...]
    runs: int
    seed: int
    chunk_runs: int | None = None  # None: about half a second of work

    def __post_init__(self) -> None:
        check_seed(self.seed)
        for name, value in (("runs", self.runs), ("chunk_runs", self.chunk_runs)):
            if (type(value) is not int or not 1 <= value <= MOST_RUNS) and (name, value) != ("chunk_runs", None):
                raise ValueError(f"{name} must be an integer from 1 to {MOST_RUNS}, not {number(value)}")
        if not self.points or len(set(self.points)) < len(self.points):
            raise ValueError("a sweep has at least one point, and each once")
        for point in self.points:
            if self.count(point) > MOST_CHUNKS:
                raise ValueError(
                    f"{self.runs} runs of {point} are {self.count(point)} chunks, more than {MOST_CHUNKS}"
                )

    def size(self, point: Point) -> int:
        """Return the runs of a chunk of this point; its last one may have fewer."""
        if self.chunk_runs is not None:
            return self.chunk_runs
        executes = point.sampler is Sampler.REFERENCE and point.attempts > MOST_REMEMBERED
        steps = 2 * max(1, point.attempts) * (SLOWER if executes else 1)
        return max(1, STEPS_OF_A_CHUNK[point.sampler] // steps)

    def chunk(self, point: Point, index: int) -> Chunk:
        """Return one chunk of a point."""
        size = self.size(point)
        return Chunk(point, index, min(size, self.runs - index * size), self.seed)

    def count(self, point: Point) -> int:
        """Return how many chunks a point has."""
        return -(-self.runs // self.size(point))

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that depend on all that decides the result, and on nothing else."""
        content = [REVISION, self.seed, self.runs, [(*point.key(), self.size(point)) for point in self.points]]
        return sha256(json.dumps(content).encode("ascii")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was counted at one point: runs by mix, and which chunks they are from (bit i: chunk i).

    It grows with the number of distinct mixes, not with the runs. Means and variances follow from it exactly.
    """

    point: Point
    mixes: Mapping[Mix, int] = field(default_factory=dict)
    chunks: int = 0

    @property
    def runs(self) -> int:
        """Return how many schedules were counted."""
        return sum(self.mixes.values())

    def has(self, index: int) -> bool:
        """Return whether a chunk is in it."""
        return bool(self.chunks >> index & 1)

    def plus(self, index: int, mixes: Mapping[Mix, int]) -> "Sampled":
        """Return this with one more chunk. A chunk that is there already is refused: nothing counts twice."""
        if self.has(index):
            raise ValueError(f"chunk {index} of {self.point} is there already")
        together = Counter(self.mixes)
        together.update(mixes)
        return replace(self, mixes=dict(sorted(together.items(), reverse=True)), chunks=self.chunks | 1 << index)


def missing(plan: Plan, samples: Mapping[Point, Sampled]) -> Iterator[Chunk]:
    """Yield the chunks that are not yet in the samples."""
    for point in plan.points:
        done = f"{samples[point].chunks:b}"[::-1].ljust(plan.count(point), "0")
        yield from (plan.chunk(point, index) for index, bit in enumerate(done) if bit == "0")
