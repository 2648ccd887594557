"""What a sweep says: exact sums, intervals over schedules, and tables that tell where they are from."""

import csv
import sys
from fractions import Fraction
from importlib.metadata import version
from math import sqrt
from pathlib import Path

import pytest

from lastseat.model.law.outcomes import outcomes
from lastseat.reference.values import Outcome
from lastseat.simulations.common import files
from lastseat.simulations.common.files import WriteError
from lastseat.simulations.sweeps.bits import Bits
from lastseat.simulations.sweeps.chain import chain_mixes
from lastseat.simulations.sweeps.chunks import Plan, Sampled
from lastseat.simulations.sweeps.estimates import estimates
from lastseat.simulations.sweeps.points import Point, parse_grid
from lastseat.simulations.sweeps.sweep import Swept, sweep
from lastseat.simulations.sweeps.tables import MIXES, OUTCOMES, mix_rows, outcome_rows, write_table

PLAN = Plan(parse_grid("attempts=0,4 capacity=2 law=uniform,fixed-window rate=1 window=2"), 500, 2**64 - 1)


@pytest.fixture(scope="module")
def swept() -> Swept:
    return sweep(PLAN)


def test_means_and_variances_are_exact() -> None:
    booked, rejected, failed = estimates(Sampled(Point(3, 2), {(2, 1, 0): 1, (2, 0, 1): 2, (1, 0, 2): 1}, 1))

    assert (booked.mean, rejected.mean, failed.mean) == (Fraction(7, 4), Fraction(1, 4), Fraction(1))
    assert (booked.variance, rejected.variance, failed.variance) == (Fraction(1, 4), Fraction(1, 4), Fraction(2, 3))
    assert booked.share == pytest.approx(7 / 12)
    assert booked.standard_error == pytest.approx(sqrt(1 / 4 / 4) / 3)
    assert booked.low == pytest.approx(7 / 12 - 1.959964 * sqrt(1 / 16) / 3, rel=1e-6)
    assert booked.high == pytest.approx(7 / 12 + 1.959964 * sqrt(1 / 16) / 3, rel=1e-6)


def test_what_a_sample_cannot_say_is_none() -> None:
    nothing, once, nobody = (Sampled(Point(2, 1)), Sampled(Point(2, 1), {(1, 1, 0): 1}, 1),
                             Sampled(Point(0, 1), {(0, 0, 0): 9}, 1))  # fmt: skip

    assert [(one.mean, one.share, one.low) for one in estimates(nothing)] == [(None, None, None)] * 3
    assert next((one.mean, one.variance, one.low) for one in estimates(once)) == (1, None, None)
    assert [(one.mean, one.share, one.low) for one in estimates(nobody)] == [(0, None, None)] * 3


def test_runs_that_are_all_alike_do_not_claim_certainty() -> None:
    booked, rejected, _ = estimates(Sampled(Point(2, 1), {(1, 1, 0): 100}, 1))

    unseen = 1 - 0.05 ** (1 / 100)
    assert (booked.low, booked.high) == (pytest.approx(0.5 - unseen / 2), pytest.approx(0.5 + unseen / 2))
    assert (rejected.low, rejected.high) == (booked.low, booked.high)


def test_intervals_over_schedules_cover_the_exact_mean_where_pooled_ones_do_not() -> None:
    point, exact = Point(40, 5), outcomes(40, 5).share()
    covered, pooled = dict.fromkeys(Outcome, 0), dict.fromkeys(Outcome, 0)
    for seed in range(200):
        for one in estimates(Sampled(point, chain_mixes(point, 200, Bits(seed, point.key(), 0)))):
            assert one.share is not None
            assert one.low is not None
            assert one.high is not None
            mean = float(exact[list(exact)[list(Outcome).index(one.outcome)]])
            covered[one.outcome] += one.low <= mean <= one.high
            reach = 1.96 * sqrt(one.share * (1 - one.share) / (200 * 40))
            pooled[one.outcome] += abs(one.share - mean) <= reach

    assert all(178 <= many <= 198 for many in covered.values())  # 190 are expected
    assert pooled[Outcome.REJECTED] < 150
    assert pooled[Outcome.BOOKED] == 200


def test_a_table_has_a_row_for_each_point_and_outcome_and_says_where_it_is_from(swept: Swept, tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", outcome_rows(swept), OUTCOMES)

    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 3
    assert {(row["seed"], row["version"], row["sweep"], row["runs"], row["complete"]) for row in rows} == {
        (str(2**64 - 1), version("lastseat"), PLAN.fingerprint(), "500", "True")
    }
    for place in range(6, 12, 3):
        assert sum(float(row["share"]) for row in rows[place : place + 3]) == pytest.approx(1)
    timed = [row for row in rows if row["law"] == "fixed-window" and row["attempts"] == "4"]
    assert [row["outcome"] for row in timed] == list(Outcome)
    assert all(abs(float(row["mean"]) - float(row["exact_mean"])) < 0.3 for row in timed)


def test_the_table_of_mixes_holds_every_run_once(swept: Swept, tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", mix_rows(swept), MIXES)

    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["count"]) for row in rows) == 4 * 500
    for row in rows:
        assert int(row["booked"]) + int(row["rejected"]) + int(row["failed"]) == int(row["attempts"])


def test_parquet_holds_what_csv_holds(swept: Swept, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    rows = outcome_rows(swept)

    write_table(tmp_path / "a.parquet", rows, OUTCOMES)

    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.to_pylist() == rows
    assert table.schema.metadata[b"sweep"] == PLAN.fingerprint().encode()


def test_without_its_library_parquet_is_one_clear_line(
    swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    with pytest.raises(ModuleNotFoundError, match=r"^Parquet needs pyarrow: pip install 'lastseat\[tables\]'"):
        write_table(tmp_path / "a.parquet", outcome_rows(swept), OUTCOMES)


def test_another_ending_is_one_clear_line(swept: Swept, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'"[^"]*a.xlsx" ends neither in .csv nor in .parquet'):
        write_table(tmp_path / "a.xlsx", outcome_rows(swept), OUTCOMES)


def test_a_full_disk_leaves_the_table_before(swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(_file: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.csv").write_text("before", encoding="utf-8")
    monkeypatch.setattr(files.os, "fsync", full_disk)

    with pytest.raises(WriteError, match="cannot be written: No space left on device"):
        write_table(tmp_path / "a.csv", outcome_rows(swept), OUTCOMES)

    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["before"]
