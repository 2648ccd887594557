"""The properties of a single step that are proved, from any state in which the invariant holds."""

from lastseat.model.proof.invariant import StepProperty
from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.state import vocabulary
from lastseat.model.proof.steps import Step
from lastseat.model.world import Outcome, Verdict


def _is(step: Step, *verdicts: Verdict) -> Term:
    return z3.Or(*(step.verdict == vocabulary().verdicts[verdict] for verdict in verdicts))


def _emitted(step: Step, outcome: Outcome) -> Term:
    return step.later.outcome == vocabulary().outcomes[outcome]


def _because(step: Step, verdict: Verdict) -> Term:
    return step.later.reason == vocabulary().verdicts[verdict]


def _store_unchanged(step: Step, attempt: Term, booking: Term, resource: Term) -> Term:
    before, after = step.before, step.after
    return z3.And(
        before.confirmed[resource] == after.confirmed[resource],
        before.version[resource] == after.version[resource],
        before.recorded[attempt] == after.recorded[attempt],
        before.taken[booking] == after.taken[booking],
        before.holder[booking] == after.holder[booking],
    )


def _refusal_is_pure(step: Step, attempt: Term, booking: Term, resource: Term) -> Term:
    refused = z3.Not(_is(step, Verdict.ACCEPTED, Verdict.ACKNOWLEDGEMENT_LOST))
    return z3.Implies(refused, _store_unchanged(step, attempt, booking, resource))


def _version_steps(step: Step, resource: Term) -> Term:
    own = z3.And(step.effective, resource == step.earlier.resource)
    return step.after.version[resource] == step.before.version[resource] + z3.If(own, 1, 0)


def _compares(step: Step) -> Term:
    return z3.Implies(step.effective, step.earlier.saw_version == step.earlier.version)


def _identifies(step: Step, attempt: Term, booking: Term, resource: Term) -> Term:
    due = z3.If(step.earlier.same, _is(step, Verdict.ACCEPTED), _is(step, Verdict.IDENTIFIER_REUSE))
    return z3.Implies(step.earlier.taken, z3.And(due, _store_unchanged(step, attempt, booking, resource)))


def _takes_whole_effect(step: Step) -> Term:
    earlier, later = step.earlier, step.later
    fresh = z3.And(_is(step, Verdict.ACCEPTED, Verdict.ACKNOWLEDGEMENT_LOST), z3.Not(earlier.taken))
    at_once = z3.And(
        step.after.recorded[step.attempt],
        later.confirmed == earlier.confirmed + earlier.units,
        later.version == earlier.version + 1,
    )
    return z3.Implies(fresh, at_once)


def _keeps(step: Step, booking: Term) -> Term:
    kept = z3.And(step.after.taken[booking], step.after.holder[booking] == step.before.holder[booking])
    return z3.Implies(step.before.taken[booking], kept)


def _rejects_truly(step: Step) -> Term:
    return z3.Implies(_emitted(step, Outcome.REJECTED), z3.Not(step.earlier.fits))


def _conflicts_truly(step: Step) -> Term:
    earlier = step.earlier
    raced = step.before.saw_effects[step.attempt] < earlier.effects
    by_another = z3.And(earlier.known, raced, z3.Not(step.before.own[step.attempt]))
    return z3.Implies(_because(step, Verdict.VERSION_CONFLICT), by_another)


def _succeeds_alone(step: Step) -> Term:
    earlier = step.earlier
    unmoved = step.before.saw_effects[step.attempt] == earlier.effects
    undisturbed = z3.And(earlier.known, z3.Not(earlier.taken), unmoved)
    return z3.Implies(undisturbed, z3.Not(_emitted(step, Outcome.FAILED)))


def _specified(step: Step) -> Term:
    """Return the outcome that `atomic.book` gives, which knows reservations and no versions."""
    outcomes, earlier = vocabulary().outcomes, step.earlier
    reserved = step.before.reserved[earlier.resource]
    fresh = z3.If(
        z3.Not(earlier.known),
        outcomes[Outcome.FAILED],
        z3.If(reserved + earlier.units > earlier.capacity, outcomes[Outcome.REJECTED], outcomes[Outcome.BOOKED]),
    )
    repeated = z3.If(earlier.same, outcomes[Outcome.BOOKED], outcomes[Outcome.FAILED])
    return z3.If(earlier.taken, repeated, fresh)


def _is_one_step(step: Step, attempt: Term) -> Term:
    before, after = step.before.recorded[attempt], step.after.recorded[attempt]
    joins = z3.And(attempt == step.attempt, z3.Not(step.earlier.taken))
    specified = _specified(step)
    books = z3.And(specified == vocabulary().outcomes[Outcome.BOOKED], after == z3.Or(before, joins))
    rejects = z3.And(specified == vocabulary().outcomes[Outcome.REJECTED], after == before)
    absent = after == before
    booked = z3.Or(_emitted(step, Outcome.BOOKED), _because(step, Verdict.ACKNOWLEDGEMENT_LOST))
    return z3.If(booked, books, z3.If(_emitted(step, Outcome.REJECTED), rejects, absent))


OBSERVES = ("observe", "observe_unavailable")
ANSWERED = ("persist",)
APPLIED = ("persist", "persist_unacknowledged")
PERSISTS = ("persist", "persist_unavailable", "persist_unacknowledged")
ANY_STEP = OBSERVES + PERSISTS
STORE = ("attempt", "booking", "resource")
STEP_PROPERTIES: tuple[StepProperty, ...] = (
    StepProperty("observe.pure", "observe changes nothing", OBSERVES, STORE, _store_unchanged),
    StepProperty(
        "persist.refusal_pure", "a persist that is not accepted changes nothing", PERSISTS, STORE, _refusal_is_pure
    ),
    StepProperty(
        "persist.version_step",
        "a version rises by one with every effective persist, and never otherwise",
        ANY_STEP,
        ("resource",),
        _version_steps,
    ),
    StepProperty(
        "persist.compare_and_swap",
        "an effective persist was proposed from the version that is current",
        APPLIED,
        (),
        _compares,
    ),
    StepProperty(
        "persist.identity",
        "a recorded id is accepted again for the same request, and refused for another, without effect",
        ANSWERED,
        STORE,
        _identifies,
    ),
    StepProperty(
        "persist.effect",
        "an accepted proposal is recorded, its units are confirmed and the version rises, all at once",
        APPLIED,
        (),
        _takes_whole_effect,
    ),
    StepProperty("emit.kept", "what is recorded stays recorded", ANY_STEP, ("booking",), _keeps),
    StepProperty(
        "emit.rejected",
        "REJECTED: at its persist the units did not fit the current state",
        ANY_STEP,
        (),
        _rejects_truly,
    ),
    StepProperty(
        "emit.conflict",
        "FAILED by conflict: another persist took effect inside its window",
        PERSISTS,
        (),
        _conflicts_truly,
    ),
    StepProperty(
        "attempt.solo",
        "undisturbed, without a fault, on a known resource, with an unused id, an attempt never FAILS",
        ANSWERED,
        (),
        _succeeds_alone,
    ),
    StepProperty(
        "history.linearizable",
        "a persist is one step of the specification, or no step where the attempt is FAILED",
        ANY_STEP,
        ("attempt",),
        _is_one_step,
    ),
)
