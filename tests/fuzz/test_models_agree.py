"""The searches of the model agree with a naive one, the laws of outcomes with enumeration; wrong ones are caught."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import factorial, prod
from typing import Any
from unittest.mock import patch

import pytest
from fuzz.hunting import Target, hunt
from fuzz.laws import LAWS, Laws
from fuzz.laws import disagreement as laws_disagree
from fuzz.models import MODELS, Searches
from fuzz.models import disagreement as models_disagree

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.law.outcomes import outcomes
from lastseat.model.searches import fast as fast_search
from lastseat.model.searches import readable as readable_search
from lastseat.model.searches import symmetric as symmetric_search
from lastseat.model.searches.readable import search
from lastseat.model.searches.symmetric import search_symmetric
from lastseat.model.steps import Semantics, persist
from lastseat.model.world import Policy, Proposal, Store, Verdict
from lastseat.reference.store import Policy as StorePolicy
from lastseat.simulations.sweeps.points import Point
from lastseat.simulations.sweeps.timed_exact import exact_means


def test_every_search_of_the_model_agrees_with_a_naive_one() -> None:
    round_ = hunt(MODELS, seed_=1, cases=300)

    assert round_.found is None, round_.found.as_test()
    assert round_.cases == 300


def test_the_laws_of_outcomes_agree_with_enumeration() -> None:
    round_ = hunt(LAWS, seed_=1, cases=300)

    assert round_.found is None, round_.found.as_test()
    assert round_.cases == 300


# --- planted wrong searches -----------------------------------------------------------------------------------


def counts_orders_once(system: Any, *arguments: Any, **options: Any) -> Any:
    """A symmetric search that takes alike attempts in the same standing for different ones."""
    size = property(lambda orbit: prod(factorial(len(each)) for each in orbit.standings))
    with patch.object(symmetric_search.Class, "worlds", size):
        return search_symmetric(system, *arguments, **options)


def takes_all_for_alike(system: Any, *arguments: Any, **options: Any) -> Any:
    """A symmetric search that takes attempts for alike that ask for different units."""

    def groups_of(requests: Any) -> tuple[tuple[int, ...], ...]:
        ids = Counter(request.booking_id for request in requests)
        groups: dict[Any, list[int]] = {}
        for attempt, request in enumerate(requests):
            shared = request.booking_id if ids[request.booking_id] > 1 else None
            groups.setdefault((shared, request.resource_id), []).append(attempt)
        return tuple(map(tuple, groups.values()))

    with patch.object(symmetric_search, "groups_of", groups_of):
        return search_symmetric(system, *arguments, **options)


def loses_the_last_level(system: Any, *arguments: Any, **options: Any) -> Any:
    """A vectorised search that does not look at the store with the most reservations."""

    class Fewer(fast_search.Boxes):
        def settled(self) -> Iterator[Any]:
            stores = list(super().settled())
            yield from stores[:-1] if len(stores) > 1 else stores

    with patch.object(fast_search, "Boxes", Fewer):
        return fast_search.search_fast(system, *arguments, **options)


def counts_steps_again(system: Any, *arguments: Any, **options: Any) -> Any:
    """A readable search that expands a world on every level on which it is met."""

    class Forgetful(set[Any]):
        def __contains__(self, _: object) -> bool:
            return False

    class Again(readable_search._Search):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.expanded = Forgetful()

    with patch.object(readable_search, "_Search", Again):
        return search(system, *arguments, **options)


def refuses_before_it_looks_up_the_id(flaws: tuple[Flaw, ...]) -> Semantics:
    """A model whose store asks for the version before the identity."""

    def version_before_identity(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
        resource = store.resource(proposal.request.resource_id)
        if resource is not None and proposal.expected_version != resource.version:
            return store, Verdict.VERSION_CONFLICT
        return persist(store, proposal, policy)

    return flawed(flaws) if flaws else Semantics(persist=version_before_identity)


WRONG_SEARCHES = {
    "counts orders once": Searches(symmetric=counts_orders_once),
    "takes all for alike": Searches(symmetric=takes_all_for_alike),
    "loses the last level": Searches(fast=loses_the_last_level),
    "counts steps again": Searches(readable=counts_steps_again),
    "refuses before it looks up the id": Searches(semantics=refuses_before_it_looks_up_the_id),
}


@pytest.mark.parametrize("wrong", WRONG_SEARCHES)
def test_a_wrong_search_of_the_model_is_caught(wrong: str) -> None:
    disagreement = partial(models_disagree, searches=WRONG_SEARCHES[wrong])

    assert hunt(MODELS, seed_=1, cases=300, disagreement=disagreement).found is not None


# --- planted wrong laws ---------------------------------------------------------------------------------------


def takes_policies_for_one(attempts: int, capacity: int, law: str, policy: str, **options: Any) -> Any:
    """A law that is version-first under both policies."""
    return replace(outcomes(attempts, capacity, law, StorePolicy.VERSION_FIRST, **options), policy=Policy(policy))


def takes_laws_for_one(attempts: int, capacity: int, law: str, policy: str, **options: Any) -> Any:
    """A law that is uniform for both laws, where nothing limits those in flight."""
    asked = "uniform" if options["in_flight"] is None else law
    return outcomes(attempts, capacity, asked, policy, **options)


def forgets_lost_answers(attempts: int, capacity: int, law: str, policy: str, **options: Any) -> Any:
    """A law in which no acknowledgement is lost."""
    crash, unavailable, lost = options["faults"]
    options["faults"] = type(options["faults"])(crash, unavailable, lost * 0)
    return outcomes(attempts, capacity, law, policy, **options)


def rounds_twice(attempts: int, capacity: int, law: str, policy: str, **options: Any) -> Any:
    """Floats that are wrong by more than the error that they state."""
    found = outcomes(attempts, capacity, law, policy, **options)
    if not found.error or len(found.mass) < 2:
        return found
    first, *others = found.mass
    moved = 8 * found.error * found.mass[first]
    mass = {**found.mass, first: found.mass[first] - moved, others[0]: found.mass[others[0]] + moved}
    return replace(found, mass=mass, error=found.error) if abs(sum(mass.values()) - 1) <= found.error else found


def forgets_the_stale(point: Point) -> Any:
    """Means in time that count who is stale when the last seat goes as FAILED under both policies."""
    return exact_means(replace(point, policy=StorePolicy.VERSION_FIRST))


def stays_fresh(point: Point) -> Any:
    """Means in time of half the window."""
    assert point.window is not None
    return exact_means(replace(point, window=point.window / 2))


WRONG_LAWS = {
    "takes policies for one": Laws(outcomes=takes_policies_for_one),
    "takes laws for one": Laws(outcomes=takes_laws_for_one),
    "forgets lost answers": Laws(outcomes=forgets_lost_answers),
    "rounds twice": Laws(outcomes=rounds_twice),
    "forgets the stale": Laws(exact_means=forgets_the_stale),
    "stays fresh": Laws(exact_means=stays_fresh),
}


@pytest.mark.parametrize("wrong", WRONG_LAWS)
def test_a_wrong_law_is_caught(wrong: str) -> None:
    disagreement = partial(laws_disagree, laws=WRONG_LAWS[wrong])

    assert hunt(LAWS, seed_=1, cases=300, disagreement=disagreement).found is not None


@pytest.mark.parametrize("target", [MODELS, LAWS], ids=["models", "laws"])
def test_a_case_that_is_found_runs_as_a_test(target: Target) -> None:
    found = hunt(target, seed_=1, cases=3, disagreement=lambda _: "everything is wrong").found
    assert found is not None

    written: dict[str, Any] = {}
    exec(found.as_test(), written)  # noqa: S102 - it is the text that a test is to be made of
    written[f"test_{target.name.lower()}_agree_on_the_case_that_seed_1_found"]()
