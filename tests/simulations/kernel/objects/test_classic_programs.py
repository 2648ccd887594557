"""Programs that a person would write with the ready-made objects: what is wrong is found, what is right holds.

Each is seen alike by every strategy.
"""

from collections.abc import Callable
from typing import Any

import pytest

from lastseat.testing import (
    Barrier,
    Clock,
    Condition,
    Deque,
    Dict,
    Exploration,
    List,
    Lock,
    Queue,
    Register,
    RLock,
    Semaphore,
    Shared,
    Verdict,
    awaiting,
    blocking,
    explore,
)

Make = Callable[[], Shared]


def explored(processes: list[Any], shared: Make, **how: Any) -> Exploration:
    """Explore a program with dpor, and hold the other strategies to it."""
    seen = explore(processes, shared=shared, strategy="dpor", **how)
    for strategy in ("brute", "merged"):
        other = explore(processes, shared=shared, strategy=strategy, **how)
        assert other.endings.keys() == seen.endings.keys(), strategy
        assert {each.name for each in other.violations} == {each.name for each in seen.violations}, strategy
        assert other.verdict == seen.verdict, strategy
    return seen


# --- a cache --------------------------------------------------------------------------------------------------------


def load(shared: Any, key: str) -> str:
    if key not in shared.cache:
        shared.loads[key] += 1
        shared.cache[key] = f"the {key}"
    return str(shared.cache[key])


def load_once(shared: Any, key: str) -> str:
    if key not in shared.cache:
        with shared.lock:
            if key not in shared.cache:
                shared.loads[key] += 1
                shared.cache[key] = f"the {key}"
    return str(shared.cache[key])


def evict(shared: Any, key: str) -> None:
    if key in shared.cache:
        del shared.cache[key]


def caching() -> Shared:
    return Shared(cache=Dict(), loads=Dict(a=0, b=0), lock=Lock())


def loads_of(seen: Exploration) -> set[Any]:
    return {dict(final)["loads"] for final in seen.finals}


def test_two_who_miss_both_load() -> None:
    seen = explored([blocking(load, "a")] * 2, caching)

    assert (("a", 2), ("b", 0)) in loads_of(seen)


def test_who_tests_again_under_the_lock_loads_once() -> None:
    seen = explored([blocking(load_once, "a")] * 2, caching)

    assert (seen.verdict, loads_of(seen)) == (Verdict.HOLDS, {(("a", 1), ("b", 0))})


def test_a_key_that_was_seen_may_be_gone() -> None:
    seen = explored([blocking(load, "a"), blocking(evict, "a")], caching)

    assert [(each.name, each.witness) for each in seen.violations] == [
        ("uncaught KeyError", "process 0: KeyError: 'a'")
    ]


def test_steps_on_keys_that_are_there_commute() -> None:
    def count(shared: Any, key: str) -> None:
        for _ in range(3):
            shared.loads[key] += 1

    seen = explored([blocking(count, "a"), blocking(count, "b")], caching)

    assert (seen.executions, loads_of(seen)) == (1, {(("a", 3), ("b", 3))})


def test_keys_that_are_added_do_not_commute_as_their_order_is_seen() -> None:
    def add(shared: Any, key: str) -> None:
        shared.cache[key] = 1

    seen = explored([blocking(add, "a"), blocking(add, "b")], caching)

    assert {dict(final)["cache"] for final in seen.finals} == {(("a", 1), ("b", 1)), (("b", 1), ("a", 1))}


def test_whoever_looks_at_all_values_sees_each_change() -> None:
    def change(shared: Any) -> None:
        shared.loads["a"] = 1
        shared.loads["b"] = 1

    def look(shared: Any) -> Any:
        return tuple(shared.loads.copy().values())

    seen = explored([blocking(change), blocking(look)], caching)

    assert {returned[1] for returned in seen.vectors} == {(0, 0), (1, 0), (1, 1)}


def test_a_dict_that_grows_in_a_loop_raises_and_a_copy_does_not() -> None:
    def total(shared: Any, copied: bool) -> int:
        return sum(value for _, value in (shared.loads.copy() if copied else shared.loads).items())

    def add(shared: Any) -> None:
        shared.loads["c"] = 5

    looped = explored([blocking(total, False), blocking(add)], caching)
    copied = explored([blocking(total, True), blocking(add)], caching)

    assert looped.violations[0].witness == "process 0: RuntimeError: dictionary changed size during iteration"
    assert (copied.verdict, {returned[0] for returned in copied.vectors}) == (Verdict.HOLDS, {0, 5})


