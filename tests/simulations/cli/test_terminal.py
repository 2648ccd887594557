"""The command line and what it is connected to: narrow terminals, pipes, files, and nothing at all."""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

Start = Callable[..., subprocess.Popen[str]]
STORY = ["explore", "--implementation", "forgets-identity", "--attempts", "2", "--capacity", "2", "--same-id"]
PICTURE = re.compile(r"[\u2800-\u28ff\u2501\u2578\u257a]")  # what a bar and its spinner are drawn with


def letters(text: str) -> Counter[str]:
    """Return how often each letter is there, wherever the lines and columns are broken."""
    return Counter(filter(str.isalpha, text))


def read_to_end(terminal: int) -> Iterator[bytes]:
    """Yield what is written to a pseudo-terminal, until nobody holds its other side any more."""
    with suppress(OSError):  # so Linux says the end
        while data := os.read(terminal, 65536):
            yield data


@pytest.fixture
def watched(start_lastseat: Start) -> Callable[..., tuple[int, str, str]]:
    """Run with standard error on a terminal; return the status, standard output, and what the terminal got."""

    def run(*arguments: str, **options: Any) -> tuple[int, str, str]:
        ours, theirs = pty.openpty()
        environment = {"TERM": "xterm", "COLUMNS": "100"}
        process = start_lastseat(*arguments, environment=environment, stderr=theirs, **options)
        os.close(theirs)
        terminal = b"".join(read_to_end(ours)).decode()
        os.close(ours)
        out = process.communicate()[0]
        return process.returncode, out or "", terminal

    return run


@pytest.mark.parametrize("columns", [40, 60, 80])
@pytest.mark.parametrize(
    "command",
    [["verify", "--scenario", "one-id-delivered-twice"], ["model"], STORY],
    ids=["verify", "model", "explore"],
)
def test_on_a_narrow_terminal_tables_fit_and_no_letter_is_lost(
    lastseat: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, command: list[str], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    wide = lastseat(*command)
    monkeypatch.setenv("COLUMNS", str(columns))
    narrow = lastseat(*command)

    rules = [line for line in narrow.out.splitlines() if "─" in line]
    assert rules
    assert max(map(len, rules)) <= columns
    assert letters(narrow.out) == letters(wide.out)


def test_a_pipe_gets_no_colours_and_no_bar(start_lastseat: Start) -> None:
    out, err = start_lastseat(*STORY).communicate()

    assert "\x1b" not in out
    assert not PICTURE.search(out)
    assert err == ""


def test_long_work_is_silent_where_standard_error_is_no_terminal(start_lastseat: Start) -> None:
    command = ["explore", "--strategy", "brute", "--attempts", "5", "--executions", "3000", "--json"]

    out, err = start_lastseat(*command, environment={"FORCE_COLOR": "1"}).communicate()

    assert (json.loads(out)["executions"], err) == (3000, "")


def test_a_terminal_shows_a_bar_with_rate_and_total_and_the_output_stays_clean(
    watched: Callable[..., tuple[int, str, str]],
) -> None:
    status, out, terminal = watched("explore", "--strategy", "brute", "--attempts", "5", "--seconds", "1.5", "--json")

    assert (status, json.loads(out)["complete"]) == (3, False)
    assert "attempts-5-capacity-1: brute" in terminal
    assert re.search(r"\d+/113400", terminal)
    assert re.search(r"[\d,]+/s", terminal)
    assert PICTURE.search(terminal)
    assert not PICTURE.search(out)


def test_a_total_too_large_to_be_reached_is_not_shown(watched: Callable[..., tuple[int, str, str]]) -> None:
    command = ["explore", "--strategy", "brute", "--attempts", "64", "--executions", "3", "--json"]

    status, out, terminal = watched(*command)

    assert (status, json.loads(out)["complete"]) == (3, False)
    assert "Traceback" not in terminal
    assert re.search(r"\d+/\?", terminal)


def test_what_your_code_prints_stays_off_the_output_while_a_bar_is_shown(
    watched: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(
        "from lastseat.reference.attempt_booking import attempt_booking\n"
        "def own(request):\n    print('printed')\n    return (yield from attempt_booking(request))\n",
        encoding="utf-8",
    )

    status, out, terminal = watched("explore", "--implementation", "mine:own", "--json", cwd=tmp_path)

    assert (status, json.loads(out)["complete"]) == (0, True)
    assert "printed" in terminal


@pytest.mark.parametrize("command", [STORY, ["replay", "0.0.1.1", *STORY[1:], "--json"]])
def test_who_reads_no_further_changes_no_verdict(start_lastseat: Start, command: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    process = start_lastseat(*command, stdout=writer)
    os.close(writer)

    assert process.communicate()[1] == ""
    assert process.returncode == 1


def test_help_that_nobody_reads_is_no_error(start_lastseat: Start) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    process = start_lastseat("--help", stdout=writer)
    os.close(writer)

    assert (process.communicate()[1], process.returncode) == ("", 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("command", [["explore"], ["replay", "0", "--json"], ["--help"]])
def test_output_that_cannot_be_written_is_one_line(start_lastseat: Start, command: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        process = start_lastseat(*command, stdout=full)
        err = process.communicate()[1]

    assert (process.returncode, err.count("\n")) == (2, 1)
    assert err.startswith("lastseat: ")
    assert err.endswith("No space left on device\n")


def test_a_terminal_that_knows_only_ascii_gets_every_line(start_lastseat: Start) -> None:
    out, err = start_lastseat(*STORY, environment={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}).communicate()

    assert err == ""
    assert out.isascii()
    assert "1. a#1 observes seats: 0 of 2 confirmed, version 0" in out
    assert r"\u2192 BOOKED" in out
