"""An assertion that failed, with its operands; and nothing of the program is called to show them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from lastseat.simulations.common.operands import operands_of

LIMIT = 2
PLACES = {"north": [1, 2], "south": []}


@dataclass
class Seat:
    number: int


class Slotted:
    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = 0


class Watched:
    """An object that minds being looked at."""

    looks = 0

    @property
    def size(self) -> int:
        Watched.looks += 1
        return 0

    def __getitem__(self, key: str) -> int:
        Watched.looks += 1
        return 0

    def count(self) -> int:
        return 0


class Answering:
    """An object that has every attribute."""

    asked = 0

    def __getattribute__(self, name: str) -> int:
        Answering.asked += 1
        return 0


def raised_by(function: Callable[[], None]) -> AssertionError:
    try:
        function()
    except AssertionError as error:
        return error
    raise ValueError("it raised nothing")


@pytest.fixture
def told(tmp_path: Any) -> Callable[..., str]:
    """What is said of an assertion that stands in a file, with these names around it."""

    def of(text: str, **names: Any) -> str:
        file = tmp_path / f"asserting_{len(list(tmp_path.iterdir()))}.py"
        file.write_text(text)
        return operands_of(raised_by(lambda: exec(compile(text, str(file), "exec"), names)))  # noqa: S102

    return of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("assert seen != 3", "assert seen != 3 (seen is 3)"),
        ("assert seen != 3, 'no seat'", "assert seen != 3 (seen is 3)"),
        ("assert 1 == 2", "assert 1 == 2"),
        ("assert len(queue) == 0", "assert len(queue) == 0 (queue is [1])"),
        ("assert not (seen == 3 and queue)", "assert not (seen == 3 and queue) (seen is 3, queue is [1])"),
        ("assert seen == seen + 1", "assert seen == seen + 1 (seen is 3)"),
        ("assert places['north'][key] == 9", "assert places['north'][key] == 9 (places['north'][key] is 2)"),
        ("assert places['north'][-1] == 9", "assert places['north'][-1] == 9 (places['north'][-1] is 2)"),
        ("assert seat.number == 4", "assert seat.number == 4 (seat.number is 7)"),
        ("assert slotted.left", "assert slotted.left (slotted.left is 0)"),
        ("assert all(n > 1 for n in queue)", "assert all(n > 1 for n in queue)"),
        ("assert max(queue, key=pick) == 3", "assert max(queue, key=pick) == 3 (queue is [1])"),
        ("assert (seen\n   ==\n   4)", "assert seen == 4 (seen is 3)"),
        ("assert seen; assert seen == 4; assert seen == 5", "assert seen == 4 (seen is 3)"),
        ("def deep():\n  assert seen == 4\nx = 9\ndeep()", "assert seen == 4 (seen is 3)"),
    ],
)
def test_an_assertion_is_told_with_the_values_of_its_operands(told: Callable[..., str], text: str, said: str) -> None:
    names = {"seen": 3, "queue": [1], "places": PLACES, "key": 1, "seat": Seat(7), "slotted": Slotted()}

    assert told(text, **names, pick=lambda number: number) == said


@pytest.mark.parametrize("path", ["watched.size", "watched['a']", "watched.count() + watched['a']", "watched.size.x"])
def test_no_property_and_no_item_of_a_foreign_object_is_asked_for(told: Callable[..., str], path: str) -> None:
    watched = Watched()
    with_looks = f"from types import SimpleNamespace\nassert False and {path}"

    said = told(with_looks, watched=watched)

    assert (Watched.looks, said) == (0, f"assert False and {path}")


def test_an_object_that_answers_for_itself_is_not_asked(told: Callable[..., str]) -> None:
    assert told("assert False and answering.size", answering=Answering()) == "assert False and answering.size"
    assert Answering.asked == 0


def test_a_dict_with_keys_of_a_foreign_class_is_not_looked_into(told: Callable[..., str]) -> None:
    assert told("assert not held[1]", held={1: 5, Seat: 6}) == "assert not held[1]"


def test_a_value_whose_text_cannot_be_had_is_told_by_its_type(told: Callable[..., str]) -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert told("assert not hostile", hostile=Hostile()) == "assert not hostile (hostile is a Hostile)"


def test_a_long_assertion_is_shortened_and_only_some_of_its_operands_are_shown(told: Callable[..., str]) -> None:
    names = {f"name_{number}": number for number in range(30)}

    said = told(f"assert not ({' + '.join(names)})", **names)

    assert said.endswith("(name_0 is 0, name_1 is 1, name_2 is 2, name_3 is 3, name_4 is 4, name_5 is 5, …)")
    assert len(said) < 250


def test_without_a_source_nothing_is_said() -> None:
    typed = raised_by(lambda: exec(compile("assert 1 == 2", "<stdin>", "exec"), {}))  # noqa: S102

    assert operands_of(typed) == ""
    assert operands_of(AssertionError("never raised")) == ""


def test_an_error_that_is_raised_by_hand_has_no_operands(told: Callable[..., str]) -> None:
    assert told("raise AssertionError") == ""


def test_foreign_frames_are_passed_over(tmp_path: Any) -> None:
    inner = tmp_path / "inner.py"
    inner.write_text("def look(seen):\n    assert seen == 4\n")
    outer = tmp_path / "outer.py"
    outer.write_text("assert look(3) is None or limit\n")
    names: dict[str, Any] = {"limit": LIMIT}
    exec(compile(inner.read_text(), str(inner), "exec"), names)  # noqa: S102

    error = raised_by(lambda: exec(compile(outer.read_text(), str(outer), "exec"), names))  # noqa: S102

    assert operands_of(error) == "assert seen == 4 (seen is 3)"
    passed_over = operands_of(error, lambda frame: frame.f_code.co_filename == str(inner))
    assert passed_over == "assert look(3) is None or limit (limit is 2)"


def test_a_namespace_shows_its_attributes(told: Callable[..., str]) -> None:
    assert told("assert not held.left", held=SimpleNamespace(left=1)) == "assert not held.left (held.left is 1)"