# --- jobs -----------------------------------------------------------------------------------------------------------


def take_job(shared: Any) -> Any:
    return shared.jobs.popleft() if shared.jobs else None


def try_to_take_job(shared: Any) -> Any:
    try:
        return shared.jobs.popleft()
    except IndexError:
        return None


def test_a_deque_that_was_not_empty_may_be_empty() -> None:
    seen = explored([blocking(take_job)] * 2, lambda: Shared(jobs=Deque(["a"])))

    assert [each.name for each in seen.violations] == ["uncaught IndexError"]


def test_whoever_catches_the_error_takes_a_job_or_none() -> None:
    seen = explored([blocking(try_to_take_job)] * 2, lambda: Shared(jobs=Deque(["a"])))

    assert (seen.verdict, seen.vectors) == (Verdict.HOLDS, {("a", None), (None, "a")})


def test_a_list_that_is_added_to_is_the_same_list() -> None:
    def add(shared: Any, item: str) -> None:
        shared.names += [item]

    seen = explored([blocking(add, "ann"), blocking(add, "bob")], lambda: Shared(names=List()))

    assert seen.finals == {(("names", ("ann", "bob")),), (("names", ("bob", "ann")),)}


def test_all_tasks_are_done_when_a_queue_is_joined() -> None:
    def work(shared: Any) -> None:
        job = shared.jobs.get()
        shared.done.append(job)
        shared.jobs.task_done()

    def wait(shared: Any) -> tuple[Any, ...]:
        for job in "ab":
            shared.jobs.put(job)
        shared.jobs.join()
        return tuple(shared.done.copy())

    seen = explored(
        [blocking(work), blocking(work), blocking(wait)], lambda: Shared(jobs=Queue(tasks=True), done=List())
    )

    assert {returned[2] for returned in seen.vectors} == {("a", "b"), ("b", "a")}


# --- a bounded buffer ---------------------------------------------------------------------------------------------


def put(shared: Any, item: str, careful: bool) -> None:
    with shared.changed:
        if careful:
            while len(shared.buffer) == 1:
                shared.changed.wait()
        elif len(shared.buffer) == 1:
            shared.changed.wait()
        shared.buffer.append(item)
        assert len(shared.buffer) == 1, "too full"
        shared.changed.notify_all()


def get(shared: Any) -> Any:
    with shared.changed:
        shared.changed.wait_for(lambda: shared.buffer)
        item = shared.buffer.pop()
        shared.changed.notify_all()
        return item


def buffering(lock: Callable[[], Any]) -> Make:
    return lambda: Shared(buffer=List(), changed=Condition(lock()))


@pytest.mark.parametrize("lock", [Lock, RLock])
def test_a_bounded_buffer_with_a_condition_holds(lock: Callable[[], Any]) -> None:
    seen = explored(
        [blocking(put, "a", True), blocking(put, "b", True), blocking(get), blocking(get)], buffering(lock)
    )

    assert (seen.verdict, seen.vectors) == (
        Verdict.HOLDS,
        {(None, None, "a", "b"), (None, None, "b", "a")},
    )


def test_who_does_not_test_again_after_a_wakeup_overfills_the_buffer() -> None:
    processes = [blocking(put, item, False) for item in "abc"]

    seen = explore([*processes, blocking(get)], shared=buffering(Lock), deadlocks=True)

    assert [(each.name, "too full" in each.witness) for each in seen.violations] == [("assertion", True)]


# --- timeouts -------------------------------------------------------------------------------------------------------


def dine(shared: Any, left: str, right: str) -> str:
    first, second = getattr(shared, left), getattr(shared, right)
    with first:
        if not second.acquire(timeout=1):
            return "hungry"
        second.release()
        return "fed"


@pytest.mark.parametrize("seats", [2, 3])
def test_philosophers_with_timeouts_do_not_wait_for_ever_and_may_stay_hungry(seats: int) -> None:
    forks = [f"fork_{number}" for number in range(seats)]
    philosophers = [blocking(dine, forks[who], forks[(who + 1) % seats]) for who in range(seats)]

    seen = explored(philosophers, lambda: Shared(**{fork: Lock() for fork in forks}))

    assert (seen.verdict, seen.deadlocks) == (Verdict.HOLDS, 0)
    assert seen.vectors >= {("fed",) * seats, ("hungry",) * seats}


