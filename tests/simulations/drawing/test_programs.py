"""Space-time diagrams of runs of any program, through the same layout as those of bookings."""

from collections.abc import Callable, Generator
from itertools import combinations
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastseat.simulations.common.widths import BOLD, columns, em
from lastseat.simulations.drawing.diagram import Hold, Kind, Tone
from lastseat.simulations.drawing.programs import program_diagram
from lastseat.simulations.drawing.spacetime import spacetime_png, spacetime_svg, spacetime_text
from lastseat.simulations.kernel.actions import Action, Fault, Faults
from lastseat.simulations.kernel.objects import Mutex, Register, Shared
from lastseat.simulations.kernel.operations import Join, act, choose
from lastseat.simulations.kernel.program import program_of
from lastseat.simulations.kernel.run import Recorder, Run, play
from lastseat.simulations.kernel.stepping import MisfitError
from lastseat.simulations.reports.drawing import program_html

SVG = "{http://www.w3.org/2000/svg}"
Steps = Generator[Any, Any, Any]


def increment(shared: Shared) -> Steps:
    seen = yield shared.counter.read()
    yield shared.counter.write(seen + 1)


def taking(*names: str) -> Callable[[Shared], Steps]:
    def process(shared: Shared) -> Steps:
        for name in names:
            yield getattr(shared, name).acquire()
        for name in reversed(names):
            yield getattr(shared, name).release()

    return process


def asking(shared: Shared) -> Steps:
    answer = yield choose("yes", "no")
    yield shared.answer.write(answer)
    return answer


def moving(_shared: Any) -> Steps:
    """A step that says nothing of what it touches."""
    yield act("move", lambda shared: shared.append(1))
    yield Join(0)


def two_mutexes() -> Shared:
    return Shared(left=Mutex(), right=Mutex())


LOST = play(program_of([increment, increment], lambda: Shared(counter=Register(0))), [0, 1, 0, 1])
DEADLOCK = play(program_of([taking("left", "right"), taking("right", "left")], two_mutexes), [0, 1])
CRASH = play(
    program_of([taking("left"), taking("left")], two_mutexes, faults=Faults(1)), [0, Action(0, Fault.CRASH_BEFORE)]
)
CHOICE = play(program_of([asking], lambda: Shared(answer=Register(None))), [Action(0, branch=1), 0])
BLIND = play(program_of([moving, moving], list), [0, 1])
RUNS = {"lost": LOST, "deadlock": DEADLOCK, "crash": CRASH, "choice": CHOICE, "blind": BLIND}


@pytest.mark.parametrize("width", [60, 80])
def test_the_picture_of_a_lost_update(width: int) -> None:
    assert spacetime_text(LOST, width=width, title="Two increments", violating=[4]) == (
        """\
Two increments
○ a read   ● a write: ▲ changed something, △ did not
━ a lock, or a copy that is written back; ░ stale
! a property is violated

           ┌─────────┬────────────────────┐
counter    │    0    │         1          │
           └─┬───┬───▲─────────△──────────┘
process 0  ──○0━━┿━━━● write 1─┼───────────
                 ┊     ends    │
process 1  ──────○0━━░░░░░░░░░░● write 1 !─
                                 ends
step         1   2   3         4
"""
    )


def test_the_picture_of_a_deadlock_shows_who_holds_what_and_waits_for_what() -> None:
    assert spacetime_text(DEADLOCK, width=60) == (
        """\
2 processes, 2 steps
○ a read   ● a write: ▲ changed something, △ did not
━ a lock, or a copy that is written back; ░ stale

           ┌───────┬──────────────────────────────┐
left       │ free  │             held             │
           └───────▲──────────────────────────────┘
           ┌─────────────────┬────────────────────┐
right      │      free       │        held        │
           └─────────────────▲────────────────────┘
process 0  ────────● acquire━┿━━━━━━━━━━━━━━━━━━━━━
                             │         waits: right
process 1  ──────────────────● acquire━━━━━━━━━━━━━
                                        waits: left
step               1         2
"""
    )


def test_who_crashed_holds_its_lock_for_ever() -> None:
    diagram = program_diagram(CRASH)

    assert diagram.holds == (Hold(0, 1, None, None),)
    assert (diagram.marks[1].kind, diagram.marks[1].head, diagram.marks[1].reason) == (
        Kind.CRASH,
        "CRASH",
        "before release",
    )
    assert [row.note for row in diagram.rows] == ["", "waits: left"]
    assert diagram.has_fault


def test_a_choice_touches_nothing_that_is_shared() -> None:
    diagram = program_diagram(CHOICE)

    assert [(mark.kind, mark.lane, mark.label, mark.head, mark.reason) for mark in diagram.marks] == [
        (Kind.LOCAL, None, "choose 'no'", "", ""),
        (Kind.PERSIST, 0, "", "write 'no'", "returns 'no'"),
    ]


