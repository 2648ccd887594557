"""What watches the explorers of programs: the audit of what ends early, and how much dpor looks ahead."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from lastseat.simulations.common.workers import Inline
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults
from lastseat.simulations.kernel.budget import Budget, Driven, drive
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import DeclaredMeter
from lastseat.simulations.kernel.observer import Coverage
from lastseat.simulations.kernel.program import program_of
from lastseat.simulations.strategies.audit import is_audited
from lastseat.simulations.strategies.explore import ProgramSubject
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.simulations.strategies.reduction.split import Coordinator, explore_split
from lastseat.simulations.strategies.watch import Watch
from lastseat.testing import ProgramError, Register, Shared, at_end, explore, sample


def registers() -> Shared:
    return Shared(x=Register(0), y=Register(0))


# --- the audit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_process_that_ends_earlier_when_it_is_taken_again_is_named(strategy: str) -> None:
    started = count()

    def tires(shared: Any) -> Any:
        yield shared.x.read()
        if next(started) == 0:
            yield shared.x.read()

    with pytest.raises(ProgramError, match="is not deterministic, or keeps state from one execution to the next"):
        explore([tires], shared=registers, strategy=strategy)


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_process_that_goes_on_longer_when_it_is_taken_again_is_named(strategy: str) -> None:
    started = count()

    def warms_up(shared: Any) -> Any:
        yield shared.x.read()
        if next(started):
            yield shared.x.read()

    with pytest.raises(ProgramError, match="is not deterministic, or keeps state from one execution to the next"):
        explore([warms_up], shared=registers, strategy=strategy)


@pytest.mark.parametrize("longer", range(3, 24))
def test_a_step_that_is_not_there_any_more_is_named_wherever_it_is_missed(longer: int) -> None:
    """Where an execution is repeated, where a reversal is learnt, and where it is taken."""
    started = count()

    def fades(shared: Any) -> Any:
        yield shared.x.write(1)
        if next(started) < longer:
            yield shared.x.write(2)

    engine = Dpor(program_of([fades, fades, fades], registers), DeclaredMeter(), Unseen())

    with pytest.raises(ProgramError, match="is not deterministic, or keeps state from one execution to the next"):
        all(iter(engine.advance, False))


def test_a_sample_of_one_run_is_one_run() -> None:
    def reads(shared: Any) -> Any:
        yield shared.x.read()

    assert sample([reads], shared=registers, runs=1).why.startswith("a sample of 1 run is no proof; ")


def test_a_process_that_ends_earlier_in_another_order_touches_more_than_it_declares() -> None:
    """The second process reads behind the back of its operations whether the first was there."""

    def writes(shared: Any) -> Any:
        yield shared.x.write(1)

    def looks(shared: Any) -> Any:
        yield shared.y.read()
        if shared.x.value:
            yield shared.y.read()

    with pytest.raises(ProgramError, match="a step of the one cannot be taken in the other"):
        explore([writes, looks], shared=registers)


def test_the_first_executions_are_audited_and_then_a_few() -> None:
    assert [number for number in range(1, 300) if is_audited(number)] == [1, 2, 3, 4, 128, 256]


# --- looking ahead --------------------------------------------------------------------------------------------


class Unseen:
    """Watches nothing."""

    needs_states = True
    violated = False

    def step(self, *_: Any) -> None:
        pass

    def end(self, *_: Any) -> None:
        pass


def looked_ahead(processes: Sequence[Callable[[Any], Any]]) -> tuple[int, int]:
    """How many executions dpor made, and how often it performed a step to learn what it touches."""
    program = program_of(processes, registers)
    engine = Dpor(program, DeclaredMeter(), Unseen())
    while engine.advance():
        pass
    assert engine.blocked == 0
    return engine.executions, engine.peeks


def swaps(*values: int) -> Callable[[Any], Any]:
    def process(shared: Any) -> Any:
        for value in values:
            yield shared.x.compare_and_swap(0, value)

    return process


def writes(*names: str) -> Callable[[Any], Any]:
    def process(shared: Any) -> Any:
        for name in names:
            yield getattr(shared, name).write(1)

    return process


def test_who_shares_nothing_is_never_tried_ahead() -> None:
    assert looked_ahead([writes("x"), writes("y"), writes()]) == (1, 0)


@pytest.mark.parametrize(
    ("processes", "executions", "peeks"),
    [
        ([swaps(1), swaps(2)], 2, 1),
        ([writes("x"), writes("x"), writes("x")], 6, 5),
        ([writes("x", "y"), writes("x", "y")], 4, 3),
        ([swaps(1, 2), swaps(3, 4), writes("x")], 13, 12),
        ([swaps(1), swaps(2), swaps(3), writes("x", "y")], 13, 12),
    ],
)
def test_a_step_is_tried_once_in_each_new_place_before_the_one_that_it_races_with(
    processes: Sequence[Callable[[Any], Any]], executions: int, peeks: int
) -> None:
    assert looked_ahead(processes) == (executions, peeks)


def test_what_was_learnt_in_a_place_is_not_tried_again_there() -> None:
    """One reversal is planned twice here, from two executions; 25 where that is forgotten."""

    def swaps_and_clears(shared: Any) -> Any:
        yield shared.x.compare_and_swap(0, 1)
        yield shared.x.write(0)

    assert looked_ahead([swaps_and_clears, swaps(1), swaps_and_clears]) == (24, 24)


class Follower:
    """Keeps the path that it is shown, and looks at no state: then several steps may be shown at once."""

    needs_states = False
    violated = False

    def __init__(self) -> None:
        self.path: list[int] = []
        self.ends = 0

    def step(self, depth: int, who: int, *_: Any) -> None:
        assert depth <= len(self.path)
        self.path[depth:] = [who]

    def end(self, execution: Execution) -> None:
        assert tuple(self.path) == tuple(execution.schedule)
        self.ends += 1


@pytest.mark.parametrize("needs_states", [False, True])
def test_who_watches_is_shown_every_step_in_its_place(monkeypatch: pytest.MonkeyPatch, needs_states: bool) -> None:
    monkeypatch.setattr(Follower, "needs_states", needs_states)
    follower = Follower()
    engine = Dpor(program_of([swaps(1, 2), writes("x", "y"), swaps(3)], registers), DeclaredMeter(), follower)
    while engine.advance():
        pass

    assert follower.ends == engine.executions == 8


# --- what is said, and how long ---------------------------------------------------------------------------------


def test_what_a_claim_says_is_cut_to_a_line() -> None:
    def breaks(shared: Any) -> Any:
        yield shared.x.read()
        raise AssertionError("a" * 500)

    claims = [at_end("long", lambda _: "b" * 500)]
    found = {
        violation.name: violation.witness
        for violation in explore([breaks], shared=registers, properties=claims).violations
    }

    assert len(found["assertion"]) == len("process 0: ") + 200
    assert len(found["long"]) == 300


def test_the_bound_of_pct_is_told_for_one_process_too() -> None:
    def reads(shared: Any) -> Any:
        yield shared.x.read()

    assert "at least 1/(1·1^2)" in sample([reads], shared=registers, strategy="pct", runs=1).why


# --- how far a search is driven ---------------------------------------------------------------------------------


def write_twice(shared: Any) -> Any:
    yield shared.x.write(1)
    yield shared.y.write(1)


@pytest.mark.parametrize("strategy", ["brute", "dpor"])
@pytest.mark.parametrize("faults", [NO_FAULTS, Faults(1, redelivery=True)], ids=str)
def test_a_budget_of_executions_that_is_just_enough_is_complete(strategy: str, faults: Faults) -> None:
    options: dict[str, Any] = {"shared": registers, "strategy": strategy, "faults": faults}
    whole = explore([write_twice] * 2, **options)

    enough = explore([write_twice] * 2, **options, executions=whole.executions)
    fewer = whole.executions - 1
    short = explore([write_twice] * 2, **options, executions=fewer)

    assert (enough.complete, enough.executions) == (True, whole.executions)
    assert (short.executions, short.why.partition(";")[0]) == (
        whole.executions - 1,
        f"{whole.executions - 1} executions were asked for",
    )


def test_dpor_in_tasks_is_complete_with_as_many_executions_as_it_needs() -> None:
    whole = explore([swaps(1), swaps(2)], shared=registers)
    tasked = explore([swaps(1), swaps(2)], shared=registers, executor=Inline(), executions=whole.executions)

    assert (tasked.complete, tasked.executions) == (True, whole.executions)


class Interrupted:
    """A strategy whose every execution leaves something behind that is interrupted when it is dropped."""

    executions, blocked = 0, 0
    coverage, shows_every_state = Coverage.EVERY_SCHEDULE, True

    def advance(self) -> bool:
        class Dropped:
            def __del__(self) -> None:
                raise KeyboardInterrupt

        self.executions += 1
        Dropped()
        return self.executions < 100

    def is_done(self) -> bool:
        return False

    def left_out(self) -> str:
        return ""


def test_ctrl_c_while_an_execution_is_dropped_is_not_lost() -> None:
    strategy = Interrupted()

    driven = drive(strategy, Budget(), lambda: False)

    assert (driven.interrupted, driven.why, strategy.executions) == (True, "it was interrupted", 1)


# --- dpor in tasks ----------------------------------------------------------------------------------------------


def tasks(executions_per_task: int, seconds: float | None = None) -> tuple[Coordinator[Watch], Driven]:
    def increment(shared: Any) -> Any:
        seen = yield shared.x.read()
        yield shared.x.write(seen + 1)

    subject = ProgramSubject(program_of([increment] * 3, registers), (), deadlocks=False)
    budget = Budget(seconds=seconds)
    return explore_split(subject, Inline(), subject.observer(), budget, executions_per_task=executions_per_task)


@pytest.mark.parametrize("executions_per_task", [1, 2, 5, 100])
def test_the_tree_is_forgotten_when_all_is_explored(executions_per_task: int) -> None:
    kept, _ = tasks(executions_per_task)

    assert (kept.executions, kept.root.closed, kept.root.children, list(kept.leaves)) == (36, True, [], [])


def test_dpor_in_tasks_keeps_its_seconds() -> None:
    assert tasks(1, seconds=3_600.0)[1].why == ""
    assert tasks(1, seconds=1e-9)[1].why == "1e-09 seconds were used up"
