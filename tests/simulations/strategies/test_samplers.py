"""Sampling programs: the same seed gives the same schedules, a sample is no proof, and what it rests on is said."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.sampling.samplers import (
    STRATEGIES,
    Pos,
    Unwatched,
    below,
    generator,
    permutation,
    sampler_of,
)
from lastseat.testing import (
    Mutex,
    ProgramError,
    Register,
    Shared,
    Verdict,
    always,
    at_end,
    explore,
    sample,
    sometimes,
)

PINNED = {
    "uniform": "11200 01201 00121 20011 11200 02011",
    "walk": "20011 02011 02011 21100 20110 11020",
    "pct": "11200 00112 10012 10021 21100 12100",
    "pos": "20011 02110 10102 11020 11200 20011",
}


def shared() -> Shared:
    return Shared(counter=Register(0), other=Register(0), mutex=Mutex())


def increment(state: Any) -> Any:
    seen = yield state.counter.read()
    yield state.counter.write(seen + 1)


def write_other(state: Any) -> Any:
    yield state.other.write(1)


def write_counter(state: Any) -> Any:
    yield state.counter.write(1)


def locked(state: Any) -> Any:
    yield state.mutex.acquire()
    yield state.mutex.release()


def twice_if_alone(state: Any) -> Any:
    if not (yield state.counter.read()):
        yield state.other.write(1)


def spin(state: Any) -> Any:
    while not (yield state.other.read()):
        pass


PROCESSES = (increment, increment, write_other)
NO_UPDATE_IS_LOST = at_end("no update is lost", lambda end: end.shared.counter.value == 2)


class Listed(Unwatched):
    """Lists the schedules of a sample as text."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def end(self, execution: Execution) -> None:
        self.seen.append("".join(map(str, execution.schedule)))


def schedules(strategy: str, runs: int, *, seed: int = 0, first: int = 0, processes: Any = PROCESSES) -> list[str]:
    program, listed = Program(processes, shared), Listed()
    sampler = sampler_of(strategy, program, program.meter(), listed, runs=runs, seed=seed, first=first)
    while sampler.advance():
        pass
    return listed.seen


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_first_schedules_of_seed_0_are_these_on_every_version_of_python(strategy: str) -> None:
    assert " ".join(schedules(strategy, 6)) == PINNED[strategy]


def test_the_numbers_that_schedules_are_drawn_from_are_these() -> None:
    draw = generator(0, 0)

    assert [below(draw, 10) for _ in range(12)] == [8, 0, 0, 1, 6, 4, 8, 9, 8, 1, 7, 7]
    assert permutation(generator(7, 1), 8) == [7, 0, 2, 5, 1, 6, 4, 3]


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(seed=st.integers(0, 2**64 - 1), cut=st.integers(1, 11))
@settings(deadline=None, max_examples=10)
def test_a_sample_is_the_same_in_parts_as_in_one(strategy: str, seed: int, cut: int) -> None:
    whole = schedules(strategy, 12, seed=seed)

    parts = schedules(strategy, cut, seed=seed) + schedules(strategy, 12 - cut, seed=seed, first=cut)

    assert parts == whole


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_another_seed_gives_another_sample_and_runs_differ(strategy: str) -> None:
    assert schedules(strategy, 50, seed=1) != schedules(strategy, 50, seed=2)
    assert len(set(schedules(strategy, 50))) > 10


@given(bound=st.integers(1, 2**53), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=50)
def test_an_integer_below_a_bound_is_below_it(bound: int, seed: int) -> None:
    assert 0 <= below(generator(seed, 0), bound) < bound


