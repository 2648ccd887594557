"""The fast and the symmetric search say what the readable one says: figures, verdicts, clauses, and the very path."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, permutations, product

import pytest
from hypothesis import given, settings, strategies

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.searches.fast import PAIRWISE, Member, search_fast
from lastseat.model.searches.readable import search
from lastseat.model.searches.symmetric import AsymmetryError, groups_of, search_symmetric
from lastseat.model.steps import CORRECT, Semantics, Transition, persist, successors
from lastseat.model.world import Fault, Policy, Proposal, Request, Store, System, Verdict, World

SEAT, SOFA = ("seat", 2), ("sofa", 1)


def requests(*asked: str) -> tuple[Request, ...]:
    """Return the requests that are written like "ann seat 2"."""
    return tuple(Request(name, place, int(units)) for name, place, units in (one.split() for one in asked))


SPREAD: dict[str, System] = {
    "no attempt": System((SEAT,), ()),
    "one attempt": System((SEAT,), requests("ann seat 1")),
    "distinct ids": System((SEAT,), requests("ann seat 1", "bob seat 1", "cem seat 1", "dan seat 1")),
    "one id, delivered four times": System((SEAT,), requests(*["ann seat 1"] * 4)),
    "one id, two payloads": System((("seat", 3),), requests("ann seat 1", "ann seat 2", "bob seat 1", "ann seat 1")),
    "unequal units": System((("seat", 4),), requests("ann seat 3", "bob seat 2", "cem seat 1", "dan seat 1")),
    "two resources": System((SEAT, SOFA), requests("ann seat 1", "bob sofa 1", "cem sofa 1", "dan seat 2")),
    "two resources, one id": System((SEAT, SOFA), requests("ann seat 1", "ann sofa 1", "bob sofa 1")),
    "an unknown resource": System((SEAT,), requests("ann attic 1", "bob seat 1", "ann seat 1")),
    "no resource at all": System((), requests("ann attic 1", "bob attic 1")),
    "no capacity": System((("seat", 0),), requests("ann seat 1", "bob seat 2", "cem seat 1")),
}
FAULTS = {
    "no fault": frozenset[Fault](),
    "unavailable": frozenset({Fault.UNAVAILABLE}),
    "acknowledgement lost": frozenset({Fault.ACKNOWLEDGEMENT_LOST}),
    "both faults": frozenset(Fault),
}

UNTIMED = settings(deadline=None, max_examples=50)


@strategies.composite
def systems(draw: strategies.DrawFn, known: bool = False) -> System:
    """Draw a system of up to four attempts, with few enough ids, resources and units that they collide."""
    names = draw(strategies.sampled_from([("seat",), ("seat", "sofa")]))
    capacities = tuple((name, draw(strategies.integers(0, 4))) for name in names)
    asked = strategies.builds(
        Request,
        strategies.sampled_from(("ann", "bob", "cem")),
        strategies.sampled_from(names if known else ("seat", "sofa")),
        strategies.integers(1, 3),
    )
    return System(
        capacities,
        tuple(draw(strategies.lists(asked, max_size=4))),
        draw(strategies.sampled_from(Policy)),
        draw(strategies.frozensets(strategies.sampled_from(Fault))),
    )


# --- the fast search ------------------------------------------------------------------------------------------


def agree_to_the_end(system: System, semantics: Semantics = CORRECT) -> None:
    readable = search(system, semantics, stop_at_first=False)
    fast = search_fast(system, semantics, stop_at_first=False)
    assert (fast.states, fast.generated, fast.depth) == (readable.states, readable.generated, readable.depth)
    assert fast.complete
    assert fast.violations == readable.violations
    assert dict(fast.fired) == dict(readable.fired)


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("system", SPREAD.values(), ids=SPREAD)
def test_the_fast_search_agrees_with_the_readable_one(
    system: System, faults: frozenset[Fault], policy: Policy
) -> None:
    agree_to_the_end(replace(system, faults=faults, policy=policy))


@UNTIMED
@given(systems(), strategies.frozensets(strategies.sampled_from(Flaw), max_size=2))
def test_the_fast_search_agrees_with_the_readable_one_on_flawed_semantics(
    system: System, flaws: frozenset[Flaw]
) -> None:
    agree_to_the_end(system, flawed(flaws))


@UNTIMED
@given(systems(), strategies.frozensets(strategies.sampled_from(Flaw), min_size=1, max_size=2))
def test_the_first_violation_and_its_path_are_those_of_the_readable_search(
    system: System, flaws: frozenset[Flaw]
) -> None:
    readable = search(system, flawed(flaws))
    fast = search_fast(system, flawed(flaws))

    assert fast.violations == readable.violations
    assert fast.complete == readable.complete


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_is_found_alike_among_five_attempts(flaw: Flaw) -> None:
    asked = requests("ann seat 1", "ann seat 1", "bob seat 2", "cem seat 1", "dan seat 1")
    system = System((SEAT,), asked)

    readable = search(system, flawed([flaw]))
    fast = search_fast(system, flawed([flaw]))

    assert fast.violations == readable.violations != ()


def test_finished_runs_are_judged_once_each() -> None:
    """Without faults the readable search meets each of them once, too."""
    for system in SPREAD.values():
        assert search_fast(system).fired == search(system).fired


# --- pairs of attempts ----------------------------------------------------------------------------------------


def worlds_in_order(system: System, semantics: Semantics) -> Iterator[tuple[World, tuple[Transition, ...]]]:
    """Yield the worlds as the readable search meets them, each with its path."""
    paths: dict[World, tuple[Transition, ...]] = {system.initial(): ()}
    waiting = [system.initial()]
    for world in waiting:
        yield world, paths[world]
        for step in successors(system, world, semantics):
            if step.after not in paths:
                paths[step.after] = (*paths[world], step)
                waiting.append(step.after)


@UNTIMED
@given(systems(), strategies.frozensets(strategies.sampled_from(Flaw), max_size=2), strategies.sampled_from(PAIRWISE))
def test_a_pair_that_does_not_go_together_is_found_where_the_worlds_are_gone_through_one_by_one(
    system: System, flaws: frozenset[Flaw], invariant: object
) -> None:
    def broken(world: World) -> bool:
        members = [Member(*each) for each in zip(system.requests, world.attempts, strict=True)]
        pairs = combinations([member for member in members if chosen.about(member)], 2)
        return any(chosen.witness(world.store, *pair) is not None for pair in pairs)

    chosen = next(one for one in PAIRWISE if one is invariant)
    first = next((path for world, path in worlds_in_order(system, flawed(flaws)) if broken(world)), None)
    fast = search_fast(system, flawed(flaws), pairwise=(chosen,), stop_at_first=False)

    assert next((one.path for one in fast.violations if one.clause == chosen.name), None) == first


# --- the symmetric search -------------------------------------------------------------------------------------


def renamed(system: System, world: World, order: tuple[int, ...]) -> World:
    """Return the world in which attempt order[i] stands, and is recorded, as attempt i did."""
    names = {one.booking_id: system.requests[order[i]].booking_id for i, one in enumerate(system.requests)}
    ledger = (replace(one, booking_id=names[one.booking_id]) for one in world.store.reservations)
    attempts = [local for _, local in sorted(zip(order, world.attempts, strict=True), key=lambda pair: pair[0])]
    return World(replace(world.store, reservations=tuple(sorted(ledger))), tuple(attempts))


def orbits(system: System) -> Counter[frozenset[World]]:
    """Return the classes of alike worlds, by brute force over all permutations, with the worlds reached in each."""
    groups = groups_of(system.requests)
    orders = []
    for images in product(*(permutations(group) for group in groups)):
        moved = {
            one: other
            for group, image in zip(groups, images, strict=True)
            for one, other in zip(group, image, strict=True)
        }
        orders.append(tuple(moved[attempt] for attempt in range(len(system.requests))))
    worlds = [world for world, _ in worlds_in_order(system, CORRECT)]
    return Counter(frozenset(renamed(system, world, order) for order in orders) for world in worlds)


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("system", SPREAD.values(), ids=SPREAD)
def test_the_classes_are_the_orbits_of_the_full_set_of_worlds(system: System, faults: frozenset[Fault]) -> None:
    system = replace(system, requests=system.requests[:3], faults=faults)

    full = orbits(system)
    found = search_symmetric(system)

    assert found.classes == len(full)
    assert found.searched.states == full.total()
    assert all(len(orbit) == reached for orbit, reached in full.items())


@UNTIMED
@given(systems(), strategies.frozensets(strategies.sampled_from(Flaw), max_size=2))
def test_the_symmetric_search_has_the_figures_of_the_full_system(system: System, flaws: frozenset[Flaw]) -> None:
    readable = search(system, flawed(flaws), stop_at_first=False)
    symmetric = search_symmetric(system, flawed(flaws), stop_at_first=False).searched

    assert (symmetric.states, symmetric.generated) == (readable.states, readable.generated)
    assert symmetric.depth == readable.depth
    assert symmetric.interleavings == readable.interleavings
    assert symmetric.complete


@UNTIMED
@given(systems(), strategies.frozensets(strategies.sampled_from(Flaw), min_size=1, max_size=2))
def test_the_symmetric_search_finds_each_violated_clause_as_near_as_the_readable_one(
    system: System, flaws: frozenset[Flaw]
) -> None:
    readable = search(system, flawed(flaws), stop_at_first=False)
    symmetric = search_symmetric(system, flawed(flaws), stop_at_first=False).searched

    assert lengths(symmetric.violations) == lengths(readable.violations)
    for violation in symmetric.violations:
        assert all(one.after == other.before for one, other in zip(violation.path, violation.path[1:], strict=False))


def lengths(violations: object) -> dict[str, int]:
    assert isinstance(violations, tuple)
    return {one.clause: len(one.path) for one in violations}


@pytest.mark.parametrize(
    ("attempts", "classes", "states", "generated"),
    [(4, 46, 488, 929), (8, 921, 1_291_004, 5_464_737), (9, 1_759, 11_450_708, 54_371_953)],
)
def test_the_classes_of_alike_attempts_are_counted_exactly(
    attempts: int, classes: int, states: int, generated: int
) -> None:
    asked = requests(*(f"booking-{number} seat 1" for number in range(attempts)))

    found = search_symmetric(System((("seat", attempts // 2),), asked))

    assert (found.classes, found.searched.states, found.searched.generated) == (classes, states, generated)
    assert found.searched.violations == ()


def favours_ann(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Let ann through whatever she saw."""
    resource = store.resource(proposal.request.resource_id)
    if proposal.request.booking_id == "ann" and resource is not None:
        proposal = replace(proposal, expected_version=resource.version)
    return persist(store, proposal, policy)


@pytest.mark.parametrize("order", list(permutations(("ann seat 1", "bob seat 1", "cem seat 1"))))
def test_a_store_that_favours_one_attempt_is_refused(order: tuple[str, ...]) -> None:
    with pytest.raises(AsymmetryError, match="tells alike attempts apart"):
        search_symmetric(System((SEAT,), requests(*order)), Semantics(persist=favours_ann))


def test_an_interrupted_symmetric_search_says_that_it_is_incomplete() -> None:
    def interrupt(states: int) -> None:
        if states >= 50:
            raise KeyboardInterrupt

    found = search_symmetric(SPREAD["distinct ids"], tick=interrupt)

    assert not found.searched.complete
    assert 50 <= found.searched.states < 488
