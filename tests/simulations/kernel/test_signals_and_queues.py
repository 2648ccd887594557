"""Events, conditions and queues: what each operation gives, leaves and touches, and what waits for what."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from lastseat.simulations.kernel.actions import FAILING
from lastseat.testing import (
    Condition,
    Event,
    Exploration,
    Faults,
    Mutex,
    Queue,
    Register,
    Shared,
    Verdict,
    blocking,
    explore,
)

STRATEGIES = ["dpor", "brute"]


def taken(shared: Shared, operation: Any) -> tuple[Any, Any]:
    """What an operation gives, and what it wrote; it says truly what it read and wrote."""
    before = dict(shared.snapshot())
    assert operation.ready(shared)
    result = operation.perform(shared)
    changed = {name for name, value in shared.snapshot() if value != before[name]}
    wrote = operation.wrote(result)
    assert changed <= set(wrote) <= set(operation.writes)
    assert operation.conditional or tuple(wrote) == tuple(operation.writes)
    return result, wrote


# --- events ---------------------------------------------------------------------------------------------------------


def test_to_set_or_clear_an_event_writes_it_only_where_that_changes_it() -> None:
    shared = Shared(e=Event())

    assert taken(shared, shared.e.clear()) == (False, ())
    assert taken(shared, shared.e.set()) == (True, ("e",))
    assert taken(shared, shared.e.set()) == (False, ())
    assert taken(shared, shared.e.is_set()) == (True, ())
    assert taken(shared, shared.e.wait()) == (True, ())
    assert taken(shared, shared.e.clear()) == (True, ("e",))
    assert taken(shared, shared.e.is_set()) == (False, ())
    assert not shared.e.wait().ready(shared)


# --- conditions -----------------------------------------------------------------------------------------------------


def test_a_condition_names_its_own_mutex_and_lets_another_be_shared() -> None:
    lock = Mutex()

    assert Shared(c=Condition()).snapshot() == (("c", ((), ())), ("c.mutex", 1))
    assert Shared(c=Condition(lock), d=Condition(lock), lock=lock).snapshot() == (
        ("c", ((), ())),
        ("d", ((), ())),
        ("lock", 1),
    )


def test_sleepers_are_notified_in_the_order_in_which_they_came_and_wake_with_the_mutex() -> None:
    shared = Shared(c=Condition())
    wakes = []
    for _ in range(3):
        taken(shared, shared.c.acquire())
        steps = iter(shared.c.wait())
        ticket, wrote = taken(shared, next(steps))
        wakes.append(steps.send(ticket))
        assert wrote == ("c", "c.mutex")
    assert dict(shared.snapshot()) == {"c": ((0, 1, 2), ()), "c.mutex": 1}
    taken(shared, shared.c.acquire())

    assert taken(shared, shared.c.notify(2)) == (2, ("c",))

    assert [wake.ready(shared) for wake in wakes] == [False, False, False]  # the mutex is held
    taken(shared, shared.c.release())
    assert [wake.ready(shared) for wake in wakes] == [True, True, False]
    taken(shared, wakes[1])
    assert dict(shared.snapshot()) == {"c": ((2,), (0,)), "c.mutex": 0}
    assert taken(shared, shared.c.notify_all()) == (1, ("c",))
    assert taken(shared, shared.c.notify_all()) == (0, ())


def test_a_ticket_that_was_given_back_is_given_again() -> None:
    shared = Shared(c=Condition())
    for _ in range(3):
        taken(shared, shared.c.acquire())
        steps = iter(shared.c.wait())
        ticket, _ = taken(shared, next(steps))
        taken(shared, shared.c.acquire())
        taken(shared, shared.c.notify())
        taken(shared, shared.c.release())
        taken(shared, steps.send(ticket))
        taken(shared, shared.c.release())

        assert (ticket, shared.c.value) == (0, ((), ()))


@pytest.mark.parametrize("what", ["wait", "notify", "notify_all"])
def test_whoever_uses_a_condition_holds_its_mutex(what: str) -> None:
    def careless(shared: Any) -> None:
        getattr(shared.c, what)()

    (violation,) = explore([blocking(careless)], shared=lambda: Shared(c=Condition())).violations

    assert violation.name == "uncaught RuntimeError"
    assert re.search(r"RuntimeError: c is (waited for|notified) and nobody holds c\.mutex", violation.witness)


def consumer(shared: Any) -> Any:
    with shared.filled:
        while not shared.items.read():
            shared.filled.wait()
        return shared.items.update(lambda items: items[1:])[0]


def careless_consumer(shared: Any) -> Any:
    with shared.filled:
        if not shared.items.read():
            shared.filled.wait()
        return shared.items.update(lambda items: items[1:])[:1]


def waiting_consumer(shared: Any) -> Any:
    with shared.filled:
        shared.filled.wait_for(shared.items.read)
        return shared.items.update(lambda items: items[1:])[0]


def early_consumer(shared: Any) -> None:
    is_empty = not shared.items.read()
    with shared.filled:
        if is_empty:
            shared.filled.wait()


def producer(shared: Any) -> None:
    with shared.filled:
        shared.items.update(lambda items: (*items, "item"))
        shared.filled.notify()


def producing(*functions: Callable[[Any], Any], strategy: str = "dpor", **how: Any) -> Exploration:
    return explore(
        [blocking(function) for function in functions],
        shared=lambda: Shared(items=Register(()), filled=Condition()),
        strategy=strategy,
        **how,
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("waits", [consumer, waiting_consumer])
def test_no_wakeup_is_lost_of_who_tests_under_the_mutex(strategy: str, waits: Callable[[Any], Any]) -> None:
    seen = producing(waits, waits, producer, producer, strategy=strategy)

    assert (seen.verdict, seen.vectors) == (Verdict.HOLDS, {("item", "item", None, None)})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_wakeup_is_lost_of_who_tests_before(strategy: str) -> None:
    seen = producing(early_consumer, producer, strategy=strategy)

    assert seen.violations[0].witness == "process 0 waits for wake"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_another_may_come_between_a_wakeup_and_the_mutex(strategy: str) -> None:
    seen = producing(careless_consumer, consumer, producer, strategy=strategy, deadlocks=True)

    assert ((), "item", None) in seen.vectors


def test_a_process_that_dies_asleep_takes_its_wakeup_with_it() -> None:
    seen = producing(consumer, consumer, producer, faults=Faults(1, crash=True), deadlocks=True)

    assert (None, None, None) in seen.vectors


# --- queues ---------------------------------------------------------------------------------------------------------


def test_a_queue_is_first_in_first_out() -> None:
    shared = Shared(q=Queue())

    assert taken(shared, shared.q.put("a")) == (None, ("q",))
    assert taken(shared, shared.q.try_put("b")) == (True, ("q",))
    assert taken(shared, shared.q.size()) == (2, ())
    assert taken(shared, shared.q.get()) == ("a", ("q",))
    assert taken(shared, shared.q.try_get()) == ("b", ("q",))
    assert taken(shared, shared.q.try_get()) == (None, ())
    assert taken(shared, shared.q.try_get("none")) == ("none", ())
    assert not shared.q.get().ready(shared)
    assert not shared.q.put("a").blocking


def test_a_queue_with_a_capacity_lets_who_puts_wait() -> None:
    shared = Shared(q=Queue(capacity=2, items=("a",)))

    taken(shared, shared.q.put("b"))

    assert shared.q.put("c").blocking
    assert not shared.q.put("c").ready(shared)
    assert taken(shared, shared.q.try_put("c")) == (False, ())
    assert shared.q.value == ("a", "b")


def test_an_item_that_is_the_default_of_who_asks_is_no_answer() -> None:
    def stop(shared: Any) -> Any:
        yield shared.q.put(None)
        yield shared.q.try_get()

    (violation,) = explore([stop], shared=lambda: Shared(q=Queue())).violations

    assert "q holds None, which try_get gives where it is empty; name a default" in violation.witness


@pytest.mark.parametrize(
    ("capacity", "items", "said"),
    [(0, (), "is at least 1, or None"), (-1, (), "not -1"), (1, "ab", "of capacity 1 cannot hold 2 items")],
)
def test_a_queue_that_holds_nothing_or_too_much_is_refused(capacity: int, items: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Queue(capacity, items)


@pytest.mark.parametrize("first", [0, 1])
def test_that_a_queue_without_a_bound_never_waits_says_nothing_of_one_with_a_bound(first: int) -> None:
    def fill(shared: Any) -> Any:
        for queue in (shared.free, shared.bounded)[:: 1 - 2 * first]:
            yield queue.put(1)
            yield queue.put(2)

    seen = explore([fill], shared=lambda: Shared(free=Queue(), bounded=Queue(1)))

    assert seen.violations[0].witness == "process 0 waits for put"


# --- faults ---------------------------------------------------------------------------------------------------------


def test_what_waits_or_gives_back_cannot_fail_and_the_rest_can() -> None:
    shared = Shared(c=Condition(), e=Event(), q=Queue(1), free=Queue())
    taken(shared, shared.c.acquire())
    steps = iter(shared.c.wait())
    sleep = next(steps)

    for sure in (shared.c.acquire(), shared.c.release(), sleep, steps.send(0), shared.c.notify(), shared.e.wait(),
                 shared.q.get(), shared.q.put(1)):  # fmt: skip
        assert set(sure.failing) == set()
    for unsure in (shared.c.try_acquire(), shared.e.set(), shared.e.clear(), shared.e.is_set(), shared.q.try_get(),
                   shared.q.try_put(1), shared.q.size(), shared.free.put(1)):  # fmt: skip
        assert set(unsure.failing) == FAILING


# --- what belongs to whom -------------------------------------------------------------------------------------------


def test_objects_belong_to_one_shared_state() -> None:
    kept, lock = Register(0), Mutex()
    Shared(x=kept, l=lock)

    with pytest.raises(TypeError, match="x belongs to another shared state; make it inside of the function"):
        Shared(x=kept)
    with pytest.raises(TypeError, match="the mutex of c belongs to another shared state"):
        Shared(c=Condition(lock))


@pytest.mark.parametrize("name", ["snapshot", "restore", "_objects"])
def test_an_object_cannot_have_the_name_of_something_else(name: str) -> None:
    with pytest.raises(TypeError, match=f"a shared object cannot be called {name}"):
        Shared(**{name: Register(0)})


def test_all_values_can_be_restored() -> None:
    shared = Shared(c=Condition(), e=Event(), q=Queue(2))
    start = shared.snapshot()
    for operation in (shared.c.acquire(), shared.e.set(), shared.q.put(1), next(iter(shared.c.wait()))):
        taken(shared, operation)
    changed = shared.snapshot()

    shared.restore(start)
    assert shared.snapshot() == start
    shared.restore(changed)
    assert shared.snapshot() == changed != start


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_condition_is_awaited_by_an_async_process(strategy: str) -> None:
    async def consume(shared: Any) -> Any:
        await shared.filled.acquire()
        while not (await shared.items.read()):
            assert await shared.filled.wait() is True
        await shared.filled.release()
        return await shared.items.read()

    seen = explore(
        [consume, blocking(producer)],
        shared=lambda: Shared(items=Register(()), filled=Condition()),
        strategy=strategy,
    )

    assert (seen.verdict, seen.vectors) == (Verdict.HOLDS, {(("item",), None)})
