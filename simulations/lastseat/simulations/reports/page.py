"""The report of a verification as one HTML page that needs nothing beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lastseat.simulations.bookings.judged import findings, run_again
from lastseat.simulations.common.text import counted, printable
from lastseat.simulations.counterexamples.story import options_of, path_told, replay_command
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.reports.stepper import Explained, Story, story_section
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

# Implementation, scenario, clause, and the schedule as text.
StoryKey: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Extras:
    """What a report can show beside what a verification found.

    `explanations` are found by `story_key`; `grids` are further tables, such as the kill table.
    """

    explanations: Mapping[StoryKey, Explained]
    grids: Sequence[Grid] = ()


NOTHING_MORE = Extras({})


def story_key(one: Breach) -> StoryKey:
    """Return what names the story of a violation."""
    return one.implementation.name, one.scenario.name, one.violation.clause, str(Schedule(one.violation.steps))


def report_html(
    found: Verification,
    standing: Standing,
    summary: str,
    *,
    limits: Sequence[str] = (),
    options: str | None = None,
    extras: Extras = NOTHING_MORE,
) -> str:
    """Return the report of `found` as an HTML page, the same text for the same arguments.

    `standing` is the verdict on the whole, `summary` one line on what it rests on, `limits` one line each on what was
    not covered. `options` name the scenario on the command line; None: each is a shipped one. The steps of every
    violation are run again to be drawn. Raises ScheduleError where they can no longer be taken.
    """
    body = (
        tag(
            "header", tag("h1", "lastseat: verification report"), _banner(standing, summary), _contents(found, extras)
        ),
        *_violations(found, options, extras),
        _section("clauses", "Clauses", _legend(found), clauses_table(found), engines_table(found)),
        _section("scenarios", "Scenarios", *_agreement(found), scenarios_table(found)),
        *([_section("proof", "Proof", proof_table(found.proof))] if found.proof else []),
        *_gallery(found, extras),
        _section("limits", "What was not covered", tag("ul", *(tag("li", one) for one in _limits(found, limits)))),
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
    apart = [(row, one) for row in found.rows for one in row.disagreements]
    if found.rows and not apart:
        whole = "" if found.finished else " so far"
        yield tag("p", f"The engines agree{whole} on states, transitions, schedules and outcomes.", class_="holds")
    for row, one in apart:
        yield tag("p", f"✗ {row.scenario.name}: {one}", class_="violated")


def _limits(found: Verification, limits: Sequence[str]) -> Iterator[str]:
    """Yield one line for each thing that was not covered; what `limits` say already is not said twice."""
    if found.interrupted and not any("nterrupted" in one for one in limits):
        yield "Interrupted: the report shows what was finished before."
    for missing in found.missing:
        if not any(missing in one for one in limits):
            yield f"Not run: {missing}."
    for engine in found.engines.values():
        if not engine.complete:
            yield f"{engine.name}: the search was cut short."
    yield from limits


# --- stories --------------------------------------------------------------------------------------------------


def _violations(found: Verification, options: str | None, extras: Extras) -> Iterator[Markup]:
    if not found.breaches and not found.model_breaches:
        return
    stories = (
        story_section(_story(f"violation-{number}", one, options, extras))
        for number, one in enumerate(found.breaches, start=1)
    )
    yield _section("violations", "Violations", *_model_breaches(found), *stories)


def _model_breaches(found: Verification) -> Iterator[Markup]:
    for scenario, one in found.model_breaches:
        yield tag("h3", f"{one.clause} is violated by the model of {scenario.title}", class_="violated")
        yield tag("p", printable(one.witness, LONGEST_WITNESS))
        yield tag("ol", *(tag("li", line) for line in path_told(one, scenario)), class_="path")


def _story(name: str, one: Breach, options: str | None, extras: Extras) -> Story:
    violation, scenario, implementation = one.violation, one.scenario, one.implementation
    execution, reproduced = run_again(violation, scenario, implementation)
    lines = [printable(violation.witness, LONGEST_WITNESS)] + ([] if reproduced else [NOT_REPRODUCED])
    return Story(
        name,
        f"{violation.clause} is violated after {counted(len(execution.taken), 'step')}",
        execution,
        findings(execution, implementation),
        tuple(lines),
        replay_command(violation.steps, scenario, implementation, options or options_of(scenario)),
        f"{implementation.name}: {scenario.title}",
        extras.explanations.get(story_key(one)),
    )


def _gallery(found: Verification, extras: Extras) -> Iterator[Markup]:
    """Yield the section of the wrong implementations, each with the schedule that shows what is wrong."""
    if not found.gallery and not extras.grids:
        return
    stories = []
    for caught in found.gallery:
        name = caught.implementation.name
        if caught.breach is not None:
            # A flaw is caught on one of the shipped scenarios, whatever scenario was verified.
            told = _story(f"flaw-{name}", caught.breach, None, extras)
            summary = tag("summary", tag("b", name), f" breaks {caught.implementation.breaks}")
            stories.append(tag("details", summary, story_section(told)))
    intro = tag("p", "They are wrong on purpose: a check that misses one of them would prove nothing.")
    grids = (grid_table(one) for one in extras.grids)
    yield _section("gallery", "Wrong implementations", intro, gallery_table(found.gallery), *grids, *stories)
