"""Planted wrong engines of bookings and histories. The fuzzers have to find each of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from fuzz import bookings, histories
from fuzz.bookings import BOOKINGS, ENGINES, FAULTY, HIDDEN, REDUCED, Case
from fuzz.flows import Flow
from fuzz.histories import HISTORIES
from fuzz.hunting import Target, hunt
from fuzz.stores import Rules

from lastseat.simulations.bookings import findings as judged
from lastseat.simulations.bookings.judging.cases import Cases
from lastseat.simulations.bookings.judging.judge import Judge
from lastseat.simulations.bookings.judging.judge import Judged as JudgedStep
from lastseat.simulations.bookings.judging.linearizability import LOST, Monitor
from lastseat.simulations.bookings.merging import merged
from lastseat.simulations.bookings.merging.merged import BookingWalk
from lastseat.simulations.bookings.merging.real_steps import RealSteps
from lastseat.simulations.bookings.merging.symmetry import AttemptOrbits
from lastseat.simulations.bookings.program import BookingWatch
from lastseat.simulations.kernel import actions, execution
from lastseat.simulations.kernel.actions import Fault, process_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import Shortest
from lastseat.simulations.kernel.footprints import StoreMeter
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.merging.orbits import Orbits
from lastseat.simulations.strategies.merging.settings import Sighting
from lastseat.simulations.strategies.merging.walk import Walk
from lastseat.simulations.strategies.merging.words import Layout


@dataclass(frozen=True)
class Wrong:
    """A wrong engine: `replaced` are (where, name, what stands there instead). `engine` is compared.

    Some show so rarely that a hunt of 120 cases may miss them; a test then asks about a `case` that shows them. A
    hunt of 1,500 cases, which is half a minute, finds each of these too.
    """

    name: str
    target: Target
    replaced: tuple[tuple[Any, str, Any], ...] = ()
    engine: str = ""
    cases: int = 120
    seed: int = 2
    case: Any = None

    def found(self) -> str | None:
        """Return how the fuzzer tells it from the right one, None where it does not."""
        if self.case is not None:
            return self.disagreement(self.case)
        found = hunt(self.target, seed_=self.seed, cases=self.cases, disagreement=self.disagreement).found
        return found.said if found else None

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Let the wrong engine stand in for the right one. AttributeError where there is nothing to replace."""
        with ExitStack() as stack:
            for where, name, other in self.replaced:
                stack.enter_context(patch.object(where, name, other))
            yield

    def disagreement(self, case: Any) -> str | None:
        """Return how the wrong engine differs, or None."""
        with self.planted():
            if self.target in (BOOKINGS, FAULTY):
                return bookings.disagreement(case, {self.engine: {**ENGINES, **REDUCED}[self.engine]})
            judges = {"wrong": lost_for_ever} if not self.replaced else {}
            return histories.disagreement(case, judges) if self.target is HISTORIES else bookings.hidden(case)


# --- merged -----------------------------------------------------------------------------------------------------


def keeps_the_last_sighting(
    self: Walk[Any], name: str, witness: str, word: int, step: Any = None, order: Any = None
) -> None:
    self.sightings[name] = Sighting(witness, self.level, word, step, order)


def none_so_far(*_given: Any) -> int:
    return 0


def counts_no_twins(self: Orbits, word: int, original: Any = Orbits.kinds) -> Any:
    return [(who, 1) for who, _ in original(self, word)]


def as_it_stands(self: Orbits, _word: int) -> list[tuple[int, ...]]:
    return [tuple(range(self.layout.processes))]


def one_payload(original: Callable[..., None] = RealSteps.__init__) -> Callable[..., None]:
    def begin(self: RealSteps, *given: Any) -> None:
        original(self, *given)
        self.some_id_has_two_payloads = False

    return begin


# --- brute, and who watches ---------------------------------------------------------------------------------------


