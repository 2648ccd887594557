"""A file is written whole, or what was there before is still there, whenever the disk says that it is full."""

import os
from errno import EINVAL, ENOSPC
from pathlib import Path

import pytest

from lastseat.simulations.common import files
from lastseat.simulations.common.files import WriteError, write_whole


def failing(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_a_disk_that_is_full_only_when_it_is_synchronised_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "saved"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, "fsync", lambda _file: failing(ENOSPC))

    with pytest.raises(WriteError, match=r'saved" cannot be written: No space left on device$'):
        write_whole(path, b"new")

    assert [(there.name, there.read_bytes()) for there in tmp_path.iterdir()] == [("saved", b"old")]


def test_a_file_system_that_cannot_synchronise_is_written_to_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files.os, "fsync", lambda _file: failing(EINVAL))

    write_whole(tmp_path / "saved", b"new")

    assert [(there.name, there.read_bytes()) for there in tmp_path.iterdir()] == [("saved", b"new")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_whole(pipe, b"new")

    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert pipe.is_fifo()
