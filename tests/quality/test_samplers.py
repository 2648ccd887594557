"""Every sampler against the exact law of its schedules, enumerated as fractions by a second hand; seeds are fixed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import permutations
from math import perm, sqrt
from statistics import NormalDist
from typing import Any

import pytest

from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.replay import run
from lastseat.simulations.strategies.sampling.samplers import Chooser, Pct, Pos, Sampler, Uniform, Unwatched, Walk
from lastseat.testing import Mutex, Operation, Register, Shared

RUNS = 3_000
AGREES, REJECTED = 0.001, 1e-6  # p-values: at least, at most
Schedule = tuple[int, ...]
Law = Mapping[Schedule, Fraction]
Process = Iterator[Operation]


def increment(shared: Any) -> Any:
    seen = yield shared.one.read()
    yield shared.one.write(seen + 1)


def write_one(shared: Any) -> Process:
    yield shared.one.write(7)


def write_two(shared: Any) -> Process:
    yield shared.two.write(7)


def write_both(shared: Any) -> Process:
    yield shared.two.write(1)
    yield shared.one.write(1)


def locked(shared: Any) -> Process:
    yield shared.mutex.acquire()
    yield shared.one.write(1)
    yield shared.mutex.release()


def ends_early(shared: Any) -> Any:
    if not (yield shared.one.read()):
        yield shared.one.write(5)
        yield shared.two.read()


def program(*processes: Callable[[Any], Any]) -> Program:
    return Program(processes, lambda: Shared(one=Register(0), two=Register(0), mutex=Mutex()))


PROGRAMS = {
    "increments": program(increment, increment),
    "uneven": program(write_one, write_both, write_two),
    "racing": program(increment, write_one, write_one),
    "a mutex": program(locked, locked, write_one),
    "ends early": program(write_one, ends_early, write_two),
}
STEPS = {
    "increments": (2, 2),
    "uneven": (1, 2, 1),
    "racing": (2, 1, 1),
    "a mutex": (3, 3, 1),
    "ends early": (1, 3, 1),
}


def after(name: str, prefix: Schedule) -> Execution:
    return run(PROGRAMS[name], PROGRAMS[name].meter(), prefix)


# --- exact laws -------------------------------------------------------------------------------------------------


def tree_law(name: str, weight: Callable[[int, Schedule], int]) -> Law:
    """Return the law in which whoever is free goes on with a chance in proportion to a weight."""
    found: dict[Schedule, Fraction] = {}
    level: dict[Schedule, Fraction] = {(): Fraction(1)}
    while level:
        following: dict[Schedule, Fraction] = {}
        for prefix, chance in level.items():
            free = after(name, prefix).free()
            if not free:
                found[prefix] = chance
            whole = sum(weight(who, prefix) for who in free)
            following |= {(*prefix, who): chance * weight(who, prefix) / whole for who in free}
        level = following
    return found


@cache
def walk_law(name: str) -> Law:
    return tree_law(name, lambda _who, _prefix: 1)


@cache
def equal_law(name: str) -> Law:
    schedules = walk_law(name)
    return dict.fromkeys(schedules, Fraction(1, len(schedules)))


@cache
def uniform_law(name: str) -> Law:
    """Return what `uniform` draws given STEPS, right or wrong."""
    return tree_law(name, lambda who, prefix: max(1, STEPS[name][who] - prefix.count(who)))


def pct_schedule(name: str, order: Schedule, points: Schedule) -> Schedule:
    """Return the schedule of these initial priorities, highest first, and change points, highest fall first."""
    execution = after(name, ())
    ladder = [*order]  # the highest first; who fell stands in `fallen` instead, from the i-th point at place i
    fallen: list[int | None] = [None] * len(points)
    arrived: list[Schedule] = []  # who came before which of its steps
    while free := execution.free():
        who = next(one for one in (*ladder, *fallen) if one in free)
        assert who is not None
        came = [(who, execution.schedule.count(who))]
        if came[0] in arrived:
            execution.step(who)
            came = [(who, execution.schedule.count(who))] if execution.pending[who] is not None else []
        for one in came:
            arrived.append(one)
            if len(arrived) in points:
                ladder = [other for other in ladder if other != who]
                fallen = [None if other == who else other for other in fallen]
                fallen[points.index(len(arrived))] = who
    return tuple(execution.schedule)


@cache
def pct_law(name: str, depth: int) -> Law:
    found: dict[Schedule, Fraction] = defaultdict(Fraction)
    processes, longest = len(STEPS[name]), sum(STEPS[name])
    chance = Fraction(1, perm(processes) * perm(longest, depth - 1))
    for order in permutations(range(processes)):
        for points in permutations(range(1, longest + 1), depth - 1):
            found[pct_schedule(name, order, points)] += chance
    return found


@cache
def pos_law(name: str) -> Law:
    """Return the law of pos, from the ranking of all priorities ever drawn: a new one may fall anywhere in it."""
    found: dict[Schedule, Fraction] = {}
    level = {((), ()): Fraction(1)}  # a schedule so far; whose the draws are, the lowest first, None: nobody's now
    while level:
        following: dict[Any, Fraction] = defaultdict(Fraction)
        for (prefix, ranking), chance in level.items():
            execution = after(name, prefix)
            free = execution.free()
            if not free:
                found[prefix] = found.get(prefix, Fraction()) + chance
                continue
            rankings = draw_all([who for who in free if who not in ranking], ranking)
            for drawn in rankings:
                who = next(one for one in reversed(drawn) if one in free)
                gone = {who, *racing(name, prefix, who)}
                kept = tuple(None if one in gone else one for one in drawn)
                following[(*prefix, who), kept] += chance / len(rankings)
        level = following
    return found


def draw_all(who: list[int], ranking: tuple[int | None, ...]) -> list[tuple[int | None, ...]]:
    """Return the rankings, all equally likely, after each of `who` has drawn."""
    found = [ranking]
    for one in who:
        found = [(*old[:place], one, *old[place:]) for old in found for place in range(len(old) + 1)]
    return found


def racing(name: str, prefix: Schedule, who: int) -> Iterator[int]:
    """Yield who is before a step that conflicts with the next one of `who`: location by location."""
    execution = after(name, prefix)
    before = list(execution.pending)
    result, _ = execution.step(who)
    reads, writes = before[who].reads, before[who].wrote(result)
    for other, operation in enumerate(before):
        if other == who or operation is None:
            continue
        if {*writes} & {*operation.reads, *operation.writes} or {*reads} & {*operation.writes}:
            yield other


# --- samples ----------------------------------------------------------------------------------------------------


class Schedules(Unwatched):
    """Counts the schedules of a sample."""

    def __init__(self) -> None:
        self.seen: Counter[Schedule] = Counter()

    def end(self, execution: Execution) -> None:
        self.seen[tuple(execution.schedule)] += 1


def sampled(name: str, made: Callable[[Any], Chooser], seed: int = 1) -> Counter[Schedule]:
    schedules, meter = Schedules(), PROGRAMS[name].meter()
    sampler = Sampler(PROGRAMS[name], meter, schedules, made(meter), runs=range(RUNS), seed=seed)
    while sampler.advance():
        pass
    return schedules.seen


def p_value(seen: Mapping[Schedule, int], law: Law) -> float:
    """Return the chi-square test's, by the approximation of Wilson and Hilferty; rare schedules share one cell."""
    if not seen.keys() <= law.keys():
        return 0.0
    cells: list[tuple[int, float]] = []
    rare_seen, rare_due = 0, 0.0
    for schedule, chance in law.items():
        due = float(RUNS * chance)
        if due < 5:
            rare_seen, rare_due = rare_seen + seen.get(schedule, 0), rare_due + due
        else:
            cells.append((seen.get(schedule, 0), due))
    if rare_due >= 5:
        cells.append((rare_seen, rare_due))
    freedom = len(cells) - 1
    statistic = sum((found - due) ** 2 / due for found, due in cells)
    spread = 2 / (9 * freedom)
    return 1 - NormalDist().cdf(((statistic / freedom) ** (1 / 3) - 1 + spread) / sqrt(spread))


