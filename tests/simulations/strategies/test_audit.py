"""A program that touches more than its operations declare is found out, whether it writes or only reads."""

from typing import Any

import pytest

from lastseat.simulations.strategies.audit import SCHEDULES
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.testing import Exploration, ProgramError, Register, Shared, act, explore


def shared() -> Shared:
    return Shared(x=Register(0), y=Register(0))


def increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def explored(*processes: Any, strategy: str = "dpor") -> Exploration:
    return explore(processes, shared=shared, strategy=strategy)


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_write_outside_of_operations_is_named(strategy: str) -> None:
    def writes(shared: Any) -> Any:
        yield shared.y.read()
        shared.x.value += 1
        yield shared.y.read()

    with pytest.raises(
        ProgramError,
        match=r"^process 0 changes shared state outside its operations \(x\) \(test_audit\.py:\d+\), where no",
    ):
        explored(writes, increment, strategy=strategy)


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_read_outside_of_operations_is_seen_in_another_order(strategy: str) -> None:
    def reads(shared: Any) -> Any:
        yield shared.y.read()
        return shared.x.value

    with pytest.raises(ProgramError, match="touches more than its operations declare") as found:
        explored(reads, increment, strategy=strategy)
    assert str(found.value).isprintable()


@pytest.mark.parametrize(("reads", "writes"), [(("x",), ()), ((), ("x",)), (("y",), ("y",)), ((), ())])
def test_an_operation_that_declares_too_little_is_found_out(reads: tuple[str, ...], writes: tuple[str, ...]) -> None:
    def step(shared: Any) -> int:
        shared.x.value += shared.y.value + 1
        return int(shared.x.value)

    def process(_shared: Any) -> Any:
        return (yield act("step", step, reads=reads, writes=writes))

    def other(shared: Any) -> Any:
        yield shared.y.fetch_and_add()
        yield shared.x.fetch_and_add(5)

    with pytest.raises(ProgramError, match=r"touches more|not deterministic"):
        explored(process, process, other)


def test_state_that_outlives_an_execution_is_named() -> None:
    kept: list[int] = []

    def keeps(shared: Any) -> Any:
        kept.append((yield shared.x.read()))
        return len(kept)

    with pytest.raises(ProgramError, match="is not deterministic, or keeps state from one execution to the next"):
        explored(keeps, increment)


def test_an_honest_program_is_audited() -> None:
    seen = explored(increment, increment, increment)

    assert (seen.executions, seen.audited) == (36, 4 + SCHEDULES)


def test_a_complete_search_is_held_to_random_schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that stops after its first execution and calls that complete has not seen how others end."""

    def increment(shared: Any) -> Any:
        seen = yield shared.x.read()
        yield shared.x.write(seen + 1)

    monkeypatch.setattr(Dpor, "advance", lambda engine: engine.executions == 0 and not engine._execute([]))

    with pytest.raises(ProgramError, match=r"schedule [01.]+ ends in .*, and nothing in the search did"):
        explore([increment, increment], shared=lambda: Shared(x=Register(0)))
