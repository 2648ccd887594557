"""What is asked of a program, and what an exploration of it saw."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from lastseat.model.searches.readable import Mix
from lastseat.simulations.common.text import counted, quoted
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.budget import Estimate
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import Schedule

DEADLOCK = "deadlock"  # processes wait, and nobody can go on


@dataclass(frozen=True, slots=True)
class End:
    """The end of one execution. `returned` has None for each process that crashed, or waits for ever.

    `waiting` and `crashed` are the numbers of those.
    `final` is what the shared state's `snapshot()` gives, None where it has none; `shared` is that state itself.

    >>> from lastseat.testing import Mutex, Shared, at_end, explore
    >>> def lock(shared):
    ...     yield shared.lock.acquire()
    ...     return "locked"
    >>> told = at_end("one is left out", lambda end: end.waiting == (end.returned.index(None),))
    >>> explore([lock, lock], shared=lambda: Shared(lock=Mutex()), properties=[told], deadlocks=True).verdict
    <Verdict.HOLDS: 'holds'>
    """

    returned: tuple[Any, ...]
    final: Any
    shared: Any
    waiting: tuple[int, ...] = ()
    crashed: tuple[int, ...] = ()


# True (or None) where it holds; False, or a text that says why, where it does not.
Check: TypeAlias = Callable[[Any], bool | str | None]


class When(StrEnum):
    """When a property is looked at."""

    AT_END = "at end"  # of every execution: of its `End`
    ALWAYS = "always"  # at the start and after every step: of the shared state
    SOMETIMES = "sometimes"  # at the end of every execution; it must hold of one of them at least


@dataclass(frozen=True, slots=True)
class Property:
    """A named claim. Where `applies` is given, the claim is made only of what it is true of.

    >>> from lastseat.testing import Property, at_end
    >>> def empty(end):
    ...     return not end.shared.queue.value
    >>> at_end("the queue is empty", empty) == Property("the queue is empty", empty)
    True
    """

    name: str
    check: Check
    when: When = When.AT_END
    applies: Callable[[Any], bool] | None = None


def at_end(name: str, check: Check, applies: Callable[[End], bool] | None = None) -> Property:
    """Return the claim that `check` holds of every `End` (of which `applies` is true).

    >>> from lastseat.testing import Queue, Shared, at_end, explore
    >>> def enter(name):
    ...     def process(shared):
    ...         yield shared.line.put(name)
    ...     return process
    >>> first = at_end("ann is first", lambda end: end.shared.line.value[0] == "ann" or "bob is")
    >>> explore([enter("ann"), enter("bob")], shared=lambda: Shared(line=Queue()), properties=[first]).violated
    frozenset({'ann is first'})
    """
    return Property(name, check, When.AT_END, applies)


def always(name: str, check: Check, applies: Callable[[Any], bool] | None = None) -> Property:
    """Return the claim that `check` holds of the shared state, whenever no step is under way.

    Strategies that leave out orders of commuting steps also leave out states in between, and refuse such a claim.

    >>> from lastseat.testing import Register, Shared, always, explore
    >>> def move(shared):
    ...     yield shared.left.write(0)
    ...     yield shared.right.write(1)
    >>> kept = always("nothing is lost", lambda shared: shared.left.value + shared.right.value == 1)
    >>> made = lambda: Shared(left=Register(1), right=Register(0))
    >>> explore([move], shared=made, properties=[kept], strategy="brute").violations[0].steps
    (0,)
    """
    return Property(name, check, When.ALWAYS, applies)


def sometimes(name: str, check: Check) -> Property:
    """Return the claim that `check` holds of some `End`: what a search must see, or it looked in the wrong place.

    >>> from lastseat.testing import Register, Shared, explore, sometimes
    >>> def count(shared):
    ...     yield shared.counter.fetch_and_add()
    >>> three = sometimes("the counter comes to 3", lambda end: end.shared.counter.value == 3)
    >>> explore([count, count], shared=lambda: Shared(counter=Register(0)), properties=[three]).vacuous
    ('the counter comes to 3',)
    """
    return Property(name, check, When.SOMETIMES)


class Verdict(StrEnum):
    """What an exploration says about the program. It is a text as well.

    >>> from lastseat.testing import Verdict
    >>> Verdict.HOLDS == "holds", [str(verdict) for verdict in Verdict]
    (True, ['holds', 'violated', 'vacuous', 'incomplete'])
    """

    HOLDS = "holds"
    VIOLATED = "violated"
    VACUOUS = "vacuous"  # complete, and some claim never had anything to say, or some code was out of sight
    INCOMPLETE = "incomplete"  # nothing violated in the part that was seen


@dataclass(frozen=True, slots=True)
class Violation:
    """A claim that is violated, what violates it, and a schedule that shows it: its last step is the one.

    `run` is the execution of that schedule, where the door has taken its steps once more.

    >>> from lastseat.testing import Register, Shared, explore
    >>> def claim(shared):
    ...     seat = yield shared.seat.read()
    ...     assert seat != 3, "seat 3 is broken"
    ...     yield shared.seat.write(seat + 1)
    >>> found = explore([claim, claim, claim], shared=lambda: Shared(seat=Register(1)))
    >>> found.violations[0].name, found.violations[0].witness, found.violations[0].steps
    ('assertion', 'process 2: seat 3 is broken', (0, 0, 1, 1, 2))
    """

    name: str
    witness: str
    steps: tuple[Step, ...]
    run: Run | None = field(default=None, compare=False, repr=False)
    told: object = field(default="", compare=False, repr=False)  # as text, it is the story

    def story(self) -> str:
        """Return what happened, step by step, for people; the bare schedule, where nobody has told it."""
        return str(self.told) or f"{self.name} is violated: {self.witness}; schedule {Schedule(self.steps)}"


class Shortest:
    """Keeps for each claim the first of its shortest violations."""

    def __init__(self) -> None:
        self._found: dict[str, Violation] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def offer(self, name: str, witness: str, steps: Iterable[Step]) -> None:
        """Take this violation if it is the first of its claim, or shorter than the one known."""
        violation = Violation(name, witness, tuple(steps))
        known = self._found.get(name)
        if known is None or len(violation.steps) < len(known.steps):
            self._found[name] = violation

    def all(self) -> tuple[Violation, ...]:
        """Return the violations, the shortest first."""
        return smallest_first(self._found.values())


def smallest_first(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return violations in their order: the shortest first, and of equally long ones, by name."""
    return tuple(sorted(violations, key=lambda violation: (len(violation.steps), violation.name)))


