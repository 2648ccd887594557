"""Every explorer of bookings says what a naive one says, and what they once disagreed about.

Clauses: history.linearizable, progress.suspension, emit.recorded, persist.identity, attempt.solo
"""

from functools import partial

import pytest
from fuzz.bookings import BOOKINGS, ENGINES, FAULTY, HIDDEN, REDUCED, Case, Flow, Rules, disagreement, split
from fuzz.histories import HISTORIES
from fuzz.hunting import Target, hunt
from fuzz.wrong_bookings import WRONG, Wrong

from lastseat.reference.implementation import MEMORY
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.explore import explore_brute, explore_merged, explore_program
from lastseat.simulations.bookings.findings import run_again
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.kernel.actions import Action, Fault

PLANTED = [one for one in WRONG if one.target is not HISTORIES]


@pytest.mark.parametrize(
    ("target", "cases"), [(BOOKINGS, 120), (FAULTY, 120), (HIDDEN, 60)], ids=["plain", "faulty", "hidden"]
)
def test_the_explorers_agree_on_drawn_systems(target: Target, cases: int) -> None:
    found = hunt(target, seed_=2026, cases=cases).found

    assert found is None, found.as_test() if found else ""


@pytest.mark.parametrize("wrong", PLANTED, ids=lambda one: one.name.replace(" ", "-"))
def test_a_wrong_engine_is_found(wrong: Wrong) -> None:
    with wrong.planted():
        pass  # what it replaces is there

    assert wrong.found() is not None


# --- dpor over workers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("attempts", "traces"), [(3, 12), (4, 32)])
@pytest.mark.parametrize("executions_per_task", [1, 2])
def test_dpor_over_workers_loses_no_trace_of_a_contention(
    attempts: int, traces: int, executions_per_task: int
) -> None:
    alone = explore_program(contention(attempts, 1), MEMORY)
    over_workers = split(executions_per_task, contention(attempts, 1), MEMORY)

    assert alone.executions == over_workers.executions == traces
    assert alone.vectors == over_workers.vectors


def test_dpor_over_workers_loses_no_trace_of_six_attempts() -> None:
    asked = [("a", "q", 1), ("a", "q", 2), ("a", "q", 1), ("c", "p", 2), ("c", "q", 2), ("d", "q", 1)]
    requests = tuple(BookingRequest(*one) for one in asked)
    scenario = Scenario("six-attempts", "Six attempts on two resources", (("p", 2), ("q", 3)), requests)

    assert split(1000, scenario, MEMORY).executions == explore_program(scenario, MEMORY).executions == 1817


# --- where the operations name something else than the request --------------------------------------------------


ELSEWHERE = Case(
    (("free", 1), ("full", 0)),
    (("a", "free", 1), ("b", "free", 1)),
    Rules(partitioned=True),
    Flow(only="b", at="full"),
)
EARLY = Case((("p", 0), ("q", 1)), (("a", "p", 1), ("a", "q", 1)), Rules(partitioned=True), Flow(early="full"))


@pytest.mark.parametrize("name", ["dpor", "dpor split by 1", "dpor split by 2"])
def test_dpor_sees_what_a_booking_at_another_resource_violates(name: str) -> None:
    """Clauses: emit.rejected, history.linearizable"""
    explore, _ = REDUCED[name]

    exploration = explore(ELSEWHERE.scenario(), ELSEWHERE.situation().implementation)

    assert "emit.rejected" in exploration.violated
    assert "history.linearizable" in exploration.violated or not exploration.fired.get("history.linearizable")


@pytest.mark.parametrize("case", [ELSEWHERE, EARLY], ids=["elsewhere", "rejected early"])
def test_all_explorers_agree_where_steps_and_requests_name_different_things(case: Case) -> None:
    assert disagreement(case) is None


# --- merging with faults ----------------------------------------------------------------------------------------


def test_an_attempt_that_observes_once_more_under_a_fault_is_not_accused_of_its_history() -> None:
    """Clause: history.linearizable"""
    case = Case(
        (("p", 1),), (("a", "p", 1), ("b", "p", 1)), flow=Flow(after="observe"), faults=1, kinds=("unavailable",)
    )
    scenario, implementation = case.scenario(), case.situation().implementation

    assert "history.linearizable" not in explore_brute(scenario, implementation).violated
    assert "history.linearizable" not in explore_merged(scenario, implementation).violated