def test_numbers_that_would_favour_some_are_drawn_again() -> None:
    class Given(Random):
        def random(self) -> float:
            return numbers.pop(0)

    bound = 3 * 2**51  # two thirds of 2**53 and a rest, in which a remainder would favour the lower third
    numbers = [(2**53 - 1) / 2**53, 5 / 2**53]

    assert below(Given(), bound) == 5
    assert numbers == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_sample_finds_a_violation_and_the_schedule_shows_it(strategy: str) -> None:
    found = sample(PROCESSES, shared=shared, strategy=strategy, runs=200, properties=[NO_UPDATE_IS_LOST])

    (violation,) = found.violations
    assert (found.verdict, found.executions, violation.name) == (Verdict.VIOLATED, 200, NO_UPDATE_IS_LOST.name)
    assert sum(found.endings.values()) == 200
    steps = "".join(map(str, violation.steps)).replace("2", "")
    assert steps in ("0101", "0110", "1001", "1010")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_sample_that_saw_every_schedule_is_no_proof_either(strategy: str) -> None:
    found = sample([write_other, increment], shared=shared, strategy=strategy, runs=300)

    assert (found.verdict, found.complete, found.interleavings) == (Verdict.INCOMPLETE, False, None)
    assert found.why.startswith("a sample of 300 runs is no proof; ")
    assert found.endings.keys() == explore([write_other, increment], shared=shared, strategy="brute").endings.keys()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_states_in_between_and_what_must_be_seen_are_looked_at_in_every_run(strategy: str) -> None:
    claims = [
        always("never one", lambda state: state.counter.value != 1),
        sometimes("lost", lambda end: end.shared.counter.value == 1),
    ]

    found = sample(PROCESSES, shared=shared, strategy=strategy, runs=64, properties=claims)

    assert [one.name for one in found.violations] == ["never one"]
    assert found.fired["never one"] == 64 * 5 + 1
    assert 0 < found.fired["lost"] <= 64
    assert (found.fired["read"], found.fired["write"]) == (64 * 2, 64 * 3)


@pytest.mark.parametrize(
    ("processes", "steps", "said"),
    [
        (PROCESSES, None, "every interleaving was equally likely"),
        (PROCESSES, (2, 2, 1), "every interleaving was equally likely"),
        (PROCESSES, (2, 2, 2), "only about equally likely: runs took other numbers of steps than assumed"),
        (
            [increment, twice_if_alone],
            None,
            "only about equally likely: runs took other numbers of steps than assumed",
        ),
        ([locked, locked], None, "only about equally likely: steps can have to wait"),
    ],
)
def test_uniform_says_whether_it_was_uniform(processes: Any, steps: Any, said: str) -> None:
    assert sample(processes, shared=shared, runs=50, steps=steps).why.endswith(said)


@pytest.mark.parametrize(
    ("depth", "steps", "said"),
    [
        (None, None, "a bug of depth 3 with a chance of at least 1/(3·5^2)"),
        (1, None, "a bug of depth 1 with a chance of at least 1/(3·5^0)"),
        (2, (2, 2, 4), "a bug of depth 2 with a chance of at least 1/(3·8^1)"),
        (
            2,
            (1, 1, 1),
            "a bug of depth 2 with a chance of at least 1/(3·3^1) if it takes at most 3 steps, and 50 took more",
        ),
        (90, None, "a bug of depth 90 with a chance of at least 1/(3·5^89)"),
    ],
)
def test_pct_says_what_it_promises(depth: int | None, steps: Any, said: str) -> None:
    found = sample(PROCESSES, shared=shared, strategy="pct", runs=50, depth=depth, steps=steps)

    assert found.why == f"a sample of 50 runs is no proof; each run finds {said}"


