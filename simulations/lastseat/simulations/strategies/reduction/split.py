"""dpor on several workers: the same traces, each once, whatever the number of workers.

The leaf of a wakeup tree has an empty sleep set. So what starts with it can be explored by itself, anywhere: nothing
that is explored elsewhere makes a part of it superfluous. Only the reversals of steps before the leaf concern others.
A task explores from one leaf, up to a number of executions, and gives back what it saw, those reversals, and the
leaves that it did not come to. The coordinator keeps the tree above: it inserts reversals as `wakeup` says, and
makes tasks of new leaves. Results are taken in the order in which tasks were made, never in that in which they come;
so all that is decided and reported is independent of the number of workers and of their speed.

Leaves end in any order, and only one thing must wait for another: a node is not closed before all that is asleep in
it is. What is asleep there was left to an earlier sibling, whose reversals may still belong below this node; a closed
one would take them for covered. Why no more than that has to wait: `specs/decisions/dpor.md`, "On several workers".
"""

import pickle
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from lastseat.simulations.common.text import printable, quoted
from lastseat.simulations.kernel.budget import FIRST, INTERRUPTED, Budget, Driven
from lastseat.simulations.kernel.footprints import Footprints, Locations
from lastseat.simulations.kernel.observer import EndlessError, Observer
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.simulations.strategies.reduction.trace import Link
from lastseat.simulations.strategies.reduction.wakeup import Node, insert

EXECUTIONS_PER_TASK = 1_000
MOST_WRAPPED = 10  # functions in functions, such as partial(partial(...))
AHEAD = 64  # tasks that are handed to the executor before the first of them is waited for

Known: TypeAlias = list[tuple[Locations, Locations]]  # footprints in the order of their numbers


class Mergeable(Observer, Protocol):
    """An observer whose findings can be sent from one process to another and added up.

    Where the strategy `rests_on_declarations`, it audits what operations declare again and again.
    """

    rests_on_declarations: bool

    def begin(self) -> None:
        """See the state in which nothing has happened."""
        ...

    def confirm(self) -> None:
        """Hold a complete search to random schedules. Raises ProgramError where one ends as none that was seen."""
        ...

    def findings(self) -> Any:
        """Return all that was seen, as a value that can be pickled."""
        ...

    def absorb(self, findings: Any) -> None:
        """Add what another observer of the same kind has seen."""
        ...


Watching = TypeVar("Watching", bound=Mergeable, covariant=True)


class Subject(Protocol[Watching]):
    """What is explored, and who watches, as a value that can be pickled."""

    def program(self) -> Program:
        """Return the program."""
        ...

    def in_part(self, part: int) -> "Subject[Watching]":
        """Return the subject whose program is that part of this one's; see `Program.parts`."""
        ...

    def observer(self) -> Watching:
        """Return a new observer."""
        ...


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a tree as plain data: its depth below the root, its step, whether it was explored, who is asleep.

    What is asleep is an earlier node of the same tree, named by its place in preorder.
    """

    depth: int
    link: Link
    closed: bool
    asleep: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What a task gives back. `tree` is what is left open below its leaf, in preorder; numbers are those of `known`.

    `endless` says which process did not end, "" where all did; `left_out` which one was left where it was.
    """

    executions: int
    blocked: int
    findings: Any
    outside: tuple[tuple[int, tuple[Link, ...]], ...]
    tree: tuple[Branch, ...]
    known: Known
    endless: str = ""
    left_out: str = ""


def explore_leaf(subject: Subject[Any], prefix: tuple[Link, ...], known: Known, executions: int) -> Done:
    """Explore what starts with `prefix`, up to so many executions. This is what a worker runs."""
    program = subject.program()
    meter = program.meter()
    _learn(meter.footprints, known)
    observer = subject.observer()
    observer.begin()
    dpor, endless = Dpor(program, meter, observer, prefix), ""
    try:
        while dpor.executions + dpor.blocked < executions and dpor.advance():
            pass
    except EndlessError as error:
        endless = str(error)
    tree = () if endless or dpor.settle() is None else tuple(_flat(dpor.path[len(prefix)]))
    outside, known = tuple(dpor.outside), meter.footprints.known
    return Done(dpor.executions, dpor.blocked, observer.findings(), outside, tree, known, endless, dpor.left_out())


