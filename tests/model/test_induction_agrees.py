"""The proof is about the model: the transitions of the readable steps are those of the encoding.

Both are walked together over small systems. In each state the encoding takes exactly the model's steps, they lead to
the same state and verdict, and the invariant of the proof holds there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeAlias

import pytest

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.proof.flaws import ENCODINGS, FLAWS
from lastseat.model.proof.invariant import INVARIANT
from lastseat.model.proof.small import Small, small_system
from lastseat.model.proof.solver import Term, checked, z3
from lastseat.model.proof.state import ABSENT, Stage, State, any_state, initial_state, vocabulary
from lastseat.model.proof.steps import CORRECT, Encoding, Step, steps
from lastseat.model.searches.readable import search
from lastseat.model.steps import CORRECT as MODEL
from lastseat.model.steps import Semantics, Transition, successors
from lastseat.model.world import Done, Fault, Idle, Local, Observed, Policy, Request, System, World

ANN, BOB = Request("ann", "seat"), Request("bob", "seat")
FAULTS, SOUND = frozenset(Fault), frozenset[Fault]()
VERSION_FIRST, CAPACITY_FIRST = Policy
UNEQUAL = (replace(ANN, units=2), BOB)
# A system with faults takes every step of the one without: that one adds only that no fault strikes in it.
SYSTEMS = {
    "one id for two resources": System(
        (("seat", 1), ("sofa", 1)), (ANN, replace(ANN, resource_id="sofa")), VERSION_FIRST, FAULTS
    ),
    "unequal units": System((("seat", 2),), UNEQUAL, VERSION_FIRST, FAULTS),
    "unequal units, capacity first": System((("seat", 2),), UNEQUAL, CAPACITY_FIRST, FAULTS),
    "unequal units, no faults": System((("seat", 2),), UNEQUAL, VERSION_FIRST, SOUND),
    "one id delivered twice": System((("seat", 2),), (ANN, ANN), VERSION_FIRST, FAULTS),
    "one id with other units": System((("seat", 3),), (ANN, replace(ANN, units=2)), VERSION_FIRST, FAULTS),
    "one seat": System((("seat", 1),), (ANN, BOB), VERSION_FIRST, FAULTS),
    "one seat, capacity first": System((("seat", 1),), (ANN, BOB), CAPACITY_FIRST, FAULTS),
    "room for both": System((("seat", 2),), (ANN, BOB), CAPACITY_FIRST, SOUND),
    "two resources": System(
        (("seat", 1), ("sofa", 0)), (ANN, replace(BOB, resource_id="sofa")), VERSION_FIRST, FAULTS
    ),
    "an unknown resource": System((("seat", 1),), (ANN, replace(BOB, resource_id="sofa")), VERSION_FIRST, FAULTS),
}


@dataclass(frozen=True)
class Annotated:
    """A world of the model, and what its past says of the ghosts: who recorded, and the effects each one saw."""

    world: World
    recorders: tuple[int, ...] = ()  # in the order in which they did
    saw: tuple[int, ...] = (0, 0)
    observes: tuple[int, ...] = (0, 0)
    persists: tuple[int, ...] = (0, 0)

    def then(self, step: Transition, system: System) -> "Annotated":
        took_effect = step.after.store.reservations != step.before.store.reservations
        one = step.attempt
        if isinstance(step.before.attempts[one], Observed):
            recorders = (*self.recorders, one) if took_effect else self.recorders
            return replace(self, world=step.after, recorders=recorders, persists=_more(self.persists, one))
        seen = self.effects(system.requests[one].resource_id)
        saw = tuple(seen if each == one else old for each, old in enumerate(self.saw))
        return replace(self, world=step.after, saw=saw, observes=_more(self.observes, one))

    def effects(self, resource_id: str) -> int:
        return sum(one.resource_id == resource_id for one in self.world.store.reservations)


def _more(counts: tuple[int, ...], attempt: int) -> tuple[int, ...]:
    return tuple(count + (each == attempt) for each, count in enumerate(counts))


Moves: TypeAlias = list[tuple[Transition, Annotated]]


def walk(system: System, semantics: Semantics = MODEL) -> Iterator[tuple[Annotated, Moves]]:
    """Yield each reachable state with its transitions."""
    waiting = [Annotated(system.initial())]
    seen = set(waiting)
    while waiting:
        here = waiting.pop()
        moves = [(step, here.then(step, system)) for step in successors(system, here.world, semantics)]
        fresh = {there for _, there in moves} - seen
        seen |= fresh
        waiting.extend(fresh)
        yield here, moves


@dataclass(frozen=True)
class Concrete:
    """A system of the model in the words of the proof."""

    system: System
    small: Small

    def facts(self) -> Iterator[Term]:
        words, capacities = vocabulary(), dict(self.system.capacities)
        for one, request in zip(self.small.attempts, self.system.requests, strict=True):
            yield words.booking(one) == self.named(request.booking_id)
            yield words.resource(one) == self.named(request.resource_id)
            yield words.units(one) == request.units
        for resource in self.small.resources:
            yield words.known(resource) == (str(resource) in capacities)
            yield words.capacity(resource) == capacities.get(str(resource), 0)
        yield words.capacity_first == (self.system.policy is Policy.CAPACITY_FIRST)
        yield words.unavailable == (Fault.UNAVAILABLE in self.system.faults)
        yield words.lost == (Fault.ACKNOWLEDGEMENT_LOST in self.system.faults)

    def named(self, name: str) -> Term:
        return next(one for one in (*self.small.bookings, *self.small.resources) if str(one) == name)

    def equal(self, state: State, here: Annotated) -> Term:
        """Return that the state is the annotated world; what an attempt saw counts only while it needs it."""
        store = here.world.store
        parts = [*self._attempts(state, here)]
        for resource in self.small.resources:
            found, effects = store.resource(str(resource)), here.effects(str(resource))
            reserved = sum(one.units for one in store.reservations if one.resource_id == str(resource))
            parts += [
                state.confirmed[resource] == (found.confirmed if found else 0),
                state.version[resource] == (found.version if found else 0),
                state.effects[resource] == effects,
                state.reservations[resource] == effects,
                state.reserved[resource] == reserved,
            ]
        for booking in self.small.bookings:
            recorded = store.recorded(str(booking))
            parts.append(state.taken[booking] == (recorded is not None))
            recorders = [one for one in here.recorders if self.system.requests[one].booking_id == str(booking)]
            if recorders:  # without the look-up of ids there may be several, and the last one is found
                parts.append(state.holder[booking] == self.small.attempts[recorders[-1]])
        return z3.And(*parts)

    def _attempts(self, state: State, here: Annotated) -> Iterator[Term]:
        for number, (one, local) in enumerate(zip(self.small.attempts, here.world.attempts, strict=True)):
            yield state.recorded[one] == (number in here.recorders)
            yield state.own[one] == (number in here.recorders)
            yield state.observes[one] == here.observes[number]
            yield state.persists[one] == here.persists[number]
            yield from self._local(state, one, local)
            if isinstance(local, Observed):
                yield state.saw_effects[one] == here.saw[number]

    def _local(self, state: State, one: Term, local: Local) -> Iterator[Term]:
        words = vocabulary()
        stage = {Idle: Stage.IDLE, Observed: Stage.OBSERVED, Done: Stage.DONE}[type(local)]
        outcome, reason = (local.outcome, local.reason) if isinstance(local, Done) else (None, None)
        yield state.stage[one] == words.stages[stage]
        yield state.outcome[one] == words.outcomes[outcome]
        yield state.reason[one] == words.verdicts[reason]
        if isinstance(local, Observed):
            yield state.saw_version[one] == (ABSENT if local.version is None else local.version)
            yield state.saw_confirmed[one] == (ABSENT if local.confirmed is None else local.confirmed)


def disagreements(system: System, encoding: Encoding, semantics: Semantics = MODEL) -> Iterator[str]:
    """Yield where the encoding does not take the model's steps, or the invariant does not hold of the correct one."""
    small = small_system(attempts=2)
    concrete = Concrete(system, small)
    solver, before = z3.Solver(), any_state()
    solver.add(small.closed(before), *concrete.facts())
    start = initial_state(encoding.starts_at_version)
    if not always(solver, concrete.equal(start, Annotated(system.initial()))):
        yield "the start"
    invariant = z3.And(*small.invariant(before, INVARIANT if semantics is MODEL else ()))
    encoded = {
        (number, step.action): step
        for number, one in enumerate(small.attempts)
        for step in steps(encoding, before, one)
    }
    for here, moves in walk(system, semantics):
        solver.push()
        solver.add(concrete.equal(before, here))
        assert checked(solver) == "sat", "the state exists"
        if not always(solver, invariant):
            yield f"the invariant in {here}"
        if not always(solver, z3.And(*same_steps(concrete, encoded, moves))):
            yield f"the steps from {here}"
        solver.pop()


