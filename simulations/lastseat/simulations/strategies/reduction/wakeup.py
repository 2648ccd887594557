"""Wakeup trees: what is still to be explored after a prefix, in which order, and what need not be.

From Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction" (POPL 2014; "Source sets", JACM
2017). A node is a prefix of executions. Its children are the steps that are or will be explored from there, the
earlier ones completely before the later ones; its sleep set holds steps that need not be taken first, because some
earlier sibling of the path has covered whatever starts with them.

Two actions of one process that are possible in one place (a fault, another branch of a choice) exclude each other:
they are in conflict, whatever they touch. A budget of faults bounds how many there are in one execution, and so what
is asleep covers: a fault may be moved before a sequence only if one more is left for it.
"""

from collections.abc import Sequence
from typing import Any

from lastseat.simulations.kernel.actions import Action, Step
from lastseat.simulations.kernel.footprints import Footprints
from lastseat.simulations.strategies.reduction.trace import Link

ROOT = Link(-1, -1, -1)


class Node:
    """A prefix, named by its last step. `closed` says that everything that starts with it was explored.

    `faults` is the number of faults in the prefix, `is_fault` whether its last step is one.
    """

    __slots__ = (
        "children",
        "closed",
        "faults",
        "footprint",
        "is_fault",
        "parent",
        "peeked",
        "sleep",
        "started",
        "step",
        "who",
    )

    def __init__(self, link: Link = ROOT, sleep: tuple["Node", ...] = (), parent: "Node | None" = None) -> None:
        self.who, self.footprint, self.step = link
        self.sleep, self.parent = sleep, parent
        self.is_fault = False if link.step.__class__ is int else is_fault(link.step)
        self.faults: int = 0 if parent is None else parent.faults + self.is_fault
        self.children: list[Node] = []
        self.closed = False
        self.started: Any = None  # an execution that has come to this leaf already
        self.peeked: dict[tuple[Step | Link, ...], int | None] = {}  # footprints of last steps of sequences

    def child(self, link: Link, footprints: Footprints) -> "Node":
        """Append and return a child; asleep there is what commutes with its step, of what is asleep or tried here."""
        clash, who = footprints.clash[link.footprint], link.who
        asleep = tuple(
            sleeper
            for sleeper in (*self.sleep, *self.children)
            if sleeper.who != who and not clash >> sleeper.footprint & 1
        )
        child = Node(link, asleep, self)
        self.children.append(child)
        return child

    def leaf(self) -> list["Node"]:
        """Return the path, without this node, to the first leaf that was not explored; empty if this is it."""
        path, node = [], self
        while node.children:
            node = next(child for child in node.children if not child.closed)
            path.append(node)
        return path


CONFLICT, ABSENT = -2, -1


def is_fault(step: Step) -> bool:
    """Return whether a step is one with a fault in it."""
    return isinstance(step, Action) and step.fault is not None


def place(node: Node, sequence: Sequence[Link], footprints: Footprints) -> int:
    """Return where the step of `node` stands in `sequence` if it could be taken first of all (a weak initial).

    ABSENT: it is not in it and commutes with all of it. CONFLICT: it cannot be taken first.
    """
    who, clash = node.who, footprints.clash[node.footprint]
    for index, (other, footprint, step) in enumerate(sequence):
        if other == who:
            return index if step == node.step else CONFLICT
        if clash >> footprint & 1:
            return CONFLICT
    return ABSENT


def insert(node: Node, sequence: Sequence[Link], footprints: Footprints, most_faults: int) -> Node | None:
    """See to it that some execution that is equivalent to one starting with `sequence` is explored from `node`.

    Returns the new leaf, None where none was needed.
    """
    found = uncovered(node, sequence, footprints, most_faults)
    if found is None:
        return None
    node, rest = found
    for link in rest:
        node = node.child(link, footprints)
    return node


def uncovered(
    node: Node, sequence: Sequence[Link], footprints: Footprints, most_faults: int
) -> tuple[Node, Sequence[Link]] | None:
    """Return where a new branch is needed to explore `sequence` from `node`, and that branch; None if it is covered.

    It is covered where a step that is asleep or explored could be moved before it, or the sequence of a leaf that is
    still to be explored; or where the tree has all of it already. If it is covered, so it is with a smaller footprint
    in the place of one of its own.
    """
    rest = sequence
    # How many faults a step that is moved before the sequence may be.
    left = most_faults and most_faults - node.faults - sum(is_fault(link.step) for link in rest)
    for sleeper in node.sleep:
        where = place(sleeper, rest, footprints)
        if where != CONFLICT and (where != ABSENT or not sleeper.is_fault or left > 0):
            return None
    while rest:
        for child in node.children:
            where = place(child, rest, footprints)
            if where != CONFLICT and (where != ABSENT or not child.is_fault or left > 0):
                break
        else:
            return node, rest
        if child.closed or not child.children:
            return None
        if where != ABSENT:
            rest = [*rest[:where], *rest[where + 1 :]]
        else:
            left -= child.is_fault
        node = child
    return None
