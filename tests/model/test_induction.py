"""The unbounded proof: what is proved, that nothing of it is vacuous or idle, and that doubt is never a proof."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from lastseat.model.proof import flaws
from lastseat.model.proof.induction import Answer, Proof, inductive, prove, smtlib
from lastseat.model.proof.invariant import INVARIANT, Conjunct
from lastseat.model.proof.obligations import Kind, Question
from lastseat.model.proof.solver import Term, checked, z3
from lastseat.model.proof.steps import CORRECT, Encoding, Moment

NEEDED = tuple(one for one in INVARIANT if not one.target)
TARGETS = {one.name: one for one in INVARIANT if one.target}


def names() -> list[str]:
    return [one.name for one in Question(CORRECT).formulas()]


def unproved(proof: Proof) -> list[str]:
    return [one.name for one in proof.obligations if one.verdict is not Answer.PROVED]


def test_every_claim_holds_for_any_number_of_attempts_with_any_faults() -> None:
    proof = prove()

    assert unproved(proof) == []
    assert proof.holds
    assert [one.name for one in proof.obligations] == names()
    # 20 conjuncts, at the start and after each of 5 actions; and each branch of each action.
    assert Counter(one.kind for one in proof.obligations) == {
        Kind.INITIATION: 20,
        Kind.CONSECUTION: 100,
        Kind.STEP: 34,
        Kind.POSSIBILITY: 19,
    }


def test_every_claim_holds_where_no_fault_may_strike() -> None:
    proof = prove(faults=False)

    assert unproved(proof) == []
    assert proof.holds
    assert {one.name.rpartition("/")[2] for one in proof.obligations if one.kind is Kind.STEP} == {
        "observe",
        "persist",
    }


def test_each_obligation_has_a_name_of_its_own_and_the_order_is_always_the_same() -> None:
    assert len(set(names())) == 173
    assert names() == names()


def test_every_obligation_cites_a_clause_of_the_booking_flow() -> None:
    prose = (Path(__file__).resolve().parents[2] / "specs" / "booking.md").read_text(encoding="utf-8")
    clauses = set(re.findall(r"^### (\S+)$", prose, flags=re.MULTILINE))

    cited = {one.clause for one in Question(CORRECT).formulas()}

    assert cited - clauses == set()
    assert {"state.capacity", "persist.compare_and_swap", "emit.conflict", "history.linearizable"} <= cited


def test_a_sound_store_may_check_the_capacity_on_the_observation_as_long_as_it_checks_the_version() -> None:
    """Clauses: persist.version, persist.capacity"""

    def over(moment: Moment) -> Term:
        return moment.saw_confirmed + moment.units > moment.capacity

    assert unproved(prove(replace(CORRECT, over=over), faults=False)) == []


# --- every conjunct is needed, or a target --------------------------------------------------------------------


def test_the_proof_of_every_step_rests_on_the_needed_conjuncts_alone() -> None:
    assert unproved(prove(invariant=NEEDED)) == []


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_follows_from_itself_and_the_needed_conjuncts(target: str) -> None:
    formulas = Question(CORRECT, invariant=(*NEEDED, TARGETS[target])).formulas()

    answers = {one.name: answer(one.assertions) for one in formulas if one.name.startswith(f"{target}/")}

    assert set(answers.values()) == {"unsat"}


def answer(assertions: tuple[Term, ...]) -> str:
    solver = z3.Solver()
    solver.add(*assertions)
    return checked(solver)


@pytest.mark.parametrize(
    ("dropped", "target", "failing"),
    [
        ("state.capacity", "observe.stale.copy", "observe.stale.copy/observe"),
        ("state.sum", None, "history.linearizable/persist"),
        ("state.version", None, "emit.conflict/persist"),
        ("persist.identity.found", "state.unique", "state.unique/persist"),
        ("observe.stale.version", None, "attempt.solo/persist"),
        ("observe.stale.past", None, "emit.conflict/persist"),
        ("emit.one", None, "emit.rejected/observe"),
        ("emit.unbooked.yet", None, "emit.conflict/persist"),
        ("attempt.one_persist", "progress.two_steps", "progress.two_steps/observe"),
    ],
)
def test_without_a_needed_conjunct_something_else_fails_to_prove(
    dropped: str, target: str | None, failing: str
) -> None:
    rest: tuple[Conjunct, ...] = tuple(one for one in NEEDED if one.name != dropped)
    invariant = (*rest, TARGETS[target]) if target else rest

    formula = next(one for one in Question(CORRECT, invariant=invariant).formulas() if one.name == failing)

    assert answer(formula.assertions) == "sat"


def test_each_needed_conjunct_is_dropped_in_turn() -> None:
    (mark,) = test_without_a_needed_conjunct_something_else_fails_to_prove.pytestmark  # type: ignore[attr-defined]

    assert [dropped for dropped, _, _ in mark.args[1]] == [one.name for one in NEEDED]


# --- some conjuncts alone -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "refuted"),
    [
        (("state.capacity",), []),
        (("state.capacity", "state.sum"), ["state.sum/persist"]),
        (("state.capacity", "state.sum", "persist.identity.found"), []),
        (("state.unique",), ["state.unique/persist"]),
        (("state.unique", "persist.identity.found"), []),
    ],
)
def test_conjuncts_are_inductive_alone_or_say_which_step_breaks_which(
    asked: tuple[str, ...], refuted: list[str]
) -> None:
    """Clauses: state.capacity, state.sum, state.unique, persist.identity"""
    alone = inductive(*asked, faults=False)

    assert unproved(alone) == [one.name for one in alone.refuted] == refuted
    assert alone.holds == (not refuted)
    # Each of them at the start, and after each of two actions, and nothing else.
    assert [one.name for one in alone.obligations] == [
        f"{name}/{when}" for when in ("initial", "observe", "persist") for name in asked
    ]


def test_with_faults_the_conjuncts_are_asked_about_steps_that_a_fault_strikes() -> None:
    assert unproved(inductive("state.capacity", "state.sum")) == [
        "state.sum/persist",
        "state.sum/persist_unacknowledged",
    ]
    assert inductive("state.sum", "persist.identity.found").holds


def test_a_flawed_step_takes_a_conjunct_out_of_what_is_inductive() -> None:
    """Clause: state.capacity"""
    alone = inductive("state.capacity", encoding=flaws.TRUSTS_THE_OBSERVATION, faults=False)

    assert unproved(alone) == ["state.capacity/persist"]


def test_what_the_sum_lacks_is_told_as_a_reservation_that_is_not_found() -> None:
    """Clause: state.sum"""
    (broken,) = inductive("state.capacity", "state.sum", faults=False).refuted

    assert broken.story == (
        "the model\n"
        "before:\n"
        "  seat has 1 of 2 units confirmed, at version 1 after 1 effective persist\n"
        "  recorded: 1 unit of seat for ann (attempt a)\n"
        "  yet nothing is found under ann\n"
        "  attempt a asks for 1 unit of seat for ann, and has observed version 1 with 1 confirmed\n"
        "step: attempt a persists; the store answers accepted\n"
        "after:\n"
        "  seat has 2 of 2 units confirmed, at version 2 after 2 effective persists\n"
        "  recorded: 1 unit of seat for ann (attempt a)\n"
        "  attempt a has ended BOOKED\n"
        "broken: confirmed = sum of the units of the recorded reservations (not so for seat)"
    )


def test_no_conjunct_at_all_is_nothing_that_is_inductive() -> None:
    assert not inductive().holds


def test_a_name_that_no_conjunct_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"there is no conjunct 'state.total', only state.capacity, state.sum, "):
        inductive("state.capacity", "state.total")


# --- doubt is never a proof -----------------------------------------------------------------------------------


def sum_of_three_cubes(moment: Moment) -> Term:
    """A capacity check that nobody can decide in time: whether 114 is a sum of three cubes is an open question."""
    x, y, z = z3.Ints("x y z")
    return z3.Exists([x, y, z], z3.And(x * x * x + y * y * y + z * z * z == 114, moment.units > 0))


def test_what_z3_cannot_decide_in_time_is_unknown_and_never_proved() -> None:
    encoding = replace(CORRECT, told="an open question", over=sum_of_three_cubes)

    only_solo = prove(encoding, faults=False, timeout_milliseconds=20, invariant=())

    verdicts = {one.name: one.verdict for one in only_solo.obligations}
    assert verdicts["emit.rejected/persist"] is Answer.UNKNOWN
    assert not only_solo.holds
    assert only_solo.complete


def test_ctrl_c_keeps_what_is_known() -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            assert total == 173
            raise KeyboardInterrupt

    stopped = prove(tick=interrupt)

    assert [one.name for one in stopped.obligations] == names()[:3]
    assert not stopped.complete
    assert not stopped.holds


def test_ctrl_c_that_z3_took_for_itself_still_interrupts() -> None:
    class Interrupted:
        def check(self) -> str:
            return "unknown"

        def reason_unknown(self) -> str:
            return "interrupted from keyboard"

    with pytest.raises(KeyboardInterrupt):
        checked(Interrupted())


def test_a_proof_of_nothing_does_not_hold() -> None:
    assert not Proof("nothing", faults=False, obligations=(), complete=True).holds


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_that_leaves_no_time_is_refused(timeout: int) -> None:
    for asked in (prove, partial(inductive, "state.sum")):
        with pytest.raises(ValueError, match=f"timeout_milliseconds is {timeout}, and must be at least 1"):
            asked(timeout_milliseconds=timeout)


# --- z3 is optional -------------------------------------------------------------------------------------------


def without_z3(script: str) -> subprocess.CompletedProcess[str]:
    hidden = f"import sys; sys.modules['z3'] = None\n{script}"
    return subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)


def test_every_module_of_the_model_can_be_imported_without_z3() -> None:
    folder = Path(__file__).resolve().parents[2] / "model" / "lastseat" / "model" / "proof"
    modules = sorted(path.stem for path in folder.glob("[!_]*.py"))

    ran = without_z3("".join(f"import lastseat.model.proof.{one}\n" for one in modules))

    assert len(modules) >= 8
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_missing_z3_is_one_error_that_names_what_to_install() -> None:
    ran = without_z3("from lastseat.model.proof.induction import prove\nprove()")

    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == (
        "lastseat.model.proof.solver.SolverMissingError: "
        "the proof needs z3, which is not installed: pip install 'lastseat[prove]'"
    )


# --- SMT-LIB --------------------------------------------------------------------------------------------------


def rechecked(file: Path) -> str:
    solver = z3.Solver()
    solver.from_file(str(file))
    return checked(solver)


def due(file: Path) -> str:
    found = re.search(r"^\(set-info :status (\w+)\)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert found
    return found[1]


def test_each_obligation_is_written_to_a_file_that_says_what_is_due_and_gets_it(tmp_path: Path) -> None:
    files = smtlib(tmp_path / "obligations")

    assert [file.stem for file in files] == [name.replace("/", "--") for name in names()]
    assert {file.name for file in files if rechecked(file) != due(file)} == set()
    assert Counter(map(due, files)) == {"unsat": 154, "sat": 19}


def test_a_file_of_a_flawed_step_does_not_get_what_is_due(tmp_path: Path) -> None:
    keeps_the_version: Encoding = replace(CORRECT, raises_version=lambda _moment: z3.IntVal(0))

    files = smtlib(tmp_path, keeps_the_version, faults=False)

    refuted = [file.name for file in files if file.stem.startswith("state.version--") and rechecked(file) == "sat"]
    assert refuted == ["state.version--persist.smt2"]
