"""A sweep gives the same numbers for any workers, after any loss, and in any number of sittings."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tracemalloc import get_traced_memory, start, stop
from typing import Any

import pytest

from lastseat.simulations.common import files
from lastseat.simulations.common.workers import Workers, dask, given, processes
from lastseat.simulations.sweeps import checkpoint
from lastseat.simulations.sweeps import sweep as sweep_module
from lastseat.simulations.sweeps.checkpoint import CheckpointError
from lastseat.simulations.sweeps.chunks import Plan, Sampled
from lastseat.simulations.sweeps.points import Point, Sampler, parse_grid
from lastseat.simulations.sweeps.sweep import sweep

PLAN = Plan(
    (
        *parse_grid("attempts=0,6 capacity=2 law=uniform,walk,exponential-window rate=1 window=2"),
        Point(3, 2, sampler=Sampler.REFERENCE),
    ),
    runs=2_050,
    seed=11,
    chunk_runs=100,
)
LONG = Plan(parse_grid("attempts=60 capacity=5,9"), runs=120_000, seed=12, chunk_runs=4_000)


def press_ctrl_c_after(runs: int) -> Callable[[int, int | None], None]:
    def progress(done: int, _total: int | None) -> None:
        if done >= runs:
            raise KeyboardInterrupt

    return progress


@contextmanager
def breaks_at_once() -> Iterator[Executor]:
    class Broken(Executor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            raise BrokenProcessPool("a worker died")

    yield Broken()


def test_one_two_and_eight_workers_give_the_same_numbers() -> None:
    alone = sweep(PLAN)

    assert alone.complete
    assert [one.runs for one in alone.samples] == [PLAN.runs] * len(PLAN.points)
    for count in (2, 8):
        together = sweep(PLAN, processes(count))
        assert (together.samples, together.complete, together.pools) == (alone.samples, True, 1)


def test_any_executor_will_do_and_is_left_open() -> None:
    with ThreadPoolExecutor(3) as threads:
        swept = sweep(PLAN, given(threads, 3))

        assert swept.samples == sweep(PLAN).samples
        assert threads.submit(int).result() == 0


def test_a_dask_cluster_gives_the_same_numbers() -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")

    swept = sweep(replace(PLAN, runs=500), dask(count=2))

    assert (swept.samples, swept.complete) == (sweep(replace(PLAN, runs=500)).samples, True)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("tcp://127.0.0.1:1", "refused"),
        ("nonsense", "it is not of the form tcp://HOST:PORT"),
        ("tcp://127.0.0.1:x", "Port could not be cast to integer"),
    ],
)
def test_a_dask_cluster_that_is_not_there_is_one_clear_line(address: str, complaint: str) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")

    with pytest.raises(ValueError, match=f'^no Dask cluster at "{address}": .*{complaint}'):
        dask(address)


@pytest.fixture
def killing() -> Callable[[int], tuple[Workers, Callable[[int, int | None], None], list[int]]]:
    """Two processes, and a progress that kills one of them by its process id in each of the first pools."""

    def prepare(times: int) -> tuple[Workers, Callable[[int, int | None], None], list[int]]:
        pools: list[ProcessPoolExecutor] = []
        killed: list[int] = []

        @contextmanager
        def opened() -> Iterator[Executor]:
            with processes(2).open() as pool:
                assert isinstance(pool, ProcessPoolExecutor)
                pools.append(pool)
                yield pool

        def progress(done: int, _total: int | None) -> None:
            if done and len(killed) < min(times, len(pools)) and pools[-1]._processes:
                killed.append(next(iter(pools[-1]._processes)))
                os.kill(killed[-1], signal.SIGKILL)

        return Workers(2, opened), progress, killed

    return prepare


posix = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")


@posix
def test_a_worker_that_is_killed_in_the_middle_changes_nothing(killing: Callable[[int], Any]) -> None:
    workers, progress, killed = killing(1)

    swept = sweep(LONG, workers, progress=progress)

    assert len(killed) == 1
    assert swept.pools == 2
    assert swept.complete
    assert not swept.trouble
    assert swept.samples == sweep(LONG).samples


@posix
def test_workers_that_die_again_and_again_end_the_sweep_which_keeps_what_it_has(
    killing: Callable[[int], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "MOST_LOSSES", 1)
    workers, progress, killed = killing(2)

    cut = sweep(LONG, workers, tmp_path / "saved", progress)
    whole = sweep(LONG, None, tmp_path / "saved")

    assert len(killed) == 2
    assert (cut.complete, cut.interrupted, cut.pools) == (False, False, 2)
    assert cut.trouble == ("workers died 2 times; the chunks that they had are missing",)
    assert 0 < sum(one.runs for one in cut.samples) < 2 * LONG.runs
    assert whole.samples == sweep(LONG).samples


def test_an_executor_that_is_broken_for_good_is_given_up() -> None:
    swept = sweep(PLAN, Workers(2, breaks_at_once))

    assert (swept.complete, swept.pools) == (False, 6)
    assert swept.trouble == ("workers died 6 times; the chunks that they had are missing",)


def test_a_chunk_cannot_be_counted_twice() -> None:
    once = Sampled(Point(2, 1)).plus(3, {(1, 1, 0): 5})

    with pytest.raises(ValueError, match="chunk 3 of 2 on 1, uniform, version-first is there already"):
        once.plus(3, {(1, 1, 0): 5})


def test_an_error_in_a_chunk_is_no_lost_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = iter(range(100))

    def sometimes(chunk: Any) -> dict[tuple[int, int, int], int]:
        if next(chunks) == 4:
            raise MemoryError("too much")
        return {(0, chunk.point.attempts, 0): chunk.runs}

    monkeypatch.setattr(sweep_module, "run_chunk", sometimes)

    with pytest.raises(MemoryError, match="too much"):
        sweep(PLAN, None, tmp_path / "saved")

    kept = checkpoint.load(tmp_path / "saved", PLAN)
    assert sum(one.runs for one in kept.values()) >= 100


def test_ctrl_c_keeps_what_was_counted_and_says_incomplete(tmp_path: Path) -> None:
    cut = sweep(PLAN, None, tmp_path / "saved", press_ctrl_c_after(3_000))

    assert (cut.complete, cut.interrupted) == (False, True)
    assert 3_000 <= sum(one.runs for one in cut.samples) < 3_200
    assert tuple(checkpoint.load(tmp_path / "saved", PLAN).values()) == cut.samples


def test_a_sweep_in_several_sittings_gives_the_same_numbers(tmp_path: Path) -> None:
    saved = tmp_path / "saved"

    sittings = [sweep(PLAN, None, saved, press_ctrl_c_after(runs)).samples for runs in (1_000, 5_000, 9_000)]
    whole = sweep(PLAN, None, saved)
    again = sweep(PLAN, None, saved)

    done = [sum(one.runs for one in samples) for samples in sittings]
    assert done == sorted(set(done))
    assert whole.samples == sweep(PLAN).samples
    assert (again.samples, again.pools) == (whole.samples, 0)


def test_progress_says_how_many_runs_of_all_are_done(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    sweep(PLAN, None, tmp_path / "saved", press_ctrl_c_after(3_000))

    sweep(PLAN, None, tmp_path / "saved", lambda done, total: told.append((done, total)))

    total = PLAN.runs * len(PLAN.points)
    assert told[0][0] >= 3_000  # what an earlier sitting did is done
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


WORK = """
import json, signal, sys
from pathlib import Path
from lastseat.simulations.sweeps.chunks import Plan
from lastseat.simulations.sweeps.points import parse_grid
from lastseat.simulations.sweeps.sweep import sweep
from lastseat.simulations.common.workers import processes

