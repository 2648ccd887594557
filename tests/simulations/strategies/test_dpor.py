"""Deep and wide programs, what waits for ever, and what stands in a wakeup tree.

That dpor finds what brute force finds is the matter of `tests/agreement/programs`.
"""

import gc
import sys
from typing import Any

import pytest

from lastseat.simulations.kernel.actions import Action, Fault
from lastseat.simulations.kernel.footprints import Footprints
from lastseat.simulations.strategies.reduction.trace import Link, Trace
from lastseat.simulations.strategies.reduction.wakeup import ABSENT, CONFLICT, Node, insert, place, uncovered
from lastseat.testing import Mutex, Register, Shared, explore


def test_deep_processes_meet_no_limit() -> None:
    """400 private steps in each of three processes, and one step that they share."""

    def deep(name: str) -> Any:
        def process(shared: Any) -> Any:
            for step in range(200):
                yield getattr(shared, name).write(step)
            yield shared.x.fetch_and_add()
            for step in range(200):
                yield getattr(shared, name).write(step)

        return process

    seen = explore(
        [deep("a"), deep("b"), deep("c")],
        shared=lambda: Shared(**{name: Register(0) for name in "abcx"}),
    )

    assert (seen.executions, seen.blocked, seen.complete) == (6, 0, True)


def test_wide_programs_meet_no_limit() -> None:
    """Twenty processes that have nothing in common but one writer and what it writes."""

    def private(name: str) -> Any:
        def process(shared: Any) -> Any:
            yield getattr(shared, name).write(1)
            yield getattr(shared, name).write(2)

        return process

    def read(shared: Any) -> Any:
        return (yield shared.n0.read())

    names = [f"n{one}" for one in range(20)]
    seen = explore([*map(private, names), read], shared=lambda: Shared(**{name: Register(0) for name in names}))

    assert (seen.executions, seen.blocked) == (3, 0)


def test_many_who_try_in_vain_do_not_multiply_the_work_for_one_who_waits() -> None:
    """A failed try reads; to let the waiting one go first, no reads need to be taken away, alone or together."""

    def tries(shared: Any) -> Any:
        for _ in range(2):
            yield shared.l.try_acquire()

    def takes(shared: Any) -> Any:
        yield shared.l.acquire()

    seen = explore([*[tries] * 4, takes], shared=lambda: Shared(l=Mutex()), deadlocks=True)

    assert (seen.executions, seen.blocked) == (5, 0)


