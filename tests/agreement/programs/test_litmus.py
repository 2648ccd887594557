"""Optimal dynamic partial-order reduction finds what brute force finds, on the field's small programs.

`compare` asserts that they agree: the same traces, each executed once and none begun in vain; the same endings, each
in the same number of interleavings, which for dpor are the linear extensions of its traces. The numbers that stand
here are exact: two explorers that were wrong alike would still move them.
"""

from collections.abc import Callable
from typing import Any

import pytest

# Each program with its number of traces, of interleavings, and of distinct endings.
MEMORY_MODELS = {
    "nothing in common": ("x=1 y=1 | z=1", (1, 3, 1)),
    "two readers": ("x? x? | x?", (1, 3, 1)),
    "store buffering": ("x=1 y? | y=1 x?", (3, 6, 3)),
    "message passing": ("x=1 y=1 | y? x?", (3, 6, 3)),
    "load buffering": ("x? y=1 | y? x=1", (3, 6, 3)),
    "independent reads of independent writes": ("x=1 | y=1 | x? y? | y? x?", (15, 180, 15)),
    "two plus two writes": ("x=1 y=2 | y=1 x=2", (3, 6, 3)),
    "S": ("x=2 y=1 | y? x=1", (3, 6, 3)),
    "R": ("x=1 y=1 | y=2 x?", (3, 6, 3)),
    "write to read causality": ("x=1 | x? y=1 | y? x?", (7, 30, 7)),
    "read to write causality": ("x=1 | x? y? | y=1 x?", (7, 30, 7)),
    "isa2": ("x=1 y=1 | y? z=1 | z? x?", (7, 90, 7)),
    "z6": ("x=1 y=1 | y=2 z=1 | z=2 x?", (7, 90, 7)),
    "three in a ring of store buffers": ("x=1 y? | y=1 z? | z=1 x?", (7, 90, 7)),
    "coherence, reads": ("x=1 | x=2 | x? x?", (12, 12, 12)),
    "coherence, one writer": ("x=1 x=2 | x? x?", (6, 6, 6)),
    "coherence, two readers": ("x=1 | x=2 | x? x? | x? x?", (72, 180, 72)),
    "coherence, write after read": ("x? x=1 | x=2", (3, 3, 3)),
    "load buffering with values": ("x? y=# | y? x=# | x=1", (9, 30, 5)),
    "one writer and three readers": ("x=1 | x? | x? | x?", (8, 24, 8)),
    "three writers and a reader": ("x=1 | x=2 | x=3 | x?", (24, 24, 12)),
}

ATOMICS = {
    "two fetch-and-adds each": ("x+ x+ | x+ x+", (6, 6, 6)),
    "three fetch-and-adds": ("x+ | x+ | x+", (6, 6, 6)),
    "fetch-and-add, then ends or writes": ("x+ . y=1 | x+ . y=2 | y?", (4, 16, 4)),
    "rotation of compare-and-swap": ("x:0>1 | x:1>2 | x:2>0", (5, 6, 3)),
    "rotation of compare-and-swap, twice": ("x:0>1 x:1>2 | x:1>2 x:2>0", (6, 6, 3)),
    "compare-and-swap for one winner": ("x:0>1 | x:0>2 | x:0>3", (3, 6, 3)),
    "compare-and-swap beside readers": ("x? | x:0>1 | x? | x:1>0", (13, 24, 8)),
    "compare-and-swap that succeeds early only": ("x=1 | x:0>2 y? | y=1 x?", (8, 30, 8)),
    "failing compare-and-swaps are reads": ("x:1>2 | x:1>2 | x:1>2", (1, 6, 1)),
    "message by compare-and-swap": ("x=1 y:0>1 | y:1>2 x?", (3, 6, 3)),
    "copies in a ring": ("x>y | y>z | z>x", (6, 6, 1)),
    "copies, five processes": ("x=1 | x>y | y>z | z? | y=2", (24, 120, 13)),
    "undeclared steps": ("x! | y! | z!", (6, 6, 1)),
    "undeclared beside declared": ("x! | y=1 x? | y?", (9, 12, 4)),
    "a swap of two places, a rival, and a reader": ("x? x&y | x? x+ | y?", (6, 30, 6)),
    "swaps of two places in a ring": ("x&y | y&z | z&x", (3, 6, 3)),
    "a swap of two places that may come too late": ("x&y y? | x+ | y=2 z=1", (5, 30, 5)),
    "five private writers": ("x=1 | y=1 | z=1 | l( | m(", (1, 120, 1)),
}

