"""The smallest counterexample is the smallest: compared with every schedule of every scenario within, one by one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lastseat.reference.flawed import GALLERY, UNDER_FAULTS
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.store import InspectableStore
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.findings import findings, run_again
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario, load_scenario
from lastseat.simulations.bookings.scheduler import run, schedules
from lastseat.simulations.counterexamples.smallest import (
    MOST_PARTS,
    Counterexample,
    as_toml,
    named,
    options_for,
    parts,
    smallest,
    smallest_schedule,
)
from lastseat.simulations.kernel.actions import Action, Fault, FaultKind, Faults, Step, process_of
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.verification.mutants import FLAWED, scenario_of

RACE, ONE_FAULT = find_scenario("two-attempts-one-seat"), find_scenario("two-attempts-one-fault")
RIVAL = find_scenario("redelivery-against-a-rival")


def switches(steps: tuple[Step, ...]) -> int:
    """How often the next step is another attempt's."""
    return sum(one != other for one, other in pairwise(map(process_of, steps)))


def every(scenario: Scenario, implementation: Implementation, clause: str) -> list[Counterexample]:
    """Every counterexample on a scenario: each schedule is run, and cut where it first shows the violation."""
    found: list[Counterexample] = []

    def look(execution: Run) -> None:
        for one in findings(execution, scenario, implementation):
            if one.clause == clause:
                steps = tuple(taken.step for taken in execution.taken[: one.step])
                found.append(Counterexample(scenario, Violation(clause, one.witness, steps), switches(steps)))
                return

    schedules(scenario, implementation, look)
    return found


def within(scenario: Scenario) -> Iterator[Scenario]:
    """Every scenario within one, made in another way: all numbers at once."""
    originals, names = scenario.originals, dict(scenario.capacities)
    units = [range(request.units + 1) for request in originals]  # 0: left out
    for numbers in product(*units):
        requests = tuple(
            BookingRequest(one.booking_id, one.resource_id, number)
            for one, number in zip(originals, numbers, strict=True)
            if number
        )
        asked = sorted({one.resource_id for one in requests} & set(names))
        for capacities in product(*(range(names[name] + 1) for name in asked)):
            for most in range(scenario.faults.most + 1) if requests else ():
                faults = Faults(most, scenario.faults.kinds)
                yield Scenario("within", "Within", tuple(zip(asked, capacities, strict=True)), requests, faults)


FEW = st.integers(1, 2)
SCENARIOS = st.one_of(
    st.builds(contention, FEW, st.integers(0, 3), st.lists(FEW, min_size=1, max_size=1), st.booleans()),
    st.sampled_from([RACE, find_scenario("two-resources-one-id"), find_scenario("unknown-resource")]),
    st.just(RIVAL),
)
TAME = [one for one in FLAWED.values() if one.name not in ("checks-then-writes", "hidden-retry")]  # few schedules


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(TAME), SCENARIOS)
@example(GALLERY["rejects-conflicts"], find_scenario("three-attempts-two-seats"))
@example(GALLERY["expires-on-observe"], RIVAL)
@example(GALLERY["locks-on-observe"], RACE)
@example(GALLERY["bumps-version-on-rejection"], find_scenario("party-of-four-three-seats"))
def test_no_schedule_of_the_scenario_is_smaller(flaw: Implementation, scenario: Scenario) -> None:
    for clause in explore_merged(scenario, flaw).violated:
        found = smallest_schedule(scenario, flaw, clause)

        assert found is not None
        assert found.exact
        assert found.size == min(one.size for one in every(scenario, flaw, clause))
        assert found.violation.steps in [one.violation.steps for one in every(scenario, flaw, clause)]
        assert run_again(found.violation, scenario, flaw)[1]


