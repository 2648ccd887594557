"""Tokens of programs: what they are made of, and what they say when that has changed."""

import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lastseat.simulations.doors.sources import source_digest
from lastseat.simulations.doors.tokens import PYTHON, again, token_of
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.kernel.run import play
from lastseat.simulations.kernel.schedule import MOST_OPERATIONS, Schedule
from lastseat.simulations.kernel.stepping import MisfitError
from lastseat.testing import Register, Shared, at_end, blocking, choose, explore, replay


def increment(shared: Any) -> Any:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counting() -> Shared:
    return Shared(counter=Register(0))


def program(*processes: Any) -> Program:
    return program_of(processes or (increment, increment), counting)


def test_a_token_names_source_python_and_operations_and_is_read_back() -> None:
    token = token_of(program(), play(program(), (0, 1, 0, 1)).taken)

    assert re.fullmatch(rf"0\.1\.0\.1@[0-9a-f]{{8}}-{PYTHON}-(.)\1(.)\2", str(token))
    assert Schedule.parse(str(token)) == token
    assert again(program(), token).stale == ""


def test_the_story_prints_a_token_that_replay_takes_without_a_word(recwarn: pytest.WarningsRecorder) -> None:
    lost = at_end("no update is lost", lambda end: end.shared.counter.value == 2)
    story = explore([increment, increment], shared=counting, properties=[lost]).violations[0].story()
    (token,) = re.findall(r'schedule="(.*?)"', story)

    assert replay([increment, increment], shared=counting, schedule=token).final == (("counter", 1),)
    assert "@" in token
    assert len(recwarn) == 0


CHANGED = {
    "another operation": (
        ["0.1.0.1@{source}-{python}-{a}{a}{a}{b}"],
        "step 3 no longer applies: process 0 is now before write",
    ),
    "a step that cannot be taken": (
        ["0.0.0@{source}-{python}-{a}{b}{b}"],
        "step 3 no longer applies: process 0 has ended",
    ),
}


@pytest.mark.parametrize(("texts", "complaint"), CHANGED.values(), ids=CHANGED)
def test_a_step_that_no_longer_applies_is_named(texts: list[str], complaint: str) -> None:
    token = token_of(program(), play(program(), (0, 0)).taken)
    first, second = token.operations
    text = texts[0].format(source="0" * 8, python="3.9", a=first, b=second)

    with pytest.raises(MisfitError) as refused:
        replay([increment, increment], shared=counting, schedule=text)

    assert str(refused.value).startswith(complaint)
    assert str(refused.value).endswith(
        f"; the source of the program has changed; the token was made on Python 3.9, this is {PYTHON}"
    )


def test_a_token_of_something_else_is_replayed_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="the token was made for something else"):
        run = replay([increment, increment], shared=counting, schedule="0.1@12345678")

    assert run.steps == (0, 1)


def test_a_token_of_thousands_of_steps_names_the_operations_of_the_first() -> None:
    def many(shared: Any) -> Any:
        for _ in range(300):
            yield shared.counter.read()

    token = token_of(program(many), play(program(many), (0,) * 300).taken)

    assert len(token.operations) == MOST_OPERATIONS
    assert Schedule.parse(str(token)) == token


def test_a_choice_with_more_options_is_another_operation() -> None:
    def toss(sides: int) -> Callable[[Any], Any]:
        def process(_shared: Any) -> Any:
            yield choose(*range(sides))

        return process

    digits = {
        token_of(program(toss(sides)), play(program(toss(sides)), (0,)).taken).operations for sides in range(1, 9)
    }

    assert len(digits) > 2


# --- the digest of the source --------------------------------------------------------------------------------------

LIMIT = 3


def helped(shared: Any) -> Any:
    yield from helper(shared)


def helper(shared: Any) -> Any:
    yield shared.counter.write(LIMIT)


def plain(shared: Any, amount: int) -> None:
    shared.counter.write(amount)


def captured(amount: int) -> Callable[[Any], Any]:
    def process(shared: Any) -> Any:
        yield shared.counter.write(amount)

    return process


class Client:
    def run(self, shared: Any) -> Any:
        yield shared.counter.read()


DIFFERENT = {
    "another function": (increment, helped),
    "what it captured": (captured(1), captured(2)),
    "what it is given": (partial(plain, amount=1), partial(plain, amount=2)),
    "what a blocking function is given": (blocking(plain, 1), blocking(plain, 2)),
    "a method": (Client().run, increment),
}


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_the_digest_tells_programs_apart(pair: tuple[Any, Any]) -> None:
    assert source_digest(program(pair[0])) != source_digest(program(pair[1]))
    assert source_digest(program(pair[0])) == source_digest(program(pair[0]))


@pytest.mark.parametrize("changed", ["LIMIT", "helper"])
def test_the_digest_covers_what_a_function_names(monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    before = source_digest(program(helped))
    monkeypatch.setitem(globals(), changed, {"LIMIT": 4, "helper": increment}[changed])

    assert source_digest(program(helped)) != before


def test_code_without_source_has_a_digest() -> None:
    def made(source: str) -> Any:
        names: dict[str, Any] = {}
        exec(source, names)  # noqa: S102
        return names["process"]

    first, second = (made(f"def process(shared):\n    yield shared.counter.write({number})") for number in (1, 2))

    assert source_digest(program(first)) == source_digest(program(first)) != source_digest(program(second))


def test_the_digest_does_not_know_where_the_file_is(tmp_path: Path) -> None:
    source = (
        "from lastseat.simulations.doors.sources import source_digest\n"
        "from lastseat.simulations.kernel.program import program_of\n"
        "from lastseat.testing import Register, Shared\n"
        "def process(shared):\n    yield shared.x.read()\n"
        "print(source_digest(program_of([process, lambda shared: process(shared)], lambda: Shared(x=Register(0)))))\n"
    )
    digests = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        file = tmp_path / name / f"{name}.py"
        file.write_text(source)
        done = subprocess.run(
            [sys.executable, str(file)], capture_output=True, text=True, check=True, cwd=file.parent
        )
        digests.add(done.stdout)

    assert len(digests) == 1
