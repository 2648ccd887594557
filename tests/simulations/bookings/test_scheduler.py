"""One execution, one shared step at a time."""

from dataclasses import replace
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.attempt_booking import Attempt, Observe
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Reason, Resource
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.bookings.scheduler import recorder, run, schedules
from lastseat.simulations.kernel.schedule import ScheduleError
from lastseat.simulations.kernel.stepping import MisfitError

TWO = contention(2, 1)
LOCKS = GALLERY["locks-on-observe"]


def attempt_giving_up(_request: BookingRequest) -> Attempt:
    """Return an outcome without any step."""
    return Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)
    yield


def attempt_observing_twice(request: BookingRequest) -> Attempt:
    """Observe again, without a persist in between."""
    yield Observe(request.resource_id)
    yield Observe(request.resource_id)
    return Emission(Outcome.REJECTED)


GIVES_UP = Implementation("gives-up", MemoryStore.open, attempt_giving_up)


@pytest.mark.parametrize("implementation", [MEMORY, CAPACITY_FIRST, SQLITE], ids=lambda one: one.name)
def test_a_schedule_decides_who_gets_the_seat(implementation: Implementation) -> None:
    first = run(TWO, implementation, [0, 1, 0, 1])
    second = run(TWO, implementation, [0, 1, 1, 0])

    assert (first.returned[0].outcome, second.returned[1].outcome) == (Outcome.BOOKED, Outcome.BOOKED)
    assert (first.returned[1].outcome, second.returned[0].outcome) != (Outcome.BOOKED, Outcome.BOOKED)


def test_a_step_says_what_it_did_and_what_the_store_held_around_it() -> None:
    execution = recorder(TWO, MEMORY)
    execution.take(0)

    taken = execution.take(0)

    assert (taken.number, taken.process, taken.operation.kind, taken.result) == (2, 0, "persist", "accepted")
    assert (dict(taken.before.resources)["seats"], dict(taken.after.resources)["seats"]) == (
        Resource(1, 0, 0),
        Resource(1, 1, 1),
    )
    assert (taken.ended, taken.returned) == (True, Emission(Outcome.BOOKED))


def test_an_attempt_that_is_never_stepped_has_no_effect() -> None:
    execution = run(TWO, MEMORY, [0])

    assert execution.unfinished == (0, 1)
    assert execution.returned == {}
    assert execution.final == MemoryStore.open({"seats": 1}).snapshot()


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([2], "step 1: there is no attempt 2, only 0 to 1"),
        ([-1], "step 1: there is no attempt -1, only 0 to 1"),
        ([1, 1, 1], "step 3: attempt 1 (b) has ended already"),
    ],
)
def test_a_step_that_does_not_apply_is_refused_with_its_number(steps: list[int], complaint: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        run(TWO, MEMORY, steps)

    assert str(refused.value) == complaint


def test_a_refused_step_changes_nothing() -> None:
    execution = recorder(TWO, MEMORY)
    for _ in range(2):
        execution.take(0)
    before = execution.run()

    with pytest.raises(MisfitError):
        execution.take(0)

    assert execution.run() == before


def test_an_attempt_waits_only_where_the_store_holds_a_lock() -> None:
    """Clause: progress.suspension"""
    locked, free = run(TWO, LOCKS, [0]), run(TWO, MEMORY, [0])

    assert (locked.waiting, free.waiting) == ((1,), ())
    with pytest.raises(ScheduleError, match=r"^step 2: attempt 1 \(b\) has to wait$"):
        run(TWO, LOCKS, [0, 1])


def test_an_attempt_that_takes_no_step_has_ended_before_the_first() -> None:
    execution = run(TWO, GIVES_UP, [])

    assert execution.unfinished == ()
    assert set(execution.returned.values()) == {Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)}


@given(order=st.permutations([0, 0, 1, 1, 2, 2]), length=st.integers(0, 6))
def test_an_execution_can_always_be_taken_to_the_end(order: list[int], length: int) -> None:
    execution = run(contention(3, 1), MEMORY, order[:length], to_the_end=True)

    assert execution.unfinished == ()
    assert [taken.process for taken in execution.taken][:length] == order[:length]
    assert len(execution.taken) == 6


def test_an_execution_in_which_everybody_waits_ends_there() -> None:
    observes_twice = replace(LOCKS, attempt=attempt_observing_twice)

    execution = run(TWO, observes_twice, [], to_the_end=True)

    assert (len(execution.taken), execution.waiting, execution.unfinished) == (1, (0, 1), (0, 1))


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_every_schedule_is_executed_once(attempts: int) -> None:
    seen: list[tuple[int, ...]] = []

    count = schedules(
        contention(attempts, 1), MEMORY, lambda one: seen.append(tuple(taken.process for taken in one.taken))
    )

    assert count == len(seen) == len(set(seen)) == factorial(2 * attempts) // 2**attempts


def test_a_lock_leaves_only_the_schedules_that_do_not_overlap() -> None:
    seen: list[str] = []

    schedules(TWO, LOCKS, lambda one: seen.append("".join(str(taken.process) for taken in one.taken)))

    assert seen == ["0011", "1100"]


@given(order=st.permutations([0, 0, 1, 1, 2, 2]))
def test_the_same_steps_do_the_same_again(order: list[int]) -> None:
    """That an execution is decided by its schedule alone is what every replay rests on."""
    scenario = contention(3, 2)

    assert run(scenario, MEMORY, order).taken == run(scenario, MEMORY, order).taken
