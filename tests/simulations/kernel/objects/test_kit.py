"""Shared objects of one's own, made with `SharedObject` and `step`."""

from typing import Any

import pytest

from lastseat.simulations.kernel.actions import Fault
from lastseat.testing import (
    FaultKind,
    Faults,
    Lock,
    OperationFailedError,
    ProgramError,
    Register,
    Shared,
    SharedObject,
    Verdict,
    blocking,
    explore,
    step,
)


class TooLittleError(Exception):
    """There is less money than somebody wants."""


class Account(SharedObject):
    """Money, which may be waited for."""

    @step
    def deposit(self, amount: int) -> None:
        """Put money in."""
        self.value += amount

    @step(writes=())
    def balance(self) -> Any:
        return self.value

    @step(when=lambda self, amount: self.balance() >= amount)
    def withdraw(self, amount: int) -> None:
        self.value -= amount

    @step
    def withdraw_now(self, amount: int) -> None:
        if self.has(amount):
            self.value -= amount
            return
        raise TooLittleError(f"{self.value} is less than {amount}")

    def has(self, amount: int) -> bool:
        return bool(self.balance() >= amount)


class Table(SharedObject):
    """Rows, each of which is a part."""

    def __init__(self, **rows: int) -> None:
        super().__init__(tuple(sorted(rows.items())))

    @step(reads=lambda _, row: (row,), writes=())
    def look(self, row: str) -> Any:
        return dict(self.value)[row]

    @step(reads=lambda _, row, __: (row,), writes=lambda _, row, __: (row,))
    def put(self, row: str, value: int) -> None:
        self.value = tuple(sorted({**dict(self.value), row: value}.items()))

    @step(writes=())
    def total(self) -> int:
        return sum(dict(self.value).values())

    @step
    def clear(self) -> None:
        self.value = tuple((row, 0) for row, _ in self.value)


