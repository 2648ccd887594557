"""Merging any program says what brute force says, from far fewer steps; and wrong merging engines are caught."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import factorial
from typing import Any

import pytest
from fuzz.merging import differs, graph_of, program_with_twins, states_by_definition
from fuzz.program_cases import SMALL, few_of_all, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.simulations.doors.blocking import awaiting
from lastseat.simulations.kernel.actions import FaultKind, Faults, process_of
from lastseat.simulations.kernel.budget import Budget
from lastseat.simulations.kernel.exploration import DEADLOCK
from lastseat.simulations.kernel.program import Program, ProgramError, program_of
from lastseat.simulations.strategies.merging.orbits import Orbits, alike_processes
from lastseat.simulations.strategies.merging.programs import merged_program
from lastseat.simulations.strategies.merging.recheck import SCHEDULES
from lastseat.testing import Join, Operation, Register, Shared, Verdict, act, always, at_end, sometimes


def counter() -> Shared:
    return Shared(x=Register(0))


def increment(shared: Any) -> Iterator[Operation]:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def swap(shared: Any) -> Any:
    seen = yield shared.x.read()
    return (yield shared.x.compare_and_swap(seen, seen + 1))


def joins(number: int) -> Callable[[Any], Any]:
    def process(shared: Any) -> Any:
        returned = yield Join(number)
        return returned, (yield shared.x.read())

    return process


CLAIMS = (
    at_end("the last one returned nothing", lambda end: not end.returned[-1]),
    at_end("the first one waits not", lambda end: 0 not in end.waiting, lambda end: dict(end.final)["y"] == 0),
    always("x stays small", lambda shared: shared.x.value < 2, lambda shared: not shared.y.value),
    sometimes("x is 1 at the end", lambda end: dict(end.final)["x"] == 1),
)


# --- merging says what brute force says -------------------------------------------------------------------------


@st.composite
def drawn(draw: st.DrawFn) -> Program:
    """Programs of few words, in which some processes are one function, with up to two faults."""
    parts = draw(texts(few_of_all(), SMALL)).split(" | ")
    twins = draw(st.sampled_from([parts, [parts[0], *parts], [*parts[:2], *parts[:1]]]))
    kinds = draw(st.sets(st.sampled_from(list(FaultKind))))
    faults = Faults(draw(st.integers(1, 2)), kinds) if kinds else Faults()
    return program_with_twins(" | ".join(twins), faults, 4 if "*" in " ".join(parts) else 20)


@settings(deadline=None, max_examples=150)
@given(program=drawn(), deadlocks=st.booleans())
def test_merging_says_what_brute_force_says_of_drawn_programs(program: Program, deadlocks: bool) -> None:
    assert differs(program, CLAIMS, deadlocks=deadlocks) is None


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize(
    "text", ["x+ x?", "x? x=# | x? x=#", "x:0>1 | x:0>1 | y?", "1,2 x=1 | x>=1", "l( x+ l) | l( x+ l)", "x+ | @0 x?"]
)
def test_merging_says_what_brute_force_says_under_each_kind_of_fault(text: str, kind: FaultKind, most: int) -> None:
    assert differs(program_with_twins(text, Faults(most, {kind})), CLAIMS) is None


@pytest.mark.parametrize("text", ["1,2", "1,2 | 1,2", "1,2,3 x+ | x? 0,1", "0,1 . x+ | 0,1 . x+ | x?"])
def test_every_branch_of_a_choice_is_a_step_from_the_same_state(text: str) -> None:
    assert differs(program_with_twins(text), CLAIMS) is None


@pytest.mark.parametrize(
    ("text", "faults", "counts"),
    [
        ("x? x=# | x? x=#", Faults(), (6, 9, 13)),
        ("x? x=# | x? x=# | x? x=#", Faults(), (90, 27, 55)),
        ("x:0>1 | x:0>1 | x:0>1", Faults(), (6, 13, 16)),
        ("x? x=# | x? x=#", Faults(1, crash=True), (36, 15, 35)),
        ("1,2,3 | 1,2,3", Faults(), (18, 16, 25)),
    ],
)
def test_the_exact_number_of_schedules_states_and_steps(
    text: str, faults: Faults, counts: tuple[int, int, int]
) -> None:
    program = program_with_twins(text, faults)

    plain, reduced = (merged_program(program, symmetry=symmetry) for symmetry in (False, True))

    assert (plain.interleavings, plain.states, plain.generated) == counts
    assert (reduced.interleavings, reduced.states, reduced.generated) == counts
    assert states_by_definition(program) == counts[1:]


@settings(deadline=None, max_examples=40)
@given(text=texts(few_of_all(), [(1, 2), (2, 2), (1, 1, 1)]), kinds=st.sets(st.sampled_from(list(FaultKind)[:3])))
def test_the_states_of_drawn_programs_are_those_of_the_definition(text: str, kinds: set[FaultKind]) -> None:
    program = program_with_twins(text.replace("*", "?"), Faults(1, kinds) if kinds else Faults())
    try:
        seen = merged_program(program)
    except ProgramError:
        return

    assert (seen.states, seen.generated) == states_by_definition(program)


def test_twelve_counters_are_merged_in_no_time_and_audited() -> None:
    seen = merged_program(program_of([increment] * 12, counter), [at_end("one", lambda end: end.final[0][1] > 1)])

    assert (seen.complete, seen.audited, seen.verdict) == (True, SCHEDULES, Verdict.VIOLATED)
    assert seen.interleavings == factorial(24) // 2**12
    assert [len(violation.steps) for violation in seen.violations] == [24]


# --- what it needs of a program -----------------------------------------------------------------------------------


@dataclass
class Counters:
    """A shared state of somebody's own, that knows nothing of snapshots."""

    counts: dict[str, int] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)


