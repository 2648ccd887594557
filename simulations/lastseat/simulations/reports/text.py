"""What the commands say to people: tables, and violations as stories."""

from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from lastseat.model.searches.readable import Mix
from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.findings import Finding
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.explain import Explanation, explanation_lines
from lastseat.simulations.counterexamples.story import endings_told, path_told, told
from lastseat.simulations.kernel.exploration import Exploration, Violation
from lastseat.simulations.kernel.run import Run
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.reports.breaches import Explained, story_key
from lastseat.simulations.verification.claims import CLAUSES, LEGEND, PROOF, SAYS, Claim, Standing, Verification

LONGEST_WITNESS = 300  # characters; ids come from scenario files, which nobody has to trust
ROOM_FOR_NAMES = 72  # columns of a terminal
NOT_REPRODUCED = "When these steps were run again, the violation did not show: the code is not deterministic."
STYLES = {
    Standing.HOLDS: "green",
    Standing.VIOLATED: "bold red",
    Standing.VACUOUS: "yellow",
    Standing.INCOMPLETE: "yellow",
}


def table_of(title: str, *columns: str, numbers: Sequence[int] = (), names: Sequence[int] = ()) -> Table:
    """Return an empty table; `numbers` are the places of columns of numbers, `names` of columns that do not wrap."""
    # A Text is taken as it is. In a str, what looks like markup or like the name of an emoji would become one.
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        justify: JustifyMethod = "right" if place in numbers else "left"
        # A long word goes on in the next line, instead of losing its end.
        table.add_column(column, justify=justify, overflow="fold", no_wrap=place in names)
    return table


def print_table(console: Console, table: Table) -> None:
    """Print a table; names are kept on one line where there is room for that."""
    if console.width < ROOM_FOR_NAMES:
        for column in table.columns:
            column.no_wrap = False
    console.print(table)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def mixes_table(mixes: Mapping[Mix, int], what: str = "schedules") -> Table:
    """Return how many schedules (or executions) end in each mix of outcomes."""
    table = table_of(
        f"Outcomes, over all {what} covered",
        "BOOKED",
        "REJECTED",
        "FAILED",
        what,
        "share",
        numbers=range(5),
    )
    total = sum(mixes.values())
    for mix, ways in mixes.items():
        table.add_row(*map(str, mix), f"{ways:,}", _percent(ways, total))
    return table


def breach_lines(told: Explanation) -> list[Text]:
    """Return a violation as a story: its cause, its steps with the store around them, the line that replays it."""
    first, *rest = explanation_lines(told)
    return [Text(first, style="bold red"), *map(Text, rest)]


def _witness(broken: Violation | ModelViolation | Finding) -> str:
    return printable(broken.witness, LONGEST_WITNESS)


def _model_breach_lines(violation: ModelViolation, scenario: Scenario) -> Iterator[Text]:
    yield Text(f"{violation.clause} is violated by the model: {_witness(violation)}", style="bold red")
    for number, line in enumerate(path_told(violation, scenario), start=1):
        yield Text(f"  {number}. {line}")


def exploration_tables(
    seen: Exploration, scenario: Scenario, implementation: Implementation, explained: Sequence[Explanation]
) -> Iterator[RenderableType]:
    """Yield the figures of an exploration, what it did not exercise, and every violation as a story.

    `explained` are the explanations of what it violates; see `explain.explanations`.
    """
    title = f"{scenario.title}: {implementation.name}, {seen.strategy}"
    columns = ("schedules", "executions", "states", "outcome vectors", "deadlocks")
    table = table_of(title, *columns, numbers=range(5))
    figures = (seen.interleavings, seen.executions, seen.states, len(seen.vectors), seen.deadlocks)
    table.add_row(*("not known" if figure is None else f"{figure:,}" for figure in figures))
    what = "schedules" if sum(seen.outcomes.values()) == seen.interleavings else "executions"
    yield from (table, mixes_table(seen.outcomes, what))
    quiet = [clause for clause in CLAUSES if not seen.fired.get(clause)]
    if quiet:
        yield Text(f"Not exercised here: {', '.join(quiet)}.", style="yellow")
    if seen.audited:
        what = "random schedules, step by step" if seen.strategy == "merged" else "executions, also in other orders"
        yield Text(f"Taken again from the start, with the same result: {seen.audited:,} {what}.", style="dim")
    if seen.nonconforming:
        yield Text(f"Not a step of the model: {_witness(seen.nonconforming)}.", style="yellow")
    for violation in explained[: len(seen.violations)]:
        yield from breach_lines(violation)


