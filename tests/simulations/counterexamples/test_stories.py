"""The stories of what people write: a lost update, check-then-act, deadlocks, errors, and long programs."""

import re
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

import pytest

from lastseat.simulations.common.widths import columns
from lastseat.simulations.counterexamples.explained import MOST_LINES, explain_program, replay_call
from lastseat.simulations.counterexamples.folding import folded, gaps_of, kept_of
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.program import program_of
from lastseat.testing import (
    Condition,
    Dict,
    Mutex,
    Register,
    RLock,
    Shared,
    at_end,
    explore,
    replay,
    sample,
    spawn,
)

Steps = Generator[Any, Any, Any]


def increment(shared: Any) -> Steps:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def counter() -> Shared:
    return Shared(counter=Register(0))


def told(violation: Violation) -> list[str]:
    """The story, each step on one line, without numbers of lines, and what a token names beside the schedule."""
    text = re.sub(r"\n {12,}", " ", violation.story())
    text = re.sub(r"test_stories\.py:[0-9]+", "x.py", text)
    return re.sub(r"@[0-9a-f]{8}-[0-9.]+-[0-9a-f]+", "", text).splitlines()


def first(processes: Sequence[Any], shared: Callable[[], Any], *claims: Any, **how: Any) -> Violation:
    return explore(processes, shared=shared, properties=claims, **how).violations[0]


def counts_to(number: int) -> Any:
    return at_end("no update is lost", lambda end: bool(end.shared.counter.value == number))


def test_a_lost_update() -> None:
    lines = told(first([increment, increment], counter, counts_to(2)))

    assert lines == [
        "no update is lost is violated after 4 steps",
        "  with 1 preemption; no schedule with fewer shows it",
        "  it is not so",
        "  p0 increment · p1 increment",
        "  1. x.py  p0  read counter → 0",
        "  2. x.py  p1  read counter → 0",
        "  3. x.py  p1  write counter: 1; counter 0 → 1; ends",
        "  4. x.py  p0  write counter: 1; counter stays 1; what it read in step 1 is stale since step 3; ends",
        '  replay it: replay(processes, shared=..., schedule="0.1.1.0")',
    ]


def get(data: dict[str, int], key: str) -> int:
    return data[key]


def evict(shared: Any) -> Steps:
    if (yield shared.cache.contains("k")):
        yield shared.cache.pop("k")


def test_check_then_act_on_a_dict_ends_with_an_error_that_nobody_catches() -> None:
    violation = first([evict, evict], lambda: Shared(cache=Dict(k=1)))

    lines = told(violation)

    assert (violation.name, violation.witness) == ("uncaught KeyError", "process 0: KeyError: 'k'")
    assert lines[4:6] == [
        "  1. x.py  p0  contains cache: 'k' → True",
        "  2. x.py  p1  contains cache: 'k' → True",
    ]
    assert " ".join(" ".join(lines).split()).count("raises KeyError: 'k'; nobody catches it") == 1
    assert '     p0 fails: x.py in evict: yield shared.cache.pop("k")' in lines


def asking(shared: Any) -> Steps:
    if (yield shared.ready.read()):
        return get({"a": 1}, "k")
    return None


def readying(shared: Any) -> Steps:
    yield shared.ready.write(True)


def test_an_error_shows_the_lines_of_the_program_the_innermost_last() -> None:
    lines = told(first([asking, readying], lambda: Shared(ready=Register(False))))

    where = lines.index('     p0 fails: x.py in asking: return get({"a": 1}, "k")')
    assert lines[where + 1] == "     x.py in get: return data[key]"
    assert lines[where - 1].endswith("→ True; fails with KeyError: 'k'")


def claiming(shared: Any) -> Steps:
    seat = yield shared.seat.read()
    assert seat != 3, "seat 3 is broken"
    yield shared.seat.write(seat + 1)


def test_an_assertion_is_told_with_its_message_where_it_failed() -> None:
    lines = told(first([claiming] * 3, lambda: Shared(seat=Register(1))))

    assert lines[0] == "assertion is violated after 5 steps"
    assert lines[2].startswith("  process 2: seat 3 is broken")
    assert any("fails at x.py: seat 3 is broken" in line for line in lines)


