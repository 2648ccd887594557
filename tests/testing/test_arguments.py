"""Arguments of the doors that are not what they should be are refused in one line."""

from typing import Any

import pytest

from lastseat.testing import Operation, ProgramError, Register, Shared, Verdict, explore, sample


def read(shared: Any) -> Any:
    yield shared.seat.read()


def seat() -> Shared:
    return Shared(seat=Register(0))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"properties": [len]}, "a property is made by at_end, always or sometimes, and not a value of type builtin"),
        ({"faults": 1}, "faults must be Faults(1, ...), and not a value of type int"),
        ({"executions": -3}, "executions must be at least 1, not -3"),
        ({"executions": 0}, "executions must be at least 1, not 0"),
        ({"seconds": -1.0}, "seconds must be at least 0, not -1.0"),
    ],
)
def test_a_wrong_argument_of_explore_is_named(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ProgramError) as refused:
        explore([read], shared=seat, **arguments)

    assert str(refused.value).startswith(told)
    assert str(refused.value).isprintable()


def test_a_wrong_argument_of_sample_is_named_too() -> None:
    with pytest.raises(ProgramError, match=r"^seconds must be at least 0, not nan$"):
        sample([read], shared=seat, seconds=float("nan"))


class Gate(Operation):
    """A step that waits only where it is told to."""

    kind = "gate"

    def __init__(self, register: Any, *, waits: bool) -> None:
        self.register, self.waits = register, waits

    @property
    def blocking(self) -> bool:  # type: ignore[override]
        return self.waits

    def ready(self, _shared: Any, /) -> bool:
        return not self.waits or self.register.value == 1

    def perform(self, _shared: Any, /) -> int:
        return int(self.register.value)


@pytest.mark.parametrize("strategy", ["brute", "dpor", "merged"])
def test_whether_an_operation_waits_is_asked_of_each_where_it_is_a_property(strategy: str) -> None:
    def passes(shared: Any) -> Any:
        yield Gate(shared.seat, waits=False)
        return (yield Gate(shared.seat, waits=True))

    def opens(shared: Any) -> Any:
        yield shared.seat.write(1)

    found = explore([passes, opens], shared=seat, strategy=strategy)

    assert found.verdict is Verdict.HOLDS
    assert {returned[0] for returned in found.vectors} == {1}


def test_an_operation_made_of_several_is_refused_with_what_to_write() -> None:
    class Several:
        def __await__(self) -> Any:
            yield from ()

    def wrong(_shared: Any) -> Any:
        yield Several()

    with pytest.raises(ProgramError, match="use yield from; schedule -"):
        explore([wrong], shared=seat)
