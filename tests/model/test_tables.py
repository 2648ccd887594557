"""The tables: every step that the readable search takes is in them, nothing else is, and they come to an end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from math import prod

import pytest
from hypothesis import given, settings, strategies

from lastseat.model.searches.tables import Tables, alone, members, tables_of
from lastseat.model.steps import Semantics, Transition, persist, record, successors
from lastseat.model.world import Fault, Idle, Observed, Policy, Proposal, Request, Store, System, Verdict, World

Contention = Callable[..., System]
ANN, BOB = Request("ann", "seat"), Request("bob", "seat")


def transitions(system: System) -> Iterator[Transition]:
    """Yield every transition of a system, world by world."""
    met, waiting = {system.initial()}, [system.initial()]
    for world in waiting:
        for step in successors(system, world):
            yield step
            if step.after not in met:
                met.add(step.after)
                waiting.append(step.after)


def move_for(tables: Tables, step: Transition) -> tuple[Store, object]:
    """Return where the table leads for a transition: the store and the local state after it."""
    store = tables.stores.index(step.before.store)
    local = tables.local_states.index(step.before.attempts[step.attempt])
    (move,) = (one for one in tables.moves[step.attempt][store, local] if one.step.action == step.action)
    return tables.stores[move.store], tables.local_states[move.local]


def is_covered(tables: Tables, world: World) -> bool:
    present = tables.present[tables.stores.index(world.store)]
    numbers = [tables.local_states.index(local) for local in world.attempts]
    return all(number in each for number, each in zip(numbers, present, strict=True))


@settings(deadline=None)
@given(data=strategies.data())
def test_every_step_and_every_world_of_a_system_is_in_its_tables(
    systems: strategies.SearchStrategy[System], data: strategies.DataObject
) -> None:
    faults = data.draw(strategies.frozensets(strategies.sampled_from(Fault)))
    system = replace(data.draw(systems), faults=faults)

    tables = tables_of(system)

    assert is_covered(tables, system.initial())
    for step in transitions(system):
        assert move_for(tables, step) == (step.after.store, step.after.attempts[step.attempt])
        assert is_covered(tables, step.after)


@settings(deadline=None)
@given(data=strategies.data())
def test_a_table_holds_the_steps_of_the_attempt_alone_in_the_order_of_the_readable_search(
    systems: strategies.SearchStrategy[System], data: strategies.DataObject
) -> None:
    system = replace(data.draw(systems), faults=frozenset(Fault))

    tables = tables_of(system)

    for request, moves in zip(system.requests, tables.moves, strict=True):
        for (store, local), found in moves.items():
            world = World(tables.stores[store], (tables.local_states[local],))
            assert [one.step for one in found] == list(successors(alone(system, request), world))


def test_whoever_has_not_written_is_carried_along_to_the_store_of_whoever_has() -> None:
    tables = tables_of(System((("seat", 2),), (ANN, BOB)))

    ann_wrote = next(number for number, store in enumerate(tables.stores) if store.recorded("ann"))
    of_bob = [tables.local_states[number] for number in tables.present[ann_wrote][1]]

    assert {Idle(), Observed(0, 0), Observed(1, 1)} < set(of_bob)
    assert len(of_bob) in (4, 5)  # and FAILED; where bob has written too, it is another store
    assert len(tables.present[ann_wrote][0]) == 1


@pytest.mark.parametrize(("attempts", "worlds"), [(0, 1), (1, 3), (2, 14), (3, 83), (6, 22_443), (8, 1_291_004)])
def test_for_distinct_ids_the_tables_cover_the_reachable_worlds_and_no_others(
    contention: Contention, attempts: int, worlds: int
) -> None:
    tables = tables_of(contention(attempts, max(1, attempts // 2)))

    assert sum(prod(map(len, present)) for present in tables.present) == worlds


def test_attempts_that_ask_for_the_same_under_one_id_share_their_moves() -> None:
    tables = tables_of(System((("seat", 2),), (ANN, BOB, ANN)))

    assert tables.moves[0] is tables.moves[2]
    assert tables.moves[0] is not tables.moves[1]


def always_records(store: Store, proposal: Proposal, _policy: Policy) -> tuple[Store, Verdict]:
    """Record whatever comes, as often as it comes."""
    resource = store.resource(proposal.request.resource_id)
    assert resource is not None, "this flaw is tried on known resources"
    return record(store, proposal.request, resource), Verdict.ACCEPTED


def takes_back(store: Store, proposal: Proposal, policy: Policy) -> tuple[Store, Verdict]:
    """Undo a booking that comes again, as if it had never been."""
    if store.recorded(proposal.request.booking_id) is None:
        return persist(store, proposal, policy)
    return System((("seat", 2),), ()).initial().store, Verdict.ACCEPTED


def test_a_store_that_is_written_by_everyone_is_written_once_by_each() -> None:
    tables = tables_of(System((("seat", 2),), (ANN, ANN, ANN)), Semantics(persist=always_records))

    assert sorted(len(store.reservations) for store in tables.stores) == [0, 1, 2, 3]


def test_a_store_that_takes_a_booking_back_is_no_new_store() -> None:
    tables = tables_of(System((("seat", 2),), (ANN, ANN)), Semantics(persist=takes_back))

    assert len(tables.stores) == 2


def test_whoever_watches_the_closure_can_end_it(contention: Contention) -> None:
    layers: list[int] = []

    def watch(present: Mapping[int, list[int]]) -> None:
        layers.append(len(present))
        if len(layers) == 2:
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        tables_of(contention(4, 4), watch=watch)

    assert layers == [1, 5]


@given(numbers=strategies.sets(strategies.integers(0, 70)))
def test_the_members_of_a_set_of_bits_are_its_numbers_in_rising_order(numbers: set[int]) -> None:
    assert list(members(sum(1 << number for number in numbers))) == sorted(numbers)