def test_pos_lets_a_race_alone_that_is_none() -> None:
    """A compare-and-swap that fails has read, so another read keeps the priority that it has."""

    def swap(state: Any) -> Any:
        yield state.counter.compare_and_swap(5, 6)

    def read(state: Any) -> Any:
        yield state.counter.read()

    def drawn(process: Callable[[Any], Any]) -> int:
        program, numbers = Program((process, read), shared), 0

        class Counting(Random):
            def random(self) -> float:
                nonlocal numbers
                numbers += 1
                return 0.9 - numbers / 10  # the first process has the higher one

        meter = program.meter()
        chooser, execution = Pos(meter), Execution(program, meter)
        chooser.begin(Counting(), execution)
        while free := execution.free():
            who = chooser.choose(free)
            chooser.took(who, execution.step(who)[1], execution)
        return numbers

    assert drawn(swap) == drawn(read) == 2
    assert drawn(write_counter) == 3


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_deadlocks_are_found_or_allowed(strategy: str) -> None:
    def philosopher(first: str, second: str) -> Callable[[Any], Any]:
        def eat(state: Any) -> Any:
            for fork in (first, second):
                yield getattr(state, fork).acquire()
            for fork in (second, first):
                yield getattr(state, fork).release()

        return eat

    table = [philosopher("left", "right"), philosopher("right", "left")]

    def forks() -> Shared:
        return Shared(left=Mutex(), right=Mutex())

    found = sample(table, shared=forks, strategy=strategy, runs=100)
    allowed = sample(table, shared=forks, strategy=strategy, runs=100, deadlocks=True)

    assert [one.name for one in found.violations] == ["deadlock"]
    assert 0 < found.deadlocks == allowed.deadlocks < 100
    assert allowed.violations == ()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_process_that_does_not_end_stops_the_sample_and_is_named(strategy: str) -> None:
    found = sample([increment, spin], shared=shared, strategy=strategy, runs=100, most_steps=20)

    assert (found.verdict, found.executions, found.complete) == (Verdict.INCOMPLETE, 0, False)
    assert found.why.startswith("stopped before 100 runs were made: process 1 took 20 steps and did not end")
    assert found.why.endswith("; no run was made")


def test_a_sample_that_ran_out_of_time_says_so() -> None:
    found = sample([increment], shared=shared, runs=10**9, seconds=1e-9)

    assert (found.executions, found.interrupted) == (64, False)
    assert found.why.startswith("stopped before 1,000,000,000 runs were made: 1e-09 seconds were used up; a sample")


def test_ctrl_c_keeps_what_is_known() -> None:
    seen: Counter[str] = Counter()

    def interrupted(state: Any) -> Any:
        seen["run"] += 1
        if seen["run"] == 99:
            raise KeyboardInterrupt
        yield state.counter.read()

    found = sample([interrupted], shared=shared, strategy="walk", runs=1_000)

    assert (found.interrupted, found.complete) == (True, False)
    assert 50 < found.executions < 99
    assert found.why.startswith("stopped before 1,000 runs were made: it was interrupted at test_samplers.py:")


def test_progress_knows_the_total() -> None:
    told: list[tuple[int, int | None]] = []

    sample([increment], shared=shared, runs=130, progress=lambda done, total: told.append((done, total)))

    assert told == [(64, 130), (128, 130), (130, 130)]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_program_without_processes_can_be_sampled(strategy: str) -> None:
    assert sample([], shared=shared, strategy=strategy, runs=3).endings == {((), shared().snapshot()): 3}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"runs": 0}, "runs must be an integer from 1 to 1000000000000000, not 0"),
        ({"runs": 2.5}, "runs must be an integer from 1 to 1000000000000000, not 2.5"),
        ({"runs": True}, "runs must be an integer from 1 to 1000000000000000, not True"),
        ({"seed": -1}, "seed must be an integer from 0 to 18446744073709551615, not -1"),
        ({"seed": 10**5000}, "seed must be an integer from 0 to 18446744073709551615, not 2**16609 or beyond"),
        ({"strategy": "pct", "depth": 0}, "depth must be an integer from 1 to 1000000, not 0"),
        ({"strategy": "walk", "depth": 2}, "depth is for pct, and walk has none"),
        ({"strategy": "fair"}, 'there is no sampling strategy "fair"; known: uniform, walk, pct, pos'),
        ({"steps": (1, 2)}, "steps says 2 numbers for 3 processes"),
        ({"steps": (1, 2, -1)}, "steps must be an integer from 0 to 1000, not -1"),
    ],
)
def test_what_cannot_be_sampled_is_refused_in_one_line(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(ProgramError) as refused:
        sample(PROCESSES, shared=shared, **asked)

    assert str(refused.value) == said
