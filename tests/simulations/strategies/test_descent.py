"""The tree that random descents go through: it has one end for each trace, and they weigh it rightly."""

from collections.abc import Iterable
from math import sqrt
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings

from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.observer import EndlessError
from lastseat.simulations.kernel.program import Program, ProgramError, program_of
from lastseat.simulations.strategies.reduction.descent import Child, Descents, Place
from lastseat.simulations.strategies.reduction.trace import Link
from lastseat.testing import Exploration, FaultKind, Faults, Register, Shared, explore, spawn
from lastseat.testing.notation import new_shared, processes_of
from lastseat.testing.strategies import Written, faults, programs

MOST_PLACES = 3_000  # of a tree that is looked at as a whole

NOTATED = [
    ("x=1 y? | y=1 x?", Faults()),
    ("x? x:0>1 | x? x:0>1 | x? x:0>1", Faults()),
    ("x++ | x++ | x+", Faults()),
    ("l( x+ l) | l( x? l) | l~ .0 x?", Faults()),
    ("l( m( m) l) | m( l( l) m) | x?", Faults()),
    ("x>=1 y? | x=1 | y=1 x=0", Faults()),
    ("c( c. x? c) | c( x=1 c! c)", Faults()),
    ("0,1 x=# | 1,2,3 y=# | x? y?", Faults()),
    ("@1 x? | x=1 | x=2", Faults()),
    ("x? x=1 | x? x=2", Faults(1)),
    ("x+ y? | y+ x?", Faults(2, crash=True, acknowledgement_lost=True)),
    ("0,1 x=# | l( x? l)", Faults(2, crash=True, unavailable=True)),
]


def of(text: str, most: Faults = Faults()) -> Program:  # noqa: B008 - it is a frozen value
    kinds = most.kinds - {FaultKind.REDELIVERY}
    return program_of(processes_of(text), new_shared, faults=Faults(most.most, kinds) if kinds else Faults())


def ends_of(descents: Descents) -> int:
    """How many paths through the whole tree end as the program does."""
    ends, agenda, places = 0, list[tuple[Child, ...]]([()]), 0
    while agenda:
        path, place = agenda.pop(), Place(Execution(descents.program, descents.meter))
        places += 1
        assert places <= MOST_PLACES
        for child in path:
            descents.children(place)
            descents.go(place, child)
        agenda.extend((*path, child) for child in descents.children(place))
        ends += not place.execution.free()
    return ends


def traces_of(program: Program) -> int:
    return explored(program).executions


def explored(program: Program, **budget: Any) -> Exploration:
    from_scratch = {"faults": program.faults, "deadlocks": True, **budget}
    return explore(program.processes[: program.originals], shared=program.shared, **from_scratch)


def increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def swap(shared: Any) -> Any:
    seen = yield shared.x.read()
    return (yield shared.x.compare_and_swap(seen, seen + 1))


def register() -> Shared:
    return Shared(x=Register(0))


# --- the tree -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "most"), NOTATED)
def test_the_tree_has_one_end_for_each_trace(text: str, most: Faults) -> None:
    program = of(text, most)

    assert ends_of(Descents(program)) == traces_of(program)


def begins_two(_: Any) -> Any:
    yield spawn(increment)
    yield spawn(swap)


def test_processes_that_others_begin_are_in_the_tree() -> None:
    program = program_of([begins_two, swap], register)

    assert ends_of(Descents(program)) == traces_of(program) > 20


@settings(max_examples=30, deadline=None, database=None, derandomize=True)
@given(programs(), faults(most=1))
def test_the_tree_of_a_drawn_program_has_one_end_for_each_trace(drawn: Written, most: Faults) -> None:
    program = of(drawn.text, most)
    seen = explored(program, executions=60)
    if seen.complete:
        assert ends_of(Descents(program)) == seen.executions


class ForgetsWhoSleeps(Descents):
    """Takes every order for a trace of its own."""

    def asleep_after(self, link: Link, sleepers: Iterable[Link]) -> tuple[Link, ...]:
        del link, sleepers
        return ()


class NeverWakes(Descents):
    """Lets those sleep on that the step is in conflict with."""

    def asleep_after(self, link: Link, sleepers: Iterable[Link]) -> tuple[Link, ...]:
        return tuple(sleeper for sleeper in sleepers if sleeper.who != link.who)


class LooksOnce(Descents):
    """Takes it that a step touches later what it touched at first."""

    def go(self, place: Place, child: Child) -> None:
        known = {who: links for who, links in place.known.items() if who != child.link.who}
        super().go(place, child)
        place.known = known


class LosesFaults(Descents):
    """Forgets that other things may happen in the place of a step."""

    def links(self, place: Place, who: int) -> list[Link]:
        return super().links(place, who)[:1]


@pytest.mark.parametrize("wrong", [ForgetsWhoSleeps, NeverWakes, LooksOnce, LosesFaults])
def test_a_tree_that_is_wrong_has_another_number_of_ends(wrong: type[Descents]) -> None:
    found = list[bool]()
    for text, most in NOTATED:
        program = of(text, most)
        try:
            found.append(ends_of(wrong(program)) == traces_of(program))
        except ProgramError:
            found.append(False)

    assert not all(found)


SWAPS = program_of([swap] * 5, register)  # of 4,025 traces

# --- descents -------------------------------------------------------------------------------------------------------


def mean_and_error(descents: Descents, times: int) -> tuple[float, float]:
    weights = [descents.descend() or 0.0 for _ in range(times)]
    mean = sum(weights) / times
    return mean, sqrt(sum((weight - mean) ** 2 for weight in weights)) / times


@pytest.mark.parametrize(("text", "most"), NOTATED)
def test_the_mean_of_many_descents_is_the_number_of_traces(text: str, most: Faults) -> None:
    program = of(text, most)
    mean, error = mean_and_error(Descents(program), 600)

    assert abs(mean - traces_of(program)) <= 4 * error + 0.5


class ForgetsTheChance(Descents):
    """Weighs all paths alike."""

    def promised(self, children: list[Child]) -> list[float]:
        return [1.0, *[0.001] * (len(children) - 1)] if len(children) > 1 else [1.0]

    def learn(self, path: Any, end: float) -> float:
        return super().learn([(kind, 2.0) for kind, _ in path], end)


def test_descents_that_weigh_wrongly_are_found() -> None:
    mean, error = mean_and_error(ForgetsTheChance(SWAPS), 500)

    assert abs(mean - 4_025) > 4 * error + 0.5


def test_a_descent_that_is_late_weighs_nothing() -> None:
    assert Descents(SWAPS).descend(monotonic() - 1) is None


def spin(shared: Any) -> Any:
    while not (yield shared.x.read()):
        pass


def test_a_process_that_does_not_end_is_told_as_that() -> None:
    with pytest.raises(EndlessError):
        Descents(program_of([spin], register, most_steps=10)).descend()
