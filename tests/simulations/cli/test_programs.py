"""Somebody's own program on the command line: the same commands as for bookings, and one line for what is none."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lastseat.simulations.cli import main as cli

Run = Callable[..., Any]

MINE = """\
from lastseat.testing import *

print("imported")

def increment(shared):
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)
    return seen

def counting():
    return Shared(counter=Register(0))

def is_counted(end):
    return end.shared.counter.value == 2

counted = at_end("no update is lost", is_counted)
case = Case([increment, increment], counting, [counted])
with_faults = Case([increment], counting, faults=Faults(1, crash=True))

def returned():
    return case

def mapping():
    return {"processes": [increment] * 2, "shared": counting, "properties": [counted]}

def three():
    return [increment] * 2, counting, [counted]

def test_lost():
    explore([increment] * 2, shared=counting, properties=[counted]).assert_holds()
    raise AssertionError("nobody comes here")

def test_sampled():
    assert sample([increment] * 2, shared=counting, properties=[counted], runs=50, seed=3).verdict != "holds"

class TestCounting:
    def test_lost(self):
        try:
            explore([increment] * 2, shared=counting, properties=[counted], strategy="brute")
        except Exception:
            pass

def safe():
    def add(shared):
        yield shared.counter.fetch_and_add(1)
    return [add] * 2, counting, [counted]

def vacuous():
    return [increment], counting, [at_end("nothing", is_counted, applies=lambda end: False)]

def stuck():
    def forth(shared):
        for step in shared.left.acquire, shared.right.acquire, shared.right.release, shared.left.release:
            yield step()
    def back(shared):
        for step in shared.right.acquire, shared.left.acquire, shared.left.release, shared.right.release:
            yield step()
    return [forth, back], lambda: Shared(left=Mutex(), right=Mutex())

def always_small():
    small = always("it stays below 2", lambda shared: shared.counter.value < 2)
    explore([increment] * 3, shared=counting, properties=[small], strategy="brute")

def nothing():
    pass

def needs(tmp_path):
    pass

def gives_three():
    return 3

def generates():
    yield 3

async def waits():
    return case

def raises():
    1 / 0

def leaves():
    raise SystemExit(0)

def unknown():
    return {"processes": [], "shared": counting, "colour": 1}

def lacking():
    return {"processes": []}

def foreign():
    import asyncio
    async def process(shared):
        await shared.counter.read()
        await asyncio.sleep(0)
    return [process], counting

def exits():
    def process(shared):
        yield shared.counter.read()
        exit(3)
    return [process], counting

