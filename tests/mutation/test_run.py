"""The driver of the mutation tests, on a project of a few lines."""

from pathlib import Path

import pytest

run = pytest.importorskip("mutation.run", reason="Cosmic Ray is not installed")

ADULT = '''\
"""Says who is of age."""


def adult(age: int | float) -> bool:
    """Return whether an age is of age."""
    assert age > 0
    return age >= 18
'''
TESTS = """\
from lastseat.model.age import adult


def test_of_age():
    assert adult(19)
    assert not adult(17)
"""
AGE = "model/lastseat/model/age.py"
TABLE = f"""\
[groups]
ages = ["tests/test_age.py"]

[files]
"{AGE}" = ["ages"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one function; its tests leave out the day on which somebody comes of age."""
    for name in ("model/lastseat/model", "reference", "simulations", "tests"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / AGE).with_name("__init__.py").touch()
    (tmp_path / AGE).write_text(ADULT)
    (tmp_path / "tests/test_age.py").write_text(TESTS)
    (tmp_path / "tests.toml").write_text(TABLE)
    return tmp_path


def test_types_and_assertions_are_not_mutated() -> None:
    drawn = run.mutants("age.py", ADULT)
    worth = [mutant for mutant in drawn if run.is_worth_a_test(ADULT, mutant.source(ADULT))]

    assert {mutant.line for mutant in worth} == {7}
    assert len(worth) < len(drawn)


def test_survivors_are_told_with_their_difference_and_the_tree_stays_as_it_was(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run.main(["--seconds", "60"], here=project, project=project)
    said = capsys.readouterr().out

    assert status == 1
    assert "7 mutants tried: 5 noticed, 0 equivalent, 2 survived (71.4% noticed)" in said
    assert "+    return age > 18" in said
    assert "+    return age >= 19" in said
    assert (project / AGE).read_text() == ADULT


def test_a_survivor_that_is_listed_as_equivalent_does_not_count(tmp_path: Path) -> None:
    listed = tmp_path / "equivalent.toml"
    listed.write_text(
        f'[[equivalent]]\nfile = "{AGE}"\nwas = "return age >= 18"\nbecomes = "return age > 18"\n'
        'reason = "nobody is exactly of age"\n'
    )
    sampling = run.Sampling(tmp_path, {}, run.read_equivalents(listed))
    later, older = ADULT.replace(">= 18", "> 18"), ADULT.replace("18", "19")

    for mutated, noticed in [(later, False), (later, True), (older, False), (older, True)]:
        sampling.note(run.Mutant(AGE, "an operator", 0, 7, 4), ADULT, mutated, noticed=noticed)

    tally = sampling.tally
    assert (len(tally.noticed), len(tally.equivalent), len(tally.survivors), tally.share) == (2, 1, 1, 2 / 3)
    assert len(tally.not_equivalent) == 1


def test_a_listed_mutant_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="without a reason"):
        run.Equivalent(AGE, "return age >= 18", "return age > 18", " ")


def test_every_file_and_every_test_of_the_table_is_there() -> None:
    table = run.read_tests(run.PROJECT / "tests/mutation/tests.toml")
    named = {*table, *(test for stages in table.values() for stage in stages for test in stage)}
    named |= {file for file, _, _ in run.read_equivalents(run.PROJECT / "tests/mutation/equivalent.toml")}

    assert [name for name in sorted(named) if not (run.PROJECT / name).exists()] == []