CHOOSERS: dict[str, Callable[[str, Any], Chooser]] = {
    "uniform": lambda name, _meter: Uniform(STEPS[name]),
    "walk": lambda _name, _meter: Walk(),
    "pct 1": lambda name, _meter: Pct(1, STEPS[name]),
    "pct 2": lambda name, _meter: Pct(2, STEPS[name]),
    "pct 3": lambda name, _meter: Pct(3, STEPS[name]),
    "pos": lambda _name, meter: Pos(meter),
}
LAWS: dict[str, Callable[[str], Law]] = {
    "uniform": uniform_law,
    "walk": walk_law,
    "pct 1": lambda name: pct_law(name, 1),
    "pct 2": lambda name: pct_law(name, 2),
    "pct 3": lambda name: pct_law(name, 3),
    "pos": pos_law,
}


@cache
def sample_of(strategy: str, name: str) -> Counter[Schedule]:
    return sampled(name, lambda meter: CHOOSERS[strategy](name, meter))


# --- tests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("strategy", LAWS)
def test_a_sample_agrees_with_the_exact_law_of_its_strategy_and_with_no_other(strategy: str, name: str) -> None:
    law, sample = LAWS[strategy](name), sample_of(strategy, name)
    others = {other: LAWS[other](name) for other in LAWS if LAWS[other](name) != law}

    assert sum(law.values()) == 1
    assert p_value(sample, law) > AGREES
    assert {other: p_value(sample, one) for other, one in others.items() if p_value(sample, one) > REJECTED} == {}
    # Where every step races with every other, all priorities are always new: pos is the walk, and so the same law.
    alike = {"walk", "pos"} if name == "racing" else {strategy}
    assert len(others) == len(LAWS) - (len(alike) if strategy in alike else 1)


