"""Optimal dynamic partial-order reduction: one execution for each Mazurkiewicz trace, and none in vain.

Every execution is run to its end, and its races are looked at: pairs of dependent steps of two processes with
nothing between them. The reversal of a race is a sequence in which the later step comes before the earlier one; a
wakeup tree at the node before the race remembers to explore it, unless it is covered already. Exploration goes on
at the deepest node that has something left. Every leaf of a wakeup tree has an empty sleep set, so the execution that
starts from it meets no obstacle: `blocked` counts those that would, and stays 0.

Two things go beyond the paper. What a step touches may depend on where it is taken (a compare-and-swap that failed
could have succeeded earlier, and its process have ended with it), so the last step of a reversal is performed once
to learn its footprint. And a step that had to wait for another (a lock that was released) cannot be reversed with
what it waited for; earlier rivals are then tried, until one is found before which it need not wait. A process that
waits for ever is treated alike, so that deadlocks hide nothing. Why all this keeps the two promises:
`specs/decisions/dpor.md`.

A fault, and another branch of a choice than the first, is one more action of its process in the place of a step. For
every step that is taken in a new place, what else could have happened there is planned as a reversal is.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.budget import DID_NOT_END
from lastseat.simulations.kernel.endings import IMMUTABLE, diverged, frozen
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import Coverage, EndlessError, Observer
from lastseat.simulations.kernel.operations import KEYED, Choose
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.run import line_of
from lastseat.simulations.kernel.stepping import MisfitError
from lastseat.simulations.strategies.declared import Declared, Named
from lastseat.simulations.strategies.reduction.trace import Link, Trace
from lastseat.simulations.strategies.reduction.wakeup import Node, insert, is_fault, uncovered


class Dpor:
    """One exploration: the path of nodes of the current execution, and its trace.

    With a `prefix`, it is that of all traces that start with it; what was to be explored from a node before the end
    of the prefix is left in `outside`.

    `executions` counts complete ones, `peeks` how often a step was performed to learn its footprint.
    """

    coverage: ClassVar[Coverage] = Coverage.EVERY_TRACE
    shows_every_state: ClassVar[bool] = False

    def __init__(self, program: Program, meter: Meter, observer: Observer, prefix: Sequence[Link] = ()) -> None:
        self._program, self._meter, self._observer = program, meter, observer
        self._footprints, self._plain = meter.footprints, meter.plain
        self.trace = Trace(meter.footprints)
        self.path: list[Node] = [Node()]
        self._prefix = list(_nodes(self.path[0], prefix))
        # Reversals of steps of the prefix: the node that they start from, and the sequence.
        self.outside: dict[tuple[int, tuple[Link, ...]], None] = {}
        self.executions, self.blocked, self.peeks = 0, 0, 0
        self._most, self._most_faults = program.most_steps, program.faults.most - len(program.made or ())
        # What else could have happened in the place of a step, by its number.
        self._instead: list[tuple[int, list[Step]]] = []
        # The execution of the last peek: it is kept for the leaf that it leads to, if the observer allows that.
        self._started: tuple[Execution, list[tuple[Any, Any, Any]]] | None = None
        self._keeps = not observer.needs_states and not self._most_faults
        self._processes = len(program.processes)
        self._cut, self._made = "", program.made or frozenset[int]()

    def is_done(self) -> bool:
        """Return whether no trace is left."""
        return self.executions + self.blocked > 0 and self.settle() is None

    def advance(self) -> bool:
        """Run one more execution; return False where there is none left. See `observer.Strategy`."""
        if self.executions + self.blocked == 0:
            self._execute(self._prefix)
            return True
        here = self.settle()
        if here is not None:
            self._execute(here.leaf())
        return here is not None

    def settle(self) -> Node | None:
        """Close what is explored to its end, and return the deepest node that is not; None where there is none."""
        while len(self.path) > len(self._prefix):
            here = self.path[-1]
            if any(not child.closed for child in here.children):
                return here
            here.closed, here.children = True, []
            self.path.pop()
        return None

    def left_out(self) -> str:
        """Return what was left out: of processes that do not end, what they would have done."""
        return self._cut

    # --- one execution ----------------------------------------------------------------------------------------

    def _execute(self, branch: list[Node]) -> None:
        """Execute the path, then the branch, then whatever comes; and plan the reversals of its races."""
        shared = len(self.path) - 1
        execution = self._resumed(branch, shared)
        if execution is None:
            execution = Execution(self._program, self._meter)
            execution.repeat_all(self._before(shared), self.trace.results)
            self._cut_to(shared)
            for node in branch:
                self._step(execution, node.step, node)
        if self._continue(execution):
            self._end(execution)
        else:
            self.blocked += 1
        for later, rivals in enumerate(self.trace.rivals):
            if rivals:
                self._reverse_races(later, rivals)
        if execution.waits:
            self._reverse_waits(execution)
        self._plan_what_else()

    def _end(self, execution: Execution) -> None:
        if self._made and execution.is_vain():
            self.blocked += 1
            return
        self.executions += 1
        self._observer.end(execution)
        if execution.cut:
            who = self._program.named(min(execution.cut))
            self._cut = f"{who} took {self._most} steps and {DID_NOT_END}"

    def _resumed(self, branch: list[Node], shared: int) -> Execution | None:
        """Return the execution in which the last step of `branch` was learnt, as it stands there, or None."""
        if not branch or branch[-1].started is None:
            return None
        execution: Execution
        execution, steps = branch[-1].started
        branch[-1].started = None
        self._cut_to(shared)
        for node, (operation, result, kept) in zip(branch, steps, strict=True):
            self._add(node, operation, result, kept, execution)
        return execution

    def _cut_to(self, length: int) -> None:
        """Forget what came after the first `length` steps."""
        self.trace.cut(length)
        del self._instead[bisect_left(self._instead, (length,)) :]

    def _add(self, node: Node, operation: object, result: object, kept: object, execution: Execution) -> None:
        """Take note of a step in a new place, with its result, and what is kept of that."""
        self.path.append(node)
        index = len(self.trace)
        self.trace.add(node.step, node.footprint, operation, kept)
        if self._most_faults or operation.__class__ is Choose:
            step = node.step
            self._instead.append(
                (index, list(execution.others(step, operation)) if isinstance(step, int) else [node.who])
            )
        self._observer.step(index, node.step, operation, result, execution)

    def _before(self, length: int) -> list[Step]:
        """Return the first so many steps."""
        return self.trace.steps[:length]

    def _step(self, execution: Execution, step: Step, node: Node | None) -> None:
        who = step if isinstance(step, int) else step.process
        pending = execution.pending
        operation = pending[who] if who < len(pending) else None
        if node is not None and (operation is None or not execution.is_free(who)):
            raise diverged(execution, "a step", "none")
        result, footprint = execution.step(step)
        if node is None:
            node = self.path[-1].child(Link(who, footprint, step), self._footprints)
        elif node.footprint != footprint:
            raise diverged(execution, "other locations", result)
        # What nobody can change is kept as it is; this is asked of every new step.
        kept = result if result.__class__ in IMMUTABLE and not KEYED else frozen(operation, result)
        self._add(node, operation, result, kept, execution)

    def _continue(self, execution: Execution) -> bool:
        """Go on with the first process that can, to the end; False where all that can are asleep."""
        while True:
            if len(self.trace) >= self._most and (endless := execution.exhausted()) is not None:
                raise EndlessError(endless, execution.schedule, line_of(execution, endless))
            free = execution.free()
            if not free:
                return True
            asleep = self.path[-1].sleep
            if asleep:
                sleepers = {sleeper.step for sleeper in asleep}
                free = [who for who in free if who not in sleepers]
                if not free:
                    return False
            self._step(execution, free[0], None)

    # --- races ------------------------------------------------------------------------------------------------

    def _reverse_races(self, later: int, rivals: int) -> None:
        trace = self.trace
        step, operation = trace.links[later].step, trace.operations[later]
        is_late = (self._made or trace.who[later] >= self._processes) and self._is_late(later)
        # Most operations never wait, and that is known of their class.
        if is_late or (operation.__class__ not in self._plain and self._meter.can_wait(operation)):
            self._reverse_waiting(rivals, step, operation, trace.is_first(later))
            return
        largest = trace.largest[later]
        if largest is None:
            largest = self._largest(later)
        while rivals:
            earlier = rivals.bit_length() - 1
            rivals &= ~(trace.before[earlier] | 1 << earlier)
            self._reverse(earlier, self._unrelated(earlier), step, largest)

    def _is_late(self, index: int) -> bool:
        """Return whether a step is the first of a process that waits for another one to begin, or to begin it."""
        who = self.trace.who[index]
        return (who in self._made or who >= self._processes) and self.trace.is_first(index)

    def _reverse(self, earlier: int, sequence: list[Link], step: Step, largest: int) -> None:
        """Plan that `sequence` and then `step` come before `earlier`; `largest` is all that it may touch there.

        The list is the caller's no more.
        """
        who = step if isinstance(step, int) else step.process
        sequence.append(Link(who, largest, step))
        if uncovered(self.path[earlier], sequence, self._footprints, self._most_faults):
            sequence.pop()
            footprint = self._peek(earlier, sequence, step)
            if footprint is not None:
                self._plan(earlier, [*sequence, Link(who, footprint, step)])

    def _plan(self, earlier: int, sequence: list[Link]) -> None:
        started, self._started = self._started, None
        if earlier < len(self._prefix):
            self.outside[earlier, tuple(sequence)] = None
            return
        node = self.path[earlier]
        children = len(node.children)
        leaf = insert(node, sequence, self._footprints, self._most_faults)
        # A new child of the node itself: nothing of the sequence was in the tree already.
        if leaf is not None and self._keeps and len(node.children) > children:
            leaf.started = started

    def _plan_what_else(self) -> None:
        """Plan what else could have happened in the place of steps: before an ordinary one, or instead of a fault.

        It comes after all that need not come after the step. What commutes with the step may have been left to it, as
        what is asleep covers; and may not commute with what happens instead. Where no fault is left for that, another
        execution has one.
        """
        for index, instead in self._instead:
            sequence = self._unrelated(index)
            spent = self.path[index].faults + sum(is_fault(link.step) for link in sequence)
            for step in instead:
                if spent + is_fault(step) <= self._most_faults:
                    self._reverse(index, [*sequence], step, self._largest(index))

    def _largest(self, index: int) -> int:
        """Return all that the process of a step may touch in its place."""
        trace = self.trace
        largest = trace.largest[index]
        if largest is None:
            largest = self._may_touch(trace.who[index], trace.operations[index], trace.is_first(index))
            trace.largest[index] = largest
        return largest

    def _may_touch(self, who: int, operation: object, is_first: bool) -> int:
        """Return the largest footprint that a step can have; `is_first` says that it is the first of its process."""
        footprint = self._meter.may_touch(who, operation)
        return (
            self._beginning(who, footprint)
            if is_first and (who >= self._processes or self._program.redeliveries)
            else footprint
        )

    def _beginning(self, who: int, footprint: int) -> int:
        return self._program.beginning(self._footprints, who, footprint)

    def _reverse_waiting(self, rivals: int, step: Step, operation: object, is_first: bool) -> None:
        """Reverse a step that may have to wait: with each rival before which it need not, and else with several.

        Where it has to wait although a rival is gone (with all that depends on it), one more is taken away that wrote
        what decides whether it waits; and so on.
        """
        who, before = process_of(step), self.trace.before
        reading = self._meter.may_read(who, operation)
        deciding = self.trace.conflicting(
            self._beginning(who, reading)
            if is_first and (who >= self._processes or self._program.redeliveries)
            else reading
        )
        tried, waiting = {0}, [0]  # sets of steps that are taken away
        while waiting:
            gone = waiting.pop()
            left = rivals & ~gone & (deciding if gone else -1)
            while left:
                rival = left.bit_length() - 1
                left &= ~(before[rival] | 1 << rival)
                more = gone | self._from(rival)
                if more in tried:
                    continue
                tried.add(more)
                earlier = (more & -more).bit_length() - 1
                sequence = self._without(more, earlier)
                footprint = self._peek(earlier, sequence, step)
                if footprint is None:
                    waiting.append(more)
                else:
                    self._plan(earlier, [*sequence, Link(who, footprint, step)])

    def _reverse_waits(self, execution: Execution) -> None:
        """Do the same for the steps that were never taken, because their processes wait for ever."""
        for who in execution.unfinished():
            if not execution.is_free(who):
                operation, is_first = execution.pending[who], not execution.has_begun(who)
                footprint = self._may_touch(who, operation, is_first)
                rivals = self.trace.conflicting(footprint) & ~self.trace.before_next(who)
                self._reverse_waiting(rivals, who, operation, is_first)

    def _unrelated(self, earlier: int) -> list[Link]:
        """Return the steps that `earlier` does not happen before, to the end and not only up to the one in question.

        Those after it in this execution matter too: what it touches in its new place may be more than in the old one.
        """
        links, before = self.trace.links, self.trace.before
        return [links[index] for index in range(earlier + 1, len(links)) if not before[index] >> earlier & 1]

    def _from(self, earlier: int) -> int:
        """Return the step `earlier`, and those that it happens before."""
        before, steps = self.trace.before, 1 << earlier
        for index in range(earlier + 1, len(before)):
            steps |= (before[index] >> earlier & 1) << index
        return steps

    def _without(self, gone: int, earlier: int) -> list[Link]:
        """Return the steps after `earlier` that are not `gone`, to the end, like `_unrelated`."""
        links = self.trace.links
        return [links[index] for index in range(earlier + 1, len(links)) if not gone >> index & 1]

    def _peek(self, earlier: int, sequence: list[Link], step: Step) -> int | None:
        """Return the footprint of `step` after `sequence`, before `earlier`; None: it cannot be taken there."""
        peeked = self.path[earlier].peeked
        key: tuple[Step | Link, ...] = (step, *sequence)
        if key not in peeked:
            self.peeks += 1
            execution, who = Execution(self._program, self._meter), step if isinstance(step, int) else step.process
            execution.repeat_all(self._before(earlier), self.trace.results)
            steps = [_taken(execution, link) for link in sequence]
            peeked[key] = None
            if who >= self._processes and not execution.is_there(who):  # nobody has begun it
                return None
            if execution.pending[who] is None:
                raise diverged(execution, "a step", "none")
            if execution.is_free(who):
                operation = execution.pending[who]
                try:
                    result, peeked[key] = execution.step(step)
                except MisfitError:  # the fault does not fit the step in its new place
                    return None
                self._started = execution, [*steps, (operation, result, frozen(operation, result))]
        return peeked[key]


NAMED = Named(
    "dpor",
    "dpor",
    lambda _: Declared(
        "dpor", Dpor.coverage, Dpor, shows_every_state=Dpor.shows_every_state, is_split=True, in_parts=True
    ),
)


def _taken(execution: Execution, link: Link) -> tuple[Any, Any, Any]:
    """Take a step; return its operation, its result, and what is to be kept of that."""
    operation = execution.pending[link.who]
    result = execution.repeat(link.step)
    return operation, result, frozen(operation, result)


def _nodes(root: Node, prefix: Sequence[Link]) -> Iterator[Node]:
    """Yield the nodes of a path from the root, which nothing is known of."""
    node = root
    for link in prefix:
        node = Node(link, (), node)
        yield node
