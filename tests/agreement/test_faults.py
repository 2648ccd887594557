"""Under every kind of fault: brute force, merging, symmetry and the definition agree, and so does the model.

Clauses: fault.crash, fault.unavailable, fault.acknowledgement_lost, history.linearizable, emit.recorded
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.model import world
from lastseat.model.searches.readable import search
from lastseat.reference.attempt_booking import Attempt, Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.flawed import GALLERY
from lastseat.reference.flawed.base import SnapshotStore, reservation_in, resource_in, with_resource
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.reference.store import decide
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    NotObserved,
    Observation,
    Outcome,
    Proposal,
    Reservation,
    Resource,
    Snapshot,
    Verdict,
)
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.findings import run_again
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.bookings.scheduler import schedules
from lastseat.simulations.kernel.actions import Action, Fault, FaultKind, Faults, Step
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.run import Run
from lastseat.testing import strategies

CRASH, GONE, LOST, AGAIN = FaultKind
NAMED = ("ignores-version", "forgets-identity", "rejects-early", "writes-in-two-steps", "locks-on-observe")
IMPLEMENTATIONS = {flaw.name: flaw for flaw in (MEMORY, CAPACITY_FIRST, *(GALLERY[name] for name in NAMED))}


def faulty(attempts: int, capacity: int, most: int, *kinds: FaultKind, same_id: bool = False) -> Scenario:
    budget = Faults(most, frozenset(kinds or FaultKind))
    return replace(contention(attempts, capacity, same_id=same_id), faults=budget)


def seen(exploration: Exploration) -> dict[str, object]:
    """What two strategies must agree on."""
    return {
        "interleavings": exploration.interleavings,
        "by_faults": exploration.by_faults,
        "outcomes": exploration.outcomes,
        "endings": exploration.endings,
        "blocked": exploration.blocked,
        "deadlocks": exploration.deadlocks,
        "fired": dict(exploration.fired),
        "conformed": exploration.conformed,
        "complete": exploration.complete,
        "violations": sorted((violation.name, len(violation.steps)) for violation in exploration.violations),
        "conforms": exploration.nonconforming is None,
    }


# --- how many schedules there are -----------------------------------------------------------------------------


def ways(left: tuple[int, ...], faults: int, ends: Callable[[int], int]) -> int:
    """In how many orders attempts with so many steps left can end; `ends` says how many faults can end each now."""
    if not any(left):
        return 1
    count = 0
    for who, steps in enumerate(left):
        if steps:
            count += ways((*left[:who], steps - 1, *left[who + 1 :]), faults, ends)
            if faults:
                count += ends(steps) * ways((*left[:who], 0, *left[who + 1 :]), faults - 1, ends)
    return count


@pytest.mark.parametrize("most", [0, 1, 2])
@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize(("kind", "ends"), [(CRASH, lambda left: 1 + (left == 1)), (GONE, lambda _left: 1)])
def test_crashes_and_silence_give_as_many_schedules_as_the_recursion(
    attempts: int, most: int, kind: FaultKind, ends: Callable[[int], int]
) -> None:
    due = ways((2,) * attempts, most, ends)

    merged = explore_merged(faulty(attempts, 1, most, kind), MEMORY)

    assert merged.interleavings == due
    assert attempts > 2 or explore_brute(faulty(attempts, 1, most, kind), MEMORY).interleavings == due


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_one_redelivery_gives_as_many_schedules_as_can_be_counted(attempts: int) -> None:
    """The repeat's first step comes after the first of what it repeats, in 3 of 6 orders of these four steps."""
    steps = 2 * attempts + 2
    orders = 1
    for taken in range(2, steps + 1, 2):
        orders *= comb(taken, 2)

    merged = explore_merged(faulty(attempts, 1, 1, AGAIN), MEMORY)

    assert merged.by_faults == {0: orders // comb(steps, 2), 1: attempts * orders // 2}


@pytest.mark.parametrize(
    ("attempts", "capacity", "most", "kinds", "schedules_", "states"),
    [
        (1, 1, 1, (), {0: 1, 1: 9}, 13),
        (1, 1, 2, (), {0: 1, 1: 9, 2: 42}, 48),
        (2, 1, 1, (), {0: 6, 1: 144}, 120),
        (2, 1, 1, (LOST,), {0: 6, 1: 6}, 24),
        (2, 2, 2, (LOST,), {0: 6, 1: 8, 2: 2}, 24),
        (2, 1, 2, (CRASH,), {0: 6, 1: 30, 2: 38}, 44),
        (2, 1, 2, (GONE,), {0: 6, 1: 18, 2: 14}, 21),
    ],
)
def test_the_exact_number_of_schedules_by_faults(
    attempts: int, capacity: int, most: int, kinds: tuple[FaultKind, ...], schedules_: dict[int, int], states: int
) -> None:
    scenario = faulty(attempts, capacity, most, *kinds)

    brute, merged = explore_brute(scenario, MEMORY), explore_merged(scenario, MEMORY)

    assert dict(brute.by_faults) == schedules_
    assert merged.states == states
    assert seen(brute) == seen(merged)


@pytest.mark.parametrize("kinds", [(CRASH,), (GONE,), (LOST,), (AGAIN,), tuple(FaultKind)], ids=str)
@pytest.mark.parametrize("name", ["memory", "forgets-identity", "locks-on-observe"])
def test_brute_force_executes_exactly_the_schedules_of_the_definition(
    name: str, kinds: tuple[FaultKind, ...]
) -> None:
    for scenario in (faulty(1, 1, 2, *kinds), faulty(2, 1, 1, *kinds)):
        found: list[tuple[Step, ...]] = []
        note = partial(note_steps, found)

        count = schedules(scenario, IMPLEMENTATIONS[name], note)

        assert explore_brute(scenario, IMPLEMENTATIONS[name]).interleavings == count == len(set(found))


def note_steps(found: list[tuple[Step, ...]], run: Run) -> None:
    found.append(run.steps)


# --- the strategies agree -------------------------------------------------------------------------------------


@st.composite
def drawn_scenarios(draw: st.DrawFn) -> Scenario:
    """A scenario of up to three attempts, in which something may go wrong; the more attempts, the less."""
    scenario = draw(strategies.scenarios(most_attempts=3, most_units=2))
    budget = draw(strategies.faults(most=2).filter(lambda budget: budget.most > 0))
    attempts = len(scenario.requests)
    is_small = attempts < 2 or (AGAIN not in budget.kinds and attempts < 3)
    return replace(scenario, faults=budget if is_small else replace(budget, most=1))


@settings(deadline=None, max_examples=40)
@given(scenario=drawn_scenarios(), name=st.sampled_from(sorted(IMPLEMENTATIONS)))
def test_merging_says_what_brute_force_says_of_drawn_scenarios(scenario: Scenario, name: str) -> None:
    brute = explore_brute(scenario, IMPLEMENTATIONS[name])

    merged = explore_merged(scenario, IMPLEMENTATIONS[name])
    assert seen(merged) == seen(brute)
    for violation in (*brute.violations, *merged.violations):
        assert run_again(violation, scenario, IMPLEMENTATIONS[name])[1]


@settings(deadline=None, max_examples=60)
@given(scenario=drawn_scenarios(), name=st.sampled_from(sorted(IMPLEMENTATIONS)))
def test_symmetry_changes_nothing_but_the_work(scenario: Scenario, name: str) -> None:
    plain = explore_merged(scenario, IMPLEMENTATIONS[name], symmetry=False)

    reduced = explore_merged(scenario, IMPLEMENTATIONS[name])

    assert seen(reduced) == seen(plain)
    assert (reduced.states, reduced.generated) == (plain.states, plain.generated)


@pytest.mark.parametrize("name", ["two-attempts-one-fault", "lost-acknowledgement"])
@pytest.mark.parametrize("implementation", [MEMORY, CAPACITY_FIRST, SQLITE], ids=lambda one: one.name)
def test_every_property_holds_under_the_faults_of_a_shipped_scenario(
    name: str, implementation: Implementation
) -> None:
    brute, merged = (explore(find_scenario(name), implementation) for explore in (explore_brute, explore_merged))

    assert seen(brute) == seen(merged)
    assert (brute.violations, brute.nonconforming, brute.blocked, brute.complete) == ((), None, 0, True)
    assert brute.fired["fault.acknowledgement_lost"]
    assert brute.fired["redelivery"]


@pytest.mark.parametrize("implementation", [MEMORY, CAPACITY_FIRST], ids=lambda one: one.name)
@pytest.mark.parametrize("kind", FaultKind)
def test_every_property_holds_under_two_faults_of_a_kind(implementation: Implementation, kind: FaultKind) -> None:
    for scenario in (faulty(3, 2, 2 if kind is not AGAIN else 1, kind), faulty(3, 2, 1, kind, same_id=True)):
        merged = explore_merged(scenario, implementation)

        assert merged.complete
        assert (merged.violations, merged.nonconforming, merged.blocked) == ((), None, 0)
        named = "redelivery" if kind is AGAIN else f"fault.{kind}".replace(" ", "_")
        assert merged.fired[named]
        assert {one for one in FaultKind if merged.fired.get(f"fault.{one}".replace(" ", "_"))} == {kind} - {AGAIN}


def test_without_a_lost_acknowledgement_or_a_crash_whatever_is_recorded_was_booked() -> None:
    """Clause: fault.acknowledgement_lost"""
    lost = explore_merged(faulty(1, 1, 1, LOST), MEMORY)
    crashed = explore_merged(faulty(1, 1, 1, CRASH), MEMORY)

    told = {str(vector[0]) for vector in lost.vectors}
    assert told == {"BOOKED", "FAILED (acknowledgement lost)"}
    assert {vector[0] and vector[0].outcome.value for vector in crashed.vectors} == {"BOOKED", None}


# --- the model ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [(GONE,), (LOST,), (GONE, LOST)], ids=str)
@pytest.mark.parametrize(("attempts", "capacity"), [(1, 1), (2, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("implementation", [MEMORY, CAPACITY_FIRST], ids=lambda one: one.name)
def test_as_many_faults_as_can_strike_give_the_states_of_the_model(
    attempts: int, capacity: int, kinds: tuple[FaultKind, ...], implementation: Implementation
) -> None:
    scenario = faulty(attempts, capacity, attempts, *kinds)
    model = search(
        replace(system_of(scenario, implementation), faults=frozenset(world.Fault(kind) for kind in kinds)),
        stop_at_first=False,
    )

    merged = explore_merged(scenario, implementation)

    assert (merged.states, merged.generated) == (model.states, model.generated)
    assert merged.outcomes == dict(model.interleavings)
    assert merged.nonconforming is None


# --- each kind of fault shows what no other shows -------------------------------------------------------------


class Helping(SnapshotStore):
    """Books, with a persist, also for everybody who has observed: as if whoever observed would go on."""

    def note(self, request: BookingRequest) -> Observation:
        noted = self._held.hidden if isinstance(self._held.hidden, frozenset) else frozenset()
        self._held = replace(self._held, hidden=noted | {request})
        return super().observe(request.resource_id)

    @staticmethod
    def step(held: Snapshot, proposal: Proposal) -> tuple[Snapshot, Verdict]:
        request, noted = proposal.request, held.hidden
        assert isinstance(noted, frozenset)
        resource, recorded = resource_in(held, request.resource_id), reservation_in(held, request.booking_id)
        verdict = decide(proposal, recorded, resource)
        held = replace(held, hidden=noted - {request})
        if verdict is not Verdict.ACCEPTED or recorded is not None or resource is None:
            return held, verdict
        for one in sorted(noted, key=lambda each: (each != request, each.booking_id)):
            fits = resource.confirmed + one.units <= resource.capacity
            if fits and reservation_in(held, one.booking_id) is None:
                resource = replace(resource, confirmed=resource.confirmed + one.units)
                new = Reservation(one.booking_id, one.resource_id, one.units)
                held = replace(held, reservations=tuple(sorted((*held.reservations, new))))
        return with_resource(held, request.resource_id, replace(resource, version=resource.version + 1)), verdict


class Noting(Observe):
    """An observe that tells the store who observes."""

    request: BookingRequest

    def perform(self, store: Helping, /) -> Observation:  # type: ignore[override]
        return store.note(self.request)


def relying_on_help(request: BookingRequest) -> Attempt:
    """Attempt a booking; where the store is silent, nobody knows whether somebody else has booked for us."""
    noting = Noting(request.resource_id)
    object.__setattr__(noting, "request", request)
    observation: Observation = yield noting
    if observation is NotObserved.UNAVAILABLE:
        return emit(Verdict.STORE_UNAVAILABLE)
    verdict: Verdict = yield Persist(propose(request, observation))
    return emit(Verdict.ACKNOWLEDGEMENT_LOST if verdict is Verdict.STORE_UNAVAILABLE else verdict)


def taking_silence_for_no(request: BookingRequest) -> Attempt:
    """Take a store that does not answer for one that refuses."""
    emission = yield from attempt_booking(request)
    return Emission(Outcome.REJECTED) if str(emission.reason) == "store unavailable" else emission


def taking_a_lost_answer_for_no(request: BookingRequest) -> Attempt:
    """Take a lost acknowledgement for a proposal that was not applied."""
    emission = yield from attempt_booking(request)
    return emit(Verdict.STORE_UNAVAILABLE) if str(emission.reason) == "acknowledgement lost" else emission


FLAWS = [
    (Implementation("helps", Helping.open, relying_on_help), CRASH, "emit.recorded"),
    (Implementation("silence-is-no", MemoryStore.open, taking_silence_for_no), GONE, "attempt.decides_at_persist"),
    (Implementation("lost-is-no", MemoryStore.open, taking_a_lost_answer_for_no), LOST, "emit.unbooked"),
    (GALLERY["forgets-identity"], AGAIN, "state.unique"),
]


@pytest.mark.parametrize(("flaw", "kind", "clause"), FLAWS, ids=lambda one: getattr(one, "name", str(one)))
def test_a_flaw_that_only_one_kind_of_fault_shows(flaw: Implementation, kind: FaultKind, clause: str) -> None:
    shown = {one: explore_merged(faulty(2, 2, 2 if one is not AGAIN else 1, one), flaw) for one in FaultKind}

    assert explore_merged(contention(2, 2), flaw).violated == frozenset()
    assert {one for one, seen_ in shown.items() if seen_.violations} == {kind}
    assert clause in shown[kind].violated
    assert seen(explore_brute(faulty(2, 2, 1, kind), flaw)) == seen(explore_merged(faulty(2, 2, 1, kind), flaw))


def test_a_lost_booking_that_is_taken_back_is_explained_by_its_absence() -> None:
    """Clause: history.linearizable"""

    class TakesBack(MemoryStore):
        """Forgets a reservation when its resource is observed after it is full."""

        def observe(self, resource_id: str) -> Observation:
            held = dict(self.snapshot().resources)[resource_id]
            if held.confirmed == held.capacity and held.confirmed:
                self.restore(Snapshot(((resource_id, Resource(held.capacity, 0, held.version)),)))
            return super().observe(resource_id)

    flaw = Implementation("takes-back", TakesBack.open)
    for kind, fault in ((LOST, Fault.ANSWER_LOST), (CRASH, Fault.CRASH_AFTER)):
        scenario, prefix = faulty(2, 1, 1, kind), [0, Action(0, fault)]
        merged = explore_merged(scenario, flaw, prefix=prefix)

        assert seen(explore_merged(scenario, flaw)) == seen(explore_brute(scenario, flaw))
        assert seen(merged) == seen(explore_brute(scenario, flaw, prefix=prefix))
        assert merged.violated == {"observe.pure", "state.version"}
