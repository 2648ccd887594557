"""A counterexample to induction as a booking story: the state before, the step, and what is broken after it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from lastseat.model.proof.invariant import Conjunct
from lastseat.model.proof.small import ATTEMPTS, Small, small_system
from lastseat.model.proof.solver import Term, checked, z3
from lastseat.model.proof.state import Stage, State, any_state, initial_state, vocabulary
from lastseat.model.proof.steps import Encoding, Step, steps
from lastseat.model.world import Outcome

SIZES = ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (3, 2))  # attempts and resources, smallest stories first
START = "start"
NO_STORY = "no system of up to three attempts and two resources shows it"
ACTIONS = {
    "observe": "observes",
    "observe_unavailable": "observes, and the store does not answer",
    "persist": "persists",
    "persist_unavailable": "persists, and the store does not answer",
    "persist_unacknowledged": "persists, and the answer is lost",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A claim that an action breaks: `claim(step, *variables)` for all values of the variables `over`.

    The action START stands for the state in which nothing has happened, which no step has reached.
    """

    encoding: Encoding
    action: str
    over: tuple[str, ...]
    claim: Callable[..., Term]
    says: str
    invariant: tuple[Conjunct, ...]
    assumed: tuple[Term, ...] = ()


def tell(broken: Broken, timeout_milliseconds: int) -> str:
    """Return the story of a smallest state in which the invariant holds and from which the step breaks the claim.

    The state is one of a closed system with true sums. It need not be reachable: induction asks for no more.
    Each question that it puts to z3 is limited by the timeout.
    """
    # A resource without any capacity makes a poor story, so it is told only where there is no other.
    for least_capacity, (attempts, resources) in product((1, 0), SIZES):
        small = small_system(attempts, resources)
        step = _step(broken, small.attempts[0])
        solver = _solver(broken, small, step, timeout_milliseconds)
        solver.add(*(vocabulary().capacity(resource) >= least_capacity for resource in small.resources))
        model = _settled(solver, small, step.before)
        if model is not None:
            return _Story(broken, small, step, model).text()
    return NO_STORY


def _step(broken: Broken, attempt: Term) -> Step:
    if broken.action == START:
        start = initial_state(broken.encoding.starts_at_version)
        return Step(START, attempt, start, start, z3.BoolVal(True))
    taken = steps(broken.encoding, any_state(), attempt)
    return next(step for step in taken if step.action == broken.action)


def _solver(broken: Broken, small: Small, step: Step, timeout_milliseconds: int) -> Term:
    solver = z3.Solver()
    solver.set("timeout", timeout_milliseconds)
    solver.add(small.closed(step.before), step.guard, *broken.assumed)
    if step.action != START:
        solver.add(*small.invariant(step.before, broken.invariant))
    solver.add(z3.Not(small.every(broken.over, lambda *values: broken.claim(step, *values))))
    return solver


def _settled(solver: Term, small: Small, before: State) -> Term | None:
    """Return a model that grants each wish which the earlier ones leave possible, or None without a model."""
    if checked(solver) != "sat":
        return None
    model = solver.model()
    for wish in _wishes(small, before):
        if z3.is_true(model.eval(wish, model_completion=True)):
            solver.add(wish)
            continue
        solver.push()
        solver.add(wish)
        if checked(solver) == "sat":
            model = solver.model()
        else:
            solver.pop()
    return model


def _wishes(small: Small, before: State) -> Iterator[Term]:
    """Yield what makes a story short: one resource, distinct ids, few units, nobody there without a part in it."""
    words = vocabulary()
    yield z3.Not(words.capacity_first)
    yield words.known(small.resources[0])
    for attempt, booking in zip(small.attempts, small.bookings, strict=True):
        yield words.resource(attempt) == small.resources[0]
        yield words.booking(attempt) == booking
    for resource in small.resources:
        yield words.known(resource)
        yield z3.Or(before.version[resource] == before.effects[resource], z3.Not(words.known(resource)))
        yield z3.Or(words.known(resource), before.confirmed[resource] == 0)
        yield before.effects[resource] == before.reservations[resource]
    for attempt in small.attempts:
        yield before.stage[attempt] == words.stages[Stage.IDLE]
        yield z3.Or(
            before.stage[attempt] != words.stages[Stage.DONE],
            before.outcome[attempt] == words.outcomes[Outcome.BOOKED],
        )
    for most in (1, 2, 3):
        yield z3.And(*(words.units(attempt) <= most for attempt in small.attempts))
        yield z3.And(*(words.capacity(resource) <= most for resource in small.resources))
    for most in (0, 1, 2):
        yield z3.And(*(before.confirmed[resource] <= most for resource in small.resources))
    for attempt in small.attempts:
        yield before.saw_confirmed[attempt] >= 0
        yield before.saw_confirmed[attempt] == before.confirmed[words.resource(attempt)]