def test_an_assertion_in_a_file_of_its_own_is_told_with_its_operands(tmp_path: Any) -> None:
    file = tmp_path / "seats.py"
    file.write_text(
        "def claim(shared):\n    seat = yield shared.seat.read()\n    assert (\n        seat\n        != 3)\n"
    )
    names: dict[str, Any] = {}
    exec(compile(file.read_text(), str(file), "exec"), names)  # noqa: S102

    violation = first([names["claim"]], lambda: Shared(seat=Register(3)))

    assert violation.witness == "process 0: assert seat != 3 (seat is 3)"
    # Of an assertion on several lines, versions of Python name different ones.
    step = r"  1\. seats\.py:2  p0  read seat → 3; fails at seats\.py:[34]: assert seat != 3 \(seat is 3\)"
    assert any(re.fullmatch(step, line) for line in told(violation))


def taking(*locks: Any) -> Steps:
    for lock in locks:
        yield lock.acquire()
    for lock in reversed(locks):
        yield lock.release()


def test_a_deadlock_says_who_holds_what_and_who_waits_for_whom() -> None:
    def forth(shared: Any) -> Steps:
        yield from taking(shared.left, shared.left, shared.right)

    def back(shared: Any) -> Steps:
        yield from taking(shared.right, shared.left)

    lines = told(first([forth, back], lambda: Shared(left=RLock(), right=Mutex())))

    assert lines[4:7] == [
        "  1. x.py  p0  acquire left; left free → held by p0",
        "  2. x.py  p0  acquire left; left held by p0 → held by p0 2 times",
        "  3. x.py  p1  acquire right; right free → held",
    ]
    assert "     p1 waits (x.py): acquire left, which p0 holds since step 1" in lines
    assert "     each waits for the next: p0 → p1 → p0" in lines
    assert "     nobody can go on" in lines


def consume(shared: Any) -> Steps:
    is_empty = (yield shared.items.read()) == 0
    yield shared.filled.acquire()
    if is_empty:
        yield from shared.filled.wait()
    yield shared.filled.release()


def produce(shared: Any) -> Steps:
    yield shared.filled.acquire()
    yield shared.items.fetch_and_add(1)
    yield shared.filled.notify()
    yield shared.filled.release()


def test_a_lost_wakeup_is_told_with_one_preemption() -> None:
    lines = told(first([consume, produce], lambda: Shared(items=Register(0), filled=Condition())))

    assert lines[1] == "  with 1 preemption; no schedule with fewer shows it"
    assert lines[3] == "  p0 consume · p1 produce"
    assert any("p0 waits" in line for line in lines)
    assert "     nobody can go on" in lines


def test_five_processes_are_named_once_and_take_as_few_turns_as_they_can() -> None:
    violation = first([increment] * 5, counter, counts_to(5), stop_at_first=True)

    lines = told(violation)

    assert lines[1] == "  with 1 preemption; no schedule with fewer shows it"
    assert lines[3] == "  p0 increment · p1 increment · p2 increment · p3 increment · p4 increment"
    assert len(violation.steps) == 10


def test_processes_without_names_have_no_legend_and_a_partial_has_that_of_its_function() -> None:
    def add(amount: int, shared: Any) -> Steps:
        seen = yield shared.counter.read()
        yield shared.counter.write(seen + amount)

    anonymous = told(first([lambda state: increment(shared=state)] * 2, counter, counts_to(2)))
    partials = told(first([partial(add, 1)] * 2, counter, counts_to(2)))

    assert not any(line.startswith("  p0") for line in anonymous)
    assert partials[3] == "  p0 add · p1 add"


def test_a_process_that_another_one_begins_is_named_too() -> None:
    def begin(_shared: Any) -> Steps:
        yield spawn(increment)
        yield spawn(increment)

    lines = told(first([begin], counter, counts_to(2)))

    assert lines[3:6] == [
        "  p0 begin · p1 increment · p3 increment",
        "  1. x.py  p0  spawn increment as p1",
        "  2. x.py  p0  spawn increment as p3; ends",
    ]


# --- long ones ------------------------------------------------------------------------------------------------


def busy(steps: int) -> Callable[[Any], Steps]:
    def work(shared: Any) -> Steps:
        for _ in range(steps):
            yield shared.noise.read()
        seen = yield shared.counter.read()
        yield shared.noise.read()
        yield shared.counter.write(seen + 1)
        for _ in range(steps):
            yield shared.noise.read()

    return work


def noisy() -> Shared:
    return Shared(counter=Register(0), noise=Register(0))


@pytest.fixture(scope="module")
def long() -> Violation:
    processes = [busy(30), busy(40), busy(30)]
    return sample(processes, shared=noisy, properties=[counts_to(3)], runs=20, stop_at_first=True).violations[0]


