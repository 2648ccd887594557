"""What the README of the project says is so: its example, its commands, its figures."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, STEP_CHECKS
from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE
from lastseat.simulations.bookings.scenario import contention

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^lastseat (.*?)(?:\s+#.*)?$", README, re.MULTILINE)


EXAMPLES = re.findall(r"```python\n(.*?)```.*?It prints `(.*?)`", README, re.DOTALL)


@pytest.mark.parametrize(("example", "promised"), EXAMPLES)
def test_the_examples_print_what_the_readme_says(example: str, promised: str) -> None:
    printed = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True)

    assert printed.stdout.strip() == promised
    assert len([line for line in example.splitlines() if line.strip()]) <= 12


# They take a while, and have tests of their own.
LONG = ("verify --report", "mutants")


def test_the_readme_has_two_examples_and_the_long_commands() -> None:
    assert len(EXAMPLES) == README.count("```python") == 2
    assert all(any(command.startswith(long) for command in COMMANDS) for long in LONG)


@pytest.mark.parametrize("command", [one for one in COMMANDS if not one.startswith(LONG)])
def test_every_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "lastseat.simulations.cli.main", *command.split()]

    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)

    flawed = "ignores-version" in command
    assert (done.returncode, done.stderr) == (int(flawed), "")
    assert ("VIOLATED" in done.stdout) == flawed


def test_the_readme_shows_some_commands() -> None:
    assert len(COMMANDS) >= 3


def test_the_number_of_schedules_of_eight_attempts_is_the_one_in_the_readme() -> None:
    assert f"{explore_merged(contention(8, 4), MEMORY).interleavings:,} schedules" in README


def test_every_checked_clause_has_its_place_in_the_table_of_guarantees() -> None:
    table = README.partition("| guarantee |")[2]
    clauses = {one.clause for checks in (STATE_CHECKS, STEP_CHECKS, RUN_CHECKS) for one in checks}

    assert clauses | {LINEARIZABLE} == set(re.findall(r"`([a-z]+\.[a-z_]+)`", table.partition("- *Model*")[0]))
