"""Faults as a part of the schedule: what each does to one execution, their letters, and the budget.

Clauses: fault.crash, fault.unavailable, fault.acknowledgement_lost, attempt.retry_is_new, progress.suspension
"""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY
from lastseat.reference.values import Emission, Outcome, Reason
from lastseat.simulations.bookings.continuation import continue_from
from lastseat.simulations.bookings.findings import findings, run_again
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import ScenarioError, load_scenario
from lastseat.simulations.bookings.scheduler import recorder, run, schedules
from lastseat.simulations.counterexamples.story import endings_told, fingerprint, told
from lastseat.simulations.kernel.actions import MOST_FAULTS, Action, Fault, FaultKind, Faults, Step
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import Schedule, ScheduleError
from lastseat.simulations.kernel.stepping import MisfitError

BOOKED = Emission(Outcome.BOOKED)
LOST = Emission(Outcome.FAILED, Reason.ACKNOWLEDGEMENT_LOST)
UNAVAILABLE = Emission(Outcome.FAILED, Reason.STORE_UNAVAILABLE)


def faulty(attempts: int, capacity: int, most: int, *kinds: FaultKind, same_id: bool = False) -> Scenario:
    """A generated scenario with a fault budget, of all kinds where none is named."""
    budget = Faults(most, frozenset(kinds or FaultKind))
    return replace(contention(attempts, capacity, same_id=same_id), faults=budget)


ONE, TWO = faulty(1, 2, 2), faulty(2, 1, 2)


def played(token: str, scenario: Scenario = TWO) -> Run:
    return run(scenario, MEMORY, Schedule.parse(token).steps)


# --- one execution --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "outcomes", "recorded"),
    [
        ("0c.1.1", {1: BOOKED}, 1),
        ("0.0c.1.1", {1: BOOKED}, 1),
        ("0.0d.1.1", {1: Emission(Outcome.REJECTED)}, 1),
        ("0u.1.1", {0: UNAVAILABLE, 1: BOOKED}, 1),
        ("0.1.0u.1", {0: UNAVAILABLE, 1: BOOKED}, 1),
        ("0.1.0a.1", {0: LOST, 1: Emission(Outcome.FAILED, Reason.VERSION_CONFLICT)}, 1),
        ("0.0a.2.2.1u", {0: LOST, 2: BOOKED, 1: UNAVAILABLE}, 1),
    ],
)
def test_a_fault_decides_what_is_emitted_and_what_is_recorded(
    token: str, outcomes: dict[int, Emission], recorded: int
) -> None:
    scenario = replace(TWO, faults=Faults(3))

    execution = run(scenario, MEMORY, Schedule.parse(token).steps)

    assert execution.returned == outcomes
    assert len(execution.final.reservations) == recorded
    assert execution.unfinished == ()
    assert findings(execution, scenario, MEMORY) == ()


def test_the_repeat_of_a_lost_acknowledgement_is_booked_without_a_second_effect() -> None:
    """Clauses: fault.acknowledgement_lost, persist.identity"""
    lost = played("0.0a", ONE)

    repeated = played("0.0a.1.1", ONE)

    assert repeated.returned == {0: LOST, 1: BOOKED}
    assert repeated.final == lost.final


def test_a_redelivery_that_was_never_made_leaves_the_run_finished() -> None:
    execution = played("0.0", ONE)

    assert execution.unfinished == ()
    assert set(execution.ahead) == {1}
    assert endings_told(execution) == ["BOOKED", "not redelivered", "not redelivered"]


def test_a_crash_and_a_death_are_told() -> None:
    assert told(played("0c.1.1d"))[::2] == [
        "a crashes before it can observe; nothing changes",
        (
            "b persists 1 unit of seats, proposed from version 0: accepted; "
            "seats goes to 1 of 1, version 1, +1 reservation → dies before it can emit"
        ),
    ]
    assert endings_told(played("0c.1.1d"))[:2] == ["crashed", "crashed"]


def test_each_repeat_has_a_number_and_a_name_of_its_own() -> None:
    delivered = TWO.delivered()

    assert delivered.labels == ("a", "b", "a again", "b again", "a again 2", "b again 2")
    assert delivered.requests == TWO.requests * 3
    assert delivered.delivered() is delivered
    assert fingerprint(delivered, MEMORY) == fingerprint(TWO, MEMORY)


