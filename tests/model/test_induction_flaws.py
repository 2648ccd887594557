"""Each flawed step fails to prove by exactly the obligations that it breaks, and tells a booking story of it."""

import pytest

from lastseat.model.flaws import Flaw
from lastseat.model.proof import flaws
from lastseat.model.proof.induction import Answer, prove
from lastseat.model.proof.obligations import Kind, Question
from lastseat.model.proof.steps import CORRECT, Encoding
from lastseat.model.proof.story import NO_STORY, tell

CONFLICTS = tuple(f"possible/persist.conflict.{one}" for one in ("version_first", "full", "capacity_first"))
OVERS = tuple(f"possible/persist.over.{one}" for one in ("version_first", "capacity_first", "stale"))
REPEATS = ("possible/persist.repeat", "possible/persist.repeat.stale")
TWICE = (
    "state.unique/persist",
    "persist.identity.found/persist",
    "emit.booked/persist",
    "persist.identity/persist",
    "emit.kept/persist",
    "history.linearizable/persist",
)
REFUTED: dict[str, tuple[Encoding, tuple[str, ...]]] = {
    one.told: (one, names)
    for one, names in (
        (flaws.ENCODINGS[Flaw.NO_VERSION_CHECK], ("persist.compare_and_swap/persist", *CONFLICTS)),
        (
            flaws.ENCODINGS[Flaw.NO_ID_CHECK],
            (*TWICE, *REPEATS, "possible/persist.reuse.units", "possible/persist.reuse.resource"),
        ),
        (flaws.ENCODINGS[Flaw.NO_CAPACITY_CHECK], ("state.capacity/persist", "history.linearizable/persist", *OVERS)),
        (
            flaws.ENCODINGS[Flaw.VERSION_NOT_BUMPED],
            ("state.version/persist", "persist.version_step/persist", "persist.effect/persist"),
        ),
        (
            flaws.ENCODINGS[Flaw.VERSION_BUMPED_ON_REJECTION],
            ("state.version/persist", "persist.refusal_pure/persist", "persist.version_step/persist"),
        ),
        (flaws.LOOKS_UP_EACH_RESOURCE_ALONE, (*TWICE, "possible/persist.reuse.resource")),
        (
            flaws.TRUSTS_THE_OBSERVATION,
            (
                "state.capacity/persist",
                "persist.compare_and_swap/persist",
                "history.linearizable/persist",
                *CONFLICTS,
            ),
        ),
        (
            flaws.RECORDS_NOTHING,
            (
                "state.sum/persist",
                "state.version.recorded/persist",
                "emit.booked/persist",
                "persist.effect/persist",
                "history.linearizable/persist",
            ),
        ),
        (flaws.ENCODINGS[Flaw.ONE_UNIT_CONFIRMED], ("state.sum/persist", "persist.effect/persist")),
        (flaws.SEES_AN_OLD_VERSION, ("observe.stale.version/observe",)),
        (
            flaws.OBSERVES_WITH_A_TRACE,
            ("state.version/observe", "observe.pure/observe", "persist.version_step/observe"),
        ),
        (flaws.DECIDES_AT_OBSERVE, ("attempt.decides_at_persist/observe", "history.linearizable/observe")),
        (flaws.STARTS_AT_ONE, ("state.version/initial",)),
        (
            flaws.ENCODINGS[Flaw.CONFLICT_EMITTED_AS_REJECTED],
            ("emit.rejected/persist", "history.linearizable/persist"),
        ),
        (flaws.ENCODINGS[Flaw.REJECTION_EMITTED_AS_FAILED], ("attempt.solo/persist",)),
        (flaws.ENCODINGS[Flaw.CONFLICT_EMITTED_AS_BOOKED], ("emit.booked/persist", "history.linearizable/persist")),
        (flaws.ENCODINGS[Flaw.REASON_NOT_EMITTED], ("emit.one/persist",)),
        (flaws.BLAMES_A_CONFLICT, ("emit.conflict/persist", "attempt.solo/persist")),
        (flaws.TRIES_AGAIN, ("attempt.one_persist/persist", "progress.two_steps/persist")),
        (
            flaws.REJECTS_WHAT_WAS_APPLIED,
            (
                "emit.recorded/persist_unacknowledged",
                "emit.unbooked/persist_unacknowledged",
                "emit.rejected/persist_unacknowledged",
                "history.linearizable/persist_unacknowledged",
            ),
        ),
        (flaws.INVENTS_A_LOSS, ("fault.acknowledgement_lost/persist", "history.linearizable/persist")),
        (flaws.INVENTS_AN_OUTAGE, ("fault.unavailable/persist",)),
    )
}


