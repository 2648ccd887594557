"""What a blocking function may do, what is left of it when it is dropped, and what is refused."""

import asyncio
import gc
import subprocess
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from lastseat.reference.attempt_booking import Observe, attempt_booking
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest
from lastseat.simulations.doors.blocking import awaiting, blocking, take
from lastseat.simulations.kernel import replay
from lastseat.simulations.kernel.program import program_of
from lastseat.testing import Mutex, ProgramError, Register, Shared, Verdict, act, explore


def counting() -> Shared:
    return Shared(counter=Register(0), lock=Mutex())


def increment(shared: Any) -> None:
    shared.counter.write(shared.counter.read() + 1)


@pytest.mark.parametrize("value", [None, (), (1, 2), {}.keys, StopIteration, "text"])
def test_what_a_blocking_function_returns_is_what_the_process_returns(value: Any) -> None:
    started = blocking(lambda _: value)(object())

    with pytest.raises(StopIteration) as finished:
        started.send(None)

    assert finished.value.value is value


def test_the_result_of_an_operation_reaches_the_function_as_it_is() -> None:
    started = blocking(lambda _: [take(act("step", id)), take(act("step", id))])(object())
    started.send(None)
    started.send(())

    with pytest.raises(StopIteration) as finished:
        started.send((1, 2))

    assert finished.value.value == [(), (1, 2)]


def test_an_exception_is_violated_with_the_lines_of_the_function() -> None:
    def divide(shared: Any) -> None:
        raise ZeroDivisionError(f"after {shared.counter.read()}")

    violation, *_ = explore([blocking(increment), blocking(divide)], shared=counting).violations

    assert violation.name == "uncaught ZeroDivisionError"
    assert [line.function for line in violation.run.returned[1].lines] == ["divide"]


def test_an_interrupt_in_a_blocking_function_ends_the_search_and_it_is_said() -> None:
    def interrupted(shared: Any) -> None:
        shared.counter.read()
        raise KeyboardInterrupt

    cut = explore([blocking(interrupted)], shared=counting)

    assert (cut.verdict, cut.interrupted, cut.executions) == (Verdict.INCOMPLETE, True, 0)


def test_a_function_that_never_ends_is_cut_and_it_is_said() -> None:
    def spin(shared: Any) -> None:
        while shared.counter.read() == 0:
            pass

    cut = explore([blocking(spin)], shared=counting, most_steps=50)

    assert cut.verdict is Verdict.INCOMPLETE
    assert cut.why.startswith("process 0 took 50 steps and did not end")


def test_context_variables_are_those_of_the_caller_and_no_process_sees_those_of_another() -> None:
    name = ContextVar("name", default="nobody")

    def sign(shared: Any, own: str) -> tuple[str, str]:
        before = name.get()
        name.set(own)
        shared.counter.read()
        return before, name.get()

    token = name.set("caller")
    signed = explore([blocking(sign, "ann"), blocking(sign, "bob")], shared=counting, strategy="brute")
    name.reset(token)

    assert signed.vectors == {(("caller", "ann"), ("caller", "bob"))}
    assert name.get() == "nobody"


# --- what is left behind --------------------------------------------------------------------------------------------


def test_functions_that_wait_for_ever_are_left_quietly_and_nothing_of_them_is_kept(
    capfd: pytest.CaptureFixture[str],
) -> None:
    opened, closed = [0], [0]

    def wait(shared: Any, first: str, second: str) -> None:
        opened[0] += 1
        try:
            with getattr(shared, first), getattr(shared, second):
                pass
        finally:
            closed[0] += 1

    program = program_of(
        [blocking(wait, "left", "right"), blocking(wait, "right", "left")],
        lambda: Shared(left=Mutex(), right=Mutex()),
    )
    meter = program.meter()

    def get_stuck(executions: int) -> None:
        for _ in range(executions):
            assert replay.run(program, meter, (0, 1)).free() == []

    get_stuck(100)  # what is made once and kept
    gc.disable()  # what is freed is freed at once, and not by a collection
    try:
        before = sys.getallocatedblocks()
        get_stuck(10_000)
        kept = sys.getallocatedblocks() - before
    finally:
        gc.enable()

    assert opened == closed == [2 * 10_100]
    assert kept < 1_000
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize("dropped", [False, True])
def test_a_function_is_left_where_it_waits_and_takes_no_step_on_its_way_out(steps: int, dropped: bool) -> None:
    left: list[str] = []

    def hold(shared: Any) -> None:
        try:
            with shared.lock:
                shared.counter.read()
                left.append("went on")
        finally:
            left.append("left")

    started = blocking(hold)(counting())
    for _ in range(steps):
        started.send(None)
    if dropped:
        del started
    else:
        started.close()

    assert left == ["left"] * (steps > 0)


