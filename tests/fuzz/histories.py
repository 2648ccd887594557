"""Histories: the decider of linearizability against all orders of all bookings.

A history is who took which step, and what each attempt emitted at its last one. Attempts without an outcome crashed,
or go on after the history.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fuzz.flows import spoken
from fuzz.hunting import Target
from fuzz.naive_clauses import Span
from fuzz.naive_clauses import unexplained as by_all_orders
from fuzz.stores import Short
from hypothesis import strategies as st

from lastseat.model.world import Done, Outcome, Request, Verdict
from lastseat.reference.values import BookingRequest, Emission
from lastseat.simulations.bookings.judging.linearizability import Monitor, Possibility, linearizable, unexplained
from lastseat.simulations.kernel.actions import Action, Fault, Step


@dataclass(frozen=True, repr=False)
class History(Short):
    """Requests are (booking id, resource, units). `told` has the text of each outcome, "" for none.

    An attempt in `crashed` dies in place of one more step, the last of the history.
    """

    capacities: tuple[tuple[str, int], ...] = (("p", 1),)
    requests: tuple[tuple[str, str, int], ...] = ()
    steps: tuple[int, ...] = ()
    told: tuple[str, ...] = ()
    crashed: tuple[int, ...] = ()

    def schedule(self) -> tuple[Step, ...]:
        """Return the steps as a schedule has them."""
        return (*self.steps, *(Action(who, Fault.CRASH_BEFORE) for who in self.crashed))

    def vector(self) -> tuple[Done | None, ...]:
        """Return the outcomes of the model."""
        return tuple(map(_done, self.told))

    def spans(self) -> dict[int, Span]:
        """Return call, return and outcome of every attempt."""
        spans: dict[int, Span] = {}
        for number, who in enumerate(self.steps, start=1):
            call = spans[who][0] if who in spans else number
            spans[who] = (call, number, spoken(self.told[who])) if self.told[who] else (call, None, None)
        return spans


def _done(told: str) -> Done | None:
    if not told:
        return None
    emission: Emission = spoken(told)
    reason = None if emission.reason is None else Verdict(str(emission.reason))
    return Done(Outcome(str(emission.outcome)), reason)


# --- what is compared -------------------------------------------------------------------------------------------


def disagreement(history: History, judges: Mapping[str, Any] | None = None) -> str | None:
    """Return how a decider differs from all orders, or None."""
    capacities, requests = dict(history.capacities), [Request(*one) for one in history.requests]
    due = by_all_orders(capacities, [BookingRequest(*one) for one in history.requests], history.spans())
    question = (capacities, requests, history.schedule(), history.vector())
    found: dict[str, int | None] = {"unexplained": unexplained(*question), "monitor": followed(*question)}
    if linearizable(*question) != (due is None):
        return f"linearizable: {due is not None}; all orders: {due is None}"
    for name, judge in (judges or {}).items():
        found[name] = judge(*question)
    for name, length in found.items():
        if length != due:
            return f"{name}: {length}; all orders: {due}"
    return None


def followed(capacities: Any, requests: Any, steps: Any, vector: Any) -> int | None:
    """Return what the monitor says when it is driven along a history by hand, as the merging explorers do it."""
    monitor = Monitor(capacities, requests)
    possible, pending = frozenset({Possibility(frozenset())}), set[int]()
    taken = [who for who in steps if isinstance(who, int)]
    for number, who in enumerate(taken, start=1):
        pending.add(who)
        if who not in taken[number:] and vector[who] is not None:
            possible = monitor.ended(possible, who, vector[who], sorted(pending))
            pending.discard(who)
            if not possible:
                return number
    return None


# --- how they are drawn -----------------------------------------------------------------------------------------

INSTEAD = ("", "acknowledgement lost", "acknowledgement lost", "version conflict", "BOOKED", "REJECTED")
Asked = tuple[tuple[str, str, int], ...]


def _served(capacities: Mapping[str, int], requests: Asked, order: Sequence[int]) -> list[str]:
    """Return what is told to each where the bookings are made in this order."""
    left, booked, told = dict(capacities), dict[str, Any](), [""] * len(requests)
    for who in order:
        name, resource, units = request = requests[who]
        if name in booked:
            told[who] = "BOOKED" if booked[name] == request else "identifier reuse"
        elif left[resource] < units:
            told[who] = "REJECTED"
        else:
            told[who], booked[name] = "BOOKED", request
            left[resource] -= units
    return told


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw three to five attempts of one to three steps, side by side or one after the other.

    What they are told is what bookings in some order give. That order may be none that is allowed, some are told
    something else, and some may not have happened.
    """
    count = draw(st.sampled_from([3, 3, 4, 4, 5]))
    many = {"min_size": count, "max_size": count}
    units = st.sampled_from(draw(st.sampled_from([[1], [1, 2]])))
    request = st.tuples(st.sampled_from(draw(st.sampled_from(["ab", "abc"]))), st.sampled_from("pq"), units)
    requests = tuple(draw(st.lists(request, **many)))
    is_lost = draw(st.sampled_from([False, False, True]))
    if is_lost:  # an id with two payloads, the acknowledgement of the first of which is lost
        requests = (("a", "p", 1), ("a", "q", 1), *requests[2:])
    capacities = {name: draw(st.sampled_from([0, 1, 1, 2])) for name in "pq"}
    lengths = draw(st.lists(st.sampled_from([1, 1, 2, 3]), **many))
    steps = [who for who, length in enumerate(lengths) for _ in range(length)]
    order = list(range(count))
    if draw(st.booleans()):
        steps = draw(st.permutations(steps))
        order.sort(key=steps.index)
    if is_lost:
        order.insert(draw(st.integers(0, count - 1)), order.pop(order.index(0)))
    for place in draw(st.lists(st.integers(0, count - 2), max_size=2)):
        order[place : place + 2] = order[place : place + 2][::-1]
    done = [who for who in order if draw(st.sampled_from([True, True, True, False]))]
    told = [text or "version conflict" for text in _served(capacities, requests, done)]
    for who in draw(st.lists(st.integers(0, count - 1), max_size=2)):
        told[who] = draw(st.sampled_from(INSTEAD))
    if is_lost:
        told[0] = "acknowledgement lost"
    crashed = [who for who in range(count) if not told[who] and draw(st.booleans())]
    return History(tuple(capacities.items()), requests, tuple(steps), tuple(told), tuple(crashed))


HISTORIES = Target("fuzz.histories", "HISTORIES", histories(), disagreement)

__all__ = ["HISTORIES", "History"]
