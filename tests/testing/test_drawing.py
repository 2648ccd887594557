"""`draw`: a run or a violation as text, or in a file of any format, with the violating step marked."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lastseat.simulations.common.files import WriteError
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.reports.drawn import WRITERS, write_run
from lastseat.testing import (
    Faults,
    Mutex,
    OperationFailedError,
    ProgramError,
    Register,
    Shared,
    act,
    at_end,
    draw,
    explore,
    replay,
    spawn,
)

Steps = Generator[Any, Any, Any]


def increment(shared: Any) -> Steps:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counter() -> Shared:
    return Shared(counter=Register(0))


@pytest.fixture(scope="module")
def lost() -> Violation:
    counted = at_end("both count", lambda end: bool(end.shared.counter.value == 2))
    return explore([increment] * 2, shared=counter, properties=[counted]).violations[0]


def test_a_violation_is_drawn_as_text_with_its_last_step_marked(lost: Violation) -> None:
    lines = draw(lost).splitlines()

    assert lines[0] == "both count is violated after 4 steps"
    assert next(line for line in lines if line.endswith("write 1 !─")).startswith("process 0")
    assert draw(lost, title="Lost").splitlines()[0] == "Lost"


def test_a_run_without_a_violation_has_nothing_marked() -> None:
    run = replay([increment] * 2, shared=counter, schedule="0.0.1.1")

    assert "!" not in draw(run)
    assert draw(run).splitlines()[0] == "2 processes, 4 steps"


@pytest.mark.parametrize(
    ("ending", "begins"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".html", b"<!doctype html>"), (".txt", b"both")]
)
def test_a_file_is_written_as_its_name_ends(lost: Violation, tmp_path: Path, ending: str, begins: bytes) -> None:
    file = tmp_path / f"lost{ending}"

    draw(lost, file)
    draw(lost, str(file))

    assert file.read_bytes().lower().startswith(begins.lower())
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_the_page_says_what_is_violated_and_how_to_replay_it(lost: Violation, tmp_path: Path) -> None:
    draw(lost, tmp_path / "lost.html")

    page = (tmp_path / "lost.html").read_text(encoding="utf-8")
    assert "✗ both count is violated: it is not so" in page
    assert "schedule=&quot;0.1.1.0&quot;" in page or 'schedule="0.1.1.0"' in page


@pytest.mark.parametrize("name", ["lost.pdf", "lost", "svg", ""])
def test_a_file_that_ends_otherwise_is_refused(lost: Violation, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"ends in none of \.svg, \.png, \.html, \.txt$"):
        draw(lost, f"{tmp_path}/{name}")

    assert list(tmp_path.iterdir()) == []


def test_there_is_no_writer_for_an_unknown_format(lost: Violation) -> None:
    assert lost.run is not None

    with pytest.raises(ValueError, match=r'^"\.pdf" is none of'):
        write_run(lost.run, ".pdf")


def test_a_folder_that_is_not_there_is_said_in_one_line(lost: Violation, tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"cannot be written: No such file or directory$"):
        draw(lost, tmp_path / "nowhere" / "lost.svg")


@pytest.mark.parametrize("shown", [Violation("none", "", (0,)), "0.1.0.1", None], ids=["violation", "text", "None"])
def test_what_is_no_run_is_refused(shown: Any) -> None:
    with pytest.raises(ProgramError, match=r"^a run or a violation is drawn, and not a v"):
        draw(shown)


def failing(shared: Any) -> Steps:
    def raise_it(_shared: Any) -> None:
        raise KeyError("k")

    try:
        yield act("find", raise_it, reads=("counter",), writes=())
    except KeyError:
        yield shared.counter.read()
    raise LookupError("gone")


def test_errors_are_drawn_by_their_names() -> None:
    (violation,) = explore([failing], shared=counter).violations

    text = draw(violation)

    assert "raises KeyError" in text
    assert "raises LookupError" in text
    assert "FAILS" not in text


def asserting(shared: Any) -> Steps:
    seen = yield shared.counter.read()
    assert seen == 1


def test_an_assertion_is_drawn_as_a_failure_that_is_marked_in_a_bare_run_too() -> None:
    run = replay([asserting], shared=counter, schedule="0")

    assert "FAILS" in draw(run)
    assert "!" in draw(run)


def paying(shared: Any) -> Steps:
    try:
        yield shared.counter.write(1)
    except OperationFailedError:
        yield shared.counter.read()


def holding(shared: Any) -> Steps:
    yield shared.lock.acquire()


@pytest.mark.parametrize(
    ("processes", "shared", "schedule", "faults"),
    [
        ([paying, increment], counter, "0a.1.0.1", Faults(1)),
        ([paying, increment], counter, "0u.1.0.1", Faults(1)),
        ([holding, holding], lambda: Shared(lock=Mutex()), "0", Faults(0)),
        ([increment] * 5, counter, "0.1.2.3.4.0.1.2.3.4", Faults(0)),
        ([increment], counter, "-", Faults(0)),
    ],
)
def test_every_format_draws_every_run(
    processes: Any, shared: Any, schedule: str, faults: Faults, tmp_path: Path
) -> None:
    run = replay(processes, shared=shared, schedule=schedule, faults=faults)

    for ending in WRITERS:
        draw(run, tmp_path / f"run{ending}")

    ET.parse(tmp_path / "run.svg")
    assert all((tmp_path / f"run{ending}").stat().st_size > 100 for ending in WRITERS)


def test_a_run_of_200_steps_is_drawn_in_columns_that_fit() -> None:
    def many(shared: Any) -> Steps:
        for _ in range(100):
            yield shared.counter.fetch_and_add()

    run = replay([many, many], shared=counter, schedule=".".join("01" * 100))

    lines = draw(run).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("step ") for line in lines) > 5


def test_a_process_that_was_begun_by_another_has_a_row_of_its_own() -> None:
    def work(shared: Any) -> Steps:
        yield shared.counter.write(1)

    def begin(_shared: Any) -> Steps:
        yield spawn(work)
        yield spawn(work)

    run = replay([begin], shared=counter, schedule="0.0.1")

    text = draw(run)
    assert [line[:9] for line in text.splitlines() if line.startswith("process")] == [
        "process 0",
        "process 1",
        "process 3",
    ]
    assert "◆spawn 1" in text
    assert "not begun" in text