WAITING = {
    "join, then read": ("x=1 | @0 x? | x=2", (3, 4, 3)),
    "joins in a row": ("x=1 | @0 x=2 | @1 x?", (1, 1, 1)),
    "join a process that ends early": ("x? . y=1 | x=1 | @0 y?", (2, 5, 2)),
    "join of each other": ("@1 | @0 | x=1", (1, 1, 1)),
    "join of oneself": ("x=1 @0 | x?", (2, 2, 2)),
    "handed over": ("x=1 y=1 | y>=1 x?", (1, 1, 1)),
    "handed over twice": ("x=1 y=1 z>=1 | y>=1 x=2 z=1 | x?", (3, 7, 3)),
    "producer and consumer": ("x+ y<1 x+ | x>=1 y=1 x>=2", (3, 6, 3)),
    "waits for two": ("x+ | x+ | x>=2 y=1 | y?", (4, 10, 4)),
    "waits for what may pass": ("x=1 x=0 | x>=1 y=1 | y?", (3, 13, 3)),
    "waits for ever or not": ("x=1 x=0 | x>=1 | y=1", (2, 7, 2)),
    "waits, two ways out": ("x=1 | y=1 | x>=1 y=2 | y>=1 x=2", (7, 24, 7)),
    "waits for equality of two": ("x=1 | y=1 | x==y z=1", (2, 8, 1)),
    "waits for equality, declaring nothing": ("x=1 | y=1 | x==y! z=1", (2, 8, 1)),
    "waits for equality that passes": ("x=1 y=1 | y=0 | x==y z=1 | z?", (11, 118, 5)),
    "waits to set both, a rival, and a reader": ("x&&y | x=1 | y?", (3, 5, 3)),
    "waits for equality of both sides": ("x+ x==y | y+ x==y", (1, 4, 1)),
    "lock order inversion": ("l( m( m) l) | m( l( l) m)", (3, 6, 2)),
    "lock order inversion of three": ("l( m( | m( s( | l( s(", (4, 10, 3)),
    "lock for a counter": ("l( x+ l) | l( x+ l) | x?", (6, 14, 6)),
    "lock over different data": ("l( x=1 l) | l( y=1 l)", (2, 2, 1)),
    "try-lock": ("l~ l~ | l~ | x?", (2, 12, 2)),
    "try-lock beside a lock": ("l~ y=1 | l( x? l) | y?", (6, 39, 6)),
    "two permits for three": ("s( x+ s) | s( y+ s) | s( z+", (18, 128, 1)),
    "permits that are never given back": ("s( s( | s( s(", (4, 4, 3)),
    "semaphore as a signal": ("s( s( s( x? | x=1 s) | y? s)", (21, 246, 2)),
}


@pytest.mark.parametrize("name", MEMORY_MODELS)
def test_litmus_programs_of_memory_models(
    name: str, compare: Callable[..., Any], processes_of: Callable[[str], list[Any]]
) -> None:
    text, counts = MEMORY_MODELS[name]

    assert compare(processes_of(text)).counts == counts


@pytest.mark.parametrize("name", ATOMICS)
def test_programs_of_atomic_updates_and_of_steps_on_several_places(
    name: str, compare: Callable[..., Any], processes_of: Callable[[str], list[Any]]
) -> None:
    text, counts = ATOMICS[name]

    assert compare(processes_of(text)).counts == counts


@pytest.mark.parametrize("name", WAITING)
def test_programs_of_locks_joins_and_waiting(
    name: str, compare: Callable[..., Any], processes_of: Callable[[str], list[Any]]
) -> None:
    text, counts = WAITING[name]

    assert compare(processes_of(text)).counts == counts