def test_a_timeout_wins_only_while_there_is_nothing_to_get() -> None:
    def ask(shared: Any) -> bool:
        return bool(shared.permits.acquire(timeout=1))

    assert explored([blocking(ask)] * 2, lambda: Shared(permits=Semaphore(2))).vectors == {(True, True)}
    assert explored([blocking(ask)] * 2, lambda: Shared(permits=Semaphore(1))).vectors == {
        (True, False),
        (False, True),
    }


def wait_for_news(shared: Any) -> tuple[bool, Any]:
    with shared.news:
        in_time = shared.news.wait(timeout=1)
        return in_time, shared.told.read()


def tell(shared: Any) -> int:
    with shared.news:
        shared.told.write(True)
        return int(shared.news.notify())


@pytest.mark.parametrize("lock", [Lock, RLock])
def test_a_wait_that_has_timed_out_may_still_take_the_wakeup(lock: Callable[[], Any]) -> None:
    seen = explored(
        [blocking(wait_for_news), blocking(tell)],
        lambda: Shared(news=Condition(lock()), told=Register(False)),
    )

    assert seen.vectors == {
        ((False, True), 0),  # told before it waited
        ((True, True), 1),
        ((False, False), 0),
        ((False, True), 1),  # it was late, and among those who waited
    }


# --- barriers and clocks --------------------------------------------------------------------------------------------


def rounds(shared: Any) -> tuple[int, ...]:
    seen = []
    for _ in range(2):
        shared.done.fetch_and_add()
        shared.all.wait()
        seen.append(shared.done.read())
        shared.all.wait()
    return tuple(seen)


def test_a_barrier_is_used_again() -> None:
    seen = explore([blocking(rounds)] * 2, shared=lambda: Shared(done=Register(0), all=Barrier(2)))

    assert (seen.verdict, seen.vectors) == (Verdict.HOLDS, {((2, 4), (2, 4))})


def test_the_action_of_a_barrier_is_over_before_anybody_goes_on() -> None:
    def meeting() -> Shared:
        turns = Register(0)
        return Shared(turns=turns, all=Barrier(2, lambda: turns.fetch_and_add(1)))

    def meet(shared: Any) -> tuple[bool, int]:
        return shared.all.wait() in (0, 1), shared.turns.read()

    assert explored([blocking(meet)] * 2, meeting).vectors == {((True, 1), (True, 1))}


def ring(shared: Any, seconds: float) -> float:
    shared.clock.sleep(seconds)
    return float(shared.clock.time())


def test_time_passes_only_for_sleepers_and_in_order() -> None:
    seen = explored([blocking(ring, 1), blocking(ring, 3)], lambda: Shared(clock=Clock()))

    # Whoever has woken may look late, and whoever begins late sleeps from then on.
    assert seen.vectors == {(1, 3), (1, 4), (3, 3), (4, 3), (4, 4)}
    assert {dict(final)["clock"] for final in seen.finals} == {(3, ()), (4, ())}


def test_those_who_are_to_wake_at_one_time_wake_in_every_order() -> None:
    def ring_and_note(shared: Any, name: str) -> None:
        shared.clock.sleep(1)
        shared.rung.append(name)

    seen = explored([blocking(ring_and_note, name) for name in "ab"], lambda: Shared(clock=Clock(), rung=List()))

    assert {dict(final)["rung"] for final in seen.finals} == {("a", "b"), ("b", "a")}


def test_a_lock_is_held_in_an_async_with() -> None:
    async def add(shared: Any) -> None:
        async with shared.lock:
            await shared.counter.write(await shared.counter.read() + 1)

    seen = explored([awaiting(add)] * 2, lambda: Shared(counter=Register(0), lock=Lock()))

    assert (seen.verdict, {dict(final)["counter"] for final in seen.finals}) == (Verdict.HOLDS, {2})


def test_what_is_done_before_a_sleep_is_done_before_a_longer_one_ends_only_by_chance() -> None:
    def work(shared: Any) -> None:
        shared.done.write(True)

    def poll(shared: Any) -> bool:
        shared.clock.sleep(60)
        return bool(shared.done.read())

    seen = explored([blocking(work), blocking(poll)], lambda: Shared(done=Register(False), clock=Clock()))

    assert seen.vectors == {(None, True), (None, False)}