@settings(deadline=None, max_examples=10)
@given(st.sampled_from(TAME), SCENARIOS.filter(lambda one: len(one.requests) < 3))
@example(GALLERY["counts-bookings"], contention(2, 3, [1, 2]))
@example(GALLERY["scopes-id-to-resource"], find_scenario("two-resources-one-id"))
@example(GALLERY["checks-id-on-observe"], find_scenario("two-resources-one-id"))
def test_no_scenario_within_has_a_smaller_one(flaw: Implementation, scenario: Scenario) -> None:
    for clause in explore_merged(scenario, flaw).violated:
        found = smallest(scenario, flaw, clause)

        assert found is not None
        assert found.exact
        sizes = [one.size for part in within(scenario) for one in every(part, flaw, clause)]
        assert found.size == min(sizes)
        assert run_again(found.violation, found.scenario, flaw)[1]


@pytest.mark.parametrize("name", UNDER_FAULTS)
def test_no_schedule_with_faults_is_smaller(name: str) -> None:
    flaw = UNDER_FAULTS[name]
    kinds = frozenset(FaultKind) - {FaultKind.CRASH}
    scenario = Scenario("lost", "Lost", RACE.capacities, RACE.requests, Faults(1, kinds))

    found = smallest_schedule(scenario, flaw, flaw.breaks)

    assert found is not None
    assert found.size == min(one.size for one in every(scenario, flaw, flaw.breaks))


def test_a_redelivery_may_be_the_smallest_fault() -> None:
    again = Scenario("again", "Again", RACE.capacities, RACE.requests[:1], Faults(1))

    found = smallest_schedule(again, GALLERY["refuses-repeats"], "persist.identity")

    assert found is not None
    assert found.violation.steps == (0, 0, 1, 1)
    assert found.size == min(one.size for one in every(again, GALLERY["refuses-repeats"], "persist.identity"))


@pytest.mark.parametrize(("most", "steps"), [(1, None), (2, (0, Action(0, Fault.ANSWER_LOST), 1, 1, 0))])
def test_no_more_faults_strike_than_the_scenario_allows(most: int, steps: tuple[Step, ...] | None) -> None:
    faults = Faults(most, frozenset({FaultKind.ACKNOWLEDGEMENT_LOST, FaultKind.REDELIVERY}))
    scenario = replace(contention(1, 2), faults=faults)

    found = smallest_schedule(scenario, UNDER_FAULTS["cancels-when-unsure"], "emit.kept")

    assert (found and found.violation.steps) == steps


def test_fewer_switches_count_more_than_the_order_of_the_text() -> None:
    scenario = find_scenario("three-attempts-two-seats")

    merged = next(iter(explore_merged(scenario, GALLERY["ignores-version"]).violations))
    found = smallest_schedule(scenario, GALLERY["ignores-version"], merged.name)

    assert found is not None
    assert (merged.steps, switches(merged.steps)) == ((0, 1, 0, 1), 3)
    assert (found.violation.steps, found.switches) == ((0, 1, 1, 0), 2)


def test_attempts_that_are_not_needed_are_left_out_and_units_lowered() -> None:
    scenario = find_scenario("unequal-parties")

    found = smallest(scenario, GALLERY["trusts-observation"], "state.capacity")

    assert found is not None
    assert found.violation.steps == (0, 1, 1, 0)
    assert [one.units for one in found.scenario.requests] == [1, 1]
    assert found.scenario.capacities == (("ferry-2", 1),)


def test_a_correct_implementation_has_no_counterexample() -> None:
    for scenario in (RACE, ONE_FAULT, RIVAL):
        for clause in ("state.capacity", "history.linearizable", "emit.kept"):
            assert smallest_schedule(scenario, MEMORY, clause) is None
            assert smallest(scenario, MEMORY, clause) is None


def test_a_search_that_was_cut_short_says_so_or_finds_nothing() -> None:
    flaw, scenario = GALLERY["ignores-version"], find_scenario("three-attempts-two-seats")

    cut = [smallest(scenario, flaw, flaw.breaks, places=places) for places in (1, 100, 400)]

    assert smallest_schedule(scenario, flaw, flaw.breaks, places=5) is None
    assert [one and one.exact for one in cut] == [None, False, True]


