"""Schedules that are simpler than a given one, and may show the same: what is looked at first.

The idea of joining blocks is that of Jalbert and Sen, "A trace simplification technique for effective debugging of
concurrent programs" (FSE 2010).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from lastseat.simulations.kernel.actions import Step, fault_of, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.reduction.trace import Trace

Block: TypeAlias = tuple[Step, ...]  # steps of one process that follow each other


def simpler(program: Program, meter: Meter, steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Yield schedules that may be simpler than `steps`, in which steps that cannot be taken are to be left out.

    What they leave out is meant to come last, so that it is easy to take. Raises MisfitError where `steps` cannot be.
    """
    trace = traced(program, meter, steps)
    yield with_fewest_switches(trace)
    yield causes_of_the_last(trace)
    for index, step in enumerate(steps):
        if fault_of(step) is not None:
            yield (*steps[:index], process_of(step), *steps[index + 1 :])
    for process in dict.fromkeys(map(process_of, steps)):
        yield tuple(step for step in steps if process_of(step) != process)
    yield from _with_joined_blocks(blocks_of(steps))


def traced(program: Program, meter: Meter, steps: Sequence[Step]) -> Trace:
    """Return which of these steps happens before which."""
    execution, trace = Execution(program, meter), Trace(meter.footprints)
    for step in steps:
        operation = execution.operation(process_of(step))
        result, footprint = execution.step(step)
        trace.add(step, footprint, operation, result)
    return trace


def with_fewest_switches(trace: Trace) -> tuple[Step, ...]:
    """Return a schedule of the same trace in which each process goes on as long as the trace allows.

    Which process is next where one has to stop is decided greedily: the one whose step came first.
    """
    left, done, order, last = list(range(len(trace))), 0, list[Step](), -1
    while left:
        ready = [index for index in left if trace.before[index] & ~done == 0]
        chosen = next((index for index in ready if trace.who[index] == last), ready[0])
        left.remove(chosen)
        done |= 1 << chosen
        order.append(trace.steps[chosen])
        last = trace.who[chosen]
    return tuple(order)


def causes_of_the_last(trace: Trace) -> tuple[Step, ...]:
    """Return the steps that happen before the last one, and that one."""
    if not len(trace):
        return ()
    before = trace.before[-1] | 1 << (len(trace) - 1)
    return tuple(step for index, step in enumerate(trace.steps) if before >> index & 1)


def blocks_of(steps: Sequence[Step]) -> list[Block]:
    """Return the steps, cut where another process goes on."""
    return [tuple(block) for _, block in groupby(steps, process_of)]


def _with_joined_blocks(blocks: Sequence[Block]) -> Iterator[tuple[Step, ...]]:
    """Yield the steps with two blocks of one process joined: at the place of the earlier one, then of the later."""
    for is_earlier in (True, False):
        for here, block in enumerate(blocks):
            who = process_of(block[0])
            later = range(here + 1, len(blocks))
            there = next((number for number in later if process_of(blocks[number][0]) == who), None)
            if there is None:
                continue
            before, between, after = blocks[:here], blocks[here + 1 : there], blocks[there + 1 :]
            joined = (*block, *blocks[there])
            order = (joined, *between) if is_earlier else (*between, joined)
            yield tuple(step for part in (*before, *order, *after) for step in part)