def always(solver: Term, claim: Term) -> bool:
    solver.push()
    solver.add(z3.Not(claim))
    answer = checked(solver)
    solver.pop()
    return answer == "unsat"


def same_steps(concrete: Concrete, encoded: Mapping[tuple[int, str], Step], moves: Moves) -> Iterator[Term]:
    """Yield, for each step of the encoding, that it is the model's step, or cannot be taken where there is none."""
    due = {(step.attempt, step.action): (step, there) for step, there in moves}
    assert due.keys() <= encoded.keys(), "the encoding knows every action of the model"
    for key, step in encoded.items():
        if key in due:
            transition, there = due[key]
            yield z3.And(step.guard, answered(step, transition), concrete.equal(step.after, there))
        else:
            yield z3.Not(step.guard)


def answered(step: Step, transition: Transition) -> Term:
    if transition.verdict is None:
        return z3.BoolVal(step.verdict is None)
    return step.verdict == vocabulary().verdicts[transition.verdict]


@pytest.mark.parametrize("told", SYSTEMS)
def test_the_proof_speaks_about_the_model(told: str) -> None:
    """Clauses: persist.order, fault.unavailable, fault.acknowledgement_lost"""
    assert list(disagreements(SYSTEMS[told], CORRECT)) == []


def test_the_walk_visits_what_the_readable_search_visits() -> None:
    systems = [one for one in SYSTEMS.values() if len(set(one.requests)) == 2]

    walked = [len({here.world for here, _ in walk(one)}) for one in systems]

    assert walked == [search(one).states for one in systems]


@pytest.mark.parametrize("encoding", FLAWS, ids=[one.told for one in FLAWS])
def test_an_encoding_that_is_not_the_model_is_found_out(encoding: Encoding) -> None:
    found = (where for system in SYSTEMS.values() for where in disagreements(system, encoding))

    assert next(found, None) is not None


TELLING = ("unequal units", "one id delivered twice", "one seat, capacity first")


@pytest.mark.parametrize("flaw", Flaw, ids=lambda flaw: flaw.value)
@pytest.mark.parametrize("told", TELLING)
def test_a_flaw_means_the_same_to_the_proof_and_to_the_searches(told: str, flaw: Flaw) -> None:
    assert list(disagreements(SYSTEMS[told], ENCODINGS[flaw], flawed((flaw,)))) == []


def test_these_systems_tell_every_flaw_from_every_other() -> None:
    def differ(meant: Flaw, given: Flaw) -> bool:
        found = (
            where for told in TELLING for where in disagreements(SYSTEMS[told], ENCODINGS[given], flawed((meant,)))
        )
        return next(found, None) is not None

    assert [pair for pair in permutations(Flaw, 2) if not differ(*pair)] == []
