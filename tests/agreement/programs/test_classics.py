"""The classic concurrent programs, with loops and branches: dpor against brute force and published counts."""

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial
from typing import Any, ClassVar

import pytest
from fuzz.merging import differs

from lastseat.simulations.kernel.actions import Faults
from lastseat.simulations.kernel.program import program_of
from lastseat.simulations.strategies.merging.programs import merged_program
from lastseat.testing import Join, Mutex, Operation, Register, Semaphore, Shared, act, explore

Compare = Callable[..., Any]


def of(**objects: Any) -> Callable[[], Shared]:
    """A maker of shared states: a class is called, an integer is a register's first value."""
    return lambda: Shared(
        **{name: Register(one) if isinstance(one, int | tuple) else one() for name, one in objects.items()}
    )


def increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)


def swap_increment(shared: Any) -> Any:
    seen = yield shared.x.read()
    return (yield shared.x.compare_and_swap(seen, seen + 1))


async def awaited_increment(shared: Any) -> Any:
    seen = await shared.x.read()
    return await shared.x.compare_and_swap(seen, seen + 1)


def locked_increment(shared: Any) -> Any:
    yield shared.m.acquire()
    try:
        seen = yield shared.x.read()
        yield shared.x.write(seen + 1)
    finally:
        yield shared.m.release()


def retried_increment(shared: Any) -> Any:
    for tries in range(1, 4):
        seen = yield shared.x.read()
        if (yield shared.x.compare_and_swap(seen, seen + 1)):
            return tries
    return None


def philosopher(first: str, second: str) -> Any:
    def process(shared: Any) -> Any:
        yield getattr(shared, first).acquire()
        yield getattr(shared, second).acquire()
        yield getattr(shared, second).release()
        yield getattr(shared, first).release()

    return process


def double_checked(shared: Any) -> Any:
    if not (yield shared.made.read()):
        yield shared.m.acquire()
        if not (yield shared.made.read()):
            yield shared.x.fetch_and_add()
            yield shared.made.write(1)
        yield shared.m.release()
    return (yield shared.x.read())


def ticket_holder(shared: Any) -> Any:
    ticket = yield shared.ticket.fetch_and_add()
    yield shared.serving.until(lambda now: now == ticket)
    seen = yield shared.x.read()
    yield shared.x.write(seen + 1)
    yield shared.serving.fetch_and_add()
    return ticket


def peterson(me: int) -> Any:
    mine, other = f"flag{me}", f"flag{1 - me}"

    def may_enter(shared: Any) -> bool:
        return not getattr(shared, other).value or shared.turn.value == me

    def process(shared: Any) -> Any:
        yield getattr(shared, mine).write(1)
        yield shared.turn.write(1 - me)
        yield act("enter", lambda _: None, reads=(other, "turn"), writes=(), when=may_enter)
        seen = yield shared.x.read()
        yield shared.x.write(seen + 1)
        yield getattr(shared, mine).write(0)

    return process


def reader(shared: Any) -> Any:
    yield shared.m.acquire()
    if (yield shared.readers.fetch_and_add()) == 0:
        yield shared.room.acquire()
    yield shared.m.release()
    seen = yield shared.x.read()
    yield shared.m.acquire()
    if (yield shared.readers.fetch_and_add(-1)) == 1:
        yield shared.room.release()
    yield shared.m.release()
    return seen


def writer(shared: Any) -> Any:
    yield shared.room.acquire()
    yield shared.x.write(1)
    yield shared.room.release()


def push(item: int) -> Any:
    def process(shared: Any) -> Any:
        while True:
            top = yield shared.stack.read()
            if (yield shared.stack.compare_and_swap(top, (item, *top))):
                return len(top)

    return process


def arrive(shared: Any) -> Any:
    number = yield shared.x.fetch_and_add()
    yield shared.x.until(lambda arrived: arrived >= 2)
    return number


@dataclass(frozen=True, slots=True)
class DoubleSwap(Operation):
    """Sets x and y to 1 if both are 0: one that fails is a read of both."""

    kind: ClassVar[str] = "double swap"
    conditional: ClassVar[bool] = True

    @property
    def reads(self) -> tuple[str, ...]:
        return ("x", "y")

    @property
    def writes(self) -> tuple[str, ...]:
        return ("x", "y")

    def perform(self, shared: Any, /) -> bool:
        swapped = shared.x.value == shared.y.value == 0
        if swapped:
            shared.x.value = shared.y.value = 1
        return swapped

    def wrote(self, result: Any, /) -> tuple[str, ...]:
        return ("x", "y") if result else ()


