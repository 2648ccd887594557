"""What a check may answer: people write asserts, and comparisons that are no bools; a mistake is named."""

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from lastseat.simulations.kernel.objects import Register, Shared
from lastseat.simulations.kernel.program import ProgramError
from lastseat.testing import always, at_end, explore, sometimes


def increment(shared: Shared) -> Generator[Any, Any, Any]:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counter() -> Shared:
    return Shared(counter=Register(0))


def asked(check: Any, claim: Any = at_end, strategy: str = "brute", **more: Any) -> Any:
    return explore(
        [increment, increment], shared=counter, properties=[claim("counted", check, **more)], strategy=strategy
    )


@pytest.mark.parametrize("answer", [True, None, np.True_], ids=repr)
def test_these_answers_say_that_the_claim_holds(answer: Any) -> None:
    assert asked(lambda _: answer).verdict == "holds"


@pytest.mark.parametrize(
    ("answer", "said"), [(False, "it is not so"), (np.False_, "it is not so"), ("so much is lost", "so much is lost")]
)
def test_these_answers_say_that_it_does_not(answer: Any, said: str) -> None:
    assert asked(lambda _: answer).violations[0].witness == said


@pytest.mark.parametrize("strategy", ["dpor", "brute", "merged"])
@pytest.mark.parametrize(
    "answer", [1, 0, 2.5, (), [1], object(), np.int64(1)], ids=lambda answer: type(answer).__name__
)
def test_any_other_answer_is_a_mistake_that_is_named_with_its_type(answer: Any, strategy: str) -> None:
    kind = type(answer).__name__
    said = rf'^the claim "counted" gave a value of type {kind}; a check gives True or None .*; schedule [0-9.]+$'

    with pytest.raises(ProgramError, match=said):
        asked(lambda _: answer, strategy=strategy)


@pytest.mark.parametrize("claim", [always, sometimes])
def test_every_kind_of_claim_minds_its_answers(claim: Any) -> None:
    with pytest.raises(ProgramError, match="gave a value of type int"):
        asked(lambda _: 1, claim=claim)


def test_an_assertion_in_a_check_is_an_objection_with_its_message() -> None:
    def check(end: Any) -> None:
        assert end.shared.counter.value == 2, f"the counter is {end.shared.counter.value}"

    assert asked(check).violations[0].witness.startswith("the counter is 1")


def test_an_assertion_without_a_message_is_told_with_its_operands() -> None:
    def check(end: Any) -> None:
        total = end.shared.counter.value
        assert total == 2

    assert "assert 1 == 2" in asked(check).violations[0].witness or "total is 1" in asked(check).violations[0].witness


def test_an_assertion_that_fails_in_sometimes_is_no_end_of_the_search() -> None:
    def check(end: Any) -> None:
        assert end.shared.counter.value == 3

    assert asked(check, claim=sometimes).vacuous == ("counted",)


def test_an_assertion_that_fails_in_applies_is_a_mistake() -> None:
    def applies(_: Any) -> bool:
        raise AssertionError("never")

    with pytest.raises(ProgramError, match=r"raised AssertionError: never \(test_claims\.py:\d+\)"):
        asked(lambda _: True, applies=applies)


def test_what_else_a_check_raises_is_named_with_the_line_of_the_claim() -> None:
    def check(end: Any) -> bool:
        return bool(end.shared.counter.valeu == 2)

    line = check.__code__.co_firstlineno + 1
    with pytest.raises(
        ProgramError, match=rf'^the claim "counted" raised AttributeError: .* \(test_claims\.py:{line}\)'
    ):
        asked(check)
