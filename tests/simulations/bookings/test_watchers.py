"""Who watches is watched: each check is shown a case that it alone tells, and each count is counted once more."""

import importlib
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, ClassVar

import pytest

from lastseat.model.properties import STEP_CHECKS, Step, assess
from lastseat.model.refinement import REFINEMENT
from lastseat.model.searches.readable import search
from lastseat.model.world import Request, Reservation, Store, System
from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.store import Policy
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Resource, Verdict
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.merging.merged import BookingWalk
from lastseat.simulations.bookings.merging.symmetry import AttemptOrbits
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import schedules
from lastseat.simulations.counterexamples.explain import explain
from lastseat.simulations.kernel.exploration import Exploration, Violation
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.sweeps.executed import Remembered
from lastseat.simulations.sweeps.points import Point, SweepLaw
from lastseat.simulations.sweeps.timed_exact import exact_means


def departures(implementation: Implementation, scenario: Scenario) -> set[tuple[tuple[int, ...], str]]:
    """The first step that is none of the model, as every explorer finds it."""
    explorations = [
        explore_brute(scenario, implementation),
        explore_merged(scenario, implementation),
        explore_merged(scenario, implementation, symmetry=False),
    ]
    found = [seen.nonconforming for seen in explorations]
    return {(first.steps, first.witness) if first else ((), "") for first in found}


# --- conformance ----------------------------------------------------------------------------------------------

# What departs from the model: another outcome, or another store behind the same outcome.
DEPARTURES = {
    "counts-observers": ((0, 1, 0), "the model's persist gives BOOKED; seen: persist, REJECTED"),
    "acknowledges-before-writing": ((0, 0), "the model's persist gives BOOKED; seen: persist, BOOKED"),
    "bumps-version-on-rejection": ((0, 0, 1, 1), "the model's persist gives REJECTED; seen: persist, REJECTED"),
}


@pytest.mark.parametrize("name", DEPARTURES)
def test_a_flawed_store_departs_from_the_model_at_this_step(name: str) -> None:
    assert departures(GALLERY[name], contention(2, 1)) == {DEPARTURES[name]}


@dataclass(frozen=True, slots=True)
class Glance(Observe):
    """An observe under another name."""

    kind: ClassVar[str] = "glance"


def glances(request: BookingRequest) -> Attempt:
    observation = yield Glance(request.resource_id)
    return emit((yield Persist(propose(request, observation))))


def looks_again(request: BookingRequest) -> Attempt:
    observation = yield Observe(request.resource_id)
    verdict = yield Persist(propose(request, observation))
    yield Observe(request.resource_id)
    return emit(verdict)


def gives_up(_request: BookingRequest) -> Attempt:
    yield from ()
    return Emission(Outcome.REJECTED)


class ShowsMore(MemoryStore):
    """An observe shows a seat more than there is."""

    def observe(self, resource_id: str) -> Any:
        seen = super().observe(resource_id)
        return replace(seen, capacity=seen.capacity + 1) if isinstance(seen, Resource) else seen


@pytest.mark.parametrize(
    ("implementation", "steps", "witness"),
    [
        (replace(MEMORY, attempt=glances), (0,), "the model's observe gives observed 0 at version 0; seen: glance"),
        (replace(MEMORY, attempt=looks_again), (0, 0), "the model's persist gives BOOKED; seen: persist, None"),
        (replace(MEMORY, attempt=gives_up), (), "an attempt of the model does not end before its first step"),
        (replace(MEMORY, open_store=ShowsMore.open), (0,), "observed capacity 2, the store's is 1"),
        (
            replace(CAPACITY_FIRST, policy=Policy.VERSION_FIRST),
            (0, 1, 0, 1),
            "the model's persist gives FAILED (version conflict); seen: persist, REJECTED",
        ),
    ],
)
def test_conformance_tells_the_action_the_end_the_start_and_what_was_observed(
    implementation: Implementation, steps: tuple[int, ...], witness: str
) -> None:
    [(found, said)] = departures(implementation, contention(2, 1))

    assert found == steps
    assert said.startswith(witness)


def pays_twice(request: BookingRequest) -> Attempt:
    """Book for somebody else, then try one's own booking with what was seen before."""
    observation = yield Observe(request.resource_id)
    yield Persist(propose(replace(request, booking_id="somebody"), observation))
    return emit((yield Persist(propose(request, observation))))