@pytest.mark.parametrize("scenario", [contention(2, 1_000_000_000), contention(12, 1), contention(2, 3, [900, 1])])
def test_where_there_are_very_many_scenarios_within_they_are_not_said_to_be_all(scenario: Scenario) -> None:
    considered, whole = parts(scenario)

    assert not whole
    assert len(list(considered)) <= MOST_PARTS


@pytest.mark.parametrize("scenario", [RACE, ONE_FAULT, find_scenario("party-of-four-three-seats")])
def test_the_scenarios_within_are_all_that_there_are(scenario: Scenario) -> None:
    considered, whole = parts(scenario)

    assert whole
    assert {one.fingerprint() for one in considered} == {one.fingerprint() for one in within(scenario)}


@pytest.mark.parametrize(
    ("scenario", "options"),
    [
        (RIVAL, "--scenario redelivery-against-a-rival"),
        (contention(2, 7), "--attempts 2 --capacity 7"),
        (contention(2, 7, [1, 3]), "--attempts 2 --capacity 7 --units 1,3"),
        (contention(3, 7, None, same_id=True), "--attempts 3 --capacity 7 --same-id"),
        (Scenario("own", "Own", (("x", 7),), contention(2, 7).requests), None),
    ],
)
def test_a_scenario_is_named_by_options_where_it_can_be(scenario: Scenario, options: str | None) -> None:
    assert options_for(scenario) == options


def test_a_counterexample_gets_other_names_where_the_command_line_needs_them() -> None:
    found = smallest(
        find_scenario("three-attempts-two-seats"), GALLERY["ignores-version"], "persist.compare_and_swap"
    )
    assert found is not None

    renamed, options = named(found, GALLERY["ignores-version"])

    assert options == "--attempts 2 --capacity 2"
    assert [one.booking_id for one in renamed.scenario.requests] == ["a", "b"]
    assert renamed.size == found.size
    assert run_again(renamed.violation, renamed.scenario, GALLERY["ignores-version"])[1]


def test_no_other_names_are_given_where_they_change_what_happens() -> None:
    picky = Implementation("picky", _picky_store, GALLERY["ignores-version"].attempt)
    found = smallest(find_scenario("three-attempts-two-seats"), picky, "persist.compare_and_swap")
    assert found is not None

    assert named(found, picky) == (found, None)


def _picky_store(capacities: Mapping[str, int]) -> InspectableStore:
    return (GALLERY["ignores-version"] if "flight-7" in capacities else MEMORY).open_store(capacities)


@pytest.mark.parametrize(
    "scenario",
    [
        RIVAL,
        ONE_FAULT,
        Scenario("none", "No resource", (), (BookingRequest("a", "b"),)),
        Scenario(
            "odd", 'It is "odd"', (('"\\\n\t', 3), ("\x7f\x00\U0001f600", 0)), (BookingRequest("'#]\u202e", "=", 9),)
        ),
    ],
)
def test_a_scenario_goes_through_its_file(scenario: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "part.toml"
    path.write_text(as_toml(scenario), encoding="utf-8")

    assert load_scenario(path).fingerprint() == scenario.fingerprint()


@pytest.mark.parametrize("name", FLAWED)
def test_a_step_less_of_a_smallest_counterexample_shows_nothing_of_the_clause(name: str) -> None:
    flaw = FLAWED[name]
    found = smallest(scenario_of(flaw)[0], flaw, flaw.breaks)
    assert found is not None

    clauses: Callable[[tuple[Step, ...]], set[str]] = lambda steps: {  # noqa: E731  # it is used twice, right here
        one.clause for one in findings(run(found.scenario, flaw, steps), found.scenario, flaw)
    }
    assert flaw.breaks in clauses(found.violation.steps)
    assert flaw.breaks not in clauses(found.violation.steps[:-1])
