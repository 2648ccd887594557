"""The transition relation of `steps.py` for z3: a step is a guard, and the state after in terms of the one before.

What a step decides and does is data (`Encoding`), so that a flawed variant replaces one piece.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from lastseat.model.proof.solver import Term, z3
from lastseat.model.proof.state import ABSENT, Stage, State, vocabulary
from lastseat.model.steps import emit
from lastseat.model.world import Done, Verdict


@dataclass(frozen=True, slots=True)
class Moment:
    """One attempt in one state: what a step may look at. Units and capacities in units, versions in effects."""

    state: State
    attempt: Term

    @property
    def booking(self) -> Term:
        """The booking id of the request."""
        return vocabulary().booking(self.attempt)

    @property
    def resource(self) -> Term:
        """The resource of the request."""
        return vocabulary().resource(self.attempt)

    @property
    def units(self) -> Term:
        """The requested units."""
        return vocabulary().units(self.attempt)

    @property
    def known(self) -> Term:
        """Whether the resource exists."""
        return vocabulary().known(self.resource)

    @property
    def capacity(self) -> Term:
        """The capacity of the resource."""
        return vocabulary().capacity(self.resource)

    @property
    def confirmed(self) -> Term:
        """The units of the resource that are confirmed now."""
        return self.state.confirmed[self.resource]

    @property
    def version(self) -> Term:
        """The current version of the resource."""
        return self.state.version[self.resource]

    @property
    def saw_version(self) -> Term:
        """The version that the attempt observed: the one that its proposal expects."""
        return self.state.saw_version[self.attempt]

    @property
    def saw_confirmed(self) -> Term:
        """The confirmed units that the attempt observed."""
        return self.state.saw_confirmed[self.attempt]

    @property
    def taken(self) -> Term:
        """Whether a reservation is recorded under the booking id, on whatever resource."""
        return self.state.taken[self.booking]

    @property
    def elsewhere(self) -> Term:
        """Whether the reservation under the booking id is on another resource."""
        return vocabulary().resource(self.state.holder[self.booking]) != self.resource

    @property
    def same(self) -> Term:
        """Whether the reservation under the booking id has the requested resource and units."""
        units = vocabulary().units(self.state.holder[self.booking])
        return z3.And(z3.Not(self.elsewhere), units == self.units)

    @property
    def fits(self) -> Term:
        """Whether the requested units fit the resource as it is now."""
        return z3.And(self.known, self.confirmed + self.units <= self.capacity)

    @property
    def held(self) -> Term:
        """Whether the reservation that the attempt asks for is recorded."""
        return z3.And(self.taken, self.same)

    @property
    def stage(self) -> Term:
        """Where the attempt stands."""
        return self.state.stage[self.attempt]

    @property
    def outcome(self) -> Term:
        """What the attempt emitted."""
        return self.state.outcome[self.attempt]

    @property
    def reason(self) -> Term:
        """Why the attempt is FAILED."""
        return self.state.reason[self.attempt]

    @property
    def effects(self) -> Term:
        """How many steps took effect on the resource."""
        return self.state.effects[self.resource]


def _never(_moment: Moment) -> Term:
    return z3.BoolVal(False)


def _always(_moment: Moment) -> Term:
    return z3.BoolVal(True)


Piece = Callable[[Moment], Term]


@dataclass(frozen=True, slots=True)
class Encoding:
    """The step relation, piece by piece. The pieces decide and act as in `steps.py`; a flaw replaces some.

    Clauses: persist.identity, persist.version, persist.capacity, persist.effect, emit.one
    """

    told: str = "the model"
    sees: Piece = lambda moment: moment.version
    recognises: Piece = lambda moment: moment.taken
    stale: Piece = lambda moment: moment.saw_version != moment.version
    over: Piece = lambda moment: moment.confirmed + moment.units > moment.capacity
    records: Piece = _always
    confirms: Piece = lambda moment: moment.units
    raises_version: Piece = lambda _moment: z3.IntVal(1)
    raises_version_over_capacity: Piece = lambda _moment: z3.IntVal(0)
    raises_version_at_observe: Piece = lambda _moment: z3.IntVal(0)
    gives_up_at_observe: Piece = _never
    emits: Mapping[Verdict, Done | None] = field(
        default_factory=lambda: MappingProxyType({verdict: emit(verdict) for verdict in Verdict})
    )
    starts_at_version: int = 0

    def emitting(self, verdict: Verdict, done: Done | None) -> "Encoding":
        """Return this encoding with another meaning of one verdict; None tries again, from the observation."""
        return replace(self, emits=MappingProxyType({**self.emits, verdict: done}))


CORRECT = Encoding()


@dataclass(frozen=True, slots=True)
class Step:
    """One shared step of one attempt. `verdict` is what the store answers; `fault` whether one strikes.

    `guard` says when it can be taken, and `after` is the state after it.
    """

    action: str
    attempt: Term
    before: State
    after: State
    guard: Term
    verdict: Term = None
    fault: bool = False

    @property
    def is_persist(self) -> bool:
        """Whether this is the step persist, answered or not."""
        return self.action.startswith("persist")

    @property
    def earlier(self) -> Moment:
        """The attempt before the step."""
        return Moment(self.before, self.attempt)

    @property
    def later(self) -> Moment:
        """The attempt after the step."""
        return Moment(self.after, self.attempt)

    @property
    def effective(self) -> Term:
        """Whether the step took effect: units or a reservation changed (never mind the version)."""
        return _effective(self.before, self.after, self.attempt)


def steps(encoding: Encoding, before: State, attempt: Term, *, faults: bool = True) -> tuple[Step, ...]:
    """Return every step that an attempt may take from a state; a step with a fault only where `faults` says so."""
    answered = (_observe(encoding, before, attempt), _persist(encoding, before, attempt))
    if not faults:
        return answered
    observe, persist = answered
    return (
        observe,
        _unavailable(encoding, observe),
        persist,
        _unavailable(encoding, persist),
        _unacknowledged(encoding, persist),
    )


def _observe(encoding: Encoding, before: State, attempt: Term) -> Step:
    words, now = vocabulary(), Moment(before, attempt)
    gives_up = z3.If(encoding.gives_up_at_observe(now), words.verdicts[Verdict.OVER_CAPACITY], words.verdicts[None])
    observed = replace(
        _counted(before, attempt, "observes"),
        stage=before.stage.put(attempt, words.stages[Stage.OBSERVED]),
        saw_version=before.saw_version.put(attempt, z3.If(now.known, encoding.sees(now), ABSENT)),
        saw_confirmed=before.saw_confirmed.put(attempt, z3.If(now.known, now.confirmed, ABSENT)),
        saw_effects=before.saw_effects.put(attempt, now.effects),
        version=before.version.put(now.resource, now.version + encoding.raises_version_at_observe(now)),
    )
    guard = now.stage == words.stages[Stage.IDLE]
    return Step("observe", attempt, before, _ended(encoding, observed, attempt, gives_up), guard)


def _persist(encoding: Encoding, before: State, attempt: Term) -> Step:
    words, now = vocabulary(), Moment(before, attempt)
    verdict, applies = decide(encoding, now)
    records = z3.And(applies, encoding.records(now))
    is_recorded = z3.Or(before.recorded[attempt], records)
    is_over = verdict == words.verdicts[Verdict.OVER_CAPACITY]
    refused = z3.If(is_over, encoding.raises_version_over_capacity(now), z3.IntVal(0))
    confirmed = now.confirmed + z3.If(applies, encoding.confirms(now), 0)
    version = now.version + z3.If(applies, encoding.raises_version(now), refused)
    holder = z3.If(records, attempt, before.holder[now.booking])
    stored = replace(
        _counted(before, attempt, "persists"),
        confirmed=before.confirmed.put(now.resource, confirmed),
        version=before.version.put(now.resource, version),
        recorded=before.recorded.put(attempt, is_recorded),
        taken=before.taken.put(now.booking, z3.Or(now.taken, records)),
        holder=before.holder.put(now.booking, holder),
    )
    effective = _effective(before, stored, attempt)
    joins = z3.And(is_recorded, z3.Not(before.recorded[attempt]))
    after = replace(
        stored,
        # The defining equation of a sum over a set which the attempt joins. It is true of every finite set.
        reserved=before.reserved.put(now.resource, before.reserved[now.resource] + z3.If(joins, now.units, 0)),
        reservations=before.reservations.put(now.resource, before.reservations[now.resource] + z3.If(joins, 1, 0)),
        effects=before.effects.put(now.resource, now.effects + z3.If(effective, 1, 0)),
        own=before.own.put(attempt, z3.Or(before.own[attempt], effective)),
    )
    guard = now.stage == words.stages[Stage.OBSERVED]
    return Step("persist", attempt, before, _ended(encoding, after, attempt, verdict), guard, verdict)


def decide(encoding: Encoding, now: Moment) -> tuple[Term, Term]:
    """Return the verdict on the attempt's proposal, and whether the proposal is applied. Clause: persist.order"""
    words = vocabulary()
    verdict = words.verdicts
    recognised, stale, over = encoding.recognises(now), encoding.stale(now), encoding.over(now)
    conflict, full = verdict[Verdict.VERSION_CONFLICT], verdict[Verdict.OVER_CAPACITY]
    accepted, reuse = verdict[Verdict.ACCEPTED], verdict[Verdict.IDENTIFIER_REUSE]
    version_first = z3.If(stale, conflict, z3.If(over, full, accepted))
    capacity_first = z3.If(over, full, z3.If(stale, conflict, accepted))
    fresh = z3.If(
        z3.Not(now.known),
        verdict[Verdict.UNKNOWN_RESOURCE],
        z3.If(words.capacity_first, capacity_first, version_first),
    )
    answer = z3.If(recognised, z3.If(now.same, accepted, reuse), fresh)
    return answer, z3.And(z3.Not(recognised), now.known, z3.Not(stale), z3.Not(over))


