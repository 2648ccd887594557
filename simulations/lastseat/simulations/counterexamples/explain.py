"""A violation explained: its cause in a sentence, its steps beside those of a correct implementation, its replay."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields

from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.store import Policy
from lastseat.reference.values import Snapshot
from lastseat.simulations.bookings.findings import Finding, findings
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import recorder, run
from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.causes import SUSPENSION, cause_of
from lastseat.simulations.counterexamples.shown import MOST_LISTED
from lastseat.simulations.counterexamples.story import LONGEST_ID, LONGEST_LINE, replay_command, step_told, token
from lastseat.simulations.counterexamples.wrapping import WIDTH, wrapped
from lastseat.simulations.kernel.exploration import Exploration, Violation
from lastseat.simulations.kernel.run import Run, Taken
from lastseat.simulations.kernel.stepping import MisfitError

__all__ = [
    "WIDTH",
    "Explanation",
    "StepExplained",
    "explain",
    "explanation_data",
    "explanation_lines",
    "explanations",
    "store_in_words",
    "wrapped",
]
LONGEST_WITNESS = 300  # characters
NO_TEXT = ("run", "found", "violation", "scenario")  # fields of an explanation that no JSON has
LONGEST_HIDDEN = 60  # characters of what a store holds beside resources and reservations


@dataclass(frozen=True, slots=True)
class StepExplained:
    """One step in words, the store before and after it, and what the correct implementation does in its place."""

    number: int
    label: str
    text: str
    before: str
    after: str
    correct: str
    same: bool  # what the correct implementation does looks the same from outside


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a clause is violated: made once, and given to whoever writes of it. Its texts are safe to print.

    `cause` is one sentence without a full stop; `witness` what the property says itself; `step` that at which it
    shows, 0 being the start. `parts` is the first step that `correct`, a correct implementation, takes otherwise;
    None: it does the same in all of them. `replay` is a shell command. `reproduced` is False where the steps were run
    again and did not show the violation.

    `run` is what the steps of the violation came to, as long as they are, and `found` all that it violates.
    """

    clause: str
    cause: str
    witness: str
    step: int
    steps: tuple[StepExplained, ...]
    implementation: str
    correct: str
    parts: int | None
    token: str
    replay: str
    reproduced: bool
    run: Run
    found: tuple[Finding, ...]
    violation: Violation
    scenario: Scenario


def explanations(
    seen: Exploration, scenario: Scenario, implementation: Implementation, options: str
) -> tuple[Explanation, ...]:
    """Return an explanation of each violation that was seen, and last of the first step that is none of the model."""
    violations = [*seen.violations, *([seen.nonconforming] if seen.nonconforming else [])]
    return tuple(explain(violation, scenario, implementation, options) for violation in violations)


def explain(violation: Violation, scenario: Scenario, implementation: Implementation, options: str) -> Explanation:
    """Return the explanation of a violation; `options` are those of the command line that name the scenario.

    Raises ScheduleError where its steps cannot be taken.
    """
    whole = run(scenario, implementation, violation.steps)
    found = findings(whole, scenario, implementation)
    finding = next((finding for finding in found if finding.clause == violation.name), None)
    reproduced, shown = finding is not None, whole
    if finding is None:
        finding = Finding(len(violation.steps), violation.name, violation.witness)
    elif finding.step < len(violation.steps):
        shown = run(scenario, implementation, violation.steps[: finding.step])
    correct = CAPACITY_FIRST if implementation.policy is Policy.CAPACITY_FIRST else MEMORY
    steps = tuple(_steps(shown, scenario, correct))
    return Explanation(
        clause=violation.name,
        cause=cause_of(shown, scenario, finding),
        witness=printable(violation.witness, LONGEST_WITNESS),
        step=finding.step,
        steps=steps,
        implementation=printable(implementation.name, LONGEST_LINE),
        correct=correct.name,
        parts=next((step.number for step in steps if not step.same), None),
        token=str(token(shown.steps, scenario, implementation)),
        replay=replay_command(shown.steps, scenario, implementation, options),
        reproduced=reproduced,
        run=whole,
        found=found,
        violation=violation,
        scenario=scenario,
    )


