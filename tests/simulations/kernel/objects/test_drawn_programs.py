"""Programs over all ready-made objects that nobody wrote: dpor and merging see the ends that every schedule has."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastseat.testing import Barrier, Clock, Condition, Deque, Dict, List, Queue, RLock, Shared, explore
from lastseat.testing.notation import Words, processes_of
from lastseat.testing.strategies import texts

WORDS: Words = {
    r"d\[a\]": lambda shared: shared.d["a"],
    r"d=(\w)": lambda shared, key: shared.d.set(key, 1),
    r"d-(\w)": lambda shared, key: shared.d.pop(key, 0),
    r"d\?(\w)": lambda shared, key: shared.d.contains(key),
    r"d\+(\w)": lambda shared, key: shared.d.setdefault(key, 2),
    r"d#": lambda shared: shared.d.items(),
    r"d%": lambda shared: shared.d.keys(),
    r"d_": lambda shared: shared.d.popitem(),
    r"d!": lambda shared: shared.d.update(a=3, c=4),
    r"d0": lambda shared: shared.d.clear(),
    r"r\(": lambda shared: shared.r.acquire(),
    r"r\)": lambda shared: shared.r.release(),
    r"r~": lambda shared: shared.r.acquire(timeout=1),
    r"c\.": lambda shared: shared.c.wait(),
    r"c,": lambda shared: shared.c.wait(timeout=1),
    r"c!": lambda shared: shared.c.notify(),
    r"b\.": lambda shared: shared.b.wait(),
    r"b,": lambda shared: shared.b.wait(timeout=1),
    r"b0": lambda shared: shared.b.reset(),
    r"b!": lambda shared: shared.b.abort(),
    r"b\?": lambda shared: shared.b.n_waiting,
    r"q<": lambda shared: shared.q.put(1),
    r"q>": lambda shared: shared.q.get(),
    r"q<~": lambda shared: shared.q.put_nowait(2),
    r"q>~": lambda shared: shared.q.get_nowait(),
    r"q-": lambda shared: shared.q.task_done(),
    r"q_": lambda shared: shared.q.join(),
    r"k>": lambda shared: shared.k.popleft(),
    r"k<": lambda shared: shared.k.appendleft(5),
    r"k#": lambda shared: shared.k.size(),
    r"l-": lambda shared: shared.l.pop(),
    r"l#": lambda shared: shared.l.copy(),
    r"t(\d)": lambda shared, seconds: shared.t.sleep(int(seconds)),
    r"t\?": lambda shared: shared.t.now(),
}
FAMILIES = {
    "dict": ["d[a]", "d=a", "d=b", "d-a", "d-b", "d?a", "d?b", "d+b", "d#", "d%", "d_", "d!", "d0"],
    "reentrant lock": ["r(", "r( r)", "r~", "r)^", "r( r( r) r)"],
    "condition": ["r(", "r)^", "r( c. r)", "r( c, r)", "r( c! r)", "c!^", "r( r( c, r) r)"],
    "barrier": ["b.^", "b,^", "b0", "b!", "b?"],
    "queue": ["q<", "q>", "q<~", "q>~", "q-", "q_"],
    "sequences": ["k>", "k<", "k#", "l-", "l#"],
    "clock": ["t0", "t1", "t2", "t?"],
}


def new_shared() -> Shared:
    lock = RLock()
    return Shared(
        d=Dict(a=0),
        r=lock,
        c=Condition(lock),
        b=Barrier(2),
        q=Queue(1, tasks=True),
        k=Deque([1]),
        l=List([1]),
        t=Clock(),
    )


def ends_of(text: str, strategy: str) -> tuple[Any, Any]:
    seen = explore(processes_of(text, WORDS), shared=new_shared, strategy=strategy, deadlocks=True)
    return set(seen.endings), {each.name for each in seen.violations}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_strategy_sees_the_same_ends(family: str) -> None:
    words = FAMILIES[family]

    @settings(
        max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(drawn(words))
    def compare(text: str) -> None:
        every = ends_of(text, "brute")
        assert ends_of(text, "dpor") == every
        assert ends_of(text, "merged") == every

    compare()


def drawn(words: list[str]) -> Any:
    """Draw programs of two or three processes with few words."""
    return texts(st.just(words), [(3, 2), (2, 2, 1), (4, 1)])
