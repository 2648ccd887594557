"""What `lastseat model` and `lastseat prove` say: plain data for `--json`, and tables for people."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from lastseat.model.proof.induction import Answer, Proof
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.checkers.engines import Broken, Checked
from lastseat.simulations.common.text import printable
from lastseat.simulations.reports.data import mixes_data
from lastseat.simulations.reports.text import mixes_table, table_of


def checked_data(seen: Checked, scenario: Scenario) -> dict[str, object]:
    """Return a model search as `--json` gives it."""
    return {
        "scenario": scenario.name,
        "engine": seen.engine,
        "states": seen.states,
        "generated": seen.generated,
        "depth": seen.depth,
        "classes": seen.classes,
        "outcomes": mixes_data(seen.interleavings),
        "fired": dict(sorted(seen.fired.items())),
        "complete": seen.complete,
        "violations": [
            {
                "clause": violation.clause,
                "witness": violation.witness,
                "scenario": scenario.name,
                "steps": _path(violation, scenario),
            }
            for violation in seen.violations
        ],
    }


def checked_tables(seen: Checked, scenario: Scenario) -> Iterator[RenderableType]:
    """Yield the figures of a model search, and every violation with its path."""
    columns = ("distinct states", "generated", "depth", *(("classes",) if seen.classes else ()))
    table = table_of(f"Model of {scenario.title}: {seen.engine}", *columns, numbers=range(4))
    figures = (seen.states, seen.generated, seen.depth, *((seen.classes,) if seen.classes else ()))
    table.add_row(*(f"{figure:,}" for figure in figures))
    yield table
    if seen.interleavings:
        yield mixes_table(seen.interleavings)
    for violation in seen.violations:
        yield Text(
            f"{violation.clause} is violated by the model: {printable(violation.witness, 300)}", style="bold red"
        )
        for number, line in enumerate(_path(violation, scenario), start=1):
            yield Text(f"  {number}. {line}")
    if seen.violations and seen.output:
        yield Text(seen.output)


def _path(violation: Broken, scenario: Scenario) -> list[str]:
    return [f"{scenario.labels[step.attempt]} {step.action}" for step in violation.path]


def proof_data(proof: Proof, files: tuple[Path, ...]) -> dict[str, object]:
    """Return a proof as `--json` gives it."""
    return {
        "obligations": [
            {
                "name": obligation.name,
                "kind": str(obligation.kind),
                "clause": obligation.clause,
                "says": obligation.says,
                "verdict": str(obligation.verdict),
                "milliseconds": obligation.milliseconds,
            }
            for obligation in proof.obligations
        ],
        "faults": proof.faults,
        "files": [str(file) for file in files],
        "complete": proof.complete
        and not any(obligation.verdict is Answer.UNKNOWN for obligation in proof.obligations),
        "violations": [
            {"clause": obligation.clause, "witness": obligation.says, "steps": [obligation.story]}
            for obligation in proof.refuted
        ],
    }


def proof_tables(proof: Proof) -> Iterator[RenderableType]:
    """Yield one line a clause: how many obligations, what came of them and how long they took; then the stories."""
    table = table_of("Proof for any number of attempts", "clause", "obligations", "verdict", "ms", numbers=(1, 3))
    for clause in dict.fromkeys(obligation.clause for obligation in proof.obligations):
        own = [obligation for obligation in proof.obligations if obligation.clause == clause]
        verdicts = ", ".join(dict.fromkeys(str(obligation.verdict) for obligation in own))
        table.add_row(clause, str(len(own)), verdicts, f"{sum(obligation.milliseconds for obligation in own):.0f}")
    yield table
    for obligation in proof.obligations:
        if obligation.verdict is not Answer.PROVED:
            yield Text(f"{obligation.name} is {obligation.verdict}: {obligation.says}", style="bold red")
            if obligation.story:
                yield Text(obligation.story)