def execution_lines(run: Run, found: Sequence[Finding]) -> Iterator[str]:
    """Yield one run in words, each violation under the step at which it shows."""
    by_step: dict[int, list[Finding]] = {}
    for finding in found:
        by_step.setdefault(finding.step, []).append(finding)
    for number, line in enumerate(("", *told(run))):
        if number:
            yield f"{number:>3}. {line}"
        yield from (f"     VIOLATED {broken.clause}: {_witness(broken)}" for broken in by_step.get(number, ()))
    for label, ending in zip(run.labels, endings_told(run), strict=True):
        yield f"     {label}: {ending}"


def verification_tables(found: Verification, explained: Explained) -> list[RenderableType]:
    """Return the tables of a verification: scenarios, clauses by engine, flawed implementations, violations.

    `explained` explains its violations.
    """
    tables: list[RenderableType] = [_scenarios_table(found), _legend(found), _clauses_table(found)]
    if found.gallery:
        tables.append(_gallery_table(found))
    for scenario, violation in found.model_breaches:
        tables.extend(_model_breach_lines(violation, scenario))
    for breach in found.breaches:
        tables.extend(breach_lines(explained[story_key(breach)]))
    for row in found.rows:
        tables.extend(Text(f"{row.scenario.name}: {apart}", style="bold red") for apart in row.disagreements)
    return tables


def _legend(found: Verification) -> RenderableType:
    used = [name for name in LEGEND if name in found.engines or (name == PROOF and found.proof)]
    return Group(*(Text.assemble((name, "bold"), f": {LEGEND[name]}", style="dim") for name in used), Text())


def _scenarios_table(found: Verification) -> Table:
    table = table_of(
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
            Text(row.scenario.title),
            f"{row.interleavings:,}",
            f"{row.states:,}",
            f"{booked[0]} to {booked[-1]}" if booked else "",
            str(len(row.engines)),
            Text("NO", style="bold red") if row.disagreements else Text("yes", style="green"),
        )
    return table


def _clauses_table(found: Verification) -> Table:
    table = table_of(
        "Clauses of specs/booking.md", "clause", "what must hold", "verdict", "cases", numbers=(3,), names=(0,)
    )
    claims = [claim for claim in found.claims() if not claim.engine.startswith("flawed ")]
    for clause, says in SAYS.items():
        own = [claim for claim in claims if claim.clause == clause]
        if own:
            table.add_row(clause, says, _verdict(own), f"{sum(claim.cases for claim in own):,}")
    return table


def _verdict(claims: Sequence[Claim]) -> Text:
    """Return one verdict for all engines, or each with the engines that give it."""
    engines = {
        standing: [claim.engine for claim in claims if claim.verdict is standing]
        for standing in Standing
        if any(claim.verdict is standing for claim in claims)
    }
    if len(engines) == 1:
        return Text.assemble(*((str(standing), STYLES[standing]) for standing in engines))
    parts = (Text(f"{standing} in {', '.join(names)}", STYLES[standing]) for standing, names in engines.items())
    return Text("; ").join(parts)


def _gallery_table(found: Verification) -> Table:
    columns = ("implementation", "breaks", "caught by", "on")
    table = table_of("Wrong implementations: does the check bite?", *columns, names=(0, 1))
    for caught in found.gallery:
        breach = caught.breach
        schedule = str(Schedule(breach.violation.steps)) if breach else Text("MISSED", style="bold red")
        scenario = Text(breach.scenario.title if breach else "")
        table.add_row(caught.implementation.name, caught.implementation.breaks, schedule, scenario)
    return table


def verdict_line(console: Console, standing: Standing, text: str, word: str = "") -> None:
    """Print the last line: the verdict (or the `word` for it) in capitals, and what it rests on."""
    console.print(Text(f"{(word or str(standing)).upper()}: {text}", style=STYLES[standing]))
