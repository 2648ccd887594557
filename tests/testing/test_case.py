"""A case says what explore, sample and replay say; and a test function is left at its first call."""

from typing import Any

import pytest

from lastseat.testing import Case, Faults, Register, Shared, at_end, explore, replay, sample
from lastseat.testing.capture import Call, first_call


def increment(shared: Any) -> Any:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counting() -> Shared:
    return Shared(counter=Register(0))


COUNTED = at_end("no update is lost", lambda end: end.shared.counter.value == 2)
CASE = Case([increment, increment], counting, [COUNTED])


def test_a_case_is_explored_sampled_and_replayed_as_its_parts_are() -> None:
    explored = explore([increment, increment], shared=counting, properties=[COUNTED], strategy="brute")
    sampled = sample([increment, increment], shared=counting, properties=[COUNTED], runs=50, seed=2)

    assert CASE.explore(strategy="brute") == explored
    assert CASE.sample(runs=50, seed=2) == sampled
    assert CASE.replay("0.1.0.1").final == replay([increment] * 2, shared=counting, schedule="0.1.0.1").final


def test_a_case_keeps_what_is_allowed() -> None:
    faulty = Case([increment], counting, faults=Faults(1, crash=True))

    assert len(faulty.explore().by_faults) == 2
    assert faulty.replay("0c").crashed == {0}


def test_a_function_is_left_at_its_first_call_and_nothing_is_explored() -> None:
    went_on: list[str] = []

    def test() -> None:
        try:
            explore([increment], shared=counting, executions=7)
        except Exception:  # noqa: BLE001 - it is not seen here
            went_on.append("caught")
        went_on.append("went on")

    call = first_call(test)

    assert isinstance(call, Call)
    assert (call.door, call.arguments["processes"], call.arguments["executions"]) == ("explore", [increment], 7)
    assert went_on == []


def test_after_that_explore_explores_again() -> None:
    assert first_call(lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        first_call(lambda: 1 // 0)

    assert explore([increment], shared=counting).executions == 1
