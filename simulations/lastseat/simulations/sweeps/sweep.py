"""Run a sweep: chunks go to workers, their counts are added up by chunk, and what was counted is never lost.

Sums of integers do not depend on the order of the chunks, and a chunk gives the same counts wherever it runs. So the
result is the same, to the last bit, for any number of workers, and after any of them died.
"""

from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from lastseat.model.searches.readable import Mix
from lastseat.simulations.common.files import WriteError
from lastseat.simulations.common.progress import Progress, silent
from lastseat.simulations.common.workers import Workers, inline
from lastseat.simulations.sweeps import checkpoint
from lastseat.simulations.sweeps.chunks import Chunk, Plan, Sampled, missing, run_chunk
from lastseat.simulations.sweeps.points import Point

MOST_LOSSES = 5  # how often workers may die before the sweep gives up
SAVE_EVERY = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep counted. Where `complete` is False, some points have fewer runs than planned.

    `pools` is how many executors were opened: one, and one more for each time that workers died. `trouble` is, in
    one line each, why it stopped early, and that the last checkpoint could not be written.
    """

    plan: Plan
    samples: tuple[Sampled, ...]
    complete: bool
    interrupted: bool = False
    pools: int = 0
    trouble: tuple[str, ...] = ()


def sweep(
    plan: Plan, workers: Workers | None = None, saved: Path | None = None, progress: Progress = silent
) -> Swept:
    """Sample every point of a plan, in this process if no workers are given; return what was counted.

    With `saved`, the name of a checkpoint, what it holds already is not sampled again, and it is kept up to date.
    Ctrl-C ends the sweep and keeps what it has. Raises CheckpointError when the file there is not of this sweep,
    and WriteError when it cannot even be begun.
    """
    running = _Sweep(plan, workers or inline(), saved, progress)
    return running.run()


class _Sweep:
    """A sweep under way. A point's counts are replaced as one value, so an interruption cannot fall between."""

    def __init__(self, plan: Plan, workers: Workers, saved: Path | None, progress: Progress) -> None:
        self.plan, self.workers, self.path, self.progress = plan, workers, saved, progress
        self.samples: dict[Point, Sampled] = {point: Sampled(point) for point in plan.points}
        if saved is not None:
            self.samples = checkpoint.load(saved, plan)
            checkpoint.save(saved, plan, self.samples)
        self.counted = sum(sample.runs for sample in self.samples.values())
        self.saved_at = monotonic()
        self.unsaved = ""
        self.pools = 0

    def run(self) -> Swept:
        interrupted, trouble = False, ""
        try:
            while any(True for _ in missing(self.plan, self.samples)):
                if self.pools > MOST_LOSSES:
                    trouble = f"workers died {self.pools} times; the chunks that they had are missing"
                    break
                self._use_one_pool()
        except KeyboardInterrupt:
            interrupted = True
        finally:
            self._save()
        samples = tuple(self.samples[point] for point in self.plan.points)
        complete = all(sample.runs == self.plan.runs for sample in samples)
        told = tuple(text for text in (trouble, self.unsaved) if text)
        return Swept(self.plan, samples, complete, interrupted, self.pools, told)

    def _use_one_pool(self) -> None:
        """Let one executor work until all is done or it has lost a worker; what it then had is missing still."""
        self.pools += 1
        running: dict[Future[Mapping[Mix, int]], Chunk] = {}
        with suppress(*self.workers.losses), self.workers.open() as pool:
            try:
                self._work(pool, running)
            finally:
                for future in running:
                    future.cancel()

    def _work(self, pool: Executor, running: dict[Future[Mapping[Mix, int]], Chunk]) -> None:
        self.progress(self.counted, self.plan.runs * len(self.plan.points))
        todo = missing(self.plan, dict(self.samples))
        while True:
            # Twice as many as work at a time, so that nobody waits for more; not all, there may be a million.
            while len(running) < 2 * self.workers.count and (chunk := next(todo, None)) is not None:
                running[pool.submit(run_chunk, chunk)] = chunk
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                self._count(running.pop(future), future.result())

    def _count(self, chunk: Chunk, mixes: Mapping[Mix, int]) -> None:
        self.samples[chunk.point] = self.samples[chunk.point].plus(chunk.index, mixes)
        self.counted += chunk.runs
        self.progress(self.counted, self.plan.runs * len(self.plan.points))
        if monotonic() - self.saved_at > SAVE_EVERY:
            self._save()

    def _save(self) -> None:
        """Bring the checkpoint up to date. A full disk may be emptied again, so the next time it is tried anew."""
        if self.path is None:
            return
        try:
            checkpoint.save(self.path, self.plan, self.samples)
            self.unsaved = ""
        except WriteError as error:
            self.unsaved = f"checkpoint {error}"
        self.saved_at = monotonic()
