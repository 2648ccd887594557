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
"""

from collections.abc import Sequence
from typing import Any

from lastseat.simulations.kernel.execution import Execution, differ, diverged
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.observer import EndlessError, Witness
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.trace import Link, Trace
from lastseat.simulations.strategies.wakeup import Node, insert, uncovered


class Dpor:
    """One exploration: the path of nodes of the current execution, and its trace.

    With a `prefix`, it is that of all traces that start with it; what was to be explored from a node before the end
    of the prefix is left in `outside`.

    `executions` counts complete ones, `peeks` how often a step was performed to learn its footprint.
    """

    def __init__(self, program: Program, meter: Meter, witness: Witness, prefix: Sequence[Link] = ()) -> None:
        self._program, self._meter, self._witness = program, meter, witness
        self._footprints = meter.footprints
        self.trace = Trace(meter.footprints)
        self.path: list[Node] = [Node(-1, -1, ())]
        self._prefix = [Node(who, footprint, ()) for who, footprint in prefix]
        # Reversals of steps of the prefix: the node that they start from, and the sequence.
        self.outside: dict[tuple[int, tuple[Link, ...]], None] = {}
        self.executions, self.blocked, self.peeks = 0, 0, 0
        self._most = program.most_steps
        # The execution of the last peek: it is kept for the leaf that it leads to, if the witness allows that.
        self._started: tuple[Execution, list[tuple[Any, Any]]] | None = None
        self._keeps = not getattr(witness, "needs_states", True)

    def advance(self) -> bool:
        """Run one more execution; return False where there is none left. See `witness.Engine`."""
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
        """Return nothing: no trace is left out."""
        return ""

    # --- one execution ----------------------------------------------------------------------------------------

    def _execute(self, branch: list[Node]) -> None:
        """Execute the path, then the branch, then whatever comes; and plan the reversals of its races."""
        shared = len(self.path) - 1
        execution = self._resumed(branch, shared)
        if execution is None:
            execution = Execution(self._program, self._meter)
            self._repeat(execution, shared)
            self.trace.cut(shared)
            for node in branch:
                self._step(execution, node.who, node)
        if self._continue(execution):
            self.executions += 1
            self._witness.end(execution)
        else:
            self.blocked += 1
        for later, rivals in enumerate(self.trace.rivals):
            if rivals:
                self._reverse_races(later, rivals)
        if len(execution.returned) < len(execution.pending):
            self._reverse_waits(execution)

    def _resumed(self, branch: list[Node], shared: int) -> Execution | None:
        """Return the execution in which the last step of `branch` was learnt, as it stands there, or None."""
        if not branch or branch[-1].started is None:
            return None
        execution: Execution
        execution, steps = branch[-1].started
        branch[-1].started = None
        self.trace.cut(shared)
        for node, (operation, result) in zip(branch, steps, strict=True):
            self.path.append(node)
            self.trace.add(node.who, node.footprint, operation, result)
            self._witness.step(len(self.trace) - 1, node.who, operation, result, execution)
        return execution

    def _repeat(self, execution: Execution, length: int) -> None:
        trace = self.trace
        for index in range(length):
            result, seen = execution.repeat(trace.who[index]), trace.results[index]
            if result is not seen and differ(result, seen):
                raise diverged(execution, seen, result)

    def _step(self, execution: Execution, who: int, node: Node | None) -> None:
        operation = execution.pending[who]
        if node is not None and (operation is None or not execution.is_free(who)):
            raise diverged(execution, "a step", "none")
        result, footprint = execution.step(who)
        if node is None:
            node = self.path[-1].child(who, footprint, self._footprints)
        elif node.footprint != footprint:
            raise diverged(execution, "other locations", result)
        self.path.append(node)
        self.trace.add(who, footprint, operation, result)
        self._witness.step(len(self.trace) - 1, who, operation, result, execution)

    def _continue(self, execution: Execution) -> bool:
        """Go on with the first process that can, to the end; False where all that can are asleep."""
        while True:
            if len(self.trace) >= self._most and (endless := execution.exhausted()) is not None:
                raise EndlessError(endless, tuple(self.trace.who))
            free = execution.free()
            if not free:
                return True
            asleep = self.path[-1].sleep
            if asleep:
                sleepers = {one.who for one in asleep}
                free = [who for who in free if who not in sleepers]
                if not free:
                    return False
            self._step(execution, free[0], None)

    # --- races ------------------------------------------------------------------------------------------------

    def _reverse_races(self, later: int, rivals: int) -> None:
        trace = self.trace
        who, operation = trace.who[later], trace.operations[later]
        if self._meter.can_wait(operation):
            self._reverse_waiting(rivals, who, operation)
            return
        largest = self._meter.may_touch(who, operation)
        while rivals:
            earlier = rivals.bit_length() - 1
            rivals &= ~(trace.before[earlier] | 1 << earlier)
            self._reverse(earlier, later, largest)

    def _reverse(self, earlier: int, later: int, largest: int) -> None:
        """Plan that the step `later` comes before `earlier`; `largest` is all that it may touch there."""
        sequence, who = self._unrelated(earlier, later), self.trace.who[later]
        sequence.append(Link(who, largest))
        if uncovered(self.path[earlier], sequence, self._footprints) is None:
            return
        sequence.pop()
        footprint = self._peek(earlier, sequence, who)
        assert footprint is not None, "a step that never waits can be taken"
        sequence.append(Link(who, footprint))
        self._plan(earlier, sequence)

    def _plan(self, earlier: int, sequence: list[Link]) -> None:
        started, self._started = self._started, None
        if earlier < len(self._prefix):
            self.outside[earlier, tuple(sequence)] = None
            return
        node = self.path[earlier]
        children = len(node.children)
        leaf = insert(node, sequence, self._footprints)
        # A new child of the node itself: nothing of the sequence was in the tree already.
        if leaf is not None and self._keeps and len(node.children) > children:
            leaf.started = started

    def _reverse_waiting(self, rivals: int, who: int, operation: Any) -> None:
        """Reverse a step that may have to wait: with each rival before which it need not, and else with several.

        Where it has to wait although a rival is gone (with all that depends on it), one more is taken away that wrote
        what decides whether it waits; and so on.
        """
        before, deciding = self.trace.before, self.trace.conflicting(self._meter.may_read(who, operation))
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
                footprint = self._peek(earlier, sequence, who)
                if footprint is None:
                    waiting.append(more)
                else:
                    self._plan(earlier, [*sequence, Link(who, footprint)])

    def _reverse_waits(self, execution: Execution) -> None:
        """Do the same for the steps that were never taken, because their processes wait for ever."""
        for who in execution.unfinished():
            if not execution.is_free(who):
                footprint = self._meter.may_touch(who, execution.pending[who])
                rivals = self.trace.conflicting(footprint) & ~self.trace.before_next(who)
                self._reverse_waiting(rivals, who, execution.pending[who])

    def _unrelated(self, earlier: int, later: int) -> list[Link]:
        """Return the steps that `earlier` does not happen before, to the end and not only up to `later`.

        Those after it in this execution matter too: what it touches in its new place may be more than in the old one.
        """
        del later
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

    def _peek(self, earlier: int, sequence: list[Link], who: int) -> int | None:
        """Return the footprint that the next step of `who` has before `earlier`; None: it has to wait there."""
        peeked = self.path[earlier].peeked
        key: tuple[int | Link, ...] = (who, *sequence)
        if key not in peeked:
            self.peeks += 1
            execution = Execution(self._program, self._meter)
            self._repeat(execution, earlier)
            steps = [(execution.pending[link.who], execution.repeat(link.who)) for link in sequence]
            if execution.pending[who] is None:
                raise diverged(execution, "a step", "none")
            peeked[key] = None
            if execution.is_free(who):
                operation = execution.pending[who]
                result, peeked[key] = execution.step(who)
                self._started = execution, [*steps, (operation, result)]
        return peeked[key]