def test_dropped_processes_may_yield_while_they_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlocked execution is dropped, and its `finally` clauses want to release their locks."""

    def crosswise(first: str, second: str) -> Any:
        def process(shared: Any) -> Any:
            yield getattr(shared, first).acquire()
            try:
                yield getattr(shared, second).acquire()
                yield getattr(shared, second).release()
            finally:
                yield getattr(shared, first).release()

        return process

    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    seen = explore(
        [crosswise("l", "m"), crosswise("m", "l")], shared=lambda: Shared(l=Mutex(), m=Mutex()), deadlocks=True
    )
    gc.collect()

    assert (seen.executions, seen.deadlocks) == (3, 1)
    assert not complaints


# --- traces and wakeup trees -------------------------------------------------------------------------------------


@pytest.fixture
def footprints() -> Footprints:
    return Footprints()


def test_what_happens_before_what(footprints: Footprints) -> None:
    write, read, other = (footprints.number((), ("x",)), footprints.number(("x",), ()), footprints.number((), ("y",)))
    trace = Trace(footprints)

    for who, touched in [(0, write), (1, other), (2, read), (3, read), (0, write), (1, read)]:
        trace.add(who, touched, None, None)

    assert [f"{one:b}" for one in trace.before] == ["0", "0", "1", "1", "1101", "11111"]
    assert [f"{one:b}" for one in trace.rivals] == ["0", "0", "1", "1", "1100", "10001"]
    trace.cut(2)
    assert (len(trace), trace.before_next(0), trace.before_next(2)) == (2, 0b1, 0)
    assert f"{trace.conflicting(read):b}" == "1"


def test_two_steps_conflict_where_one_writes_what_the_other_touches(footprints: Footprints) -> None:
    everything, nothing = footprints.number(None, None), footprints.number((), ())
    read, write = footprints.number(("x",), ()), footprints.number((), ("x",))

    conflicts = {(one, two) for one in range(4) for two in range(4) if footprints.clash[one] >> two & 1}

    assert {tuple(sorted(pair)) for pair in conflicts} == {
        (everything, everything),
        (everything, read),
        (everything, write),
        (read, write),
        (write, write),
    }
    assert footprints.clash[nothing] == 0


def test_where_a_step_stands_in_a_sequence_that_it_may_begin(footprints: Footprints) -> None:
    x, y = footprints.number((), ("x",)), footprints.number((), ("y",))

    assert place(Node(Link(0, x, 0)), [Link(1, y, 1), Link(0, x, 0)], footprints) == 1
    assert place(Node(Link(0, x, 0)), [Link(1, x, 1), Link(0, x, 0)], footprints) == CONFLICT
    assert place(Node(Link(0, x, 0)), [Link(1, y, 1)], footprints) == ABSENT


def test_a_sequence_is_planted_once_and_not_where_it_is_asleep(footprints: Footprints) -> None:
    x, y = footprints.number((), ("x",)), footprints.number((), ("y",))
    root = Node()

    insert(root, [Link(0, x, 0), Link(1, y, 1)], footprints, 0)

    assert [one.who for one in root.leaf()] == [0, 1]
    assert uncovered(root, [Link(1, y, 1), Link(0, x, 0)], footprints, 0) is None
    rival = [Link(2, x, 2), Link(1, y, 1)]
    assert uncovered(root, rival, footprints, 0) == (root, rival)
    asleep = Node(sleep=(Node(Link(3, y, 3)),))
    assert uncovered(asleep, [Link(0, x, 0)], footprints, 0) is None
    assert uncovered(asleep, [Link(0, y, 0)], footprints, 0) == (asleep, [Link(0, y, 0)])


@pytest.mark.parametrize(("left", "covered"), [(1, True), (0, False)])
def test_a_fault_that_is_asleep_covers_only_where_one_more_is_left(
    footprints: Footprints, *, left: int, covered: bool
) -> None:
    """A crash commutes with all that others do; but there can be no more of them than the budget allows."""
    x, nothing = footprints.number((), ("x",)), footprints.number((), ())
    crash, ann_fails = Action(3, Fault.CRASH_BEFORE), Action(0, Fault.UNAVAILABLE)
    asleep = Node(sleep=(Node(Link(3, nothing, crash)),))

    for sequence, faults in (([Link(0, x, 0)], 0), ([Link(0, nothing, ann_fails)], 1)):
        found = uncovered(asleep, sequence, footprints, left + faults)
        assert found == (None if covered else (asleep, sequence))

    again = uncovered(asleep, [Link(3, nothing, crash), Link(0, x, 0)], footprints, 1)
    assert again is None  # it is the same fault, and costs nothing more


def test_two_actions_of_one_process_exclude_each_other_whatever_they_touch(footprints: Footprints) -> None:
    nothing = footprints.number((), ())
    root = Node()
    insert(root, [Link(0, nothing, 0)], footprints, 1)

    for action in (Action(0, Fault.CRASH_BEFORE), Action(0, branch=1)):
        assert place(root.children[0], [Link(0, nothing, action)], footprints) == CONFLICT
        assert insert(root, [Link(0, nothing, action)], footprints, 1) is not None

    assert [child.step for child in root.children] == [0, Action(0, Fault.CRASH_BEFORE), Action(0, branch=1)]
    assert root.children[1].sleep == root.children[2].sleep == ()
