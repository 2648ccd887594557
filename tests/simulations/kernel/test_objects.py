"""The ready-made shared objects, one operation at a time: what it gives, what it leaves, what it touched."""

from typing import Any

import pytest

from lastseat.testing import Mutex, Register, Semaphore, Shared, act


@pytest.mark.parametrize(
    ("value", "name", "arguments", "result", "after", "wrote"),
    [
        (3, "read", (), 3, 3, ()),
        (3, "write", (4,), None, 4, ("x",)),
        (3, "compare_and_swap", (3, 5), True, 5, ("x",)),
        (3, "compare_and_swap", (4, 5), False, 3, ()),
        (3, "fetch_and_add", (), 3, 4, ("x",)),
        (3, "fetch_and_add", (-2,), 3, 1, ("x",)),
        (3, "update", (lambda seen: seen * seen,), 3, 9, ("x",)),
        (3, "until", (lambda seen: seen == 3,), 3, 3, ()),
    ],
)
def test_operations_of_a_register(
    value: int, name: str, arguments: tuple[Any, ...], result: Any, after: int, wrote: tuple[str, ...]
) -> None:
    shared = Shared(x=Register(value))
    operation = getattr(shared.x, name)(*arguments)

    assert (operation.ready(shared), operation.perform(shared)) == (True, result)
    assert (shared.x.value, operation.wrote(result)) == (after, wrote)
    assert operation.reads == (() if name == "write" else ("x",))
    assert set(operation.wrote(result)) <= set(operation.writes)


def test_waiting_is_ready_only_when_its_condition_holds() -> None:
    shared = Shared(x=Register(0))

    assert not shared.x.until(lambda seen: seen > 0).ready(shared)


def test_a_semaphore_gives_as_many_permits_as_it_has() -> None:
    shared = Shared(s=Semaphore(1))

    shared.s.acquire().perform(shared)

    assert not shared.s.acquire().ready(shared)
    assert shared.s.try_acquire().perform(shared) is False
    assert shared.s.try_acquire().wrote(False) == ()
    shared.s.release().perform(shared)
    shared.s.release().perform(shared)
    assert shared.snapshot() == (("s", 2),)


def test_a_mutex_is_released_only_when_somebody_holds_it() -> None:
    shared = Shared(l=Mutex())

    with pytest.raises(RuntimeError, match="l is released and nobody holds it"):
        shared.l.release().perform(shared)


def test_objects_that_cannot_be_shared_are_refused() -> None:
    register = Register(0)

    with pytest.raises(TypeError, match="y and x are the same object"):
        Shared(x=register, y=register)
    with pytest.raises(TypeError, match="x is a int and no shared object"):
        Shared(x=0)  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="there is no shared object 'z'"):
        _ = Shared(x=Register(0)).z
    with pytest.raises(ValueError, match="at least 0 permits"):
        Semaphore(-1)


def test_an_act_without_locations_may_touch_everything() -> None:
    step = act("step", lambda _: 7)

    assert (step.kind, step.reads, step.writes, step.blocking, step.perform(None)) == ("step", None, None, False, 7)
