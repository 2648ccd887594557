"""The command `verify`: the main job."""

from collections.abc import Iterator
from time import monotonic

import click
from rich.text import Text

from lastseat.model.proof.induction import Answer
from lastseat.simulations.bookings.implementations import running
from lastseat.simulations.bookings.scenario_file import shipped_scenarios
from lastseat.simulations.cli.mutants import mutants_grids
from lastseat.simulations.cli.options import Chosen, json_option, scenario_options, status_of
from lastseat.simulations.cli.terminal import print_all, print_json
from lastseat.simulations.common.files import check_place, write_whole
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import counted, quoted
from lastseat.simulations.reports import data as report_data
from lastseat.simulations.reports import text as report
from lastseat.simulations.reports.breaches import explained
from lastseat.simulations.reports.page import Extras, report_html
from lastseat.simulations.reports.tables import Grid
from lastseat.simulations.verification.claims import Verification
from lastseat.simulations.verification.engines import ENGINES
from lastseat.simulations.verification.job import verify
from lastseat.simulations.verification.mutants import FLAWED, kill_table

SEEDS = 5  # of random strategies, in the kill table of the report


@click.command("verify")
@scenario_options
@click.option("--report", "page", metavar="FILE.html", help="Write a report of the run, one page for any browser.")
@json_option
def verify_command(chosen: Chosen, generated: bool, page: str | None, as_json: bool) -> int:
    """Run the main job: every engine on every scenario.

    Runs them on all shipped scenarios, or on the one given, and holds them against each other; then it lets them
    look for what is wrong in wrong implementations.
    """
    if page is not None:
        if not page.endswith((".html", ".htm")):
            raise click.BadParameter(f"{quoted(page)} does not end in .html", param_hint="'--report'")
        check_place(page)
    started = monotonic()
    shipped = shipped_scenarios()
    with stages() as stage:
        found = verify((chosen.scenario,) if generated else shipped, shipped, stage)
    told = explained(found, chosen.options if generated else None, with_gallery=True)
    standing = found.standing(needs_all=not generated)
    seconds = monotonic() - started
    summary = _summary(found, seconds)
    if page is not None:
        limits = [limit.plain for limit in _limits(found)]
        extras = Extras(() if found.interrupted else _grids())
        html = report_html(found, standing, summary, told, limits=limits, extras=extras)
        write_whole(page, html.encode())
    if as_json:
        print_json({**report_data.verification_data(found, told), "report": page}, seconds)
    else:
        print_all(report.verification_tables(found, told), standing, summary, _limits(found))
    return status_of(standing, found.interrupted)


def _summary(found: Verification, seconds: float) -> str:
    schedules = counted(sum(row.interleavings for row in found.rows), "schedule")
    covered = f"{counted(len(found.rows), 'scenario')}, {schedules}"
    caught = sum(caught.breach is not None for caught in found.gallery)
    obligations = found.proof.obligations if found.proof else ()
    settled = sum(obligation.verdict is Answer.PROVED for obligation in obligations)
    proved = f", {settled} of {counted(len(obligations), 'obligation')} proved" if obligations else ""
    flaws = f"{caught} of {counted(len(found.gallery), 'wrong implementation')} caught"
    return f"{covered}{proved}, {flaws}, {seconds:.1f} s"


def _grids() -> tuple[Grid, ...]:
    with stages() as stage:
        table = kill_table(list(FLAWED.values()), ENGINES, seeds=SEEDS, stage=stage, guard=running)
    return mutants_grids(table)


def _limits(found: Verification) -> Iterator[Text]:
    for missing in found.missing:
        yield Text(f"Not run: {missing}.", style="yellow")
    if found.interrupted:
        yield Text("Interrupted: the tables show what was finished before.", style="yellow")
    yield Text(
        "A schedule is an order of the attempts' shared steps, with faults where the scenario allows some. What "
        "lies beyond these scenarios, only the proof covers, and only of the model.",
        style="dim",
    )
