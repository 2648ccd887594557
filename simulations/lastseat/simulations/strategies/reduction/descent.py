"""Random descents through the tree of a program's traces; each gives a number whose mean is how many there are.

The children of a place are the actions that are possible there and not asleep, in some order. Asleep below one of
them is what was asleep already, and what comes before it in that order, as far as that commutes with it. Each trace
then has exactly one path that ends as the program does; the others end where all that is possible is asleep. So a
descent that weighs its end by one over its probability, and a path in vain by 0, gives the number of traces on
average (Knuth, "Estimating the efficiency of backtrack programs", 1975), however the probabilities are chosen.

They decide how much descents differ from each other. A child is the likelier the more processes are awake below it,
and the more traces earlier descents found below such ones; and unlikely where somebody sleeps whom nothing that was
seen so far can wake. All that is learnt comes from earlier descents, so that each of them is right on average.

What a step touches is known after it was taken: it is taken once in an execution of its own, and again only where
something happened since that it depends on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

from lastseat.simulations.kernel.actions import Step, process_of
from lastseat.simulations.kernel.endings import frozen
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.observer import EndlessError
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.reduction.trace import Link
from lastseat.simulations.strategies.reduction.wakeup import is_fault
from lastseat.simulations.strategies.sampling.chance import Chance

WALKS = 16  # random schedules, from which is learnt what is still to come of each process
HOPELESS = 0.02  # how much less likely a child is below which somebody seems to sleep for ever
DOUBT = 4  # as many descents through children of a kind weigh as much as what is guessed of it

Kind: TypeAlias = tuple[int, ...]  # of children below which there may be about as many traces


class Child(NamedTuple):
    """A step that can come next, who is asleep after it, and how much it promises."""

    link: Link
    asleep: tuple[Link, ...]
    promise: float
    kind: Kind


@dataclass(slots=True)
class Place:
    """Where a descent stands.

    `taken` has how many steps each process took, `known` what it can do next, and `last` those of these steps with
    which it ends. `started` is what was tried here.
    """

    execution: Execution
    asleep: tuple[Link, ...] = ()
    results: list[Any] = field(default_factory=list)
    taken: Counter[int] = field(default_factory=Counter)
    known: dict[int, list[Link]] = field(default_factory=dict)
    last: set[Step] = field(default_factory=set)
    started: dict[Step, tuple[Execution, Any]] = field(default_factory=dict)


class Coming:
    """What each process was seen to touch in its steps from some number on: sets of footprints, as bits."""

    def __init__(self) -> None:
        self._seen: dict[int, list[int]] = {}

    def note(self, who: int, number: int, footprint: int) -> None:
        """See step `number` (from 0) of a process."""
        seen = self._seen.setdefault(who, [])
        seen.extend([0] * (number + 1 - len(seen)))
        while number >= 0 and not seen[number] >> footprint & 1:
            seen[number] |= 1 << footprint
            number -= 1

    def of(self, who: int, number: int) -> int:
        """Return what a process may touch in its step `number` and later ones."""
        seen = self._seen.get(who, ())
        return seen[number] if number < len(seen) else 0


class Descents:
    """The descents through one program, which learn from each other. The same seed gives the same ones.

    The program has no redeliveries: whether one is made is no step of anybody.
    """

    def __init__(self, program: Program, seed: int = 0) -> None:
        self.program, self.meter = program, program.meter()
        self._footprints = self.meter.footprints
        self._draw = Random(seed)  # noqa: S311 - nothing secret is drawn
        self._coming = Coming()
        self._walked = 0
        self._found: dict[Kind, tuple[int, float]] = {}  # descents through a child of that kind, and their mean

    def descend(self, deadline: float | None = None) -> float | None:
        """Return what one descent weighs; None where it was not over at the deadline (of `time.monotonic`).

        Raises ProgramError where the program is at fault, EndlessError where it does not end.
        """
        while self._walked < WALKS:
            if _is_late(deadline):
                return None
            self._walk()
        place, path = Place(Execution(self.program, self.meter)), list[tuple[Kind, float]]()
        while True:
            children = self.children(place)
            if _is_late(deadline):
                return None
            if not children:
                return self.learn(path, float(not place.execution.free()))
            promised = self.promised(children)
            chosen = self._draw.choices(range(len(children)), promised)[0]
            child = children[chosen]
            path.append((child.kind, sum(promised) / promised[chosen]))
            self.go(place, child)

    def children(self, place: Place) -> list[Child]:
        """Return what can come next at a place: nothing at an end, and where all that is possible is asleep."""
        place.started = {}
        place.known = {who: place.known.get(who) or self.links(place, who) for who in place.execution.free()}
        sleepers = {link.step for link in place.asleep}
        awake = [link for link in self._possible(place) if link.step not in sleepers]
        # What conflicts with much comes first: where something else is taken in its place, that wakes it again.
        awake.sort(key=lambda link: -self._conflicts(link, place))
        return [
            self._child(place, link, self.asleep_after(link, [*place.asleep, *awake[:index]]))
            for index, link in enumerate(awake)
        ]

    def asleep_after(self, link: Link, sleepers: Iterable[Link]) -> tuple[Link, ...]:
        """Return who of `sleepers` sleeps on when a step is taken: those that commute with it."""
        clash = self._footprints.clash[link.footprint]
        return tuple(
            sleeper for sleeper in sleepers if sleeper.who != link.who and not clash >> sleeper.footprint & 1
        )

    # --- what is possible, and what it touches ----------------------------------------------------------------

    def links(self, place: Place, who: int) -> list[Link]:
        """Return all that a process can do next. Each of it is tried in an execution of its own."""
        operation = place.execution.pending[who]
        place.last = {step for step in place.last if process_of(step) != who}
        execution, link = self._tried(place, who)
        others = list(execution.others(who, operation))
        return [link, *(self._tried(place, other)[1] for other in others)]

    def _tried(self, place: Place, step: Step) -> tuple[Execution, Link]:
        execution = Execution(self.program, self.meter)
        execution.repeat_all(place.execution.schedule, place.results)
        result, footprint = execution.step(step)
        place.started[step] = execution, result
        link = Link(process_of(step), footprint, step)
        if execution.pending[link.who] is None:
            place.last.add(step)
        self._coming.note(link.who, place.taken[link.who], footprint)
        return execution, link

    def _possible(self, place: Place) -> Iterator[Link]:
        """Yield what is possible at a place, as far as the budget of faults goes."""
        is_spent = place.execution.spent >= self.program.faults.most
        for links in place.known.values():
            yield from (link for link in links if not (is_spent and is_fault(link.step)))

    def _conflicts(self, link: Link, place: Place) -> int:
        clash = self._footprints.clash[link.footprint]
        return sum(
            clash >> other.footprint & 1 for who, links in place.known.items() if who != link.who for other in links
        )

    def go(self, place: Place, child: Child) -> None:
        """Take a step, and forget what may be another one after it. Raises EndlessError."""
        link, place.asleep = child.link, child.asleep
        operation = place.execution.pending[link.who]
        if link.step in place.started:
            place.execution, result = place.started[link.step]
        else:
            result, _ = place.execution.step(link.step)
        place.results.append(frozen(operation, result))
        place.taken[link.who] += 1
        clash = self._footprints.clash[link.footprint]
        place.known = {
            who: links
            for who, links in place.known.items()
            if who != link.who and not any(clash >> other.footprint & 1 for other in links)
        }
        if (endless := place.execution.exhausted()) is not None:
            raise EndlessError(endless, place.execution.schedule)

    def _walk(self) -> None:
        """Take a random schedule, and note what it touches."""
        execution, taken = Execution(self.program, self.meter), Counter[int]()
        chance = Chance(self._draw, self.program, self.meter)
        while possible := chance.possible(execution):
            who = self._draw.choice(possible)
            _, footprint = chance.take(execution, who, execution.pending[who])
            self._coming.note(who, taken[who], footprint)
            taken[who] += 1
            if (endless := execution.exhausted()) is not None:
                raise EndlessError(endless, execution.schedule)
        self._walked += 1

    # --- how likely a child is --------------------------------------------------------------------------------

    def _child(self, place: Place, link: Link, asleep: tuple[Link, ...]) -> Child:
        execution = place.execution
        count = Counter(sleeper.who for sleeper in asleep)
        left = [who for who in execution.unfinished() if who != link.who or link.step not in place.last]
        # Those of which all that they can do is asleep.
        fast = {who for who in left if who in count and count[who] == len(place.known.get(who, ()))}
        is_hopeless = not self._can_wake(place, link, fast, [who for who in left if who not in fast])
        promise = max(len(left) - len(fast), 0.5) * (HOPELESS if is_hopeless else 1.0)
        faults = execution.spent + is_fault(link.step)
        kind = (len(execution.schedule), len(left), len(fast), link.footprint, faults, is_hopeless)
        return Child(link, asleep, promise, kind)

    def _can_wake(self, place: Place, link: Link, fast: set[int], awake: Iterable[int]) -> bool:
        """Return whether all that sleep fast can be woken, by those that are awake or by others that these wake."""
        coming, clash, taken = self._coming.of, self._footprints.clash, place.taken
        ahead, still = 0, set(fast)
        woken = set(awake)
        while woken:
            for who in woken:
                ahead |= coming(who, taken[who] + (who == link.who))
            woken = {who for who in still if any(clash[other.footprint] & ahead for other in place.known[who])}
            still -= woken
        return not still

    def promised(self, children: list[Child]) -> list[float]:
        """Return how likely the children are, in proportion to each other."""
        found = [self._found.get(child.kind, (0, 0.0)) for child in children]
        guessed = sum(child.promise * times for child, (times, _) in zip(children, found, strict=True))
        scale = sum(times * mean for times, mean in found) / guessed if guessed else 0.0
        if not scale:
            return [child.promise for child in children]
        return [
            (times * mean + DOUBT * scale * child.promise) / (times + DOUBT)
            for child, (times, mean) in zip(children, found, strict=True)
        ]

    def learn(self, path: list[tuple[Kind, float]], end: float) -> float:
        """Note for each child on a path how much was found below it, and return what was found in all."""
        for kind, factor in reversed(path):
            times, mean = self._found.get(kind, (0, 0.0))
            self._found[kind] = times + 1, mean + (end - mean) / (times + 1)
            end *= factor
        return end


def _is_late(deadline: float | None) -> bool:
    return deadline is not None and monotonic() > deadline
