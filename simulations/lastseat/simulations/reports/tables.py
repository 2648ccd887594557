"""The tables of the HTML report."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lastseat.model.proof.induction import Answer, Proof
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.reports.tags import Markup, tag
from lastseat.simulations.verification.claims import (
    CONFORMING,
    LEGEND,
    PROOF,
    SAYS,
    Caught,
    Claim,
    Row,
    Standing,
    Verification,
)

SIGNS = {Standing.HOLDS: "✓", Standing.VIOLATED: "✗", Standing.VACUOUS: "○", Standing.INCOMPLETE: "…"}
OUTCOMES = ("BOOKED", "REJECTED", "FAILED")


@dataclass(frozen=True, slots=True)
class Grid:
    """A further table, such as the kill table: a first column of names, and cells of text.

    The cells at `bad` (row and column, from 0) are a defect: a flaw that was missed, a property that nothing breaks.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bad: frozenset[tuple[int, int]] = frozenset()


def clauses_table(found: Verification) -> Markup:
    """Return the verdict of each engine on each clause, with the number of cases that it rests on."""
    claims = [claim for claim in found.claims() if not claim.engine.startswith("flawed ")]
    engines = [
        name for name in (*found.engines, PROOF) if any(claim.engine == name != CONFORMING for claim in claims)
    ]
    rows = []
    for clause in dict.fromkeys((*SAYS, *(claim.clause for claim in claims))):
        own = {claim.engine: claim for claim in claims if claim.clause == clause}
        if not own:
            continue
        cells = [_verdict(own.get(name)) for name in engines]
        if not own.keys() & set(engines):  # a claim about several engines together
            cells = [tag("td", *map(_together, own.values()), colspan=len(engines))]
        says = SAYS.get(clause, "see the proof")
        rows.append(tag("tr", _name(clause), tag("td", says, class_="says"), *cells))
    columns = ("clause", "what must hold", *(f"#{name}" for name in engines))
    return _table("Clauses of specs/booking.md, by engine", columns, rows)


def _verdict(claim: Claim | None) -> Markup:
    if claim is None:
        return tag("td")
    said = f"{claim.cases:,}" if claim.verdict is Standing.HOLDS else str(claim.verdict)
    return tag("td", f"{SIGNS[claim.verdict]} {said}", class_=f"number {claim.verdict}", title=claim.coverage)


def _together(claim: Claim) -> Markup:
    said = tag("span", f"{SIGNS[claim.verdict]} {claim.verdict}", class_=str(claim.verdict))
    return tag("span", said, f" ({claim.engine}: {claim.coverage})")


def engines_table(found: Verification) -> Markup:
    """Return what each engine covered."""
    rows = [
        tag(
            "tr",
            _name(engine.name),
            tag("td", LEGEND.get(engine.name, ""), class_="says"),
            *(_number(figure, none="-") for figure in (engine.scenarios, engine.interleavings, engine.states)),
            tag("td", *(("yes",) if engine.complete else (tag("span", "NO, cut short", class_="incomplete"),))),
        )
        for engine in found.engines.values()
        if engine.name != CONFORMING
    ]
    if found.proof:
        everything = tag("td", "any number of attempts", colspan=3)
        whole = tag("td", "yes" if found.proof.complete else "NO, cut short")
        rows.append(tag("tr", _name(PROOF), tag("td", LEGEND[PROOF]), everything, whole))
    columns = ("engine", "what it does", "#scenarios", "#schedules", "#states", "to the end")
    return _table("What each engine covered", columns, rows)


def scenarios_table(found: Verification) -> Markup:
    """Return one line for each scenario, with how its attempts end on average over all its schedules."""
    columns = ("scenario", "#schedules", "#states", "attempts that end so, on average", "engines", "they agree")
    colours = (tag("span", _swatch(outcome), outcome) for outcome in OUTCOMES)
    table = _table("The real code under every schedule", columns, [_scenario(row) for row in found.rows])
    return tag("div", table, tag("p", *colours, class_="muted"))


