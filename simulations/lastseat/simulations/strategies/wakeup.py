"""Wakeup trees: what is still to be explored after a prefix, in which order, and what need not be.

From Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction" (POPL 2014; "Source sets", JACM
2017). A node is a prefix of executions. Its children are the steps that are or will be explored from there, the
earlier ones completely before the later ones; its sleep set holds steps that need not be taken first, because some
earlier sibling of the path has covered whatever starts with them.
"""

from collections.abc import Sequence
from typing import Any

from lastseat.simulations.kernel.footprints import Footprints
from lastseat.simulations.strategies.trace import Link


class Node:
    """A prefix, named by its last step. `closed` says that everything that starts with it was explored."""

    __slots__ = ("children", "closed", "footprint", "parent", "peeked", "sleep", "started", "who")

    def __init__(
        self, who: int, footprint: int, sleep: tuple["Node", ...] = (), parent: "Node | None" = None
    ) -> None:
        self.who, self.footprint, self.sleep, self.parent = who, footprint, sleep, parent
        self.children: list[Node] = []
        self.closed = False
        self.started: Any = None  # an execution that has come to this leaf already
        self.peeked: dict[tuple[int | Link, ...], int | None] = {}  # what last steps of sequences were found to touch

    def child(self, who: int, footprint: int, footprints: Footprints) -> "Node":
        """Append and return a child; asleep there is what commutes with its step, of what is asleep or tried here."""
        clash = footprints.clash[footprint]
        asleep = tuple(one for one in (*self.sleep, *self.children) if not clash >> one.footprint & 1)
        child = Node(who, footprint, asleep, self)
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


def place(one: Node, sequence: Sequence[Link], footprints: Footprints) -> int:
    """Return where the step of `one` stands in `sequence` if it could be taken first of all (a weak initial).

    ABSENT: it is not in it and commutes with all of it. CONFLICT: it cannot be taken first.
    """
    who, clash = one.who, footprints.clash[one.footprint]
    for index, (other, footprint) in enumerate(sequence):
        if other == who:
            return index
        if clash >> footprint & 1:
            return CONFLICT
    return ABSENT


def insert(node: Node, sequence: Sequence[Link], footprints: Footprints) -> Node | None:
    """See to it that some execution that is equivalent to one starting with `sequence` is explored from `node`.

    Returns the new leaf, None where none was needed.
    """
    found = uncovered(node, sequence, footprints)
    if found is None:
        return None
    node, rest = found
    for who, footprint in rest:
        node = node.child(who, footprint, footprints)
    return node


def uncovered(node: Node, sequence: Sequence[Link], footprints: Footprints) -> tuple[Node, list[Link]] | None:
    """Return where a new branch is needed to explore `sequence` from `node`, and that branch; None if it is covered.

    It is covered where a step that is asleep or explored could be moved before it, or the sequence of a leaf that is
    still to be explored; or where the tree has all of it already. If it is covered, so it is with a smaller footprint
    in the place of one of its own.
    """
    for one in node.sleep:
        if place(one, sequence, footprints) != CONFLICT:
            return None
    rest = list(sequence)
    while rest:
        for child in node.children:
            where = place(child, rest, footprints)
            if where != CONFLICT:
                break
        else:
            return node, rest
        if child.closed or not child.children:
            return None
        if where != ABSENT:
            del rest[where]
        node = child
    return None
