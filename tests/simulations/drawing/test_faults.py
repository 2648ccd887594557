"""How faults are drawn: crashes, no answer, lost answers, and deliveries that are repeated."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.drawing.diagram import Diagram, Kind, Tone
from lastseat.simulations.drawing.spacetime import diagram_of, spacetime_svg, spacetime_text
from lastseat.simulations.kernel.actions import Action, Fault, Faults, Step, fault_of
from lastseat.simulations.kernel.run import Run

SVG = "{http://www.w3.org/2000/svg}"
FAULTY = replace(contention(2, 2), faults=Faults(2))


def executed(*steps: Step) -> Run:
    return run(FAULTY, MEMORY, steps)


def drawn(*steps: Step) -> Diagram:
    return diagram_of(executed(*steps), FAULTY)


@pytest.mark.parametrize(
    ("steps", "kind", "tone", "head", "reason", "effective"),
    [
        ((0, Action(0, Fault.CRASH_BEFORE)), Kind.CRASH, Tone.NEUTRAL, "CRASH", "before persist", False),
        ((Action(0, Fault.CRASH_BEFORE),), Kind.CRASH, Tone.NEUTRAL, "CRASH", "before observe", False),
        ((0, Action(0, Fault.CRASH_AFTER)), Kind.PERSIST, Tone.NEUTRAL, "CRASH", "before emit", True),
        ((0, Action(0, Fault.UNAVAILABLE)), Kind.PERSIST, Tone.FAILED, "FAILED", "store unavailable", False),
        ((0, Action(0, Fault.ANSWER_LOST)), Kind.PERSIST, Tone.FAILED, "FAILED", "answer lost", True),
    ],
)
def test_a_fault_says_what_became_of_its_attempt(
    steps: tuple[Step, ...], kind: Kind, tone: Tone, head: str, reason: str, effective: bool
) -> None:
    diagram = drawn(*steps)

    mark = diagram.marks[-1]
    assert (mark.kind, mark.tone, mark.head, mark.reason, mark.effective) == (kind, tone, head, reason, effective)
    assert mark.fault is fault_of(steps[-1])
    assert diagram.has_fault


def test_an_attempt_that_crashed_holds_no_copy_any_more() -> None:
    diagram = drawn(0, Action(0, Fault.CRASH_BEFORE), 1, 1)

    assert [(hold.row, hold.start, hold.stale, hold.end) for hold in diagram.holds] == [
        (0, 1, None, 2),
        (1, 3, None, 4),
    ]
    assert diagram.rows[0].note == ""


def test_only_redeliveries_that_were_made_have_a_row() -> None:
    diagram = drawn(0, 2, 0, 2)

    assert [row.name for row in diagram.rows] == ["a", "b", "a again"]
    assert [mark.row for mark in diagram.marks] == [0, 2, 0, 2]
    assert [hold.row for hold in diagram.holds] == [0, 2]


def crosses(execution: Run) -> int:
    """Count the crosses: each is two strokes on two wider ones in the colour of the paper."""
    lines = ET.fromstring(spacetime_svg(execution, FAULTY)).iter(f"{SVG}line")
    oblique = [one for one in lines if one.get("x1") != one.get("x2") and one.get("y1") != one.get("y2")]
    assert len(oblique) % 4 == 0
    return len(oblique) // 4


def test_each_fault_has_a_cross_and_is_explained() -> None:
    struck, quiet = executed(0, 1, Action(0, Fault.ANSWER_LOST), Action(1, Fault.UNAVAILABLE)), executed(0, 1, 0, 1)

    assert (crosses(struck), crosses(quiet)) == (2, 0)
    assert "Cross: a fault." in spacetime_svg(struck, FAULTY)
    assert "Cross" not in spacetime_svg(quiet, FAULTY)


def test_a_line_to_a_store_that_does_not_answer_ends_at_the_cross() -> None:
    silent = Action(0, Fault.UNAVAILABLE)
    pictures = [ET.fromstring(spacetime_svg(executed(step), FAULTY)) for step in (silent, 0)]

    tops = [
        min(float(line.attrib["y1"]) for line in root.iter(f"{SVG}line") if line.get("x1") == line.get("x2"))
        for root in pictures
    ]

    assert tops[0] == tops[1] + 40


def test_a_text_marks_faults_with_a_cross() -> None:
    scenario = replace(FAULTY, faults=Faults(4))
    lost, silent, crash = Action(0, Fault.ANSWER_LOST), Action(2, Fault.UNAVAILABLE), Action(1, Fault.CRASH_BEFORE)

    drawn = spacetime_text(run(scenario, MEMORY, [0, 1, lost, 2, silent, crash]), scenario)

    assert drawn == (
        """\
2 attempts, capacity 2
○ observe: holds a copy ━, stale ░   ● persist: ▲ took effect, △ did not
✗ a fault: a crash, no answer (at the store), a lost answer (at the attempt)

         ┌───────────┬──────────────────────────────────────┐
store    │ v0 · 0/2  │          version 1 · 1 of 2          │
         └─┬────┬────▲─────────────┬────✗───────────────────┘
a        ──○v0━━┿━━━━✗ FAILED──────┼────┼────────────────────
                ┊      answer lost ┊    │
b        ───────○v0━━░░░░░░░░░░░░░░▒░░░░▒░░░✗ CRASH──────────
                                   ┊    │     before persist
a again  ──────────────────────────○v1━━● FAILED─────────────
                                          store unavailable
step       1    2    3             4    5   6
"""
    )
