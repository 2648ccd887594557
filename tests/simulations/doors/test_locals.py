"""What is current in one process of one execution is there in no other."""

from typing import Any

import pytest

from lastseat.testing import ExecutionLocal, Register, Shared, awaiting, blocking, explore

CURRENT = ExecutionLocal()


def counting() -> Shared:
    return Shared(counter=Register(0))


def work(shared: Any, name: str) -> tuple[bool, str]:
    was_there = hasattr(CURRENT, "user")
    CURRENT.user = name
    shared.counter.read()
    return was_there, CURRENT.user


async def work_async(shared: Any, name: str) -> tuple[bool, str]:
    was_there = hasattr(CURRENT, "user")
    CURRENT.user = name
    await shared.counter.read()
    return was_there, CURRENT.user


@pytest.mark.parametrize("strategy", ["dpor", "brute", "merged"])
def test_each_process_of_each_execution_has_its_own(strategy: str) -> None:
    seen = explore(
        [blocking(work, "ann"), awaiting(work_async, "bob"), blocking(work, "eve")],
        shared=counting,
        strategy=strategy,
    )

    assert seen.vectors == {((False, "ann"), (False, "bob"), (False, "eve"))}


def test_two_of_them_are_not_one() -> None:
    other = ExecutionLocal()

    def use(shared: Any) -> tuple[bool, bool]:
        CURRENT.user = "ann"
        before = hasattr(other, "user")
        other.user = "bob"
        shared.counter.read()
        del other.user
        return before, hasattr(other, "user")

    assert explore([blocking(use)], shared=counting).vectors == {((False, False),)}


@pytest.mark.parametrize(
    "use",
    [lambda: CURRENT.user, lambda: setattr(CURRENT, "user", 1), lambda: delattr(CURRENT, "user")],
)
def test_outside_of_such_a_function_it_is_an_error(use: Any) -> None:
    with pytest.raises(RuntimeError, match="used outside of a blocking or awaiting function"):
        use()


def test_what_was_not_set_is_named() -> None:
    def use(_shared: Any) -> None:
        CURRENT.nothing  # noqa: B018

    def forget(_shared: Any) -> None:
        del CURRENT.nothing

    for function in (use, forget):
        (violation,) = explore([blocking(function)], shared=counting).violations
        assert violation.witness.startswith("process 0: AttributeError: nothing was not set in this process")
