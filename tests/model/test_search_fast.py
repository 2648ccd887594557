"""The fast search by itself: exact counts, what it refuses, what it says when it is cut short, pairs of attempts."""

import subprocess
import sys
from collections.abc import Callable
from math import inf

import pytest

from lastseat.model.searches.fast import PAIRWISE, Member, Pairwise, TooLargeError, search_fast
from lastseat.model.searches.memory import available, needed
from lastseat.model.searches.readable import search
from lastseat.model.steps import Semantics, emit, record
from lastseat.model.world import (
    Done,
    Fault,
    Idle,
    Observed,
    Outcome,
    Policy,
    Proposal,
    Request,
    Store,
    System,
    Verdict,
)

Contention = Callable[..., System]
ANN, BOB = Request("ann", "seat"), Request("bob", "seat")


# --- exact counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "states", "generated"),
    [
        (0, 1, 1),
        (1, 3, 3),
        (6, 22_443, 68_125),
        (7, 178_460, 632_521),
        (8, 1_291_004, 5_464_737),
        (9, 11_450_708, 54_371_953),
    ],
)
def test_the_reachable_worlds_are_counted_exactly(
    contention: Contention, attempts: int, states: int, generated: int
) -> None:
    searched = search_fast(contention(attempts, max(1, attempts // 2)))

    assert (searched.states, searched.generated, searched.depth) == (states, generated, 2 * attempts)
    assert searched.complete
    assert searched.violations == ()


def test_worlds_are_counted_without_being_judged(contention: Contention) -> None:
    counted = search_fast(contention(6, 3), check=False)

    assert (counted.states, counted.generated, counted.fired) == (22_443, 68_125, {})


# --- refusals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attempts", [40, 100, 1_000])
def test_more_worlds_than_fit_the_memory_are_refused_with_the_estimate(contention: Contention, attempts: int) -> None:
    with pytest.raises(TooLargeError, match=rf"^{attempts} attempts need .* cells .* at least .* GB of memory"):
        search_fast(contention(attempts, attempts // 2))


def test_the_estimate_is_weighed_against_the_memory_that_is_given(contention: Contention) -> None:
    enough = needed(22_443, largest=6**4 * 7**3)

    assert search_fast(contention(6, 3), memory=enough).states == 22_443
    with pytest.raises(TooLargeError, match=r"need [0-9.e+]+ cells"):
        search_fast(contention(6, 3), memory=2 * 22_443)


def test_the_machine_says_how_much_memory_is_free() -> None:
    assert 0 < available() < inf


def test_without_numpy_one_line_says_how_to_get_it_and_the_readable_search_works() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import lastseat.model.searches.readable, lastseat.model.searches.symmetric, lastseat.model.searches.tables\n"
        "try:\n    import lastseat.model.searches.fast\n"
        "except ModuleNotFoundError as missing:\n    print(missing)\n"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.splitlines() == ["numpy is missing: pip install 'lastseat[fast]'"]


# --- cut short ------------------------------------------------------------------------------------------------


def test_an_interrupted_search_says_that_it_is_incomplete(contention: Contention) -> None:
    def interrupt(states: int) -> None:
        if states >= 100:
            raise KeyboardInterrupt

    searched = search_fast(contention(4, 2), tick=interrupt)

    assert not searched.complete
    assert 100 <= searched.states < 488
    assert searched.generated < 929
    assert searched.depth <= 8


def test_an_interrupted_search_keeps_the_violation_that_it_met(contention: Contention) -> None:
    def interrupt(states: int) -> None:
        if states >= 100:
            raise KeyboardInterrupt

    searched = search_fast(contention(4, 2), Semantics(persist=always_records), tick=interrupt)

    assert not searched.complete
    assert searched.violations
    for violation in searched.violations:
        assert violation.path[0].before == contention(4, 2).initial()


def test_the_progress_of_a_search_rises_to_the_number_of_worlds(contention: Contention) -> None:
    ticks: list[int] = []

    searched = search_fast(contention(3, 1), tick=ticks.append)

    assert ticks == sorted(ticks)
    assert ticks[-1] == searched.states == 83


# --- flawed stores --------------------------------------------------------------------------------------------


def always_records(store: Store, proposal: Proposal, _policy: Policy) -> tuple[Store, Verdict]:
    """Record whatever comes, as often as it comes."""
    resource = store.resource(proposal.request.resource_id)
    assert resource is not None, "this flaw is tried on known resources"
    return record(store, proposal.request, resource), Verdict.ACCEPTED


def takes_back(store: Store, proposal: Proposal, _policy: Policy) -> tuple[Store, Verdict]:
    """Undo a booking that comes again, as if it had never been: the only way back to an earlier store."""
    if store.recorded(proposal.request.booking_id) is None:
        return always_records(store, proposal, _policy)
    return System((("seat", 2),), ()).initial().store, Verdict.ACCEPTED


@pytest.mark.parametrize("stop_at_first", [True, False])
@pytest.mark.parametrize("faults", [frozenset(), frozenset(Fault)])
def test_a_store_that_goes_back_is_searched_to_the_end(stop_at_first: bool, faults: frozenset[Fault]) -> None:
    system = System((("seat", 2),), (ANN, BOB, ANN, ANN), faults=faults)
    semantics = Semantics(persist=takes_back)

    fast = search_fast(system, semantics, stop_at_first=stop_at_first)
    readable = search(system, semantics, stop_at_first=stop_at_first)

    assert fast.violations == readable.violations
    assert stop_at_first or (fast.states, fast.generated) == (readable.states, readable.generated)


def test_what_is_possible_for_each_attempt_alone_but_for_no_world_is_not_reported() -> None:
    # At the store that has ann's reservation either delivery may still be idle, but not both: one has recorded it.
    asked: list[Store] = []

    def recorded_for_nobody(store: Store, _one: Member, _other: Member) -> str | None:
        asked.append(store)
        return "recorded, and both are idle" if store.reservations else None

    idle = Pairwise("pair.idle", "", lambda member: isinstance(member.local, Idle), recorded_for_nobody)

    assert search_fast(System((("seat", 2),), (ANN, ANN)), pairwise=(idle,)).violations == ()
    assert any(store.reservations for store in asked)


# --- pairs of attempts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "system",
    [
        System((("seat", 1),), (ANN, BOB, ANN), faults=frozenset(Fault)),
        System((("seat", 3),), (ANN, Request("ann", "seat", 2), BOB, Request("cem", "seat", 2))),
    ],
)
def test_the_pairwise_invariants_hold_of_the_correct_model(system: System) -> None:
    assert search_fast(system, pairwise=PAIRWISE).violations == ()


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("pair.last_unit", System((("seat", 1),), (ANN, BOB))),
        ("pair.one_id", System((("seat", 3),), (ANN, Request("ann", "seat", 2)))),
    ],
)
def test_two_attempts_that_do_not_go_together_are_found_by_a_shortest_path(name: str, system: System) -> None:
    searched = search_fast(system, Semantics(persist=always_records), pairwise=PAIRWISE, stop_at_first=False)

    (violation,) = (one for one in searched.violations if one.clause == name)
    assert [(step.attempt, step.action) for step in violation.path] == [
        (0, "observe"),
        (0, "persist"),
        (1, "observe"),
        (1, "persist"),
    ]
    assert "BOOKED" in violation.witness


def test_a_pair_at_the_start_is_found_without_a_step(contention: Contention) -> None:
    anyone = Pairwise("pair.any", "there are no two attempts", lambda _member: True, lambda *_: "there are two")

    searched = search_fast(contention(2, 1), pairwise=(anyone,))

    assert [(one.clause, one.path) for one in searched.violations] == [("pair.any", ())]


def test_a_pairwise_invariant_is_asked_about_the_members_that_it_speaks_of(contention: Contention) -> None:
    asked: list[tuple[Member, Member]] = []

    def remember(_store: Store, one: Member, other: Member) -> None:
        asked.append((one, other))

    observing = Pairwise("pair.observed", "", lambda member: isinstance(member.local, Observed), remember)
    search_fast(contention(3, 1), pairwise=(observing,))

    assert asked
    assert all(isinstance(member.local, Observed) for pair in asked for member in pair)
    assert all(one.request.booking_id < other.request.booking_id for one, other in asked)


def test_a_flaw_and_a_pair_that_one_step_reveals_are_both_reported() -> None:
    lenient = Semantics(
        emit=lambda verdict: Done(Outcome.BOOKED) if verdict is Verdict.OVER_CAPACITY else emit(verdict)
    )

    searched = search_fast(System((("seat", 1),), (ANN, BOB)), lenient, pairwise=PAIRWISE)

    assert [one.clause for one in searched.violations] == ["emit.booked", "history.linearizable", "pair.last_unit"]
    assert not searched.complete