def _learn(footprints: Footprints, known: Known) -> list[int]:
    """Return, for each number of a footprint elsewhere, its number here."""
    return [footprints.number(*pair) for pair in known]


def _flat(root: Node) -> Iterator[Branch]:
    """Yield the tree below a node, without that node, in preorder."""
    agenda = [(child, 0) for child in reversed(root.children)]
    places: dict[int, int] = {}  # by the identity of the node
    while agenda:
        node, depth = agenda.pop()
        places[id(node)] = len(places)
        asleep = tuple(places[id(sleeper)] for sleeper in node.sleep)
        yield Branch(depth, Link(node.who, node.footprint, node.step), node.closed, asleep)
        agenda.extend((child, depth + 1) for child in reversed(node.children))


Kept = TypeVar("Kept", bound=Mergeable)


class Coordinator(Generic[Kept]):
    """Keeps the tree above the leaves that are explored elsewhere, from its `root`.

    `leaves` are those that nobody explores yet.
    """

    def __init__(self, observer: Kept, footprints: Footprints, most_faults: int) -> None:
        self.observer, self.footprints, self._most_faults = observer, footprints, most_faults
        self.executions, self.blocked, self.left_out = 0, 0, ""
        self.root = Node()
        self.leaves: deque[Node] = deque([self.root])
        self._held: dict[Node, list[Node]] = {}  # by an open node, those that are not closed before it

    def take(self, leaf: Node, done: Done) -> None:
        """Take in what a task gave back that explored from `leaf`."""
        numbers = _learn(self.footprints, done.known)
        self.executions += done.executions
        self.blocked += done.blocked
        self.left_out = self.left_out or done.left_out
        self.observer.absorb(done.findings)
        self._graft(leaf, done.tree, numbers)
        path = path_to(leaf)
        for index, sequence in done.outside:
            links = [link._replace(footprint=numbers[link.footprint]) for link in sequence]
            new = insert(path[index], links, self.footprints, self._most_faults)
            if new is not None:
                self.leaves.append(new)
        self._close(leaf)

    def _graft(self, leaf: Node, tree: Sequence[Branch], numbers: list[int]) -> None:
        """Hang what is left open below a leaf, and note the leaves that it has in turn."""
        along, nodes = [leaf], list[Node]()
        for branch in tree:
            del along[branch.depth + 1 :]
            asleep = tuple(nodes[place] for place in branch.asleep)
            node = Node(branch.link._replace(footprint=numbers[branch.link.footprint]), asleep, along[-1])
            node.closed = branch.closed
            along[-1].children.append(node)
            along.append(node)
            nodes.append(node)
        self.leaves.extend(_open_ends(leaf))

    def _close(self, leaf: Node) -> None:
        """Close a node below which nothing is left, and so on upwards; the tree then forgets what was below.

        One in which something open is asleep is kept, with what is below it, until that is closed.
        """
        agenda = [leaf]
        while agenda:
            node = agenda.pop()
            if node.closed or not all(child.closed for child in node.children):
                continue
            sleeper = next((sleeper for sleeper in node.sleep if not sleeper.closed), None)
            if sleeper is not None:
                self._held.setdefault(sleeper, []).append(node)
                continue
            node.closed, node.children = True, []
            agenda.extend(self._held.pop(node, ()))
            if node.parent is not None:
                agenda.append(node.parent)


def _open_ends(root: Node) -> list[Node]:
    """Return the nodes below `root` that have no children and are not closed, from left to right."""
    ends, agenda = list[Node](), list(reversed(root.children))
    while agenda:
        node = agenda.pop()
        if node.children:
            agenda.extend(reversed(node.children))
        elif not node.closed:
            ends.append(node)
    return ends


def path_to(node: Node) -> list[Node]:
    """Return the nodes from the root to `node`."""
    path = [node]
    while path[-1].parent is not None:
        path.append(path[-1].parent)
    return path[::-1]


