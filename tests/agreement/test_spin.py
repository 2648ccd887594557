"""Spin agrees with the readable search, wherever it is pointed; what it does not say is never taken for a verdict."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.searches.readable import search
from lastseat.model.world import Fault, Policy, Request, System
from lastseat.simulations.checkers import spin
from lastseat.simulations.checkers.running import EngineError, EngineMissingError, EngineVerdict, specification
from lastseat.simulations.checkers.spin import CLAUSES, STUCK, macros_of, require_spin, run_spin

Need = Callable[[Callable[[], None]], None]
Program = Callable[[str, str], None]
EACH_SHOWS = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIGURES = """State-vector 40 byte, depth reached 4, errors: {errors}
       14 states, stored
        1 states, matched
       15 transitions (= stored+matched)
"""
NO_ERRORS, AN_ERROR = FIGURES.format(errors=0), FIGURES.format(errors=1)
VIOLATED = "violated: clause 2\npan:1: assertion violated 0 (at depth 3)\n"


def pair(capacity: int) -> System:
    return System((("seat", capacity),), (Request("ann", "seat"), Request("bob", "seat")))


# --- agreement ------------------------------------------------------------------------------------------------


@EACH_SHOWS
@given(
    data=strategies.data(),
    flaws=strategies.sets(strategies.sampled_from(Flaw), max_size=2),
    breadth_first=strategies.booleans(),
)
def test_spin_visits_the_states_of_the_readable_search_with_any_flaws_in_it(
    need: Need,
    faulty_systems: strategies.SearchStrategy[System],
    data: strategies.DataObject,
    flaws: set[Flaw],
    breadth_first: bool,
) -> None:
    need(require_spin)
    system = data.draw(faulty_systems)

    found = run_spin(system, flaws, clauses=(), breadth_first=breadth_first)

    expected = search(system, flawed(flaws), stop_at_first=False)
    assert (found.verdict, found.states, found.generated) == ("holds", expected.states, expected.generated)


def test_what_an_attempt_observed_is_a_part_of_the_state_even_where_nobody_reads_it_again(need: Need) -> None:
    """Where the version stays as it was, two observations differ in the confirmed units only."""
    need(require_spin)
    flaws = [Flaw.VERSION_NOT_BUMPED]

    found = run_spin(pair(2), flaws, clauses=())

    assert found.states == search(pair(2), flawed(flaws), stop_at_first=False).states


def test_large_units_do_not_wrap(need: Need) -> None:
    need(require_spin)
    system = System((("seat", 10**9),), (Request("ann", "seat", 10**9), Request("bob", "seat", 1)))

    found = run_spin(system)

    assert (found.verdict, found.states) == ("holds", search(system).states)


def test_a_violation_is_found_depth_first_too(need: Need) -> None:
    need(require_spin)

    found = run_spin(pair(2), [Flaw.NO_VERSION_CHECK], breadth_first=False)

    assert (found.verdict, found.clause) == ("violated", "persist.compare_and_swap")


def test_attempts_that_wait_for_each_other_are_found(
    need: Need, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clause: progress.suspension"""
    need(require_spin)
    text = specification("attempt_booking.pml").read_text(encoding="utf-8")
    step = "true ->\n            seen_version ="
    assert text.count(step) == 1
    # An observe that waits until some other attempt has ended.
    (tmp_path / "attempt_booking.pml").write_text(text.replace(step, step.replace("true", "ended > 0")), "utf-8")
    monkeypatch.setattr(spin, "specification", tmp_path.joinpath)

    found = run_spin(pair(2))

    assert (found.verdict, found.clause, found.depth) == ("violated", STUCK, 0)


# --- the specification and the adapter name the same things ----------------------------------------------------


def numbers_in_the_specification(names: list[str]) -> list[int]:
    text = specification("attempt_booking.pml").read_text(encoding="utf-8")
    return [int(re.findall(rf"^#define {name} (\d+)$", text, flags=re.MULTILINE)[0]) for name in names]


