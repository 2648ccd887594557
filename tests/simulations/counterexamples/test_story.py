"""A schedule in plain words, safe to print whatever the ids are."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.model.searches.readable import search
from lastseat.model.steps import Semantics
from lastseat.model.world import Done
from lastseat.model.world import Outcome as ModelOutcome
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    NotObserved,
    Outcome,
    Reason,
    Reservation,
    Resource,
    Snapshot,
)
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.counterexamples.story import (
    emission_told,
    endings_told,
    fingerprint,
    observation_told,
    options_of,
    path_told,
    replay_command,
    shell_word,
    store_told,
    token,
    told,
)
from lastseat.simulations.kernel.schedule import Schedule

IDS = st.text(min_size=1, max_size=30)
TWO = contention(2, 1)
FIRST, NONE = "proposed from version 0", "proposed from no version"


def booking(*requests: BookingRequest, capacity: int = 1) -> Scenario:
    return Scenario("mine", "Mine", (("flight-7", capacity),), requests)


def test_a_race_for_one_seat_is_told_step_by_step() -> None:
    assert told(run(TWO, MEMORY, [0, 1, 0, 1])) == [
        "a observes seats: 0 of 1 confirmed, version 0",
        "b observes seats: 0 of 1 confirmed, version 0",
        f"a persists 1 unit of seats, {FIRST}: accepted; seats goes to 1 of 1, version 1, +1 reservation → BOOKED",
        f"b persists 1 unit of seats, {FIRST}: version conflict; nothing changes → FAILED (version conflict)",
    ]


def test_an_unknown_resource_is_told() -> None:
    scenario = booking(BookingRequest("ann", "flight-9", 3))

    assert told(run(scenario, MEMORY, [0, 0])) == [
        "ann observes flight-9: there is no such resource",
        f"ann persists 3 units of flight-9, {NONE}: unknown resource; nothing changes → FAILED (unknown resource)",
    ]


def test_a_repeat_that_changes_nothing_is_told() -> None:
    scenario = booking(BookingRequest("ann", "flight-7"), BookingRequest("ann", "flight-7"), capacity=5)

    assert told(run(scenario, MEMORY, [0, 0, 1, 1]))[3] == (
        "ann#2 persists 1 unit of flight-7, proposed from version 1: accepted; nothing changes → BOOKED"
    )


def test_a_write_that_comes_late_is_told_where_it_comes() -> None:
    steps = told(run(contention(2, 2), GALLERY["writes-in-two-steps"], [0, 0, 1, 1]))

    assert steps[1].endswith("accepted; seats goes to 0 of 2, version 1, +1 reservation → BOOKED")
    assert steps[2].startswith("b observes seats: 1 of 2 confirmed")


@given(booking_id=IDS, resource_id=IDS, other=IDS)
def test_every_line_of_a_story_is_one_printable_line(booking_id: str, resource_id: str, other: str) -> None:
    scenario = Scenario(
        "mine", "Mine", ((resource_id, 1),), (BookingRequest(booking_id, resource_id), BookingRequest(other, other))
    )

    lines = told(run(scenario, MEMORY, [0, 1, 1, 0]))

    assert len(lines) == 4
    assert all(line.isprintable() and len(line) < 400 for line in lines)


class Strange:
    """An operation of somebody's own, with a name and a result that are not fit to be printed."""

    kind = "\x1b[31mpeek\n" * 9

    def perform(self, _store: object) -> str:
        return "\x1b[31m" * 999


def test_an_operation_of_somebodys_own_is_told_in_one_printable_line() -> None:
    def attempt(_request: BookingRequest):  # type: ignore[no-untyped-def]  # it is no attempt
        yield Strange()
        return "\x1b[31m" * 999

    (line,) = told(run(contention(1, 1), Implementation("mine", MemoryStore.open, attempt), [0]))

    assert line.startswith(r"a does \x1b[31mpeek\n")
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Resource(5, 3, 2), "3 of 5 confirmed, version 2"),
        (NotObserved.ABSENT, "there is no such resource"),
        (NotObserved.UNAVAILABLE, "the store does not answer"),
        ("\x1b", r"\x1b"),
    ],
)
def test_what_was_observed_is_told(result: object, words: str) -> None:
    assert observation_told(result) == words


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (Emission(Outcome.BOOKED), "BOOKED"),
        (Emission(Outcome.FAILED, Reason.IDENTIFIER_REUSE), "FAILED (identifier reuse)"),
        (None, "no outcome: None"),
        ("BOOKED", "no outcome: 'BOOKED'"),
        (Emission("\x1b[31m"), r"\x1b[31m"),  # type: ignore[arg-type]  # that is what is tested
    ],
)
def test_what_an_attempt_emitted_is_told(returned: object, words: str) -> None:
    assert emission_told(returned) == words


def test_the_end_of_each_attempt_is_told() -> None:
    assert endings_told(run(contention(3, 1), MEMORY, [0, 0, 1, 1, 2])) == ["BOOKED", "REJECTED", "unfinished"]


def test_a_path_of_the_model_is_told() -> None:
    always_booked = Semantics(emit=lambda _verdict: Done(ModelOutcome.BOOKED))
    seen = search(system_of(contention(2, 2), MEMORY), always_booked)

    assert path_told(seen.violations[0], contention(2, 2)) == ["a observe", "b observe", "a persist", "b persist"]


def test_a_store_is_told_as_plain_data() -> None:
    held = Snapshot((("room", Resource(3, 2, 1)),), (Reservation("ann", "room", 2),))

    assert store_told(held) == {
        "resources": {"room": {"capacity": 3, "confirmed": 2, "version": 1}},
        "reservations": [{"booking_id": "ann", "resource_id": "room", "units": 2}],
    }


def test_a_token_carries_the_fingerprint_of_scenario_and_implementation() -> None:
    marks = {
        fingerprint(scenario, implementation)
        for scenario in (TWO, contention(2, 2), contention(3, 1))
        for implementation in (MEMORY, *GALLERY.values())
    }

    assert len(marks) == 3 * (1 + len(GALLERY))
    assert Schedule.parse(str(token([0, 1], TWO, MEMORY))).fingerprint in marks


def test_the_line_that_replays_names_the_implementation_unless_it_is_the_usual_one() -> None:
    usual = replay_command([0, 1], TWO, MEMORY, options_of(TWO))
    flawed = replay_command([0, 1], TWO, GALLERY["ignores-version"], "--attempts 2")

    assert usual == f"lastseat replay 0.1@{fingerprint(TWO, MEMORY)} --scenario attempts-2-capacity-1"
    assert flawed.endswith(" --attempts 2 --implementation ignores-version")


@given(text=st.text(st.characters(codec="utf-8")))
def test_a_shell_word_is_printable(text: str) -> None:
    assert shell_word(text).isprintable()


@given(text=st.text(st.characters(codec="utf-8")).filter(str.isprintable))
def test_a_printable_shell_word_is_read_back_as_one_word(text: str) -> None:
    assert shlex.split(shell_word(text)) == [text]


@pytest.mark.parametrize(
    ("text", "word"),
    [("a b", "'a b'"), ("a\nb'c", r"$'a\x0ab\'c'"), ("\u202e", r"$'\xe2\x80\xae'"), ("\udcff", r"$'\xff'")],
)
def test_what_is_not_printable_is_escaped_as_shells_do(text: str, word: str) -> None:
    assert shell_word(text) == word
