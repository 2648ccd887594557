"""What is proved: the conjuncts of the inductive invariant, and the properties of a step.

A conjunct speaks about every state, a step property about one step from a state in which the invariant holds. The
clauses are those of `specs/booking.md`, and the claims are those of `properties.py`, for systems of any size.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.state import Stage, State, vocabulary
from lastseat.model.proof.steps import Moment
from lastseat.model.world import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One part of the invariant: `holds(state, *variables)` for all values of the variables `over`.

    Those that are not a `target` carry the proof: together they are inductive, all step properties follow from them,
    and so does each target, and none of them can be spared. A target is proved for its own sake.
    """

    name: str
    clause: str
    says: str
    over: tuple[str, ...]
    holds: Callable[..., Term]
    target: bool = False


@dataclass(frozen=True, slots=True)
class StepProperty:
    """A claim about one step: `holds(step, *variables)`, for the actions that it speaks about."""

    clause: str
    says: str
    actions: tuple[str, ...]
    over: tuple[str, ...]
    holds: Callable[..., Term]


def _ended(moment: Moment, outcome: Outcome) -> Term:
    return moment.outcome == vocabulary().outcomes[outcome]


def _because(moment: Moment, verdict: Verdict | None) -> Term:
    return moment.reason == vocabulary().verdicts[verdict]


def _at(moment: Moment, stage: Stage) -> Term:
    return moment.stage == vocabulary().stages[stage]


# --- the store ------------------------------------------------------------------------------------------------


def _within_capacity(state: State, resource: Term) -> Term:
    return z3.And(state.confirmed[resource] >= 0, state.confirmed[resource] <= vocabulary().capacity(resource))


def _sums_agree(state: State, resource: Term) -> Term:
    return state.confirmed[resource] == state.reserved[resource]


def _version_counts(state: State, resource: Term) -> Term:
    return z3.And(state.version[resource] == state.effects[resource], state.effects[resource] >= 0)


def _effects_recorded(state: State, resource: Term) -> Term:
    return state.effects[resource] == state.reservations[resource]


def _unique(state: State, attempt: Term, other: Term) -> Term:
    first, second = Moment(state, attempt), Moment(state, other)
    both = z3.And(state.recorded[attempt], state.recorded[other], attempt != other)
    return z3.Implies(both, first.booking != second.booking)


def _found(state: State, attempt: Term) -> Term:
    booking = Moment(state, attempt).booking
    return z3.Implies(state.recorded[attempt], z3.And(state.taken[booking], state.holder[booking] == attempt))


def _truly_taken(state: State, booking: Term) -> Term:
    holder = state.holder[booking]
    return z3.Implies(state.taken[booking], z3.And(state.recorded[holder], Moment(state, holder).booking == booking))


# --- the attempts ---------------------------------------------------------------------------------------------


