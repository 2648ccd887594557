"""Finding the implementation that somebody names, and running it. How the command line uses it: test_cli_own_code."""

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.reference.store import Policy
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.implementations import SHIPPED, ImplementationError, find_implementation, running
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.kernel.schedule import ScheduleError

REQUEST = BookingRequest("ann", "seat")


@pytest.fixture(autouse=True)
def _search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what naming a module adds to where modules are looked for."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_implementation_is_found_by_its_name(name: str) -> None:
    assert find_implementation(name).name == name


def test_every_flawed_implementation_is_shipped() -> None:
    assert set(GALLERY) < set(SHIPPED)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("memry", "did you mean memory?"),
        ("sqllite", "did you mean sqlite?"),
        ("forgets-identities", "did you mean forgets-identity?"),
        (
            "",
            "known: memory, capacity-first, sqlite, those of the gallery (see lastseat mutants), or module:function",
        ),
        ("postgres", "known: memory, capacity-first, "),
    ],
)
def test_an_unknown_name_is_answered_with_what_is_near(name: str, hint: str) -> None:
    with pytest.raises(ImplementationError) as refused:
        find_implementation(name)

    assert f'there is no implementation "{name}"; {hint}' in str(refused.value)


@given(
    name=st.text().filter(lambda text: ":" not in text and text not in SHIPPED)
    | st.from_regex(r"[^\w]*:[^\w]*", fullmatch=True)
)
def test_any_other_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ImplementationError) as refused:
        find_implementation(name)

    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("attribute", "policy"),
    [
        ("stores.memory:MemoryStore", Policy.VERSION_FIRST),
        ("stores.memory:CapacityFirstMemoryStore", Policy.CAPACITY_FIRST),
        ("stores.sqlite:SqliteStore", Policy.VERSION_FIRST),
        ("implementation:CAPACITY_FIRST", Policy.CAPACITY_FIRST),
        ("attempt_booking:attempt_booking", Policy.VERSION_FIRST),
    ],
)
def test_a_module_and_attribute_become_an_implementation_of_that_name(attribute: str, policy: Policy) -> None:
    found = find_implementation(f"lastseat.reference.{attribute}")

    assert (found.name, found.policy) == (f"lastseat.reference.{attribute}", policy)
    assert next(found.attempt(REQUEST)).kind == "observe"
    assert found.open_store({"seat": 1}).snapshot() == MEMORY.open_store({"seat": 1}).snapshot()


def test_a_module_in_the_current_folder_is_found(own_module: Callable[[str], None]) -> None:
    own_module("from lastseat.reference.attempt_booking import attempt_booking as own")

    assert find_implementation("mine:own").name == "mine:own"


def test_an_attempt_of_your_own_yields_and_returns_the_same(own_module: Callable[[str], None]) -> None:
    own_module(
        "class Step:\n    kind = 'step'\n    def perform(self, store): ...\n"
        "def own(request):\n    got = yield Step()\n    return got, request"
    )
    attempt = find_implementation("mine:own").attempt(REQUEST)

    step = next(attempt)

    with pytest.raises(StopIteration) as finished:
        attempt.send("something")
    assert step.kind == "step"
    assert finished.value.value == ("something", REQUEST)


def test_the_code_of_an_attempt_runs_only_when_it_is_stepped(own_module: Callable[[str], None]) -> None:
    own_module("def own(request):\n    raise AssertionError")

    find_implementation("mine:own").attempt(REQUEST)


@pytest.mark.parametrize(
    "error", [RuntimeError("a\nb"), SystemExit(0), GeneratorExit(), ValueError(), OSError(28, "full")]
)
def test_whatever_somebodys_code_raises_becomes_one_line(error: BaseException) -> None:
    with pytest.raises(ExplorationError) as told, running(MEMORY):
        raise error

    assert str(told.value).startswith(f"memory raised {type(error).__name__}: ")
    assert "(test_implementations.py, line " in str(told.value)
    assert str(told.value).isprintable()


@pytest.mark.parametrize("error", [ExplorationError("told"), ScheduleError("told"), KeyboardInterrupt("told")])
def test_what_is_told_already_and_ctrl_c_pass_as_they_are(error: BaseException) -> None:
    with pytest.raises(type(error), match=r"^told$"), running(MEMORY):
        raise error


def test_what_somebodys_code_prints_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with running(MEMORY):
        sys.stdout.write("printed\n")

    assert capsys.readouterr() == ("", "printed\n")