@dataclass(frozen=True, slots=True)
class _Story:
    """One counterexample, with the model that z3 found for it."""

    broken: Broken
    small: Small
    step: Step
    model: Term

    def text(self) -> str:
        """Return the story, one fact a line."""
        lines = [f"{self.broken.encoding.told}{self._policy()}", *self._happening()]
        return "\n".join([*lines, f"broken: {self.broken.says}{self._of_whom()}"])

    def _happening(self) -> Iterator[str]:
        if self.step.action == START:
            yield from ("at the start:", *(f"  {line}" for line in self._store(self.step.after)))
            return
        answer = f"; {self._answer()}" if self.step.action == "persist" else ""
        yield from ("before:", *(f"  {line}" for line in (*self._store(self.step.before), *self._attempts())))
        yield f"step: attempt a {ACTIONS[self.step.action]}{answer}"
        yield from ("after:", *(f"  {line}" for line in self._store(self.step.after)))
        yield f"  attempt a {self._local(self.step.after, self.small.attempts[0])}"

    def _policy(self) -> str:
        return " (the store asks for capacity first)" if self._true(vocabulary().capacity_first) else ""

    def _answer(self) -> str:
        verdict = next(
            verdict for verdict, term in vocabulary().verdicts.items() if self._true(self.step.verdict == term)
        )
        return f"the store answers {verdict}"

    def _store(self, state: State) -> Iterator[str]:
        for resource in self.small.resources:
            if self._true(vocabulary().known(resource)):
                yield (
                    f"{resource} has {self._number(state.confirmed[resource])} of "
                    f"{_many(self._number(vocabulary().capacity(resource)), 'unit')} confirmed, at version "
                    f"{self._number(state.version[resource])} after "
                    f"{_many(self._number(state.effects[resource]), 'effective persist')}"
                )
            else:
                yield f"there is no {resource}"
        recorded = [attempt for attempt in self.small.attempts if self._true(state.recorded[attempt])]
        yield (
            "; ".join(f"recorded: {self._request(attempt)} (attempt {attempt})" for attempt in recorded)
            or "nothing is recorded"
        )
        yield from (line for attempt in recorded for line in self._look_up(state, attempt))

    def _look_up(self, state: State, attempt: Term) -> Iterator[str]:
        """Yield what the store finds under the id of a recorded reservation, where that is not the reservation."""
        booking = vocabulary().booking(attempt)
        name = self._which(booking, self.small.bookings)
        if not self._true(state.taken[booking]):
            yield f"yet nothing is found under {name}"
        elif not self._true(state.holder[booking] == attempt):
            holder = self._which(state.holder[booking], self.small.attempts)
            yield f"yet the reservation of attempt {holder} is found under {name}, not that of attempt {attempt}"

    def _attempts(self) -> Iterator[str]:
        for attempt in self.small.attempts:
            yield f"attempt {attempt} asks for {self._request(attempt)}, and {self._local(self.step.before, attempt)}"

    def _request(self, attempt: Term) -> str:
        words = vocabulary()
        units = _many(self._number(words.units(attempt)), "unit")
        resource = self._which(words.resource(attempt), self.small.resources)
        return f"{units} of {resource} for {self._which(words.booking(attempt), self.small.bookings)}"

    def _local(self, state: State, attempt: Term) -> str:
        words = vocabulary()
        if self._true(state.stage[attempt] == words.stages[Stage.IDLE]):
            return "has not observed"
        if self._true(state.stage[attempt] == words.stages[Stage.DONE]):
            outcome = next(
                outcome for outcome, term in words.outcomes.items() if self._true(state.outcome[attempt] == term)
            )
            reason = next(
                reason for reason, term in words.verdicts.items() if self._true(state.reason[attempt] == term)
            )
            return f"has ended {outcome or 'without an outcome'}{f' ({reason})' if reason else ''}"
        if not self._true(words.known(words.resource(attempt))):
            return "has observed that there is no such resource"
        version, confirmed = self._number(state.saw_version[attempt]), self._number(state.saw_confirmed[attempt])
        return f"has observed version {version} with {confirmed} confirmed"

    def _of_whom(self) -> str:
        """Return for which values of its variables the claim is broken."""
        for values in self.small.values(self.broken.over):
            if not self._true(self.broken.claim(self.step, *values)):
                named = [f"attempt {value}" if str(value) in ATTEMPTS else str(value) for value in values]
                return f" (not so for {' and '.join(named)})" if named else ""
        return ""

    def _true(self, term: Term) -> bool:
        return bool(z3.is_true(self.model.eval(term, model_completion=True)))

    def _number(self, term: Term) -> int:
        return int(self.model.eval(term, model_completion=True).as_long())

    def _which(self, term: Term, names: tuple[Term, ...]) -> str:
        return next(str(name) for name in names if self._true(term == name))


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
