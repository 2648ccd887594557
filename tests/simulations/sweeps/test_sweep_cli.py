"""The options of a sweep on the command line: results, statuses, and one clear line for what cannot be."""

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from lastseat.simulations.cli import main as cli
from lastseat.simulations.cli.sweeps import SweepOptions, run_sweep, sweep_options
from lastseat.simulations.common import files
from lastseat.simulations.sweeps import sweep as sweep_module


@click.command("sampling")
@sweep_options
@click.option("--runs", type=int, default=300)
@click.option("--seed", type=int, default=1)
@click.option("--json", "as_json", is_flag=True)
def sampling(sweep: SweepOptions | None, runs: int, seed: int, as_json: bool) -> int:
    """Stand in for the command that has these options."""
    return 0 if sweep is None else run_sweep(sweep, runs, seed, as_json)


@pytest.fixture
def sample(lastseat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """Run a command with the options of a sweep, in an empty folder."""
    monkeypatch.setitem(cli.lastseat.commands, "sampling", sampling)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: lastseat("sampling", *arguments)


GRID = "attempts=0,4 capacity=2 law=uniform,fixed-window rate=1 window=1.5"


def test_a_sweep_prints_a_line_for_each_point_and_claims_nothing_to_hold(sample: Callable[..., Any]) -> None:
    said = sample("--sweep", GRID)

    assert (said.status, said.err) == (0, "")
    assert "Per cent of the attempts, 95 % intervals over schedules, 300 schedules each" in said.out
    assert "fixed 1.5, version-first" in said.out
    assert "SAMPLED: 4 points, 1,200 schedules, seed 1, " in said.out
    assert "HOLDS" not in said.out


def test_the_json_of_a_sweep_is_one_object(sample: Callable[..., Any]) -> None:
    said = sample("--sweep", GRID, "--json", "--confidence", "0.9")

    data = said.data
    assert (said.status, said.err) == (0, "")
    assert (data["complete"], data["violations"], data["trouble"], data["seed"], data["runs"]) == (
        True,
        [],
        [],
        1,
        300,
    )
    assert [one["attempts"] for one in data["points"]] == [0, 0, 4, 4]
    assert data["points"][0]["outcomes"] == {"0,0,0": 300}
    last = data["points"][-1]
    assert sum(last["outcomes"].values()) == last["runs"] == 300
    booked = last["estimates"]["BOOKED"]
    assert booked["confidence"] == 0.9
    assert booked["low"] < booked["share"] < booked["high"]
    assert abs(booked["mean"] - booked["exact_mean"]) < 0.2


def test_without_sweep_there_is_none(sample: Callable[..., Any]) -> None:
    assert sample().status == 0


def test_tables_and_a_checkpoint_are_written(sample: Callable[..., Any]) -> None:
    said = sample("--sweep", GRID, "--table", "a.csv", "--mixes", "b.csv", "--checkpoint", "c.json", "--workers", "1")

    assert said.status == 0
    for name, rows in (("a.csv", 12), ("b.csv", len(json.loads(Path("c.json").read_text())["points"]))):
        with Path(name).open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) >= rows


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--sweep", "attempts=2"), "sweep: capacity= is missing"),
        (("--sweep", GRID, "--runs", "0"), "runs must be an integer from 1 to 1000000000000000, not 0"),
        (("--sweep", GRID, "--seed", "-1"), "seed must be an integer from 0 to 2**64 - 1, not -1"),
        (("--sweep", GRID, "--confidence", "1"), "confidence must be between 0 and 1, not 1.0"),
        (("--sweep", GRID, "--table", "a.txt"), '"a.txt" ends neither in .csv nor in .parquet'),
        (("--sweep", GRID, "--checkpoint", "no/c"), '"no/c" cannot be written: No such file or directory'),
        (
            ("--sweep", GRID, "--workers", "2", "--dask", "tcp://127.0.0.1:1"),
            "--workers comes with no address of --dask",
        ),
        (("--table", "a.csv"), "--table comes with --sweep"),
        (("--workers", "0"), "Invalid value for '--workers': 0 is not in the range 1<=x<=1024."),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    sample: Callable[..., Any], arguments: tuple[str, ...], complaint: str
) -> None:
    assert sample(*arguments).complaint.startswith(complaint)
    assert not Path("a.csv").exists()


@pytest.mark.parametrize(
    ("missing", "arguments", "complaint"),
    [
        ("distributed", ("--dask", "local"), "Dask is missing: pip install 'lastseat[dask]'"),
        ("pyarrow.parquet", ("--table", "a.parquet"), "Parquet needs pyarrow: pip install 'lastseat[tables]'"),
    ],
)
def test_a_library_that_is_missing_is_one_clear_line(
    sample: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    missing: str,
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)

    assert sample("--sweep", GRID, *arguments).complaint.startswith(complaint)


def test_a_broken_checkpoint_is_one_clear_line(sample: Callable[..., Any]) -> None:
    Path("c.json").write_text("{}", encoding="utf-8")

    complaint = sample("--sweep", GRID, "--checkpoint", "c.json").complaint

    assert complaint == 'checkpoint "c.json" is broken, or no checkpoint of a sweep; it was left alone'


def test_an_interruption_prints_what_was_counted_and_says_incomplete(
    sample: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = iter(range(10))

    def interrupted(chunk: Any) -> dict[tuple[int, int, int], int]:
        if next(chunks) == 2:
            raise KeyboardInterrupt
        return {(0, 0, chunk.point.attempts): chunk.runs}

    monkeypatch.setattr(sweep_module, "run_chunk", interrupted)

    said = sample("--sweep", GRID, "--workers", "1")

    assert said.status == 130
    assert "INCOMPLETE: 4 points, " in said.out
    assert "SAMPLED" not in said.out


def test_a_table_that_cannot_be_written_costs_no_result(
    sample: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full_disk)

    said = sample("--sweep", GRID, "--table", "a.csv", "--json")

    assert said.status == 2
    assert said.data["complete"]
    assert said.err == 'lastseat: "a.csv" cannot be written: No space left on device\n'


def test_workers_that_cannot_be_kept_alive_make_it_incomplete(
    sample: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "MOST_LOSSES", -1)

    said = sample("--sweep", GRID, "--workers", "1", "--json")

    assert (said.status, said.data["complete"]) == (3, False)
    assert said.err.startswith("lastseat: workers died")
