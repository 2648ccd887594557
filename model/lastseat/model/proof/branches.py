"""Every branch of every step, each of which must be possible where the invariant holds: else a claim is empty."""

from collections.abc import Callable
from dataclasses import dataclass

from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.state import vocabulary
from lastseat.model.proof.steps import Step
from lastseat.model.world import Verdict


@dataclass(frozen=True, slots=True)
class Branch:
    """One way in which a step may go."""

    name: str
    clause: str
    says: str
    action: str
    taken: Callable[[Step], Term]
    after_a_fault: bool = False


def _answered(verdict: Verdict, *conditions: Callable[[Step], Term]) -> Callable[[Step], Term]:
    def taken(step: Step) -> Term:
        is_answer = step.verdict == vocabulary().verdicts[verdict]
        return z3.And(is_answer, *(condition(step) for condition in conditions))

    return taken


def _stale(step: Step) -> Term:
    return step.earlier.saw_version != step.earlier.version


def _fitting(step: Step) -> Term:
    return step.earlier.fits


def _over(step: Step) -> Term:
    return z3.And(step.earlier.known, z3.Not(step.earlier.fits))


def _taken(step: Step) -> Term:
    return step.earlier.taken


def _elsewhere(step: Step) -> Term:
    return step.earlier.elsewhere


def _on_it(step: Step) -> Term:
    return z3.Not(step.earlier.elsewhere)


def _known(step: Step) -> Term:
    return step.earlier.known


def _absent(step: Step) -> Term:
    return z3.Not(step.earlier.known)


def _pure(step: Step) -> Term:
    return z3.Not(step.effective)


def _booked_before(step: Step) -> Term:
    return step.earlier.confirmed > 0


def _capacity_first(_step: Step) -> Term:
    return vocabulary().capacity_first


def _version_first(_step: Step) -> Term:
    return z3.Not(vocabulary().capacity_first)


def _any(_step: Step) -> Term:
    return z3.BoolVal(True)


CONFLICT, OVER, REUSE = Verdict.VERSION_CONFLICT, Verdict.OVER_CAPACITY, Verdict.IDENTIFIER_REUSE
BRANCHES: tuple[Branch, ...] = (
    Branch("observe", "observe.stale", "a resource is observed", "observe", _known),
    Branch("observe.absent", "observe.absent", "a resource that does not exist is observed", "observe", _absent),
    Branch("observe.unavailable", "observe.unavailable", "no answer at observe", "observe_unavailable", _any),
    Branch(
        "persist.first",
        "persist.effect",
        "a proposal is accepted and takes effect",
        "persist",
        lambda step: z3.And(_answered(Verdict.ACCEPTED)(step), step.effective, z3.Not(_booked_before(step))),
    ),
    Branch(
        "persist.next",
        "persist.effect",
        "a proposal is accepted where others were before",
        "persist",
        lambda step: z3.And(_answered(Verdict.ACCEPTED, _booked_before)(step), step.effective),
    ),
    Branch(
        "persist.repeat",
        "persist.identity",
        "a recorded id is accepted again, without effect",
        "persist",
        _answered(Verdict.ACCEPTED, _taken, _pure),
    ),
    Branch(
        "persist.repeat.stale",
        "persist.identity",
        "a recorded id is accepted again from a stale observation",
        "persist",
        _answered(Verdict.ACCEPTED, _taken, _pure, _stale),
    ),
    Branch(
        "persist.reuse.units", "persist.identity", "an id comes with other units", "persist", _answered(REUSE, _on_it)
    ),
    Branch(
        "persist.reuse.resource",
        "persist.identity",
        "an id comes for another resource",
        "persist",
        _answered(REUSE, _elsewhere),
    ),
    Branch(
        "persist.unknown",
        "persist.unknown",
        "the resource does not exist",
        "persist",
        _answered(Verdict.UNKNOWN_RESOURCE),
    ),
    Branch(
        "persist.conflict.version_first",
        "persist.version",
        "a stale proposal conflicts, though it would fit (version-first)",
        "persist",
        _answered(CONFLICT, _version_first, _fitting),
    ),
    Branch(
        "persist.conflict.full",
        "persist.order",
        "a stale proposal that would not fit conflicts (version-first)",
        "persist",
        _answered(CONFLICT, _version_first, _over),
    ),
    Branch(
        "persist.conflict.capacity_first",
        "persist.version",
        "a stale proposal conflicts (capacity-first)",
        "persist",
        _answered(CONFLICT, _capacity_first),
    ),
    Branch(
        "persist.over.version_first",
        "persist.capacity",
        "a proposal does not fit (version-first)",
        "persist",
        _answered(OVER, _version_first),
    ),
    Branch(
        "persist.over.capacity_first",
        "persist.capacity",
        "a fresh proposal does not fit (capacity-first)",
        "persist",
        _answered(OVER, _capacity_first, lambda step: z3.Not(_stale(step))),
    ),
    Branch(
        "persist.over.stale",
        "persist.order",
        "a stale proposal does not fit (capacity-first)",
        "persist",
        _answered(OVER, _capacity_first, _stale),
    ),
    Branch("persist.unavailable", "fault.unavailable", "no answer at persist", "persist_unavailable", _any),
    Branch(
        "persist.unacknowledged",
        "fault.acknowledgement_lost",
        "a proposal is applied and the answer is lost",
        "persist_unacknowledged",
        lambda step: step.effective,
    ),
    Branch(
        "persist.repeat.unacknowledged",
        "fault.acknowledgement_lost",
        "the id whose acknowledgement was lost is accepted when it is tried again",
        "persist",
        lambda step: z3.And(
            _answered(Verdict.ACCEPTED, _taken, _pure)(step),
            step.before.reason[step.before.holder[step.earlier.booking]]
            == vocabulary().verdicts[Verdict.ACKNOWLEDGEMENT_LOST],
        ),
        after_a_fault=True,
    ),
)
