"""What does not belong into a process is told in one line, with its place: awaits of something else, and asyncio."""

import asyncio
from typing import Any

import pytest

from lastseat.simulations.common.lines import own_line
from lastseat.testing import ProgramError, Register, Shared, explore, sample

STRATEGIES = ("dpor", "brute", "merged")


def shared() -> Shared:
    return Shared(counter=Register(0))


async def sleeps(state: Any) -> None:
    await state.counter.read()
    await asyncio.sleep(0)


async def waits(_state: Any) -> None:
    await pending()


async def pending() -> None:
    loop = asyncio.new_event_loop()
    try:
        await loop.create_future()
    finally:
        loop.close()


async def sleeps_long(state: Any) -> None:
    await state.counter.read()
    await asyncio.sleep(1)


CONTROLLED = "real event loops are not controlled"
FOREIGN = {
    "asyncio.sleep(0)": (sleeps, 2, "awaits what gives None, as asyncio.sleep does (HERE), which is no operation: "),
    "a future": (pending, 3, "awaits a Future of asyncio (HERE), which is no operation: "),
    "asyncio.sleep(1)": (sleeps_long, 2, "raised RuntimeError: no running event loop (HERE): "),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("function", "line", "said"), FOREIGN.values(), ids=FOREIGN)
def test_what_a_process_awaits_that_is_no_operation_is_named_with_its_line(
    function: Any, line: int, said: str, strategy: str
) -> None:
    with pytest.raises(ProgramError) as refused:
        explore([waits if function is pending else function], shared=shared, strategy=strategy)

    here = f"test_foreign.py:{function.__code__.co_firstlineno + line}"
    assert str(refused.value).startswith(f"process 0 {said.replace('HERE', here)}{CONTROLLED}; schedule ")


def spin(state: Any) -> Any:
    while not (yield state.counter.read()):
        pass


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_loop_over_shared_steps_is_named_with_its_line_and_how_to_write_it(strategy: str) -> None:
    why = explore([spin], shared=shared, strategy=strategy).why

    here = f"test_foreign.py:{spin.__code__.co_firstlineno + 1}"
    assert why.startswith(
        f"process 0 took 1,000 steps and did not end; it goes on at {here}: wait with until(...) in the place of a "
        "loop, or allow more with most_steps; schedule 0.0.0."
    )
    assert len(why) < 400


def test_a_sample_says_the_same() -> None:
    assert "did not end; it goes on at test_foreign.py:" in sample([spin], shared=shared, runs=3).why


def test_an_object_under_two_names_is_refused_with_the_line_that_gives_them() -> None:
    def twice() -> Shared:
        counter = Register(0)
        return Shared(left=counter, right=counter)

    with pytest.raises(ProgramError, match=r"right and left are the same object \(test_foreign.py, line \d+\)"):
        explore([spin], shared=twice)


def test_the_line_of_an_error_is_the_innermost_one_that_somebody_wrote_himself() -> None:
    with pytest.raises(RuntimeError) as raised:
        asyncio.get_running_loop()
    with pytest.raises(TypeError) as refused:
        Shared(left=3)  # type: ignore[arg-type]

    assert all("test_foreign.py" in str(own_line(error.value)) for error in (raised, refused))
