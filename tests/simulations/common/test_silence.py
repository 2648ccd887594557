"""What is dropped says nothing, and what is not dropped is heard."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lastseat.simulations.common.silence import Silence, runs_code
from lastseat.testing import Mutex, Shared, blocking, explore


def say(word: str) -> None:
    print(word)  # noqa: T201
    print(word, file=sys.stderr)  # noqa: T201
    logging.getLogger("lastseat.tests").error(word)


def test_nothing_is_heard_while_it_is_silent(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    say("before")
    with Silence():
        say("meanwhile")
    say("after")

    assert capsys.readouterr() == ("before\nafter\n", "before\nafter\n")
    assert [record.message for record in caplog.records] == ["before", "after"]


def test_what_was_put_back_meanwhile_stays(capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def elsewhere() -> Iterator[None]:
        before, sys.stdout = sys.stdout, sys.stderr
        try:
            yield
        finally:
            sys.stdout = before

    own, opened = sys.stdout, elsewhere()
    opened.__enter__()
    with Silence():
        opened.__exit__(None, None, None)

    assert sys.stdout is own
    assert capsys.readouterr() == ("", "")


def plain() -> Iterator[int]:
    yield 1


def finishing() -> Iterator[int]:
    try:
        yield 1
    finally:
        pass


def around(inner: Any) -> Iterator[int]:
    yield from inner


async def awaiting() -> None:
    pass


@pytest.mark.parametrize(
    ("process", "runs"),
    [
        (plain(), False),
        (finishing(), True),
        (around(plain()), sys.version_info >= (3, 12)),  # there, a `yield from` looks like a handler
        (around(finishing()), True),
        (object(), True),
    ],
)
def test_it_is_seen_whether_something_runs_when_a_process_is_closed(process: Any, runs: bool) -> None:
    if hasattr(process, "send"):
        next(process)

    assert runs_code(process) is runs


def test_a_coroutine_is_seen_as_a_generator_is() -> None:
    coroutine = awaiting()

    assert runs_code(coroutine) is False
    coroutine.close()


def hold(shared: Any, first: str, second: str) -> None:
    try:
        with getattr(shared, first), getattr(shared, second):
            pass
    except BaseException as error:
        say(f"left by {type(error).__name__}")
        raise


def hold_and_yield(first: str, second: str) -> Any:
    def process(shared: Any) -> Any:
        try:
            yield getattr(shared, first).acquire()
            yield getattr(shared, second).acquire()
        except GeneratorExit:
            say("left")
            raise

    return process


@pytest.mark.parametrize("strategy", ["dpor", "brute", "merged"])
@pytest.mark.parametrize("door", [lambda *names: blocking(hold, *names), hold_and_yield])
def test_executions_that_are_dropped_say_nothing(
    strategy: str, door: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    seen = explore(
        [door("left", "right"), door("right", "left")],
        shared=lambda: Shared(left=Mutex(), right=Mutex()),
        strategy=strategy,
    )

    assert seen.deadlocks > 0
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


STUBBORN = """
from lastseat.testing import Mutex, Shared, explore

def stubborn(how):
    def process(shared):
        try:
            yield shared.lock.acquire()
            yield shared.lock.acquire()
        except GeneratorExit:
            print("left")
            if how == "stops":
                raise SystemExit
            while how == "stays":
                try:
                    yield shared.lock.acquire()
                except BaseException:
                    pass
            raise ValueError
    return process

for how in ("stops", "stays", "fails"):
    print(explore([stubborn(how), stubborn("fails")], shared=lambda: Shared(lock=Mutex())).deadlocks)
"""


def test_what_refuses_to_be_left_says_nothing_either_also_at_the_end_of_python() -> None:
    done = subprocess.run([sys.executable, "-c", STUBBORN], capture_output=True, text=True, check=True)

    assert (done.stdout.split(), done.stderr) == (["2", "2", "2"], "")
