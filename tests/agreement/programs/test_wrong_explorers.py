"""Explorers that are wrong in one way each: the comparison, or a count that is pinned, catches every one of them."""

from collections.abc import Callable
from typing import Any

import pytest

from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.footprints import DeclaredMeter, Footprints
from lastseat.simulations.kernel.objects.registers import CompareAndSwap
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.simulations.strategies.reduction.trace import Link
from lastseat.simulations.strategies.reduction.wakeup import Node

Compare = Callable[..., Any]
Processes = Callable[[str], list[Any]]
Patch = pytest.MonkeyPatch

READS_FIRST = "x? x:0>1 | x? x:0>1"
RIVALS = "x? x&y | x? x+ | y?"  # x& fails after x+, and only where it does not is there a race for y


class NeverPeeks(Dpor):
    """Takes it that a step touches in its new place what it touched in the old one."""

    def _peek(self, earlier: int, sequence: Any, step: Step) -> int | None:
        del earlier, sequence
        return next(link.footprint for link in reversed(self.trace.links) if link.step == step)


class ForgetsWaiting(Dpor):
    """Does not look at the processes that wait for ever."""

    def _reverse_waits(self, *_: Any) -> None:
        pass


class GivesUpWaiting(Dpor):
    """Does not look further where a reversed step would have to wait."""

    def _reverse_waiting(self, rivals: int, step: Step, operation: Any, is_first: bool) -> None:
        super()._reverse_waiting(1 << rivals.bit_length() - 1, step, operation, is_first)


class CutsSequences(Dpor):
    """Leaves out what comes after the reversed step, and looks at each race once."""

    later = 0

    def _reverse_races(self, later: int, rivals: int) -> None:
        self.later = later
        super()._reverse_races(later, rivals)

    def _unrelated(self, earlier: int) -> Any:
        trace = self.trace
        between = range(earlier + 1, self.later)
        return [trace.links[index] for index in between if not trace.before[index] >> earlier & 1]


class ReversesNothing(Dpor):
    """Runs one execution."""

    def _reverse_races(self, later: int, rivals: int) -> None:
        pass


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (NeverPeeks, READS_FIRST),
        (ForgetsWaiting, "l( m( | m( l("),
        (GivesUpWaiting, "l( x? l) | l( x=1 l)"),
        (CutsSequences, RIVALS),
        (ReversesNothing, READS_FIRST),
    ],
)
def test_an_explorer_that_looks_at_too_little_is_caught(
    engine: type[Dpor], text: str, compare: Compare, processes_of: Processes
) -> None:
    compare(processes_of(text))

    with pytest.raises((AssertionError, ProgramError)):
        compare(processes_of(text), engine=engine)


def test_without_sleep_sets_traces_are_executed_twice(
    monkeypatch: Patch, compare: Compare, processes_of: Processes
) -> None:
    child = Node.child

    def awake(self: Node, link: Link, footprints: Footprints) -> Node:
        made = child(self, link, footprints)
        made.sleep = ()
        return made

    monkeypatch.setattr(Node, "child", awake)

    with pytest.raises(AssertionError, match=r"more executions than traces|executed twice"):
        compare(processes_of("x=1 y? | y=1 x? | x?"))


def test_a_failed_compare_and_swap_that_counts_as_a_write_moves_the_counts(
    monkeypatch: Patch, compare: Compare, processes_of: Processes
) -> None:
    text = "x:1>2 | x:1>2 | x:1>2"
    assert compare(processes_of(text)).traces == 1

    monkeypatch.setattr(CompareAndSwap, "wrote", lambda self, _result: self.writes)

    assert compare(processes_of(text)).traces == 6


def test_reads_that_count_as_writes_move_the_counts(
    monkeypatch: Patch, compare: Compare, processes_of: Processes
) -> None:
    monkeypatch.setattr(Footprints, "_conflict", lambda *_: True)

    assert compare(processes_of("x? | x? | y?")).traces == 6


def test_joins_that_depend_on_nothing_are_caught(
    monkeypatch: Patch, compare: Compare, processes_of: Processes
) -> None:
    monkeypatch.setattr(DeclaredMeter, "ending", lambda _self, _who, footprint: footprint)

    with pytest.raises(ProgramError, match=r"not deterministic|raised KeyError"):
        compare(processes_of("x=1 | @0 x? | x=2"))
