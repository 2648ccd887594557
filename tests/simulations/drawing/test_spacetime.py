"""What holds of every diagram, whatever is executed: hostile ids, wrong code, any schedule, finished or not."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, ClassVar, TypeAlias
from xml.etree import ElementTree as ET

from hypothesis import example, given, settings
from hypothesis import strategies as st

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, emit, propose
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, NotObserved, Outcome, Proposal, Resource, Verdict
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scheduler import recorder, run
from lastseat.simulations.common.widths import BOLD, em
from lastseat.simulations.drawing.page import TINY
from lastseat.simulations.drawing.spacetime import spacetime_svg, spacetime_text
from lastseat.simulations.drawing.text import LEAST_WIDTH
from lastseat.simulations.kernel.actions import Action, Fault, Faults
from lastseat.simulations.kernel.run import Recorder, Run
from lastseat.simulations.kernel.stepping import MisfitError

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Foreign:
    """An operation that nothing here has heard of."""

    kind: ClassVar[str] = "compare-and-swap<&>\n" * 9

    def perform(self, store: Any) -> Any:
        return store

    async def perform_async(self, store: Any) -> Any:
        return store


class Trusting(MemoryStore):
    """Applies every proposal."""

    def persist(self, proposal: Proposal) -> Verdict:
        if proposal.request.resource_id not in self._resources:
            return Verdict.UNKNOWN_RESOURCE
        self._apply(proposal)
        return Verdict.ACCEPTED


class Forgetful(MemoryStore):
    """Answers the second of three observes from the past, and the third one not at all."""

    observed = 0

    def observe(self, resource_id: str) -> Any:
        self.observed += 1
        if self.observed % 3 == 0:
            return NotObserved.UNAVAILABLE
        resource = super().observe(resource_id)
        return replace(resource, version=0) if isinstance(resource, Resource) and self.observed % 3 == 2 else resource


def stubborn(request: BookingRequest) -> Attempt:
    """Try three times, with a foreign step before each try; some do not even begin."""
    if request.units == 3:
        return Emission(Outcome.REJECTED)
    verdict = Verdict.STORE_UNAVAILABLE
    for _ in range(3):
        yield Foreign()
        observation = yield Observe(request.resource_id)
        verdict = yield Persist(propose(request, observation))
        if verdict is not Verdict.VERSION_CONFLICT:
            break
    return emit(verdict)


def blind(request: BookingRequest) -> Attempt:
    """Persist without an observe, and return something that is no outcome."""
    yield Persist(Proposal(request, 0, request.units))
    return "<b>\x1b" * 50  # type: ignore[return-value]


IMPLEMENTATIONS = [
    MEMORY,
    CAPACITY_FIRST,
    *GALLERY.values(),
    Implementation("trusting", Trusting.open),
    Implementation("forgetful", Forgetful.open),
    Implementation("stubborn", MemoryStore.open, stubborn),
    Implementation("stubborn-trusting", Trusting.open, stubborn),
    Implementation("blind", MemoryStore.open, blind),
]

HOSTILE = (
    "ann", "\"'<&>]]>", "\x00\x1b[31m\n\r\t", "\u202eabc\u2066", "日本語" * 9, "a\u0301\u0302\u0303" * 20,
    "\ud800\uffff",
    "x" * 10_000, " ", "\ufdfd" * 3, "\U0001242b" * 2, "\U0001f469\u200d\U0001f467", "לא ידוע", "\u0301",
)  # fmt: skip
hostile = st.sampled_from(HOSTILE)
ids = hostile | st.text(min_size=1, max_size=12)


Executed: TypeAlias = tuple[Run, Scenario]


@st.composite
def executions(draw: st.DrawFn) -> Executed:
    resources = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    capacities = tuple((name, draw(st.integers(0, 3) | st.just(1_000_000_000))) for name in resources[:2])
    units = st.sampled_from([1, 1, 1, 2, 3, 1_000_000_000])
    requests = st.builds(BookingRequest, ids, st.sampled_from(resources), units)
    delivered = tuple(draw(st.lists(requests, min_size=1, max_size=8)))
    scenario = Scenario("drawn", "Drawn", capacities, delivered, Faults(draw(st.integers(0, 3))))
    recorded = recorder(scenario, draw(st.sampled_from(IMPLEMENTATIONS)))
    faults = st.sampled_from([None, None, None, *Fault])
    for pick, fault in draw(st.lists(st.tuples(st.integers(0, 7), faults), max_size=24)):
        execution = recorded.execution
        free = [*execution.free(), *execution.redeliveries()[: 8 - rows(recorded)]]
        if free:
            step(recorded, sorted(free)[pick % len(free)], fault)
    return recorded.run(), scenario


def rows(recorded: Recorder) -> int:
    """How many attempts there are so far, redeliveries included."""
    originals = recorded.program.originals
    later = range(originals, len(recorded.program.processes))
    return originals + sum(map(recorded.execution.has_begun, later))


def step(recorded: Recorder, who: int, fault: Fault | None) -> None:
    """Take a step, with a fault in it if it can strike there."""
    try:
        recorded.take(Action(who, fault) if fault else who)
    except MisfitError:
        recorded.take(who)


# A conflict, and the same attempt's next step right after it.
TWO = contention(attempts=2, capacity=2)
TRIED_AGAIN = run(TWO, Implementation("stubborn", MemoryStore.open, stubborn), [0, 1, 0, 1, 0, 1, 1, 1]), TWO


# The second observe answers from the past: that copy is stale before it is held.
STALE_AT_ONCE = run(TWO, Implementation("forgetful", Forgetful.open), [0, 0, 1]), TWO


@dataclass(frozen=True)
class Extent:
    """The rectangle that a text takes, by the estimate of its width."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Extent") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def extents(root: ET.Element) -> Iterator[Extent]:
    for element in root.iter(f"{SVG}text"):
        said, size = element.text or "", number(element, "font-size")
        width = em(said) * size * (BOLD if element.get("font-weight") else 1)
        x, y = number(element, "x"), number(element, "y")
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[element.attrib["text-anchor"]]
        yield Extent(said, left, y - 0.8 * size, left + width, y + 0.25 * size)


