"""The words of the proof: what is fixed in a system, and what changes from state to state.

Attempts, booking ids and resources are uninterpreted sorts. There may be any number of each, and several attempts may
share a booking id. A reservation is named by the attempt that recorded it, since an attempt persists at most once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from lastseat.model.proof.solver import Term, z3
from lastseat.model.world import Outcome, Verdict


class Stage(Enum):
    """Where an attempt stands: the classes Idle, Observed and Done of the model."""

    IDLE = "Idle"
    OBSERVED = "Observed"
    DONE = "Done"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The sorts, and the functions that no step changes.

    `booking`, `resource` and `units` are the request of an attempt. `known` and `capacity` (in units) are about a
    resource. `capacity_first` is the store's policy; `unavailable` and `lost` say which faults may strike.
    """

    attempt: Term
    booking_id: Term
    resource_id: Term
    stages: Mapping[Stage, Term]
    outcomes: Mapping[Outcome | None, Term]
    verdicts: Mapping[Verdict | None, Term]
    booking: Term
    resource: Term
    units: Term
    known: Term
    capacity: Term
    capacity_first: Term
    unavailable: Term
    lost: Term

    def sort(self, name: str) -> Term:
        """Return the sort that a variable ranges over: its name ends in attempt, booking or resource."""
        kind = name.rpartition("_")[2]
        return {"attempt": self.attempt, "booking": self.booking_id, "resource": self.resource_id}[kind]


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary, made once."""
    attempt, booking_id, resource_id = map(z3.DeclareSort, ("Attempt", "BookingId", "ResourceId"))
    _, stages = z3.EnumSort("Stage", [stage.name for stage in Stage])
    _, outcomes = z3.EnumSort("Outcome", ["NO_OUTCOME", *(outcome.name for outcome in Outcome)])
    _, verdicts = z3.EnumSort("Verdict", ["NO_REASON", *(verdict.name for verdict in Verdict)])
    return Vocabulary(
        attempt=attempt,
        booking_id=booking_id,
        resource_id=resource_id,
        stages=dict(zip(Stage, stages, strict=True)),
        outcomes=dict(zip((None, *Outcome), outcomes, strict=True)),
        verdicts=dict(zip((None, *Verdict), verdicts, strict=True)),
        booking=z3.Function("booking", attempt, booking_id),
        resource=z3.Function("resource", attempt, resource_id),
        units=z3.Function("units", attempt, z3.IntSort()),
        known=z3.Function("known", resource_id, z3.BoolSort()),
        capacity=z3.Function("capacity", resource_id, z3.IntSort()),
        capacity_first=z3.Bool("capacity_first"),
        unavailable=z3.Bool("unavailable_may_strike"),
        lost=z3.Bool("acknowledgement_lost_may_strike"),
    )


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a state, for every attempt, booking id or resource at once."""

    at: Callable[[Term], Term]

    def __getitem__(self, index: Term) -> Term:
        return self.at(index)

    def put(self, there: Term, value: Term) -> "Column":
        """Return the column with the value at one place, and elsewhere as it was."""
        return Column(lambda index: value if index.eq(there) else z3.If(index == there, value, self.at(index)))


@dataclass(frozen=True, slots=True)
class State:
    """One global state, a column a line: the store, where each attempt stands, and ghosts, which only count.

    `recorded` says of an attempt whether the store holds its reservation. `taken` and `holder` are the store's
    look-up of a booking id. The ghosts: `reserved` is the sum of the units of the reservations on a resource, and
    `reservations` their number; `effects` is how many steps changed the units or reservations of a resource, `own`
    whether an attempt's persist did so, `saw_effects` the effects at an attempt's observe, and `observes` and
    `persists` the steps of each kind that it took.
    """

    confirmed: Column
    version: Column
    recorded: Column
    taken: Column
    holder: Column
    stage: Column
    saw_version: Column
    saw_confirmed: Column
    outcome: Column
    reason: Column
    reserved: Column
    reservations: Column
    effects: Column
    own: Column
    saw_effects: Column
    observes: Column
    persists: Column


ABSENT = -1  # what is observed of a resource that does not exist; the model says None


def _columns() -> dict[str, tuple[Term, Term]]:
    """Return, for each column of a state, what it is about, and what it holds at the start."""
    words = vocabulary()
    attempt, booking, resource = words.attempt, words.booking_id, words.resource_id
    zero, false = z3.IntVal(0), z3.BoolVal(False)
    return {
        "confirmed": (resource, zero),
        "version": (resource, zero),
        "recorded": (attempt, false),
        "taken": (booking, false),
        "holder": (booking, z3.Const("nobody", attempt)),
        "stage": (attempt, words.stages[Stage.IDLE]),
        "saw_version": (attempt, zero),
        "saw_confirmed": (attempt, zero),
        "outcome": (attempt, words.outcomes[None]),
        "reason": (attempt, words.verdicts[None]),
        "reserved": (resource, zero),
        "reservations": (resource, zero),
        "effects": (resource, zero),
        "own": (attempt, false),
        "saw_effects": (attempt, zero),
        "observes": (attempt, zero),
        "persists": (attempt, zero),
    }


def any_state() -> State:
    """Return a state of which nothing is known."""
    columns = _columns().items()
    return State(**{name: Column(z3.Function(name, about, start.sort())) for name, (about, start) in columns})


def initial_state(version: int = 0) -> State:
    """Return the state in which nothing has happened; a sound store starts at version 0."""
    starts = {name: start for name, (_, start) in _columns().items()} | {"version": z3.IntVal(version)}
    return State(**{name: _constant(start) for name, start in starts.items()})


def _constant(value: Term) -> Column:
    return Column(lambda _one: value)


# --- what is assumed ------------------------------------------------------------------------------------------

Body = Callable[..., Term]
ForAll = Callable[[tuple[str, ...], Body], Term]  # the sorts of some variables, and a formula about them


def for_all(names: tuple[str, ...], body: Body) -> Term:
    """Return that `body` holds of all attempts, bookings and resources, of which there may be any number."""
    variables = [z3.Const(f"any_{name}", vocabulary().sort(name)) for name in names]
    return z3.ForAll(variables, body(*variables))


def valid_input(every: ForAll = for_all) -> Term:
    """Return that all input is valid. Clause: request.valid"""
    words = vocabulary()
    return z3.And(
        every(("attempt",), lambda attempt: words.units(attempt) >= 1),
        every(("resource",), lambda resource: words.capacity(resource) >= 0),
    )
