"""What the tests of the command line share: running it, in this process and as one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lastseat.simulations.cli import main as cli

GOOD = """\
title = "Ann twice, and Bob"

[[resources]]
id = "flight-7"
capacity = 2

[[attempts]]
booking_id = "ann"
resource_id = "flight-7"
requested_units = 1
deliveries = 2

[[attempts]]
booking_id = "bob"
resource_id = "flight-7"
requested_units = 1
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a run of the command line left behind."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON object on standard output; ValueError where anything else is there."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on standard error of a run that was refused."""
        assert (self.status, self.out) == (2, "")
        assert self.err.startswith("lastseat: ")
        line = self.err.removeprefix("lastseat: ").removesuffix("\n")
        assert line.isprintable()
        return line


@pytest.fixture
def lastseat(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run the command line in this process."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["lastseat", *arguments])
        capsys.readouterr()
        status = cli._run()
        return Said(status, *capsys.readouterr())

    return run


@pytest.fixture
def start_lastseat() -> Callable[..., subprocess.Popen[str]]:
    """Start the command line as a process of its own; what it says comes through pipes unless told otherwise."""

    def start(*arguments: str, environment: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        clean = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS")}
        return subprocess.Popen(
            [sys.executable, "-m", "lastseat.simulations.cli.main", *arguments],
            env={**clean, "PYTHONUTF8": "1", **(environment or {})},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    return start


@pytest.fixture
def good_file(tmp_path: Path) -> Path:
    """A scenario file that says what is right."""
    path = tmp_path / "good.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write a module `mine` of somebody's own into the current folder, which is an empty one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "mine", raising=False)

    def write(source: str) -> None:
        (tmp_path / "mine.py").write_text(source, encoding="utf-8")
        sys.modules.pop("mine", None)

    return write
