"""Small closed systems for z3: so many attempts, booking ids and resources and no others, with the true sums.

What is found in one of them is a state that exists, with a booking story to tell. An uninterpreted sum may be
anything that its defining equations allow for the sets that occur, so a model of the general formula may not be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from lastseat.model.proof.invariant import Conjunct
from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.state import Body, State, valid_input, vocabulary

ATTEMPTS = ("a", "b", "c")
BOOKINGS = ("ann", "bob", "cem")
RESOURCES = ("seat", "sofa", "bench")


@dataclass(frozen=True, slots=True)
class Small:
    """A closed system. The attempts are named a, b, …; several of them may share a booking id."""

    attempts: tuple[Term, ...]
    bookings: tuple[Term, ...]
    resources: tuple[Term, ...]

    def every(self, names: tuple[str, ...], body: Body) -> Term:
        """Return that `body` holds of all that there is; it stands in for `for_all`."""
        return z3.And(*(body(*values) for values in self.values(names)))

    def values(self, names: tuple[str, ...]) -> Iterator[tuple[Term, ...]]:
        """Yield all values of variables, whose names end in what they range over."""
        kinds = {"attempt": self.attempts, "booking": self.bookings, "resource": self.resources}
        return product(*(kinds[name.rpartition("_")[2]] for name in names))

    def invariant(self, state: State, conjuncts: tuple[Conjunct, ...]) -> list[Term]:
        """Return that each conjunct holds in the state, of all that there is."""
        return [
            self.every(conjunct.over, lambda *values, conjunct=conjunct: conjunct.holds(state, *values))
            for conjunct in conjuncts
        ]

    def closed(self, state: State) -> Term:
        """Return that these are all, that the input is valid, and that the sums in the state are the true sums."""
        words = vocabulary()
        requests = [
            z3.And(_one_of(words.booking(attempt), self.bookings), _one_of(words.resource(attempt), self.resources))
            for attempt in self.attempts
        ]
        holders = [_one_of(state.holder[booking], self.attempts) for booking in self.bookings]
        distinct = [z3.Distinct(*all_of) for all_of in (self.attempts, self.bookings, self.resources)]
        sums = [self.true_sums(state, resource) for resource in self.resources]
        return z3.And(*requests, *holders, *distinct, *sums, valid_input(self.every))

    def true_sums(self, state: State, resource: Term) -> Term:
        """Return that the reservations on a resource are counted and added up as they are."""
        words = vocabulary()
        on_it = [
            (attempt, z3.And(state.recorded[attempt], words.resource(attempt) == resource))
            for attempt in self.attempts
        ]
        return z3.And(
            state.reserved[resource] == z3.Sum([z3.If(there, words.units(attempt), 0) for attempt, there in on_it]),
            state.reservations[resource] == z3.Sum([z3.If(there, 1, 0) for _, there in on_it]),
        )


def _one_of(value: Term, values: tuple[Term, ...]) -> Term:
    return z3.Or(*(value == candidate for candidate in values))


def small_system(attempts: int, resources: int = 2, bookings: int | None = None) -> Small:
    """Return a closed system of so many of each (at most three of each); by default as many ids as attempts."""
    words = vocabulary()

    def named(names: tuple[str, ...], many: int, sort: Term) -> tuple[Term, ...]:
        return tuple(z3.Const(name, sort) for name in names[:many])

    return Small(
        named(ATTEMPTS, attempts, words.attempt),
        named(BOOKINGS, attempts if bookings is None else bookings, words.booking_id),
        named(RESOURCES, resources, words.resource_id),
    )