@pytest.mark.parametrize(
    ("token", "complaint"),
    [
        ("0c.0", "step 2: attempt 0 (a) has crashed"),
        ("0c.0c", "step 2: attempt 0 (a) has crashed"),
        ("0.0a.0a", "step 3: attempt 0 (a) has ended already"),
        ("2.2", "step 1: attempt 2 (a again) repeats attempt 0, which has not begun"),
        ("0.4", "step 2: attempt 4 (a again 2) repeats attempt 2, which has not begun"),
        ("0a", "step 1: the fault acknowledgement lost cannot strike in this step of attempt 0 (a)"),
        ("0.1.0.1a", "step 4: nothing is applied for attempt 1 (b), so that no acknowledgement can be lost"),
        ("0d", "step 1: attempt 0 (a) does not end with this step, so that it cannot die right before it emits"),
        ("6c", "step 1: there is no attempt 6, only 0 to 5"),
        (
            "0.2.4.1u",
            f"step 4: the fault unavailable of attempt 1 (b) is beyond what the scenario allows: {Faults(2)}",
        ),
    ],
)
def test_the_first_step_that_does_not_apply_is_named_with_the_reason(token: str, complaint: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        played(token)

    assert str(refused.value) == complaint


def test_without_a_budget_no_fault_can_strike() -> None:
    with pytest.raises(ScheduleError, match=r"^step 2: the fault crash of attempt 1 \(b\) .* allows: no faults$"):
        run(contention(2, 1), MEMORY, Schedule.parse("0.1c").steps)


@pytest.mark.parametrize("token", ["0a", "0d", "0.4", "2"])
def test_a_refused_fault_changes_nothing(token: str) -> None:
    *before, last = Schedule.parse(token).steps
    execution = recorder(TWO, MEMORY)
    for step in before:
        execution.take(step)

    with pytest.raises(MisfitError):
        execution.take(last)
    execution.take(1)

    assert execution.run() == run(TWO, MEMORY, [*before, 1])
    assert execution.run().spent == 0


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_crashed_or_suspended_attempt_keeps_nobody_waiting(data: st.DataObject) -> None:
    """Clause: progress.suspension"""
    stopped = [Schedule.parse(one).steps for one in ("-", "0", "0c", "0.0c", "0.0a", "0.0d", "0.1.0c", "0.1.1d.0u")]
    scenario, execution = faulty(3, 1, 2), recorder(faulty(3, 1, 2), MEMORY)
    for step in data.draw(st.sampled_from(stopped)):
        execution.take(step)

    others = [who for who in execution.run().unfinished if who != 0]
    for who in data.draw(st.permutations([*others, *others])):
        if who in execution.run().unfinished:
            execution.take(who)

    assert set(others) <= set(execution.run().returned)
    assert findings(execution.run(), scenario, MEMORY) == ()


def test_a_lock_between_two_steps_is_shown_by_a_crash() -> None:
    locks = GALLERY["locks-on-observe"]

    scenario = faulty(2, 1, 1)

    execution = run(scenario, locks, Schedule.parse("0.0c").steps, to_the_end=True)

    assert (execution.waiting, execution.unfinished) == ((1,), (1,))
    assert "progress.suspension" in {finding.clause for finding in findings(execution, scenario, locks)}


def test_a_violation_under_a_fault_shows_again() -> None:
    forgets = GALLERY["forgets-identity"]
    claimed = Violation("state.unique", "twice", Schedule.parse("0.0a.1.1").steps)

    _, reproduced = run_again(claimed, ONE, forgets)

    assert reproduced


# --- tokens ---------------------------------------------------------------------------------------------------


STEPS = st.lists(
    st.builds(
        lambda who, fault: Action(who, fault) if fault else who,
        st.integers(0, 999_999_999),
        st.sampled_from([None, *Fault]),
    ),
    max_size=20,
)


@given(steps=STEPS)
def test_a_printed_schedule_with_faults_is_read_back(steps: list[Step]) -> None:
    schedule = Schedule.of(steps, "0123abcd")

    assert Schedule.parse(str(schedule)) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301


def test_an_action_with_a_fault_is_no_ordinary_step() -> None:
    action = Action(0, Fault.CRASH_BEFORE)

    assert str(Schedule.of([action])) == "0c"
    assert action not in {0, Action(0, Fault.CRASH_AFTER), Action(1, Fault.CRASH_BEFORE)}
    assert Schedule.parse("0c").steps == (action,)


@pytest.mark.parametrize(
    "token",
    [
        "0x",
        "0C",
        "0cc",
        "c",
        "c0",
        "0c.",
        "0 c",
        "0.1\n0.1",
        '0.1"; rm',
        "0.'1'",
        "0.\u202e1c",
        "0\u0441",
        "\u0660.1",
        "<b>0c</b>",
        "0c." * 3_333 + "x",
        "\u202e" * 10_000,
        '"' * 10_000,
    ],
)
def test_a_hostile_token_is_refused_in_one_clear_line(token: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        Schedule.parse(token)

    told = str(refused.value)
    assert told.isprintable()
    assert told.startswith('schedule "')
    assert told.endswith("is not of the form 0.1.0.1")
    assert len(told) < 200


# --- going on from a point ------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["-", "0", "0.0a", "0.1.0c", "0u.1", "0.0d", "0.1c", "0.0.1.1"])
def test_going_on_covers_the_schedules_that_begin_so(prefix: str) -> None:
    steps = Schedule.parse(prefix).steps
    scenario = faulty(1, 1, 2)
    due = 0

    def count(execution: Run) -> None:
        nonlocal due
        due += execution.steps[: len(steps)] == steps

    schedules(scenario, MEMORY, count)
    brute = continue_from(scenario, MEMORY, steps, "brute")
    merged = continue_from(scenario, MEMORY, steps)

    assert brute.complete
    assert brute.interleavings == merged.interleavings == due > 0
    assert (brute.outcomes, brute.vectors, brute.by_faults) == (merged.outcomes, merged.vectors, merged.by_faults)


def test_what_is_found_after_a_point_is_told_from_the_start() -> None:
    forgets = GALLERY["forgets-identity"]

    for strategy in ("brute", "merged"):
        seen = continue_from(ONE, forgets, Schedule.parse("0.0a").steps, strategy)
        shortest = {violation.name: Schedule.of(violation.steps) for violation in seen.violations}

        assert str(shortest["state.unique"]) == "0.0a.1.1"


def test_going_on_without_a_budget_needs_no_fault() -> None:
    seen = continue_from(contention(3, 1), MEMORY, [0, 1])

    assert seen.interleavings == 12  # 4 steps are left, 2 of them of one attempt


def test_a_point_that_cannot_be_reached_is_refused_with_its_step() -> None:
    for strategy in ("brute", "merged"):
        with pytest.raises(ScheduleError, match=r"^step 3: attempt 0 \(a\) has ended already$"):
            continue_from(TWO, MEMORY, [0, 0, 0], strategy)
    with pytest.raises(ExplorationError, match=r'^"pct" cannot go on from a point; brute and merged can$'):
        continue_from(TWO, MEMORY, [], "pct")


# --- the budget -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [-1, MOST_FAULTS + 1, 10**5000, True, "1"], ids=range(5))
def test_a_budget_out_of_range_is_refused_in_one_line(most: object) -> None:
    with pytest.raises(ValueError, match="faults must be an integer from 0 to 8") as refused:
        Faults(most)  # type: ignore[arg-type]

    assert str(refused.value).isprintable()


def test_a_budget_names_at_least_one_kind() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Faults(1, frozenset())


def test_too_many_redeliveries_are_refused() -> None:
    with pytest.raises(ValueError, match="with redeliveries there may be 90 attempts; at most 64 are allowed"):
        replace(contention(30, 1), faults=Faults(2))


def test_only_a_budget_changes_a_fingerprint() -> None:
    assert replace(contention(2, 1), faults=Faults(0)).fingerprint() == contention(2, 1).fingerprint()
    marks = {faulty(2, 1, most, kind).fingerprint() for most in (1, 2) for kind in FaultKind}
    assert len(marks | {contention(2, 1).fingerprint()}) == 9


def written(folder: Path, faults: str) -> Path:
    path = folder / "mine.toml"
    attempt = '[[attempts]]\nbooking_id = "ann"\nresource_id = "x"\nrequested_units = 1\n'
    path.write_text(f'title = "Mine"\nresources = []\n{attempt}{faults}', encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("table", "budget"),
    [
        ("", Faults(0)),
        ("[faults]\nmost = 2", Faults(2, frozenset(FaultKind))),
        (
            '[faults]\nmost = 1\nkinds = ["crash", "acknowledgement lost"]',
            Faults(1, frozenset([FaultKind.CRASH, FaultKind.ACKNOWLEDGEMENT_LOST])),
        ),
    ],
)
def test_a_scenario_file_names_its_faults(tmp_path: Path, table: str, budget: Faults) -> None:
    assert load_scenario(written(tmp_path, table)).faults == budget


KINDS = "'crash', 'unavailable', 'acknowledgement lost' or 'redelivery'"


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("[faults]", "faults.most: this key is missing"),
        ("[faults]\nmost = 9", "faults.most: must be at most 8, not 9"),
        ("[faults]\nmost = true", "faults.most: must be an integer, not true"),
        ("[faults]\nmost = 1\nkind = 1", "faults.kind: unknown key; did you mean kinds?"),
        ("[faults]\nmost = 1\nkinds = []", "faults.kinds: must name at least one kind of fault"),
        ('[faults]\nmost = 1\nkinds = "crash"', 'faults.kinds: must be an array of strings, not the string "crash"'),
        (
            '[faults]\nmost = 1\nkinds = ["\\u202e"]',
            f'faults.kinds[0]: must be one of {KINDS}, not the string "\\u202e"',
        ),
        ("[faults]\nmost = 1\nkinds = [1]", f"faults.kinds[0]: must be one of {KINDS}, not 1"),
        ("[[faults]]\nmost = 1", "faults: must be a table, not an array"),
    ],
)
def test_wrong_faults_in_a_file_are_refused_in_one_line(tmp_path: Path, table: str, complaint: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        load_scenario(written(tmp_path, table))

    assert str(refused.value) == f"{tmp_path / 'mine.toml'}: {complaint}"
