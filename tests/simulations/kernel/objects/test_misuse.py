"""What is written by mistake is one clear line where it is written, and never a step that is not taken."""

from collections.abc import Callable
from typing import Any

import pytest

from lastseat.testing import (
    Barrier,
    BoundedSemaphore,
    Clock,
    Condition,
    Deque,
    Dict,
    Event,
    List,
    Lock,
    Queue,
    Register,
    RLock,
    Semaphore,
    Shared,
    SharedObject,
    blocking,
    explore,
    step,
)


class Tally(SharedObject):
    """A shared object whose steps leave what cannot be shared."""

    @step
    def note(self, item: object) -> None:
        self.value = [item]


def everything() -> Shared:
    return Shared(
        flag=Event(),
        data=Dict(a=1),
        names=List(["ann"]),
        jobs=Deque(["a"]),
        counter=Register(0),
        queue=Queue(),
        lock=Lock(),
        again=RLock(),
        changed=Condition(),
        permits=Semaphore(1),
        bounded=BoundedSemaphore(1),
        all=Barrier(2),
        clock=Clock(),
        tally=Tally(0),
    )


def said_of(process: Callable[[Any], Any]) -> str:
    """Return how the one process of a program ends, in words."""
    seen = explore([process], shared=everything)
    (violation,) = seen.violations
    assert violation.name.startswith("uncaught ")
    return violation.witness.removeprefix("process 0: ")


# --- in a generator -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda shared: not shared.flag.is_set(), "is-set is a step that was not taken, neither true nor false"),
        (lambda shared: not shared.lock.acquire(), "acquire is a step that was not taken"),
        (lambda shared: not shared.changed.wait(), "waiting is several steps that were not taken"),
        (lambda shared: not shared.data, "the truth of data is no step: write `data.size()`, with yield or await"),
        (lambda shared: "a" in shared.data, "`in` of data is no step: write `data.contains(…)`"),
        (lambda shared: len(shared.names), "len of names is no step: write `names.size()`"),
        (lambda shared: list(shared.jobs), "iteration of jobs is no step: write `jobs.copy()`"),
        (lambda shared: shared.data.__setitem__("a", 1), "an assignment to an item of data is no step"),
        (lambda shared: shared.data.__delitem__("a"), "`del` of data is no step: write `data.delete(…)`"),
        (lambda shared: shared.lock.__enter__(), "lock is held in a `with` by blocking functions only"),
        (lambda shared: shared.queue.join(), "queue does not count what is done: make it with Queue(tasks=True)"),
    ],
)
def test_what_takes_no_step_says_what_to_write(use: Callable[[Any], Any], said: str) -> None:
    def process(shared: Any) -> Any:
        yield shared.counter.read()
        use(shared)

    assert f"TypeError: {said}" in said_of(process)


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda shared: shared.counter.write([1]), "counter is given a list, [1]: what is shared must be hashable"),
        (lambda shared: shared.counter.compare_and_swap(0, {}), "counter is given a dict, {}"),
        (lambda shared: shared.counter.update(lambda _: [2]), "counter is given a list, [2]"),
        (lambda shared: shared.queue.put([1]), "queue is given a list, [1]"),
        (lambda shared: shared.queue.try_put([1]), "queue is given a list, [1]"),
        (lambda shared: shared.data.setdefault("k", []), "data is given a list, []"),
        (lambda shared: shared.data.update(k={1}), "data is given a tuple, (('k', {1}),)"),
        (lambda shared: shared.data[[]], "data is given a list, []"),
        (lambda shared: shared.names.append([]), "names is given a list, []"),
        (lambda shared: shared.names.__setitem__(0, []), "names is given a list, []"),
        (lambda shared: shared.jobs.extend([[]]), "jobs is given a tuple, ([],)"),
        (lambda shared: shared.tally.note(1), "tally is given a list, [1]"),
    ],
)
def test_a_value_that_is_not_hashable_is_refused_where_it_is_given(use: Callable[[Any], Any], said: str) -> None:
    seen = explore([blocking(use)], shared=everything)

    (violation,) = seen.violations
    assert violation.witness.startswith(f"process 0: TypeError: {said}")
    assert "test_misuse.py" in violation.story()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Register([1]), r"a Register is given a list, \[1\]: what is shared must be hashable"),
        (lambda: List([[1]]), "a List is given a tuple"),
        (lambda: Dict(a=[]), "a Dict is given a tuple"),
        (lambda: Queue(items=[[]]), "a Queue is given a tuple"),
    ],
)
def test_what_is_there_at_the_start_must_be_hashable_too(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        make()


# --- locks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda shared: shared.lock.acquire(False, 1), "ValueError: can't specify a timeout for a non-blocking call"),
        (lambda shared: shared.permits.acquire(timeout=-2), "ValueError: a timeout must not be negative: -2"),
        (lambda shared: shared.queue.get(timeout=-1), "ValueError: a timeout must not be negative: -1"),
        (lambda shared: shared.permits.release(0), "ValueError: at least 1 permit is given back, not 0"),
        (lambda shared: shared.bounded.release(), "ValueError: bounded is released too many times: it has 1 permits"),
        (lambda shared: shared.lock.release(), "RuntimeError: lock is released and nobody holds it"),
        (lambda shared: shared.again.release(), "RuntimeError: cannot release un-acquired lock: again is not held"),
        (lambda shared: shared.changed.notify(0), "ValueError: notify wakes at least 1 process, not 0"),
        (lambda shared: shared.clock.sleep(-1), "ValueError: sleep length must be non-negative, not -1"),
        (lambda shared: setattr(shared, "counter", 1), "AttributeError: counter stays the same object"),
        (lambda shared: shared.data.value, "AttributeError: value of data is no step; call its operations"),
    ],
)
def test_a_call_that_makes_no_sense_raises_where_it_is_made(use: Callable[[Any], Any], said: str) -> None:
    assert said in said_of(blocking(use))


