"""Hypothesis strategies: small programs, what may go wrong in them, their schedules, and scenarios of bookings.

For tests of what is general: an explorer of your own, a shared object, a store. They need hypothesis, which the extra
`testing` installs.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel.actions import FAILING, NO_FAULTS, Action, FaultKind, Faults, Step
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.objects import Shared
from lastseat.simulations.kernel.observer import EndlessError
from lastseat.simulations.kernel.operations import Choose
from lastseat.simulations.kernel.program import MOST_STEPS, Process, ProgramError, program_of
from lastseat.testing import notation

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "these strategies need hypothesis: pip install 'lastseat[testing]'", name="hypothesis"
    ) from error

__all__ = ["Written", "faults", "programs", "scenarios", "schedules", "texts"]

Shape: TypeAlias = tuple[int, ...]  # how many words each process has at most

# Simpler words first: that is where a failing program shrinks to.
PLAIN = ("x?", "x=1", "y?", "y=1", "x=2", "x=#", "x+", ".", "x:0>1", "y:0>1", "e?", "e+", "e-", "l~", "s~", "q>~")
WAITING = ("x>=1", "y>=1", "x<1", "l( x+ l)", "m( x? m)", "l( m( m) l)", "m( l( l) m)", "s(", "s)", "@0", "@1", "e>")
TOGETHER = ("q<1", "q<2~", "q>", "c( c. c)", "c( c! c)", "c( x=1 c* c)", "c( x? ?1 c. c)")
ORDINARY = (*PLAIN, *WAITING, *TOGETHER)
# Few processes with several words, and many with one.
SHAPES: tuple[Shape, ...] = ((1, 1), (2, 2), (3, 3), (2, 2, 2), (1, 2, 3), (1, 1, 1, 1))


@dataclass(frozen=True, slots=True)
class Written:
    """A program that is written in the notation of `lastseat.testing.notation`."""

    text: str

    @property
    def processes(self) -> list[Process]:
        """Return its processes."""
        return list(notation.processes_of(self.text))

    @staticmethod
    def shared() -> Shared:
        """Return the shared state that it starts from."""
        return notation.new_shared()


def texts(words: st.SearchStrategy[list[str]], shapes: Sequence[Shape] = SHAPES) -> st.SearchStrategy[str]:
    """Draw texts of programs, each made of a list of `words` that is drawn first, with processes in any order.

    Only processes are joined that there are. A process that is joined may be the one that joins it, which deadlocks.
    """

    def of(drawn: tuple[list[str], Sequence[int]]) -> st.SearchStrategy[str]:
        pool, shape = drawn
        word = st.sampled_from(["", *pool, *pool])  # with the empty one, processes are mostly long
        return st.tuples(*(st.lists(word, min_size=most, max_size=most).map(_process) for most in shape)).map(_joined)

    return st.tuples(words, st.sampled_from(list(shapes)).flatmap(st.permutations)).flatmap(of)


def _process(words: list[str]) -> str:
    return " ".join(filter(None, words))


def _joined(processes: Sequence[str]) -> str:
    return re.sub(r"@(\d)", lambda found: f"@{int(found[1]) % len(processes)}", " | ".join(processes))


def programs(words: Sequence[str] = ORDINARY, shapes: Sequence[Shape] = SHAPES) -> st.SearchStrategy[Written]:
    """Draw small programs. They end, and nothing in them raises but what `words` of your own raise.

    `shapes` say how many words each process has at most. Some programs deadlock: explore them with `deadlocks=True`.

    >>> from hypothesis import given, settings
    >>> from lastseat.testing import explore
    >>> from lastseat.testing.strategies import programs
    >>> @settings(max_examples=10, deadline=None, database=None)
    ... @given(programs(words=["x+", "x?", "y=1"]))
    ... def dpor_ends_as_brute_does(drawn):
    ...     brute, dpor = (
    ...         explore(drawn.processes, shared=drawn.shared, strategy=name) for name in ("brute", "dpor")
    ...     )
    ...     assert dpor.endings.keys() == brute.endings.keys()
    >>> dpor_ends_as_brute_does()
    """
    return texts(st.just(list(words)), shapes).map(Written)


def faults(most: int = 2, kinds: Iterable[FaultKind] = tuple(FaultKind)) -> st.SearchStrategy[Faults]:
    """Draw what may go wrong in one execution: at most `most` faults, of some of `kinds`.

    >>> from hypothesis import given, settings
    >>> from lastseat.testing.strategies import faults
    >>> @settings(max_examples=10, deadline=None, database=None)
    ... @given(faults(most=1))
    ... def there_is_at_most_one(drawn):
    ...     assert drawn.most <= 1
    >>> there_is_at_most_one()
    """
    some = st.frozensets(st.sampled_from(sorted(kinds)), min_size=1)
    return st.builds(Faults, st.integers(0, most), some)


@st.composite
def schedules(
    draw: st.DrawFn,
    processes: Sequence[Process],
    *,
    shared: Callable[[], Any],
    faults: Faults = NO_FAULTS,
    most_steps: int = MOST_STEPS,
) -> tuple[Step, ...]:
    """Draw a schedule of a program, to the end of an execution, with the faults and the branches of choices in it.

    It shrinks to the one in which the first process that can go on does so, and nothing goes wrong. Raises
    ProgramError as `explore` does, also for a process that takes `most_steps` and does not end.

    >>> from hypothesis import given, settings
    >>> from lastseat.testing import Register, Shared
    >>> from lastseat.testing.strategies import schedules
    >>> def count(shared):
    ...     yield shared.counter.fetch_and_add()
    ...     yield shared.counter.fetch_and_add()
    >>> @settings(max_examples=10, deadline=None, database=None)
    ... @given(schedules([count, count], shared=lambda: Shared(counter=Register(0))))
    ... def both_take_two_steps(drawn):
    ...     assert sorted(drawn) == [0, 0, 1, 1]
    >>> both_take_two_steps()
    """
    program = program_of(processes, shared, most_steps, faults)
    execution = Execution(program, program.meter())
    while free := execution.free():
        possible = [action for process in free for action in _actions(execution, process)]
        step = draw(st.sampled_from([*possible, *execution.redeliveries()]))
        if isinstance(step, Action):
            execution.step_if_it_fits(step)
        else:
            execution.step(step)
        if (who := execution.exhausted()) is not None:
            raise ProgramError(str(EndlessError(who, execution.schedule)))
    return tuple(execution.schedule)


def _actions(execution: Execution, process: int) -> list[Step]:
    """Return what may be tried of a process that is free: its step, other branches of it, and faults in it."""
    faults, operation = execution.program.faults, execution.operation(process)
    branches = len(operation.options) if isinstance(operation, Choose) else 1
    failing = execution.meter.failing(operation)
    allowed = faults.in_a_step if execution.spent < faults.most else ()
    return [
        process,
        *(Action(process, branch=branch) for branch in range(1, branches)),
        *(Action(process, fault) for fault in allowed if fault not in FAILING or fault in failing),
    ]


@st.composite
def scenarios(
    draw: st.DrawFn,
    *,
    most_attempts: int = 3,
    most_units: int = 3,
    faults: st.SearchStrategy[Faults] | None = None,
) -> Scenario:
    """Draw attempts of unequal units on two resources and a missing one, some of them under the same booking id.

    >>> from hypothesis import given, settings
    >>> from lastseat.testing.strategies import scenarios
    >>> @settings(max_examples=10, deadline=None, database=None)
    ... @given(scenarios(most_attempts=2))
    ... def there_are_one_or_two(drawn):
    ...     assert len(drawn.requests) in (1, 2)
    >>> there_are_one_or_two()
    """
    request = st.builds(
        BookingRequest,
        booking_id=st.sampled_from(["ann", "bob", "cid", "dan"][: max(2, most_attempts)]),
        resource_id=st.sampled_from(["x", "x", "y", "elsewhere"]),
        units=st.integers(1, most_units),
    )
    requests = tuple(draw(st.lists(request, min_size=1, max_size=most_attempts)))
    capacities = tuple((name, draw(st.integers(0, most_units + 1))) for name in ("x", "y"))
    budget = NO_FAULTS if faults is None else draw(faults)
    return Scenario("drawn", "A drawn scenario", capacities, requests, budget)