def double_swap(_shared: Any) -> Any:
    return (yield DoubleSwap())


def writes(name: str, value: int) -> Any:
    def process(shared: Any) -> Any:
        yield getattr(shared, name).write(value)

    return process


def joins_both(shared: Any) -> Any:
    given = yield Join(0)
    yield Join(1)
    return given, (yield shared.x.read())


CLASSICS: dict[str, tuple[list[Any], Callable[[], Shared], tuple[int, int, int]]] = {
    "two counters": ([increment] * 2, of(x=0), (4, 6, 2)),
    "three counters": ([increment] * 3, of(x=0), (36, 90, 3)),
    "two counters by compare-and-swap": ([swap_increment] * 2, of(x=0), (4, 6, 3)),
    "three counters by compare-and-swap": ([swap_increment] * 3, of(x=0), (27, 90, 7)),
    "three counters, awaited": ([awaited_increment] * 3, of(x=0), (27, 90, 7)),
    "two counters, tried again": ([retried_increment] * 2, of(x=0), (4, 6, 3)),
    "three counters under a lock": ([locked_increment] * 3, of(x=0, m=Mutex), (6, 6, 1)),
    "two philosophers": ([philosopher("a", "b"), philosopher("b", "a")], of(a=Mutex, b=Mutex), (3, 6, 2)),
    "three philosophers": (
        [philosopher("a", "b"), philosopher("b", "c"), philosopher("c", "a")],
        of(a=Mutex, b=Mutex, c=Mutex),
        (7, 168, 2),
    ),
    "three philosophers, one left-handed": (
        [philosopher("a", "b"), philosopher("b", "c"), philosopher("a", "c")],
        of(a=Mutex, b=Mutex, c=Mutex),
        (6, 142, 1),
    ),
    "double-checked locking": ([double_checked] * 2, of(made=0, x=0, m=Mutex), (4, 62, 1)),
    "ticket lock of two": ([ticket_holder] * 2, of(ticket=0, serving=0, x=0), (2, 10, 2)),
    "ticket lock of three": ([ticket_holder] * 3, of(ticket=0, serving=0, x=0), (6, 210, 6)),
    "Peterson's lock": ([peterson(0), peterson(1)], of(flag0=0, flag1=0, turn=0, x=0), (4, 26, 2)),
    "a reader and a writer": ([reader, writer], of(m=Mutex, room=lambda: Semaphore(1), readers=0, x=0), (2, 14, 2)),
    "two readers and a writer": (
        [reader, reader, writer],
        of(m=Mutex, room=lambda: Semaphore(1), readers=0, x=0),
        (14, 768, 4),
    ),
    "three push on a stack": ([push(1), push(2), push(3)], of(stack=()), (60, 498, 6)),
    "barrier of two, and one more": ([arrive] * 3, of(x=0), (24, 72, 6)),
    "double swaps": ([double_swap, double_swap, writes("x", 1), writes("y", 2)], of(x=0, y=0), (15, 24, 3)),
    "a process that joins two": ([swap_increment, increment, joins_both], of(x=0), (4, 10, 3)),
}


@pytest.mark.parametrize("name", CLASSICS)
def test_dpor_finds_what_brute_force_finds(name: str, compare: Compare) -> None:
    processes, shared, counts = CLASSICS[name]

    assert compare(processes, shared).counts == counts


@pytest.mark.parametrize(
    "faults", [Faults(), Faults(1, crash=True, unavailable=True, acknowledgement_lost=True)], ids=str
)
@pytest.mark.parametrize("name", CLASSICS)
def test_merging_finds_what_brute_force_finds(name: str, faults: Faults) -> None:
    processes, shared, (_, interleavings, _) = CLASSICS[name]
    program = program_of(processes, shared, faults=faults)

    assert differs(program) is None
    assert faults.most or merged_program(program).interleavings == interleavings


def test_a_lock_of_petersons_loses_no_update_and_double_checking_makes_one_thing(compare: Compare) -> None:
    for name, place in (("Peterson's lock", ("x", 2)), ("double-checked locking", ("x", 1))):
        processes, shared, _ = CLASSICS[name]
        assert all(place in final and not waiting for _, final, waiting in compare(processes, shared).ways)


# --- counts that are known -------------------------------------------------------------------------------------