def test_the_story_of_200_steps_has_at_most_40_lines_and_keeps_what_matters(long: Violation) -> None:
    lines = long.story().splitlines()

    assert len(long.steps) > 200
    assert sum(-(-columns(line) // 80) for line in lines) <= MOST_LINES
    assert lines[1] == "  with 1 preemption; no schedule with fewer shows it"
    assert next(re.sub(r"[0-9]+", "N", line) for line in lines if "…" in line) == "     … N steps (N to N): pN N"
    assert "is stale since step" in " ".join(" ".join(lines).split())
    assert any(line.startswith(f"{len(long.steps):>3}. ") for line in lines)


def numbers_in(lines: list[str]) -> list[int]:
    """The numbers of the steps that are shown."""
    return [int(found[1]) for line in lines if (found := re.match(r" *([0-9]+)\. ", line))]


@pytest.mark.parametrize("width", [60, 80])
def test_what_is_folded_is_the_same_in_every_width_and_adds_up(long: Violation, width: int) -> None:
    told = explain_program(program_of([busy(30), busy(40), busy(30)], noisy), long)

    lines = told.story(width)

    numbers = numbers_in(lines)
    hidden = [int(found[1]) for line in lines if (found := re.match(r" +… ([0-9]+) steps? ", line))]
    assert len(numbers) + sum(hidden) == len(long.steps)
    assert max(map(columns, lines)) <= width
    assert numbers == numbers_in(told.story(80))


def test_the_printed_call_replays_a_long_schedule(long: Violation) -> None:
    *_, last = long.story().splitlines()
    call = last.removeprefix("  replay it: ").replace("shared=...", "shared=noisy")

    run = eval(call, {"replay": replay, "noisy": noisy, "processes": [busy(30), busy(40), busy(30)]})  # noqa: S307

    assert run.steps == long.steps
    assert len(last) < 350


@pytest.mark.parametrize(
    "token",
    [
        ".".join("0" * 200),
        ".".join("01" * 100),
        ".".join(["0"] * 30 + ["1"] + ["0a"] + ["2:1"] * 40 + ["1"] * 2),
        ".".join("0" * 100) + "@5b1c09d2-3.11-77aa",
        "-",
        "0",
    ],
)
def test_a_schedule_that_is_written_out_is_the_same_schedule(token: str) -> None:
    call = replay_call(token)

    written = call.partition("schedule=")[2].removesuffix(")")
    assert eval(written) == token  # noqa: S307
    assert len(written) <= len(token) + 2


def test_a_story_that_ends_with_many_who_wait_is_short_too() -> None:
    def stuck(shared: Any) -> Steps:
        yield shared.lock.acquire()

    violation = first([stuck] * 40, lambda: Shared(lock=Mutex()), stop_at_first=True)

    lines = violation.story().splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[-2] == "     nobody can go on"
    assert any("and 28 more" in line for line in lines)


# --- folding --------------------------------------------------------------------------------------------------


def test_a_story_that_fits_is_kept_whole() -> None:
    assert kept_of([1, 2, 1], [0, 1, 0], [], 4) == {0, 1, 2}


def test_the_last_step_is_kept_even_where_nothing_fits() -> None:
    assert kept_of([3, 3, 3], [0, 1, 0], [], 1) == {2}


def test_switches_are_kept_from_the_last_one_back() -> None:
    processes = [0] * 50 + [1] * 50 + [0] * 50

    kept = kept_of([1] * 150, processes, [75], 12)

    assert kept == {147, 148, 149, 0, 1, 99, 100, 49, 50}


def test_gaps_are_what_is_not_kept() -> None:
    assert list(gaps_of(frozenset({0, 3, 4}), 7)) == [range(1, 3), range(5, 7)]
    assert list(gaps_of(frozenset({0, 1}), 2)) == []


def test_a_folded_line_counts_whose_steps_they_are() -> None:
    names = ["p0", "p1", "p1", "p2", "p3", "p4", "p5"]

    assert folded(range(1, 3), names) == "… 2 steps (2 to 3): p1 2"
    assert folded(range(3, 4), names) == "… 1 step (4): p2 1"
    assert folded(range(7), names) == "… 7 steps (1 to 7): p1 2, p0 1, p2 1, p3 1, others 2"


def test_an_explanation_without_steps_has_none() -> None:
    told = explain_program(program_of([increment], counter), Violation("none", "", ()))

    assert told.head == "none is violated before any step"
    assert told.text().splitlines()[1] == "  p0 increment"
