"""What an exploration says: bad programs, claims, budgets; and that nothing partial or vacuous passes."""

import doctest
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lastseat.testing import (
    Exploration,
    Join,
    Mutex,
    Operation,
    ProgramError,
    Property,
    Register,
    Shared,
    Verdict,
    act,
    always,
    at_end,
    explore,
    sometimes,
)

STRATEGIES = ["dpor", "brute", "preemptions=2", "delays=2"]
everywhere = pytest.mark.parametrize("strategy", STRATEGIES)


def shared() -> Shared:
    return Shared(x=Register(0), y=Register(0), l=Mutex(), m=Mutex())


def increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def seen(*processes: Any, **options: Any) -> Exploration:
    return explore(processes, **{"shared": shared, **options})


def refusal(*processes: Any, **options: Any) -> str:
    """The one line with which a program is refused."""
    with pytest.raises(ProgramError) as refused:
        seen(*processes, **options)
    text = str(refused.value)
    assert text.isprintable()
    return text


# --- programs that cannot be explored ----------------------------------------------------------------------------


@everywhere
def test_an_error_that_nobody_catches_ends_its_process_and_is_violated(strategy: str) -> None:
    def raises(shared: Any) -> Any:
        yield shared.y.read()
        yield shared.y.read()
        raise OSError("no\nway")

    found = seen(raises, increment, strategy=strategy)

    (violation,) = found.violations
    assert (violation.name, violation.witness) == ("uncaught OSError", "process 0: OSError: no\\nway")
    assert violation.steps == (0, 0)
    assert {returned[1] for returned in found.vectors} == {None}, "the other process goes on to its end"
    (line,) = violation.run.returned[0].lines
    assert (line.function, line.line) == ("raises", raises.__code__.co_firstlineno + 3)


@pytest.mark.parametrize("strategy", [*STRATEGIES, "merged"])
def test_what_an_operation_raises_is_raised_in_its_process_where_it_was_taken(strategy: str) -> None:
    def insert(_: Any) -> Any:
        try:
            yield Insert("ann")
        except KeyError as error:
            return f"refused {error}"
        return "inserted"

    found = seen(insert, insert, shared=Table, strategy=strategy)

    assert found.verdict == Verdict.HOLDS
    assert found.vectors == {("inserted", "refused 'ann'"), ("refused 'ann'", "inserted")}


@pytest.mark.parametrize("strategy", [*STRATEGIES, "merged"])
def test_what_an_operation_raises_and_nobody_catches_has_the_line_where_it_was_taken(strategy: str) -> None:
    def insert(_: Any) -> Any:
        yield Insert("ann")

    (violation,) = seen(insert, insert, shared=Table, strategy=strategy).violations

    assert (violation.name, violation.witness) == ("uncaught KeyError", "process 1: KeyError: 'ann'")
    where = [line.function for line in violation.run.returned[1].lines]
    assert where == ["insert", "perform"]


class Table:
    def __init__(self) -> None:
        self.rows: list[str] = []

    def snapshot(self) -> tuple[str, ...]:
        return tuple(self.rows)

    def restore(self, snapshot: tuple[str, ...]) -> None:
        self.rows = list(snapshot)


class Insert(Operation):
    kind = "insert"
    reads = writes = ("rows",)

    def __init__(self, key: str) -> None:
        self.key = key

    def perform(self, table: Any, /) -> None:
        if self.key in table.rows:
            raise KeyError(self.key)
        table.rows.append(self.key)


@everywhere
@pytest.mark.parametrize("what", [3, None, "read", object()])
def test_a_process_that_yields_what_is_no_operation_is_named(strategy: str, what: object) -> None:
    def yields(shared: Any) -> Any:
        yield shared.x.read()
        yield what

    assert refusal(yields, strategy=strategy) == (
        f"process 0 yields a value of type {type(what).__name__}, which is no operation; schedule 0"
    )


def test_a_plain_function_is_no_process() -> None:
    assert "process 1 raised TypeError: it gave a value of type int" in refusal(increment, lambda _: 3)


def test_what_is_no_function_is_no_process_and_makes_no_shared_state() -> None:
    assert refusal(increment, 7) == "process 1 is a value of type int and no function of the shared state"
    assert refusal(increment, shared=shared()).startswith("shared is a value of type Shared; it must be a function")


@everywhere
def test_a_process_that_never_ends_is_cut_and_the_schedule_is_shown(strategy: str) -> None:
    def spins(shared: Any) -> Any:
        while True:
            yield shared.x.read()

    cut = seen(spins, increment, strategy=strategy, most_steps=5)

    assert (cut.verdict, cut.complete) == (Verdict.INCOMPLETE, False)
    told = (
        r"process 0 took 5 steps and did not end; it goes on at test_explore\.py:\d+: wait with until\(\.\.\.\) in "
        r"the place of a loop, or allow more with most_steps; schedule 0\.0\.0\.0\.0"
    )
    assert re.fullmatch(told, cut.why)


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_a_program_that_is_not_deterministic_is_named(strategy: str) -> None:
    runs = iter(range(1_000))

    def differs(shared: Any) -> Any:
        yield shared.x.write(next(runs))
        return (yield shared.x.read())

    assert "the program is not deterministic" in refusal(differs, increment, strategy=strategy)


