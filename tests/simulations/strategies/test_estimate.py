"""How many traces are left: what is estimated of that, when it is said, and that it is honest."""

from collections.abc import Callable
from concurrent.futures import Executor
from time import monotonic
from typing import Any

import pytest

from lastseat.reference.implementation import MEMORY
from lastseat.simulations.bookings.explore import explore_program as explore_booking
from lastseat.simulations.bookings.program import booking_program
from lastseat.simulations.bookings.scenario import contention
from lastseat.simulations.common.progress import About
from lastseat.simulations.common.workers import Inline
from lastseat.simulations.kernel.budget import Budget, Driven, Estimate
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.strategies.reduction import estimate as estimates
from lastseat.simulations.strategies.reduction.descent import Descents
from lastseat.simulations.strategies.reduction.estimate import DESCENTS, Estimating, Estimator
from lastseat.testing import Faults, Register, Shared, explore
from lastseat.testing.notation import new_shared, processes_of


def increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def swap(shared: Any) -> Any:
    seen = yield shared.x.read()
    return (yield shared.x.compare_and_swap(seen, seen + 1))


def register() -> Shared:
    return Shared(x=Register(0))


def estimated(program: Program, seed: int = 0, descents: int = DESCENTS) -> Estimate:
    estimator = Estimator(lambda: program, seed)
    estimator.descend(descents)
    found = estimator.estimate()
    assert found is not None
    return found


PINNED = {
    4_025: program_of([swap] * 5, register),
    14_400: program_of([increment] * 5, register),
    75_876: booking_program(contention(6, 6), MEMORY),
}


@pytest.mark.parametrize("traces", PINNED)
def test_after_300_descents_an_estimate_is_near_and_its_interval_is_honest(traces: int) -> None:
    found = [estimated(PINNED[traces], seed) for seed in range(6)]

    assert {each.descents for each in found} == {300}
    assert sum(abs(each.traces / traces - 1) for each in found) / len(found) <= 0.1
    assert sum(each.low <= traces <= each.high for each in found) > 4


@pytest.mark.parametrize(
    ("text", "traces"),
    [("x++ | x++ | x++", 60), ("l( x+ l) y? | l( x+ l) y=1 | m( y+ m) x? | l( m( x? m) l)", 102)],
)
def test_the_interval_is_honest_where_processes_try_again_or_wait(text: str, traces: int) -> None:
    program = program_of(processes_of(text), new_shared)
    found = [estimated(program, seed) for seed in range(6)]

    assert sum(each.low <= traces <= each.high for each in found) > 4
    assert all(each.high < 3 * each.low for each in found)


def test_the_same_seed_estimates_the_same() -> None:
    program = PINNED[14_400]

    assert estimated(program, 7) == estimated(program, 7) != estimated(program, 8)


# --- when nothing is estimated --------------------------------------------------------------------------------------


def spin(shared: Any) -> Any:
    while not (yield shared.x.read()):
        pass


def fail(shared: Any) -> Any:
    yield shared.x.read()
    yield "nothing"


@pytest.mark.parametrize(
    "program",
    [
        program_of([increment] * 2, register, faults=Faults(1, redelivery=True)),
        program_of([spin, increment], register, most_steps=50),
        program_of([fail, increment], register),
    ],
    ids=["redeliveries", "endless", "at fault"],
)
def test_a_program_that_cannot_be_estimated_is_not(program: Program) -> None:
    estimator = Estimator(lambda: program)
    estimator.descend(DESCENTS)

    assert estimator.estimate() is None
    assert estimator.told(Driven("why"), 1) == Driven("why")


def test_an_error_of_an_estimate_is_none_of_the_search() -> None:
    runs = iter(range(40))

    def few_times() -> Shared:
        next(runs)
        return register()

    cut = explore([increment] * 3, shared=few_times, executions=3)

    assert (cut.why, cut.estimate) == ("3 executions were asked for", None)


def test_few_descents_say_nothing() -> None:
    estimator = Estimator(lambda: PINNED[4_025])
    estimator.descend(estimates.FEWEST - 1)

    assert estimator.estimate() is None
    estimator.descend(estimates.FEWEST)
    assert estimator.estimate() is not None


def test_an_estimate_is_never_below_what_was_explored() -> None:
    estimator = Estimator(lambda: PINNED[4_025])
    estimator.descend(DESCENTS)

    found = estimator.estimate(done=1_000_000)

    assert found == Estimate(1_000_000, 1_000_000, 1_000_000, DESCENTS)


# --- what a search says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimate", "done", "told"),
    [
        (Estimate(2_100_000, 1_600_000, 2_930_000, 300), 63_000, "about 3 % of 2.1 million traces (1.6 to 2.9)"),
        (Estimate(14_312, 13_800, 14_900, 300), 144, "about 1 % of 14,000 traces (14,000 to 15,000)"),
        (Estimate(34 * 10**8, 9 * 10**8, 10**10, 300), 7, "less than 0.01 % of about 3.4 billion traces (0.9 to 10)"),
        (Estimate(100, 100, 130, 300), 100, "about 99 % of 100 traces (100 to 130)"),
        (
            Estimate(123 * 10**15, 10**17, 2 * 10**17, 30),
            1,
            "less than 0.01 % of about 1.2 times 10^17 traces (1 to 2)",
        ),
    ],
)
def test_an_estimate_is_told_in_round_numbers(estimate: Estimate, done: int, told: str) -> None:
    assert estimate.told(done) == told


