import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.scenario import MOST_UNITS, Scenario, contention
from lastseat.simulations.bookings.scenario_file import shipped_folder, shipped_scenarios

TWO = contention(attempts=2, capacity=1)


def with_ids(*booking_ids: str) -> Scenario:
    return replace(TWO, requests=tuple(BookingRequest(one, "seats") for one in booking_ids))


def one_line(text: str) -> bool:
    return len(text.splitlines()) == 1 and text.isprintable()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"requests": ()}, "at least one request", id="no request"),
        pytest.param({"capacities": (("a", 1), ("a", 2))}, '"a" is there twice', id="a duplicate resource"),
        pytest.param({"capacities": (("a", -1),)}, "not -1", id="a negative capacity"),
        pytest.param({"capacities": (("a", True),)}, "not True", id="a truth value as capacity"),
        pytest.param({"capacities": (("a", MOST_UNITS + 1),)}, f"not {MOST_UNITS + 1}", id="a vast capacity"),
        pytest.param({"capacities": (("a", 10**9999),)}, "not 2**", id="a capacity too long to print"),
        pytest.param({"capacities": (("", 1),)}, "not ''", id="an empty resource id"),
        pytest.param({"requests": (BookingRequest("a", "b", 10**9999),)}, "not 2**", id="vastly many units"),
        pytest.param({"name": "../etc"}, '"../etc"', id="a name with a slash"),
        pytest.param({"name": ""}, 'not ""', id="an empty name"),
        pytest.param({"name": "a\n"}, r"a\n", id="a name with a line end"),
        pytest.param({"title": " "}, 'not " "', id="a blank title"),
        pytest.param({"title": "one\ntwo"}, r"one\ntwo", id="a title of two lines"),
        pytest.param({"title": "\x1b[31mred"}, r"\x1b[31mred", id="a title that colours the terminal"),
        pytest.param({"title": "t" * 121}, "ttt…ttt", id="a title that is too long"),
    ],
)
def test_a_wrong_scenario_is_refused_with_the_value(change: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is checked below
        replace(TWO, **change)  # type: ignore[arg-type]

    assert complaint in str(refused.value)
    assert one_line(str(refused.value))


def test_capacities_are_kept_sorted_by_id() -> None:
    unsorted = (("b", 1), ("a", 2), ("c", 0))

    scenario = replace(TWO, capacities=unsorted)

    assert scenario.capacities == (("a", 2), ("b", 1), ("c", 0))


@pytest.mark.parametrize(
    ("booking_ids", "labels"),
    [
        pytest.param(("ann", "bob"), ("ann", "bob"), id="unique ids are their own labels"),
        pytest.param(("ann", "bob", "ann"), ("ann#1", "bob", "ann#2"), id="repeated ids are numbered"),
        pytest.param(("a#1", "a", "a"), ("a#1", "a#1~2", "a#2"), id="a number that is also an id is told apart"),
        pytest.param(("\x1b[2J", "b\n"), (r"\x1b[2J", r"b\n"), id="control characters are escaped"),
        pytest.param((" ", "ann "), ('" "', '"ann "'), id="an edge of spaces is made visible"),
        pytest.param(
            ("x" * 99, "x" * 98 + "y", "x" * 98),
            ("x" * 16 + "…" + "x" * 7, "x" * 16 + "…" + "x" * 6 + "y", "x" * 16 + "…" + "x" * 7 + "~2"),
            id="long ids lose their middle",
        ),
    ],
)
def test_labels_are_short_readable_names(booking_ids: tuple[str, ...], labels: tuple[str, ...]) -> None:
    assert with_ids(*booking_ids).labels == labels


@given(st.lists(st.text(min_size=1) | st.sampled_from(["a", "a#1", "a#1~2", "a#2"]), min_size=1, max_size=9))
def test_labels_are_unique_and_safe_for_a_terminal(booking_ids: list[str]) -> None:
    labels = with_ids(*booking_ids).labels

    assert len(set(labels)) == len(booking_ids)
    assert all(label == label.strip() and one_line(label) and len(label) < 36 for label in labels)


def test_a_fingerprint_is_pinned_so_that_printed_schedules_stay_valid() -> None:
    assert TWO.fingerprint() == "e64abc28"


def test_a_fingerprint_depends_on_no_name_and_no_title() -> None:
    renamed = replace(TWO, name="other", title="Other")

    assert renamed.fingerprint() == TWO.fingerprint()


REQUESTS = st.builds(BookingRequest, st.text(min_size=1), st.text(min_size=1), st.integers(1, 9))
SCENARIOS = st.builds(
    lambda capacities, requests: Scenario("any", "Any", tuple(capacities.items()), tuple(requests)),
    st.dictionaries(st.text(min_size=1), st.integers(0, 9), max_size=3),
    st.lists(REQUESTS, min_size=1, max_size=3),
)


@given(SCENARIOS, SCENARIOS)
def test_different_content_has_a_different_fingerprint(one: Scenario, other: Scenario) -> None:
    assume(one != other)

    assert one.fingerprint() != other.fingerprint()


def test_the_order_of_requests_is_part_of_the_fingerprint() -> None:
    swapped = replace(TWO, requests=TWO.requests[::-1])

    assert swapped.fingerprint() != TWO.fingerprint()


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_interleavings_of_two_steps_are_the_distinct_orders(attempts: int) -> None:
    orders = set(permutations(list(range(attempts)) * 2))

    assert contention(attempts, capacity=1).interleavings_of_two_steps() == len(orders)


def test_six_attempts_have_7484400_interleavings() -> None:
    assert contention(attempts=6, capacity=3).interleavings_of_two_steps() == 7_484_400


def test_contention_puts_every_attempt_on_one_resource() -> None:
    scenario = contention(attempts=3, capacity=2)

    assert scenario.capacities == (("seats", 2),)
    assert scenario.requests == tuple(BookingRequest(one, "seats", 1) for one in "abc")
    assert scenario.name == "attempts-3-capacity-2"
    assert scenario.title == "3 attempts, capacity 2"


def test_one_number_of_units_is_for_all_attempts() -> None:
    scenario = contention(attempts=2, capacity=4, units=[2])

    assert [request.units for request in scenario.requests] == [2, 2]
    assert scenario.title == "2 attempts, capacity 4, 2 units each"


def test_units_are_taken_one_for_each_attempt() -> None:
    scenario = contention(attempts=3, capacity=4, units=[3, 1, 2])

    assert [request.units for request in scenario.requests] == [3, 1, 2]
    assert scenario.name == "attempts-3-capacity-4-units-3-1-2"
    assert scenario.title == "3 attempts, capacity 4, units 3, 1, 2"


def test_many_unequal_units_still_make_a_short_title() -> None:
    scenario = contention(attempts=40, capacity=4, units=range(1, 41))

    assert scenario.title == "40 attempts, capacity 4, unequal units"


def test_with_the_same_id_all_attempts_are_deliveries_of_one_booking() -> None:
    scenario = contention(attempts=3, capacity=2, same_id=True)

    assert scenario.labels == ("a#1", "a#2", "a#3")
    assert len(set(scenario.requests)) == 1


def test_booking_ids_go_on_after_the_alphabet() -> None:
    scenario = contention(attempts=54, capacity=1)

    ids = [request.booking_id for request in scenario.requests]
    assert ids[24:28] == ["y", "z", "a1", "b1"]
    assert ids[52:] == ["a2", "b2"]
    assert scenario.labels == tuple(ids)


@pytest.mark.parametrize(
    ("attempts", "capacity", "units", "complaint"),
    [
        pytest.param(0, 1, None, "attempts must be .* not 0", id="no attempt"),
        pytest.param(True, 1, None, "not True", id="a truth value for attempts"),
        pytest.param(10**9, 1, None, "not 1000000000", id="more attempts than memory holds"),
        pytest.param(10**9999, 1, None, r"not 2\*\*", id="a number too long to print"),
        pytest.param(2, -1, None, 'capacity of "seats" .* not -1', id="a negative capacity"),
        pytest.param(2, 1, [1, 2, 3], "1 number or 2, .* not 3 numbers", id="too many units"),
        pytest.param(3, 1, [1, 2], "1 number or 3, .* not 2 numbers", id="too few units"),
        pytest.param(2, 1, [], "not 0 numbers", id="no units"),
        pytest.param(2, 1, [1, 0], "units must be .* not 0", id="zero units"),
        pytest.param(2, 1, [10**9999], r"units must be .* not 2\*\*", id="vastly many units"),
    ],
)
def test_contention_refuses_numbers_that_make_no_scenario(
    attempts: int, capacity: int, units: list[int] | None, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        contention(attempts, capacity, units)


SHIPPED = shipped_scenarios()


def test_the_shipped_scenarios_cover_what_a_reader_should_meet() -> None:
    names = {one.name for one in SHIPPED}

    assert names >= {
        "two-attempts-one-seat",
        "three-attempts-two-seats",
        "party-of-four-three-seats",
        "one-id-delivered-twice",
        "one-id-two-payloads",
        "two-resources-one-id",
        "capacity-zero",
        "unequal-parties",
        "unknown-resource",
        "six-attempts-three-seats",
    }


def test_the_shipped_scenarios_come_with_few_attempts_first() -> None:
    sizes = [len(one.requests) for one in SHIPPED]

    assert sizes == sorted(sizes)
    assert sizes[-2:] == [5, 6]


def test_no_two_shipped_scenarios_are_the_same_situation() -> None:
    assert len({one.fingerprint() for one in SHIPPED}) == len({one.title for one in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize("path", sorted(shipped_folder().glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_file_says_first_what_it_shows(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# Shows ")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem)
