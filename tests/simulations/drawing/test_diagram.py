"""What a diagram says of an execution, before it is drawn."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, NotObserved, Observation, Outcome, Proposal, Verdict
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.drawing.bookings import booking_diagram
from lastseat.simulations.drawing.diagram import Diagram, Hold, Kind, Tone
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.operations import Operation

RACE = contention(attempts=3, capacity=1)


class Trusting(MemoryStore):
    """Applies every proposal."""

    def persist(self, proposal: Proposal) -> Verdict:
        self._apply(proposal)
        return Verdict.ACCEPTED


class Forgetful(MemoryStore):
    """Observes what was there at the beginning."""

    def observe(self, resource_id: str) -> Observation:
        return MemoryStore.open({resource_id: 1}).observe(resource_id)


class Silent(MemoryStore):
    """Answers no observe."""

    def observe(self, resource_id: str) -> Observation:  # noqa: ARG002 - the contract names it
        return NotObserved.UNAVAILABLE


class Lossy(MemoryStore):
    """Applies a proposal and loses the answer."""

    def persist(self, proposal: Proposal) -> Verdict:
        super().persist(proposal)
        return Verdict.ACKNOWLEDGEMENT_LOST


@dataclass(frozen=True)
class Reset:
    """A foreign operation that empties the store and names no resource."""

    kind: ClassVar[str] = "reset"

    def perform(self, store: MemoryStore) -> object:
        store.restore(MemoryStore.open({"seats": 1}).snapshot())
        return object()

    async def perform_async(self, store: Any) -> object:
        return self.perform(store)


def persistent(request: BookingRequest) -> Attempt:
    """Try until there is no conflict."""
    while True:
        observation = yield Observe(request.resource_id)
        verdict = yield Persist(propose(request, observation))
        if verdict is not Verdict.VERSION_CONFLICT:
            return emit(verdict)


def resetting(request: BookingRequest) -> Attempt:
    emission = yield from attempt_booking(request)
    yield Reset()
    return emission


def hasty(_: BookingRequest) -> Attempt:
    """Decide before the first step."""
    return Emission(Outcome.REJECTED)
    yield Reset()


def on(*requests: BookingRequest) -> Scenario:
    return Scenario("one", "One", (("room", 2), ("seats", 1)), requests)


def drawn(
    scenario: Scenario, implementation: Implementation, steps: Iterable[Step], violating: Collection[int] = ()
) -> Diagram:
    return booking_diagram(run(scenario, implementation, steps), scenario, violating=violating)


def last_words(diagram: Diagram) -> tuple[str, str]:
    return diagram.marks[-1].head, diagram.marks[-1].reason


ANN, BOB = BookingRequest("ann", "seats"), BookingRequest("bob", "seats")
PAIR, TRIO = BookingRequest("pair", "room", 2), BookingRequest("solo", "room", 1)
OTHER = BookingRequest("ann", "room")


@pytest.mark.parametrize(
    ("scenario", "implementation", "steps", "head", "reason"),
    [
        pytest.param(on(ANN), MEMORY, [0, 0], "BOOKED", "v0 is current", id="accepted"),
        pytest.param(on(ANN, ANN), MEMORY, [0, 1, 0, 1], "BOOKED", "recorded already", id="a repeated delivery"),
        pytest.param(on(ANN, BOB), MEMORY, [0, 1, 0, 1], "FAILED", "v0 is stale", id="a version conflict"),
        pytest.param(on(ANN, BOB), MEMORY, [0, 0, 1, 1], "REJECTED", "fresh, but full", id="nothing left"),
        pytest.param(on(TRIO, PAIR), MEMORY, [0, 0, 1, 1], "REJECTED", "fresh, but 1 left", id="too few left"),
        pytest.param(on(ANN, BOB), CAPACITY_FIRST, [0, 1, 0, 1], "REJECTED", "stale, and full", id="capacity first"),
        pytest.param(on(ANN, OTHER), MEMORY, [0, 0, 1, 1], "FAILED", "id in use", id="identifier reuse"),
        pytest.param(
            on(BookingRequest("ann", "none")), MEMORY, [0, 0], "FAILED", "no such resource", id="unknown resource"
        ),
        pytest.param(
            on(ANN), Implementation("s", Silent.open), [0], "FAILED", "store unavailable", id="no answer at observe"
        ),
        pytest.param(on(ANN), Implementation("l", Lossy.open), [0, 0], "FAILED", "answer lost", id="no answer"),
        pytest.param(
            on(ANN, BOB), GALLERY["rejects-early"], [0, 0, 1], "REJECTED", "before persist", id="decided early"
        ),
        pytest.param(
            on(ANN, BOB), GALLERY["rejects-conflicts"], [0, 1, 0, 1], "REJECTED", "v0 is stale", id="a hidden one"
        ),
        pytest.param(
            on(TRIO, OTHER), GALLERY["ignores-version"], [0, 1, 0, 1], "BOOKED", "trusts v0", id="an ignored version"
        ),
        pytest.param(
            on(ANN, BOB), Implementation("p", MemoryStore.open, persistent), [0, 1, 0, 1],
            "version conflict", "v0 is stale", id="a persist before another try",
        ),
        pytest.param(
            Scenario("one", "One", (("seats", 1),), (ANN,)), Implementation("r", MemoryStore.open, resetting),
            [0, 0, 0], "BOOKED", "", id="an outcome after a foreign step",
        ),
    ],
)  # fmt: skip
def test_an_outcome_is_explained_in_a_few_words(
    scenario: Scenario, implementation: Implementation, steps: list[int], head: str, reason: str
) -> None:
    """Clauses: emit.one, emit.reason, persist.order"""
    diagram = drawn(scenario, implementation, steps)

    assert last_words(diagram) == (head, reason)


def test_the_copy_of_one_attempt_is_stale_from_the_effective_persist_of_another() -> None:
    """Clause: observe.stale"""
    diagram = drawn(RACE, MEMORY, [0, 1, 0, 2, 1])

    assert set(diagram.holds) == {Hold(0, 1, None, 3), Hold(1, 2, 3, 5), Hold(2, 4, None, None)}
    assert [mark.effective for mark in diagram.marks] == [False, False, True, False, False]


def test_a_persist_on_another_resource_makes_no_copy_stale() -> None:
    diagram = drawn(on(ANN, TRIO), MEMORY, [0, 1, 0, 1])

    assert [hold.stale for hold in diagram.holds] == [None, None]


def test_a_copy_that_comes_from_the_past_is_stale_at_once() -> None:
    diagram = drawn(RACE, Implementation("forgetful", Forgetful.open), [0, 0, 1])

    assert diagram.holds[-1] == Hold(1, 3, 3, None)


def test_an_observe_again_ends_the_copy_that_was_held() -> None:
    stubborn = Implementation("persistent", MemoryStore.open, persistent)

    diagram = drawn(RACE, stubborn, [0, 1, 0, 1, 1])

    assert [hold for hold in diagram.holds if hold.row == 1] == [Hold(1, 2, 3, 4), Hold(1, 5, None, None)]


def test_the_store_goes_from_box_to_box_with_every_effective_persist() -> None:
    [lane] = drawn(contention(3, 2), MEMORY, [0, 1, 0, 1, 2, 2]).lanes

    assert [(box.start, box.texts[0], box.fullness) for box in lane.boxes] == [
        (0, "version 0 · 0 of 2", 0.0),
        (3, "version 1 · 1 of 2", 0.5),
        (6, "version 2 · 2 of 2", 1.0),
    ]


def test_a_store_with_more_confirmed_than_there_is_is_a_violation() -> None:
    """Clause: state.capacity"""
    [lane] = drawn(RACE, Implementation("trusting", Trusting.open), [0, 1, 0, 1]).lanes

    assert [(box.texts[-2], box.violating) for box in lane.boxes] == [
        ("v0 · 0/1", False),
        ("v1 · 1/1", False),
        ("v2 · 2/1", True),
    ]


def test_a_store_that_confirms_less_than_is_reserved_is_a_violation_until_it_is_repaired() -> None:
    """Clause: state.sum"""
    [lane] = drawn(contention(2, 2), GALLERY["writes-in-two-steps"], [0, 0, 1]).lanes

    assert [(box.start, box.texts[1], box.violating) for box in lane.boxes] == [
        (0, "v0 · 0/2", False),
        (2, "v1 · 0/2, but 1 reserved", True),
        (3, "v1 · 1/2", False),
    ]


def test_a_booking_id_that_is_recorded_twice_is_a_violation() -> None:
    """Clause: state.unique"""
    twice = contention(2, 2, same_id=True)

    [lane] = drawn(twice, GALLERY["forgets-identity"], [0, 0, 1, 1]).lanes

    assert (lane.boxes[-1].texts[1], lane.boxes[-1].violating) == ("v2 · 2/2, one id twice", True)


def test_a_step_that_is_known_to_break_a_property_is_a_violation() -> None:
    diagram = drawn(contention(2, 2), GALLERY["ignores-version"], [0, 1, 0, 1], violating={4})

    assert [mark.tone for mark in diagram.marks] == [Tone.NEUTRAL, Tone.NEUTRAL, Tone.BOOKED, Tone.VIOLATION]
    assert diagram.violates


@pytest.mark.parametrize(("name", "harmless"), [("ignores-version", False), ("rejects-conflicts", True)])
def test_a_stale_copy_that_took_effect_is_not_harmless(name: str, harmless: bool) -> None:
    """Clause: persist.compare_and_swap"""
    diagram = drawn(contention(2, 2), GALLERY[name], [0, 1, 0, 1])

    assert diagram.is_harmless is harmless


def test_an_attempt_that_is_not_over_says_how_far_it_came() -> None:
    """Clauses: fault.crash, progress.suspension"""
    diagram = drawn(RACE, MEMORY, [0, 0, 1])
    locking = drawn(RACE, GALLERY["locks-on-observe"], [1])

    assert [row.note for row in diagram.rows] == ["", "no outcome yet", "not begun"]
    assert [row.note for row in locking.rows] == ["has to wait", "no outcome yet", "has to wait"]


def test_an_attempt_that_ended_without_a_step_says_so() -> None:
    diagram = drawn(RACE, Implementation("hasty", MemoryStore.open, hasty), [])

    assert diagram.rows[0].stepless == ("REJECTED", "without a step")
    assert (diagram.marks, len(diagram.lanes)) == ((), 1)


def test_a_foreign_step_tells_its_kind_what_it_gave_and_that_it_wrote() -> None:
    scenario = Scenario("one", "One", (("seats", 1),), (ANN,))

    mark = drawn(scenario, Implementation("r", MemoryStore.open, resetting), [0, 0, 0]).marks[-1]

    assert (mark.kind, mark.label, mark.detail, mark.effective) == (Kind.OTHER, "reset", "→ object", True)


class Register:
    """A store that is no booking store: one number, counted up by every step."""

    def __init__(self) -> None:
        self.value = 0

    def snapshot(self) -> int:
        return self.value


@dataclass(frozen=True)
class Count(Operation):
    """Add one, and give what was there."""

    kind: ClassVar[str] = "count"

    def perform(self, store: Register, /) -> int:
        store.value += 1
        return store.value - 1


def counting(_: BookingRequest) -> Attempt:
    yield Count()  # type: ignore[misc]
    return None  # type: ignore[return-value]


def test_a_store_of_another_kind_is_one_lane_of_numbered_states() -> None:
    implementation = Implementation("counting", lambda _: Register(), counting)  # type: ignore[arg-type, return-value]

    diagram = drawn(RACE, implementation, [1, 0])

    assert [(lane.name, [box.texts[0] for box in lane.boxes]) for lane in diagram.lanes] == [
        ("store", ["state 0", "state 1", "state 2"])
    ]
    assert [(mark.detail, mark.head, mark.lane) for mark in diagram.marks] == [
        ("→ 0", "ended", 0),
        ("→ 1", "ended", 0),
    ]


def test_several_resources_have_a_lane_each_and_an_unknown_one_too() -> None:
    diagram = drawn(on(ANN, BookingRequest("bob", "sauna")), MEMORY, [0, 1])

    assert [(lane.name, lane.boxes[0].texts[0]) for lane in diagram.lanes] == [
        ("sauna", "no such resource"),
        ("seats", "version 0 · 0 of 1"),
    ]
    assert [mark.lane for mark in diagram.marks] == [1, 0]