@pytest.mark.parametrize("enumeration", [list(Flaw), list(Fault), list(CLAUSES)], ids=["flaws", "faults", "clauses"])
def test_the_specification_numbers_flaws_faults_and_clauses_as_the_adapter_does(enumeration: list[str]) -> None:
    names = [re.sub(r"[ .]", "_", name).upper() for name in enumeration]

    assert numbers_in_the_specification(names) == [1 << number for number in range(len(names))]


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_specification_promises_every_clause(clause: str) -> None:
    text = specification("attempt_booking.pml").read_text(encoding="utf-8")

    assert f"promise({clause.replace('.', '_').upper()}," in text


# --- what comes from outside ----------------------------------------------------------------------------------


@given(
    booking_id=strategies.text(min_size=1), resource_id=strategies.text(min_size=1), units=strategies.integers(1, 99)
)
def test_no_name_of_a_scenario_gets_into_the_macros(booking_id: str, resource_id: str, units: int) -> None:
    named = System(((resource_id, 3),), (Request(booking_id, resource_id, units),))
    plain = System((("a", 3),), (Request("b", "a", units),))

    assert macros_of(named, (), CLAUSES) == macros_of(plain, (), CLAUSES)


def test_a_system_is_told_in_numbers() -> None:
    requests = (
        Request("ann", "sofa", 2),
        Request("bob", "seat"),
        Request("ann", "sofa", 2),
        Request("ann", "elsewhere"),
    )
    system = System((("seat", 3), ("sofa", 400)), requests, Policy.CAPACITY_FIRST, frozenset(Fault))

    text = macros_of(system, (Flaw.NO_ID_CHECK, Flaw.NO_CAPACITY_CHECK), ("state.sum",))

    assert text.splitlines() == [
        "#define ATTEMPTS 4",
        "#define RESOURCES 2",
        "#define RESERVATION_OF(attempt) ((attempt) == 3 -> 3 : ((attempt) == 1 -> 1 : 0))",
        "#define ID_OF(attempt) ((attempt) == 1 -> 1 : 0)",
        "#define RESOURCE_OF(attempt) ((attempt) == 3 -> 2 : ((attempt) == 1 -> 0 : 1))",
        "#define UNITS_OF(attempt) ((attempt) == 3 -> 1 : ((attempt) == 1 -> 1 : 2))",
        "#define CAPACITY_OF(attempt) ((attempt) == 3 -> 0 : ((attempt) == 1 -> 3 : 400))",
        "#define COUNT short",
        "#define POLICY CAPACITY_FIRST",
        "#define FAULTS 3",
        "#define FLAWS 6",
        "#define CHECKED 2",
        '#include "attempt_booking.pml"',
    ]


@pytest.mark.parametrize(
    ("system", "told"),
    [
        (System((("seat", 1),), ()), "without attempts"),
        (System((("seat", 2**31 - 1),), (Request("ann", "seat"),)), "counts to 2147483647"),
        (System((("seat", 1),), (Request("ann", "seat"),) * 251), "at most 250 attempts, not 251"),
    ],
)
def test_a_system_that_spin_cannot_hold_is_refused(system: System, told: str) -> None:
    with pytest.raises(EngineError, match=told):
        run_spin(system)


def test_a_clause_that_spin_does_not_know_is_refused() -> None:
    with pytest.raises(EngineError, match=r"cannot check observe\.pure"):
        run_spin(pair(1), clauses=["observe.pure"])


# --- an engine that is not there, or does not say what it found -------------------------------------------------


@pytest.mark.parametrize(("there", "missing"), [("gcc", "spin"), ("spin", "gcc")])
def test_without_one_of_its_programs_it_is_told_how_to_install_it(
    programs: Program, there: str, missing: str
) -> None:
    programs(there, "")

    with pytest.raises(EngineMissingError, match=f"apt-get install {missing}"):
        run_spin(pair(1))


