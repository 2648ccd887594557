"""What is installed is what was tested: the wheel holds the three parts, their data, and nothing else."""

import json
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest

PARTS = ("model", "reference", "simulations")
ROOT = Path(__file__).resolve().parents[2]

# A fresh interpreter that reads no `.pth` file, and so cannot find the checkout: it has the wheel's files and what
# others have packaged.
RUN_THE_WHEEL = """
import sys
wheel, *third_party = {paths!r}
sys.path[:0] = [wheel]
sys.path += third_party
from lastseat.simulations.cli.main import _run
sys.argv = ["lastseat", *{arguments!r}]
status = _run()
strangers = [name for name, module in sys.modules.items() if name.split(".")[0] == "lastseat"
             and not all(place.startswith(wheel) for place in getattr(module, "__path__", None) or [module.__file__])]
sys.exit(f"not from the wheel: {{strangers}}" if strangers else status)
"""


def run_wheel(unpacked: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = [str(unpacked), *dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))]
    program = RUN_THE_WHEEL.format(paths=paths, arguments=arguments)
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_every_module_of_the_three_parts_and_nothing_else(built: Any) -> None:
    sources = [(ROOT / part, path) for part in PARTS for path in (ROOT / part / "lastseat").rglob("*.py")]
    modules = {path.relative_to(folder).as_posix() for folder, path in sources}

    packaged = {name for name in built.names if ".dist-info/" not in name}

    assert {name for name in packaged if name.endswith(".py")} == modules
    assert {name.split("/")[0] for name in packaged} == {"lastseat"}
    assert {name.split("/")[1] for name in packaged} == {*PARTS, "testing"}


def test_lastseat_itself_is_no_package(built: Any) -> None:
    assert "lastseat/__init__.py" not in built.names


@pytest.mark.parametrize("part", PARTS)
def test_each_part_says_that_it_is_typed(built: Any, part: str) -> None:
    assert f"lastseat/{part}/py.typed" in built.names


def test_the_wheel_holds_every_shipped_scenario(built: Any) -> None:
    shipped = {path.name: path.read_bytes() for path in (ROOT / "specs" / "scenarios").glob("*.toml")}

    packaged = {path.name: path.read_bytes() for path in (built.unpacked / "lastseat").rglob("scenarios/*.toml")}

    assert len(packaged) >= 10
    assert packaged == shipped


def test_the_wheel_is_for_every_platform(built: Any) -> None:
    assert built.wheel.name.endswith("-py3-none-any.whl")


def test_the_main_job_needs_three_packages_and_no_more(built: Any) -> None:
    metadata = message_from_string(built.read("*.dist-info/METADATA"))

    required = metadata.get_all("Requires-Dist") or []
    assert {one.split(">")[0] for one in required if "extra ==" not in one} == {"click", "rich", "pydantic"}
    assert (metadata["Name"], metadata["Requires-Python"]) == ("lastseat", ">=3.11")
    assert metadata.get_all("License-File") == ["LICENSE"]


def test_the_wheel_installs_the_command(built: Any) -> None:
    assert "lastseat = lastseat.simulations.cli.entry:main" in built.read("*.dist-info/entry_points.txt").splitlines()


def test_the_main_job_runs_from_the_wheel_alone(built: Any, tmp_path: Path) -> None:
    done = run_wheel(built.unpacked, tmp_path, "verify", "--scenario", "two-attempts-one-seat", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["complete"], said["violations"]) == (True, [])
    assert [row["scenario"] for row in said["scenarios"]] == ["two-attempts-one-seat"]


def test_a_module_of_your_own_called_model_is_not_in_the_way(built: Any, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "from lastseat.reference.attempt_booking import attempt_booking as own\n", encoding="utf-8"
    )

    done = run_wheel(built.unpacked, tmp_path, "explore", "--implementation", "model:own", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["interleavings"] == 6


def test_the_source_distribution_builds_the_same_wheel(built: Any, rebuilt: Path) -> None:
    with zipfile.ZipFile(built.wheel) as ours, zipfile.ZipFile(rebuilt) as theirs:
        first = {one.filename: one.CRC for one in ours.infolist()}
        second = {one.filename: one.CRC for one in theirs.infolist()}

    assert first == second


@pytest.mark.parametrize("needed", ["Makefile", "LICENSE", "specs/booking.md", "tests/README.md", "README.md"])
def test_the_source_distribution_holds_what_a_packager_needs(built: Any, needed: str) -> None:
    assert (built.source / needed).is_file()
