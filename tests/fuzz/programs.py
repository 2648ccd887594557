"""Fuzzing the explorers of programs: each is held to the naive one, on programs that nobody wrote.

`due` says what is to be reported of the runs that an engine has to make; `PROGRAMS`, `SPLIT`, `BOUNDS` and `SAMPLES`
compare it with what is reported.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import chain
from typing import Any

from fuzz.hunting import Target
from fuzz.naive_programs import Naive, Run, Schedule, count_endings, execute, trace_of
from fuzz.notation import new_shared, processes_of
from fuzz.program_cases import LARGE, ON_TWO, SIMPLE, SMALL, Case, Claim, cases, claims_of, few_of, few_of_all
from fuzz.program_engines import ALL_RIGHT, Engines, Seen, seen_by, seen_split

from lastseat.simulations.kernel.exploration import DEADLOCK, Exploration, Violation, When
from lastseat.simulations.kernel.replay import run as replay
from lastseat.simulations.strategies.sampling.samplers import STRATEGIES
from lastseat.testing import Verdict


@dataclass(frozen=True, slots=True)
class Said:
    """What an exploration says, as far as it is decided by the runs that it is to make."""

    executions: int
    endings: Counter[tuple[Any, Any]]
    deadlocks: int
    violated: frozenset[str]
    spoke: dict[str, int]
    steps: Counter[str]  # by their kind
    vacuous: frozenset[str]
    never: frozenset[str]
    verdict: Verdict
    why: str
    complete: bool
    blocked: int
    interleavings: int | None

    def difference(self, other: "Said") -> str | None:
        for field in fields(self):
            here, there = getattr(self, field.name), getattr(other, field.name)
            if here != there:
                return f"{field.name} {here} and not {there}"
        return None


def said_by(seen: Exploration, claims: Iterable[Claim]) -> Said:
    names = {claim.name for claim in claims}
    return Said(
        executions=seen.executions,
        endings=Counter(seen.endings),
        deadlocks=seen.deadlocks,
        violated=frozenset(violation.name for violation in seen.violations),
        spoke={claim.name: seen.fired.get(claim.name, 0) for claim in claims},
        steps=Counter({kind: times for kind, times in seen.fired.items() if kind not in names}),
        vacuous=frozenset(seen.vacuous),
        never=frozenset(seen.never),
        verdict=seen.verdict,
        why=seen.why,
        complete=seen.complete,
        blocked=seen.blocked,
        interleavings=seen.interleavings,
    )


def due(
    runs: Sequence[Run],
    claims: Sequence[Claim],
    why: str,
    *,
    allowed: bool,
    schedules: int | None,
    again: bool = False,
) -> Said:
    """What is to be said of these runs of a program that has so many `schedules`; None: there is a run for each.

    `again` says that runs are shown from the start even where they begin alike.
    """
    shortest = shortest_violations(runs, claims, allowed=allowed)
    spoke = {claim.name: _spoken(claim, runs, again=again) for claim in claims}
    vacuous = frozenset(name for name, times in spoke.items() if not times)
    effects: dict[str, set[bool]] = {}
    for kind, effect in chain.from_iterable(run.kinds for run in runs):
        if effect is not None:
            effects.setdefault(kind, set()).add(effect)
    words = {True: "never without effect", False: "never with effect"}
    steps = {tuple(sorted(Counter(run.schedule).items())) for run in runs}
    is_known = not why and len(steps) == 1 and not any(run.can_wait for run in runs)
    in_each = None if why else len(runs)
    verdict = Verdict.INCOMPLETE if why else Verdict.VACUOUS if vacuous else Verdict.HOLDS
    return Said(
        executions=len(runs),
        endings=count_endings(runs),
        deadlocks=sum(bool(run.ending[2]) for run in runs),
        violated=frozenset(shortest),
        spoke=spoke,
        steps=Counter(kind for run in runs for kind, _ in run.kinds),
        vacuous=vacuous,
        never=frozenset(f"{kind}: {words[min(seen)]}" for kind, seen in effects.items() if len(seen) == 1),
        verdict=Verdict.VIOLATED if shortest else verdict,
        why=why,
        complete=not why,
        blocked=0,
        interleavings=in_each if schedules is None else schedules if is_known else None,
    )


def _states(runs: Iterable[Run]) -> dict[Schedule, Any]:
    """The state after each schedule that some run begins with."""
    return {tuple(run.schedule[:taken]): state for run in runs for taken, state in enumerate(run.states)}


def _spoken(claim: Claim, runs: Sequence[Run], *, again: bool) -> int:
    if claim.when is When.ALWAYS:
        return 1 + sum(len(run.schedule) for run in runs) if again else len(_states(runs))
    said = claim.holds if claim.when is When.SOMETIMES else claim.applies
    return sum(said(run.ending) for run in runs)


def shortest_violations(runs: Sequence[Run], claims: Sequence[Claim], *, allowed: bool) -> dict[str, int]:
    """How many steps the shortest schedule has that violates a claim, for each that is violated."""
    found: list[tuple[str, int]] = [failure for run in runs for failure in run.broken]
    found += [(DEADLOCK, len(run.schedule)) for run in runs if run.ending[2] and not allowed]
    for claim in claims:
        if claim.when is When.ALWAYS:
            found += [(claim.name, len(at)) for at, state in _states(runs).items() if not claim.holds(state)]
        elif claim.when is When.AT_END:
            bad = (run for run in runs if claim.applies(run.ending) and not claim.holds(run.ending))
            found += [(claim.name, len(run.schedule)) for run in bad]
    return dict(sorted(found, key=lambda pair: -pair[1]))  # the shortest comes last


# --- the comparisons ------------------------------------------------------------------------------------------------


def stopped(name: str, seen: Seen, runs: Iterable[Run]) -> str | None:
    """What is wrong about how an engine stopped, some of whose runs raise or never end; or that it did not."""
    raises, endless = any(run.raised for run in runs), any(run.endless is not None for run in runs)
    said = seen.said
    if seen.error:
        return None if raises and " raised RuntimeError: " in said else f"{name} raised {said}"
    if endless and " and did not end; " in said:
        return None
    return f"{name} did not say that some run {'raises' if raises else 'never ends'}: {said or 'complete'}"


def reported(
    name: str, case: Case, known: Naive, seen: Seen, runs: Sequence[Run], claims: Sequence[Claim], *, why: str = ""
) -> str | None:
    """What an engine reports wrongly that was to make these runs (of dpor: each, or one of the same trace)."""
    if seen.report is None or any(run.raised or run.endless is not None for run in runs):
        return stopped(name, seen, runs)
    for schedule in seen.schedules:
        if schedule not in known.runs:
            return f"{name} makes {schedule}, and there is no such run"
    schedules = len(known.runs) if "dpor" in name else None
    expected = due(runs, claims, why, allowed=case.deadlocks, schedules=schedules)
    differs = said_by(seen.report, claims).difference(expected)
    if differs:
        return f"{name}: {differs}"
    return all_shown(name, case, claims, seen.report)


def all_shown(name: str, case: Case, claims: Sequence[Claim], report: Exploration) -> str | None:
    """What is wrong about the schedules that are to show violations."""
    return next(filter(None, (shown(name, case, claims, violation) for violation in report.violations)), None)


def shown(name: str, case: Case, claims: Sequence[Claim], violation: Violation) -> str | None:
    """What is wrong about the schedule that is to show a violation."""
    program = case.program()
    again = replay(program, program.meter(), violation.steps)
    waiting = tuple(again.unfinished())
    if violation.name == DEADLOCK:
        is_so = bool(waiting) and not again.free()
    elif violation.name in {failure.name for failure in again.broken}:
        due = violation.name, len(violation.steps)
        is_so = any((failure.name, failure.taken) == due for failure in again.broken)
    else:
        claim = next(claim for claim in claims if claim.name == violation.name)
        state = again.shared.snapshot()
        returned = tuple(again.returned.get(who) for who in range(len(again.pending)))
        about = state if claim.when is When.ALWAYS else (returned, state, waiting)
        is_so = not claim.holds(about) and (claim.when is When.ALWAYS or not again.free())
    return None if is_so else f"{name}: {violation.steps} does not show that {violation.name!r} is violated"


def each_once(name: str, seen: Sequence[Any], expected: Iterable[Any], what: str) -> str | None:
    """What was made more or less often than once."""
    counted = Counter(seen)
    missed, twice = sum(one not in counted for one in set(expected)), sum(times > 1 for times in counted.values())
    if missed or twice:
        return f"{name}: {missed} {what} missed, {twice} made twice"
    return None


def brute_differs(case: Case, known: Naive, engines: Engines) -> Iterator[str | None]:
    runs = list(known.runs.values())
    claims = claims_of(case, runs)
    seen = seen_by(case, claims, "brute", engines.brute)
    yield reported("brute", case, known, seen, runs, claims)
    if seen.report is None or not seen.report.complete:
        return
    yield each_once("brute", seen.schedules, known.runs, "schedules")
    yield is_shortest("brute", seen, runs, claims, case)


def is_shortest(name: str, seen: Seen, runs: Sequence[Run], claims: Sequence[Claim], case: Case) -> str | None:
    """Which violation is shown by a schedule that is not the shortest."""
    assert seen.report is not None
    shortest = shortest_violations(runs, claims, allowed=case.deadlocks)
    for violation in seen.report.violations:
        if len(violation.steps) != shortest[violation.name]:
            return f"{name}: {violation.steps} for {violation.name!r}, and {shortest[violation.name]} steps suffice"
    return None


def dpor_differs(name: str, case: Case, known: Naive, explored: Callable[..., Seen]) -> Iterator[str | None]:
    runs = known.of_traces
    claims = [claim for claim in claims_of(case, runs) if claim.when is not When.ALWAYS]
    seen = explored(case, claims)
    traces = [known.traces.get(schedule) for schedule in seen.schedules]
    if seen.report is not None and seen.report.complete:
        yield each_once(name, traces, known.traces.values(), "traces")
    yield reported(name, case, known, seen, runs, claims)


def serial(engines: Engines) -> Callable[..., Seen]:
    return lambda case, claims: seen_by(case, claims, "dpor", engines.dpor)


def split(engines: Engines) -> Callable[..., Seen]:
    return lambda case, claims: seen_split(case, claims, engines.split)


def bounds_differ(case: Case, known: Naive, engines: Engines) -> Iterator[str | None]:
    costs: dict[str, Callable[[Run], int]] = {
        "preemptions": lambda run: run.preemptions,
        "delays": lambda run: run.delays(known.processes),
    }
    for name, cost in costs.items():
        within = {schedule: run for schedule, run in known.runs.items() if cost(run) <= case.bound}
        runs = list(within.values())
        claims = claims_of(case, runs)
        make = partial(getattr(engines, name), bound=case.bound)
        seen = seen_by(case, claims, name, make)
        why = f"schedules with more than {case.bound} {name} were left out" * (len(within) < len(known.runs))
        yield reported(name, case, known, seen, runs, claims, why=why)
        if seen.report is not None and not known.raises and not known.endless:
            yield each_once(name, seen.schedules, within, "schedules")
            yield is_shortest(name, seen, runs, claims, case)


def samples_differ(case: Case, known: Naive, engines: Engines) -> Iterator[str | None]:
    if known.raises or known.endless:
        return
    runs = list(known.runs.values())
    claims = claims_of(case, runs)
    for name in STRATEGIES:

        def make(program: Any, meter: Any, watch: Any, name: str = name) -> Any:
            return engines.sampler(name, program, meter, watch, runs=5, seed=case.seed)

        seen = seen_by(case, claims, name, make)
        if seen.report is None or len(seen.schedules) != 5 or not set(seen.schedules) <= known.runs.keys():
            yield f"{name}: {seen.error or seen.schedules}"
            return
        made = [known.runs[schedule] for schedule in seen.schedules]
        expected = due(made, claims, seen.report.why, allowed=case.deadlocks, schedules=0, again=True)
        differs = said_by(seen.report, claims).difference(expected)
        yield f"{name}: {differs}" if differs else None
        yield all_shown(name, case, claims, seen.report)


def held_to(case: Case, differ: Callable[[Case, Naive], Iterator[str | None]]) -> str | None:
    """The first difference from the naive explorer; None where a program has too many schedules for it."""
    known = case.naive()
    return None if known is None else next(filter(None, differ(case, known)), None)


def programs_disagree(case: Case) -> str | None:
    """Hold brute and both ways of dpor to the naive explorer."""

    def differ(case: Case, known: Naive) -> Iterator[str | None]:
        yield from brute_differs(case, known, ALL_RIGHT)
        yield from dpor_differs("dpor", case, known, serial(ALL_RIGHT))
        yield from dpor_differs("split dpor", case, known, split(ALL_RIGHT))

    return held_to(case, differ)


def bounds_disagree(case: Case) -> str | None:
    """Hold the bounds to the schedules that the naive explorer counts as within them."""
    return held_to(case, lambda case, known: bounds_differ(case, known, ALL_RIGHT))


def samples_disagree(case: Case) -> str | None:
    """Hold what samples report to the runs that they made."""
    return held_to(case, lambda case, known: samples_differ(case, known, ALL_RIGHT))


def split_disagrees(case: Case, engines: Engines = ALL_RIGHT) -> str | None:
    """Hold dpor in tasks to dpor by itself, on programs that have too many schedules for the naive explorer."""
    claims = [claim for claim in claims_of(case, []) if claim.when is not When.ALWAYS]
    alone = serial(engines)(case, claims)
    if alone.is_cut:
        return None
    seen = split(engines)(case, claims)
    if alone.report is None or seen.report is None or not alone.report.complete:
        both = not alone.is_complete and not seen.is_complete
        return None if both else f"{alone.said or 'complete'} alone, {seen.said or 'complete'} split"
    here, there = said_by(alone.report, claims), said_by(seen.report, claims)
    traces = _traces(case, alone.schedules)
    return (
        each_once("dpor", traces, traces, "traces")
        or each_once("split dpor", _traces(case, seen.schedules), traces, "traces")
        or (f"split dpor: {differs}" if (differs := there.difference(here)) else None)
        or all_shown("split dpor", case, claims, seen.report)
    )


def _traces(case: Case, schedules: Iterable[Schedule]) -> list[Any]:
    processes = processes_of(case.text)
    return [trace_of(execute(processes, new_shared, schedule)) for schedule in schedules]


PROGRAMS = Target("fuzz.programs", "PROGRAMS", cases(few_of_all() | few_of(ON_TWO), SMALL), programs_disagree)
BOUNDS = Target("fuzz.programs", "BOUNDS", cases(few_of_all(), SMALL), bounds_disagree)
SAMPLES = Target("fuzz.programs", "SAMPLES", cases(few_of_all(), SMALL), samples_disagree)
SPLIT = Target("fuzz.programs", "SPLIT", cases(few_of_all() | few_of(SIMPLE), LARGE), split_disagrees)
