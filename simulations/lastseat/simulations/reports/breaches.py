"""Violations that a verification found: each explained once, for all who write of it."""

from collections.abc import Mapping
from typing import TypeAlias

from lastseat.simulations.counterexamples.explain import Explanation, explain
from lastseat.simulations.counterexamples.story import options_of
from lastseat.simulations.kernel.schedule import Schedule
from lastseat.simulations.verification.claims import Breach, Verification

# Implementation, scenario, clause, and the schedule as text.
StoryKey: TypeAlias = tuple[str, str, str, str]
Explained: TypeAlias = Mapping[StoryKey, Explanation]


def story_key(breach: Breach) -> StoryKey:
    """Return what names the story of a violation."""
    steps = str(Schedule(breach.violation.steps))
    return breach.implementation.name, breach.scenario.name, breach.violation.name, steps


def explained(found: Verification, options: str | None = None, *, with_gallery: bool = False) -> Explained:
    """Run the steps of every violation again and return its explanation.

    `options` name its scenario on the command line; None: each is a shipped one. With the gallery, the flaws that
    were caught are explained too. Raises ScheduleError where steps can no longer be taken.
    """
    told = {}
    for breach in found.breaches:
        named = options or options_of(breach.scenario)
        told[story_key(breach)] = explain(breach.violation, breach.scenario, breach.implementation, named)
    for breach in (caught.breach for caught in found.gallery if with_gallery and caught.breach is not None):
        # A flaw is caught on one of the shipped scenarios, whatever scenario was verified.
        named = options_of(breach.scenario)
        told[story_key(breach)] = explain(breach.violation, breach.scenario, breach.implementation, named)
    return told
