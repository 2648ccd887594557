"""What the tests of the program explorers share: programs as text (`fuzz.notation`), compared with brute force."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from fuzz import notation
from fuzz.notation import new_shared

from lastseat.simulations.kernel.endings import final_of, returned_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.strategies.brute import canonical
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.testing import Shared


@dataclass(frozen=True, slots=True)
class Compared:
    """What dpor found: traces, interleavings that they have, and how many interleavings end in which way."""

    traces: int
    interleavings: int
    ways: dict[Any, int]

    @property
    def counts(self) -> tuple[int, int, int]:
        """What a test pins: traces, interleavings, distinct endings."""
        return self.traces, self.interleavings, len(self.ways)


def linear_extensions(before: Sequence[int]) -> int:
    """The number of orders of steps in which each comes after those that its mask names."""

    @cache
    def ways(done: int) -> int:
        ready = (one for one, needed in enumerate(before) if not done >> one & 1 and needed & ~done == 0)
        return sum(ways(done | 1 << one) for one in ready) or 1

    return ways(0)


def _ending(execution: Execution) -> Any:
    return returned_of(execution), final_of(execution.shared), tuple(execution.unfinished())


class _Keeper:
    """Keeps the canonical form of each execution of dpor, and in how many interleavings it ends in which way."""

    needs_states = False
    violated = False

    def __init__(self) -> None:
        self.engine: Any = None
        self.forms: list[Any] = []
        self.ways: Counter[Any] = Counter()

    def step(self, *_: Any) -> None:
        pass

    def end(self, execution: Execution) -> None:
        trace = self.engine.trace
        assert trace.steps == execution.schedule
        self.forms.append(canonical(trace.steps, trace.footprint, trace.footprints))
        self.ways[_ending(execution)] += linear_extensions(trace.before)


def every_interleaving(program: Program, meter: Meter) -> tuple[Counter[Any], set[Any]]:
    """How many interleavings end in which way, and the canonical forms of all: by plain recursion."""
    ways: Counter[Any] = Counter()
    forms: set[Any] = set()

    def extend(prefix: list[int]) -> None:
        execution = Execution(program, meter)
        touched = [execution.step(who)[1] for who in prefix]
        while free := execution.free():
            for other in free[1:]:
                extend([*execution.schedule, other])
            touched.append(execution.step(free[0])[1])
        ways[_ending(execution)] += 1
        forms.add(canonical(execution.schedule, touched, meter.footprints))

    extend([])
    return ways, forms


def _compare(processes: Sequence[Any], shared: Callable[[], Any] = new_shared, engine: Any = Dpor) -> Compared:
    program = program_of(processes, shared)
    ways, forms = every_interleaving(program, program.meter())
    keeper = _Keeper()
    keeper.engine = dpor = engine(program, program.meter(), keeper)
    while dpor.advance():
        assert dpor.executions <= len(forms), "there are more executions than traces"
        assert dpor.blocked == 0, "an execution was begun in vain"
    assert len(set(keeper.forms)) == len(keeper.forms) == dpor.executions, "a trace was executed twice"
    assert set(keeper.forms) == forms, "a trace was missed"
    # Each interleaving is a linear extension of the order of its trace, and of that of no other.
    assert keeper.ways == ways, "the endings differ"
    return Compared(len(forms), ways.total(), dict(ways))


@pytest.fixture(scope="session")
def compare() -> Callable[..., Compared]:
    """Return what explores a program with dpor and by brute force, and asserts that they agree in all respects."""
    return _compare


@pytest.fixture(scope="session")
def processes_of() -> Callable[[str], list[Any]]:
    """Return what makes processes of text."""
    return notation.processes_of


@pytest.fixture(scope="session")
def registers() -> Callable[[], Shared]:
    """Return what makes the shared state of such programs."""
    return new_shared
