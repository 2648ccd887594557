"""A schedule in plain words: what each step did, what the store held before and after, and how to run it again."""

from collections.abc import Iterable, Sequence
from typing import Any
from zlib import crc32

from lastseat.reference.attempt_booking import Observe, Persist
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Emission, NotObserved, Resource, Snapshot
from lastseat.simulations.scenario import Scenario, printable
from lastseat.simulations.schedule import Schedule
from lastseat.simulations.scheduler import Scheduler, Taken

LONGEST_ID = 24  # characters of a resource id that are printed


def told(execution: Scheduler) -> list[str]:
    """Return one line for each step that was taken."""
    return [step_told(taken, execution.scenario) for taken in execution.taken]


def step_told(taken: Taken, scenario: Scenario) -> str:
    """Return one step in words: "ann observes flight-7: 0 of 1 confirmed, version 0"."""
    who, operation = scenario.labels[taken.attempt], taken.operation
    ending = f" → {emission_told(taken.returned)}" if taken.ended else ""
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


def observation_told(result: Any) -> str:
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
        f"{printable(name, LONGEST_ID)} goes to {one.confirmed} of {one.capacity}, version {one.version}"
        for name, one in after.items()
        if before.get(name) != one
    ]
    recorded = len(taken.after.reservations) - len(taken.before.reservations)
    if recorded:
        changes.append(f"{recorded:+d} reservation{'s' * (abs(recorded) != 1)}")
    return ", ".join(changes) or "nothing changes"


def emission_told(returned: Any) -> str:
    """Return what an attempt emitted: "FAILED (version conflict)"."""
    return str(returned) if isinstance(returned, Emission) else f"no outcome: {printable(repr(returned), 40)}"


def store_told(snapshot: Snapshot) -> dict[str, Any]:
    """Return what a store holds, as plain data."""
    return {
        "resources": {
            name: {"capacity": one.capacity, "confirmed": one.confirmed, "version": one.version}
            for name, one in snapshot.resources
        },
        "reservations": [
            {"booking_id": one.booking_id, "resource_id": one.resource_id, "units": one.units}
            for one in snapshot.reservations
        ],
    }


def token(steps: Iterable[int], scenario: Scenario, implementation: Implementation) -> Schedule:
    """Return the schedule with the fingerprint of what it was made for."""
    return Schedule.of(steps, fingerprint(scenario, implementation))


def fingerprint(scenario: Scenario, implementation: Implementation) -> str:
    """Return the scenario's fingerprint turned by the implementation's name: 8 hexadecimal digits."""
    return f"{int(scenario.fingerprint(), 16) ^ crc32(implementation.name.encode()):08x}"


def replay_command(steps: Sequence[int], scenario: Scenario, implementation: Implementation, options: str) -> str:
    """Return the line to paste; `options` are those that name the scenario."""
    command = f"lastseat replay {token(steps, scenario, implementation)} {options}"
    return command if implementation.name == "memory" else f"{command} --implementation {implementation.name}"