@pytest.mark.parametrize(
    ("use_case", "clause"), [(looks_again, "attempt.one_persist"), (pays_twice, "emit.conflict")]
)
def test_what_an_attempt_did_itself_is_kept_apart_from_what_others_did(
    use_case: Callable[[BookingRequest], Attempt], clause: str
) -> None:
    """A second look is one too many, and an effect of one's own is no race."""
    implementation = replace(MEMORY, attempt=use_case)

    for explore in (explore_brute, explore_merged):
        [violation] = [each for each in explore(contention(2, 3), implementation).violations if each.name == clause]
        assert violation.steps == (0, 0, 0)


@pytest.mark.parametrize("explore", [explore_brute, explore_merged])
def test_where_nobody_takes_a_step_no_step_was_compared(explore: Callable[..., Exploration]) -> None:
    assert explore(contention(2, 1), replace(MEMORY, attempt=gives_up)).conformed == 0


# --- how often a clause spoke ---------------------------------------------------------------------------------


def told_once_more(scenario: Scenario) -> dict[str, int]:
    """Count the distinct stores, steps and ends of all schedules of the reference, one by one."""
    stores, steps, ends = set[Any](), set[Any](), set[Any]()

    def look(execution: Run) -> None:
        received: dict[int, tuple[Any, ...]] = {}
        for taken in execution.taken:
            before = received.get(taken.process, ())
            received[taken.process] = (*before, taken.result)
            stores.update({taken.before, taken.after})
            outcome = taken.returned.outcome if taken.ended else None
            kind, result = taken.operation.kind, taken.result
            # What an attempt knew is not all: whether it was raced as well decides what the properties ask.
            steps.add((taken.before, taken.process, before, kind, result, outcome))
        ends.add((execution.taken[-1].after, tuple(sorted(execution.returned.items()))))

    schedules(scenario, MEMORY, look)
    kinds = Counter(step[3] for step in steps)
    outcomes = Counter(step[5] for step in steps)
    return {
        "state.capacity": len(stores),
        "state.version": len(stores),
        "observe.pure": kinds["observe"],
        "attempt.one_persist": len(steps),
        "emit.one": kinds["persist"],
        "emit.booked": outcomes[Outcome.BOOKED],
        "emit.rejected": outcomes[Outcome.REJECTED],
        "emit.conflict": outcomes[Outcome.FAILED],
        "persist.compare_and_swap": outcomes[Outcome.BOOKED],
        "persist.refusal_pure": sum(step[3] == "persist" and step[4] is not Verdict.ACCEPTED for step in steps),
        "history.linearizable": len(ends),
        "emit.kept": len(ends),
    }


@pytest.mark.parametrize("explore", [explore_brute, explore_merged])
@pytest.mark.parametrize(
    "scenario", [contention(2, 1), contention(3, 1), contention(3, 2)], ids=lambda scenario: scenario.name
)
def test_a_clause_speaks_as_often_as_there_are_cases_of_it(
    explore: Callable[..., Exploration], scenario: Scenario
) -> None:
    seen = explore(scenario, MEMORY)
    expected = told_once_more(scenario)

    assert {clause: seen.fired[clause] for clause in expected} == expected
    assert seen.conformed == expected["attempt.one_persist"]
    assert min(seen.fired.values()) > 0


# --- symmetry -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "classes"), [(contention(3, 1), 19), (contention(3, 3), 20), (contention(4, 2), 46)]
)
def test_symmetry_stays_on_for_correct_code_and_walks_one_state_of_each_class(
    monkeypatch: pytest.MonkeyPatch, scenario: Scenario, classes: int
) -> None:
    walked = set[int]()
    kinds = AttemptOrbits.kinds

    def watched(orbits: AttemptOrbits, word: int) -> Any:
        walked.add(word)
        return kinds(orbits, word)

    monkeypatch.setattr(AttemptOrbits, "kinds", watched)
    monkeypatch.setattr(BookingWalk, "_plain", None)  # what it would go back to
    seen = explore_merged(scenario, MEMORY)
    monkeypatch.undo()

    assert len(walked) == classes
    assert (seen.states, seen.complete) == (explore_merged(scenario, MEMORY, symmetry=False).states, True)


