"""The explorers one by one: exact counts, budgets, interruption, and code that cannot be explored.

Clauses: progress.two_steps, progress.suspension, attempt.one_persist, emit.one
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission, Observation, Outcome, Proposal, Resource, Verdict
from lastseat.simulations.bookings.explore import explore_brute, explore_merged
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.merging import merged
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.kernel.exploration import Exploration
from lastseat.simulations.strategies.merging.settings import Settings

Explore = Callable[..., Exploration]
both = pytest.mark.parametrize("explore", [explore_brute, explore_merged], ids=["brute", "merged"])


def on_memory(attempt: Callable[[BookingRequest], Attempt]) -> Implementation:
    return Implementation("mine", MemoryStore.open, attempt)


@both
@pytest.mark.parametrize(
    ("attempts", "capacity", "outcomes"),
    [
        (2, 1, {(1, 1, 0): 2, (1, 0, 1): 4}),
        (3, 2, {(2, 1, 0): 6, (2, 0, 1): 48, (1, 0, 2): 36}),
        (4, 0, {(0, 4, 0): 2520}),
    ],
)
def test_the_exact_number_of_schedules_of_each_outcome_mix(
    explore: Explore, attempts: int, capacity: int, outcomes: Mapping[tuple[int, int, int], int]
) -> None:
    seen = explore(contention(attempts, capacity), MEMORY)

    assert seen.complete
    assert dict(seen.outcomes) == outcomes
    assert not seen.violations


def test_brute_stops_at_its_budget_of_executions_and_says_that_it_is_not_complete() -> None:
    seen = explore_brute(contention(3, 2), MEMORY, executions=10)

    assert (seen.executions, seen.complete) == (10, False)


def test_a_budget_of_executions_that_is_just_enough_is_complete() -> None:
    assert explore_brute(contention(3, 2), MEMORY, executions=90).complete


@both
def test_a_budget_of_time_ends_an_exploration_that_would_take_for_ever(explore: Explore) -> None:
    seen = explore(contention(14, 7), MEMORY, seconds=0.05)

    assert not seen.complete
    assert not seen.interrupted


@both
def test_an_interruption_keeps_what_is_known(explore: Explore) -> None:
    ticks = count()

    def interrupt(_done: int, _total: int | None) -> None:
        if next(ticks) == 3:
            raise KeyboardInterrupt

    seen = explore(contention(7, 3), MEMORY, progress=interrupt)

    assert seen.interrupted
    assert not seen.complete
    assert seen.executions > 0


@both
def test_code_that_raises_is_reported_with_the_schedule_so_far(explore: Explore) -> None:
    def raising(request: BookingRequest) -> Attempt:
        observation: Observation = yield Observe(request.resource_id)
        if isinstance(observation, Resource) and observation.version == 1:
            raise RuntimeError("boom\n\x1b[31m")
        return emit((yield Persist(propose(request, observation))))

    with pytest.raises(
        ExplorationError, match=r"raised RuntimeError: boom\\n\\x1b\[31m; schedule 0\.0\.?1?$"
    ) as error:
        explore(contention(2, 1), on_memory(raising))

    assert "\n" not in str(error.value)


@both
def test_an_attempt_that_yields_no_operation_is_reported(explore: Explore) -> None:
    def wrong(request: BookingRequest) -> Iterator[Any]:
        yield request.resource_id

    with pytest.raises(ExplorationError, match=r"yields a value of type str, which is no operation; schedule -$"):
        explore(contention(2, 1), on_memory(wrong))  # type: ignore[arg-type]


@both
def test_an_attempt_that_retries_for_ever_is_cut_and_the_search_is_not_complete(explore: Explore) -> None:
    def stubborn(request: BookingRequest) -> Attempt:
        while True:
            observation: Observation = yield Observe(request.resource_id)
            verdict: Verdict = yield Persist(propose(request, observation))
            if verdict is Verdict.ACCEPTED:
                return emit(verdict)

    seen = explore(contention(1, 0), on_memory(stubborn))

    assert not seen.complete
    assert {"progress.two_steps", "attempt.one_persist"} <= seen.violated


@both
def test_an_attempt_without_an_outcome_violates_emit_one(explore: Explore) -> None:
    def speechless(request: BookingRequest) -> Attempt:
        yield Persist(propose(request, (yield Observe(request.resource_id))))
        return None  # type: ignore[return-value]

    seen = explore(contention(1, 1), on_memory(speechless))

    assert "emit.one" in seen.violated
    assert seen.blocked == 0


@both
def test_an_attempt_that_decides_before_its_first_step_is_judged_too(explore: Explore) -> None:
    def hasty(request: BookingRequest) -> Attempt:
        if request.booking_id == "a":
            return Emission(Outcome.BOOKED)
        return (yield from attempt_booking(request))

    seen = explore(contention(2, 2), on_memory(hasty))

    assert seen.interleavings == 1
    assert seen.blocked == 0
    assert {"attempt.decides_at_persist", "emit.booked", "emit.kept"} <= seen.violated
    assert {one.steps for one in seen.violations if one.name == "emit.booked"} == {()}


@both
def test_a_conflict_that_is_hidden_by_a_retry_violates_exactly_the_attempt_clauses(explore: Explore) -> None:
    def retrying(request: BookingRequest) -> Attempt:
        emission = yield from attempt_booking(request)
        return emission if emission.outcome is not Outcome.FAILED else (yield from attempt_booking(request))

    seen = explore(contention(2, 2), on_memory(retrying))

    assert seen.violated == {"attempt.one_persist", "progress.two_steps"}
    assert dict(seen.outcomes) == {(2, 0, 0): seen.interleavings}


class SecretlyCounting(MemoryStore):
    """A store whose answer depends on something that its snapshot does not show."""

    def __init__(self, *args: Any) -> None:
        self.answers = 0
        super().__init__(*args)

    def persist(self, proposal: Proposal) -> Verdict:
        self.answers += 1
        return super().persist(proposal) if self.answers < 3 else Verdict.STORE_UNAVAILABLE


def test_brute_force_catches_a_store_that_remembers_what_its_snapshot_does_not_show() -> None:
    with pytest.raises(ExplorationError, match="not deterministic"):
        explore_brute(contention(3, 0), Implementation("secret", SecretlyCounting.open))


def test_brute_force_catches_code_that_behaves_differently_when_it_runs_again() -> None:
    turn = count()

    def moody(request: BookingRequest) -> Attempt:
        observation: Observation = yield Observe(request.resource_id)
        if next(turn) % 5 == 4:
            return emit(Verdict.STORE_UNAVAILABLE)
        return emit((yield Persist(propose(request, observation))))

    with pytest.raises(ExplorationError, match="not deterministic"):
        explore_brute(contention(3, 2), on_memory(moody))


def test_brute_force_catches_an_outcome_that_is_drawn_by_lot() -> None:
    turn = count()

    def lottery(request: BookingRequest) -> Attempt:
        yield Persist(propose(request, (yield Observe(request.resource_id))))
        return Emission(Outcome.BOOKED if next(turn) % 3 else Outcome.REJECTED)

    with pytest.raises(ExplorationError, match="not deterministic"):
        explore_brute(contention(3, 0), on_memory(lottery))


def test_many_attempts_end_at_their_budget() -> None:
    assert not explore_merged(contention(64, 64), MEMORY, seconds=0.2).complete


def test_code_that_prefers_one_booking_id_is_explored_without_symmetry(monkeypatch: pytest.MonkeyPatch) -> None:
    def favouring(request: BookingRequest) -> Attempt:
        emission = yield from attempt_booking(request)
        return Emission(Outcome.BOOKED) if request.booking_id == "c" else emission

    implementation, groups = on_memory(favouring), list[tuple[tuple[int, ...], ...]]()
    begin = merged.BookingWalk.__init__

    def watched(walk: merged.BookingWalk, steps: Any, settings: Settings, *given: Any) -> None:
        groups.append(settings.alike)
        begin(walk, steps, settings, *given)

    monkeypatch.setattr(merged.BookingWalk, "__init__", watched)
    seen = explore_merged(contention(3, 2), implementation)

    assert groups == [((0, 1, 2),), ()]
    assert seen.vectors == explore_brute(contention(3, 2), implementation).vectors
    assert "emit.booked" in seen.violated