def count(name: str) -> Callable[[Any], Any]:
    def add(shared: Counters) -> int:
        shared.counts[name] = shared.counts.get(name, 0) + 1
        shared.seen.append(shared.counts[name])
        return len(shared.seen)

    def process(_shared: Any) -> Any:
        first = yield act("add", add)
        return first, (yield act("add", add))

    return process


def test_a_shared_state_without_a_snapshot_is_copied() -> None:
    program = program_of([count("a"), count("a"), count("b")], Counters)

    assert differs(program, [always("short", lambda shared: len(shared.seen) < 6)]) is None


def test_a_shared_state_that_is_a_dictionary_is_copied() -> None:
    def add(_shared: dict[str, int]) -> Any:
        seen = yield act("read", lambda held: held["x"])
        yield act("write", lambda held: held.update(x=seen + 1))

    assert differs(program_of([add, add], lambda: {"x": 0})) is None


class Locked:
    """Something that can be neither copied nor restored."""

    def __reduce_ex__(self, _protocol: Any) -> Any:
        raise TypeError("no copy of it can be made")


class Drawing:
    """A snapshot that does not equal itself."""

    def snapshot(self) -> float:
        return float("nan")

    def restore(self, snapshot: float) -> None:
        del snapshot


@pytest.mark.parametrize(
    ("shared", "said"),
    [(Locked, "it raised TypeError: no copy of it can be made"), (Drawing, "does not equal itself")],
)
def test_a_shared_state_that_cannot_be_kept_is_refused_with_what_it_needs(shared: Any, said: str) -> None:
    with pytest.raises(ProgramError, match=r"give it snapshot\(\)") as refused:
        merged_program(program_of([lambda _: (step for step in ())], shared))

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_cannot_be_told_again_is_refused() -> None:
    def process(_shared: Any) -> Any:
        yield act("list", lambda _: [1])
        yield act("nothing", lambda _: None)

    with pytest.raises(ProgramError, match=r"process 0 is told a value of type list by its list, .*; schedule 0$"):
        merged_program(program_of([process], counter))


def test_code_that_raises_is_violated_with_the_schedule_that_leads_there() -> None:
    def process(shared: Any) -> Any:
        if (yield shared.x.read()):
            raise RuntimeError("boom")

    (violation,) = merged_program(program_of([increment, process], counter)).violations

    assert (violation.witness, violation.steps) == ("process 1: RuntimeError: boom", (0, 0, 1))


def test_code_between_two_operations_may_not_change_the_shared_state() -> None:
    def process(shared: Any) -> Any:
        yield shared.x.read()
        shared.x.value = 7

    with pytest.raises(
        ProgramError,
        match=r"process 0 changes shared state outside its operations \(x\) \(test_merged\.py:\d+\), where no",
    ):
        merged_program(program_of([process], counter))


def test_a_snapshot_that_hides_what_decides_is_seen_by_executions_from_the_start() -> None:
    class Hiding(Shared):
        def __init__(self) -> None:
            super().__init__(x=Register(0))
            self.__dict__["turns"] = 0

    def turn(shared: Any) -> int:
        shared.turns += 1
        return int(shared.turns)

    def process(_shared: Any) -> Any:
        return (yield act("turn", turn))

    with pytest.raises(ProgramError, match="its snapshot does not show all that decides: in schedule "):
        merged_program(program_of([process, process], Hiding))


