"""Results as tidy tables: a row for each point and outcome, or point and mix, and where it is from."""

import csv
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from io import BytesIO, StringIO
from pathlib import Path
from typing import TypeAlias

from lastseat.simulations.common.files import write_whole
from lastseat.simulations.common.text import quoted
from lastseat.simulations.sweeps.chunks import REVISION, Plan, Sampled
from lastseat.simulations.sweeps.estimates import CONFIDENCE, estimates
from lastseat.simulations.sweeps.sweep import Swept
from lastseat.simulations.sweeps.timed_exact import exact_means

Cell: TypeAlias = str | int | float | bool | None
Row: TypeAlias = dict[str, Cell]

TEXT, INTEGER, NUMBER, TRUTH = "string", "int64", "float64", "bool_"
POINT = {"attempts": INTEGER, "capacity": INTEGER, "law": TEXT, "policy": TEXT, "sampler": TEXT, "rate": NUMBER,
         "window": NUMBER}  # fmt: skip
PROVENANCE = {"runs": INTEGER, "complete": TRUTH, "seed": TEXT, "revision": INTEGER, "version": TEXT, "sweep": TEXT}
OUTCOMES = {"outcome": TEXT, "mean": NUMBER, "variance": NUMBER, "share": NUMBER, "standard_error": NUMBER,
            "low": NUMBER, "high": NUMBER, "confidence": NUMBER, "exact_mean": NUMBER}  # fmt: skip
MIXES = {"booked": INTEGER, "rejected": INTEGER, "failed": INTEGER, "count": INTEGER}


def outcome_rows(swept: Swept, confidence: float = CONFIDENCE) -> list[Row]:
    """Return a row for each point and outcome: means and shares with their intervals.

    `mean` and `variance` are in attempts of one schedule, `low` and `high` belong to `share`, and `exact_mean` is
    there where a formula for the point is known (`timed_exact`).
    """
    rows = []
    for sampled in swept.samples:
        for estimate, exact in zip(estimates(sampled, confidence), exact_means(sampled.point), strict=True):
            cells: Row = {
                "outcome": str(estimate.outcome),
                "mean": None if estimate.mean is None else float(estimate.mean),
                "variance": None if estimate.variance is None else float(estimate.variance),
                "share": estimate.share,
                "standard_error": estimate.standard_error,
                "low": estimate.low,
                "high": estimate.high,
                "confidence": confidence,
                "exact_mean": exact,
            }
            rows.append(_point_cells(sampled) | cells | _provenance(swept.plan, sampled))
    return rows


def mix_rows(swept: Swept) -> list[Row]:
    """Return a row for each point and mix: `count` of its runs ended in that mix."""
    rows = []
    for sampled in swept.samples:
        before, after = _point_cells(sampled), _provenance(swept.plan, sampled)
        for (booked, rejected, failed), count in sampled.mixes.items():
            cells: Row = {"booked": booked, "rejected": rejected, "failed": failed, "count": count}
            rows.append(before | cells | after)
    return rows


def write_table(path: Path, rows: Sequence[Row], columns: dict[str, str]) -> None:
    """Write rows as CSV or Parquet, by the ending of the name; `columns` is OUTCOMES or MIXES.

    Raises ValueError for another ending, ModuleNotFoundError when Parquet has no library, WriteError when the file
    cannot be written; what was there before still is then.
    """
    check_ending(path)
    schema = POINT | columns | PROVENANCE
    write_whole(path, (_parquet if path.suffix == ".parquet" else _csv)(rows, schema))


def check_ending(path: Path) -> None:
    """Raise ValueError for a name that is neither .csv nor .parquet, ModuleNotFoundError without its library."""
    if path.suffix not in (".csv", ".parquet"):
        raise ValueError(f"{quoted(str(path))} ends neither in .csv nor in .parquet")
    if path.suffix == ".parquet":
        try:
            import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise ModuleNotFoundError(
                "Parquet needs pyarrow: pip install 'lastseat[tables]' (CSV needs nothing)", name="pyarrow"
            ) from None


def _point_cells(sampled: Sampled) -> Row:
    point = sampled.point
    return {
        "attempts": point.attempts,
        "capacity": point.capacity,
        "law": str(point.law),
        "policy": str(point.policy),
        "sampler": str(point.sampler),
        "rate": None if point.rate is None else float(point.rate),
        "window": None if point.window is None else float(point.window),
    }


def _provenance(plan: Plan, sampled: Sampled) -> Row:
    """Return what is needed to get the same numbers again. The seed is text: it may need 64 bits without a sign."""
    return {
        "runs": sampled.runs,
        "complete": sampled.runs == plan.runs,
        "seed": str(plan.seed),
        "revision": REVISION,
        "version": version("lastseat"),
        "sweep": plan.fingerprint(),
    }


def _csv(rows: Sequence[Row], schema: dict[str, str]) -> bytes:
    text = StringIO(newline="")
    writer = csv.DictWriter(text, schema, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _parquet(rows: Sequence[Row], schema: dict[str, str]) -> bytes:
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    fields = [pyarrow.field(name, getattr(pyarrow, kind)()) for name, kind in schema.items()]
    # Of the whole file, for readers that look at metadata first.
    about = {name: str(rows[0][name]) for name in ("version", "seed", "revision", "sweep")} if rows else {}
    table = pyarrow.Table.from_pylist(list(rows), schema=pyarrow.schema(fields, metadata=about))
    written = BytesIO()
    parquet.write_table(table, written)
    return written.getvalue()
