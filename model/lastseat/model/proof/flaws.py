"""Flawed step relations, each of which fails to prove: one piece of the model's encoding is replaced.

A flaw is found by the obligations that it breaks, and told by a smallest booking story that shows it.
"""

from dataclasses import replace

from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.steps import CORRECT, Encoding, Moment, Piece
from lastseat.model.steps import emit
from lastseat.model.world import Done, Outcome, Verdict


def _never(_moment: Moment) -> Term:
    return z3.BoolVal(False)


def _by(number: int) -> Piece:
    return lambda _moment: z3.IntVal(number)


def _over_the_observed(moment: Moment) -> Term:
    return moment.saw_confirmed + moment.units > moment.capacity


def _taken_here(moment: Moment) -> Term:
    return z3.And(moment.taken, z3.Not(moment.elsewhere))


def _one_earlier(moment: Moment) -> Term:
    return moment.version - 1


IGNORES_THE_VERSION = replace(CORRECT, told="the store ignores the version", stale=_never)
IGNORES_THE_ID = replace(CORRECT, told="the store never looks an id up", recognises=_never)
IGNORES_THE_CAPACITY = replace(CORRECT, told="the store does not check the capacity", over=_never)
KEEPS_THE_VERSION = replace(CORRECT, told="the version is not raised", raises_version=_by(0))
RAISES_THE_VERSION_WHEN_FULL = replace(
    CORRECT, told="the version is raised on rejection", raises_version_over_capacity=_by(1)
)
LOOKS_UP_EACH_RESOURCE_ALONE = replace(
    CORRECT, told="an id is looked up in one resource only", recognises=_taken_here
)
TRUSTS_THE_OBSERVATION = replace(
    CORRECT, told="the capacity is checked against the observation only", stale=_never, over=_over_the_observed
)
RECORDS_NOTHING = replace(CORRECT, told="units are confirmed and nothing is recorded", records=_never)
CONFIRMS_ONE_UNIT = replace(CORRECT, told="fewer units are confirmed than recorded", confirms=_by(1))
SEES_AN_OLD_VERSION = replace(
    CORRECT, told="an observe reports the version before the current one", sees=_one_earlier
)
OBSERVES_WITH_A_TRACE = replace(CORRECT, told="an observe raises the version", raises_version_at_observe=_by(1))
DECIDES_AT_OBSERVE = replace(
    CORRECT, told="an attempt that sees a full resource gives up", gives_up_at_observe=CORRECT.over
)
STARTS_AT_ONE = replace(CORRECT, told="the store starts at version 1", starts_at_version=1)
REJECTS_A_CONFLICT = replace(
    CORRECT.emitting(Verdict.VERSION_CONFLICT, Done(Outcome.REJECTED)), told="a conflict is emitted as REJECTED"
)
FAILS_WHEN_FULL = replace(
    CORRECT.emitting(Verdict.OVER_CAPACITY, Done(Outcome.FAILED, Verdict.OVER_CAPACITY)),
    told="a full resource is emitted as FAILED",
)
BOOKS_A_CONFLICT = replace(
    CORRECT.emitting(Verdict.VERSION_CONFLICT, emit(Verdict.ACCEPTED)), told="a conflict is emitted as BOOKED"
)
SWALLOWS_THE_REASON = replace(
    CORRECT.emitting(Verdict.VERSION_CONFLICT, Done(Outcome.FAILED)), told="a failure has no reason"
)
BLAMES_A_CONFLICT = replace(
    CORRECT.emitting(Verdict.OVER_CAPACITY, emit(Verdict.VERSION_CONFLICT)),
    told="a full resource is emitted as a conflict",
)
TRIES_AGAIN = replace(
    CORRECT.emitting(Verdict.VERSION_CONFLICT, None), told="an attempt that met a conflict persists again"
)
REJECTS_WHAT_WAS_APPLIED = replace(
    CORRECT.emitting(Verdict.ACKNOWLEDGEMENT_LOST, Done(Outcome.REJECTED)),
    told="a lost acknowledgement is emitted as REJECTED",
)
INVENTS_A_LOSS = replace(
    CORRECT.emitting(Verdict.VERSION_CONFLICT, emit(Verdict.ACKNOWLEDGEMENT_LOST)),
    told="a conflict is blamed on a lost acknowledgement",
)
INVENTS_AN_OUTAGE = replace(
    CORRECT.emitting(Verdict.VERSION_CONFLICT, emit(Verdict.STORE_UNAVAILABLE)),
    told="a conflict is blamed on a store that did not answer",
)


FLAWS: tuple[Encoding, ...] = (
    IGNORES_THE_VERSION,
    IGNORES_THE_ID,
    IGNORES_THE_CAPACITY,
    KEEPS_THE_VERSION,
    RAISES_THE_VERSION_WHEN_FULL,
    LOOKS_UP_EACH_RESOURCE_ALONE,
    TRUSTS_THE_OBSERVATION,
    RECORDS_NOTHING,
    CONFIRMS_ONE_UNIT,
    SEES_AN_OLD_VERSION,
    OBSERVES_WITH_A_TRACE,
    DECIDES_AT_OBSERVE,
    STARTS_AT_ONE,
    REJECTS_A_CONFLICT,
    FAILS_WHEN_FULL,
    BOOKS_A_CONFLICT,
    SWALLOWS_THE_REASON,
    BLAMES_A_CONFLICT,
    TRIES_AGAIN,
    REJECTS_WHAT_WAS_APPLIED,
    INVENTS_A_LOSS,
    INVENTS_AN_OUTAGE,
)
