"""The strategies on the command line, faults in any scenario, and going on from a point of a schedule."""

import re
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def test_dpor_executes_one_schedule_of_each_trace_and_says_how_many_that_covers(lastseat: Run) -> None:
    said = lastseat("explore", "--attempts", "4", "--capacity", "4", "--strategy", "dpor", "--json")

    assert said.status == 0
    seen = said.data
    assert (seen["executions"], seen["blocked"], seen["interleavings"]) == (280, 0, 2520)
    assert sum(seen["outcomes"].values()) == 280
    assert (seen["complete"], len(seen["vectors"])) == (True, 15)


def test_a_search_that_is_cut_short_says_about_how_many_traces_there_are(lastseat: Run) -> None:
    options = ("explore", "--attempts", "5", "--capacity", "5", "--strategy", "dpor", "--executions", "100")
    seen, told = lastseat(*options, "--json"), lastseat(*options)

    estimate = seen.data["estimate"]
    assert (seen.status, told.status, set(estimate)) == (3, 3, {"traces", "low", "high", "descents"})
    assert estimate["low"] <= 4_025 <= estimate["high"]
    assert seen.data["stopped"].startswith("100 executions were asked for; about 2.")
    assert re.search(r"100 executions were asked for; about 2\.\d % of \S+ traces \(", " ".join(told.out.split()))
    assert lastseat("explore", "--strategy", "dpor", "--json").data["estimate"] is None


def test_workers_change_nothing_but_the_time(lastseat: Run) -> None:
    options = ("explore", "--attempts", "3", "--capacity", "2", "--strategy", "dpor", "--json")
    alone, together = lastseat(*options).data, lastseat(*options, "--workers", "2").data

    assert {**together, "seconds": 0} == {**alone, "seconds": 0}


def test_the_refuted_claim_of_a_peer_is_refuted_by_every_strategy(lastseat: Run) -> None:
    """Attempt 0 is not always BOOKED: observe, observe, persist, persist the other way round."""
    for strategy in ("brute", "merged", "dpor", "preemptions=2", "delays=9"):
        vectors = lastseat("explore", "--attempts", "2", "--strategy", strategy, "--json").data["vectors"]
        assert ["FAILED", "BOOKED"] in vectors, strategy


@pytest.mark.parametrize(
    ("strategy", "executions"),
    [("preemptions=0", 6), ("preemptions=1", 24), ("preemptions=2", 60), ("delays=0", 1), ("delays=2", 15)],
)
def test_a_bound_is_never_printed_as_a_pass(lastseat: Run, strategy: str, executions: int) -> None:
    options = ("explore", "--attempts", "3", "--capacity", "2", "--strategy", strategy)
    seen, told = lastseat(*options, "--json"), lastseat(*options)

    assert (seen.status, told.status) == (3, 3)
    assert (seen.data["executions"], seen.data["complete"]) == (executions, False)
    assert f"more than {strategy[-1]} {strategy[:-2]} were" in " ".join(told.out.split())
    assert "HOLDS" not in told.out


def test_a_bound_that_leaves_nothing_out_is_complete(lastseat: Run) -> None:
    seen = lastseat("explore", "--attempts", "3", "--strategy", "preemptions=9", "--json")

    assert (seen.status, seen.data["executions"], seen.data["complete"]) == (0, 90, True)


def test_faults_may_be_allowed_in_any_scenario(lastseat: Run) -> None:
    seen = lastseat("explore", "--attempts", "2", "--faults", "1", "--json")
    one_kind = lastseat("explore", "--attempts", "2", "--faults", "2:crash", "--json")

    assert (seen.status, seen.data["interleavings"]) == (0, 150)
    assert (one_kind.status, one_kind.data["interleavings"]) == (0, 74)


def test_a_violation_under_faults_is_replayed_by_its_line(lastseat: Run) -> None:
    seen = lastseat("explore", "--implementation", "takes-silence-for-success", "--faults", "1", "--json").data
    told = next(one["replay"] for one in seen["violations"] if one["clause"] == "emit.booked")

    again = lastseat(*told.split()[1:])

    assert again.status == 1
    assert "emit.booked" in again.out


@pytest.mark.parametrize(
    ("faults", "complaint"),
    [
        ("9", "faults must be an integer from 0 to 8 in one run, not 9"),
        ("-1", '"-1" is not of the form K or K:KIND,…'),
        ("1:crush", '"1:crush" is not of the form K or K:KIND,…'),
        ("", '"" is not of the form K or K:KIND,…'),
    ],
)
def test_a_fault_budget_that_cannot_be_is_refused(lastseat: Run, faults: str, complaint: str) -> None:
    assert complaint in lastseat("explore", "--faults", faults).complaint


@pytest.mark.parametrize("strategy", ["dpor", "preemptions=1", "delays=1"])
def test_every_strategy_injects_faults(lastseat: Run, strategy: str) -> None:
    options = ("--faults", "1", "--attempts", "2", "--implementation", "cancels-when-unsure", "--json")
    said, plain = lastseat("explore", *options, "--strategy", strategy), lastseat("explore", *options[2:])

    assert (said.status, plain.status) == (1, 0)
    (violation, *_) = said.data["violations"]
    assert re.search("[0-9][uacd]", violation["token"])


@pytest.mark.parametrize("strategy", ["brute", "merged"])
def test_replay_goes_on_from_a_step_with_a_strategy(lastseat: Run, strategy: str) -> None:
    said = lastseat("replay", "0.1.0.1", "--upto", "2", "--then", strategy, "--json")

    assert said.status == 0
    assert (len(said.data["steps"]), said.data["then"]["interleavings"]) == (2, 2)
    assert "2 schedules that begin so" in lastseat("replay", "0.1.0.1", "--upto", "2", "--then", strategy).out


def test_replay_refuses_to_go_on_with_what_cannot(lastseat: Run) -> None:
    assert "cannot go on from a point" in lastseat("replay", "0.1", "--then", "dpor").complaint


def test_a_stale_token_names_the_first_step_that_no_longer_applies(lastseat: Run) -> None:
    said = lastseat("replay", "0.1.0.0.1", "--attempts", "2")

    assert said.complaint.startswith("step 4: ")


def test_workers_are_for_dpor_alone(lastseat: Run) -> None:
    assert "--workers splits dpor" in lastseat("explore", "--workers", "2").complaint


def test_executions_that_stand_for_an_unknown_number_of_schedules_are_not_called_schedules(
    lastseat: Callable[..., Any],
) -> None:
    faulty = lastseat("explore", "--attempts", "2", "--capacity", "1", "--faults", "1", "--strategy", "dpor")
    plain = lastseat("explore", "--attempts", "2", "--capacity", "1", "--strategy", "dpor")

    assert "HOLDS: 50 executions of memory" in faulty.out
    assert "HOLDS: 6 schedules of memory" in plain.out
