"""Planted wrong engines of bookings and histories. The fuzzers have to find each of them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from fuzz import bookings, histories
from fuzz.bookings import BOOKINGS, ENGINES, FAULTY, HIDDEN, REDUCED, Case
from fuzz.flows import Flow
from fuzz.histories import HISTORIES
from fuzz.hunting import Target, hunt
from fuzz.stores import Rules

from lastseat.simulations.bookings import judged, merged, symmetry
from lastseat.simulations.bookings.brute import Brute
from lastseat.simulations.bookings.cases import Cases
from lastseat.simulations.bookings.exploration import Shortest
from lastseat.simulations.bookings.judge import Judge
from lastseat.simulations.bookings.linearizability import LOST, Monitor
from lastseat.simulations.bookings.merged import Merged, Sighting
from lastseat.simulations.bookings.real_steps import RealSteps
from lastseat.simulations.bookings.struck_brute import StruckBrute
from lastseat.simulations.bookings.struck_merged import StruckMerged, _Struck
from lastseat.simulations.bookings.symmetry import Quotient
from lastseat.simulations.kernel.faults import letter_of
from lastseat.simulations.kernel.footprints import StoreMeter


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
                stack.enter_context(patch.object(where, name, other, create=name == "int"))
            yield

    def disagreement(self, case: Any) -> str | None:
        """Return how the wrong engine differs, or None."""
        with self.planted():
            if self.target in (BOOKINGS, FAULTY):
                return bookings.disagreement(case, {self.engine: {**ENGINES, **REDUCED}[self.engine]})
            judges = {"wrong": lost_for_ever} if not self.replaced else {}
            return histories.disagreement(case, judges) if self.target is HISTORIES else bookings.hidden(case)


# --- merged -----------------------------------------------------------------------------------------------------


def keeps_the_last_sighting(self: Merged, clause: str, witness: str, word: int, attempt: int | None = None) -> None:
    self.sightings[clause] = Sighting(witness, self.level, word, attempt)


def costs_nothing(self: Any, word: int, who: int) -> int:
    del self, word, who
    return 0


def begins_at_once(self: StruckMerged, word: int, who: int) -> bool:
    del who
    return self._spent(word) < self.budget.most


def as_it_is(self: Quotient, vector: Any) -> Iterator[Any]:
    del self
    yield vector


def believes_all(seen: Any, steps: Any, prefix: Any = ()) -> Any:
    del steps, prefix
    return seen


def one_payload(original: Callable[..., None] = RealSteps.__init__) -> Callable[..., None]:
    def begin(self: RealSteps, *given: Any) -> None:
        original(self, *given)
        self.is_twofold = False

    return begin


# --- brute ------------------------------------------------------------------------------------------------------


def misses_the_last(self: Brute) -> bool:
    while self.path:
        self.path.pop()
        self.trail.pop()
        if len(self.later[-1]) > 1:
            self.path.append(self.later[-1].pop(0))
            return True
        self.later.pop()
    return False


def looks_away_where_blocked(
    self: Brute, final: Any, waiting: bool, stepless: bool, original: Callable[..., None] = Brute._finish
) -> None:
    kept = self.shortest
    self.shortest = Shortest() if waiting else kept
    original(self, final, waiting, stepless)
    self.shortest = kept


def dies_never(*given: Any, original: Any = StruckBrute._strikes) -> Any:
    return [one for one in original(*given) if letter_of(one) != "d"]


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


def same(number: Any) -> Any:
    return number


def elsewhere(only: str) -> Case:
    """Return the case in which one attempt books at a resource that it did not request."""
    requests = (("a", "p", 1), ("b", "p", 1))
    return Case((("p", 1), ("q", 0)), requests, Rules(partitioned=True), Flow(only=only, at="q"))


PAYLOADS = Case((("p", 1), ("q", 0)), (("c", "q", 2), ("c", "p", 1)), Rules(identity="own", partitioned=True))
ONCE_MORE = Case(
    requests=(("c", "p", 1), ("c", "p", 2)), flow=Flow(after="persist"), faults=1, kinds=("crash", "unavailable")
)
EARLY = Case(requests=(("a", "p", 1), ("b", "p", 1)), flow=Flow(only="b", early="room"))
WAITING = Case(rules=Rules(blocks="persisted"), flow=Flow(after="observe"))
MERGED, SYMMETRY = "merged", "merged with symmetry"

WRONG = (
    Wrong("merged that asks the monitor about a strike", FAULTY, ((merged, "int", same),), MERGED, case=ONCE_MORE),
    Wrong("merged that keeps the last sighting", BOOKINGS, ((Merged, "_sight", keeps_the_last_sighting),), MERGED),
    Wrong("merged that forgets the faults so far", FAULTY, ((_Struck, "_cost", costs_nothing),), MERGED),
    Wrong("merged that repeats what has not begun", FAULTY, ((StruckMerged, "_may_begin", begins_at_once),), MERGED),
    Wrong("merged that believes every snapshot", HIDDEN, ((symmetry, "rechecked", believes_all),)),
    Wrong(
        "merged that takes every id for one payload",
        BOOKINGS,
        ((RealSteps, "__init__", one_payload()),),
        MERGED,
        case=PAYLOADS,
    ),
    Wrong("merged that takes every step for explained", BOOKINGS, ((Judge, "_is_linear", always),), MERGED),
    Wrong("symmetry that is not checked", BOOKINGS, ((Quotient, "_check_images", no_difference),), SYMMETRY, seed=19),
    Wrong("symmetry that counts no twins", BOOKINGS, ((Quotient, "_twins", lambda *_: 1),), SYMMETRY),
    Wrong("symmetry that arranges no outcomes", BOOKINGS, ((Quotient, "_arrangements", as_it_is),), SYMMETRY, seed=4),
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
    Wrong("brute that misses the last alternative", BOOKINGS, ((Brute, "advance", misses_the_last),), "brute"),
    Wrong(
        "brute that does not judge blocked ends",
        BOOKINGS,
        ((Brute, "_finish", looks_away_where_blocked),),
        "brute",
        case=WAITING,
    ),
    Wrong("brute whose attempts never die after a step", FAULTY, ((StruckBrute, "_strikes", dies_never),), "brute"),
    Wrong(
        "judge that compares nothing with the model", BOOKINGS, ((Judge, "_nonconforming", no_difference),), "brute"
    ),
    Wrong("judge that overlooks a capacity", BOOKINGS, ((Judge, "_nonconforming", overlooks_capacity),), "brute"),
    Wrong("judge whose cases count down", BOOKINGS, ((Cases, "fired", counts_down),), "brute"),
    Wrong("replay that does not see who waits", BOOKINGS, ((judged._Waiting, "findings", nothing),), "brute"),
)
