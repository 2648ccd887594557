"""dpor on several workers explores each trace once, and says the same whatever the number of workers."""

import re
from collections.abc import Callable, Generator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.explore import explore_program
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.operations import Operation
from lastseat.simulations.strategies.reduction.split import Coordinator, Done, explore_split
from lastseat.simulations.strategies.reduction.wakeup import Node
from lastseat.testing import Mutex, ProgramError, Register, Shared, Verdict, at_end, explore, sometimes

Process = Generator[Operation, Any, Any]


def state() -> Shared:
    return Shared(x=Register(0), first=Mutex(), second=Mutex())


def increment(shared: Any) -> Process:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def swap(shared: Any) -> Process:
    seen = yield shared.x.read()
    return (yield shared.x.compare_and_swap(seen, seen + 1))


def locks(first: str, second: str) -> Callable[[Any], Process]:
    def process(shared: Any) -> Process:
        yield getattr(shared, first).acquire()
        yield getattr(shared, second).acquire()
        yield shared.x.fetch_and_add()
        yield getattr(shared, second).release()
        yield getattr(shared, first).release()

    return process


def spinning(shared: Any) -> Process:
    while True:
        yield shared.x.read()


PROGRAMS = {
    "counters": [increment] * 3,
    "swaps": [swap] * 4,
    "deadlocks": [locks("first", "second"), locks("second", "first"), increment],
    "mixed": [swap, increment, locks("first", "second")],
    "nobody": [],
}


def counts(seen: Exploration) -> tuple[Any, ...]:
    spoke = {one.name: seen.fired.get(one.name) for one in CLAIMS}
    violated = {one.name for one in seen.violations}
    ended = seen.executions, seen.blocked, dict(seen.endings), seen.deadlocks, seen.interleavings, seen.complete
    return *ended, spoke, violated, seen.vacuous, seen.never


CLAIMS = [
    at_end("x was written", lambda end: end.final[0][1] > 0 or "x is 0"),
    at_end("about nothing", bool, applies=lambda _end: False),
    sometimes("somebody failed", lambda end: False in end.returned),
]


def split(name: str, executions_per_task: int, workers: int = 2) -> Exploration:
    with ThreadPoolExecutor(workers) as executor, pytest.MonkeyPatch.context() as patch:
        patch.setitem(explore_split.__kwdefaults__, "executions_per_task", executions_per_task)
        return explore(PROGRAMS[name], shared=state, executor=executor, properties=CLAIMS)


@settings(deadline=None, max_examples=30)
@given(name=st.sampled_from(sorted(PROGRAMS)), executions_per_task=st.integers(1, 40))
def test_tasks_of_any_size_explore_each_trace_exactly_once(name: str, executions_per_task: int) -> None:
    whole = explore(PROGRAMS[name], shared=state, properties=CLAIMS)

    assert counts(split(name, executions_per_task)) == counts(whole)
    assert whole.blocked == 0


def test_the_number_of_workers_changes_nothing_at_all() -> None:
    alone = split("mixed", 3, workers=1)

    assert split("mixed", 3, workers=2) == alone
    assert split("mixed", 3, workers=8) == alone


def test_without_the_reversals_that_concern_others_traces_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    take = Coordinator.take

    def deaf(self: Coordinator[Any], leaf: Node, done: Done) -> None:
        take(self, leaf, replace(done, outside=()))

    monkeypatch.setattr(Coordinator, "take", deaf)

    assert split("swaps", 1).executions < explore(PROGRAMS["swaps"], shared=state).executions == 280


def test_processes_say_what_one_process_says_of_booking_attempts() -> None:
    scenario = contention(4, 2)
    whole = explore_program(scenario, MEMORY)
    seen = []
    for workers in (1, 2):
        with ProcessPoolExecutor(workers, get_context("spawn")) as executor:
            seen.append(explore_program(scenario, MEMORY, executor=executor))

    assert seen[0] == seen[1]
    assert (seen[0].executions, seen[0].vectors, seen[0].outcomes) == (
        whole.executions,
        whole.vectors,
        whole.outcomes,
    )
    assert (seen[0].interleavings, seen[0].blocked, seen[0].complete) == (2520, 0, True)


def test_processes_find_what_is_wrong_with_a_flawed_store() -> None:
    flaw = GALLERY["ignores-version"]
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        seen = explore_program(contention(3, 2), flaw, executor=executor)

    assert seen.violated == explore_program(contention(3, 2), flaw).violated
    assert flaw.breaks in seen.violated


def test_a_program_that_cannot_be_sent_is_refused_in_one_line() -> None:
    with ProcessPoolExecutor(1) as executor, pytest.raises(ProgramError) as refused:
        explore([lambda _shared: swap(None)], shared=state, executor=executor)

    assert re.match(r"process 0 \(test_a_\S*<locals>\.<lambda>\) cannot be sent to a worker: ", str(refused.value))
    assert "\n" not in str(refused.value)


def test_only_dpor_is_split() -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ProgramError, match=r'only dpor is split .* not "brute"'):
        explore([swap], shared=state, strategy="brute", executor=executor)


class Broken(Executor):
    """Its workers die in the middle of the first task."""

    def submit(self, _function: Any, /, *_arguments: Any, **_named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future


def test_a_worker_that_dies_leaves_the_exploration_incomplete() -> None:
    seen = explore(PROGRAMS["swaps"], shared=state, executor=Broken())

    assert (seen.verdict, seen.why.partition(";")[0], seen.executions) == (Verdict.INCOMPLETE, "a worker died", 0)


def test_a_budget_and_a_process_that_never_ends_stop_the_tasks() -> None:
    with ThreadPoolExecutor(2) as executor, pytest.MonkeyPatch.context() as patch:
        patch.setitem(explore_split.__kwdefaults__, "executions_per_task", 10)
        short = explore(PROGRAMS["swaps"], shared=state, executor=executor, executions=25)
        endless = explore([spinning, swap], shared=state, executor=executor, most_steps=20)

    assert (short.complete, short.why.partition(";")[0]) == (False, "25 executions were asked for")
    assert 25 <= short.executions < 280
    assert (endless.complete, endless.executions) == (False, 0)
    assert endless.why.startswith("process 0 took 20 steps and did not end")
