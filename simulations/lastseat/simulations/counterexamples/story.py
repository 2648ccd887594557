"""A schedule in plain words: what each step did, what the store held before and after, and how to run it again."""

import os
import shlex
from collections.abc import Iterable, Sequence
from zlib import crc32

from lastseat.model.searches.readable import Violation as ModelViolation
from lastseat.reference.attempt_booking import Observe, Persist
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Emission, NotObserved, Resource, Snapshot
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import Fault, Step
from lastseat.simulations.kernel.run import Run, Taken
from lastseat.simulations.kernel.schedule import Schedule

LONGEST_ID = 24  # characters of a resource id that are printed
LONGEST_OUTCOME = 60  # characters
LONGEST_LINE = 500  # characters of a step in words; only somebody's own values can make one longer


def told(run: Run) -> list[str]:
    """Return one line for each step that was taken, safe to print whatever the values in it."""
    return [printable(step_told(taken, run.labels[taken.process]), LONGEST_LINE) for taken in run.taken]


def step_told(taken: Taken, who: str) -> str:
    """Return one step of the attempt that is called `who`: "ann observes flight-7: 0 of 1 confirmed, version 0"."""
    operation = taken.operation
    if taken.fault is Fault.CRASH_BEFORE:
        return f"{who} crashes before it can {printable(operation.kind, 30)}; nothing changes"
    ending = f" → {emission_told(taken.returned)}" if taken.ended else ""
    ending = " → dies before it can emit" if taken.fault is Fault.CRASH_AFTER else ending
    if isinstance(operation, Observe):
        name = printable(operation.resource_id, LONGEST_ID)
        return f"{who} observes {name}: {observation_told(taken.result)}{ending}"
    if isinstance(operation, Persist):
        request = operation.proposal.request
        units = f"{request.units} unit{'s' * (request.units != 1)}"
        version = operation.proposal.expected_version
        seen = "no version" if version is None else f"version {version}"
        made = f"{who} persists {units} of {printable(request.resource_id, LONGEST_ID)}, proposed from {seen}"
        return f"{made}: {printable(str(taken.result), 60)}; {change_told(taken)}{ending}"
    return f"{who} does {printable(operation.kind, 30)}: {change_told(taken)}{ending}"


def observation_told(result: object) -> str:
    """Return what an observe gave."""
    if isinstance(result, Resource):
        return f"{result.confirmed} of {result.capacity} confirmed, version {result.version}"
    if isinstance(result, NotObserved):
        return "there is no such resource" if result is NotObserved.ABSENT else "the store does not answer"
    return printable(str(result), 60)


def change_told(taken: Taken) -> str:
    """Return what a step changed in the store."""
    before, after = dict(taken.before.resources), dict(taken.after.resources)
    changes = [
        f"{printable(name, LONGEST_ID)} goes to {held.confirmed} of {held.capacity}, version {held.version}"
        for name, held in after.items()
        if before.get(name) != held
    ]
    recorded = len(taken.after.reservations) - len(taken.before.reservations)
    if recorded:
        changes.append(f"{recorded:+d} reservation{'s' * (abs(recorded) != 1)}")
    return ", ".join(changes) or "nothing changes"


def emission_told(returned: object) -> str:
    """Return what an attempt emitted: "FAILED (version conflict)"."""
    told = str(returned) if isinstance(returned, Emission) else f"no outcome: {returned!r}"
    return printable(told, LONGEST_OUTCOME)


def endings_told(run: Run) -> list[str]:
    """Return what each attempt emitted, or why it emitted nothing."""
    attempts = range(len(run.labels))
    rest = {**dict.fromkeys(attempts, "unfinished"), **dict.fromkeys(run.crashed, "crashed")}
    begun = {taken.process for taken in run.taken}
    for attempt in range(run.originals, len(attempts)):
        if attempt not in begun:
            rest[attempt] = "not redelivered"
    return [emission_told(run.returned[who]) if who in run.returned else rest[who] for who in attempts]


def is_complete(run: Run) -> bool:
    """Return whether every attempt that was there has emitted an outcome, or died."""
    attempts = {*range(run.originals), *(taken.process for taken in run.taken)}
    return attempts <= {*run.returned, *run.crashed}


def path_told(violation: ModelViolation, scenario: Scenario) -> list[str]:
    """Return one line for each step of a path of the model."""
    return [f"{scenario.labels[step.attempt]} {step.action}" for step in violation.path]


def store_told(snapshot: Snapshot) -> dict[str, object]:
    """Return what a store holds, as plain data."""
    return {
        "resources": {
            name: {"capacity": held.capacity, "confirmed": held.confirmed, "version": held.version}
            for name, held in snapshot.resources
        },
        "reservations": [
            {"booking_id": made.booking_id, "resource_id": made.resource_id, "units": made.units}
            for made in snapshot.reservations
        ],
    }


def token(steps: Iterable[Step], scenario: Scenario, implementation: Implementation) -> Schedule:
    """Return the schedule with the fingerprint of what it was made for."""
    return Schedule.of(steps, fingerprint(scenario, implementation))


def fingerprint(scenario: Scenario, implementation: Implementation) -> str:
    """Return the scenario's fingerprint turned by the implementation's name: 8 hexadecimal digits."""
    return f"{int(scenario.fingerprint(), 16) ^ crc32(implementation.name.encode()):08x}"


def replay_command(steps: Sequence[Step], scenario: Scenario, implementation: Implementation, options: str) -> str:
    """Return the line to paste; `options` are those that name the scenario."""
    command = f"lastseat replay {token(steps, scenario, implementation)} {options}"
    return (
        command
        if implementation.name == "memory"
        else f"{command} --implementation {shell_word(implementation.name)}"
    )


def options_of(scenario: Scenario) -> str:
    """Return the options that name a shipped scenario."""
    return f"--scenario {scenario.name}"


def shell_word(text: str) -> str:
    """Return `text` as one word of a shell command that is safe to print and to paste."""
    if text.isprintable():
        return shlex.quote(text)

    def escaped(character: str) -> str:
        if character.isprintable():
            return f"\\{character}" if character in "\\'" else character
        return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))

    return f"$'{''.join(map(escaped, text))}'"  # bash, zsh and ksh read the escapes in it