def _unavailable(encoding: Encoding, step: Step) -> Step:
    """Return what becomes of a step when the store does not answer. Clause: fault.unavailable"""
    words, verdict = vocabulary(), vocabulary().verdicts[Verdict.STORE_UNAVAILABLE]
    counted = _counted(step.before, step.attempt, "persists" if step.is_persist else "observes")
    return Step(
        f"{step.action}_unavailable",
        step.attempt,
        step.before,
        _ended(encoding, counted, step.attempt, verdict),
        z3.And(words.unavailable, step.guard),
        verdict=verdict,
        fault=True,
    )


def _unacknowledged(encoding: Encoding, step: Step) -> Step:
    """Return what becomes of a persist that was applied when its answer is lost.

    Clause: fault.acknowledgement_lost
    """
    words, verdict = vocabulary(), vocabulary().verdicts[Verdict.ACKNOWLEDGEMENT_LOST]
    changed = z3.Or(step.effective, step.earlier.version != step.later.version)
    return Step(
        f"{step.action}_unacknowledged",
        step.attempt,
        step.before,
        _ended(encoding, step.after, step.attempt, verdict),
        z3.And(words.lost, step.guard, changed),
        verdict,
        fault=True,
    )


def _counted(state: State, attempt: Term, ghost: str) -> State:
    counts = getattr(state, ghost)
    return replace(state, **{ghost: counts.put(attempt, counts[attempt] + 1)})


def _ended(encoding: Encoding, state: State, attempt: Term, verdict: Term) -> State:
    """Return the state after the attempt emitted what its verdict means; without one it goes on. Clause: emit.one"""
    words, now = vocabulary(), Moment(state, attempt)
    stage, outcome, reason = now.stage, now.outcome, now.reason
    for answer, done in encoding.emits.items():
        if done is not None:
            is_answer = verdict == words.verdicts[answer]
            stage = z3.If(is_answer, words.stages[Stage.DONE], stage)
            outcome = z3.If(is_answer, words.outcomes[done.outcome], outcome)
            reason = z3.If(is_answer, words.verdicts[done.reason], reason)
    return replace(
        state,
        stage=state.stage.put(attempt, stage),
        outcome=state.outcome.put(attempt, outcome),
        reason=state.reason.put(attempt, reason),
    )


def _effective(before: State, after: State, attempt: Term) -> Term:
    resource = vocabulary().resource(attempt)
    return z3.Or(
        before.confirmed[resource] != after.confirmed[resource],
        before.recorded[attempt] != after.recorded[attempt],
    )