def boxes(root: ET.Element) -> list[Extent]:
    """Return the page and then the boxes of the lanes."""
    found = []
    for element in root.iter(f"{SVG}rect"):
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        found.append(Extent("", x, y, x + number(element, "width"), y + number(element, "height")))
    return found


def within(inner: Extent, outer: Extent, slack: float = 0.2) -> bool:
    across = outer.left - slack <= inner.left and inner.right <= outer.right + slack
    return across and outer.top - slack <= inner.top and inner.bottom <= outer.bottom + slack


@settings(deadline=None, max_examples=60)
@given(executions(), st.sets(st.integers(1, 24)))
@example(TRIED_AGAIN, set())
def test_no_text_of_a_picture_meets_another_or_leaves_the_page(executed: Executed, violating: set[int]) -> None:
    root = parsed(spacetime_svg(*executed, violating=violating))

    texts = list(extents(root))

    assert [(one.text, other.text) for one, other in combinations(texts, 2) if one.meets(other)] == []
    assert [one.text for one in texts if not within(one, boxes(root)[0])] == []


@settings(deadline=None, max_examples=60)
@given(executions())
@example(STALE_AT_ONCE)
def test_no_line_from_the_store_crosses_a_text(executed: Executed) -> None:
    root = parsed(spacetime_svg(*executed))

    lanes = boxes(root)[1:]
    outside = [text for text in extents(root) if not any(within(text, lane) for lane in lanes)]
    upright = [line for line in root.iter(f"{SVG}line") if line.get("x1") == line.get("x2")]
    lines = [
        Extent("", number(one, "x1"), number(one, "y1"), number(one, "x1"), number(one, "y2")) for one in upright
    ]

    assert [text.text for text in outside for line in lines if text.meets(line)] == []
    assert len(lines) == reached_by(executed[0])


@settings(deadline=None, max_examples=60)
@given(executions())
def test_every_step_is_in_the_picture_once_and_in_order(executed: Executed) -> None:
    root = parsed(spacetime_svg(*executed))

    numbers = [one.text for one in root.iter(f"{SVG}text") if number(one, "font-size") == TINY]
    shapes = [*root.iter(f"{SVG}circle"), *root.iter(f"{SVG}polygon")]

    assert numbers == [str(taken.number) for taken in executed[0].taken]
    assert sum(is_point(shape) for shape in shapes) == reached_by(executed[0])


def reached_by(executed: Run) -> int:
    """How many steps were not replaced by a crash."""
    return sum(taken.fault is not Fault.CRASH_BEFORE for taken in executed.taken)


def is_point(shape: ET.Element) -> bool:
    """A circle or a diamond; an arrowhead has three corners."""
    return shape.tag == f"{SVG}circle" or len(shape.attrib["points"].split()) == 4


@settings(deadline=None, max_examples=60)
@given(executions(), st.integers(LEAST_WIDTH, 120), st.sets(st.integers(1, 24)))
def test_no_line_of_a_text_is_wider_than_the_terminal(executed: Executed, width: int, violating: set[int]) -> None:
    drawn = spacetime_text(*executed, width=width, violating=violating)

    lines = drawn.split("\n")

    assert max(map(terminal_columns, lines)) <= width
    assert [line for line in lines if not line.isprintable()] == []


def terminal_columns(line: str) -> int:
    """The columns of a line, from the character database alone."""
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in line)
    marks = sum(unicodedata.category(one) in ("Mn", "Me") for one in line)
    return len(line) + wide - marks
