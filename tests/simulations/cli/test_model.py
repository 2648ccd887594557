"""`lastseat model` with every engine, `lastseat prove` and `lastseat draw`, as their users meet them.

Clauses: fault.unavailable, fault.acknowledgement_lost
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lastseat.model.proof.induction import Answer, prove
from lastseat.simulations.checkers import engines as model_engines
from lastseat.simulations.checkers.running import EngineError, EngineMissingError, engine_error
from lastseat.simulations.cli import model as cli_model

Lastseat = Callable[..., Any]
OURS = ["readable", "fast", "symmetric"]


@pytest.mark.parametrize("engine", OURS)
@pytest.mark.parametrize(
    ("options", "states", "generated", "depth"),
    [
        (("--attempts", "3", "--capacity", "2"), 74, 109, 6),
        (("--attempts", "5", "--capacity", "2"), 3472, 8321, 10),
        (("--scenario", "one-id-two-payloads"), 12, 15, 4),
        (("--fault", "unavailable", "--fault", "acknowledgement-lost"), 33, 55, 4),
        (("--policy", "capacity-first"), 12, 15, 4),
    ],
    ids=["three attempts", "five attempts", "a scenario", "faults", "capacity first"],
)
def test_our_engines_give_the_same_exact_figures(
    lastseat: Lastseat, engine: str, options: tuple[str, ...], states: int, generated: int, depth: int
) -> None:
    said = lastseat("model", "--engine", engine, "--json", *options)

    found = json.loads(said.out)
    assert (said.status, said.err) == (0, "")
    assert (found["states"], found["generated"], found["depth"]) == (states, generated, depth)
    assert (found["engine"], found["complete"], found["violations"]) == (engine, True, [])
    assert found["seconds"] >= 0


def test_the_symmetric_engine_says_how_few_classes_it_visited(lastseat: Lastseat) -> None:
    said = lastseat("model", "--engine", "symmetric", "--attempts", "9", "--capacity", "4", "--json")

    found = json.loads(said.out)
    assert (found["classes"], found["states"], found["generated"]) == (1_759, 11_450_708, 54_371_953)


def test_what_cannot_fit_the_memory_is_refused_with_the_estimate(lastseat: Lastseat) -> None:
    said = lastseat("model", "--engine", "fast", "--attempts", "40", "--capacity", "20")

    assert (said.status, said.out) == (2, "")
    assert "40 attempts need" in said.err
    assert "GB of memory" in said.err
    assert said.err.count("\n") == 1


def test_an_engine_that_is_missing_is_one_line_that_says_how_to_get_it(
    lastseat: Lastseat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any) -> Any:
        raise EngineMissingError("Spin needs spin, and there is none: apt-get install spin")

    monkeypatch.setitem(model_engines.ENGINES, "spin", missing)

    said = lastseat("model", "--engine", "spin")

    assert (said.status, said.out) == (2, "")
    assert said.err == "lastseat: Spin needs spin, and there is none: apt-get install spin\n"


def test_an_engine_that_crashes_is_reported_with_its_own_output_and_never_as_a_pass(
    lastseat: Lastseat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashing(*_: Any) -> Any:
        raise engine_error("TLC ended with status 134 and no verdict", "Java ran\nout of luck")

    monkeypatch.setitem(model_engines.ENGINES, "tlc", crashing)

    said = lastseat("model", "--engine", "tlc", "--json")

    assert (said.status, said.out) == (3, "")
    assert "TLC ended with status 134 and no verdict; it printed:\nJava ran\nout of luck" in said.err
    assert isinstance(engine_error("x", "y"), EngineError)


# --- prove ----------------------------------------------------------------------------------------------------


def test_every_obligation_is_proved_and_timed(lastseat: Lastseat) -> None:
    said = lastseat("prove", "--json")

    found = json.loads(said.out)
    assert said.status == 0
    assert len(found["obligations"]) == 173
    assert {one["verdict"] for one in found["obligations"]} == {"proved"}
    assert all(one["milliseconds"] > 0 for one in found["obligations"])
    assert (found["complete"], found["violations"]) == (True, [])


def test_the_obligations_are_written_for_other_solvers(lastseat: Lastseat, tmp_path: Path) -> None:
    said = lastseat("prove", "--no-faults", "--smtlib", str(tmp_path / "out"))

    assert said.status == 0
    assert len(list((tmp_path / "out").glob("*.smt2"))) == 90
    assert "HOLDS: 90 of 90 obligations proved, 90 files in" in " ".join(said.out.split())


def test_a_folder_that_cannot_be_written_is_one_line(lastseat: Lastseat, good_file: Path) -> None:
    said = lastseat("prove", "--smtlib", str(good_file / "below-a-file"))

    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("answer", "status", "word"), [(Answer.REFUTED, 1, "VIOLATED"), (Answer.UNKNOWN, 3, "INCOMPLETE")]
)
def test_an_obligation_that_is_not_proved_is_told_and_is_no_pass(
    lastseat: Lastseat, monkeypatch: pytest.MonkeyPatch, answer: Answer, status: int, word: str
) -> None:
    proof = prove(faults=False)
    first, *others = proof.obligations
    spoilt = replace(proof, obligations=(replace(first, verdict=answer, story="a story"), *others))
    monkeypatch.setattr(cli_model, "prove", lambda **_: spoilt)

    said = lastseat("prove")

    assert said.status == status
    assert f"{first.name} is {answer}" in said.out
    assert "a story" in said.out
    assert word in said.out


# --- draw -----------------------------------------------------------------------------------------------------


def test_a_schedule_is_drawn_in_the_terminal(lastseat: Lastseat) -> None:
    said = lastseat("draw", "0.1.0.1.2.2", "--attempts", "3")

    assert said.status == 0
    assert all(word in said.out for word in ("BOOKED", "FAILED", "REJECTED", "version 1 · 1 of 1"))
    assert max(map(len, said.out.splitlines())) <= 80


def test_a_schedule_is_drawn_into_a_file(lastseat: Lastseat, tmp_path: Path) -> None:
    file = tmp_path / "race.svg"

    said = lastseat("draw", "0.1.0.1", "-o", str(file), "--json")

    assert json.loads(said.out)["file"] == str(file)
    assert file.read_text(encoding="utf-8").startswith(("<svg", "<?xml"))


def test_a_step_that_violates_a_clause_is_named_in_the_data(lastseat: Lastseat, tmp_path: Path) -> None:
    flawed = ("--implementation", "ignores-version", "--attempts", "3", "--capacity", "2")

    said = lastseat("draw", "0.1.0.1", *flawed, "-o", str(tmp_path / "bug.svg"), "--json")

    assert json.loads(said.out)["violations"] == [4]


@pytest.mark.parametrize("name", ["race.bmp", "race", "missing-folder/race.svg"])
def test_a_file_that_cannot_be_drawn_into_is_one_line(lastseat: Lastseat, tmp_path: Path, name: str) -> None:
    said = lastseat("draw", "0.1", "-o", str(tmp_path / name))

    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)


def test_the_model_says_that_it_counts_no_faults(lastseat: Callable[..., Any]) -> None:
    """A budget is never named and then ignored."""
    refused = lastseat("model", "--attempts", "2", "--faults", "1").complaint
    assert "the model does not count faults" in refused
    assert "--fault KIND" in refused

    named = ("model", "--scenario", "two-attempts-one-fault")
    assert "with no fault at any step" in " ".join(lastseat(*named).out.split())
    assert "with unavailable at any step" in " ".join(lastseat(*named, "--fault", "unavailable").out.split())
    without, struck = lastseat(*named, "--json").data, lastseat(*named, "--fault", "unavailable", "--json").data
    assert (without["faults"], struck["faults"]) == ([], ["unavailable"])
    assert without["states"] < struck["states"]
