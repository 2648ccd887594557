"""Draws booking systems: mostly the correct ones with a deviation or two, on scenarios of few schedules."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import factorial, prod
from typing import Any, TypeVar

from fuzz.flows import Flow
from fuzz.stores import Rules
from hypothesis import strategies as st

MOST = 400  # schedules, about
Drawn = TypeVar("Drawn")

ORDERS = (
    ("identity", "unknown", "capacity", "version"),
    ("unknown", "version", "capacity"),
    ("identity", "unknown", "capacity"),
    ("identity", "unknown", "version"),
    ("identity", "version", "capacity"),
    ("unknown", "version", "capacity", "identity"),
    ("identity",),
    (),
)
SITUATIONS = [
    f"{known} {version} {room}"
    for known in ("new", "same", "other")
    for version in ("stale", "current")
    for room in ("over", "fits")
]
VERDICTS = (
    "accepted",
    "over capacity",
    "version conflict",
    "identifier reuse",
    "unknown resource",
    "store unavailable",
)

STORES: Mapping[str, tuple[Any, ...]] = {
    "order": ORDERS,
    "identity": ("resource", "any", "refused", "own"),
    "version": ("older", "near"),
    "capacity": ("observed", "some", "tight"),
    "stale_says": ("over capacity", "store unavailable", "accepted"),
    "full_says": ("version conflict", "accepted", "unknown resource"),
    "unknown_says": ("over capacity", "version conflict", "accepted"),
    "records": (0, 2),
    "confirms": ("sets", "nothing", "unit"),
    "bumps": (0, 2),
    "refusal": ("bumps", "counts", "records", "frees"),
    "observing": ("counts", "bumps", "holds", "frees"),
    "told": ("late", "next", "roomy", "empty", "silent when full", "absent when full"),
    "counter": ("shown",),
    "blocks": ("always", "locked", "full", "pair", "persisted"),
    "scope": ("store",),
}
FLOWS: Mapping[str, tuple[Any, ...]] = {
    "at": ("p", "q", "elsewhere"),
    "under": ("a", "b"),
    "units": (1, 2),
    "observes": (0, 2),
    "expects": ("zero", "next"),
    "early": ("full", "room", "absent", "stepless"),
    "early_says": ("BOOKED", "version conflict", "nothing"),
    "looks": (True,),
    "retries": (1,),
    "after": ("observe", "look", "cancel", "persist"),
    "says": tuple(
        ((verdict, told),)
        for verdict, told in (
            ("version conflict", "REJECTED"),
            ("version conflict", "BOOKED"),
            ("over capacity", "version conflict"),
            ("over capacity", "BOOKED"),
            ("accepted", "REJECTED"),
            ("accepted", "nothing"),
            ("accepted", "acknowledgement lost"),
            ("identifier reuse", "REJECTED"),
            ("acknowledgement lost", "BOOKED"),
            ("acknowledgement lost", "store unavailable"),
            ("store unavailable", "acknowledgement lost"),
            ("store unavailable", "REJECTED"),
            ("identifier reuse", "FAILED"),
        )
    ),
}


@st.composite
def _deviations(draw: st.DrawFn, options: Mapping[str, tuple[Any, ...]], most: int) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(options)), max_size=most, unique=True))
    return {name: draw(st.sampled_from(options[name])) for name in names}


@st.composite
def systems(draw: st.DrawFn) -> tuple[Rules, Flow]:
    """Draw a store and a use case: mostly one or two deviations, sometimes many."""
    most = draw(st.sampled_from([1, 1, 2, 2, 5]))
    rules, flow = Rules(**draw(_deviations(STORES, most))), Flow(**draw(_deviations(FLOWS, most)))
    if flow != Flow() and draw(st.booleans()):
        flow = replace(flow, only=draw(st.sampled_from("ab")))
    if most == 5:
        rows = st.tuples(st.sampled_from(SITUATIONS), st.sampled_from(VERDICTS), st.booleans())
        rules = replace(rules, table=tuple(draw(st.lists(rows, max_size=4))))
    if draw(st.booleans()):
        rules = replace(rules, partitioned=True)
    kind = draw(st.sampled_from(["any", "any", "any", "any", "stray", "long"]))
    if kind == "stray":  # some attempts name another resource than their request, and nothing else is wrong
        only = draw(st.sampled_from(["", "a", "b", "b"]))
        rules, flow = Rules(partitioned=True), Flow(at=draw(st.sampled_from("pq")), only=only)
    elif kind == "long":
        rules, flow = Rules(), Flow(after=draw(st.sampled_from(["observe", "persist"])))
    # A store that frees takes back whatever reservation comes first, under another booking id than the step names.
    if rules.partitioned and (rules.scope == "store" or "frees" in (rules.refusal, rules.observing)):
        rules = replace(rules, partitioned=False)  # it would promise what it does not keep
    return rules, flow


@st.composite
def requests_(draw: st.DrawFn) -> list[tuple[str, str, int]]:
    """Draw requests: of any kind, alike ones, or several for one id."""
    shape = draw(st.sampled_from(["any", "any", "alike", "payloads"]))
    if shape == "alike":
        ids, units = draw(st.sampled_from(["abc", "abc", "aaa"])), draw(st.sampled_from([1, 1, 2]))
        return [(one, "p", units) for one in ids[: draw(st.integers(2, 3))]]
    if shape == "payloads":
        request = st.tuples(st.sampled_from("aab"), st.sampled_from("pq"), st.just(1))
    else:
        resource = st.sampled_from(["p", "p", "p", "q", "elsewhere"])
        request = st.tuples(st.sampled_from("abc"), resource, st.sampled_from([1, 1, 2]))
    return draw(st.lists(request, min_size=1, max_size=4))


def _steps(flow: Flow, booking_id: str) -> int:
    return flow.most_steps if flow.only in ("", booking_id) else 2


def _schedules(flow: Flow, ids: list[str], faults: int, kinds: tuple[str, ...]) -> int:
    """Return about how many schedules there are."""
    if "redelivery" in kinds:
        ids = ids * (1 + faults)
    steps = [_steps(flow, one) for one in ids]
    letters = ("crash" in kinds) * 1.2 + ("unavailable" in kinds) + ("acknowledgement lost" in kinds) * 0.5
    orders = factorial(sum(steps)) // prod(map(factorial, steps))
    return int(orders * (1 + sum(steps) * letters / 2) ** faults)


@st.composite
def _cases(draw: st.DrawFn, make: Callable[..., Drawn], faulty: bool, secret: bool) -> Drawn:
    rules, flow = draw(systems())
    if secret:
        rules = replace(rules, counter="secret")
    requests = draw(requests_())
    faults = draw(st.sampled_from([1, 1, 2])) if faulty else 0
    every = ("crash", "unavailable", "acknowledgement lost", "redelivery")
    kinds = tuple(sorted(draw(st.sets(st.sampled_from(every), min_size=1, max_size=4)))) if faulty else ()
    while len(requests) > 1 and _schedules(flow, [one[0] for one in requests], faults, kinds) > MOST:
        requests.pop()
    capacities = [("p", draw(st.integers(0, 2)))]
    if any(one[1] == "q" for one in requests) or draw(st.booleans()):
        capacities.append(("q", draw(st.integers(0, 2))))
    return make(tuple(capacities), tuple(requests), rules, flow, faults, kinds)


def cases(make: Callable[..., Drawn], *, faulty: bool = False, secret: bool = False) -> st.SearchStrategy[Drawn]:
    """Return a strategy of cases, made of capacities, requests, rules, flow, faults and their kinds."""
    return _cases(make, faulty, secret)
