"""The command `outcomes`: the exact law as fractions, samples beside it, one clear line for what has none."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.scenario import contention

Run = Callable[..., Any]


@pytest.fixture
def data(lastseat: Run) -> Callable[..., dict[str, Any]]:
    """Return what runs `lastseat outcomes --json` and gives its object."""

    def run(*arguments: str) -> dict[str, Any]:
        said = lastseat("outcomes", *arguments, "--json")
        assert (said.status, said.err) == (0, "")
        found: dict[str, Any] = said.data
        return found

    return run


def test_the_law_is_given_as_fractions_that_are_those_of_all_schedules_of_the_real_code(data: Run) -> None:
    found = data("--attempts", "3", "--capacity", "2", "--law", "uniform")

    assert found["law"] == {"2,1,0": "1/15", "2,0,1": "8/15", "1,0,2": "2/5"}
    counted = explore_merged(contention(3, 2), MEMORY)
    shares = {mix: Fraction(ways, counted.interleavings or 0) for mix, ways in counted.outcomes.items()}
    assert {tuple(map(int, mix.split(","))): Fraction(mass) for mix, mass in found["law"].items()} == shares
    assert found["mean"] == ["8/5", "1/15", "4/3"]
    assert (found["complete"], found["violations"]) == (True, [])


def test_floats_come_with_their_error_and_agree_with_the_fractions(data: Run) -> None:
    found = data("--attempts", "12", "--capacity", "4", "--law", "walk", "--policy", "capacity-first", "--float")

    exact = outcomes(12, 4, "walk", "capacity-first").mass
    assert 0 < found["error"] < 1e-12
    assert {mix: found["law"][",".join(map(str, mix))] for mix in exact} == pytest.approx(
        {mix: float(mass) for mix, mass in exact.items()}, rel=found["error"]
    )


def test_a_sample_stands_beside_the_law_with_intervals_over_schedules(data: Run) -> None:
    found = data("--attempts", "3", "--capacity", "2", "--sample", "4000", "--seed", "7")

    assert sum(found["sampled"].values()) == found["runs"] == 4000
    assert set(found["sampled"]) == set(found["law"])
    for outcome, mean in zip(("BOOKED", "REJECTED", "FAILED"), found["mean"], strict=True):
        interval = found["intervals"][outcome]
        width = interval["high"] - interval["low"]
        assert interval["low"] - width < Fraction(mean) / 3 < interval["high"] + width
    assert (
        data("--attempts", "3", "--capacity", "2", "--sample", "4000", "--seed", "7")["sampled"] == found["sampled"]
    )


def test_a_scenario_of_unequal_units_has_its_law_too(data: Run) -> None:
    found = data("--scenario", "unequal-parties")

    assert sum(map(Fraction, found["law"].values())) == 1
    assert found["attempts"] == 3


def test_nobody_and_no_capacity_have_a_law(data: Run) -> None:
    assert data("--attempts", "0")["law"] == {"0,0,0": "1"}
    assert data("--attempts", "2", "--capacity", "0")["law"] == {"0,2,0": "1"}
    assert data("--attempts", "1", "--capacity", "9")["law"] == {"1,0,0": "1"}


def test_probabilities_of_faults_are_kept_exactly(data: Run) -> None:
    found = data("--attempts", "1", "--unavailable", "0.1")

    assert sum(map(Fraction, found["law"].values())) == 1
    assert Fraction(found["law"]["1,0,0"]) == Fraction(81, 100)


def test_people_read_a_table_with_the_law_in_its_title(lastseat: Run) -> None:
    said = lastseat("outcomes", "--attempts", "3", "--capacity", "2", "--law", "walk")

    assert said.status == 0
    assert "law walk, version-first" in said.out
    assert "3 mixes, exact" in said.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--law", "fair"], "'fair' is not one of 'uniform', 'walk'"),
        (["--attempts", "-1"], "-1 is not in the range"),
        (["--crash", "1.5"], '"1.5" is no probability from 0 to 1'),
        (["--crash", "1/0"], '"1/0" is no probability from 0 to 1'),
        (["--lost", "nan"], '"nan" is no probability from 0 to 1'),
        (["--units", "1,2,3"], "units"),
        (["--same-id"], "ids of their own"),
        (["--scenario", "one-id-delivered-twice"], "one-id-delivered-twice is another case"),
        (["--scenario", "two-attempts-one-fault"], "two-attempts-one-fault is another case"),
        (["--scenario", "one-attempt", "--attempts", "3"], "--scenario comes with no --attempts"),
        (["--sample", "0"], "0 is not in the range"),
        (["--sample", "5", "--in-flight", "1"], "--sample knows one unit each, no faults and no limit"),
        (["--plot", "law.doc"], '"law.doc" ends neither in .svg'),
        (["--plot", "no-such-folder/law.svg"], "No such file or directory"),
        (["--plot", "law.svg", "--kind", "pie"], "'pie' is not one of 'stacked'"),
    ],
)
def test_what_has_no_law_is_refused_in_one_line(lastseat: Run, arguments: list[str], complaint: str) -> None:
    assert complaint in lastseat("outcomes", *arguments).complaint


@pytest.mark.parametrize("kind", ["stacked", "heat-map", "ternary"])
def test_a_plot_is_written(data: Run, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "law.svg"

    found = data("--attempts", "6", "--capacity", "3", "--plot", str(file), "--kind", kind)

    assert found["plot"] == str(file)
    assert file.read_text(encoding="utf-8").startswith("<?xml")
