"""Explorers of programs that are wrong in one way each: the fuzzer has to find every one of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from fuzz.hunting import Target, hunt
from fuzz.naive_programs import Naive
from fuzz.program_cases import Case
from fuzz.program_engines import Engines
from fuzz.programs import (
    PROGRAMS,
    SPLIT,
    bounds_differ,
    brute_differs,
    dpor_differs,
    held_to,
    samples_differ,
    serial,
    split,
    split_disagrees,
)

from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.endings import final_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import DeclaredMeter
from lastseat.simulations.kernel.operations import Operation
from lastseat.simulations.strategies.bounded import Delays, Preemptions
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.reduction import split as splitting
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.simulations.strategies.reduction.split import Coordinator, Done
from lastseat.simulations.strategies.reduction.trace import Link
from lastseat.simulations.strategies.reduction.wakeup import Node
from lastseat.simulations.strategies.sampling.samplers import sampler_of

Differ = Callable[[Case, Naive, Engines], Iterator[str | None]]


# --- dpor -----------------------------------------------------------------------------------------------------------


class _NothingOfEnds(DeclaredMeter):
    """Takes it that the largest footprint of a step is what it declares, although its process may end with it."""

    def may_touch(self, who: int, operation: Operation) -> int:
        del who
        return self.footprints.number(operation.reads, operation.writes)


class _EndsUnwritten(DeclaredMeter):
    """Takes it that nobody notices the end of a process."""

    def ending(self, who: int, footprint: int) -> int:
        del who
        return footprint


def _with_meter(make: Callable[[], DeclaredMeter]) -> Callable[..., Dpor]:
    return lambda program, _meter, observer: Dpor(program, make(), observer)


class ForgetsWaiting(Dpor):
    """Does not look at the processes that wait for ever."""

    def _reverse_waits(self, execution: Execution) -> None:
        pass


class GivesUpWaiting(Dpor):
    """Does not look further where a step has to wait before its latest rival."""

    def _reverse_waiting(self, rivals: int, step: Step, operation: Any, is_first: bool) -> None:
        super()._reverse_waiting(1 << rivals.bit_length() - 1 if rivals else 0, step, operation, is_first)


class CutsSequences(Dpor):
    """Leaves out what comes after the reversed step."""

    later = 0

    def _reverse_races(self, later: int, rivals: int) -> None:
        self.later = later
        super()._reverse_races(later, rivals)

    def _unrelated(self, earlier: int) -> list[Link]:
        trace = self.trace
        between = range(earlier + 1, self.later)
        return [trace.links[index] for index in between if not trace.before[index] >> earlier & 1]


class NeverPeeks(Dpor):
    """Takes it that a step touches in its new place what it touched in the old one."""

    def _reverse(self, earlier: int, sequence: list[Link], step: Step, largest: int) -> None:
        del largest
        link = next(link for link in reversed(self.trace.links) if link.step == step)
        self._plan(earlier, [*sequence, link])


class _Awake(Node):
    """A node in which nothing is asleep."""

    __slots__ = ()

    def child(self, link: Link, footprints: Any) -> Node:
        del footprints
        self.children.append(_Awake(link, (), self))
        return self.children[-1]


class NeverSleeps(Dpor):
    """Explores again what an earlier sibling has covered."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.path: list[Node] = [_Awake()]


# --- dpor in tasks --------------------------------------------------------------------------------------------------


class ClosesEarly(Coordinator[Any]):
    """Closes a node when nothing is left below it, also where something open is asleep in it."""

    def _close(self, leaf: Node) -> None:
        node: Node | None = leaf
        while node is not None and all(child.closed for child in node.children):
            node.closed, node.children = True, []
            node = node.parent


class MindsItsOwn(Coordinator[Any]):
    """Forgets the reversals that concern others."""

    def take(self, leaf: Node, done: Done) -> None:
        super().take(leaf, replace(done, outside=()))


class WakesAll(Coordinator[Any]):
    """Forgets what is asleep in what a task has left open."""

    def _graft(self, leaf: Node, tree: Sequence[Any], numbers: list[int]) -> None:
        super()._graft(leaf, [replace(branch, asleep=()) for branch in tree], numbers)


def _split_with(**replaced: Any) -> Callable[..., Any]:
    def wrongly(*given: Any, **named: Any) -> Any:
        with patch.multiple(splitting, **replaced):
            return splitting.explore_split(*given, **named)

    return wrongly


# --- brute, bounds, samples -----------------------------------------------------------------------------------------