def test_a_shared_state_that_shows_nothing_is_one_lane_of_numbered_states() -> None:
    diagram = program_diagram(BLIND)

    assert [(lane.name, [box.texts[0] for box in lane.boxes]) for lane in diagram.lanes] == [
        ("shared state", ["state 0", "state 1", "state 2"])
    ]
    assert [mark.kind for mark in diagram.marks] == [Kind.OTHER, Kind.OTHER]


def test_a_step_that_fails_is_drawn_as_a_violation() -> None:
    def failing(shared: Shared) -> Steps:
        yield shared.counter.read()
        raise AssertionError("no")

    diagram = program_diagram(play(program_of([failing], lambda: Shared(counter=Register(0))), [0]))

    assert (diagram.marks[0].tone, diagram.marks[0].reason) == (Tone.VIOLATION, "FAILS")


@pytest.mark.parametrize("name", RUNS)
def test_every_writer_draws_it(name: str) -> None:
    run = RUNS[name]

    page = program_html(run, lines=["<b>what</b>"], replay="replay(<>)", violating=[len(run.taken)])

    assert ET.fromstring(spacetime_svg(run)).tag == f"{SVG}svg"
    assert spacetime_png(run).startswith(b"\x89PNG")
    assert ("&lt;b&gt;what" in page, "replay(&lt;&gt;)" in page, "<b>" in page) == (True, True, False)
    assert spacetime_svg(run) == spacetime_svg(run)


# --- whatever a program does ----------------------------------------------------------------------------------

VALUES = st.sampled_from([0, 1, None, "x" * 200, "\x1b[31m\n", "日本語" * 9, "a\u0301" * 20, (1, 2)]) | st.text(
    max_size=9
)


def drawn_process(script: list[tuple[str, str, Any]]) -> Callable[[Shared], Steps]:
    def process(shared: Shared) -> Steps:
        held: list[str] = []
        for what, place, value in script:
            if what == "lock" and place not in held:
                held.append(place)
                yield getattr(shared, f"lock_{place}").acquire()
            elif what == "unlock" and held:
                yield getattr(shared, f"lock_{held.pop()}").release()
            elif what == "choose":
                yield choose(value, place)
            elif what == "write":
                yield getattr(shared, place).write(value)
            elif what == "swap":
                yield getattr(shared, place).compare_and_swap(0, value)
            else:
                yield getattr(shared, place).read()
        return script[-1:]

    return process


@st.composite
def runs(draw: st.DrawFn) -> Run:
    actions = st.tuples(
        st.sampled_from(["read", "write", "swap", "lock", "unlock", "choose"]), st.sampled_from("ab"), VALUES
    )
    scripts = draw(st.lists(st.lists(actions, max_size=5), min_size=1, max_size=4))

    def shared() -> Shared:
        return Shared(a=Register(0), b=Register("b"), lock_a=Mutex(), lock_b=Mutex())

    recorder = Recorder(program_of(list(map(drawn_process, scripts)), shared, faults=Faults(2)))
    faults = st.sampled_from([None, None, None, *Fault])
    for pick, fault in draw(st.lists(st.tuples(st.integers(0, 7), faults), max_size=16)):
        if free := [*recorder.execution.free(), *recorder.execution.redeliveries()]:
            process = free[pick % len(free)]
            try:
                recorder.take(Action(process, fault) if fault else process)
            except MisfitError:
                recorder.take(process)
    return recorder.run()


@settings(deadline=None, max_examples=80)
@given(runs(), st.integers(60, 120))
def test_no_line_of_a_text_is_wider_than_the_terminal(run: Run, width: int) -> None:
    lines = spacetime_text(run, width=width, violating=[1, 2]).split("\n")

    assert max(map(columns, lines)) <= width
    assert [line for line in lines if not line.isprintable()] == []


@settings(deadline=None, max_examples=80)
@given(runs())
def test_no_text_of_a_picture_meets_another(run: Run) -> None:
    placed = [(text.text or "", extent(text)) for text in ET.fromstring(spacetime_svg(run)).iter(f"{SVG}text")]

    assert [(one, other) for (one, here), (other, there) in combinations(placed, 2) if meet(here, there)] == []


def extent(text: ET.Element) -> tuple[float, float, float, float]:
    size, said = float(text.attrib["font-size"]), text.text or ""
    width = em(said) * size * (BOLD if text.get("font-weight") else 1)
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.attrib["text-anchor"]]
    return left, y - 0.8 * size, left + width, y + 0.25 * size


def meet(here: tuple[float, ...], there: tuple[float, ...]) -> bool:
    return here[0] < there[2] and there[0] < here[2] and here[1] < there[3] and there[1] < here[3]