def _scenario(row: Row) -> Markup:
    agree = tag("span", "NO", class_="violated") if row.disagreements else tag("span", "yes", class_="holds")
    return tag(
        "tr",
        tag("td", row.scenario.title, " ", tag("small", row.scenario.name), class_="says"),
        _number(row.interleavings),
        _number(row.states),
        tag("td", *_mix(row)),
        tag("td", ", ".join(row.engines), class_="says"),
        tag("td", agree),
    )


def _mix(row: Row) -> Iterator[Markup]:
    """Yield the mean numbers of outcomes as a bar, and in words."""
    total = sum(row.outcomes.values())
    if not total:
        return
    means = [sum(mix[place] * ways for mix, ways in row.outcomes.items()) / total for place in range(3)]
    words = ", ".join(f"{mean:.3g} {name}" for mean, name in zip(means, OUTCOMES, strict=True) if mean)
    whole, left, bars = sum(means) or 1.0, 0.0, []
    for mean, name in zip(means, OUTCOMES, strict=True):
        width = round(100 * mean / whole, 2)
        bars.append(tag("rect", x=f"{left:g}", y=0, width=f"{width:g}", height=10, class_=name.lower()))
        left += width
    box = {"viewBox": "0 0 100 10", "preserveAspectRatio": "none"}
    yield tag("svg", *bars, class_="mix", role="img", aria_label=words, **box)
    yield tag("small", words)


def _swatch(outcome: str) -> Markup:
    square = tag("rect", width=10, height=10, class_=outcome.lower())
    return tag("svg", square, class_="key", aria_hidden="true", viewBox="0 0 10 10")


def proof_table(proof: Proof) -> Markup:
    """Return every obligation and what came of it."""
    styles = {Answer.PROVED: "holds", Answer.REFUTED: "violated", Answer.UNKNOWN: "incomplete"}
    rows = [
        tag(
            "tr",
            _name(obligation.clause),
            tag("td", obligation.says, *([Markup("<br>"), obligation.story] if obligation.story else [])),
            tag("td", str(obligation.verdict), class_=styles[obligation.verdict]),
            _number(round(obligation.milliseconds)),
        )
        for obligation in proof.obligations
    ]
    return _table("By induction, for any number of attempts", ("clause", "obligation", "verdict", "#ms"), rows)


def gallery_table(gallery: Sequence[Caught]) -> Markup:
    """Return which wrong implementation is caught by which schedule; its name leads to the story."""
    rows = []
    for caught in gallery:
        name, breach = caught.implementation.name, caught.breach
        seen = tag("code", str(Schedule(breach.violation.steps))) if breach else tag("b", "MISSED", class_="violated")
        link = tag("a", name, href=f"#flaw-{name}") if breach else name
        where = breach.scenario.title if breach else ""
        steps = _number(len(breach.violation.steps)) if breach else tag("td")
        named, breaks = tag("td", link, class_="name"), tag("td", caught.implementation.breaks, class_="name")
        rows.append(tag("tr", named, breaks, steps, tag("td", seen), tag("td", where)))
    columns = ("implementation", "breaks", "#steps", "caught by", "on")
    return _table("Does the check bite?", columns, rows) if rows else Markup("")


def grid_table(grid: Grid) -> Markup:
    """Return a further table."""
    rows = [
        tag(
            "tr",
            *(
                tag("td", cell, class_="violated" if (place, column) in grid.bad else "" if column else "name")
                for column, cell in enumerate(row)
            ),
        )
        for place, row in enumerate(grid.rows)
    ]
    return _table(grid.caption, grid.columns, rows)


def _table(caption: str, columns: Sequence[str], rows: Sequence[Markup]) -> Markup:
    """Return a table; a column that begins with # is one of numbers."""
    heads = (
        tag("th", column.removeprefix("#"), scope="col", class_="number" if column[:1] == "#" else None)
        for column in columns
    )
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return tag("div", table, class_="wide")


def _name(text: str) -> Markup:
    return tag("td", text, class_="name")


def _number(number: int, none: str = "0") -> Markup:
    return tag("td", f"{number:,}" if number else none, class_="number")
