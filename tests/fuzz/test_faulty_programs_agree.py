"""Every strategy does what may go wrong in a program, each thing once; one that does not is found."""

import pytest
from fuzz.faulty_programs import FAULTS, Case
from fuzz.hunting import hunt
from fuzz.wrong_faults import WRONG, Wrong

EVERY = ("acknowledgement lost", "crash", "redelivery", "unavailable")


def test_the_strategies_agree_on_drawn_programs_in_which_things_go_wrong() -> None:
    found = hunt(FAULTS, seed_=2026, cases=150).found

    assert found is None, found.as_test() if found else ""


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name.replace(" ", "-"))
def test_a_strategy_that_is_wrong_about_faults_is_found(wrong: Wrong) -> None:
    if wrong.case is not None:
        assert FAULTS.disagreement(wrong.case) is None

    assert wrong.found(seed=4) is not None


@pytest.mark.parametrize("kind", [*((kind,) for kind in EVERY), EVERY], ids=", ".join)
@pytest.mark.parametrize("text", ["x=1 y=1", "x? y=1 | x=1", "0,1 x=# | x:0>1", "x=1 | x=2 | y=1"])
@pytest.mark.parametrize("most", [1, 2])
def test_the_strategies_agree_on_small_programs_with_each_kind_of_fault(
    text: str, kind: tuple[str, ...], most: int
) -> None:
    for handled in (False, True):
        assert FAULTS.disagreement(Case(text, most=most, kinds=kind, handled=handled)) is None


@pytest.mark.parametrize(
    "text",
    [
        "0,1 | 0,1 | 0,1",  # choices that touch nothing are one class for each way to choose
        "1,2,3 x=# | x? | x=1",
        "0,1 ?1 x=1 | x>=1",  # a choice decides whether somebody waits for ever
        "l( 0,1 l) | l( x? l)",
        "@1 x? | 0,1 . x=1",
    ],
)
@pytest.mark.parametrize("task", [1, 2, 3])
def test_the_strategies_agree_on_choices(text: str, task: int) -> None:
    assert FAULTS.disagreement(Case(text, task=task, deadlocks=True)) is None