def test_a_store_with_soft_holds_is_accused_under_a_fault_by_both() -> None:
    """Clause: history.linearizable"""
    requests = (("a", "p", 2), ("b", "p", 1))
    case = Case((("p", 2),), requests, Rules(observing="holds"), faults=1, kinds=("unavailable",))
    scenario, implementation = case.scenario(), case.situation().implementation

    brute = explore_brute(scenario, implementation, prefix=(0, 1, 0))
    merged = explore_merged(scenario, implementation, prefix=(0, 1, 0))

    assert brute.violated == merged.violated
    assert "history.linearizable" in brute.violated
    assert disagreement(case, ENGINES) is None


# --- runs that end blocked --------------------------------------------------------------------------------------


def test_what_a_run_that_ends_blocked_violates_is_found_again() -> None:
    """Clause: emit.recorded"""
    case = Case(rules=Rules(blocks="persisted"), flow=Flow(after="observe"))
    scenario, implementation = case.scenario(), case.situation().implementation

    brute = explore_brute(scenario, implementation)
    recorded = next(violation for violation in brute.violations if violation.name == "emit.recorded")

    assert recorded.steps == (0, 0)
    assert run_again(recorded, scenario, implementation)[1]
    assert (brute.deadlocks, brute.blocked) == (1, 0)


def test_a_persist_that_waits_answers_nothing_and_breaks_no_identity() -> None:
    """Clause: persist.identity"""
    case = Case(requests=(("a", "p", 1), ("a", "p", 1)), rules=Rules(blocks="pair"))

    brute = explore_brute(case.scenario(), case.situation().implementation)

    assert {one.name: len(one.steps) for one in brute.violations} == {"progress.suspension": 1}
    assert disagreement(case) is None


EVERY = {
    "brute": explore_brute,
    "merged": explore_merged,
    "dpor": explore_program,
    "preemptions=9": partial(explore_program, strategy="preemptions=9"),
    "delays=9": partial(explore_program, strategy="delays=9"),
}


@pytest.mark.parametrize("name", EVERY)
def test_a_store_in_which_everybody_waits_from_the_start_suspends(name: str) -> None:
    """Clause: progress.suspension"""
    case = Case(requests=(("a", "p", 1), ("b", "p", 1)), rules=Rules(blocks="always"))

    exploration = EVERY[name](case.scenario(), case.situation().implementation)

    assert [(one.name, one.steps) for one in exploration.violations] == [("progress.suspension", ())]
    assert (exploration.deadlocks, exploration.blocked) == (1, 0)


# --- what the fuzzers found -------------------------------------------------------------------------------------


def test_a_clause_that_is_violated_by_waiting_alone_has_spoken() -> None:
    assert disagreement(Case(rules=Rules(blocks="always"))) is None


def test_a_fault_in_an_earlier_persist_excuses_a_failed_attempt() -> None:
    """Clause: attempt.solo"""
    case = Case((("p", 0),), flow=Flow(after="observe"), faults=1, kinds=("unavailable",))
    scenario, implementation = case.scenario(), case.situation().implementation

    assert (
        "attempt.solo" not in explore_brute(scenario, implementation, prefix=(Action(0, Fault.UNAVAILABLE),)).violated
    )
    assert FAULTY.disagreement(case) is None


def test_symmetry_counts_no_state_that_no_schedule_reaches() -> None:
    assert disagreement(Case(requests=(("a", "p", 1), ("b", "p", 1)), flow=Flow(under="a"))) is None


def test_dpor_explores_a_store_whose_observe_writes_where_it_may() -> None:
    requests = (("a", "p", 1), ("b", "p", 1), ("c", "p", 1))

    assert disagreement(Case(requests=requests, rules=Rules(observing="counts", partitioned=True)), REDUCED) is None


def test_a_lost_acknowledgement_that_no_fault_made_may_be_taken_back() -> None:
    """Clause: history.linearizable"""
    lying = Flow(only="a", says=(("accepted", "acknowledgement lost"),))

    requests = (("a", "p", 1), ("b", "p", 1))
    assert disagreement(Case(requests=requests, rules=Rules(observing="frees"), flow=lying)) is None


@pytest.mark.parametrize("kind", ["acknowledgement lost", "crash"])
def test_a_booking_that_nobody_was_told_of_explains_a_refusal_though_it_is_not_recorded(kind: str) -> None:
    """Clause: history.linearizable"""
    requests = (("a", "p", 1), ("b", "p", 1))

    assert FAULTY.disagreement(Case(requests=requests, rules=Rules(records=0), faults=1, kinds=(kind,))) is None
