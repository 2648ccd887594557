"""What the tests of the packaging share: the wheel and the source distribution, built once for each worker."""

import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made: the wheel, its files unpacked into a folder, and the same of the source distribution."""

    wheel: Path
    unpacked: Path
    source: Path

    @property
    def names(self) -> set[str]:
        """The names of the files in the wheel."""
        with zipfile.ZipFile(self.wheel) as wheel:
            return set(wheel.namelist())

    def read(self, name: str) -> str:
        """Return the text of a file of the wheel; a star in its name stands for anything."""
        (path,) = self.unpacked.glob(name)
        return path.read_text(encoding="utf-8")


def build(project: Path, into: Path, *options: str) -> None:
    """Run the build backend itself: nothing is downloaded, and nothing is written into the project."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(into), *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The project, built as a wheel and as a source distribution."""
    folder = tmp_path_factory.mktemp("built")
    build(ROOT, folder)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "wheel")  # noqa: S202 - built here, a line ago
    with tarfile.open(source) as archive:
        archive.extractall(folder / "source", filter="data")
    (unpacked,) = (folder / "source").iterdir()
    return Built(wheel, folder / "wheel", unpacked)


@pytest.fixture(scope="session")
def rebuilt(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution."""
    folder = tmp_path_factory.mktemp("rebuilt")
    build(built.source, folder, "-t", "wheel")
    (wheel,) = folder.glob("*.whl")
    return wheel
