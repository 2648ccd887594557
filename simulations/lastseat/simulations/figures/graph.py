"""The state graph of two attempts on real code, by the level of steps taken and the units that are reserved."""

from dataclasses import dataclass
from typing import TypeAlias

from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Emission, Resource, Snapshot
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.kernel.run import Run

Key: TypeAlias = tuple[object, ...]
MOST_STATES = 60  # that a reader can tell apart


@dataclass(frozen=True, slots=True)
class State:
    """A state in the graph: the steps taken, the units reserved, and what each attempt holds, in a word."""

    level: int
    reserved: int
    capacity: int
    attempts: tuple[str, ...]

    @property
    def beyond(self) -> bool:
        """Return whether more is reserved than there is. Clause: state.capacity"""
        return self.reserved > self.capacity


@dataclass(frozen=True, slots=True)
class Edge:
    """A shared step: between which states, by which attempt, and whether it was a persist."""

    before: Key
    after: Key
    attempt: int
    persists: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """All states in the order in which they are met, and the steps between them."""

    states: dict[Key, State]
    edges: tuple[Edge, ...]

    @property
    def crossing(self) -> tuple[Edge, ...]:
        """Return the steps from a state that keeps the invariant to one that breaks it."""
        return tuple(
            edge for edge in self.edges if self.states[edge.after].beyond and not self.states[edge.before].beyond
        )


def state_graph(scenario: Scenario, implementation: Implementation) -> Graph:
    """Return every state that two attempts on one resource can reach. Raises ValueError beyond MOST_STATES."""
    states: dict[Key, State] = {}
    edges: dict[Edge, None] = {}
    first = run(scenario, implementation, ())
    states[_key(first)] = _state(first, scenario, implementation)
    agenda: list[tuple[int, ...]] = [()]
    while agenda:
        steps = agenda.pop(0)
        before = run(scenario, implementation, steps)
        for who in before.free:
            after = run(scenario, implementation, (*steps, who))
            key = _key(after)
            edges[Edge(_key(before), key, who, after.taken[-1].operation.kind == "persist")] = None
            if key not in states:
                states[key] = _state(after, scenario, implementation)
                agenda.append((*steps, who))
        if len(states) > MOST_STATES:
            raise ValueError(f"a state graph has room for {MOST_STATES} states; {implementation.name} has more")
    return Graph(states, tuple(edges))


def _key(execution: Run) -> Key:
    """Return all that decides what can happen next; what an attempt received no longer does when it has ended."""
    received = tuple(
        execution.returned.get(who) or tuple(step.result for step in execution.taken if step.process == who)
        for who in range(execution.originals)
    )
    return execution.final, received


def _state(execution: Run, scenario: Scenario, implementation: Implementation) -> State:
    snapshot = execution.final
    if not isinstance(snapshot, Snapshot):
        raise ValueError(f"the store of {implementation.name} does not show its reservations")
    capacity = sum(units for _, units in scenario.capacities)
    reserved = sum(reservation.units for reservation in snapshot.reservations)
    words = tuple(_word(execution, who) for who in range(execution.originals))
    return State(len(execution.taken), reserved, capacity, words)


def _word(execution: Run, who: int) -> str:
    """Return an outcome, the version that is held, or nothing."""
    returned = execution.returned.get(who)
    if isinstance(returned, Emission):
        return str(returned.outcome)
    results = [step.result for step in execution.taken if step.process == who]
    if not results:
        return ""
    return f"v{results[-1].version}" if isinstance(results[-1], Resource) else str(results[-1])