def traces(processes: list[Any], shared: Callable[[], Shared]) -> int:
    """How many executions dpor makes; each is another trace, or it would have been caught above."""
    seen = explore(processes, shared=shared, deadlocks=True)
    assert (seen.complete, seen.blocked) == (True, 0)
    return seen.executions


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_when_every_second_step_writes_the_traces_are_the_square_of_a_factorial(processes: int) -> None:
    assert traces([increment] * processes, of(x=0)) == factorial(processes) ** 2


@pytest.mark.parametrize(("processes", "expected"), [(2, 4), (3, 27), (4, 280), (5, 4_025)])
def test_of_counters_by_compare_and_swap(processes: int, expected: int) -> None:
    assert traces([swap_increment] * processes, of(x=0)) == expected


@pytest.mark.parametrize("readers", [1, 4, 8])
def test_one_writer_and_n_readers_have_two_to_the_n_traces(readers: int) -> None:
    def read(shared: Any) -> Any:
        return (yield shared.x.read())

    assert traces([writes("x", 1), *[read] * readers], of(x=0)) == 2**readers


@pytest.mark.parametrize("writers", [1, 3, 5])
def test_n_writers_and_a_reader_are_ordered_in_every_way(writers: int) -> None:
    def read(shared: Any) -> Any:
        return (yield shared.x.read())

    assert traces([*[writes("x", one) for one in range(writers)], read], of(x=0)) == factorial(writers + 1)


@pytest.mark.parametrize("size", [2, 3, 5, 7])
def test_last_zero_has_as_many_traces_as_published(size: int) -> None:
    """Abdulla, Aronis, Jonsson and Sagonas (POPL 2014): 64 for n = 5, 3,328 for n = 10, 147,456 for n = 15."""

    def search(shared: Any) -> Any:
        place = size
        while (yield getattr(shared, f"a{place}").read()):
            place -= 1
        return place

    def copy(place: int) -> Any:
        def process(shared: Any) -> Any:
            seen = yield getattr(shared, f"a{place - 1}").read()
            yield getattr(shared, f"a{place}").write(seen + 1)

        return process

    shared = of(**{f"a{place}": 0 for place in range(size + 1)})
    assert traces([search, *map(copy, range(1, size + 1))], shared) == (size + 3) * 2 ** (size - 2)


@pytest.mark.parametrize(("processes", "expected"), [(11, 1), (12, 8), (13, 64)])
def test_the_indexer_has_as_many_traces_as_published(processes: int, expected: int) -> None:
    """Flanagan and Godefroid (POPL 2005): processes insert into a hash table, and collide from the twelfth on."""

    def insert(me: int) -> Any:
        def process(shared: Any) -> Any:
            for message in range(1, 5):
                word = message * 11 + me
                place = word * 7 % 128
                while not (yield getattr(shared, f"t{place}").compare_and_swap(0, word)):
                    place = (place + 1) % 128

        return process

    assert traces([insert(me) for me in range(processes)], of(**{f"t{one}": 0 for one in range(128)})) == expected


@pytest.mark.parametrize(("processes", "expected"), [(13, 1), (14, 2), (16, 8)])
def test_the_file_system_has_as_many_traces_as_published(processes: int, expected: int) -> None:
    """Flanagan and Godefroid (POPL 2005): a search for free blocks under locks; two collide from the 14th on."""

    def create(me: int) -> Any:
        def process(shared: Any) -> Any:
            yield getattr(shared, f"inode_lock{me}").acquire()
            if not (yield getattr(shared, f"inode{me}").read()):
                block = me * 2 % 26
                while True:
                    yield getattr(shared, f"block_lock{block}").acquire()
                    busy = yield getattr(shared, f"busy{block}").read()
                    if not busy:
                        yield getattr(shared, f"busy{block}").write(1)
                        yield getattr(shared, f"inode{me}").write(block + 1)
                    yield getattr(shared, f"block_lock{block}").release()
                    if not busy:
                        break
                    block = (block + 1) % 26
            yield getattr(shared, f"inode_lock{me}").release()

        return process

    objects: dict[str, Any] = {f"inode{one}": 0 for one in range(32)} | {f"busy{one}": 0 for one in range(26)}
    objects |= {f"inode_lock{one}": Mutex for one in range(32)} | {f"block_lock{one}": Mutex for one in range(26)}
    assert traces([create(me) for me in range(processes)], of(**objects)) == expected
