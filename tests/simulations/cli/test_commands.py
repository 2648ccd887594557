"""The command line, given what it asks for. The field names are relied on by others."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lastseat.simulations.bookings.scenario_file import shipped_scenarios

ALWAYS = {"seconds", "complete", "violations"}
CHOICES = {
    "nothing": [],
    "attempts": ["--attempts", "3", "--capacity", "2"],
    "units": ["--attempts", "2", "--capacity", "3", "--units", "2,1"],
    "one id": ["--attempts", "2", "--same-id"],
    "a shipped scenario": ["--scenario", "two-resources-one-id"],
}


@pytest.mark.parametrize("options", CHOICES.values(), ids=CHOICES)
@pytest.mark.parametrize("strategy", ["brute", "merged"])
def test_explore_holds_and_counts_every_schedule(
    lastseat: Callable[..., Any], strategy: str, options: list[str]
) -> None:
    said = lastseat("explore", "--strategy", strategy, "--json", *options)

    fields = {"executions", "blocked", "interleavings", "states", "outcomes", "vectors"}
    assert (said.status, said.err) == (0, "")
    assert ALWAYS | fields <= set(said.data)
    assert (said.data["complete"], said.data["violations"]) == (True, [])
    assert said.data["interleavings"] == sum(said.data["outcomes"].values()) == (90 if "3" in options[:2] else 6)


@pytest.mark.parametrize("options", CHOICES.values(), ids=CHOICES)
def test_the_model_holds_and_says_how_large_it_is(lastseat: Callable[..., Any], options: list[str]) -> None:
    said = lastseat("model", "--engine", "readable", "--json", *options)

    assert (said.status, said.err) == (0, "")
    assert ALWAYS | {"states", "generated", "depth"} <= set(said.data)
    assert said.data["depth"] == 2 * (3 if "3" in options[:2] else 2)


def test_the_policy_of_the_model_changes_the_mix_of_outcomes(lastseat: Callable[..., Any]) -> None:
    said = lastseat("model", "--policy", "capacity-first", "--json")

    assert said.data["outcomes"] == {"1,1,0": 6}


def test_verify_makes_a_claim_for_each_clause_and_engine(lastseat: Callable[..., Any]) -> None:
    said = lastseat("verify", "--scenario", "two-attempts-one-seat", "--json")

    assert (said.status, said.err) == (0, "")
    assert ALWAYS | {"claims"} <= set(said.data)
    assert all(set(claim) == {"clause", "engine", "verdict", "coverage"} for claim in said.data["claims"])
    verdicts = {(claim["clause"], claim["engine"]): claim["verdict"] for claim in said.data["claims"]}
    assert verdicts["state.capacity", "merged"] == "holds"
    assert verdicts["persist.identity", "merged"] == "vacuous"
    assert verdicts["state.unique", "flawed forgets-identity"] == "holds"


def test_replay_tells_each_step_and_how_every_attempt_ended(lastseat: Callable[..., Any]) -> None:
    said = lastseat("replay", "0.1.0.1", "--json")

    assert (said.status, said.err) == (0, "")
    assert ALWAYS | {"steps", "outcomes"} <= set(said.data)
    assert [step["attempt"] for step in said.data["steps"]] == [0, 1, 0, 1]
    assert said.data["outcomes"] == ["BOOKED", "FAILED (version conflict)"]


def test_replay_goes_no_further_than_it_is_told(lastseat: Callable[..., Any]) -> None:
    said = lastseat("replay", "0.1.0.1", "--upto", "2", "--json")

    assert len(said.data["steps"]) == 2
    assert (said.data["outcomes"], said.data["complete"]) == (["unfinished", "unfinished"], False)


def test_the_empty_schedule_can_be_replayed(lastseat: Callable[..., Any]) -> None:
    said = lastseat("replay", "-")

    assert (said.status, said.out) == (0, "     a: unfinished\n     b: unfinished\n")


def test_a_violation_is_a_story_with_the_line_that_replays_it(lastseat: Callable[..., Any]) -> None:
    said = lastseat("explore", "--implementation", "ignores-version", "--capacity", "2")

    (line,) = (line for line in said.out.splitlines() if "replay it:" in line)
    again = lastseat(*line.split("replay it: lastseat ")[1].split())
    assert said.status == again.status == 1
    assert "persist.compare_and_swap is violated after 4 steps" in said.out
    assert "VIOLATED persist.compare_and_swap: a proposal made from version 0 took effect" in again.out
    assert again.err == ""


def test_a_file_that_is_not_shipped_can_be_replayed_from_its_violation(
    lastseat: Callable[..., Any], good_file: Path
) -> None:
    said = lastseat("explore", "--implementation", "ignores-version", "--scenario", str(good_file), "--json")

    (violation,) = said.data["violations"]
    again = lastseat(*violation["replay"].split()[1:], "--json")
    assert said.status == again.status == 1
    assert [found["clause"] for found in again.data["violations"]] == [violation["clause"]]
    assert violation["reproduced"] is True


@pytest.mark.parametrize(
    ("options", "least"), [(["--seconds", "0.2"], 1), (["--executions", "10"], 10)], ids=["seconds", "executions"]
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_budget_that_is_used_up_is_incomplete_and_never_holds(
    lastseat: Callable[..., Any], options: list[str], least: int, as_json: bool
) -> None:
    said = lastseat("explore", "--strategy", "brute", "--attempts", "6", *options, *["--json"] * as_json)

    assert (said.status, said.err) == (3, "")
    if as_json:
        assert said.data["complete"] is False
        assert said.data["interleavings"] >= least
    else:
        assert said.out.splitlines()[-1].startswith("INCOMPLETE: ")
        assert "HOLDS" not in said.out


def test_a_violation_found_within_a_budget_is_a_violation(lastseat: Callable[..., Any]) -> None:
    said = lastseat(
        "explore", "--strategy", "brute", "--executions", "200", "--implementation", "writes-in-two-steps",
        "--attempts", "4", "--json"
    )  # fmt: skip

    assert (said.status, said.data["complete"]) == (1, False)


@pytest.mark.parametrize("command", ["", "verify", "model", "prove", "explore", "replay", "draw"])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_everywhere(lastseat: Callable[..., Any], command: str, flag: str) -> None:
    said = lastseat(*command.split(), flag)

    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"Usage: lastseat {command}".rstrip())
    if command and command != "prove":  # the proof is about any number of attempts
        assert {"--json", "--scenario", "--attempts", "--capacity", "--units", "--same-id"} <= set(said.out.split())


def test_the_overview_names_each_command_with_a_whole_sentence(lastseat: Callable[..., Any]) -> None:
    said = lastseat("--help")

    listed = said.out.partition("Commands:")[2].strip().splitlines()
    assert {"draw", "explore", "figures", "model", "mutants", "outcomes", "prove", "replay", "sample", "verify"} == {
        line.split()[0] for line in listed
    }
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


def test_the_version_is_one_line(lastseat: Callable[..., Any]) -> None:
    said = lastseat("--version")

    assert (said.status, said.out.split()[0], len(said.out.splitlines())) == (0, "lastseat", 1)


def test_the_command_is_a_program_of_its_own(start_lastseat: Callable[..., subprocess.Popen[str]]) -> None:
    out, err = start_lastseat("explore", "--json").communicate()

    assert (out[:1], out[-2:], out.count("\n"), err) == ("{", "}\n", 1, "")


def test_every_shipped_scenario_can_be_named(lastseat: Callable[..., Any]) -> None:
    for scenario in shipped_scenarios():
        if len(scenario.requests) <= 3:
            assert lastseat("model", "--scenario", scenario.name).status == 0
