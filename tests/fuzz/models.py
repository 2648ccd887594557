"""Random booking systems under every search of the model: readable, vectorised, symmetric, and the naive one.

Compared: states, transitions, the longest run, schedules by mix of outcomes, which clauses are violated, and the
length of a shortest violation of each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fuzz.hunting import Target
from fuzz.naive_models import Known, Model, known
from hypothesis import strategies as st

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.searches.fast import search_fast
from lastseat.model.searches.readable import Searched, search
from lastseat.model.searches.symmetric import search_symmetric
from lastseat.model.steps import Semantics
from lastseat.model.world import Fault, Policy, Request, System

__all__ = ["MODELS", "Model"]

# In the model an attempt knows of others only by versions: a race is told by them.
TELLS_NO_RACE = {str(Flaw.VERSION_NOT_BUMPED), str(Flaw.VERSION_BUMPED_ON_REJECTION)}
BY_RACES = {"emit.conflict", "attempt.solo"}


@dataclass(frozen=True, slots=True)
class Searches:
    """The searches that are compared, so that a wrong one can stand in for each."""

    readable: Callable[..., Searched] = search
    fast: Callable[..., Searched] = search_fast
    symmetric: Callable[..., Any] = search_symmetric
    semantics: Callable[[tuple[Flaw, ...]], Semantics] = flawed


def system_of(model: Model) -> System:
    """Return the system of the project that a naive model describes."""
    return System(
        model.capacities,
        tuple(Request(*request) for request in model.requests),
        Policy(model.policy),
        frozenset(map(Fault, model.faults)),
    )


def lengths(searched: Searched) -> dict[str, int]:
    """Return how long the path of each violation is."""
    return {violation.clause: len(violation.path) for violation in searched.violations}


def disagreement(model: Model, searches: Searches = Searches()) -> str | None:
    """Return in one line what differs."""
    return next(differences(model, searches), None)


def differences(model: Model, searches: Searches) -> Iterator[str]:
    """Yield what differs, the simplest first."""
    system, semantics = system_of(model), searches.semantics(tuple(map(Flaw, model.flaws)))
    naive = known(model)
    readable = searches.readable(system, semantics, stop_at_first=False)
    fast = searches.fast(system, semantics, stop_at_first=False)
    symmetric = searches.symmetric(system, semantics, stop_at_first=False).searched
    for name, searched in (("readable", readable), ("vectorised", fast), ("symmetric", symmetric)):
        yield from counts_differ(name, searched, naive)
        if lengths(searched) != lengths(readable):
            yield f"violations: {name} {lengths(searched)}, readable {lengths(readable)}"
    yield from verdicts_differ(model, lengths(readable), naive)
    for name, searched in (("readable", readable), ("symmetric", symmetric)):
        if dict(searched.interleavings) != dict(naive.mixes):
            yield f"schedules by mix: {name} {dict(searched.interleavings)}, naive {dict(naive.mixes)}"
    if dict(fast.fired) != dict(readable.fired):
        yield f"how often clauses spoke: vectorised {dict(fast.fired)}, readable {dict(readable.fired)}"
    for name, searched in (
        ("readable", searches.readable(system, semantics)),
        ("vectorised", searches.fast(system, semantics)),
        ("symmetric", searches.symmetric(system, semantics).searched),
    ):
        yield from first_differs(name, searched, lengths(readable))


def counts_differ(name: str, searched: Searched, naive: Known) -> Iterator[str]:
    """Yield where a complete search counts otherwise."""
    seen = searched.states, searched.generated, searched.depth, searched.complete
    due = naive.states, naive.steps + 1, naive.longest, True
    if seen != due:
        yield f"states, generated, depth, complete: {name} {seen}, naive {due}"


def verdicts_differ(model: Model, found: dict[str, int], naive: Known) -> Iterator[str]:
    """Yield where a clause has another verdict, or a shortest violation another length."""
    unknown = BY_RACES if TELLS_NO_RACE & set(model.flaws) else set[str]()
    for clause in sorted(({*found, *naive.shortest}) - unknown):
        if found.get(clause) != naive.shortest.get(clause):
            yield f"shortest violation of {clause}: readable {found.get(clause)}, naive {naive.shortest.get(clause)}"


def first_differs(name: str, searched: Searched, every: dict[str, int]) -> Iterator[str]:
    """Yield where a search that stops at the first violation finds none, or another one than the complete search."""
    found = lengths(searched)
    if bool(found) != bool(every) or searched.complete == bool(found):
        yield f"stopping at the first, {name} finds {found} of {every}"
    if any(every.get(clause) != length for clause, length in found.items()):
        yield f"stopping at the first, {name} finds {found}, which are shorter in {every}"


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw a system: 1 to 4 attempts at 1 or 2 resources, perhaps with faults or with up to two flaws."""
    capacities = tuple((name, draw(st.integers(0, 3))) for name in "qr"[: draw(st.integers(1, 2))])
    faults = draw(st.sampled_from([(), (), (), ("unavailable",), ("acknowledgement lost",), tuple(map(str, Fault))]))
    places = [*(name for name, _ in capacities), *(["x"] if draw(st.booleans()) else [])]
    request = st.tuples(st.sampled_from("abcd"), st.sampled_from(places), st.integers(1, 2))
    alike = st.tuples(st.sampled_from("abcd"), st.just(places[0]), st.just(1))
    requests = tuple(draw(st.lists(draw(st.sampled_from([request, alike])), min_size=1, max_size=3 + (not faults))))
    flaws = draw(st.one_of(st.just([]), st.lists(st.sampled_from(list(Flaw)), max_size=2, unique=True)))
    return Model(capacities, requests, str(draw(st.sampled_from(Policy))), faults, tuple(sorted(map(str, flaws))))


MODELS = Target("fuzz.models", "MODELS", models(), disagreement)
