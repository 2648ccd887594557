"""Wrong merging engines, each planted in the place of the right one, and caught by brute force or the definition."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fuzz.merging import differs, program_with_twins, states_by_definition

from lastseat.simulations.kernel.actions import Faults
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.operations import choose
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.strategies.merging import orbits, steps, walk
from lastseat.simulations.strategies.merging.orbits import Orbits
from lastseat.simulations.strategies.merging.programs import ProgramWalk, merged_program
from lastseat.simulations.strategies.merging.steps import ProgramSteps, Told
from lastseat.simulations.strategies.merging.words import Layout
from lastseat.testing import Join, Operation, Register, Shared, at_end


def counter() -> Shared:
    return Shared(x=Register(0))


def increment(shared: Any) -> Iterator[Operation]:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def swap(shared: Any) -> Any:
    seen = yield shared.x.read()
    return (yield shared.x.compare_and_swap(seen, seen + 1))


def maybe(shared: Any) -> Iterator[Operation]:
    if (yield choose(False, True)):
        yield shared.x.read()


def joins_the_first(shared: Any) -> Any:
    returned = yield Join(0)
    return returned, (yield shared.x.read())


def adds(number: int) -> Callable[[Any], Any]:
    def process(shared: Any) -> Any:
        yield shared.x.fetch_and_add(number)
        return (yield shared.x.read())

    return process


def forgets_what_was_told(local: Any) -> Any:
    return (Told, len(local.results)) if isinstance(local, Told) else steps.exact(str(local))


def takes_closures_for_alike(process: Any) -> Any:
    return getattr(process, "__qualname__", id(process))


_KINDS = Orbits.kinds


def counts_no_twins(self: Orbits, word: int) -> Any:
    return [(who, 1) for who, _ in _KINDS(self, word)]


def as_it_stands(self: Orbits, _word: int) -> Any:
    return [tuple(range(self.layout.processes))]


def no(*_: Any) -> bool:
    return False


def nothing(*_: Any) -> tuple[()]:
    return ()


TWO, THREE = program_of([swap] * 2, counter), program_of([swap] * 3, counter)
CRASHES = program_of([increment], counter, faults=Faults(1, crash=True))
REPEATS = program_of([increment], counter, faults=Faults(1, redelivery=True))
WRONG: dict[str, tuple[Any, str, Any, Program]] = {
    "forgets what a process was told": (steps, "_key_of", forgets_what_was_told, TWO),
    "takes who is joined for alike": (
        walk.Walk,
        "_joins_one_of_several",
        no,
        program_of([swap, swap, joins_the_first], counter),
    ),
    "takes all that one function makes for alike": (
        orbits,
        "_function_of",
        takes_closures_for_alike,
        program_of([adds(1), adds(2)], counter),
    ),
    "counts no twins": (Orbits, "kinds", counts_no_twins, THREE),
    "asks about one arrangement": (Orbits, "arrangements", as_it_stands, TWO),
    "forgets the faults so far": (Layout, "spent", lambda *_: 0, CRASHES),
    "begins again what has not begun": (ProgramWalk, "is_asleep", no, REPEATS),
    "tries no branch but the first": (ProgramSteps, "others", nothing, program_with_twins("1,2 x=1 | x?")),
    "takes a state for new each time": (walk.Walk, "_measure", nothing, program_of([maybe, swap], counter)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_merging_engine_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, replaced, other, program = WRONG[name]
    assert complaint(program) is None

    monkeypatch.setattr(where, replaced, other)

    assert complaint(program) is not None


def complaint(program: Program) -> str | None:
    """How merging differs from brute force, or in its states from the definition."""
    found = differs(program, [at_end("the last did", lambda end: end.returned[-1] is not False)])
    if found is not None or program.redeliveries:
        return found
    seen: Exploration = merged_program(program)
    here, due = (seen.states, seen.generated), states_by_definition(program)
    return None if here == due else f"{here} states and steps, and not {due}"