def misses_the_last(self: Brute, execution: Execution, original: Any = Brute._turn) -> bool:
    for later in self._later:
        del later[1:]
    found: bool = original(self, execution)
    return found


def looks_away_where_blocked(self: BookingWatch, execution: Execution, original: Any = BookingWatch.end) -> None:
    kept = self.shortest
    self.shortest = Shortest() if execution.unfinished() else kept
    original(self, execution)
    self.shortest = kept


def dies_never(who: int, **named: Any) -> Iterator[Any]:
    return (action for action in actions.others(who, **named) if action.fault is not Fault.CRASH_AFTER)


class _WithoutFaults(dict[Any, Any]):
    """Judgements by attempt, store and what was received, whatever went wrong in the step."""

    def get(self, key: Any, default: Any = None) -> Any:
        step, *place = key
        return super().get((process_of(step), *place), default)

    def __setitem__(self, key: Any, judged: JudgedStep) -> None:
        step, *place = key
        super().__setitem__((process_of(step), *place), judged)


def knows_no_faults(self: BookingWatch, *given: Any, original: Any = BookingWatch.__init__, **named: Any) -> None:
    original(self, *given, **named)
    self._known = _WithoutFaults()


class _Anything:
    """Equals whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def takes_all_for_the_same(self: BookingWatch, *given: Any, original: Any = BookingWatch._judged) -> Any:
    step = original(self, *given)
    self._known[given[:3]] = replace(step, result=_Anything(), after=_Anything(), returned=_Anything())
    return step


def forgets_a_set(self: Program, original: Any = Program.parts) -> list[Program]:
    found: list[Program] = original(self)
    return found[:-1] or found


# --- dpor -------------------------------------------------------------------------------------------------------


def trusts_names(
    self: StoreMeter, store: Any, requests: Any = (), *, ordered: bool = False, original: Any = StoreMeter.__init__
) -> None:
    original(self, store, requests, ordered=ordered)
    self._own = []


def forgets_who_ended(
    self: StoreMeter, store: Any, requests: Any = (), *, ordered: bool = False, original: Any = StoreMeter.__init__
) -> None:
    del ordered
    original(self, store, requests)


# --- judges -----------------------------------------------------------------------------------------------------


def counts_down(self: Cases, original: Callable[[Cases], Counter[str]] = Cases.fired) -> Counter[str]:
    return Counter({clause: -count for clause, count in original(self).items()})


def no_difference(*_given: Any) -> None:
    return None


def overlooks_capacity(*given: Any, original: Callable[..., str | None] = Judge._nonconforming) -> str | None:
    said = original(*given)
    return None if said and said.startswith("observed capacity") else said


def nothing(*_given: Any) -> Iterator[Any]:
    return iter(())


def always(*_given: Any) -> bool:
    return True


def never(*_given: Any) -> bool:
    return False


# --- linearizability --------------------------------------------------------------------------------------------


def lost_for_ever(capacities: Any, requests: Any, steps: Any, vector: Any) -> int | None:
    """Let a lost acknowledgement take effect after its end."""
    open_ = tuple(None if told == LOST else told for told in vector)
    return Monitor(capacities, requests).unexplained(steps, open_)


def forgets_pending(self: Monitor, possible: Any, attempt: int, told: Any, others: Any, original: Any = None) -> Any:
    del others
    return (original or _ENDED)(self, possible, attempt, told, frozenset())


_ENDED = Monitor._ended


def keeps_the_simplest(self: Monitor, possible: Any, pending: Any) -> Any:
    del self, pending
    return frozenset(sorted(possible, key=lambda one: (len(one.committed), sorted(map(repr, one.ledger))))[:1])


def elsewhere(only: str) -> Case:
    """Return the case in which one attempt books at a resource that it did not request."""
    requests = (("a", "p", 1), ("b", "p", 1))
    return Case((("p", 1), ("q", 0)), requests, Rules(partitioned=True), Flow(only=only, at="q"))


PAYLOADS = Case((("p", 1), ("q", 0)), (("c", "q", 2), ("c", "p", 1)), Rules(identity="own", partitioned=True))
EARLY = Case(requests=(("a", "p", 1), ("b", "p", 1)), flow=Flow(only="b", early="room"))
WAITING = Case(rules=Rules(blocks="persisted"), flow=Flow(after="observe"))
MERGED, SYMMETRY = "merged", "merged with symmetry"

WRONG = (
    Wrong("merged that keeps the last sighting", BOOKINGS, ((Walk, "sight", keeps_the_last_sighting),), MERGED),
    Wrong("merged that forgets the faults so far", FAULTY, ((Layout, "spent", none_so_far),), MERGED),
    Wrong("merged that repeats what has not begun", FAULTY, ((BookingWalk, "is_asleep", never),), MERGED),
    Wrong("merged that believes every snapshot", HIDDEN, ((merged, "difference", no_difference),)),
    Wrong(
        "merged that takes every id for one payload",
        BOOKINGS,
        ((RealSteps, "__init__", one_payload()),),
        MERGED,
        case=PAYLOADS,
    ),
    Wrong("merged that takes every step for explained", BOOKINGS, ((Judge, "_is_linear", always),), MERGED),
    Wrong("symmetry that is not checked", BOOKINGS, ((AttemptOrbits, "images", nothing),), SYMMETRY, seed=19),
    Wrong("symmetry that counts no twins", BOOKINGS, ((Orbits, "kinds", counts_no_twins),), SYMMETRY),
    Wrong(
        "symmetry that arranges no outcomes", BOOKINGS, ((Orbits, "arrangements", as_it_stands),), SYMMETRY, seed=4
    ),
    Wrong("monitor that lets a lost booking come late", HISTORIES, seed=23),
    Wrong("monitor that forgets who is pending", HISTORIES, ((Monitor, "_ended", forgets_pending),), seed=7),
    Wrong("monitor that keeps the simplest", HISTORIES, ((Monitor, "_minimal", keeps_the_simplest),), seed=3),
    Wrong(
        "dpor that trusts the names of the operations",
        BOOKINGS,
        ((StoreMeter, "__init__", trusts_names),),
        "dpor",
        case=elsewhere("b"),
    ),
    Wrong(
        "dpor that forgets who ended before whom began",
        BOOKINGS,
        ((StoreMeter, "__init__", forgets_who_ended),),
        "dpor",
        case=EARLY,
    ),
    Wrong("brute that misses the last alternative", BOOKINGS, ((Brute, "_turn", misses_the_last),), "brute"),
    Wrong(
        "brute that does not judge blocked ends",
        BOOKINGS,
        ((BookingWatch, "end", looks_away_where_blocked),),
        "brute",
        case=WAITING,
    ),
    Wrong("brute whose attempts never die after a step", FAULTY, ((execution, "others", dies_never),), "brute"),
    Wrong(
        "judge that compares nothing with the model", BOOKINGS, ((Judge, "_nonconforming", no_difference),), "brute"
    ),
    Wrong("judge that overlooks a capacity", BOOKINGS, ((Judge, "_nonconforming", overlooks_capacity),), "brute"),
    Wrong("judge whose cases count down", BOOKINGS, ((Cases, "fired", counts_down),), "brute"),
    Wrong(
        "judgements that are kept without the fault", FAULTY, ((BookingWatch, "__init__", knows_no_faults),), "brute"
    ),
    Wrong("judgements that are never compared", HIDDEN, ((BookingWatch, "_judged", takes_all_for_the_same),), seed=1),
    Wrong("dpor that forgets a set of redeliveries", FAULTY, ((Program, "parts", forgets_a_set),), "dpor"),
    Wrong("replay that does not see who waits", BOOKINGS, ((judged._Waiting, "findings", nothing),), "brute"),
)
