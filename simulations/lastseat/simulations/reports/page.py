"""The report of a verification as one HTML page that needs nothing beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lastseat.simulations.common.text import counted, printable
from lastseat.simulations.counterexamples.story import path_told
from lastseat.simulations.reports.breaches import Explained, story_key
from lastseat.simulations.reports.stepper import Story, story_section
from lastseat.simulations.reports.tables import (
    Grid,
    clauses_table,
    engines_table,
    gallery_table,
    grid_table,
    proof_table,
    scenarios_table,
)
from lastseat.simulations.reports.tags import Markup, joined, page, tag
from lastseat.simulations.verification.claims import Breach, Standing, Verification

LONGEST_WITNESS = 300  # characters
NOT_REPRODUCED = "When these steps were run again, the violation did not show: the code is not deterministic."


@dataclass(frozen=True, slots=True)
class Extras:
    """What a report can show beside what a verification found: further tables, such as the kill table."""

    grids: Sequence[Grid] = ()


NOTHING_MORE = Extras()


def report_html(
    found: Verification,
    standing: Standing,
    summary: str,
    explained: Explained,
    *,
    limits: Sequence[str] = (),
    extras: Extras = NOTHING_MORE,
) -> str:
    """Return the report of `found` as an HTML page, the same text for the same arguments.

    `standing` is the verdict on the whole, `summary` one line on what it rests on, `limits` one line each on what was
    not covered. `explained` explains every violation and every flaw that was caught; see `breaches.explained`.
    """
    body = (
        tag(
            "header", tag("h1", "lastseat: verification report"), _banner(standing, summary), _contents(found, extras)
        ),
        *_violations(found, explained),
        _section("clauses", "Clauses", _legend(found), clauses_table(found), engines_table(found)),
        _section("scenarios", "Scenarios", *_agreement(found), scenarios_table(found)),
        *([_section("proof", "Proof", proof_table(found.proof))] if found.proof else []),
        *_gallery(found, explained, extras),
        _section(
            "limits", "What was not covered", tag("ul", *(tag("li", limit) for limit in _limits(found, limits)))
        ),
    )
    return page(f"lastseat: {str(standing).upper()}", tag("main", joined(body)))


def _section(name: str, heading: str, *children: str) -> Markup:
    return tag("section", tag("h2", heading), *children, id=name)


def _banner(standing: Standing, summary: str) -> Markup:
    said = tag("strong", str(standing).upper())
    return tag("div", said, tag("p", summary), class_=f"banner {standing}", role="status")


def _contents(found: Verification, extras: Extras) -> Markup:
    there = {
        "violations": "Violations" if found.breaches or found.model_breaches else "",
        "clauses": "Clauses",
        "scenarios": "Scenarios",
        "proof": "Proof" if found.proof else "",
        "gallery": "Wrong implementations" if found.gallery or extras.grids else "",
        "limits": "What was not covered",
    }
    return tag("nav", *(tag("a", said, href=f"#{name}") for name, said in there.items() if said))


def _legend(found: Verification) -> Markup:
    signs = "✓ holds, with the number of cases in which the clause had something to say. ✗ violated. "
    weak = "○ vacuous: it never had anything to say. … incomplete: the search was cut short. Neither is a pass."
    return tag("p", signs, weak, class_="muted") if found.engines else tag("p", "Nothing was checked.")


def _agreement(found: Verification) -> Iterator[Markup]:
    apart = [(row, disagreement) for row in found.rows for disagreement in row.disagreements]
    if found.rows and not apart:
        whole = "" if found.finished else " so far"
        yield tag("p", f"The engines agree{whole} on states, transitions, schedules and outcomes.", class_="holds")
    for row, disagreement in apart:
        yield tag("p", f"✗ {row.scenario.name}: {disagreement}", class_="violated")


def _limits(found: Verification, limits: Sequence[str]) -> Iterator[str]:
    """Yield one line for each thing that was not covered; what `limits` say already is not said twice."""
    if found.interrupted and not any("nterrupted" in limit for limit in limits):
        yield "Interrupted: the report shows what was finished before."
    for missing in found.missing:
        if not any(missing in limit for limit in limits):
            yield f"Not run: {missing}."
    for engine in found.engines.values():
        if not engine.complete:
            yield f"{engine.name}: the search was cut short."
    yield from limits


# --- stories --------------------------------------------------------------------------------------------------


def _violations(found: Verification, explained: Explained) -> Iterator[Markup]:
    if not found.breaches and not found.model_breaches:
        return
    stories = (
        story_section(_story(f"violation-{number}", breach, explained))
        for number, breach in enumerate(found.breaches, start=1)
    )
    yield _section("violations", "Violations", *_model_breaches(found), *stories)


def _model_breaches(found: Verification) -> Iterator[Markup]:
    for scenario, violation in found.model_breaches:
        yield tag("h3", f"{violation.clause} is violated by the model of {scenario.title}", class_="violated")
        yield tag("p", printable(violation.witness, LONGEST_WITNESS))
        yield tag("ol", *(tag("li", line) for line in path_told(violation, scenario)), class_="path")


def _story(name: str, breach: Breach, explained: Explained) -> Story:
    told = explained[story_key(breach)]
    lines = [printable(breach.violation.witness, LONGEST_WITNESS)] + ([] if told.reproduced else [NOT_REPRODUCED])
    return Story(
        name,
        f"{told.clause} is violated after {counted(len(told.run.taken), 'step')}",
        told.run,
        breach.scenario,
        told.found,
        tuple(lines),
        told.replay,
        f"{breach.implementation.name}: {breach.scenario.title}",
        told,
    )


def _gallery(found: Verification, explained: Explained, extras: Extras) -> Iterator[Markup]:
    """Yield the section of the wrong implementations, each with the schedule that shows what is wrong."""
    if not found.gallery and not extras.grids:
        return
    stories = []
    for caught in found.gallery:
        name = caught.implementation.name
        if caught.breach is not None:
            told = _story(f"flaw-{name}", caught.breach, explained)
            summary = tag("summary", tag("b", name), f" breaks {caught.implementation.breaks}")
            stories.append(tag("details", summary, story_section(told)))
    intro = tag("p", "They are wrong on purpose: a check that misses one of them would prove nothing.")
    grids = (grid_table(grid) for grid in extras.grids)
    yield _section("gallery", "Wrong implementations", intro, gallery_table(found.gallery), *grids, *stories)