Ending: TypeAlias = tuple[tuple[Any, ...], Any]  # what the processes returned, and the final shared state


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was seen. Where `complete` is False, only a part was.

    `why` says what stopped it or was left out; where the verdict is vacuous, why that is.

    `executions` counts complete executions from the start: for dpor, one for each Mazurkiewicz trace (with the
    choices and faults in it). For merged it counts single steps of real code, each from a restored state. `blocked`
    counts those that were begun in vain. `interleavings` is the number of schedules that they cover, None where that
    is not known, and `by_faults` splits it by the number of faults, where a budget allows any. `states` is the number
    of distinct states, 0 where none are kept, and `generated` that of the steps between them, plus one.

    `endings` counts executions (merged: schedules) by what the processes returned and what they left behind; of
    bookings, by what each attempt emitted, and `outcomes` by how many were BOOKED, REJECTED and FAILED. `deadlocks`
    counts those that end with a process that waits for ever.

    `fired` is on how many cases each claim had something to say: of bookings, distinct states, steps and ends; of
    other programs, executions (`always`: states), and how many steps of each kind they have. `vacuous` names the
    claims that had nothing to say, `unseen` says what the program does that no schedule decides, `unwatched` what of
    it could not be looked for, `never` the kinds of steps that never had, or never lacked, an effect. `conformed`
    is how many distinct steps were compared with the model, `nonconforming` the first that is no step of it.

    `audited` executions were taken again from the start, as they were and with commuting steps exchanged, with the
    same result; or were random ones, whose ends, or each of whose steps, the search had seen.

    `estimate` is about how many traces there are, of a search by dpor that something cut short.

    >>> from lastseat.testing import Register, Shared, explore
    >>> def count(shared):
    ...     yield shared.left.fetch_and_add()
    ...     yield shared.right.fetch_and_add()
    >>> seen = explore([count, count], shared=lambda: Shared(left=Register(0), right=Register(0)))
    >>> seen.complete, seen.executions, seen.interleavings, seen.finals
    (True, 4, 6, frozenset({(('left', 2), ('right', 2))}))
    """

    strategy: str
    executions: int
    complete: bool
    endings: Mapping[Ending, int] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    interleavings: int | None = None
    outcomes: Mapping[Mix, int] = field(default_factory=dict)
    states: int = 0
    generated: int = 0
    blocked: int = 0
    deadlocks: int = 0
    by_faults: Mapping[int, int] = field(default_factory=dict)
    fired: Mapping[str, int] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    vacuous: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()
    conformed: int = 0
    nonconforming: Violation | None = None
    audited: int = 0
    why: str = ""
    interrupted: bool = False
    estimate: Estimate | None = None

    def __post_init__(self) -> None:
        if not self.why and self.verdict is Verdict.VACUOUS:
            silent = (f"the claim {quoted(name)} never had anything to say" for name in self.vacuous)
            object.__setattr__(self, "why", "; ".join((*self.unseen, *silent)))

    @property
    def vectors(self) -> frozenset[tuple[Any, ...]]:
        """Return the distinct tuples of what the processes returned."""
        return frozenset(returned for returned, _ in self.endings)

    @property
    def finals(self) -> frozenset[Any]:
        """Return the distinct final shared states."""
        return frozenset(final for _, final in self.endings)

    @property
    def violated(self) -> frozenset[str]:
        """Return the names of the claims that some schedule violates."""
        return frozenset(violation.name for violation in self.violations)

    @property
    def verdict(self) -> Verdict:
        """Return what may be said."""
        if self.violations:
            return Verdict.VIOLATED
        if not self.complete:
            return Verdict.INCOMPLETE
        return Verdict.VACUOUS if self.vacuous or self.unseen else Verdict.HOLDS

    def assert_holds(self) -> None:
        """Raise AssertionError with every story, or with what is missing, unless the verdict is that it holds."""
        if self.violations:
            raise AssertionError("\n\n".join(violation.story() for violation in self.violations))
        if not self.complete:
            seen = counted(self.executions, "execution")
            raise AssertionError(f"incomplete: nothing is violated in {seen}, but {self.why}")
        if self.verdict is Verdict.VACUOUS:
            raise AssertionError(f"vacuous: {self.why}")
