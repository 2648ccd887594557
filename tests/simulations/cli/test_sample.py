"""The command line, asked for random schedules. The field names are relied on by others."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from lastseat.simulations.bookings.implementations import find_implementation
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.cli import main as cli
from lastseat.simulations.cli import sample as cli_sample
from lastseat.simulations.cli.sample import Draws, sample_booking, sample_command
from lastseat.simulations.cli.sweeps import SweepOptions
from lastseat.simulations.kernel.exploration import Exploration

FIELDS = {"seconds", "complete", "violations", "executions", "strategy", "seed", "outcomes", "vectors"}
STRATEGIES = ("uniform", "walk", "pct", "pos")


@pytest.fixture
def sample(lastseat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `lastseat sample` in this process."""
    monkeypatch.setitem(cli.lastseat.commands, "sample", sample_command)
    return lambda *arguments: lastseat("sample", *arguments)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_sample_of_the_real_code_counts_runs_and_is_done_when_all_were_made(
    sample: Callable[..., Any], strategy: str
) -> None:
    said = sample("--strategy", strategy, "--runs", "300", "--seed", "5", "--json")

    assert (said.status, said.err) == (0, "")
    assert set(said.data) >= FIELDS
    assert (said.data["complete"], said.data["violations"], said.data["stopped"]) == (True, [], "")
    assert said.data["executions"] == said.data["runs"] == sum(said.data["outcomes"].values()) == 300
    assert set(said.data["outcomes"]) == {"1,1,0", "1,0,1"}
    assert len(said.data["vectors"]) == 4
    assert (said.data["strategy"], said.data["seed"], said.data["depth"]) == (
        strategy, 5, 3 if strategy == "pct" else None,
    )  # fmt: skip
    assert "interleavings" not in said.data
    assert said.data["law"].startswith("a sample of 300 runs is no proof; ")


def test_the_same_seed_gives_the_same_sample(sample: Callable[..., Any]) -> None:
    def outcomes(seed: str) -> Any:
        return sample("--attempts", "3", "--runs", "200", "--seed", seed, "--json").data["outcomes"]

    assert outcomes("1") == outcomes("1") != outcomes("2")


def test_one_seat_is_rejected_in_a_third_of_the_interleavings_and_in_half_of_the_walks() -> None:
    """A rejection needs an attempt that ran alone: 2 of 6 interleavings, and of the walks each second one."""
    scenario, memory = contention(2, 1), find_implementation("memory")

    def seen(strategy: str) -> Exploration:
        return sample_booking(scenario, memory, Draws(strategy, 3_000)).seen

    # Five standard deviations are 130 runs and 137; the two laws are 500 apart.
    assert abs(seen("uniform").outcomes[1, 1, 0] - 1_000) < 130
    assert abs(seen("walk").outcomes[1, 1, 0] - 1_500) < 137


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_wrong_implementation_is_caught_with_a_schedule_that_can_be_replayed(
    sample: Callable[..., Any], lastseat: Callable[..., Any], strategy: str
) -> None:
    said = sample("--strategy", strategy, "--runs", "50", "--implementation", "last-write-wins", "--json")
    one = next(one for one in said.data["violations"] if one["clause"] == "persist.compare_and_swap")

    again = lastseat("replay", one["token"], "--implementation", "last-write-wins", "--json")

    assert (said.status, one["reproduced"], again.status) == (1, True, 1)
    assert one["clause"] in {found["clause"] for found in again.data["violations"]}


def test_a_sample_that_found_nothing_does_not_say_that_anything_holds(sample: Callable[..., Any]) -> None:
    said = sample("--runs", "100", "--seed", "3")

    assert said.status == 0
    last = said.out.splitlines()[-1]
    assert re.fullmatch(r"SAMPLED: nothing violated in 100 runs of memory, seed 3, \d+\.\d\d s", last)
    assert "A sample of 100 runs is no proof; every interleaving was equally likely." in said.out
    assert "HOLDS" not in said.out
    assert "Not exercised here: persist.identity." in said.out


def test_a_violation_is_told_as_a_story(sample: Callable[..., Any]) -> None:
    said = sample("--runs", "50", "--implementation", "last-write-wins")

    assert said.status == 1
    assert re.search(r"^persist.compare_and_swap is violated after \d steps$", said.out, re.MULTILINE)
    assert "replay it: lastseat replay " in said.out
    assert said.out.splitlines()[-1].startswith("VIOLATED: 50 runs of last-write-wins, seed 0, ")


def test_a_sample_that_ran_out_of_time_is_not_complete(sample: Callable[..., Any]) -> None:
    said = sample("--runs", "1000000000", "--seconds", "0.000001", "--json")
    told = sample("--runs", "1000000000", "--seconds", "0.000001")

    assert (said.status, said.data["complete"], said.data["executions"]) == (3, False, 64)
    assert said.data["stopped"].startswith("stopped before 1,000,000,000 runs were made: 1e-06 seconds were used up")
    assert told.status == 3
    assert told.out.splitlines()[-1].startswith("INCOMPLETE: nothing violated in 64 runs of memory")


def test_ctrl_c_keeps_the_runs_that_were_made(sample: Callable[..., Any], own_module: Callable[[str], None]) -> None:
    own_module(
        "from lastseat.reference.attempt_booking import attempt_booking\n"
        "begun = 0\n\n\n"
        "def tired(request):\n"
        "    global begun\n"
        "    begun += 1\n"
        "    if begun == 200:\n"
        "        raise KeyboardInterrupt\n"
        "    return (yield from attempt_booking(request))\n"
    )

    said = sample("--strategy", "walk", "--implementation", "mine:tired", "--json")

    assert (said.status, said.data["complete"]) == (130, False)
    assert 60 < said.data["executions"] == sum(said.data["outcomes"].values()) < 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--runs", "0"], "Invalid value for '--runs': 0 is not in the range"),
        (["--seed", "-1"], "Invalid value for '--seed': -1 is not in the range"),
        (["--depth", "0", "--strategy", "pct"], "Invalid value for '--depth': 0 is not in the range"),
        (["--depth", "2"], "--depth is for pct, and uniform has none"),
        (["--strategy", "fair"], "Invalid value for '--strategy': 'fair' is not one of 'uniform', 'walk'"),
        (["--sweep", "attempts=2 capacity=1", "--depth", "2"], "--sweep comes with no --depth"),
        (["--sweep", "attempts=2 capacity=1", "--attempts", "3"], "--sweep comes with no --attempts"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_one_line(
    sample: Callable[..., Any], arguments: list[str], said: str
) -> None:
    assert sample(*arguments).complaint.startswith(said)


def test_samples_of_a_scenario_with_faults_have_faults(
    sample: Callable[..., Any], tmp_path: Any, good_file: Any
) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(good_file.read_text(encoding="utf-8") + "\n[faults]\nmost = 1\n", encoding="utf-8")

    said = sample("--scenario", str(path))

    assert said.status == 0
    law = "while faults were left, each that could strike in a step was as likely as none"
    assert law in " ".join(said.out.split())


def test_a_grid_is_left_to_the_sweep(sample: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def swept(*arguments: Any) -> int:
        asked.extend(arguments)
        return 3

    monkeypatch.setattr(cli_sample, "run_sweep", swept)

    said = sample("--sweep", "attempts=2 capacity=1", "--runs", "100", "--seed", "4", "--workers", "2", "--json")

    assert said.status == 3
    assert asked == [SweepOptions("attempts=2 capacity=1", workers=2), 100, 4, True]
