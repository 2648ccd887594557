"""What one run of a program violates: its claims, asked where they are made."""

from collections.abc import Iterable, Sequence

from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.endings import final_of, returned_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.exploration import DEADLOCK, End, Property, Shortest, Violation
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.kernel.run import Recorder
from lastseat.simulations.strategies.claims import Claims, applies, objection
from lastseat.simulations.strategies.watch import told_of
from lastseat.testing.case import Case


def violations_of(program: Program, case: Case, steps: Sequence[Step]) -> tuple[Violation, ...]:
    """Return what a run of these steps violates: each claim where it does so first, with the steps up to there.

    What always holds is asked at the start and after every step; what holds at the end, and whether somebody waits
    for ever, only where nobody can go on. Raises ProgramError where a claim cannot be asked.
    """
    recorder, claims, found = Recorder(program), Claims(case.properties), Shortest()
    _ask(claims.always, recorder.execution.shared, recorder.execution, found)
    for step in steps:
        recorder.take(step)
        _ask(claims.always, recorder.execution.shared, recorder.execution, found)
    execution = recorder.execution
    for failure in execution.broken:
        found.offer(failure.name, failure.said, execution.schedule[: failure.taken])
    if not execution.free():
        waiting = tuple(execution.unfinished())
        if waiting and not case.deadlocks:
            found.offer(DEADLOCK, told_of(execution, waiting), execution.schedule)
        shared, crashed = execution.shared, tuple(sorted(execution.crashed))
        end = End(returned_of(execution), final_of(shared), shared, waiting, crashed)
        _ask(claims.at_end, end, execution, found)
    return found.all()


def _ask(claims: Iterable[Property], about: object, execution: Execution, found: Shortest) -> None:
    for claim in claims:
        if applies(claim, about, execution.so_far):
            against = objection(claim, about, execution.so_far)
            if against is not None:
                found.offer(claim.name, against, execution.schedule)