@pytest.mark.parametrize(("name", "schedules"), [("increments", 6), ("uneven", 12), ("racing", 12)])
def test_uniform_makes_all_schedules_equally_likely_where_the_steps_are_known(name: str, schedules: int) -> None:
    assert uniform_law(name) == equal_law(name)
    assert len(equal_law(name)) == schedules
    assert p_value(sampled(name, lambda _: Uniform()), equal_law(name)) > AGREES  # it learns them as well


@pytest.mark.parametrize("name", ["a mutex", "ends early"])
def test_uniform_is_not_uniform_where_something_waits_or_ends_early(name: str) -> None:
    assert p_value(sample_of("uniform", name), equal_law(name)) < REJECTED


class Stubborn(Pos):
    """A wrong pos: who lost a race keeps the priority."""

    def took(self, who: int, footprint: int, execution: Execution) -> None:
        del footprint, execution
        del self._priorities[who]


class Sorted(Pct):
    """A wrong pct: a later change point always leads lower."""

    def begin(self, draw: Any, execution: Execution) -> None:
        super().begin(draw, execution)
        self._falls = dict(zip(sorted(self._falls), (-1, -2), strict=True))


class Late(Pct):
    """A wrong pct: a process cannot fall before its first step."""

    def begin(self, draw: Any, execution: Execution) -> None:
        super().begin(draw, execution)
        self._begun = [True] * len(self._begun)


@pytest.mark.parametrize(
    ("made", "law"),
    [
        (Stubborn, pos_law("racing")),
        (lambda _: Sorted(3, STEPS["racing"]), pct_law("racing", 3)),
        (lambda _: Late(3, STEPS["racing"]), pct_law("racing", 3)),
        (lambda _: Uniform((2, 2, 1)), uniform_law("racing")),
    ],
)
def test_a_sampler_that_is_slightly_wrong_is_noticed(made: Callable[[Any], Chooser], law: Law) -> None:
    assert p_value(sampled("racing", made), law) < REJECTED