def story_of(encoding: Encoding, name: str) -> str:
    broken = next(one.broken for one in Question(encoding, faults=False).formulas() if one.name == name)
    assert broken
    return tell(broken, timeout_milliseconds=10_000)


def test_every_flaw_is_tried() -> None:
    assert [encoding for encoding, _ in REFUTED.values()] == sorted(
        flaws.FLAWS, key=lambda flaw: [*REFUTED].index(flaw.told)
    )


@pytest.mark.parametrize("told", REFUTED)
def test_a_flaw_fails_to_prove_by_exactly_what_it_breaks_and_each_of_these_is_a_booking_story(told: str) -> None:
    encoding, refuted = REFUTED[told]

    proof = prove(encoding, faults=encoding is flaws.REJECTS_WHAT_WAS_APPLIED)

    assert sorted(one.name for one in proof.refuted) == sorted(refuted)
    assert [one.name for one in proof.obligations if one.verdict is Answer.UNKNOWN] == []
    assert not proof.holds
    for one in proof.refuted:
        is_claim = one.kind is not Kind.POSSIBILITY
        assert one.story.startswith(told) is is_claim
        assert (f"\nbroken: {one.says}" in one.story) is is_claim


def test_every_clause_but_the_possibilities_is_broken_by_some_flaw() -> None:
    broken = {name.partition("/")[0] for _, names in REFUTED.values() for name in names}
    claims = {one.name.partition("/")[0] for one in Question(CORRECT).formulas() if one.kind is not Kind.POSSIBILITY}

    # No flaw of the gallery is about these. They say that the store's look-up and an observation are what they are
    # taken for, and that whoever has not ended has had no effect.
    assert claims - broken == {
        "persist.identity.true",
        "observe.stale.past",
        "observe.stale.copy",
        "emit.unbooked.yet",
    }


def test_a_store_that_ignores_the_version_is_told_as_a_proposal_from_the_past() -> None:
    story = story_of(flaws.ENCODINGS[Flaw.NO_VERSION_CHECK], "persist.compare_and_swap/persist")

    assert story == (
        "no version check\n"
        "before:\n"
        "  seat has 1 of 2 units confirmed, at version 1 after 1 effective persist\n"
        "  recorded: 1 unit of seat for bob (attempt b)\n"
        "  attempt a asks for 1 unit of seat for ann, and has observed version 0 with 0 confirmed\n"
        "  attempt b asks for 1 unit of seat for bob, and has ended BOOKED\n"
        "step: attempt a persists; the store answers accepted\n"
        "after:\n"
        "  seat has 2 of 2 units confirmed, at version 2 after 2 effective persists\n"
        "  recorded: 1 unit of seat for ann (attempt a); recorded: 1 unit of seat for bob (attempt b)\n"
        "  attempt a has ended BOOKED\n"
        "broken: an effective persist was proposed from the version that is current"
    )


def test_an_id_that_is_looked_up_in_one_resource_only_books_two_resources() -> None:
    story = story_of(flaws.LOOKS_UP_EACH_RESOURCE_ALONE, "state.unique/persist")

    assert "recorded: 1 unit of seat for ann (attempt a); recorded: 1 unit of sofa for ann (attempt b)" in story
    assert "yet the reservation of attempt a is found under ann, not that of attempt b" in story
    assert story.endswith("at most once in the whole store (not so for attempt a and attempt b)")


def test_a_store_that_starts_wrong_is_told_without_a_step() -> None:
    story = story_of(flaws.STARTS_AT_ONE, "state.version/initial")

    assert story == (
        "the store starts at version 1\n"
        "at the start:\n"
        "  seat has 0 of 1 unit confirmed, at version 1 after 0 effective persists\n"
        "  nothing is recorded\n"
        "broken: version = number of effective persists (not so for seat)"
    )


def test_a_claim_that_no_small_system_breaks_is_said_to_have_no_story() -> None:
    story = story_of(CORRECT, "state.capacity/persist")

    assert story == NO_STORY