def test_a_search_that_is_cut_short_says_how_much_is_left() -> None:
    cut = explore([increment] * 5, shared=register, executions=144)

    assert cut.estimate is not None
    assert cut.estimate.low <= 14_400 <= cut.estimate.high
    assert cut.why == f"144 executions were asked for; {cut.estimate.told(144)}"
    with pytest.raises(
        AssertionError, match=r"in 144 executions, but 144 .* asked for; about (1|0.99) % of 1[45],000 "
    ):
        cut.assert_holds()


def test_a_single_execution_is_told_as_one() -> None:
    cut = explore([increment] * 5, shared=register, executions=1)

    with pytest.raises(
        AssertionError, match=r"in 1 execution, but 1 execution was asked for; less than 0\.01 % of about"
    ):
        cut.assert_holds()
    assert Budget(seconds=1).used_up() == "1 second was used up"


def test_a_search_in_tasks_and_one_of_bookings_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "AT_END", 60.0)
    executor: Executor = Inline()
    here = explore([increment] * 5, shared=register, executions=1_000)
    there = explore([increment] * 5, shared=register, executions=1_000, executor=executor)
    booked = explore_booking(contention(5, 5), MEMORY, executions=100)

    assert here.estimate == there.estimate is not None
    assert booked.estimate is not None
    assert booked.estimate.low <= 4_025 <= booked.estimate.high


@pytest.mark.parametrize(
    "asked",
    [{}, {"strategy": "brute", "executions": 5}, {"strategy": "delays=1"}, {"executions": 2, "stop_at_first": True}],
)
def test_what_is_complete_or_counts_no_traces_has_no_estimate(asked: dict[str, Any]) -> None:
    asserts = [increment, increment, processes_of("x=5 x? !5")[0]] if "stop_at_first" in asked else [increment] * 3
    seen = explore(asserts, shared=register, **asked)

    assert seen.estimate is None
    assert "traces" not in seen.why


def test_ctrl_c_while_it_is_estimated_ends_the_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Descents, "descend", interrupt)
    cut = explore([increment] * 5, shared=register, executions=10)

    assert (cut.why, cut.interrupted, cut.estimate) == ("10 executions were asked for", True, None)


def test_after_ctrl_c_nothing_is_run_again_and_what_is_known_is_said() -> None:
    known, unknown = Estimator(lambda: PINNED[4_025]), Estimator(lambda: PINNED[4_025])
    known.descend(50)
    interrupted = Driven("it was interrupted", interrupted=True, is_cut_short=True)

    said = known.told(interrupted, 10).estimate
    assert said is not None
    assert said.descents == 50
    assert unknown.told(interrupted, 10) == interrupted


def test_nobody_waits_for_many_descents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "DESCENTS", 10**9)
    estimator, begun = Estimator(lambda: PINNED[75_876]), monotonic()
    told = estimator.told(Driven("time is over", is_cut_short=True), 10)

    assert monotonic() - begun < 10
    assert told.why.startswith("time is over")


# --- progress -------------------------------------------------------------------------------------------------------


def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock that stands where it is set."""
    now = [0.0]
    monkeypatch.setattr(estimates, "monotonic", lambda: now[0])

    def set_to(seconds: float) -> None:
        now[0] = seconds

    return set_to


def test_progress_is_told_about_how_many_traces_there_are_at_pauses_that_double(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_to, shown, asked = clock(monkeypatch), list[tuple[int, int | None]](), list[float | None]()

    class Asked(Estimator):
        def descend(self, most: int, seconds: float | None = None) -> None:
            asked.append(seconds)
            super().descend(min(most, 40 * len(asked)))

    progress = Estimating(lambda done, total: shown.append((done, total)), Asked(lambda: PINNED[4_025]))
    for seconds in (0.1, 0.3, 0.5, 0.7, 1.0, 1.3, 2.0):
        set_to(seconds)
        progress(round(100 * seconds), None)

    assert shown[0] == (10, None)
    assert [type(total) for _, total in shown[1:]] == [About] * 6
    assert asked == [pytest.approx(estimates.SHARE * seconds) for seconds in (0.3, 0.7, 2.0)]
    assert len({total for _, total in shown[1:]}) == 3


def test_a_search_that_nobody_watches_estimates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[object]()
    monkeypatch.setattr(estimates, "FIRST_LOOK", 0.0)
    monkeypatch.setattr(Descents, "descend", lambda *_: begun.append(1))

    assert (explore([swap] * 4, shared=register).executions, len(begun)) == (280, 0)
    assert explore([swap] * 4, shared=register, progress=lambda _done, _total: None).executions == 280
    assert len(begun) >= 1