def explore_split(
    subject: Subject[Kept],
    executor: Executor,
    observer: Kept,
    budget: Budget,
    *,
    executions_per_task: int = EXECUTIONS_PER_TASK,
) -> tuple[Coordinator[Kept], Driven]:
    """Explore with dpor on the workers of `executor`; return what was counted, and what stopped it.

    Raises ProgramError where the program is at fault or cannot be sent to another process.
    """
    _check(subject, executor)
    program = subject.program()
    meter = program.meter()
    coordinator = Coordinator(observer, meter.footprints, program.faults.most - len(program.made or ()))
    deadline = budget.deadline()
    under_way: deque[tuple[Node, Future[Done]]] = deque()
    try:
        while coordinator.leaves or under_way:
            while coordinator.leaves and len(under_way) < AHEAD:
                leaf = coordinator.leaves.popleft()
                under_way.append((leaf, _submit(executor, subject, leaf, meter.footprints, executions_per_task)))
            if deadline is not None and monotonic() > deadline:
                # Results that are there already would never say so.
                return coordinator, Driven(budget.used_up(), is_cut_short=True)
            leaf, future = under_way.popleft()
            done = future.result(None if deadline is None else max(0.0, deadline - monotonic()))
            coordinator.take(leaf, done)
            budget.progress(coordinator.executions, None)
            if (stopped := _stopped(coordinator, done, budget)) is not None:
                return coordinator, stopped
    except TimeoutError:
        return coordinator, Driven(budget.used_up(), is_cut_short=True)
    except BrokenExecutor:
        return coordinator, Driven("a worker died", is_cut_short=True)
    except KeyboardInterrupt:
        return coordinator, Driven(INTERRUPTED, interrupted=True, is_cut_short=True)
    finally:
        for _, future in under_way:
            future.cancel()
    return coordinator, Driven(coordinator.left_out)


def _stopped(coordinator: Coordinator[Any], done: Done, budget: Budget) -> Driven | None:
    """Return why the search ends with what a task gave back, None where it goes on."""
    if done.endless:
        return Driven(done.endless)
    if budget.stop_at_first and coordinator.observer.violated:
        return Driven(FIRST)
    most, done_so_far = budget.executions, coordinator.executions + coordinator.blocked
    if most is not None and done_so_far >= most and not coordinator.root.closed:
        return Driven(budget.reached(), is_cut_short=True)
    return None


def _submit(
    executor: Executor, subject: Subject[Any], leaf: Node, footprints: Footprints, executions: int
) -> "Future[Done]":
    prefix = tuple(Link(node.who, node.footprint, node.step) for node in path_to(leaf)[1:])
    # A copy: the executor may read it later, when more is known.
    return executor.submit(explore_leaf, subject, prefix, list(footprints.known), executions)


def _check(subject: Subject[Any], executor: Executor) -> None:
    """Raise ProgramError where a subject cannot be sent to another process, with the name of what cannot."""
    if not isinstance(executor, ProcessPoolExecutor):
        return
    error = _unsent(subject)
    if error is None:
        return
    program = subject.program()
    claims: Sequence[Any] = getattr(subject, "properties", ())
    parts: list[tuple[str, Any]] = [(program.named(who), process) for who, process in enumerate(program.processes)]
    parts += [("what makes the shared state", program.shared)]
    parts += [(f"the claim {quoted(claim.name)}", claim) for claim in claims]
    found = next((part for part in parts if _unsent(part[1]) is not None), None)
    what = "the program" if found is None else f"{found[0]} ({_function_of(found[1])})"
    raise ProgramError(
        f"{what} cannot be sent to a worker: a function that is sent stands in a module, under its own name; "
        f"{printable(str(error), 200)}"
    ) from error


def _unsent(part: object) -> Exception | None:
    """Return why something cannot be sent to another process, None where it can."""
    try:
        pickle.dumps(part)
    except Exception as error:  # noqa: BLE001 - whatever somebody's own code raises when it is sent
        return error
    return None


def _function_of(part: Any) -> str:
    """Return the name of the function that a process or a claim is made of."""
    for _ in range(MOST_WRAPPED):
        inner = next((getattr(part, name) for name in ("function", "func", "check") if hasattr(part, name)), None)
        if inner is None or hasattr(part, "__qualname__"):
            break
        part = inner
    return printable(str(getattr(part, "__qualname__", type(part).__name__)), 60)