def _saw_a_version(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    return z3.Implies(
        z3.And(_at(moment, Stage.OBSERVED), moment.known), moment.saw_version == state.saw_effects[attempt]
    )


def _saw_the_past(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    saw = state.saw_effects[attempt]
    return z3.Implies(_at(moment, Stage.OBSERVED), z3.And(saw >= 0, saw <= moment.effects))


def _saw_a_copy(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    since = moment.effects - state.saw_effects[attempt]  # each of them confirmed one unit or more
    copied = z3.And(
        moment.saw_confirmed >= 0,
        moment.saw_confirmed + since <= moment.confirmed,
        z3.Implies(since == 0, moment.saw_confirmed == moment.confirmed),
    )
    return z3.Implies(z3.And(_at(moment, Stage.OBSERVED), moment.known), copied)


def _booked_is_recorded(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    return z3.Implies(_ended(moment, Outcome.BOOKED), moment.held)


def _recorded_is_booked(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    owned = z3.Or(_ended(moment, Outcome.BOOKED), _because(moment, Verdict.ACKNOWLEDGEMENT_LOST))
    return z3.Implies(state.recorded[attempt], owned)


def _one_outcome(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    emitted = moment.outcome != vocabulary().outcomes[None]
    explained = z3.Not(_because(moment, None))
    return z3.And(_at(moment, Stage.DONE) == emitted, _ended(moment, Outcome.FAILED) == explained)


def _unbooked_has_no_effect(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    failed = z3.And(_ended(moment, Outcome.FAILED), z3.Not(_because(moment, Verdict.ACKNOWLEDGEMENT_LOST)))
    return z3.Implies(z3.Or(_ended(moment, Outcome.REJECTED), failed), z3.Not(state.own[attempt]))


def _no_effect_yet(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    return z3.Implies(z3.Not(_at(moment, Stage.DONE)), z3.Not(state.own[attempt]))


def _lost_is_recorded(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    return z3.Implies(_because(moment, Verdict.ACKNOWLEDGEMENT_LOST), z3.And(vocabulary().lost, moment.held))


def _unavailable_was_a_fault(state: State, attempt: Term) -> Term:
    return z3.Implies(_because(Moment(state, attempt), Verdict.STORE_UNAVAILABLE), vocabulary().unavailable)


def _steps_counted(state: State, attempt: Term) -> Term:
    moment, observes, persists = Moment(state, attempt), state.observes[attempt], state.persists[attempt]
    return z3.And(
        z3.Implies(_at(moment, Stage.IDLE), z3.And(observes == 0, persists == 0)),
        z3.Implies(_at(moment, Stage.OBSERVED), z3.And(observes == 1, persists == 0)),
        z3.Implies(_at(moment, Stage.DONE), z3.And(observes == 1, persists >= 0, persists <= 1)),
    )


def _decided_at_persist(state: State, attempt: Term) -> Term:
    moment = Moment(state, attempt)
    late = z3.Or(state.persists[attempt] >= 1, _because(moment, Verdict.STORE_UNAVAILABLE))
    return z3.Implies(moment.outcome != vocabulary().outcomes[None], late)


def _two_steps(state: State, attempt: Term) -> Term:
    taken = state.observes[attempt] + state.persists[attempt]
    return z3.And(taken <= 2, z3.Implies(taken == 2, _at(Moment(state, attempt), Stage.DONE)))


A, B, R = ("attempt",), ("booking",), ("resource",)
INVARIANT: tuple[Conjunct, ...] = (
    Conjunct("state.capacity", "state.capacity", "0 <= confirmed <= capacity", R, _within_capacity),
    Conjunct("state.sum", "state.sum", "confirmed = sum of the units of the recorded reservations", R, _sums_agree),
    Conjunct("state.version", "state.version", "version = number of effective persists", R, _version_counts),
    Conjunct(
        "state.version.recorded",
        "state.version",
        "the number of effective persists = number of recorded reservations",
        R,
        _effects_recorded,
        target=True,
    ),
    Conjunct(
        "state.unique",
        "state.unique",
        "a booking id is recorded at most once in the whole store",
        ("attempt", "other_attempt"),
        _unique,
        target=True,
    ),
    Conjunct("persist.identity.found", "persist.identity", "what is recorded is found under its id", A, _found),
    Conjunct(
        "persist.identity.true",
        "persist.identity",
        "what is found under an id is recorded, with that id",
        B,
        _truly_taken,
        target=True,
    ),
    Conjunct(
        "observe.stale.version",
        "observe.stale",
        "an observed version counts the effects before the observe",
        A,
        _saw_a_version,
    ),
    Conjunct("observe.stale.past", "observe.stale", "an observation is of now or of the past", A, _saw_the_past),
    Conjunct(
        "observe.stale.copy",
        "observe.stale",
        "an observation is a copy, exact as long as nothing took effect",
        A,
        _saw_a_copy,
        target=True,
    ),
    Conjunct("emit.one", "emit.one", "whoever ended has one outcome, and FAILED alone has a reason", A, _one_outcome),
    Conjunct(
        "emit.booked", "emit.booked", "BOOKED: its reservation is recorded", A, _booked_is_recorded, target=True
    ),
    Conjunct(
        "emit.recorded",
        "emit.recorded",
        "what is recorded was BOOKED (or its acknowledgement was lost)",
        A,
        _recorded_is_booked,
        target=True,
    ),
    Conjunct(
        "emit.unbooked",
        "emit.unbooked",
        "REJECTED or FAILED: no persist of it took effect (or its acknowledgement was lost)",
        A,
        _unbooked_has_no_effect,
        target=True,
    ),
    Conjunct("emit.unbooked.yet", "emit.unbooked", "whoever has not ended has had no effect", A, _no_effect_yet),
    Conjunct(
        "fault.acknowledgement_lost",
        "fault.acknowledgement_lost",
        "an acknowledgement is lost only where that may happen, and then the reservation is recorded",
        A,
        _lost_is_recorded,
        target=True,
    ),
    Conjunct(
        "fault.unavailable",
        "fault.unavailable",
        "the store is unavailable only where that may happen",
        A,
        _unavailable_was_a_fault,
        target=True,
    ),
    Conjunct(
        "attempt.one_persist", "attempt.one_persist", "one observe, then at most one persist", A, _steps_counted
    ),
    Conjunct(
        "attempt.decides_at_persist",
        "attempt.decides_at_persist",
        "nothing is decided before persist, unless the store cannot be observed",
        A,
        _decided_at_persist,
        target=True,
    ),
    Conjunct(
        "progress.two_steps",
        "progress.two_steps",
        "an attempt ends within two shared steps",
        A,
        _two_steps,
        target=True,
    ),
)