def progress(done, total):
    if done:
        Path("begun").touch()

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored on entry, as under nohup
    plan = Plan(parse_grid("attempts=60 capacity=5"), 10**9, 12, chunk_runs=10_000)
    swept = sweep(plan, processes(2), Path("saved"), progress)
    print(json.dumps([swept.complete, swept.interrupted, sum(one.runs for one in swept.samples)]))
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no process groups")
def test_ctrl_c_in_a_terminal_reaches_all_processes_and_is_heard_by_one(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "work.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        while not (tmp_path / "begun").exists() and process.poll() is None:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate()
    finally:
        with suppress(ProcessLookupError):  # nobody is left
            os.killpg(process.pid, signal.SIGKILL)

    complete, interrupted, runs = json.loads(out)
    assert (process.returncode, err, complete, interrupted) == (0, "", False, True)
    assert runs >= 10_000
    assert '"mixes": [[5, ' in (tmp_path / "saved").read_text(encoding="utf-8")


def saved_sweep(folder: Path) -> Path:
    sweep(PLAN, None, folder / "saved", press_ctrl_c_after(3_000))
    return folder / "saved"


BREAK = {
    "empty": lambda _: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "another digit": lambda content: content.replace(b"[[0, 0, 0, ", b"[[0, 0, 0, 1", 1),
    "another format": lambda content: content.replace(b"lastseat sweep 1", b"lastseat sweep 2"),
    "no object": lambda _: b"[1, 2]",
    "an extra key": lambda content: content.replace(b'"format"', b'"more": 1, "format"'),
    "deep": lambda _: b"[" * 100_000,
    "no text": lambda _: b"\xff\x00\xfe",
    "a pickle": lambda _: b"\x80\x04\x95\x0f\x00\x00\x00.",
}


@pytest.mark.parametrize("break_it", BREAK.values(), ids=BREAK)
def test_a_broken_checkpoint_is_one_clear_line_and_left_alone(
    tmp_path: Path, break_it: Callable[[bytes], bytes]
) -> None:
    saved = saved_sweep(tmp_path)
    broken = break_it(saved.read_bytes())
    assert broken != saved.read_bytes()
    saved.write_bytes(broken)

    with pytest.raises(CheckpointError, match=r'^checkpoint ".*saved" is broken, or no checkpoint of a sweep'):
        sweep(PLAN, None, saved)

    assert saved.read_bytes() == broken


def forge(saved: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change one point of a checkpoint, checksum and all."""
    content = json.loads(saved.read_text(encoding="utf-8"))
    change(content["points"][3])
    content["checksum"] = checkpoint._checksum(content["points"])
    saved.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda one: one.update(chunks="0"), "has 2050 runs where its chunks have 0"),
        (lambda one: one.update(chunks="ffffffffff"), "has 21 chunks"),
        (lambda one: one.update(chunks="-1"), "has 21 chunks"),
        (lambda one: one.update(chunks="x"), "invalid literal"),
        (lambda one: one.update(mixes=[[3, 0, 3, 2050]]), "cannot have 2050 runs of 3,0,3"),
        (lambda one: one.update(mixes=[[2, 0, 3, 2050]]), "cannot have 2050 runs of 2,0,3"),
        (lambda one: one.update(mixes=[[2, -1, 5, 2050]]), "cannot have 2050 runs of 2,-1,5"),
        (lambda one: one.update(mixes=[[2, 0, 4, 2051], [2, 1, 3, -1]]), "cannot have -1 runs of 2,1,3"),
        (lambda one: one.update(mixes=[[2, 0, 4, 0], [2, 0, 4, 2050]]), "runs where its chunks have"),
    ],
)
def test_a_checkpoint_whose_numbers_cannot_be_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], complaint: str
) -> None:
    sweep(PLAN, None, tmp_path / "saved")
    forge(tmp_path / "saved", change)

    with pytest.raises(CheckpointError, match=f"contradicts itself: .*{complaint}"):
        sweep(PLAN, None, tmp_path / "saved")


@pytest.mark.parametrize(
    "other", [replace(PLAN, seed=12), replace(PLAN, runs=2_051), replace(PLAN, points=PLAN.points[:3])]
)
def test_a_checkpoint_of_another_sweep_is_one_clear_line_and_left_alone(tmp_path: Path, other: Plan) -> None:
    saved = saved_sweep(tmp_path)
    content = saved.read_bytes()

    with pytest.raises(CheckpointError, match=r'is of another sweep \("7 points, 2050 runs each, seed 11"'):
        sweep(other, None, saved)

    assert saved.read_bytes() == content


def test_a_place_that_cannot_be_written_is_said_before_any_work(tmp_path: Path) -> None:
    def at_work(_done: int, _total: int | None) -> None:
        raise AssertionError("it began")

    with pytest.raises(files.WriteError, match=r'nowhere.saved" cannot be written: No such file'):
        sweep(PLAN, None, tmp_path / "nowhere" / "saved", at_work)
    with pytest.raises(CheckpointError, match="cannot be read: Is a directory"):
        sweep(PLAN, None, tmp_path, at_work)


def full_disk(_file: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_full_disk_loses_neither_the_counts_nor_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = saved_sweep(tmp_path)
    before, loaded = saved.read_bytes(), checkpoint.load(saved, PLAN)
    calls = iter(range(1000))
    monkeypatch.setattr(files.os, "fsync", lambda file: next(calls) and full_disk(file))
    monkeypatch.setattr(sweep_module, "SAVE_EVERY", 0.0)

    swept = sweep(PLAN, None, saved)

    assert next(calls) > 10  # tried again and again
    assert swept.complete
    assert swept.samples == sweep(PLAN).samples
    assert [text.partition('"')[0] for text in swept.trouble] == ["checkpoint "]
    assert swept.trouble[0].endswith('saved" cannot be written: No space left on device')
    assert (saved.read_bytes(), checkpoint.load(saved, PLAN)) == (before, loaded)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_a_disk_with_room_again_makes_up_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = iter(range(1000))
    monkeypatch.setattr(files.os, "fsync", lambda file: full_disk(file) if next(calls) == 3 else None)
    monkeypatch.setattr(sweep_module, "SAVE_EVERY", 0.0)

    swept = sweep(PLAN, None, tmp_path / "saved")

    assert not swept.trouble
    assert tuple(checkpoint.load(tmp_path / "saved", PLAN).values()) == swept.samples


def test_the_memory_of_a_sweep_does_not_grow_with_its_runs() -> None:
    def peak(runs: int) -> int:
        start()
        sweep(Plan((Point(6, 2),), runs, 1, chunk_runs=200))
        _, most = get_traced_memory()
        stop()
        return most

    peak(200)  # what is loaded once

    assert peak(100 * 200) < 1.5 * peak(5 * 200)
