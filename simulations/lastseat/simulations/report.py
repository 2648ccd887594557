"""What the commands say: plain data for `--json`, and tables for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from lastseat.model.search import Mix, Searched
from lastseat.model.world import Done
from lastseat.reference.implementation import Implementation
from lastseat.simulations.exploration import Exploration, Vector, Violation
from lastseat.simulations.judged import Finding
from lastseat.simulations.scenario import Scenario
from lastseat.simulations.scheduler import Scheduler, run
from lastseat.simulations.story import (
    emission_told,
    fingerprint,
    replay_command,
    step_told,
    store_told,
    token,
    told,
)
from lastseat.simulations.verification import (
    CLAUSES,
    LEGEND,
    SAYS,
    Breach,
    Claim,
    Row,
    Standing,
    Verification,
    counted,
)

STYLES = {
    Standing.HOLDS: "green",
    Standing.VIOLATED: "bold red",
    Standing.VACUOUS: "yellow",
    Standing.INCOMPLETE: "yellow",
}


def mix_key(mix: Mix) -> str:
    """Return a mix of outcomes as "B,R,F"."""
    return ",".join(map(str, mix))


def mixes_data(mixes: Mapping[Mix, int]) -> dict[str, int]:
    """Return interleavings by mix, as `--json` gives them."""
    return {mix_key(mix): ways for mix, ways in mixes.items()}


def vectors_data(vectors: frozenset[Vector]) -> list[list[str | None]]:
    """Return outcome vectors, sorted: for each attempt its outcome, null where it did not end."""
    named = {tuple(_outcome(one) for one in vector) for vector in vectors}
    return [list(one) for one in sorted(named, key=str)]


def _outcome(emitted: Done | None) -> str | None:
    return None if emitted is None else str(emitted.outcome)


def violation_data(
    one: Violation, scenario: Scenario, implementation: Implementation, options: str
) -> dict[str, Any]:
    """Return a violation with its schedule, the steps in words and the line that replays it."""
    return {
        "clause": one.clause,
        "witness": one.witness,
        "implementation": implementation.name,
        "scenario": scenario.name,
        "token": str(token(one.steps, scenario, implementation)),
        "steps": told(run(scenario, implementation, one.steps)),
        "replay": replay_command(one.steps, scenario, implementation, options),
    }


def exploration_data(
    seen: Exploration, scenario: Scenario, implementation: Implementation, options: str
) -> dict[str, Any]:
    """Return an exploration as `--json` gives it."""
    deviations = [seen.nonconforming] if seen.nonconforming else []
    return {
        "strategy": seen.strategy,
        "scenario": scenario.name,
        "implementation": implementation.name,
        "fingerprint": fingerprint(scenario, implementation),
        "executions": seen.executions,
        "blocked": seen.blocked,
        "interleavings": seen.interleavings,
        "states": seen.states,
        "outcomes": mixes_data(seen.outcomes),
        "vectors": vectors_data(seen.vectors),
        "fired": dict(sorted(seen.fired.items())),
        "conformed": seen.conformed,
        "nonconforming": [violation_data(one, scenario, implementation, options) for one in deviations],
        "complete": seen.complete,
        "violations": [violation_data(one, scenario, implementation, options) for one in seen.violations],
    }


def searched_data(seen: Searched, scenario: Scenario) -> dict[str, Any]:
    """Return a model search as `--json` gives it."""
    return {
        "scenario": scenario.name,
        "states": seen.states,
        "generated": seen.generated,
        "depth": seen.depth,
        "outcomes": mixes_data(seen.interleavings),
        "fired": dict(sorted(seen.fired.items())),
        "complete": seen.complete,
        "violations": [
            {
                "clause": one.clause,
                "witness": one.witness,
                "steps": [f"{scenario.labels[step.attempt]} {step.action}" for step in one.path],
            }
            for one in seen.violations
        ],
    }


def verification_data(found: Verification) -> dict[str, Any]:
    """Return a verification as `--json` gives it."""
    return {
        "claims": [
            {
                "clause": one.clause,
                "engine": one.engine,
                "verdict": str(one.verdict),
                "coverage": one.coverage,
            }
            for one in found.claims()
        ],
        "scenarios": [_row_data(row) for row in found.rows],
        "complete": found.finished,
        "violations": [
            violation_data(one.violation, one.scenario, one.implementation, f"--scenario {one.scenario.name}")
            for one in found.breaches
        ],
    }


def _row_data(row: Row) -> dict[str, Any]:
    return {
        "scenario": row.scenario.name,
        "attempts": len(row.scenario.requests),
        "interleavings": row.interleavings,
        "states": row.states,
        "outcomes": mixes_data(row.outcomes),
        "engines": list(row.engines),
        "disagreements": list(row.disagreements),
    }


# --- for people -----------------------------------------------------------------------------------------------


def _table(title: str, *columns: str, numbers: Sequence[int] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place in numbers else "left")
    return table


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def mixes_table(mixes: Mapping[Mix, int]) -> Table:
    """Return how many schedules end in each mix of outcomes."""
    table = _table(
        "Outcomes, over all schedules covered",
        "BOOKED",
        "REJECTED",
        "FAILED",
        "schedules",
        "share",
        numbers=range(5),
    )
    total = sum(mixes.values())
    for mix, ways in mixes.items():
        table.add_row(*map(str, mix), f"{ways:,}", _percent(ways, total))
    return table


def breach_lines(one: Breach, options: str) -> list[Text]:
    """Return a violation as a story: the clause, what broke it, the steps, and the line that replays it."""
    violation = one.violation
    steps = told(run(one.scenario, one.implementation, violation.steps))
    replay = replay_command(violation.steps, one.scenario, one.implementation, options)
    return [
        Text(f"{violation.clause} is violated after {counted(len(steps), 'step')}", style="bold red"),
        Text(f"  {violation.witness}"),
        *(Text(f"  {number}. {line}") for number, line in enumerate(steps, start=1)),
        Text(f"  replay it: {replay}", style="bold"),
    ]


def searched_tables(seen: Searched, scenario: Scenario) -> Iterator[RenderableType]:
    """Yield the figures of a model search, and every violation with its path."""
    title = f"Model of {escape(scenario.title)}"
    table = _table(title, "distinct states", "generated", "depth", numbers=range(3))
    table.add_row(f"{seen.states:,}", f"{seen.generated:,}", f"{seen.depth:,}")
    yield from (table, mixes_table(seen.interleavings))
    for one in seen.violations:
        yield Text(f"{one.clause} is violated: {one.witness}", style="bold red")
        for number, step in enumerate(one.path, start=1):
            yield Text(f"  {number}. {scenario.labels[step.attempt]} {step.action}")


def exploration_tables(
    seen: Exploration, scenario: Scenario, implementation: Implementation, options: str
) -> Iterator[RenderableType]:
    """Yield the figures of an exploration, what it did not exercise, and every violation as a story."""
    title = f"{escape(scenario.title)}: {escape(implementation.name)}, {seen.strategy}"
    columns = ("schedules", "executions", "states", "outcome vectors", "blocked")
    table = _table(title, *columns, numbers=range(5))
    figures = (seen.interleavings, seen.executions, seen.states, len(seen.vectors), seen.blocked)
    table.add_row(*(f"{one:,}" for one in figures))
    yield from (table, mixes_table(seen.outcomes))
    quiet = [clause for clause in CLAUSES if not seen.fired.get(clause)]
    if quiet:
        yield Text(f"Not exercised here: {', '.join(quiet)}.", style="yellow")
    if seen.nonconforming:
        yield Text(f"Not a step of the model: {seen.nonconforming.witness}.", style="yellow")
    for one in seen.violations:
        yield from breach_lines(Breach(scenario, implementation, one), options)


def execution_data(execution: Scheduler, found: Sequence[Finding]) -> dict[str, Any]:
    """Return one execution as `--json` gives it: its steps, its outcomes and what it violates."""
    labels = execution.scenario.labels
    return {
        "steps": [
            {
                "step": one.number,
                "attempt": one.attempt,
                "label": labels[one.attempt],
                "action": one.operation.kind,
                "text": step_told(one, execution.scenario),
                "store": store_told(one.after),
            }
            for one in execution.taken
        ],
        "outcomes": _endings(execution),
        "complete": not execution.unfinished(),
        "violations": [{"step": one.step, "clause": one.clause, "witness": one.witness} for one in found],
    }


def execution_lines(execution: Scheduler, found: Sequence[Finding]) -> Iterator[str]:
    """Yield one execution in words, each violation under the step at which it shows."""
    by_step: dict[int, list[Finding]] = {}
    for one in found:
        by_step.setdefault(one.step, []).append(one)
    for number, line in enumerate(("", *told(execution))):
        if number:
            yield f"{number:>3}. {line}"
        yield from (f"     VIOLATED {one.clause}: {one.witness}" for one in by_step.get(number, ()))
    for label, ending in zip(execution.scenario.labels, _endings(execution), strict=True):
        yield f"     {label}: {ending}"


def _endings(execution: Scheduler) -> list[str]:
    returned = execution.returned
    attempts = range(len(execution.scenario.requests))
    return [emission_told(returned[who]) if who in returned else "unfinished" for who in attempts]


def verification_tables(found: Verification) -> list[RenderableType]:
    """Return the tables of a verification: scenarios, clauses by engine, flawed implementations, violations."""
    tables: list[RenderableType] = [_scenarios_table(found), _legend(found), _clauses_table(found)]
    if found.gallery:
        tables.append(_gallery_table(found))
    for one in found.breaches:
        tables.extend(breach_lines(one, f"--scenario {one.scenario.name}"))
    for row in found.rows:
        tables.extend(Text(f"{row.scenario.name}: {apart}", style="bold red") for apart in row.disagreements)
    return tables


def _legend(found: Verification) -> RenderableType:
    used = [name for name in LEGEND if name in found.engines]
    return Group(*(Text.assemble((name, "bold"), f": {LEGEND[name]}", style="dim") for name in used), Text())


def _scenarios_table(found: Verification) -> Table:
    table = _table(
        "Scenarios: the real code under every schedule",
        "scenario",
        "schedules",
        "states",
        "BOOKED",
        "engines",
        "they agree",
        numbers=(1, 2, 4),
    )
    for row in found.rows:
        booked = sorted(mix[0] for mix in row.outcomes)
        table.add_row(
            escape(row.scenario.title),
            f"{row.interleavings:,}",
            f"{row.states:,}",
            f"{booked[0]} to {booked[-1]}" if booked else "",
            str(len(row.engines)),
            Text("NO", style="bold red") if row.disagreements else Text("yes", style="green"),
        )
    return table


def _clauses_table(found: Verification) -> Table:
    table = _table("Clauses of specs/booking.md", "clause", "what must hold", "verdict", "cases", numbers=(3,))
    table.columns[0].no_wrap = True
    claims = [one for one in found.claims() if not one.engine.startswith("flawed ")]
    for clause in dict.fromkeys(one.clause for one in claims):
        own = [one for one in claims if one.clause == clause]
        table.add_row(clause, SAYS[clause], _verdict(own), f"{sum(one.cases for one in own):,}")
    return table


def _verdict(claims: Sequence[Claim]) -> Text:
    """Return one verdict for all engines, or the odd ones by name."""
    verdicts = {one.verdict for one in claims}
    text = Text()
    for standing in (one for one in Standing if one in verdicts):
        engines = [one.engine for one in claims if one.verdict is standing]
        alike = len(verdicts) == 1
        text.append(f"{standing}" if alike else f"{standing} in {', '.join(engines)} ", style=STYLES[standing])
    return text


def _gallery_table(found: Verification) -> Table:
    table = _table(
        "Wrong implementations: does the check bite?", "implementation", "breaks", "caught by the schedule", "on"
    )
    for caught in found.gallery:
        breach = caught.breach
        schedule = ".".join(map(str, breach.violation.steps)) if breach else Text("MISSED", style="bold red")
        table.add_row(
            caught.implementation.name, caught.implementation.breaks, schedule, breach.scenario.name if breach else ""
        )
    return table


def verdict_line(console: Console, standing: Standing, text: str) -> None:
    """Print the last line: the verdict in capitals, and what it rests on."""
    console.print(Text(f"{str(standing).upper()}: {text}", style=STYLES[standing]))