def _steps(shown: Run, scenario: Scenario, correct: Implementation) -> Iterator[StepExplained]:
    """Yield each step, explained."""
    for taken, (other, same) in zip(shown.taken, _beside(shown, scenario, correct), strict=True):
        label = shown.labels[taken.process]
        yield StepExplained(
            number=taken.number,
            label=label,
            text=printable(step_told(taken, label), LONGEST_LINE),
            before=store_in_words(taken.before),
            after=store_in_words(taken.after),
            correct=other,
            same=same,
        )


def _beside(shown: Run, scenario: Scenario, correct: Implementation) -> Iterator[tuple[str, bool]]:
    """Yield for each step what the correct implementation does when the same attempt steps, and if it is the same."""
    beside = recorder(scenario, correct)
    for taken in shown.taken:
        try:
            other = beside.take(taken.step)
        except MisfitError as error:
            # Its number would be that of a step of the correct run, which has fewer.
            yield printable(f"no step, as {str(error).partition(': ')[2]}", LONGEST_LINE), False
        else:
            told = step_told(other, shown.labels[taken.process])
            yield printable(told, LONGEST_LINE), _visible(taken) == _visible(other)


def _visible(taken: Taken) -> tuple[object, ...]:
    """Return what a step looks like from outside; what a store hides is no part of it."""
    after = (taken.after.resources, taken.after.reservations)
    return taken.operation.kind, taken.result, after, taken.ended, taken.returned


def store_in_words(snapshot: Snapshot) -> str:
    """Return all that a store holds on one line: "flight-7 1 of 2, version 1; recorded: ann"."""
    resources = [
        f"{printable(name, LONGEST_ID)} {held.confirmed} of {held.capacity}, version {held.version}"
        for name, held in snapshot.resources
    ]
    plain = len(snapshot.resources) == 1
    recorded = [
        printable(made.booking_id, LONGEST_ID)
        + (f" ({made.units})" if plain and made.units != 1 else "")
        + ("" if plain else f" ({made.units} of {printable(made.resource_id, LONGEST_ID)})")
        for made in snapshot.reservations
    ]
    hidden = [f"hidden: {printable(repr(snapshot.hidden), LONGEST_HIDDEN)}"] if snapshot.hidden else []
    return "; ".join([*_few(resources), f"recorded: {', '.join(_few(recorded)) or 'nobody'}", *hidden])


def _few(texts: Sequence[str]) -> list[str]:
    more = len(texts) - MOST_LISTED
    return [*texts[:MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]


def explanation_lines(told: Explanation) -> list[str]:
    """Return the explanation as lines of at most 80 columns; but the last, to be copied, is one command."""
    if not told.step:
        head = f"{told.clause} is violated before any step"
    else:
        head = f"{told.clause} is violated after {told.step} step{'s' * (told.step != 1)}"
    lines = [*wrapped(head), *wrapped(f"{told.cause}.", "  cause: ")]
    for step in told.steps:
        number = f"{step.number:>3}. "
        lines += wrapped(step.text, number)
        if step.before == step.after:
            lines += wrapped(step.before, "     store   ")
        else:
            lines += [*wrapped(step.before, "     before  "), *wrapped(step.after, "     after   ")]
        if not step.same:
            lines += wrapped(f"{told.correct}: {step.correct}", "     ")
    if told.steps:
        free = ", and there nobody has to wait" * (told.clause == SUSPENSION)
        same = f"{told.correct} does the same in every step{free}."
        lines += wrapped(f"{told.correct} parts from it in step {told.parts}." if told.parts else same, "  ")
    if not told.reproduced:
        lines += wrapped("Run again, these steps did not show it: the code is not deterministic.", "  ")
    return [*lines, f"  replay it: {told.replay}"]


def explanation_data(told: Explanation) -> dict[str, object]:
    """Return the explanation as JSON has it; the fields are those of `Explanation` that are text."""
    texts = {part.name: getattr(told, part.name) for part in fields(told) if part.name not in NO_TEXT}
    return {**texts, "steps": [asdict(step) for step in told.steps]}