@pytest.mark.parametrize("make", [lambda: Semaphore(-1), lambda: Barrier(0)])
def test_an_object_that_makes_no_sense_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="at least"):
        make()


@pytest.mark.parametrize("strategy", ["dpor", "brute", "merged"])
def test_only_the_holder_gives_a_reentrant_lock_back(strategy: str) -> None:
    def hold(shared: Any) -> Any:
        yield shared.again.acquire()
        yield shared.again.acquire()
        yield shared.counter.write(1)

    def steal(shared: Any) -> Any:
        yield shared.counter.until(lambda value: value == 1)
        yield shared.again.release()

    seen = explore([hold, steal], shared=everything, strategy=strategy)

    assert [each.name for each in seen.violations] == ["uncaught RuntimeError"]
    assert {dict(final)["again"] for final in seen.finals} == {(0, 2)}


@pytest.mark.parametrize("symmetric", [[0, 0], [0, 1]])
def test_merging_tells_holders_of_a_reentrant_lock_apart(symmetric: list[int]) -> None:
    def first(shared: Any) -> Any:
        yield shared.again.acquire()
        yield shared.again.acquire()
        yield shared.again.release()
        yield shared.again.release()

    def second(shared: Any) -> Any:
        return (yield from first(shared))

    processes = [(first, second)[number] for number in symmetric]
    every, merged = (explore(processes, shared=everything, strategy=strategy) for strategy in ("brute", "merged"))

    assert (merged.endings, merged.interleavings) == (every.endings, every.interleavings)
    assert every.interleavings == 2


def test_a_condition_that_another_process_holds_is_not_waited_for() -> None:
    def hold(shared: Any) -> None:
        shared.lock.acquire()
        shared.counter.write(1)

    def wait(shared: Any) -> None:
        shared.counter.until(lambda value: value == 1)
        shared.changed.notify()

    def shared() -> Shared:
        lock = RLock()
        return Shared(lock=lock, changed=Condition(lock), counter=Register(0))

    seen = explore([blocking(hold), blocking(wait)], shared=shared)

    assert "RuntimeError: changed is notified and another process holds lock" in seen.violations[0].witness
