"""Dpor finds what brute force finds on programs that nobody wrote."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.testing.strategies import texts

# Simpler words first: that is where a failing program shrinks to.
PLAIN = ["x?", "x=1", "y?", "y=1", "x=2", "x=#", "y=#", "x+", ".", "x>y", "y>x"]
CONDITIONAL = ["x:0>1", "x:1>2", "x:1>0", "y:0>1", "l~", "s~"]
WAITING = ["x>=1", "y>=1", "x<1", "x<2", "l(", "m(", "s(", "s)", "@0", "@1"]
SIGNALS = ["e+", "e-", "e?", "e>", "q<1", "q<2~", "q>", "q>~", "q#", "c( c. c)", "c( c! c)", "c( x=1 c* c)"]
ON_TWO = ["x==y", "x==z", "x==y!", "x!", "x>z"]


def written(words: list[str], shapes: list[tuple[int, ...]]) -> st.SearchStrategy[str]:
    """Texts of programs whose processes have at most so many steps, in any order."""
    return texts(st.just(words), shapes)


# Few processes with several steps, and many with one: wakeup trees branch on the latter.
FEW = [(3, 3), (2, 2, 2), (1, 2, 3)]
MANY = [(1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 1, 1, 1)]

Compare = Callable[..., Any]
Processes = Callable[[str], list[Any]]


@settings(deadline=None, max_examples=120)
@given(text=written(PLAIN + CONDITIONAL, FEW + MANY))
def test_on_drawn_programs_that_never_wait(text: str, compare: Compare, processes_of: Processes) -> None:
    compare(processes_of(text))


@settings(deadline=None, max_examples=120)
@given(text=written(PLAIN + CONDITIONAL + WAITING, FEW + MANY))
def test_on_drawn_programs_that_wait(text: str, compare: Compare, processes_of: Processes) -> None:
    compare(processes_of(text))


@settings(deadline=None, max_examples=120)
@given(text=written(PLAIN + SIGNALS, FEW + MANY))
def test_on_drawn_programs_with_events_conditions_and_queues(
    text: str, compare: Compare, processes_of: Processes
) -> None:
    compare(processes_of(text))


@settings(deadline=None, max_examples=120)
@given(text=written(PLAIN + ON_TWO + ["@0"], FEW + MANY))
def test_on_drawn_programs_that_wait_for_several_places(text: str, compare: Compare, processes_of: Processes) -> None:
    compare(processes_of(text))
