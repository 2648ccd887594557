"""What the explorers of programs are asked in the fuzzers: programs that nobody wrote, and claims about them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fuzz.naive_programs import Ending, Naive, Run, naive
from fuzz.notation import REGISTERS, new_shared, processes_of
from hypothesis import strategies as st

from lastseat.simulations.kernel.exploration import When
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.testing import Property
from lastseat.testing.strategies import texts

MOST_RUNS = 400  # schedules of a program that the naive explorer looks at

PLAIN = ["x?", "x=1", "y?", "y=1", "x=2", "x=#", "y=#", "x+", "-", "x>y", "y>x", "xy=1", "yx=2", "z=1", "z?"]
GOING_ON = ["x? !1", "y? !1", "x? .", "y? .0", "x? ?1", "y? ?0", "x+ !0", "x:0>1 !0", "x->y !0", "l~ .0 x?",
            "l~ .0 never", ".", ".0", ";"]  # fmt: skip
CONDITIONAL = ["x:0>1", "x:1>2", "x:1>0", "y:0>1", "l~", "s~", "x&y", "y&x", "x/yz", "y/xz", "x->y", "y->x", "x??",
               "y??", "x++", "x!?"]  # fmt: skip
WAITING = ["x>=1", "y>=1", "x<1", "x<2", "x>=9", "l(", "m(", "s(", "s)", "@0", "@1", "@2", "@3", "never", "x>>y",
           "x&&y", "x==y", "x==z", "x==y!", "l( x+ l)", "m( x? m)", "l( m( m) l)", "m( l( l) m)"]  # fmt: skip
EVERYTHING = ["x!", "x~all", "y~all", "all?", "all=1", "all=0", "all>0", "x==y!"]
RAISING = ["l)", "x!y", "y!x", "x*"]  # where nobody holds l; where the first is 0; for ever, where nobody sets x
CAUGHT = ["l)^", "m)^", "x!y^", "y!x^", "x!x^", "c!^"]
SIMPLE = ["x?", "x=1", "x=#", "y?", "y=1", "x:0>1", "y=#"]  # enough for wakeup trees that branch a lot
ON_TWO = ["x&y", "y&x", "x?", "y?", "x+", "y:0>1", "x->y", "x/yz", "x=1"]  # what is written depends on the place
SMALL = [(1, 1), (3, 3), (2, 2, 2), (1, 2, 3), (1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 2, 2), (1, 1, 1, 1, 1), (0, 2, 2),
         (2, 4)]  # fmt: skip
LARGE = [(2, 2, 2, 1), (2, 1, 3, 2), (2, 2, 2, 2), (1, 1, 1, 2, 2), (1, 1, 2, 2, 2), (3, 3, 3), (2, 2, 3, 3),
         (1, 1, 1, 1, 1, 1), (1, 1, 1, 1, 2, 2)]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A program, the value of a place that is claimed not to be, and how it is explored.

    `ending` says which of its endings is claimed not to be. Tasks of so many executions (`task`) are handed to an
    executor that is `lazy` or not. `keeps` allows dpor to keep the executions of its peeks.
    """

    text: str
    place: str = "x"
    value: int = 1
    ending: int = 0
    bound: int = 1
    task: int = 1
    lazy: bool = False
    keeps: bool = True
    deadlocks: bool = False
    most_steps: int = 1_000
    seed: int = 0

    def program(self) -> Program:
        return program_of(processes_of(self.text), new_shared, self.most_steps)

    def naive(self) -> Naive | None:
        return naive(processes_of(self.text), new_shared, self.most_steps, MOST_RUNS)


def few_of(words: list[str]) -> st.SearchStrategy[list[str]]:
    """A few words each, of which a program is made."""
    return st.lists(st.sampled_from(words), min_size=3, max_size=5, unique=True)


def few_of_all() -> st.SearchStrategy[list[str]]:
    """A few words each, of all that there are."""
    groups = [PLAIN, PLAIN, CONDITIONAL, WAITING, GOING_ON, EVERYTHING, CAUGHT]
    words = st.sampled_from(groups).flatmap(st.sampled_from) | st.sampled_from(PLAIN + CONDITIONAL + RAISING)
    return st.lists(words, min_size=3, max_size=8, unique=True)


def cases(pool: st.SearchStrategy[list[str]], shapes: list[tuple[int, ...]]) -> st.SearchStrategy[Case]:
    return st.builds(
        Case,
        text=texts(pool, shapes),
        place=st.sampled_from(REGISTERS),
        value=st.integers(0, 2),
        ending=st.integers(0, 7),
        bound=st.integers(0, 3),
        task=st.sampled_from([1, 2, 3, 5]),
        lazy=st.booleans(),
        keeps=st.booleans(),
        deadlocks=st.booleans(),
        most_steps=st.sampled_from([1_000, 1_000, 1_000, 3, 2, 1]),
        seed=st.integers(0, 99),
    ).map(_short)


def _short(case: Case) -> Case:
    """The case, in which a process that reads for ever does not read for long."""
    return replace(case, most_steps=4) if "*" in case.text else case


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about an ending, or (`always`) about a snapshot of the shared state."""

    name: str
    when: When
    holds: Callable[[Any], bool]
    applies: Callable[[Any], bool] = lambda _: True

    def as_property(self) -> Property:
        if self.when is When.ALWAYS:
            return Property(self.name, lambda shared: self.holds(shared.snapshot()), self.when)
        return Property(
            self.name, lambda end: self.holds(ending_of(end)), self.when, lambda end: self.applies(ending_of(end))
        )


def ending_of(end: Any) -> Ending:
    return end.returned, end.final, end.waiting


def claims_of(case: Case, runs: Sequence[Run]) -> list[Claim]:
    """The claims of a case; `runs` are those among whose endings one is forbidden."""
    endings = sorted({run.ending for run in runs}, key=repr) or [((), None, ())]
    forbidden = endings[case.ending % len(endings)]

    def is_so(state: Any) -> bool:
        return bool(dict(state)[case.place] == case.value)

    return [
        Claim("it does not end so", When.AT_END, lambda ending: ending != forbidden),
        Claim("all end then", When.AT_END, lambda ending: not ending[2], applies=lambda ending: is_so(ending[1])),
        Claim("the place comes to the value", When.SOMETIMES, lambda ending: is_so(ending[1])),
        Claim("the place never has the value", When.ALWAYS, lambda state: not is_so(state)),
    ]
