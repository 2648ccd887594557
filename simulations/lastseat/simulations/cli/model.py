"""The commands about the formal model: `lastseat model` and `lastseat prove`."""

from dataclasses import replace
from pathlib import Path
from time import monotonic

import click

from lastseat.model.proof.induction import Answer, prove, smtlib
from lastseat.model.world import Fault
from lastseat.reference.implementation import MEMORY
from lastseat.reference.store import Policy
from lastseat.simulations.bookings.abstraction import system_of
from lastseat.simulations.checkers.engines import BOUNDED, ENGINES, check
from lastseat.simulations.cli.options import (
    Chosen,
    json_option,
    scenario_options,
    seconds_option,
    standing_of,
    status_of,
)
from lastseat.simulations.cli.terminal import print_all, print_json
from lastseat.simulations.common.progress_bar import stages
from lastseat.simulations.common.text import quoted
from lastseat.simulations.reports import model as report_model

FAULTS = {fault.value.replace(" ", "-"): fault for fault in Fault}


@click.command("model")
@scenario_options
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default="readable", show_default=True, help="Which model checker."
)
@click.option(
    "--policy",
    type=click.Choice([str(policy) for policy in Policy]),
    default=str(Policy.VERSION_FIRST),
    show_default=True,
    help="Which check of persist comes first.",
)
@click.option(
    "--fault", "faults", type=click.Choice(list(FAULTS)), multiple=True, help="May strike at any step; repeatable."
)
@seconds_option("The time for tlc and spin (default 600).")
@json_option
def model_command(
    chosen: Chosen,
    generated: bool,
    engine: str,
    policy: str,
    faults: tuple[str, ...],
    budget: float | None,
    as_json: bool,
) -> int:
    """Check every state of the formal model.

    A fault budget is for runs of real code; here --fault says what may strike, any number of times.
    """
    del generated
    if chosen.asks_for_faults:
        raise click.UsageError(
            "the model does not count faults, as --faults would have it; "
            "--fault KIND says what may strike, at any step and any number of times"
        )
    if budget is not None and engine not in BOUNDED:
        raise click.UsageError(f"--seconds bounds {' and '.join(BOUNDED)}, and {engine} knows no bound")
    system = system_of(chosen.scenario, replace(MEMORY, policy=Policy(policy)))
    system = replace(system, faults=frozenset(FAULTS[name] for name in faults))
    started = monotonic()
    with stages() as stage:
        seen = check(engine, system, stage(f"{chosen.scenario.name}: {engine}"), budget or 600.0)
    seconds = monotonic() - started
    standing = standing_of(bool(seen.violations), seen.complete)
    if as_json:
        print_json({**report_model.checked_data(seen, chosen.scenario), "faults": list(faults)}, seconds)
    else:
        what = f"every property that {engine} can express, in {seen.states:,} states"
        if chosen.scenario.faults.most:
            named = " and ".join(faults) or "no fault"
            what += f", with {named} at any step (the budget of the scenario is for runs of real code)"
        print_all(report_model.checked_tables(seen, chosen.scenario), standing, f"{what}, {seconds:.2f} s")
    return status_of(standing, seen.interrupted)


@click.command("prove")
@click.option("--faults/--no-faults", default=True, show_default=True, help="Whether faults may strike.")
@click.option(
    "--smtlib", "folder", type=click.Path(file_okay=False), help="Write the obligations to this folder too."
)
@click.option(
    "--timeout", type=click.IntRange(min=1), default=10_000, show_default=True, help="Milliseconds an obligation."
)
@json_option
def prove_command(faults: bool, folder: str | None, timeout: int, as_json: bool) -> int:
    """Prove the clauses by induction, for any number of attempts.

    For any capacities, units, shared booking ids and both store policies, with z3.
    """
    started = monotonic()
    files: tuple[Path, ...] = ()
    if folder is not None:
        try:
            files = smtlib(Path(folder), faults=faults)
        except OSError as error:
            raise click.ClickException(f"{quoted(folder)} cannot be written: {error.strerror}") from None
    with stages() as stage:
        proof = prove(faults=faults, timeout_milliseconds=timeout, tick=stage("obligations"))
    seconds = monotonic() - started
    decided = proof.complete and all(obligation.verdict is not Answer.UNKNOWN for obligation in proof.obligations)
    standing = standing_of(bool(proof.refuted), decided)
    if as_json:
        print_json(report_model.proof_data(proof, files), seconds)
    else:
        proved = sum(obligation.verdict is Answer.PROVED for obligation in proof.obligations)
        written = f", {len(files)} files in {folder}" if folder else ""
        what = f"{proved} of {len(proof.obligations)} obligations proved"
        print_all(report_model.proof_tables(proof), standing, f"{what}{written}, {seconds:.1f} s")
    return status_of(standing, not proof.complete)
