"""Merging held to brute force, and to the definition of a state, on one program at a time."""

from collections.abc import Sequence
from typing import Any

from fuzz.notation import new_shared, processes_of

from lastseat.simulations.kernel.actions import Faults, Step, process_of
from lastseat.simulations.kernel.budget import Budget, drive
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import Exploration, Property
from lastseat.simulations.kernel.observer import Coverage
from lastseat.simulations.kernel.program import Program, ProgramError, program_of
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.merging.programs import merged_program
from lastseat.simulations.strategies.watch import Watch

MOST = 3_000  # schedules that brute force executes of one program


def program_with_twins(text: str, faults: Faults | None = None, most_steps: int = 1_000) -> Program:
    """Return the program of a text, in which processes of equal words are one function."""
    words = [" ".join(part.split()) for part in text.split("|")]
    process = dict(zip(words, processes_of(text), strict=True))
    return program_of([process[part] for part in words], new_shared, most_steps, faults or Faults())


def brute_force(program: Program, properties: Sequence[Property], *, deadlocks: bool = False) -> Exploration:
    watch = Watch(program, properties, deadlocks=deadlocks)
    watch.begin()
    brute = Brute(program, program.meter(), watch)
    driven = drive(brute, Budget(MOST), lambda: False)
    return watch.report("brute", brute, driven, Coverage.EVERY_SCHEDULE)


def said(seen: Exploration) -> dict[str, Any]:
    """What merging and brute force have to say alike."""
    return {
        "interleavings": seen.interleavings,
        "endings": dict(seen.endings),
        "by_faults": dict(seen.by_faults),
        "deadlocks": seen.deadlocks,
        "fired": dict(seen.fired),
        "violations": sorted((violation.name, len(violation.steps)) for violation in seen.violations),
        "vacuous": seen.vacuous,
        "never": sorted(seen.never),
        "verdict": seen.verdict,
        "complete": seen.complete,
    }


def differs(program: Program, properties: Sequence[Property] = (), *, deadlocks: bool = False) -> str | None:
    """Return how merging, with and without symmetry, differs from brute force; None where it does not."""
    try:
        brute = brute_force(program, properties, deadlocks=deadlocks)
    except ProgramError as error:
        return _raises_too(program, properties, str(error))
    if brute.executions >= MOST:
        return None
    for symmetry in (True, False):
        try:
            merged = merged_program(program, properties, deadlocks=deadlocks, symmetry=symmetry)
        except (ProgramError, AssertionError) as error:
            return f"symmetry {symmetry}: merging raised {error}"
        if not brute.complete:
            if merged.complete or "did not end" not in merged.why:
                return f"symmetry {symmetry}: {merged.why or 'complete'}, and {brute.why}"
            continue
        here, there = said(merged), said(brute)
        different = [f"{key} {here[key]} and not {there[key]}" for key in here if here[key] != there[key]]
        if different:
            return f"symmetry {symmetry}: {different[0]}"
    return None


def _raises_too(program: Program, properties: Sequence[Property], due: str) -> str | None:
    try:
        merged_program(program, properties)
    except ProgramError:
        return None
    return f"merging did not raise: {due}"


def states_by_definition(program: Program) -> tuple[int, int]:
    """Return how many distinct states a program without redeliveries has, and steps between them, plus one."""
    states, steps = graph_of(program)
    return len(states), len(steps) + 1


def graph_of(program: Program) -> tuple[set[Any], set[Any]]:
    """Return the distinct states of a program without redeliveries, and the steps: each with the state before it.

    A state is the shared state, how many faults there were, and of each process all that it was told; of one that
    ended what it returned, and of one that crashed nothing.
    """
    meter = program.meter()
    states, steps = set[Any](), set[Any]()
    agenda: list[tuple[Step, ...]] = [()]
    while agenda:
        schedule = agenda.pop()
        execution, told = Execution(program, meter), dict[int, tuple[Any, ...]]()
        before: Any = None
        for step in schedule:
            before = _state(execution, told)
            who, operation = process_of(step), execution.operation(process_of(step))
            result, _ = execution.step(step)
            told[who] = (*told.get(who, ()), result)
        if schedule:
            steps.add((before, schedule[-1]))
            if isinstance(schedule[-1], int):
                agenda.extend((*schedule[:-1], other) for other in execution.others(schedule[-1], operation))
        states.add(_state(execution, told))
        agenda.extend((*schedule, who) for who in execution.free())
    return states, steps


def _state(execution: Execution, told: dict[int, tuple[Any, ...]]) -> Any:
    processes = range(len(execution.pending))
    locals_ = tuple(
        ("ended", execution.returned[who])
        if who in execution.returned
        else ("crashed",)
        if who in execution.crashed
        else ("told", told.get(who, ()))
        for who in processes
    )
    return execution.shared.snapshot(), execution.spent, locals_