@pytest.fixture
def pan_prints(programs: Program, tmp_path: Path) -> Callable[[str, int], None]:
    """Return what puts in the place of pan a program that prints a text and ends with a status."""

    def put(text: str, status: int) -> None:
        (tmp_path / "printed").write_text(text, encoding="utf-8")
        (tmp_path / "pan").write_text(f"#!/bin/sh\n/bin/cat '{tmp_path / 'printed'}'\nexit {status}\n", "utf-8")
        programs("spin", "touch pan.c")
        programs("gcc", f"cp '{tmp_path / 'pan'}' pan; chmod +x pan")

    return put


def test_spin_holds_where_it_found_no_error(pan_prints: Callable[[str, int], None]) -> None:
    pan_prints(NO_ERRORS, 0)

    found = run_spin(pair(1))

    assert (found.verdict, found.states, found.generated, found.depth) == (EngineVerdict.HOLDS, 14, 15, 4)


def test_the_clause_that_spin_found_violated_is_named(pan_prints: Callable[[str, int], None]) -> None:
    pan_prints(f"{VIOLATED}{AN_ERROR}", 0)

    found = run_spin(pair(1))

    assert (found.verdict, found.clause, found.depth) == (EngineVerdict.VIOLATED, "state.sum", 4)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 0),
        ("pan: out of memory\n", 1),
        (NO_ERRORS, 1),
        (NO_ERRORS.replace("       15 transitions", "  1.5e+09 transitions"), 0),
        (f"Warning: Search not completed\n{NO_ERRORS}", 0),
        (f"error: max search depth too small\n{NO_ERRORS}", 0),
        (f"pan: reached -DMEMLIM bound\n{NO_ERRORS}", 0),
        (f"{VIOLATED}{NO_ERRORS}", 0),
        (AN_ERROR, 0),
        (f"pan:1: assertion violated 0 (at depth 3)\n{AN_ERROR}", 0),
        (f"{VIOLATED.replace('clause 2', 'clause 123456')}{AN_ERROR}", 0),
    ],
)
def test_what_is_no_verdict_is_an_error(pan_prints: Callable[[str, int], None], text: str, status: int) -> None:
    pan_prints(text, status)

    with pytest.raises(EngineError, match=r"^Spin(: pan)? ended with") as caught:
        run_spin(pair(1))

    assert text.strip().split("\n")[-1].strip() in str(caught.value)


@pytest.mark.parametrize(
    ("spin_does", "gcc_does", "told"),
    [
        ("echo syntax error; exit 1", "", "spin ended with status 1 and no pan.c"),
        ("exit 0", "", "spin ended with status 0 and no pan.c"),
        ("touch pan.c", "echo no memory; exit 4", "gcc ended with status 4 and no pan"),
        ("touch pan.c", "exit 0", "gcc ended with status 0 and no pan"),
        ("touch pan.c", "touch pan", r"\./pan cannot be started"),
    ],
)
def test_a_checker_that_cannot_be_built_is_an_error(
    programs: Program, spin_does: str, gcc_does: str, told: str
) -> None:
    programs("spin", spin_does)
    programs("gcc", gcc_does)

    with pytest.raises(EngineError, match=told):
        run_spin(pair(1))


def test_the_compiler_has_a_part_of_the_time_only(programs: Program) -> None:
    programs("spin", "touch pan.c")
    programs("gcc", "(sleep 30; echo survived) & sleep 30")

    with pytest.raises(EngineError, match=r"^Spin did not finish within 0\.2 s") as caught:
        run_spin(pair(1), timeout=0.2)

    assert "survived" not in str(caught.value)


def test_a_program_is_ended_when_the_user_interrupts(programs: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    programs("spin", "sleep 30")
    programs("gcc", "")
    started: list[subprocess.Popen[str]] = []

    def interrupt(process: subprocess.Popen[str], **_timeout: float) -> None:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupt)

    with pytest.raises(KeyboardInterrupt):
        run_spin(pair(1))

    assert [process.returncode for process in started] == [-SIGKILL]
