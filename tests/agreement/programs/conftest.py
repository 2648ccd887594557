"""What the tests of the program explorers share: a notation for small programs, and the comparison with brute force.

A program is text such as `x=1 y? | y=1 x?`: processes between bars, each a sequence of steps over the registers
x, y, z, the mutexes l, m and the semaphore s of two permits. See `STEPS`.
"""

import re
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pytest

from lastseat.simulations.programs import Join, Mutex, Operation, Register, Semaphore, Shared, act
from lastseat.simulations.programs.dpor import Dpor
from lastseat.simulations.programs.execution import Execution, final_of, returned_of
from lastseat.simulations.programs.exhaustive import canonical
from lastseat.simulations.programs.footprints import Meter
from lastseat.simulations.programs.program import Program, program_of

Make = Callable[..., Operation]


def new_shared() -> Shared:
    return Shared(
        x=Register(0), y=Register(0), z=Register(0), l=Mutex(), m=Mutex(), s=Semaphore(2)
    )  # fmt: skip


def _value(shared: Any, name: str) -> Any:
    return getattr(shared, name).value


def _copy(shared: Any, source: str, target: str) -> None:
    getattr(shared, target).value = _value(shared, source)


def _set_both(shared: Any, first: str, second: str) -> None:
    getattr(shared, first).value = getattr(shared, second).value = 1


@dataclass(frozen=True, slots=True)
class SetBoth(Operation):
    """A compare-and-swap of two places: what it writes is decided by one of them."""

    kind: ClassVar[str] = "set both"
    conditional: ClassVar[bool] = True
    first: str
    second: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.first,)

    @property
    def writes(self) -> tuple[str, ...]:
        return (self.first, self.second)

    def perform(self, shared: Any, /) -> bool:
        if _value(shared, self.first) != 0:
            return False
        _set_both(shared, self.first, self.second)
        return True

    def wrote(self, result: Any, /) -> tuple[str, ...]:
        return self.writes if result else ()


# What a word means: a pattern, and the operation made of the shared state and the pattern's groups.
STEPS: dict[str, Make] = {
    r"([xyz])=(\d)": lambda s, a, v: getattr(s, a).write(int(v)),
    r"([xyz])\?": lambda s, a: getattr(s, a).read(),
    r"([xyz])\+": lambda s, a: getattr(s, a).fetch_and_add(),
    r"([xyz]):(\d)>(\d)": lambda s, a, v, w: getattr(s, a).compare_and_swap(int(v), int(w)),
    r"([xyz])>=(\d)": lambda s, a, v: getattr(s, a).until(lambda value: value >= int(v)),
    r"([xyz])<(\d)": lambda s, a, v: getattr(s, a).until(lambda value: value < int(v)),
    r"([lms])\(": lambda s, a: getattr(s, a).acquire(),
    r"([lms])\)": lambda s, a: getattr(s, a).release(),
    r"([lms])~": lambda s, a: getattr(s, a).try_acquire(),
    r"@(\d)": lambda _, n: Join(int(n)),
    # Steps on two places: a copy, an equality that is waited for; and a step that declares nothing.
    r"([xyz])>([xyz])": lambda _, a, b: act("copy", lambda s: _copy(s, a, b), reads=(a,), writes=(b,)),
    r"([xyz])==([xyz])": lambda _, a, b: act(
        "equal", lambda _: None, reads=(a, b), writes=(), when=lambda s: _value(s, a) == _value(s, b)
    ),
    r"([xyz])==([xyz])!": lambda _, a, b: act(
        "any equal", lambda _: None, when=lambda s: _value(s, a) == _value(s, b)
    ),
    # Both are set to 1, if the first is 0; or as soon as it is.
    r"([xyz])&([xyz])": lambda _, a, b: SetBoth(a, b),
    r"([xyz])&&([xyz])": lambda _, a, b: act(
        "set both", lambda s: _set_both(s, a, b), reads=(a,), writes=(a, b), when=lambda s: _value(s, a) == 0
    ),
    r"([xyz])!": lambda _, a: act("undeclared", lambda s: setattr(getattr(s, a), "value", 1 + _value(s, a))),
}


def _process(text: str) -> Callable[[Any], Generator[Operation, Any, Any]]:
    """A process that takes these steps and returns what they gave. After `.` it ends, if the last gave something."""

    def process(shared: Any) -> Generator[Operation, Any, Any]:
        given: list[Any] = []
        for word in text.split():
            if word == ".":
                if given and given[-1]:
                    break
            elif found := re.fullmatch(r"([xyz])=#", word):  # writes the sum of what was seen
                seen = sum(one for one in given if isinstance(one, int))
                yield getattr(shared, found[1]).write(seen)
            else:
                make, groups = _meaning(word)
                result = yield make(shared, *groups)
                if result is not None:
                    given.append(result)
        return tuple(given)

    return process


@cache
def _meaning(word: str) -> tuple[Make, tuple[str, ...]]:
    for pattern, make in STEPS.items():
        if found := re.fullmatch(pattern, word):
            return make, found.groups()
    raise AssertionError(f"{word} is no step")


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

    def __init__(self) -> None:
        self.engine: Any = None
        self.forms: list[Any] = []
        self.ways: Counter[Any] = Counter()

    def step(self, *_: Any) -> None:
        pass

    def end(self, execution: Execution) -> None:
        trace = self.engine.trace
        assert trace.who == execution.schedule
        self.forms.append(canonical(trace.who, trace.footprint, trace.footprints))
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
    return lambda text: [_process(one) for one in text.split("|")]


@pytest.fixture(scope="session")
def registers() -> Callable[[], Shared]:
    """Return what makes the shared state of such programs."""
    return new_shared
