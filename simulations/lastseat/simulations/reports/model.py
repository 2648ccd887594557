"""What `lastseat model` and `lastseat prove` say: plain data for `--json`, and tables for people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from lastseat.model.proof.induction import Answer, Proof
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.checkers.engines import Broken, Checked
from lastseat.simulations.common.text import printable
from lastseat.simulations.reports.data import mixes_data
from lastseat.simulations.reports.text import mixes_table, table_of


def checked_data(seen: Checked, scenario: Scenario) -> dict[str, Any]:
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
                "clause": one.clause,
                "witness": one.witness,
                "scenario": scenario.name,
                "steps": _path(one, scenario),
            }
            for one in seen.violations
        ],
    }


def checked_tables(seen: Checked, scenario: Scenario) -> Iterator[RenderableType]:
    """Yield the figures of a model search, and every violation with its path."""
    columns = ("distinct states", "generated", "depth", *(("classes",) if seen.classes else ()))
    table = table_of(f"Model of {scenario.title}: {seen.engine}", *columns, numbers=range(4))
    figures = (seen.states, seen.generated, seen.depth, *((seen.classes,) if seen.classes else ()))
    table.add_row(*(f"{one:,}" for one in figures))
    yield table
    if seen.interleavings:
        yield mixes_table(seen.interleavings)
    for one in seen.violations:
        yield Text(f"{one.clause} is violated by the model: {printable(one.witness, 300)}", style="bold red")
        for number, line in enumerate(_path(one, scenario), start=1):
            yield Text(f"  {number}. {line}")
    if seen.violations and seen.output:
        yield Text(seen.output)


def _path(one: Broken, scenario: Scenario) -> list[str]:
    return [f"{scenario.labels[step.attempt]} {step.action}" for step in one.path]


def proof_data(proof: Proof, files: tuple[Path, ...]) -> dict[str, Any]:
    """Return a proof as `--json` gives it."""
    return {
        "obligations": [
            {
                "name": one.name,
                "kind": str(one.kind),
                "clause": one.clause,
                "says": one.says,
                "verdict": str(one.verdict),
                "milliseconds": one.milliseconds,
            }
            for one in proof.obligations
        ],
        "faults": proof.faults,
        "files": [str(file) for file in files],
        "complete": proof.complete and not any(one.verdict is Answer.UNKNOWN for one in proof.obligations),
        "violations": [{"clause": one.clause, "witness": one.says, "steps": [one.story]} for one in proof.refuted],
    }


def proof_tables(proof: Proof) -> Iterator[RenderableType]:
    """Yield one line a clause: how many obligations, what came of them and how long they took; then the stories."""
    table = table_of("Proof for any number of attempts", "clause", "obligations", "verdict", "ms", numbers=(1, 3))
    for clause in dict.fromkeys(one.clause for one in proof.obligations):
        own = [one for one in proof.obligations if one.clause == clause]
        verdicts = ", ".join(dict.fromkeys(str(one.verdict) for one in own))
        table.add_row(clause, str(len(own)), verdicts, f"{sum(one.milliseconds for one in own):.0f}")
    yield table
    for one in proof.obligations:
        if one.verdict is not Answer.PROVED:
            yield Text(f"{one.name} is {one.verdict}: {one.says}", style="bold red")
            if one.story:
                yield Text(one.story)