# --- sweeps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("implementation", "schedule", "said"),
    [
        (GALLERY["rejects-conflicts"], [0, 1, 0, 1], "REJECTED"),
        (GALLERY["bumps-version-on-rejection"], [0, 0, 1, 1], "the model's persist gives REJECTED"),
        (replace(CAPACITY_FIRST, policy=Policy.VERSION_FIRST), [0, 1, 0, 1], "the model's persist gives FAILED"),
    ],
)
def test_a_sweep_of_real_code_stops_at_a_step_that_violates_something(
    implementation: Implementation, schedule: list[int], said: str
) -> None:
    with pytest.raises(ExplorationError, match=said):
        Remembered(contention(2, 1), implementation).mixes([schedule])


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("law", [SweepLaw.FIXED_WINDOW, SweepLaw.EXPONENTIAL_WINDOW])
@pytest.mark.parametrize("load", [0.0, 0.5])
def test_without_capacity_everybody_is_rejected_at_any_time(policy: Policy, law: SweepLaw, load: float) -> None:
    assert exact_means(Point(5, 0, law, policy, rate=1.0, window=load)) == (0.0, 5.0, 0.0)


# --- stories --------------------------------------------------------------------------------------------------


def test_the_id_that_is_recorded_twice_is_blamed_and_no_other() -> None:
    flaw = GALLERY["forgets-identity"]
    requests = tuple(BookingRequest(name, "flight-7", 1) for name in ("ann", "bob", "bob", "cat"))
    scenario = Scenario("bob-twice", "Bob twice", (("flight-7", 4),), requests)
    steps = (0, 0, 3, 3, 1, 1, 2, 2)
    violation = Violation("state.unique", "bob is recorded twice", steps)

    told = explain(violation, scenario, flaw, "")

    assert told.reproduced
    assert told.cause.endswith("recorded booking id bob once more, though it is recorded since step 6")


# --- what a clause is about ---


@pytest.mark.parametrize("action", ["glance", "observe", "write"])
def test_only_a_persist_is_asked_about_versions(action: str) -> None:
    speaking, _ = assess(Step(Request("ann", "seat"), action, Store(()), Store(())), STEP_CHECKS)

    assert "persist.version_step" not in speaking


@pytest.mark.parametrize(("recorded", "spoken"), [((), False), ((Reservation("ann", "seat", 1),), True)])
def test_a_step_that_ends_no_attempt_is_a_booking_only_where_something_is_recorded(
    recorded: tuple[Reservation, ...], spoken: bool
) -> None:
    step = Step(Request("ann", "seat"), "persist", Store(()), Store((), recorded))

    assert REFINEMENT.applies(step) is spoken


# --- the model ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("worlds", "depth"), [(1, 0), (2, 1), (4, 1), (5, 2)])
def test_an_interrupted_search_says_how_many_levels_it_finished(worlds: int, depth: int) -> None:
    ticks = count(1)

    def interrupt(_states: int) -> None:
        if next(ticks) == worlds:
            raise KeyboardInterrupt

    searched = search(System((("seat", 1),), tuple(Request(name, "seat") for name in "abc")), tick=interrupt)

    assert (searched.depth, searched.complete) == (depth, False)


# --- somebody's own code --------------------------------------------------------------------------------------


def test_numpy_that_is_missing_for_a_sweep_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    monkeypatch.delitem(sys.modules, "lastseat.model.arrays")

    with pytest.raises(ModuleNotFoundError, match=r"^numpy is missing: pip install 'lastseat\[fast\]'$") as missing:
        importlib.import_module("lastseat.model.arrays")
    assert missing.value.name == "numpy"


def test_an_object_with_a_kind_that_cannot_be_performed_is_no_operation(
    own_module: Callable[[str], None], lastseat: Callable[..., Any]
) -> None:
    own_module("class Op:\n    kind = 'observe'\n\n\ndef book(request):\n    yield Op()\n")

    said = lastseat("explore", "--implementation", "mine:book")

    assert said.complaint.endswith("mine:book yields a value of type Op, which has no kind or no perform")


# --- attempts that never end ----------------------------------------------------------------------------------


def for_ever(request: BookingRequest) -> Attempt:
    while True:
        yield Observe(request.resource_id)


@pytest.mark.parametrize("attempts", [1, 2])
def test_an_attempt_that_never_ends_is_left_after_sixteen_steps_by_every_explorer(attempts: int) -> None:
    endless = Implementation("endless", MemoryStore.open, for_ever)
    scenario = contention(attempts, 1)

    merged = explore_merged(scenario, endless)

    assert (merged.complete, merged.conformed) == (False, 16 * attempts)
    assert {violation.name: len(violation.steps) for violation in merged.violations} == {
        "attempt.one_persist": 2,
        "progress.two_steps": 2,
    }
    if attempts == 1:
        brute = explore_brute(scenario, endless)
        assert (brute.complete, brute.executions, brute.fired) == (False, 1, merged.fired)
        assert brute.deadlocks == merged.deadlocks == 0
