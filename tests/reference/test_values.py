"""The values refuse what must never reach a store, and say what they were given.

Clause: request.valid
"""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastseat.reference.values import BookingRequest, Emission, Outcome, Reason, Reservation, Resource

no_text = st.just("") | st.none() | st.integers() | st.binary() | st.lists(st.text())
no_count = st.none() | st.booleans() | st.floats() | st.text() | st.binary()
id_names = st.sampled_from(["booking_id", "resource_id"])


@given(name=id_names, value=no_text)
def test_a_request_without_an_id_is_refused_with_its_value(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be") as refusal:
        replace(BookingRequest("ann", "room"), **{name: value})

    assert str(refusal.value).endswith(f"not {value!r}")


@given(units=st.integers(max_value=0) | no_count)
def test_a_request_for_no_positive_number_of_units_is_refused_with_its_value(units: Any) -> None:
    with pytest.raises(ValueError, match=r"^units must be") as refusal:
        BookingRequest("ann", "room", units)

    assert str(refusal.value).endswith(f"not {units!r}")


@given(capacity=st.integers(max_value=-1) | no_count)
def test_a_resource_without_a_capacity_is_refused_with_its_value(capacity: Any) -> None:
    with pytest.raises(ValueError, match=r"^capacity must be") as refusal:
        Resource(capacity)

    assert str(refusal.value).endswith(f"not {capacity!r}")


@given(booking_id=st.text(min_size=1), resource_id=st.text(min_size=1), units=st.integers(min_value=1))
def test_every_other_request_is_kept_as_it_is(booking_id: str, resource_id: str, units: int) -> None:
    request = BookingRequest(booking_id, resource_id, units)

    assert (request.booking_id, request.resource_id, request.units) == (booking_id, resource_id, units)


def test_a_resource_of_no_capacity_is_a_resource() -> None:
    assert Resource(0) == Resource(capacity=0, confirmed=0, version=0)


def test_a_request_cannot_be_changed() -> None:
    request = BookingRequest("ann", "room")

    with pytest.raises(FrozenInstanceError):
        request.units = -1  # type: ignore[misc]


@pytest.mark.parametrize("other", [{"booking_id": "bob"}, {"resource_id": "desk"}, {"units": 2}])
def test_a_reservation_is_of_the_request_that_asks_for_exactly_it(other: dict[str, Any]) -> None:
    """Clause: persist.identity"""
    reservation, request = Reservation("ann", "room", 1), BookingRequest("ann", "room", 1)

    assert reservation.is_of(request)
    assert not reservation.is_of(replace(request, **other))


def test_a_failed_emission_reads_with_its_reason() -> None:
    """Clause: emit.reason"""
    assert str(Emission(Outcome.FAILED, Reason.VERSION_CONFLICT)) == "FAILED (version conflict)"
    assert str(Emission(Outcome.BOOKED)) == "BOOKED"