number = 7
"""


@pytest.fixture(autouse=True)
def mine(own_module: Callable[[str], None]) -> None:
    own_module(MINE)


# --- what may be named ---------------------------------------------------------------------------------------------

ACCEPTED = [
    "mine:case",
    "mine:returned",
    "mine:mapping",
    "mine:three",
    "mine:test_lost",
    "mine:test_sampled",
    "mine.py:test_lost",
    "mine.py::test_lost",
    "./mine.py::TestCounting::test_lost",
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_names_a_program_is_explored_and_its_line_replays_the_violation(lastseat: Run, name: str) -> None:
    said = lastseat("explore", "--program", name, "--json")
    (violation,) = said.data["violations"]
    again = lastseat(*violation["replay"].split()[1:], "--json")

    assert (said.status, again.status) == (1, 1)
    assert set(said.err.split()) == {"imported"} or not said.err
    assert (said.data["verdict"], violation["name"], len(violation["steps"])) == ("violated", "no update is lost", 4)
    assert [(found["step"], found["name"]) for found in again.data["violations"]] == [(4, "no update is lost")]
    assert again.data["stale"] is False


REFUSED = {
    "mine:nothing": "calls neither explore nor sample, and returns nothing; a program is a Case, or",
    "mine:needs": "needs arguments (tmp_path); a program is a Case, or",
    "mine:gives_three": "returns a value of type int; a program is",
    "mine:generates": "returns a value of type generator; a program is",
    "mine:waits": "is an async def; a program is",
    "mine:number": "is a value of type int; a program is",
    "mine:TestCounting": "is the class TestCounting; a program is",
    "mine:raises": "mine:raises raised ZeroDivisionError: division by zero (mine.py, line ",
    "mine:leaves": "mine:leaves raised SystemExit: 0 (mine.py, line ",
    "mine:exits": "mine:exits raised SystemExit: 3 (mine.py, line ",
    "mine:unknown": 'returns a mapping with "colour", which is no argument of explore',
    "mine:lacking": 'returns a mapping without "shared"',
    "mine:foreign": "process 0 awaits what gives None, as asyncio.sleep does (mine.py:",
    "mine:cases": 'module "mine" has no "cases"; did you mean case?',
    "mine.py::test_lots": '"mine.py" has no "test_lots"; did you mean test_lost?',
    "mine.py::test_lost[1]": "is not of the form file.py::function",
    "nosuch.py::test_lost": '"nosuch.py" cannot be imported: there is no such file',
    "nosuch:case": 'module "nosuch" cannot be imported: ModuleNotFoundError',
    "a\x1b[31m\n:own": r'"a\x1b[31m\n:own" is not of the form',
    "": '"" is not of the form module:function',
}


@pytest.mark.parametrize(("name", "complaint"), REFUSED.items(), ids=map(ascii, REFUSED))
def test_what_names_no_program_is_told_in_one_line(lastseat: Run, name: str, complaint: str) -> None:
    said = lastseat("explore", "--program", name)
    said = type(said)(said.status, said.out, said.err.removeprefix("imported\n"))

    assert complaint in said.complaint


# --- what is said --------------------------------------------------------------------------------------------------

VERDICTS = {
    "mine:safe": (0, "holds", "HOLDS: 2 schedules of mine:safe"),
    "mine:stuck": (1, "violated", "deadlock is violated after 2 steps"),
    "mine:vacuous": (3, "vacuous", "VACUOUS: 1 schedule of mine:vacuous"),
    "mine:always_small": (1, "violated", "it stays below 2 is violated after"),
}


@pytest.mark.parametrize(("name", "due"), VERDICTS.items(), ids=VERDICTS)
def test_a_verdict_is_an_exit_status_a_word_and_a_line(lastseat: Run, name: str, due: tuple[int, str, str]) -> None:
    told, data = lastseat("explore", "--program", name), lastseat("explore", "--program", name, "--json")

    assert (told.status, data.status, data.data["verdict"]) == (due[0], due[0], due[1])
    assert due[2] in told.out


def test_the_json_of_a_program_has_the_fields_that_others_rely_on(lastseat: Run) -> None:
    said = lastseat("explore", "--program", "mine:case", "--strategy", "merged", "--json").data

    assert set(said) >= {"executions", "blocked", "deadlocks", "complete", "why", "vacuous", "seconds"}
    assert (said["interleavings"], said["states"], said["outcomes"]) == (6, 13, {})
    assert said["vectors"] == [[0, 0], [0, 1], [1, 0]]
    assert set(said["violations"][0]) >= {"name", "witness", "schedule", "steps", "replay"}


def test_deadlocks_may_be_allowed_and_faults_may_be_asked_for(lastseat: Run) -> None:
    allowed = lastseat("explore", "--program", "mine:stuck", "--deadlocks", "--json")
    faulty = lastseat("explore", "--program", "mine:safe", "--faults", "1:crash", "--strategy", "brute", "--json")
    own = lastseat("explore", "--program", "mine:with_faults", "--json")
    none = lastseat("explore", "--program", "mine:with_faults", "--faults", "0", "--json")

    assert (allowed.status, allowed.data["verdict"], allowed.data["deadlocks"]) == (0, "holds", 1)
    assert faulty.status == 1
    assert faulty.data["violations"][0]["replay"].endswith("--program mine:safe --faults 1:crash")
    assert lastseat(*faulty.data["violations"][0]["replay"].split()[1:]).status == 1
    assert (len(own.data["by_faults"]), none.data["by_faults"]) == (2, {})


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--executions", "2"], "2 executions were asked for"),
        (["--stop-at-first"], "it stopped at the first violation"),
        (["--strategy", "preemptions=0"], "more than 0 preemptions were left out"),
    ],
)
def test_a_bound_is_honoured_and_said(lastseat: Run, options: list[str], why: str) -> None:
    said = lastseat("explore", "--program", "mine:case", *options, "--json").data

    assert said["complete"] is False
    assert why in said["why"]


def test_a_sample_is_no_proof_and_has_the_runs_of_the_command_line_or_of_the_test(lastseat: Run) -> None:
    own = lastseat("sample", "--program", "mine:test_sampled", "--json")
    given = lastseat("sample", "--program", "mine:safe", "--runs", "20", "--seed", "5", "--json")
    told = lastseat("sample", "--program", "mine:safe", "--runs", "20")

    assert (own.status, own.data["executions"], own.data["seed"]) == (1, 50, 3)
    assert (given.status, given.data["verdict"], given.data["runs"], given.data["complete"]) == (
        0,
        "sampled",
        20,
        True,
    )
    assert re.search("^SAMPLED: nothing violated in 20 executions of mine:safe, ", told.out, re.MULTILINE)


@pytest.mark.parametrize("columns", [60, 80])
def test_all_but_what_is_to_be_copied_fits_the_terminal(
    lastseat: Run, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    told = lastseat("explore", "--program", "mine:stuck").out.splitlines()

    assert max(len(line.rstrip()) for line in told if "replay it:" not in line) <= columns
    assert any("each waits for the next: p0 → p1 → p0" in line for line in told)


# --- workers -------------------------------------------------------------------------------------------------------


def test_workers_change_nothing_and_what_is_printed_there_is_no_result(
    start_lastseat: Callable[..., "subprocess.Popen[str]"], lastseat: Run
) -> None:
    alone = lastseat("explore", "--program", "mine:case", "--json")
    split = start_lastseat("explore", "--program", "mine.py:case", "--workers", "2", "--json")
    out, err = split.communicate()

    together = type(alone)(split.returncode, out, err)
    assert (together.status, together.data["executions"]) == (1, alone.data["executions"])
    assert together.data["vectors"] == alone.data["vectors"]
    assert set(err.split()) == {"imported"}


def test_a_closure_that_cannot_be_sent_is_named(start_lastseat: Callable[..., "subprocess.Popen[str]"]) -> None:
    split = start_lastseat("explore", "--program", "mine:stuck", "--workers", "2")
    out, err = split.communicate()

    assert (split.returncode, out) == (2, "")
    assert "process 0 (stuck.<locals>.forth) cannot be sent to a worker: " in err


# --- one schedule again --------------------------------------------------------------------------------------------


def test_replay_tells_a_run_step_by_step(lastseat: Run) -> None:
    said = lastseat("replay", "0.1.0.1", "--program", "mine:case")
    data = lastseat("replay", "0.1.0.1", "--program", "mine:case", "--upto", "2", "--json").data

    assert (said.status, "  3. process 0 (mine.py:7): write counter: 1; counter 0 → 1" in said.out) == (1, True)
    assert "     VIOLATED no update is lost: it is not so" in said.out
    assert (len(data["steps"]), data["outcomes"], data["returned"], data["complete"]) == (2, {}, {}, False)
    assert data["violations"] == []


def test_replay_shows_what_always_holds_where_it_is_violated_first(lastseat: Run) -> None:
    said = lastseat("replay", "0.0.1.1.2.2", "--program", "mine:always_small", "--json")

    assert [(found["step"], found["name"]) for found in said.data["violations"]] == [(4, "it stays below 2")]


def test_replay_goes_on_from_a_step(lastseat: Run) -> None:
    said = lastseat("replay", "0.1", "--program", "mine:case", "--then", "brute", "--json")

    assert (said.status, said.data["then"]["executions"], said.data["then"]["vectors"]) == (1, 2, [[0, 0]])
    assert "2 schedules that begin so" in lastseat("replay", "0.1", "--program", "mine:case", "--then", "brute").out


def test_a_stale_token_that_still_fits_is_replayed_and_says_so(lastseat: Run) -> None:
    token = lastseat("explore", "--program", "mine:case", "--json").data["violations"][0]["schedule"]
    steps, _, made_for = token.partition("@")
    source, python, operations = made_for.split("-")

    older = lastseat("replay", f"{steps}@{source}-3.9-{operations}", "--program", "mine:case", "--json")
    other = lastseat("replay", f"{steps}@00000000-{python}-{operations}", "--program", "mine:case", "--json")

    assert (older.status, older.data["stale"], other.data["stale"]) == (1, True, True)
    assert older.err.startswith("lastseat: the token was made on Python 3.9, this is 3.")
    assert other.err == "lastseat: the source of the program has changed\n"


def test_a_stale_token_that_does_not_fit_says_which_step_no_longer_applies(
    lastseat: Run, own_module: Callable[[str], None]
) -> None:
    token = lastseat("explore", "--program", "mine:case", "--json").data["violations"][0]["schedule"]
    changed = "    seen = yield shared.counter.read()\n    yield shared.counter.read()\n"
    own_module(MINE.replace("    seen = yield shared.counter.read()\n", changed).replace('print("imported")', ""))

    said = lastseat("replay", token, "--program", "mine:case")

    assert said.complaint == (
        "step 3 no longer applies: process 1 is now before read counter; the source of the program has changed"
    )


def test_the_token_of_the_empty_schedule_is_no_option(lastseat: Run) -> None:
    assert lastseat("replay", "-@00000000-3.9-", "--program", "mine:case", "--json").data["steps"] == []
    assert lastseat("replay", "-@00000000", "--attempts", "2").status == 0


@pytest.mark.parametrize(
    ("ending", "begins"), [(".svg", b"<svg"), (".html", b"<!"), (".png", b"\x89PNG"), (".txt", b"mine:case")]
)
def test_a_run_is_drawn_in_every_format(lastseat: Run, tmp_path: Path, ending: str, begins: bytes) -> None:
    if ending == ".png":
        pytest.importorskip("matplotlib")
    file = tmp_path / f"run{ending}"

    said = lastseat("draw", "0.1.0.1", "--program", "mine:case", "-o", str(file), "--json")

    assert (said.status, said.data["file"], said.data["violations"]) == (0, str(file), [4])
    assert begins in file.read_bytes()[:200]


def test_a_drawing_without_a_file_goes_to_the_terminal(lastseat: Run) -> None:
    assert "counter" in lastseat("draw", "0.1.0.1", "--program", "mine:case").out


def test_the_guide_names_options_that_are_there() -> None:
    guide = (Path(__file__).parents[3] / "simulations" / "PROGRAMS.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `lastseat (\w+) (.*?)\|$", guide, re.MULTILINE)

    assert [command for command, _ in rows] == ["explore", "sample", "replay", "draw"]
    for command, said in rows:
        there = {option for parameter in cli.lastseat.commands[command].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", said)) <= there
