"""A violation is explained in one sentence that names the right step, beside the correct implementation.

Clauses: persist.compare_and_swap, emit.kept, progress.suspension
"""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from lastseat.reference.attempt_booking import Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.flawed import GALLERY
from lastseat.reference.flawed.base import SnapshotStore
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.store import Policy
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Outcome, Proposal, Verdict
from lastseat.simulations.bookings.exploration import CONFORMANCE
from lastseat.simulations.bookings.explore import explore_merged
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.common.widths import columns
from lastseat.simulations.counterexamples.explain import WIDTH, Explanation, explain, explanation_lines, wrapped
from lastseat.simulations.counterexamples.story import options_of
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.verification.claims import CLAUSES
from lastseat.simulations.verification.mutants import FLAWED

RACE = find_scenario("two-attempts-one-seat")

STORY = """\
persist.compare_and_swap is violated after 4 steps
  cause: bob persisted in step 4 on version 0, stale since step 3, and the store
         accepted it.
  1. ann observes flight-7: 0 of 2 confirmed, version 0
     store   flight-7 0 of 2, version 0; recorded: nobody
  2. bob observes flight-7: 0 of 2 confirmed, version 0
     store   flight-7 0 of 2, version 0; recorded: nobody
  3. ann persists 1 unit of flight-7, proposed from version 0: accepted;
     flight-7 goes to 1 of 2, version 1, +1 reservation → BOOKED
     before  flight-7 0 of 2, version 0; recorded: nobody
     after   flight-7 1 of 2, version 1; recorded: ann
  4. bob persists 1 unit of flight-7, proposed from version 0: accepted;
     flight-7 goes to 2 of 2, version 2, +1 reservation → BOOKED
     before  flight-7 1 of 2, version 1; recorded: ann
     after   flight-7 2 of 2, version 2; recorded: ann, bob
     memory: bob persists 1 unit of flight-7, proposed from version 0: version
     conflict; nothing changes → FAILED (version conflict)
  memory parts from it in step 4.
  replay it: lastseat replay 0.1.0.1@1e705cef --scenario three-attempts-two-seats --implementation ignores-version"""


def explained(
    clause: str, steps: tuple[int, ...], implementation: Implementation, scenario: Scenario = RACE
) -> Explanation:
    """Explain a violation of which only the clause and the steps are known."""
    return explain(Violation(clause, "what the property says", steps), scenario, implementation, options_of(scenario))


def test_a_story_is_told_beside_the_correct_implementation() -> None:
    scenario = find_scenario("three-attempts-two-seats")

    one = explained("persist.compare_and_swap", (0, 1, 0, 1), GALLERY["ignores-version"], scenario)

    assert "\n".join(explanation_lines(one)) == STORY
    assert [(step.same, step.before == step.after) for step in one.steps] == [
        (True, True),
        (True, True),
        (True, False),
        (False, False),
    ]


def test_a_step_that_the_correct_implementation_does_not_take_is_said_to_be_none() -> None:
    one = explained("attempt.one_persist", (0, 1, 0, 1, 1), GALLERY["hidden-retry"])

    assert one.parts == 4  # where the correct attempt ends
    assert one.steps[4].correct == "no step, as attempt 1 (bob) has ended already"


def test_who_has_to_wait_is_free_in_the_correct_implementation() -> None:
    one = explained("progress.suspension", (0,), GALLERY["locks-on-observe"])

    assert (one.parts, [step.same for step in one.steps]) == (None, [True])
    assert "  memory does the same in every step, and there nobody has to wait." in explanation_lines(one)


def test_a_store_that_checks_the_capacity_first_is_held_against_one_that_does() -> None:
    first = replace(GALLERY["ignores-version"], policy=Policy.CAPACITY_FIRST)

    one = explained("persist.compare_and_swap", (0, 1, 0, 1), first, contention(2, 2))

    assert one.correct == CAPACITY_FIRST.name


