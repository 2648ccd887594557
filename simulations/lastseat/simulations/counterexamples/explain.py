"""A violation explained: its cause in a sentence, its steps beside those of a correct implementation, its replay."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, Implementation
from lastseat.reference.store import Policy
from lastseat.reference.values import Snapshot
from lastseat.simulations.bookings.exploration import Violation
from lastseat.simulations.bookings.judged import Finding, findings
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.bookings.scheduler import Scheduler, Taken, run
from lastseat.simulations.common.text import printable
from lastseat.simulations.common.widths import columns
from lastseat.simulations.counterexamples.causes import SUSPENSION, cause_of
from lastseat.simulations.counterexamples.shown import MOST_LISTED
from lastseat.simulations.counterexamples.story import LONGEST_ID, LONGEST_LINE, replay_command, step_told, token
from lastseat.simulations.kernel.schedule import ScheduleError

WIDTH = 80  # columns of a terminal
LONGEST_WITNESS = 300  # characters
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
    """Why a clause is violated. All of it is text that is safe to print.

    `cause` is one sentence without a full stop; `witness` what the property says itself; `step` that at which it
    shows, 0 being the start. `parts` is the first step that `correct`, a correct implementation, takes otherwise;
    None: it does the same in all of them. `replay` is a shell command. `reproduced` is False where the steps were run
    again and did not show the violation.
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


def explain(one: Violation, scenario: Scenario, implementation: Implementation, options: str) -> Explanation:
    """Return the explanation of a violation; `options` are those of the command line that name the scenario.

    Raises ScheduleError where its steps cannot be taken.
    """
    execution, finding, reproduced = _shown(one, scenario, implementation)
    correct = CAPACITY_FIRST if implementation.policy is Policy.CAPACITY_FIRST else MEMORY
    beside = list(_beside(execution.taken, scenario, correct))
    labels = execution.scenario.labels
    steps = tuple(
        StepExplained(
            number=taken.number,
            label=labels[taken.attempt],
            text=printable(step_told(taken, execution.scenario), LONGEST_LINE),
            before=store_in_words(taken.before),
            after=store_in_words(taken.after),
            correct=other,
            same=same,
        )
        for taken, (other, same) in zip(execution.taken, beside, strict=True)
    )
    schedule = [taken.step for taken in execution.taken]
    return Explanation(
        clause=one.clause,
        cause=cause_of(execution, finding),
        witness=printable(one.witness, LONGEST_WITNESS),
        step=finding.step,
        steps=steps,
        implementation=printable(implementation.name, LONGEST_LINE),
        correct=correct.name,
        parts=next((step.number for step in steps if not step.same), None),
        token=str(token(schedule, scenario, implementation)),
        replay=replay_command(schedule, scenario, implementation, options),
        reproduced=reproduced,
    )


def _shown(one: Violation, scenario: Scenario, implementation: Implementation) -> tuple[Scheduler, Finding, bool]:
    """Return the run up to the step at which the violation shows, what was found there, and whether it was."""
    execution = run(scenario, implementation, one.steps)
    found = next((each for each in findings(execution, implementation) if each.clause == one.clause), None)
    if found is None:
        return execution, Finding(len(one.steps), one.clause, one.witness), False
    if found.step < len(one.steps):
        execution = run(scenario, implementation, one.steps[: found.step])
    return execution, found, True


def _beside(taken: Sequence[Taken], scenario: Scenario, correct: Implementation) -> Iterator[tuple[str, bool]]:
    """Yield for each step what the correct implementation does when the same attempt steps, and if it is the same."""
    execution = Scheduler(scenario, correct)
    for one in taken:
        try:
            other = execution.step(one.step)
        except ScheduleError as error:
            # Its number would be that of a step of the correct run, which has fewer.
            yield printable(f"no step, as {str(error).partition(': ')[2]}", LONGEST_LINE), False
        else:
            same = _visible(one) == _visible(other)
            yield printable(step_told(other, execution.scenario), LONGEST_LINE), same


def _visible(one: Taken) -> tuple[Any, ...]:
    """Return what a step looks like from outside; what a store hides is no part of it."""
    after = (one.after.resources, one.after.reservations)
    return one.operation.kind, one.result, after, one.ended, one.returned


def store_in_words(snapshot: Snapshot) -> str:
    """Return all that a store holds on one line: "flight-7 1 of 2, version 1; recorded: ann"."""
    resources = [
        f"{printable(name, LONGEST_ID)} {one.confirmed} of {one.capacity}, version {one.version}"
        for name, one in snapshot.resources
    ]
    plain = len(snapshot.resources) == 1
    recorded = [
        printable(one.booking_id, LONGEST_ID)
        + (f" ({one.units})" if plain and one.units != 1 else "")
        + ("" if plain else f" ({one.units} of {printable(one.resource_id, LONGEST_ID)})")
        for one in snapshot.reservations
    ]
    hidden = [f"hidden: {printable(repr(snapshot.hidden), LONGEST_HIDDEN)}"] if snapshot.hidden else []
    return "; ".join([*_few(resources), f"recorded: {', '.join(_few(recorded)) or 'nobody'}", *hidden])


def _few(texts: Sequence[str]) -> list[str]:
    more = len(texts) - MOST_LISTED
    return [*texts[:MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]


def explanation_lines(one: Explanation) -> list[str]:
    """Return the explanation as lines of at most 80 columns; but the last, to be copied, is one command."""
    if not one.step:
        head = f"{one.clause} is violated before any step"
    else:
        head = f"{one.clause} is violated after {one.step} step{'s' * (one.step != 1)}"
    lines = [*wrapped(head), *wrapped(f"{one.cause}.", "  cause: ")]
    for step in one.steps:
        number = f"{step.number:>3}. "
        lines += wrapped(step.text, number)
        if step.before == step.after:
            lines += wrapped(step.before, "     store   ")
        else:
            lines += [*wrapped(step.before, "     before  "), *wrapped(step.after, "     after   ")]
        if not step.same:
            lines += wrapped(f"{one.correct}: {step.correct}", "     ")
    if one.steps:
        free = ", and there nobody has to wait" * (one.clause == SUSPENSION)
        same = f"{one.correct} does the same in every step{free}."
        lines += wrapped(f"{one.correct} parts from it in step {one.parts}." if one.parts else same, "  ")
    if not one.reproduced:
        lines += wrapped("Run again, these steps did not show it: the code is not deterministic.", "  ")
    return [*lines, f"  replay it: {one.replay}"]


def explanation_data(one: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON has it; the fields are those of `Explanation`."""
    return {**asdict(one), "steps": [asdict(step) for step in one.steps]}


def wrapped(text: str, first: str = "") -> list[str]:
    """Return `text` in lines of at most 80 columns; `first` comes before it, and as many blanks before the rest."""
    room, margin = WIDTH - columns(first), " " * columns(first)
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if columns(joined) <= room:
            line = joined
            continue
        lines += [line] if line else []
        *full, line = _pieces(word, room)
        lines += full
    return [f"{margin if number else first}{one}" for number, one in enumerate([*lines, line])]


def _pieces(word: str, room: int) -> list[str]:
    """Return a word cut into pieces that fit."""
    pieces = [""]
    for character in word:
        if columns(pieces[-1] + character) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces
