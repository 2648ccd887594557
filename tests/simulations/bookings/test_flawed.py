"""The gallery: each wrong implementation breaks its clause, on a shortest schedule that is pinned here.

Clauses: persist.atomic, persist.identity, attempt.retry_is_new
"""

import re
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from lastseat.model.properties import RUN_CHECKS, STATE_CHECKS, STEP_CHECKS
from lastseat.reference.flawed import GALLERY, RARE, UNDER_FAULTS
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE
from lastseat.simulations.bookings.scenario import Scenario, contention
from lastseat.simulations.bookings.scenario_file import find_scenario
from lastseat.simulations.bookings.scheduler import run, schedules
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.kernel.run import Run

FLAWS = {**GALLERY, **RARE}
CLAUSES = {one.clause for checks in (STATE_CHECKS, STEP_CHECKS, RUN_CHECKS) for one in checks} | {LINEARIZABLE}


def deliveries(name: str, capacity: int, booking_ids: str) -> Scenario:
    """Return single-seat attempts under these ids, one letter each, on a resource of `capacity` seats."""
    requests = tuple(BookingRequest(one, "seats") for one in booking_ids)
    return Scenario(name, "Some ids more than once", (("seats", capacity),), requests)


BESIDE_ANOTHER = deliveries("a-twice-beside-b", 3, "aab")
AFTER_TWO_OTHERS = deliveries("c-twice-after-a-and-b", 4, "abcc")

ALONE, RACE, THREE = "one-attempt", "two-attempts-one-seat", "three-attempts-two-seats"
TWICE, RIVAL, PAYLOADS = "one-id-delivered-twice", "redelivery-against-a-rival", "one-id-two-payloads"
FLIGHTS, UNKNOWN, PARTIES = "two-resources-one-id", "unknown-resource", "unequal-parties"
SMALL = (ALONE, RACE, THREE, TWICE, RIVAL, PAYLOADS, FLIGHTS, UNKNOWN, PARTIES)


class Pin(NamedTuple):
    """What is known of a flaw on one scenario, a shipped one by its name.

    `steps` is the shortest schedule that breaks its clause, one digit for each step; `share` is how many schedules
    break any clause, of all; `broken` are the clauses that some schedule breaks, the flaw's own first.
    """

    scenario: str | Scenario
    steps: str
    share: str
    broken: str

    @property
    def situation(self) -> Scenario:
        return find_scenario(self.scenario) if isinstance(self.scenario, str) else self.scenario

    @property
    def schedule(self) -> tuple[int, ...]:
        return tuple(map(int, self.steps))

    @property
    def counts(self) -> tuple[int, int]:
        shows, _, schedules = self.share.partition("/")
        return int(shows), int(schedules)


PINNED = {
    "ignores-version": Pin(THREE, "0101", "60/90", "persist.compare_and_swap"),
    "forgets-identity": Pin(TWICE, "0011", "6/6", "state.unique persist.identity"),
    "rejects-early": Pin(RACE, "001", "2/6", "attempt.decides_at_persist"),
    "writes-in-two-steps": Pin(ALONE, "00", "1/1", "state.sum"),
    "locks-on-observe": Pin(RACE, "0", "2/2", "progress.suspension"),
    "rejects-conflicts": Pin(THREE, "0101", "60/90", "emit.rejected history.linearizable"),
    "never-bumps-version": Pin(THREE, "00", "90/90", "persist.version_step state.version"),
    "bumps-version-on-rejection": Pin(RACE, "0011", "2/6", "persist.version_step persist.refusal_pure state.version"),
    "trusts-observation": Pin(
        THREE, "001212", "84/90", "state.capacity history.linearizable persist.compare_and_swap"
    ),
    "last-write-wins": Pin(THREE, "0101", "84/90", "state.sum history.linearizable persist.compare_and_swap"),
    "checks-then-writes": Pin(
        RACE,
        "00",
        "20/20",
        "progress.two_steps attempt.decides_at_persist emit.conflict history.linearizable persist.compare_and_swap "
        "state.capacity",
    ),
    "checks-id-on-observe": Pin(FLIGHTS, "0101", "4/6", "state.unique history.linearizable persist.identity"),
    "scopes-id-to-resource": Pin(FLIGHTS, "0011", "6/6", "state.unique history.linearizable persist.identity"),
    "accepts-any-payload": Pin(
        PAYLOADS, "0011", "6/6", "persist.identity emit.booked emit.kept history.linearizable"
    ),
    "refuses-repeats": Pin(RIVAL, "0011", "60/90", "persist.identity"),
    "hidden-retry": Pin(THREE, "0101", "492/498", "progress.two_steps attempt.one_persist"),
    "swallows-failures": Pin(THREE, "0101", "84/90", "emit.booked emit.kept history.linearizable"),
    "forgets-reason": Pin(THREE, "0101", "84/90", "emit.one"),
    "fails-when-full": Pin(THREE, "001122", "6/90", "attempt.solo"),
    "guesses-version": Pin(THREE, "011", "18/18", "attempt.one_persist"),
    "compensates-overbooking": Pin(
        THREE, "001122", "6/90", "state.capacity emit.unbooked persist.only_writer progress.two_steps"
    ),
    "acknowledges-before-writing": Pin(
        THREE,
        "00",
        "90/90",
        "emit.booked attempt.solo emit.conflict emit.kept emit.unbooked observe.pure persist.compare_and_swap "
        "persist.refusal_pure",
    ),
    "counts-bookings": Pin(
        contention(4, 4, [1, 1, 1, 2]), "00112233", "24/2520", "state.capacity history.linearizable"
    ),
    "counts-remaining": Pin(ALONE, "00", "1/1", "state.capacity"),
    "starts-at-version-one": Pin(ALONE, "0", "1/1", "state.version"),
    "expires-on-observe": Pin(THREE, "0012", "18/90", "observe.pure emit.kept history.linearizable"),
    "holds-first": Pin(ALONE, "0", "1/1", "persist.only_writer"),
    "creates-unknown-resource": Pin(UNKNOWN, "00", "6/6", "persist.refusal_pure"),
    "accepts-unknown-resource": Pin(UNKNOWN, "00", "6/6", "emit.unbooked emit.recorded"),
    "mistakes-absence-for-conflict": Pin(UNKNOWN, "00", "6/6", "emit.conflict"),
    "one-row-per-resource": Pin(contention(2, 2), "0011", "2/6", "emit.kept"),
    "queues-conflicts": Pin(
        contention(3, 3),
        "010122",
        "60/90",
        "emit.recorded emit.unbooked persist.compare_and_swap persist.refusal_pure",
    ),
    "discards-oldest": Pin(contention(3, 1), "0011", "54/90", "history.linearizable emit.kept"),
    "counts-observers": Pin(RACE, "010", "4/6", "emit.rejected"),
    "replays-first-answer": Pin(RIVAL, "022011", "8/90", "attempt.solo emit.conflict"),
    "version-wraps-around": Pin(contention(4, 4), "01022331", "48/2520", "persist.compare_and_swap"),
    "looks-at-first-page": Pin(AFTER_TWO_OTHERS, "00112233", "84/2520", "state.unique persist.identity"),
    "searches-unsorted-ledger": Pin(BESIDE_ANOTHER, "220011", "10/90", "state.unique persist.identity"),
}

# What breaks at the same step. Where the comment says "always", no schedule can break the one without the other.
ALSO = {
    # A version that does not count effects is wrong afterwards: always.
    "never-bumps-version": {"state.version"},
    "bumps-version-on-rejection": {"state.version", "persist.refusal_pure"},
    # No order explains an attempt that was rejected while a seat was left and nobody else had begun.
    "rejects-conflicts": {"history.linearizable"},
    # More units were BOOKED than there are.
    "trusts-observation": {"persist.compare_and_swap", "history.linearizable"},
    "counts-bookings": {"history.linearizable"},
    # Only a stale proposal can hide the units of another one.
    "last-write-wins": {"persist.compare_and_swap"},
    # The cancellation that is still to come.
    "compensates-overbooking": {"progress.two_steps"},
    # The second request under the id is answered BOOKED, and in no order are both due that.
    "checks-id-on-observe": {"persist.identity", "history.linearizable"},
    "scopes-id-to-resource": {"persist.identity", "history.linearizable"},
    "accepts-any-payload": {"emit.booked", "emit.kept", "history.linearizable"},
    # The first answer was a conflict.
    "replays-first-answer": {"emit.conflict"},
}

# A clause that cannot be broken alone, and the one that is always broken with it.
IMPLIES = {"persist.version_step": "state.version"}


def test_every_flaw_is_pinned_under_a_name_of_its_own() -> None:
    assert set(PINNED) == set(FLAWS)
    assert len(FLAWS) + len(UNDER_FAULTS) == len({**FLAWS, **UNDER_FAULTS})


@pytest.mark.parametrize("name", FLAWS)
@pytest.mark.parametrize("explore", [explore_brute, explore_merged], ids=["brute", "merged"])
def test_a_flaw_breaks_its_clause_on_its_shortest_schedule(
    name: str, explore: type, explored: Callable[..., Exploration]
) -> None:
    pin = PINNED[name]

    seen = explored(explore, pin.situation, FLAWS[name])

    assert seen.complete
    assert (seen.interleavings, seen.violated) == (pin.counts[1], set(pin.broken.split()))
    (broken,) = (one for one in seen.violations if one.name == FLAWS[name].breaks)
    assert broken.steps == pin.schedule


@pytest.mark.parametrize("name", FLAWS)
def test_the_shortest_schedule_of_a_flaw_breaks_exactly_the_clause_that_it_is_there_for(name: str) -> None:
    pin = PINNED[name]

    found = findings(run(pin.situation, FLAWS[name], pin.schedule), pin.situation, FLAWS[name])

    assert FLAWS[name].breaks == pin.broken.split()[0]
    assert {one.clause for one in found} == {FLAWS[name].breaks} | ALSO.get(name, set())
    assert {one.step for one in found} == {len(pin.steps)}


@pytest.mark.parametrize("name", FLAWS)
def test_a_shorter_schedule_shows_nothing(name: str) -> None:
    pin = PINNED[name]

    assert not findings(run(pin.situation, FLAWS[name], pin.schedule[:-1]), pin.situation, FLAWS[name])


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_shows_in_exactly_so_many_schedules(name: str) -> None:
    pin, shown = PINNED[name], 0

    def look(execution: Run) -> None:
        nonlocal shown
        shown += bool(findings(execution, pin.situation, FLAWS[name]))

    total = schedules(pin.situation, FLAWS[name], look)

    assert (shown, total) == pin.counts


def test_some_flaws_show_in_few_schedules_and_some_in_all() -> None:
    counts = {name: pin.counts for name, pin in PINNED.items() if len(pin.situation.requests) >= 3}
    shares = {name: shows / total for name, (shows, total) in counts.items()}

    rare = {name for name, share in shares.items() if share < 0.05}
    assert rare == {"counts-bookings", "version-wraps-around", "looks-at-first-page"}
    assert len({name for name, share in shares.items() if 0.05 <= share < 0.25}) >= 4
    assert len({name for name, share in shares.items() if 0.25 <= share < 1}) >= 8
    assert 1 in shares.values()


def test_every_clause_that_can_be_checked_is_broken_by_some_flaw() -> None:
    assert {clause for pin in PINNED.values() for clause in pin.broken.split()} == CLAUSES


def test_every_clause_has_a_flaw_of_its_own_unless_it_implies_another_one() -> None:
    alone = {flaw.breaks for name, flaw in FLAWS.items() if name not in ALSO}

    assert alone == CLAUSES - set(IMPLIES)
    assert set(IMPLIES) <= {flaw.breaks for flaw in FLAWS.values()}


@pytest.mark.parametrize("name", [name for name, pin in PINNED.items() if set(IMPLIES) & set(pin.broken.split())])
def test_a_clause_that_implies_another_one_is_never_broken_before_it(
    name: str, explored: Callable[..., Exploration]
) -> None:
    seen = explored(explore_brute, PINNED[name].situation, FLAWS[name])
    found = {violation.name: len(violation.steps) for violation in seen.violations}

    assert all(found[implied] <= found[clause] for clause, implied in IMPLIES.items())


@pytest.mark.parametrize("name", FLAWS)
def test_the_gallery_shows_on_the_small_shipped_scenarios_and_the_rare_flaws_do_not(
    name: str, explored: Callable[..., Exploration]
) -> None:
    small = (explored(explore_merged, find_scenario(scenario), FLAWS[name]) for scenario in SMALL)
    shows = any(FLAWS[name].breaks in seen.violated for seen in small)

    assert shows == (name in GALLERY)


@pytest.mark.parametrize("name", [*FLAWS, *UNDER_FAULTS])
def test_a_flaw_says_in_its_docstring_which_clause_it_breaks_and_why_it_is_missed(name: str) -> None:
    flaw = {**FLAWS, **UNDER_FAULTS}[name]
    told = sys.modules[f"lastseat.reference.flawed.{name.replace('-', '_')}"].__doc__ or ""

    assert re.search(r"Breaks ([a-z_.]+[a-z])", told).group(1) == flaw.breaks  # type: ignore[union-attr]
    assert "A review misses it because" in " ".join(told.split())


def test_an_attempt_that_holds_a_lock_leaves_schedules_that_cannot_go_on() -> None:
    seen = explore_brute(find_scenario("two-attempts-one-seat"), GALLERY["locks-on-observe"])

    assert seen.interleavings == 2  # one after the other, either first: the lock serialises them
    assert seen.blocked == 0