Label = tuple[int, int]  # a process, and which of its steps


def put_off(name: str, schedule: Schedule, labels: tuple[Label, ...]) -> bool:
    """Return whether the labelled steps come in their order, each when only it and later ones can be taken."""
    left = list(labels)
    for length, who in enumerate(schedule):
        step = (who, schedule[:length].count(who))
        if step in left:
            free = {(one, schedule[:length].count(one)) for one in after(name, schedule[:length]).free()}
            if step != left[0] or not free <= {*left}:
                return False
            left.pop(0)
    return not left


@pytest.mark.parametrize(
    ("name", "depth", "bugs"),
    [
        ("increments", 1, 4),
        ("increments", 2, 10),
        ("uneven", 2, 11),
        ("uneven", 3, 18),
        ("a mutex", 1, 7),
        ("a mutex", 2, 32),
    ],
)
def test_every_bug_of_a_depth_has_at_least_the_chance_that_pct_promises(name: str, depth: int, bugs: int) -> None:
    steps = [(who, one) for who, count in enumerate(STEPS[name]) for one in range(count)]
    bound = Fraction(1, len(STEPS[name]) * perm(len(steps), depth - 1))
    found = 0
    for labels in permutations(steps, depth):
        hits = [schedule for schedule in equal_law(name) if put_off(name, schedule, labels)]
        found += bool(hits)
        assert not hits or sum(pct_law(name, depth).get(one, 0) for one in hits) >= bound

    assert found == bugs


def lost(schedule: Schedule) -> bool:
    return schedule[:2] in ((0, 1), (1, 0))


BUGS: dict[int, tuple[str, Callable[[Schedule], bool], Fraction]] = {
    1: ("uneven", lambda schedule: schedule[-1] == 0, Fraction(1, 3)),
    2: ("increments", lost, Fraction(1, 4)),
    3: ("uneven", lambda schedule: schedule == (1, 0, 1, 2), Fraction(1, 24)),
}


@pytest.mark.parametrize("depth", BUGS)
def test_pct_finds_a_bug_of_depth_one_two_or_three_as_often_as_computed_and_as_promised(depth: int) -> None:
    name, bug, exact = BUGS[depth]
    chance = sum((chance for one, chance in pct_law(name, depth).items() if bug(one)), Fraction())
    found = sum(runs for one, runs in sample_of(f"pct {depth}", name).items() if bug(one))

    assert chance == exact >= Fraction(1, len(STEPS[name]) * sum(STEPS[name]) ** (depth - 1))
    assert abs(found - RUNS * chance) < 3 * sqrt(RUNS * chance * (1 - chance))
    assert depth == 1 or not any(bug(one) for one in pct_law(name, depth - 1))


def test_change_points_before_the_first_step_of_a_process_are_needed_for_the_promise() -> None:
    assert sampled("uneven", lambda _: Late(3, STEPS["uneven"]))[1, 0, 1, 2] == 0


def test_the_approximated_p_value_is_close_to_tables() -> None:
    law: Law = {(one,): Fraction(1, 11) for one in range(11)}  # 10 degrees of freedom: 18.307 is the 5 % point
    due = RUNS / 11

    def shifted(statistic: float) -> dict[Schedule, float]:
        shift = sqrt(statistic * due / 2)
        return {one: due + (shift if one == (0,) else -shift if one == (1,) else 0) for one in law}

    assert abs(p_value(shifted(18.307), law) - 0.05) < 0.001  # type: ignore[arg-type]
    assert abs(p_value(shifted(29.588), law) - 0.001) < 0.0002  # type: ignore[arg-type]
    assert p_value({(11,): RUNS}, law) == 0