def test_a_process_that_does_not_end_ends_the_walk_with_the_schedule_that_shows_it() -> None:
    def endless(shared: Any) -> Any:
        while True:
            yield shared.x.read()

    seen = merged_program(program_of([endless], counter, 3))

    assert seen.verdict is Verdict.INCOMPLETE
    assert seen.why.startswith("process 0 took 3 steps and did not end; it goes on at test_merged.py:")
    assert seen.why.endswith("; schedule 0.0.0")


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        (Budget(seconds=0.0), "0 seconds were used up"),
        (Budget(executions=5), "5 executions were asked for"),
        (Budget(stop_at_first=True), "it stopped at the first violation"),
    ],
)
def test_a_walk_stops_early_and_says_why(budget: Budget, why: str) -> None:
    claims = [always("x is 0", lambda shared: shared.x.value == 0)]

    seen = merged_program(program_of([increment] * 3, counter), claims, budget)

    assert (seen.complete, seen.why, seen.audited) == (False, why, 0)
    assert seen.executions <= 5
    assert seen.interleavings is None


def test_an_interrupted_walk_keeps_what_it_saw() -> None:
    def interrupt(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    seen = merged_program(program_of([increment], counter), budget=Budget(progress=interrupt))

    assert (seen.interrupted, seen.complete, seen.states) == (True, False, 1)


def test_fields_of_the_word_are_made_wider_as_they_are_needed() -> None:
    def busy(shared: Any) -> Any:
        for _ in range(40):
            yield shared.x.fetch_and_add()

    seen = merged_program(program_of([busy, increment], counter))

    assert (seen.complete, seen.interleavings) == (True, 41 * 42 // 2)


# --- who is alike -------------------------------------------------------------------------------------------------


async def named(shared: Any, name: str) -> Any:
    return name, await shared.x.fetch_and_add()


@pytest.mark.parametrize(
    ("processes", "groups"),
    [
        ([increment, swap, increment], ((0, 2),)),
        ([joins(0), joins(0)], ()),
        ([partial(named, name="a"), partial(named, name="a"), partial(named, name="b")], ((0, 1),)),
        ([partial(named, name=1), partial(named, name=True)], ()),
        ([partial(named, name=[]), partial(named, name=[])], ()),
        ([awaiting(named, "a"), awaiting(named, "b"), awaiting(named, "a")], ((0, 2),)),
    ],
)
def test_processes_are_alike_where_they_are_one_function_with_equal_arguments(
    processes: list[Any], groups: tuple[tuple[int, ...], ...]
) -> None:
    assert alike_processes(program_of(processes, counter)) == groups
    assert alike_processes(program_of(processes, counter, faults=Faults(1, redelivery=True))) == ()


def test_symmetry_walks_one_state_of_each_orbit(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = set[int]()
    kinds = Orbits.kinds

    def watched(self: Orbits, word: int) -> Any:
        walked.add(word)
        return kinds(self, word)

    monkeypatch.setattr(Orbits, "kinds", watched)
    seen = merged_program(program_of([increment] * 3, counter))

    states, _ = graph_of(program_of([increment] * 3, counter))
    by_definition = {(shared, spent, tuple(sorted(map(repr, told)))) for shared, spent, told in states}
    assert (len(walked), seen.states) == (len(by_definition), len(states)) == (20, 59)


def test_whoever_is_joined_is_like_nobody() -> None:
    for process in (swap, increment):
        assert differs(program_of([process, process, joins(0)], counter)) is None
        assert differs(program_of([process, process, joins(2)], counter)) is None


def test_a_claim_about_positions_is_asked_of_every_arrangement() -> None:
    only_last = at_end("not the last alone", lambda end: end.returned != (False, False, True))
    program = program_of([swap] * 3, counter)

    [violation] = merged_program(program, [only_last]).violations

    assert differs(program, [only_last]) is None
    assert violation.steps[-1] in (0, 1, 2)


def test_the_schedule_of_a_deadlock_is_that_of_the_processes_it_names() -> None:
    """Whoever adds first sees 0 and waits for ever; the other one sees 1 and leaves that out."""
    program = program_with_twins("x+ ?1 never | x+ ?1 never | x?")

    [violation] = merged_program(program).violations

    first = next(process_of(step) for step in violation.steps if process_of(step) < 2)
    assert (violation.name, violation.witness) == (DEADLOCK, f"process {first} waits for never")
