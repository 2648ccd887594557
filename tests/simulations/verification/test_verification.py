"""The main job: what is wrong in any engine is reported, and nothing that was not checked counts as a pass."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from lastseat.model.proof.induction import Answer, prove
from lastseat.model.proof.solver import SolverMissingError
from lastseat.model.searches.readable import Searched
from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.bookings.scenario_file import shipped_scenarios
from lastseat.simulations.checkers.running import EngineMissingError
from lastseat.simulations.common.progress import Progress
from lastseat.simulations.common.text import counted
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.reports.breaches import explained
from lastseat.simulations.reports.data import verification_data
from lastseat.simulations.reports.text import verification_tables
from lastseat.simulations.verification import claims
from lastseat.simulations.verification import job as verification
from lastseat.simulations.verification.claims import Caught, Claim, Standing, Verification
from lastseat.simulations.verification.job import verify

TWO = contention(2, 1)
SMALL = tuple(one for one in shipped_scenarios() if len(one.requests) <= 3)


def quiet(_what: str, _total: int | None) -> Progress:
    return lambda _done, _out_of: None


def on_two() -> Verification:
    return verify([TWO], SMALL, quiet)


caught_once = cache(verification._catch)
proved_once = cache(prove)


@pytest.fixture(autouse=True)
def computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catch each flaw, and prove the model, once in all these tests; `plant` catches the flaws anew."""
    monkeypatch.setattr(verification, "_catch", lambda flaw, scenarios: caught_once(flaw, tuple(scenarios)))
    monkeypatch.setattr(verification, "prove", lambda **_: proved_once())


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change what an engine of the verification returns, for one implementation."""

    def change(engine: str, implementation: Implementation | None, **changes: Any) -> None:
        if implementation in GALLERY.values():
            monkeypatch.setattr(verification, "_catch", caught_once.__wrapped__)
        original = getattr(verification, engine)

        def changed(scenario: Any, *arguments: Any, **options: Any) -> Any:
            seen = original(scenario, *arguments, **options)
            mine = implementation is None or arguments[0] is implementation
            return replace(seen, **changes) if mine else seen

        monkeypatch.setattr(verification, engine, changed)

    return change


def claims_of(found: Verification, verdict: Standing) -> set[tuple[str, str]]:
    return {(one.clause, one.engine) for one in found.claims() if one.verdict is verdict}


@pytest.fixture(scope="module")
def sound() -> Verification:
    return verify(SMALL, SMALL, quiet)


def test_everything_holds_on_the_small_scenarios_and_nothing_is_vacuous(sound: Verification) -> None:
    assert {one.verdict for one in sound.claims()} == {Standing.HOLDS}
    assert sound.standing(needs_all=True) is Standing.HOLDS
    assert (sound.complete, sound.interrupted, sound.breaches, sound.model_breaches) == (True, False, [], [])


def test_every_clause_is_claimed_by_every_engine_that_checks_it(sound: Verification) -> None:
    claimed = {(one.clause, one.engine) for one in sound.claims()}

    engines = {"model", "model with faults", "fast", "symmetric", "merged", "brute", "dpor"}
    engines |= {"sqlite", "capacity-first"}
    due = {(clause, engine) for clause in claims.CLAUSES for engine in engines}
    assert due <= claimed
    # The proof has no obligations of its own where the shape of a step says it all.
    shapes = {"persist.only_writer", "progress.suspension"}
    assert {(clause, "proof") for clause in set(claims.CLAUSES) - shapes} <= claimed
    assert {("conformance", "merged, brute and dpor"), ("agreement", "all engines")} <= claimed


def test_every_scenario_has_a_row_with_its_exact_number_of_schedules(sound: Verification) -> None:
    assert [row.scenario for row in sound.rows] == list(SMALL)
    plain = [row for row in sound.rows if not row.scenario.faults.most]
    assert all(row.interleavings == row.scenario.interleavings_of_two_steps() for row in plain)
    assert {row.scenario.name: row.interleavings for row in sound.rows if row not in plain} == {
        "lost-acknowledgement": 23,
        "two-attempts-one-fault": 150,
    }
    assert not any(row.disagreements for row in sound.rows)


def test_every_flaw_is_caught_on_the_clause_that_it_is_for(sound: Verification) -> None:
    caught = {one.implementation.name: one.breach.violation.name for one in sound.gallery if one.breach}

    assert caught == {flaw.name: flaw.breaks for flaw in GALLERY.values()}


DISAGREEMENTS = {
    "the model counts other states": ("search", None, {"states": 99}),
    "the model counts other transitions": ("search", None, {"generated": 99}),
    "the model counts other outcomes": ("search", None, {"interleavings": {(2, 0, 0): 6}}),
    "merging counts other states": ("explore_merged", MEMORY, {"states": 99}),
    "merging counts other outcomes": ("explore_merged", MEMORY, {"outcomes": {(2, 0, 0): 6}}),
    "merging sees other outcome vectors": ("explore_merged", MEMORY, {"endings": {}}),
    "brute force counts other outcomes": ("explore_brute", MEMORY, {"outcomes": {(1, 1, 0): 5}}),
    "brute force sees other outcome vectors": ("explore_brute", MEMORY, {"endings": {}}),
    "dpor sees other outcome vectors": ("explore_program", MEMORY, {"endings": {}}),
    "dpor covers another number of schedules": ("explore_program", MEMORY, {"interleavings": 5}),
    "SQLite gives other outcomes": ("explore_brute", SQLITE, {"outcomes": {(0, 0, 2): 6}}),
    "the other policy counts other states": ("explore_merged", CAPACITY_FIRST, {"states": 99}),
}


@pytest.mark.parametrize(("engine", "implementation", "changes"), DISAGREEMENTS.values(), ids=DISAGREEMENTS)
def test_a_disagreement_between_engines_is_reported_and_is_no_pass(
    plant: Callable[..., None], engine: str, implementation: Implementation | None, changes: dict[str, Any]
) -> None:
    plant(engine, implementation, **changes)

    found = on_two()

    told = [str(one) for one in verification_tables(found, explained(found))]
    assert ("agreement", "all engines") in claims_of(found, Standing.VIOLATED)
    assert found.standing(needs_all=False) is Standing.VIOLATED
    assert any(f"{TWO.name}: {one}" in told for one in found.rows[0].disagreements)
    data = verification_data(found, explained(found))
    assert data["scenarios"][0]["disagreements"] == list(found.rows[0].disagreements)


PLANTED = Violation("state.capacity", "seats has 2 of 1 units confirmed", (0, 1, 0, 1))


@pytest.mark.parametrize(
    ("engine", "implementation", "name"),
    [
        ("explore_merged", MEMORY, "merged"),
        ("explore_brute", MEMORY, "brute"),
        ("explore_brute", SQLITE, "sqlite"),
        ("explore_merged", CAPACITY_FIRST, "capacity-first"),
    ],
)
def test_a_violation_in_the_reference_is_told_with_the_options_that_replay_it(
    plant: Callable[..., None], engine: str, implementation: Implementation, name: str
) -> None:
    plant(engine, implementation, violations=(PLANTED,))

    found = on_two()

    (violation,) = verification_data(found, explained(found, "--attempts 2 --capacity 1"))["violations"]
    assert ("state.capacity", name) in claims_of(found, Standing.VIOLATED)
    assert found.standing(needs_all=True) is Standing.VIOLATED
    assert violation["replay"].startswith("lastseat replay 0.1.0.1@")
    assert "--attempts 2 --capacity 1" in violation["replay"]
    assert violation["reproduced"] is False  # it is planted, and not in the code


@pytest.mark.parametrize("policy", ["version-first", "capacity-first"])
def test_a_violation_in_the_model_of_either_policy_is_told_with_its_path(
    monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    original = verification.search

    def planted(system: Any, **options: Any) -> Searched:
        seen = original(system, **options)
        hit = system.policy == policy and not system.faults
        violations = (ModelViolation("emit.one", "planted", ()),) if hit else ()
        return replace(seen, violations=violations)

    monkeypatch.setattr(verification, "search", planted)

    found = on_two()

    assert found.standing(needs_all=False) is Standing.VIOLATED
    told, data = verification_tables(found, explained(found)), verification_data(found, explained(found))
    assert "emit.one is violated by the model: planted" in [str(table) for table in told]
    assert [violation["clause"] for violation in data["violations"]] == ["emit.one"]


def test_a_step_that_the_model_does_not_have_violates_conformance(plant: Callable[..., None]) -> None:
    plant("explore_brute", MEMORY, nonconforming=Violation("conformance", "an odd step", (0,)))

    found = on_two()

    assert claims_of(found, Standing.VIOLATED) == {("conformance", "merged, brute and dpor")}


def test_a_clause_that_never_spoke_is_vacuous_and_the_full_run_does_not_hold() -> None:
    found = on_two()

    assert ("persist.identity", "merged") in claims_of(found, Standing.VACUOUS)
    assert found.standing(needs_all=True) is Standing.VACUOUS
    assert found.standing(needs_all=False) is Standing.HOLDS


@pytest.mark.parametrize(
    ("engine", "name"), [("explore_merged", "merged"), ("explore_brute", "brute"), ("explore_program", "dpor")]
)
def test_an_engine_that_was_cut_short_is_incomplete_and_so_is_the_run(
    plant: Callable[..., None], engine: str, name: str
) -> None:
    plant(engine, MEMORY, complete=False)

    found = on_two()

    assert ("state.capacity", name) in claims_of(found, Standing.INCOMPLETE)
    assert found.standing(needs_all=False) is Standing.INCOMPLETE
    data = verification_data(found, explained(found))
    assert (found.finished, found.complete, data["complete"]) == (True, False, False)


def test_a_missed_flaw_is_no_pass(plant: Callable[..., None]) -> None:
    plant("explore_merged", GALLERY["forgets-identity"], violations=())

    found = on_two()

    assert claims_of(found, Standing.VIOLATED) == {("state.unique", "flawed forgets-identity")}
    assert found.standing(needs_all=False) is Standing.VIOLATED


def test_a_flaw_that_breaks_another_clause_than_its_own_counts_as_missed(plant: Callable[..., None]) -> None:
    plant("explore_merged", GALLERY["forgets-identity"], violations=(PLANTED,))

    assert Caught(GALLERY["forgets-identity"], None) in on_two().gallery


def test_ctrl_c_in_the_gallery_makes_no_flaw_a_missed_one(plant: Callable[..., None]) -> None:
    plant("explore_merged", GALLERY["rejects-early"], violations=(), complete=False, interrupted=True)

    found = on_two()

    assert [one.implementation.name for one in found.gallery] == ["ignores-version", "forgets-identity"]
    assert (found.interrupted, found.complete) == (True, False)
    assert found.standing(needs_all=False) is Standing.INCOMPLETE


INTERRUPTED = {
    "the model": ("search", None, {"complete": False, "states": 3}),
    "merging": ("explore_merged", MEMORY, {"complete": False, "interrupted": True, "states": 3}),
    "brute force": ("explore_brute", MEMORY, {"complete": False, "interrupted": True, "outcomes": {}}),
    "SQLite": ("explore_brute", SQLITE, {"complete": False, "interrupted": True, "outcomes": {}}),
    "the other policy": ("explore_merged", CAPACITY_FIRST, {"complete": False, "interrupted": True, "states": 3}),
}


@pytest.mark.parametrize(("engine", "implementation", "changes"), INTERRUPTED.values(), ids=INTERRUPTED)
def test_what_an_interrupted_engine_did_not_see_is_no_disagreement(
    plant: Callable[..., None], engine: str, implementation: Implementation | None, changes: dict[str, Any]
) -> None:
    plant(engine, implementation, **changes)

    found = on_two()

    assert (found.interrupted, found.rows, found.gallery) == (True, [], [])
    assert found.standing(needs_all=False) is Standing.INCOMPLETE
    assert not claims_of(found, Standing.VIOLATED)


def test_a_violation_seen_before_ctrl_c_is_still_a_violation(plant: Callable[..., None]) -> None:
    plant("explore_merged", MEMORY, violations=(PLANTED,), complete=False, interrupted=True)

    found = on_two()

    assert found.standing(needs_all=False) is Standing.VIOLATED
    assert [one.violation for one in found.breaches] == [PLANTED]


def test_nothing_verified_is_incomplete() -> None:
    nothing = Verification()

    assert nothing.claims() == []
    assert nothing.standing(needs_all=False) is Standing.INCOMPLETE


def test_the_stages_say_what_is_done_next_and_how_much_it_is() -> None:
    stages: list[tuple[str, int | None]] = []

    def note(what: str, total: int | None) -> Progress:
        stages.append((what, total))
        return lambda _done, _out_of: None

    verify([TWO], [], note)

    assert ("attempts-2-capacity-1: brute", 6) in stages
    assert [what for what, _ in stages if what.startswith("flawed: ")] == [f"flawed: {name}" for name in GALLERY]


def test_what_has_too_many_schedules_is_not_executed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MOST_BRUTE", {"memory": 6, "sqlite": 5})
    monkeypatch.setattr(verification, "MOST_DPOR", 6)

    found = verify([TWO, contention(3, 1)], [], quiet)

    assert [row.engines for row in found.rows] == [
        ("model", "fast", "symmetric", "merged", "brute", "dpor", "capacity-first"),
        ("model", "fast", "symmetric", "merged", "capacity-first"),
    ]


def test_a_faster_search_of_the_model_that_counts_otherwise_is_a_disagreement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = verification.check

    def miscounting(engine: str, *rest: Any) -> Any:
        seen = original(engine, *rest)
        return replace(seen, states=seen.states + 1) if engine == "symmetric" else seen

    monkeypatch.setattr(verification, "check", miscounting)

    found = on_two()

    assert found.standing(needs_all=False) is Standing.VIOLATED
    assert any("symmetric 15 and 15 transitions; model 14 and 15" in one for one in found.rows[0].disagreements)


def test_an_engine_that_is_not_installed_is_named_and_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(engine: str, *_rest: Any) -> Any:
        raise EngineMissingError(f"{engine} is not there")

    monkeypatch.setattr(verification, "check", missing)
    monkeypatch.setattr(verification, "prove", lambda **_options: missing_solver())

    found = on_two()

    assert found.missing == ["fast is not there", "symmetric is not there", "the proof needs z3"]
    assert {"fast", "symmetric", "proof"}.isdisjoint(one.engine for one in found.claims())


def missing_solver() -> None:
    raise SolverMissingError("the proof needs z3")


def test_an_obligation_that_is_refuted_or_unknown_is_never_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    proof = prove()
    for answer, standing in ((Answer.REFUTED, Standing.VIOLATED), (Answer.UNKNOWN, Standing.INCOMPLETE)):
        first, *others = proof.obligations
        spoilt = replace(proof, obligations=(replace(first, verdict=answer), *others))
        monkeypatch.setattr(verification, "prove", lambda spoilt=spoilt, **_options: spoilt)

        assert on_two().standing(needs_all=False) is standing


@pytest.mark.parametrize(("number", "text"), [(0, "0 seats"), (1, "1 seat"), (1234567, "1,234,567 seats")])
def test_a_number_is_told_with_its_noun(number: int, text: str) -> None:
    assert counted(number, "seat") == text


def test_a_claim_says_what_it_covered(sound: Verification) -> None:
    claims = {(one.clause, one.engine): one for one in sound.claims()}

    assert claims["state.capacity", "merged"].coverage.startswith("14 scenarios, 492 schedules, 455 states, ")
    assert claims["agreement", "all engines"] == Claim(
        "agreement",
        "all engines",
        Standing.HOLDS,
        "14 scenarios: states, transitions, schedules of every outcome mix, outcome vectors",
        14,
    )
