"""A long story in few lines: what is kept of its steps, and what is folded into a line that counts the rest."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from lastseat.simulations.common.text import counted

LAST, FIRST = 3, 2  # steps that are kept where there is room for them
MOST_LOOKED_AT = 300  # steps that may be kept
MOST_NAMED = 4  # processes of folded steps


def kept_of(heights: Sequence[int], processes: Sequence[int], notable: Sequence[int], most: int) -> frozenset[int]:
    """Return which steps of a story are shown in at most `most` lines; a gap between them takes one.

    Step i is told in `heights[i]` lines, and taken by `processes[i]`. Kept first are the last steps, then the first
    ones, those around switches of processes, from the last one back, and those in `notable`, in this order. The last
    step is kept in any case.
    """
    if sum(heights) <= most:
        return frozenset(range(len(heights)))
    kept = {len(heights) - 1}
    for step in islice(dict.fromkeys(_by_weight(processes, notable)), MOST_LOOKED_AT):
        longer = kept | {step}
        if _lines(longer, heights) <= most:
            kept = longer
    return frozenset(kept)


def _by_weight(processes: Sequence[int], notable: Sequence[int]) -> Iterator[int]:
    steps = range(len(processes))
    yield from reversed(steps[-LAST:])
    yield from steps[:FIRST]
    for step in reversed(steps[1:]):
        if processes[step] != processes[step - 1]:
            yield from (step, step - 1)
    yield from notable


def _lines(kept: set[int], heights: Sequence[int]) -> int:
    """Return how many lines these steps take, with one for each gap."""
    lines, gap = 0, False
    for step, height in enumerate(heights):
        if step in kept:
            lines, gap = lines + height, False
        else:
            lines, gap = lines + (not gap), True
    return lines


def gaps_of(kept: frozenset[int], steps: int) -> Iterator[range]:
    """Yield the steps of each gap, in order."""
    start = 0
    for step in sorted({*kept, steps}):
        if step > start:
            yield range(start, step)
        start = step + 1


def folded(gap: range, names: Sequence[str]) -> str:
    """Return the line that stands for the steps of a gap; `names` has who took each step of the story."""
    numbers = f"{gap[0] + 1}" if len(gap) == 1 else f"{gap[0] + 1} to {gap[-1] + 1}"
    by_name = Counter(names[step] for step in gap).most_common()
    told = [f"{name} {number}" for name, number in by_name[:MOST_NAMED]]
    if len(by_name) > MOST_NAMED:
        told.append(f"others {sum(number for _, number in by_name[MOST_NAMED:])}")
    return f"… {counted(len(gap), 'step')} ({numbers}): {', '.join(told)}"