class ForgetsTheLast(Brute):
    """Does not try the last of those who could go on."""

    def choices(self, execution: Execution, free: list[int]) -> list[int]:
        del execution
        return free[:-1] or free


class KnowsStates(Brute):
    """Goes one way from a state that it has seen, although processes may remember how they came there."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.known: set[Any] = set()

    def choices(self, execution: Execution, free: list[int]) -> list[int]:
        state = final_of(execution.shared), execution.taken()
        if state in self.known:
            return free[:1]
        self.known.add(state)
        return free


class CountsEnds(Preemptions):
    """Counts every switch as a preemption."""

    def costs(self, last: int, processes: int, free: list[int]) -> dict[int, int]:
        del processes
        return {who: int(last >= 0 and who != last) for who in free}


class AllowsMore(Preemptions):
    """Allows as many preemptions as were asked for, and another."""

    def __init__(self, program: Any, meter: Any, observer: Any, bound: int) -> None:
        super().__init__(program, meter, observer, bound + 1)

    def left_out(self) -> str:
        self._bound -= 1
        return super().left_out()


class CountsSleepers(Delays):
    """Counts those who cannot go on as skipped too."""

    def costs(self, last: int, processes: int, free: list[int]) -> dict[int, int]:
        return {who: (who - max(last, 0)) % processes for who in free}


def _runs_less(strategy: str, *given: Any, runs: int, **named: Any) -> Any:
    return sampler_of(strategy, *given, runs=runs - 1, **named)


def _serial(case: Case, known: Naive, engines: Engines) -> Iterator[str | None]:
    return dpor_differs("dpor", case, known, serial(engines))


def _split(case: Case, known: Naive, engines: Engines) -> Iterator[str | None]:
    return dpor_differs("split dpor", case, known, split(engines))


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, the engines with it, and what compares them (None: what is said of too many schedules)."""

    name: str
    engines: Engines
    differ: Differ | None

    @property
    def target(self) -> Target:
        return PROGRAMS if self.differ else SPLIT

    def disagreement(self, case: Case) -> str | None:
        """Hold the wrong engine to the naive explorer, or to dpor by itself."""
        differ = self.differ
        if differ is None:
            return split_disagrees(case, self.engines)
        return held_to(case, lambda case, known: differ(case, known, self.engines))

    def found(self, *, seed: int, cases: int) -> str | None:
        """Hunt for it, and say how it was found. The case is not shrunk: nobody reads it."""

        def ask(case: Case) -> None:
            try:
                said = self.disagreement(case)
            except Exception as error:  # noqa: BLE001 - an engine that raises is wrong too
                said = f"{type(error).__name__}: {error}"
            if said is not None:
                raise _FoundError(said)

        try:
            hunt(self.target, seed_=seed, cases=cases, disagreement=ask)
        except _FoundError as found:
            return str(found)
        return None


class _FoundError(BaseException):
    """Ends a hunt at once. No Exception: those are shrunk."""


WRONG = [
    Wrong("dpor forgets that a process may end", Engines(dpor=_with_meter(_NothingOfEnds)), _serial),
    Wrong("dpor joins without a dependence", Engines(dpor=_with_meter(_EndsUnwritten)), _serial),
    Wrong("dpor forgets who waits for ever", Engines(dpor=ForgetsWaiting), _serial),
    Wrong("dpor gives up where a step waits", Engines(dpor=GivesUpWaiting), _serial),
    Wrong("dpor cuts sequences", Engines(dpor=CutsSequences), _serial),
    Wrong("dpor never peeks", Engines(dpor=NeverPeeks), _serial),
    Wrong("dpor never sleeps", Engines(dpor=NeverSleeps), _serial),
    Wrong("split dpor closes early", Engines(split=_split_with(Coordinator=ClosesEarly)), None),
    Wrong("split dpor minds its own", Engines(split=_split_with(Coordinator=MindsItsOwn)), _split),
    Wrong("split dpor wakes all", Engines(split=_split_with(Coordinator=WakesAll)), _split),
    Wrong("split dpor forgets open ends", Engines(split=_split_with(_open_ends=lambda _: [])), _split),
    Wrong("brute forgets the last", Engines(brute=ForgetsTheLast), brute_differs),
    Wrong("brute knows states", Engines(brute=KnowsStates), brute_differs),
    Wrong("preemptions count ends", Engines(preemptions=CountsEnds), bounds_differ),
    Wrong("preemptions allow more", Engines(preemptions=AllowsMore), bounds_differ),
    Wrong("delays count sleepers", Engines(delays=CountsSleepers), bounds_differ),
    Wrong("samples make a run less", Engines(sampler=_runs_less), samples_differ),
]
