"""Dpor finds what brute force finds on programs that nobody wrote."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

# Simpler words first: that is where a failing program shrinks to.
PLAIN = ["x?", "x=1", "y?", "y=1", "x=2", "x=#", "y=#", "x+", ".", "x>y", "y>x"]
CONDITIONAL = ["x:0>1", "x:1>2", "x:1>0", "y:0>1", "l~", "s~"]
WAITING = ["x>=1", "y>=1", "x<1", "x<2", "l(", "m(", "s(", "s)", "@0", "@1"]
ON_TWO = ["x==y", "x==z", "x==y!", "x!", "x>z"]


def programs(words: list[str], shapes: list[tuple[int, ...]]) -> st.SearchStrategy[str]:
    """Texts of programs whose processes have at most so many steps, in any order."""
    word = st.sampled_from(words)

    def of(shape: tuple[int, ...]) -> st.SearchStrategy[str]:
        each = [st.lists(word, min_size=1, max_size=steps).map(" ".join) for steps in shape]
        return st.tuples(*each).map(" | ".join)

    return st.sampled_from(shapes).flatmap(st.permutations).map(tuple).flatmap(of)


# Few processes with several steps, and many with one: wakeup trees branch on the latter.
FEW = [(3, 3), (2, 2, 2), (1, 2, 3)]
MANY = [(1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 1, 1, 1)]

Compare = Callable[..., Any]
Processes = Callable[[str], list[Any]]


@settings(deadline=None, max_examples=120)
@given(text=programs(PLAIN + CONDITIONAL, FEW + MANY))
def test_on_drawn_programs_that_never_wait(text: str, compare: Compare, processes_of: Processes) -> None:
    compare(processes_of(text))


@settings(deadline=None, max_examples=120)
@given(text=programs(PLAIN + CONDITIONAL + WAITING, FEW + MANY))
def test_on_drawn_programs_that_wait(text: str, compare: Compare, processes_of: Processes) -> None:
    compare(processes_of(text))


@settings(deadline=None, max_examples=120)
@given(text=programs(PLAIN + ON_TWO + ["@0"], FEW + MANY))
def test_on_drawn_programs_that_wait_for_several_places(text: str, compare: Compare, processes_of: Processes) -> None:
    compare(processes_of(text))