def test_what_a_function_raises_on_its_way_out_is_raised_where_it_is_closed() -> None:
    def fail(shared: Any) -> None:
        try:
            shared.counter.read()
        finally:
            raise ZeroDivisionError

    started = blocking(fail)(counting())
    started.send(None)

    with pytest.raises(ZeroDivisionError):
        started.close()
    started.close()


def test_a_function_that_refuses_to_be_left_does_not_stop_the_search() -> None:
    def stubborn(shared: Any) -> None:
        while True:
            try:
                shared.lock.acquire()
            except BaseException:  # noqa: BLE001, S112
                continue

    stuck = explore([blocking(stubborn), blocking(increment)], shared=counting)

    assert [one.name for one in stuck.violations] == ["deadlock"]


# --- what is refused ------------------------------------------------------------------------------------------------


async def sleeps(_: object) -> None:
    await asyncio.sleep(0)


async def asks_the_loop(_: object) -> None:
    await asyncio.sleep(1)


def takes(_: object) -> Any:
    return take(Observe("room"))


async def takes_without_await(_: object) -> Any:
    return take(Observe("room"))


@pytest.mark.parametrize(
    ("process", "said"),
    [
        (sleeps, "process 0 awaits what gives None, as asyncio.sleep does (test_blocking_limits.py:"),
        (awaiting(sleeps), "process 0 awaits what gives None, as asyncio.sleep does (test_blocking_limits.py:"),
        (asks_the_loop, "process 0 raised RuntimeError: no running event loop (test_blocking_limits.py:"),
        (takes_without_await, "take(a value of type Observe) is called outside of a blocking function"),
        (blocking(lambda _: take("no step")), "process 0 yields a value of type str, which is no operation"),  # type: ignore[arg-type]
        (blocking(sleeps), "sleeps gave a value of type coroutine, which has not run"),
        (
            blocking(lambda _: attempt_booking(BookingRequest("ann", "room"))),
            "<lambda> gave a value of type generator, which has not run",
        ),
    ],
)
def test_what_is_no_step_of_a_store_is_one_clear_line(process: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(ProgramError) as refused:
        explore([process], shared=lambda: MemoryStore.open({"room": 1}))

    assert said in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("process", "said"),
    [
        (
            blocking(lambda store: store.snapshot()),
            "process 0: AttributeError: only observe and persist of a store are steps; snapshot is not",
        ),
        (blocking(lambda _: next(iter(()))), "process 0: RuntimeError: the function raised StopIteration"),
    ],
)
def test_an_error_of_a_function_over_a_store_is_its_outcome(process: Callable[[Any], Any], said: str) -> None:
    (violation,) = explore([process], shared=lambda: MemoryStore.open({"room": 1})).violations

    assert violation.witness == said


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda shared: shared.counter.value, "value of counter is no step; call its operations"),
        (lambda shared: shared.snapshot(), "there is no shared object 'snapshot'"),
        (lambda shared: shared.count, "there is no shared object 'count'"),
        (lambda shared: shared.counter.acquire(), "'Register' object has no attribute 'acquire'"),
    ],
)
def test_what_is_no_step_of_a_shared_object_is_one_clear_line(use: Callable[[Any], Any], said: str) -> None:
    (violation,) = explore([blocking(use)], shared=counting).violations

    assert said in violation.witness


def test_take_outside_of_a_blocking_function_is_refused() -> None:
    with pytest.raises(ProgramError, match=r"take\(a value of type Observe\) is called outside"):
        takes(None)


@pytest.mark.parametrize("door", [blocking, awaiting])
def test_only_functions_become_processes(door: Callable[..., Any]) -> None:
    with pytest.raises(ProgramError, match=f"{door.__name__} is given a value of type int and no function"):
        door(7)


WITHOUT_GREENLET = """
import sys
sys.modules["greenlet"] = None
from lastseat.testing import Register, Shared, explore
from lastseat.simulations.doors.blocking import blocking, take
process = lambda shared: (yield shared.counter.read())
print(explore([process], shared=lambda: Shared(counter=Register(0))).verdict)
for call in (blocking, take):
    try:
        call(print)
    except ValueError as error:
        print(error)
"""


def test_without_greenlet_everything_else_works_and_the_extra_is_named() -> None:
    said = subprocess.run([sys.executable, "-c", WITHOUT_GREENLET], capture_output=True, text=True, check=True)

    assert said.stdout.splitlines() == [
        "holds",
        "a blocking function needs greenlet, which the extra lastseat[blocking] installs",
        "take(a value of type builtin_function_or_method) is called outside of a blocking function",
    ]