def test_steps_after_the_one_that_shows_it_are_left_out() -> None:
    one = explained("attempt.decides_at_persist", (0, 0, 1, 1), GALLERY["forgets-identity"])
    early = explained("state.sum", (0, 0, 1, 1), GALLERY["writes-in-two-steps"])

    assert (one.reproduced, len(one.steps)) == (False, 4)
    assert (early.reproduced, len(early.steps), early.step) == (True, 2, 2)
    assert early.replay.startswith("lastseat replay 0.0@")


def test_what_has_no_template_tells_the_step_and_what_is_wrong() -> None:
    one = explained(CONFORMANCE, (0, 0), MEMORY)

    assert one.cause.startswith("in step 2, ann persists 1 unit of flight-7, proposed from version 0: accepted;")
    assert one.cause.endswith("→ BOOKED: what the property says")


def test_a_violation_that_does_not_show_again_says_so() -> None:
    one = explained("state.capacity", (0, 0), MEMORY)

    assert not one.reproduced
    assert one.parts is None
    assert any("the code is not deterministic" in line for line in explanation_lines(one))


def _eager(request: BookingRequest) -> Generator[Any, Any, Emission]:
    if request.booking_id == "bob":
        return Emission(Outcome.REJECTED)
    return (yield from attempt_booking(request))


def test_an_attempt_that_ends_before_its_first_step_is_named() -> None:
    eager = Implementation("eager", MemoryStore.open, _eager)

    one = explained("attempt.decides_at_persist", (), eager)

    assert (one.step, one.steps, one.parts) == (0, (), None)
    assert one.cause == "before any step, bob ended REJECTED: REJECTED was decided without a persist"
    assert explanation_lines(one)[0] == "attempt.decides_at_persist is violated before any step"


class Shut(SnapshotStore):
    """Lets nobody observe."""

    def would_block(self, _operation: object) -> bool:
        return True


def test_an_attempt_that_has_to_wait_from_the_start_is_named() -> None:
    one = explained("progress.suspension", (), Implementation("shut", Shut.open))

    assert one.cause == "at the start, ann cannot take its observe"


class Undecided(SnapshotStore):
    """Applies what it never answers."""

    def persist(self, proposal: Proposal) -> Verdict:
        super().persist(proposal)
        return Verdict.ACKNOWLEDGEMENT_LOST


def _twice(request: BookingRequest) -> Generator[Any, Any, Emission]:
    observation = yield Observe(request.resource_id)
    yield Persist(replace(propose(request, observation), expected_version=None))
    return emit((yield Persist(propose(request, observation))))


@pytest.mark.parametrize("clause", CLAUSES)
def test_no_template_fails_on_a_run_that_it_does_not_fit(clause: str) -> None:
    for steps in ((), (0,), (0, 0), (0, 1, 0, 1)):
        for attempt in (attempt_booking, _twice):
            one = explained(clause, steps, Implementation("odd", Undecided.open, attempt))

            assert one.cause
            assert one.cause.isprintable()


def test_ids_of_any_text_are_safe_to_print() -> None:
    hostile = ("[red]\x1b[31m\n", "\u202eann\u202c", "漢" * 500, "'; rm -rf ~ #")
    requests = tuple(BookingRequest(one, f"seat\t{one}") for one in hostile)
    capacities = tuple((one.resource_id, 1) for one in requests)
    scenario = Scenario("hostile", "Hostile ids", capacities, requests)

    for name in ("counts-remaining", "never-bumps-version", "writes-in-two-steps", "scopes-id-to-resource"):
        for violation in explore_merged(scenario, FLAWED[name]).violations:
            lines = explanation_lines(explain(violation, scenario, FLAWED[name], "--scenario 'a --b.toml'"))

            assert all(line.isprintable() for line in lines)
            assert [line for line in lines[:-1] if columns(line) > WIDTH] == []
            assert lines[-1].startswith("  replay it: lastseat replay ")


@pytest.mark.parametrize("text", ["", "a", "a " * 100, "x" * 300, "漢 字" * 60, f"{'y' * 90} z"])
def test_wrapped_text_loses_nothing_but_blanks(text: str) -> None:
    lines = wrapped(text, "  1. ")

    assert "".join("".join(lines)[5:].split()) == "".join(text.split())
    assert max(map(columns, lines)) <= WIDTH
    assert all(line.startswith("     ") for line in lines[1:])