@pytest.mark.parametrize("strategy", ["fast", "", "DPOR", "preemptions", "preemptions=-1", "delays=x", "delays=٣"])
def test_an_unknown_strategy_is_named_with_those_that_are_known(strategy: str) -> None:
    assert refusal(increment, strategy=strategy).startswith(
        f'there is no strategy "{strategy}"; known: brute, merged, dpor, preemptions=K, delays=K'
    )


@pytest.mark.parametrize("process", [7, -1, "a", None])
def test_joining_a_process_that_there_is_not_is_named(process: Any) -> None:
    def joins(_shared: Any) -> Any:
        yield Join(process)

    assert refusal(joins) == f"process 0 joins process {process}, and there is none; schedule -"


@pytest.mark.parametrize("where", ["counter", ["counter"], {"counter"}])
def test_locations_that_are_no_tuple_are_refused(where: Any) -> None:
    with pytest.raises(TypeError, match="reads must be a tuple of locations"):
        act("step", lambda _: None, reads=where)
    with pytest.raises(TypeError, match="writes must be a tuple of locations"):
        act("step", lambda _: None, writes=where)


def test_a_result_that_is_not_hashable_is_named() -> None:
    def returns_a_list(shared: Any) -> Any:
        return [(yield shared.x.read())]

    assert "must be hashable" in refusal(returns_a_list)


def test_a_mutex_that_nobody_holds_cannot_be_released() -> None:
    def releases(shared: Any) -> Any:
        yield shared.l.release()

    (violation,) = seen(releases).violations

    assert violation.witness == "process 0: RuntimeError: l is released and nobody holds it"


def test_two_properties_of_one_name_are_refused() -> None:
    claims = [at_end("mine", lambda _: True), sometimes("mine", lambda _: False)]

    assert refusal(increment, properties=claims) == 'two properties are named "mine"'


# --- claims ------------------------------------------------------------------------------------------------------


@everywhere
def test_a_lost_update_is_found_and_its_schedule_shows_it(strategy: str) -> None:
    claim = at_end("no update is lost", lambda end: end.shared.x.value == 2 or f"x is {end.shared.x.value}")

    found = seen(increment, increment, strategy=strategy, properties=[claim])

    violation = found.violations[0]
    assert (found.verdict, violation.name, violation.witness) == (Verdict.VIOLATED, "no update is lost", "x is 1")
    assert sorted(violation.steps) == [0, 0, 1, 1]
    assert violation.steps not in {(0, 0, 1, 1), (1, 1, 0, 0)}


@everywhere
def test_a_deadlock_is_a_violation_unless_it_is_allowed(strategy: str) -> None:
    def crosswise(first: str, second: str) -> Callable[[Any], Any]:
        def process(shared: Any) -> Any:
            yield getattr(shared, first).acquire()
            yield getattr(shared, second).acquire()
            yield getattr(shared, second).release()
            yield getattr(shared, first).release()

        return process

    found = seen(crosswise("l", "m"), crosswise("m", "l"), strategy=strategy)
    allowed = seen(crosswise("l", "m"), crosswise("m", "l"), strategy=strategy, deadlocks=True)

    assert 0 < found.deadlocks == allowed.deadlocks < found.executions
    assert [one.name for one in found.violations] == ["deadlock"]
    assert found.violations[0].steps == (0, 1)
    assert found.violations[0].witness == "process 0 waits for acquire; process 1 waits for acquire"
    assert (allowed.verdict is Verdict.HOLDS) == allowed.complete


@everywhere
def test_an_assertion_in_a_process_is_a_violation_of_its_own(strategy: str) -> None:
    def asserts(shared: Any) -> Any:
        yield from increment(shared)
        if (yield shared.x.read()) == 1:
            raise AssertionError("lost")

    found = seen(asserts, asserts, strategy=strategy)

    assert found.verdict is Verdict.VIOLATED
    assert found.violations[0].name == "assertion"
    assert found.violations[0].witness in {"process 0: lost", "process 1: lost"}


