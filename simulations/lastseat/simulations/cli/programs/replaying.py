"""The commands `replay` and `draw`, of somebody's own program: one schedule again, in words or as a picture."""

from functools import partial
from time import monotonic

import click
from rich.console import Console

from lastseat.simulations.cli.options import HOLDS, VIOLATED, status_of
from lastseat.simulations.cli.programs.claiming import violations_of
from lastseat.simulations.cli.programs.naming import running_program
from lastseat.simulations.cli.programs.options import Wanted
from lastseat.simulations.cli.terminal import print_all, print_json, printing
from lastseat.simulations.common.files import check_place, write_whole
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted, printable, quoted
from lastseat.simulations.counterexamples.wrapping import WIDTH
from lastseat.simulations.doors.tokens import Again, again, token_of
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.budget import Budget
from lastseat.simulations.kernel.exploration import Exploration, Violation
from lastseat.simulations.kernel.observer import Coverage
from lastseat.simulations.kernel.program import Program, program_of
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.reports import programs as report
from lastseat.simulations.reports.drawn import ending_of, write_run
from lastseat.simulations.strategies import brute
from lastseat.simulations.strategies.declared import Declared
from lastseat.simulations.strategies.explore import ProgramSubject
from lastseat.simulations.strategies.search import search
from lastseat.simulations.verification.claims import Standing
from lastseat.testing.case import Case

CONTINUING = "brute"
LONGEST_TITLE = 60  # characters


def replay_named(token: str, wanted: Wanted, upto: int | None, then: str | None, *, as_json: bool) -> int:
    """Take one schedule of a program again, say what it did, and return the exit status."""
    if then is not None and then != CONTINUING:
        raise click.UsageError(f"of a program, --then is {CONTINUING}; {quoted(then)} cannot go on from a point")
    started, schedule = monotonic(), Schedule.parse(token)
    with running_program(wanted.name):
        case = wanted.asked().case
        program = _program(case)
        taken = again(program, schedule, upto)
        found = violations_of(program, case, taken.run.steps)
        data = report.run_data(taken.run, found)
        lines = list(report.run_lines(taken.run, found))
        seen = None if then is None else _continued(program, case, taken.run.steps)
    if as_json:
        if seen is not None:
            data["then"] = report.exploration_data(seen, wanted.name, [None] * len(seen.violations))
        print_json({**data, "stale": bool(taken.stale)}, monotonic() - started)
    else:
        with printing():
            for line in lines:
                click.echo(line)
    _say_stale(taken)
    if seen is None:
        return VIOLATED if found else HOLDS
    standing = Standing.VIOLATED if found else Standing(str(seen.verdict))
    if not as_json:
        width = min(WIDTH, Console().width)
        tables = report.exploration_tables(seen, f"{wanted.name}, then", [None] * len(seen.violations), width)
        verb = "begins" if seen.executions == 1 else "begin"
        begun = f"{counted(seen.executions, 'schedule')} that {verb} so, {monotonic() - started:.2f} s"
        print_all([*tables, *_bare(seen)], standing, f"{begun}; {seen.why}" if seen.why else begun)
    return status_of(standing, seen.interrupted)


def draw_named(token: str, wanted: Wanted, output: str | None, *, as_json: bool) -> int:
    """Draw one schedule of a program; return the exit status."""
    try:
        ending = ".txt" if output is None else ending_of(output)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--output'") from None
    if output is not None:
        check_place(output)
    started, schedule = monotonic(), Schedule.parse(token)
    with running_program(wanted.name):
        case = wanted.asked().case
        program = _program(case)
        taken = again(program, schedule)
        found = violations_of(program, case, taken.run.steps)
        violating = sorted({len(violation.steps) for violation in found if violation.steps})
        drawn = write_run(
            taken.run,
            ending,
            title=printable(wanted.name, LONGEST_TITLE),
            violating=violating,
            lines=[f"{violation.name} is violated: {violation.witness}" for violation in found],
            replay=wanted.command(str(token_of(program, taken.run.taken))),
        )
    if output is not None:
        write_whole(output, drawn)
    if as_json:
        told = {"file": output, "complete": not taken.run.unfinished, "violations": violating}
        print_json({**told, "stale": bool(taken.stale)}, monotonic() - started)
    elif output is None:
        with printing():
            click.echo(drawn.decode())
    _say_stale(taken)
    return HOLDS


def _program(case: Case) -> Program:
    return program_of(case.processes, case.shared, case.most_steps, case.faults)


def _say_stale(taken: Again) -> None:
    if taken.stale:
        click.echo(f"lastseat: {taken.stale}", err=True)


def _continued(program: Program, case: Case, steps: tuple[Step, ...]) -> Exploration:
    """Take every schedule that begins with these steps."""
    whole = Declared(CONTINUING, Coverage.EVERY_SCHEDULE, partial(brute.Brute, prefix=steps))
    subject = ProgramSubject(program, tuple(case.properties), case.deadlocks)
    with stages() as stage:
        searched = search(subject, whole, Budget(progress=stage(f"then {CONTINUING}")))
    return searched.observer.report(CONTINUING, searched, searched.driven, whole.coverage)


def _bare(seen: Exploration) -> list[str]:
    def line(violation: Violation) -> str:
        schedule = Schedule.of(violation.steps)
        return f"{printable(violation.name, 200)} is violated: {printable(violation.witness, 300)}; {schedule}"

    return list(map(line, seen.violations))
