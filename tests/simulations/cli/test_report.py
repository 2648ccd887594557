"""`lastseat verify --report`: one page of a whole run, with the kill table and every flaw explained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lastseat.reference.flawed import GALLERY
from lastseat.simulations.verification.claims import CLAUSES

Run = Callable[..., Any]


def test_the_report_has_the_verdict_the_kill_table_and_every_flaw_with_its_cause(
    lastseat: Run, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"

    said = lastseat("verify", "--scenario", "two-attempts-one-seat", "--report", str(file), "--json")

    assert (said.status, said.data["report"]) == (0, str(file))
    page = file.read_text(encoding="utf-8")
    assert "Executions to the first violation" in page
    assert "Which property catches what" in page
    assert all(name in page for name in (*GALLERY, *CLAUSES))
    assert "persisted in step 4 on version 0, stale since step 3, and the store accepted it" in page
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page


@pytest.mark.parametrize(
    ("file", "complaint"),
    [("report.pdf", '"report.pdf" does not end in .html'), ("no-such-folder/r.html", "No such file or directory")],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(lastseat: Run, file: str, complaint: str) -> None:
    assert complaint in lastseat("verify", "--report", file).complaint
