"""Flawed step relations, each of which fails to prove: one piece of the model's encoding is replaced.

Those that every model checker can be given are named in `flaws.py` of the model, and mean here what they mean there.
A flaw is found by the obligations that it breaks, and told by a smallest booking story that shows it.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from lastseat.model.flaws import Flaw, flawed
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


_PERSIST: Mapping[Flaw, Encoding] = {
    Flaw.NO_VERSION_CHECK: replace(CORRECT, stale=_never),
    Flaw.NO_ID_CHECK: replace(CORRECT, recognises=_never),
    Flaw.NO_CAPACITY_CHECK: replace(CORRECT, over=_never),
    Flaw.VERSION_NOT_BUMPED: replace(CORRECT, raises_version=_by(0)),
    Flaw.VERSION_BUMPED_ON_REJECTION: replace(CORRECT, raises_version_over_capacity=_by(1)),
    Flaw.ONE_UNIT_CONFIRMED: replace(CORRECT, confirms=_by(1)),
}


def _encoded(flaw: Flaw) -> Encoding:
    """Return the encoding with a flaw in it. What is wrong with emit is asked of the flawed semantics itself."""
    meaning = flawed((flaw,)).emit
    emits = MappingProxyType({verdict: meaning(verdict) for verdict in Verdict})
    return replace(_PERSIST.get(flaw, CORRECT), told=flaw.value, emits=emits)


ENCODINGS: Mapping[Flaw, Encoding] = MappingProxyType({flaw: _encoded(flaw) for flaw in Flaw})

# What only the proof is given: most of it is about observe or the start, where the others have no flaw.
LOOKS_UP_EACH_RESOURCE_ALONE = replace(
    CORRECT, told="an id is looked up in one resource only", recognises=_taken_here
)
TRUSTS_THE_OBSERVATION = replace(
    CORRECT, told="the capacity is checked against the observation only", stale=_never, over=_over_the_observed
)
RECORDS_NOTHING = replace(CORRECT, told="units are confirmed and nothing is recorded", records=_never)
SEES_AN_OLD_VERSION = replace(
    CORRECT, told="an observe reports the version before the current one", sees=_one_earlier
)
OBSERVES_WITH_A_TRACE = replace(CORRECT, told="an observe raises the version", raises_version_at_observe=_by(1))
DECIDES_AT_OBSERVE = replace(
    CORRECT, told="an attempt that sees a full resource gives up", gives_up_at_observe=CORRECT.over
)
STARTS_AT_ONE = replace(CORRECT, told="the store starts at version 1", starts_at_version=1)
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
    *ENCODINGS.values(),
    LOOKS_UP_EACH_RESOURCE_ALONE,
    TRUSTS_THE_OBSERVATION,
    RECORDS_NOTHING,
    SEES_AN_OLD_VERSION,
    OBSERVES_WITH_A_TRACE,
    DECIDES_AT_OBSERVE,
    STARTS_AT_ONE,
    BLAMES_A_CONFLICT,
    TRIES_AGAIN,
    REJECTS_WHAT_WAS_APPLIED,
    INVENTS_A_LOSS,
    INVENTS_AN_OUTAGE,
)