@pytest.mark.parametrize(
    "claim",
    [
        sometimes("x is nine", lambda end: end.shared.x.value == 9),
        at_end("all is well with nines", lambda _: True, applies=lambda end: end.shared.x.value == 9),
        always("all is well with nines", lambda _: True, applies=lambda state: state.x.value == 9),
        sometimes("write", lambda _: False),  # a name that steps have too
        sometimes("read", lambda _: "why not"),
    ],
)
def test_a_claim_that_had_nothing_to_say_does_not_hold(claim: Property) -> None:
    vacuous = seen(increment, increment, strategy="brute", properties=[claim])

    assert vacuous.verdict is Verdict.VACUOUS
    assert vacuous.vacuous == (claim.name,)


def test_what_holds_and_was_seen_to_hold_is_said_to_hold() -> None:
    claims = [
        at_end("x is 1 or 2", lambda end: end.shared.x.value in (1, 2)),
        sometimes("x is 1", lambda end: end.shared.x.value == 1),
        always("x is small", lambda state: state.x.value < 3),
    ]

    held = seen(increment, increment, strategy="brute", properties=claims)

    assert (held.verdict, held.complete, held.interleavings) == (Verdict.HOLDS, True, 6)
    assert (held.fired["x is 1 or 2"], held.fired["x is 1"], held.fired["read"]) == (6, 4, 12)


def test_dpor_refuses_a_claim_about_every_state() -> None:
    claim = always("x is small", lambda state: state.x.value < 3)

    assert "dpor does not visit every state" in refusal(increment, properties=[claim])


def test_steps_that_always_or_never_had_an_effect_are_named() -> None:
    def swaps(shared: Any) -> Any:
        yield shared.x.compare_and_swap(5, 6)

    assert seen(swaps, swaps).never == ("compare-and-swap: never with effect",)


# --- budgets -----------------------------------------------------------------------------------------------------


@everywhere
def test_a_budget_of_executions_makes_it_incomplete(strategy: str) -> None:
    cut = seen(*[increment] * 3, strategy=strategy, executions=3)

    assert (cut.executions, cut.complete, cut.verdict) == (3, False, Verdict.INCOMPLETE)
    assert (cut.why.partition(";")[0], cut.interleavings) == ("3 executions were asked for", None)


def test_a_budget_of_seconds_makes_it_incomplete() -> None:
    cut = seen(*[increment] * 4, seconds=0)

    assert (cut.complete, cut.why.partition(";")[0]) == (False, "0 seconds were used up")
    assert 0 < cut.executions < 576


def test_an_interrupt_reports_what_was_seen() -> None:
    runs = iter(range(1_000))

    def interrupted() -> Shared:
        if next(runs) == 10:
            raise KeyboardInterrupt
        return shared()

    cut = seen(*[increment] * 3, shared=interrupted)

    assert (cut.interrupted, cut.complete, cut.verdict) == (True, False, Verdict.INCOMPLETE)
    assert 0 < cut.executions < 36
    assert re.fullmatch(r"it was interrupted at test_explore\.py:\d+", cut.why)


def test_progress_is_told_how_many_executions_there_were() -> None:
    told: list[int] = []

    seen(*[increment] * 4, progress=lambda done, _total: told.append(done))

    assert told == [*range(64, 577, 64), 576]


# --- interleavings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("processes", "expected"), [(1, 1), (2, 6), (3, 90)])
def test_the_interleavings_are_exact_where_steps_are_counted_and_nothing_waits(processes: int, expected: int) -> None:
    with_dpor = seen(*[increment] * processes)
    by_force = seen(*[increment] * processes, strategy="brute")

    assert with_dpor.interleavings == by_force.interleavings == by_force.executions == expected


def test_the_interleavings_are_unknown_where_steps_differ_or_something_waits() -> None:
    def may_end(shared: Any) -> Any:
        if not (yield shared.x.read()):
            yield shared.y.read()

    def waits(shared: Any) -> Any:
        yield shared.x.until(bool)

    assert seen(may_end, increment).interleavings is None
    assert seen(waits, increment).interleavings is None


def test_no_process_at_all_is_one_execution() -> None:
    assert (seen().executions, seen().interleavings) == (1, 1)


def test_a_claim_or_a_shared_state_that_raises_is_refused_in_one_line() -> None:
    def process(shared: Any) -> Any:
        yield shared.x.read()

    def wrong(_about: Any) -> bool:
        raise KeyError("seats")

    said = r'^the claim "none lost" raised KeyError: .seats. \(test_explore\.py:[0-9]+\); schedule 0$'
    with pytest.raises(ProgramError, match=said):
        explore([process], shared=lambda: Shared(x=Register(0)), properties=[at_end("none lost", wrong)])
    where = r"\(test_explore\.py, line [0-9]+\)"
    with pytest.raises(ProgramError, match=rf"^making the shared state raised ZeroDivisionError: .*zero {where}$"):
        explore([process], shared=lambda: 1 // 0)


def test_the_example_of_the_door_gives_what_it_says() -> None:
    tried = doctest.testmod(sys.modules["lastseat.testing.doors"])

    assert (tried.attempted, tried.failed) == (9, 0)