class Connection(SharedObject):
    """What has no value that could be kept: it shows one."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, int] = {}
        self.calls = 0

    @property
    def value(self) -> Any:  # type: ignore[override]
        return tuple(self.rows.items())

    @step
    def insert(self, key: str) -> dict[str, int]:
        if key in self.rows:
            raise LookupError(f"{key} is there")
        self.rows[key] = 1
        return dict(self.rows)


def banking() -> Shared:
    return Shared(account=Account(1), lock=Lock())


# --- steps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["dpor", "brute", "merged"])
def test_a_method_is_a_step_and_may_wait(strategy: str) -> None:
    def spend(shared: Any) -> Any:
        yield shared.account.withdraw(5)
        return (yield shared.account.balance())

    def earn(shared: Any) -> Any:
        yield shared.account.deposit(amount=2)
        yield shared.account.deposit(2)

    seen = explore([spend, earn], shared=banking, strategy=strategy)
    stuck = explore([spend], shared=banking, strategy=strategy)

    assert (seen.verdict, seen.vectors) == (Verdict.HOLDS, {(0, None)})
    assert stuck.violations[0].witness == "process 0 waits for withdraw"


def test_what_a_step_raises_is_raised_in_the_process() -> None:
    def spend(shared: Any) -> str:
        try:
            shared.account.withdraw_now(1)
        except TooLittleError as error:
            return str(error)
        return "spent"

    seen = explore([blocking(spend)] * 2, shared=banking)

    assert seen.vectors == {("spent", "0 is less than 1"), ("0 is less than 1", "spent")}


def test_a_method_that_is_no_step_is_local_code() -> None:
    shared = banking()

    assert shared.account.deposit(1).kind == "deposit"
    assert Account.deposit.__doc__ == "Put money in."
    shared.account.deposit(1).perform(shared)
    assert shared.account.value == 2
    with pytest.raises(TypeError, match="'>=' not supported between instances of 'MethodStep' and 'int'"):
        shared.account.has(1)  # outside of a step, its step is an operation


def test_reading_steps_commute_and_writing_ones_do_not() -> None:
    reading = explore([blocking(lambda shared: shared.account.balance())] * 3, shared=banking)
    writing = explore([blocking(lambda shared: shared.account.deposit(1))] * 3, shared=banking)

    assert (reading.executions, writing.executions) == (1, 6)


# --- parts ----------------------------------------------------------------------------------------------------------


def rows() -> Shared:
    return Shared(table=Table(a=0, b=0))


def put(row: str) -> Any:
    return blocking(lambda shared: shared.table.put(row, 1))


def test_steps_on_different_parts_commute() -> None:
    assert explore([put("a"), put("b")], shared=rows).executions == 1
    assert explore([put("a"), put("a")], shared=rows).executions == 2


@pytest.mark.parametrize("strategy", ["dpor", "brute", "merged"])
def test_a_step_on_the_whole_meets_those_on_parts(strategy: str) -> None:
    total = blocking(lambda shared: shared.table.total())
    clear = blocking(lambda shared: shared.table.clear())

    totals = explore([put("a"), put("b"), total], shared=rows, strategy=strategy)
    cleared = explore([put("a"), put("b"), clear], shared=rows, strategy=strategy)

    assert {returned[2] for returned in totals.vectors} == {0, 1, 2}
    assert len(cleared.finals) == 4


# --- what it shows, and what is compared ----------------------------------------------------------------------------


def test_an_object_that_shows_its_value_is_explored_and_not_merged() -> None:
    def insert(shared: Any) -> Any:
        try:
            found = shared.connection.insert("k")
        except LookupError as error:
            return str(error)
        found["mine"] = 2  # a result that is changed later
        return len(found)

    def shared() -> Shared:
        return Shared(connection=Connection())

    for strategy in ("dpor", "brute"):
        assert explore([blocking(insert)] * 2, shared=shared, strategy=strategy).vectors == {
            (2, "k is there"),
            ("k is there", 2),
        }
    with pytest.raises(
        ProgramError, match="connection, a Connection, only shows its value, which cannot be put back"
    ):
        explore([blocking(insert)], shared=shared, strategy="merged")


NUMBERS = iter(range(10**9))


class Tickets(SharedObject):
    """Results that are other ones in each execution."""

    @step
    def anything(self) -> str:
        return f"ticket {next(NUMBERS)}"

    @step(key=lambda ticket: ticket.partition(" ")[0])
    def ticket(self) -> str:
        return f"ticket {next(NUMBERS)}"

    @step(key=len, when=lambda _: True)
    def waited(self) -> list[int]:
        return [next(NUMBERS)]


@pytest.mark.parametrize("name", ["ticket", "waited"])
@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_results_are_compared_by_their_key(name: str, strategy: str) -> None:
    def draw(shared: Any) -> None:
        getattr(shared.tickets, name)()
        shared.x.write(1)

    shared = lambda: Shared(tickets=Tickets(), x=Register(0))  # noqa: E731

    assert explore([blocking(draw)] * 2, shared=shared, strategy=strategy).verdict is Verdict.HOLDS


@pytest.mark.parametrize("strategy", ["dpor", "brute"])
def test_without_a_key_results_that_differ_are_an_error(strategy: str) -> None:
    def draw(shared: Any) -> None:
        shared.tickets.anything()
        shared.x.write(1)

    with pytest.raises(ProgramError, match="the program is not deterministic"):
        explore([blocking(draw)] * 2, shared=lambda: Shared(tickets=Tickets(), x=Register(0)), strategy=strategy)


# --- faults, and what is refused ------------------------------------------------------------------------------------


class Remote(SharedObject):
    """Something that may not answer."""

    @step(failing=(FaultKind.UNAVAILABLE,))
    def ask(self) -> str:
        return "answer"

    @step(failing=())
    def always(self) -> str:
        return "answer"

    @step
    def plain(self) -> str:
        return "answer"


def test_the_faults_of_a_step_are_those_that_are_named() -> None:
    shared = Shared(remote=Remote(0), account=Account(0))

    assert set(shared.remote.ask().failing) == {Fault.UNAVAILABLE}
    assert set(shared.remote.always().failing) == set()
    assert set(shared.remote.plain().failing) == {Fault.UNAVAILABLE, Fault.ANSWER_LOST}
    assert set(shared.account.withdraw(1).failing) == set()


def test_a_fault_is_raised_in_the_process() -> None:
    def ask(shared: Any) -> str:
        try:
            return str(shared.remote.ask())
        except OperationFailedError:
            return "failed"

    seen = explore([blocking(ask)], shared=lambda: Shared(remote=Remote()), faults=Faults(1, unavailable=True))

    assert seen.vectors == {("answer",), ("failed",)}


def test_declarations_that_make_no_sense_are_refused() -> None:
    with pytest.raises(TypeError, match="reads must be a tuple of parts, or a function of them, not a str"):
        step(reads="rows")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="failing must be some of"):
        step(failing=(FaultKind.CRASH,))
    with pytest.raises((TypeError, RuntimeError)) as refused:
        type("Plain", (), {"method": step(lambda _: None)})
    assert "Plain.method is a step, and Plain is no SharedObject" in f"{refused.value} {refused.value.__cause__}"


class Silent(SharedObject):
    """Writes and says that it does not."""

    @step(writes=())
    def touch(self, number: int) -> None:
        self.value = number


def test_a_step_that_changes_what_it_does_not_declare_is_found() -> None:
    def touch(number: int) -> Any:
        return blocking(lambda shared: shared.silent.touch(number))

    with pytest.raises(ProgramError, match="touches more than its operations declare"):
        explore([touch(1), touch(2)], shared=lambda: Shared(silent=Silent(0)))
