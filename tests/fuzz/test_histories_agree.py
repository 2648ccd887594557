"""The decider of linearizability says what all orders of all bookings say."""

import pytest
from fuzz.histories import HISTORIES, History
from fuzz.hunting import hunt
from fuzz.wrong_bookings import WRONG, Wrong

from lastseat.model.world import Done, Outcome, Request, Verdict
from lastseat.simulations.bookings.judging.linearizability import unexplained

PLANTED = [one for one in WRONG if one.target is HISTORIES]


def test_the_decider_agrees_with_all_orders_on_drawn_histories() -> None:
    found = hunt(HISTORIES, seed_=2026, cases=800).found

    assert found is None, found.as_test() if found else ""


@pytest.mark.parametrize("wrong", PLANTED, ids=lambda one: one.name.replace(" ", "-"))
def test_a_wrong_decider_is_found(wrong: Wrong) -> None:
    with wrong.planted():
        pass  # what it replaces is there

    assert wrong.found() is not None


def test_a_lost_acknowledgement_takes_no_effect_after_its_end() -> None:
    """Clause: history.linearizable"""
    requests = (("a", "r", 1), ("a", "q", 1), ("b", "r", 1))
    told = ("acknowledgement lost", "REJECTED", "REJECTED")
    one_by_one = History((("q", 0), ("r", 1)), requests, (0, 1, 2), told)

    lost, full = Done(Outcome.FAILED, Verdict.ACKNOWLEDGEMENT_LOST), Done(Outcome.REJECTED)
    asked = [Request(*one) for one in requests]

    assert unexplained({"q": 0, "r": 1}, asked, (0, 1, 2), (lost, full, full)) == 3
    assert HISTORIES.disagreement(one_by_one) is None


def test_an_attempt_that_crashed_may_take_effect_long_after() -> None:
    requests = (("a", "r", 1), ("a", "q", 1), ("b", "r", 1))
    history = History((("q", 0), ("r", 1)), requests, (0, 1, 2), ("", "REJECTED", "REJECTED"), (0,))

    asked = [Request(*one) for one in requests]

    assert unexplained({"q": 0, "r": 1}, asked, history.schedule(), history.vector()) is None
    assert HISTORIES.disagreement(history) is None
