"""The smallest counterexample: of all schedules of a scenario, and of all smaller scenarios in it, the least.

Smaller is, in this order: fewer steps; fewer switches between attempts; fewer attempts; fewer requested units; less
capacity; fewer faults; then the first in the order of the text. Why it is exact is said in `walk`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from math import prod
from typing import TypeAlias

from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest
from lastseat.simulations.bookings.findings import run_again
from lastseat.simulations.bookings.limits import MOST_STEPS
from lastseat.simulations.bookings.scenario import LONGEST_NAME, LONGEST_TITLE, Scenario, contention
from lastseat.simulations.bookings.scenario_file import shipped_scenarios
from lastseat.simulations.counterexamples.story import options_of
from lastseat.simulations.counterexamples.walk import Budget, Least, Walk
from lastseat.simulations.kernel.actions import Faults, fault_of, process_of
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.schedule import letter_of

MOST_PLACES = 200_000  # that are looked at in one search
MOST_PARTS = 2_000  # smaller scenarios
MOST_VALUES = 8  # units of one request, or of one capacity, up to which each smaller number is tried

Size: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, tuple[tuple[int, str], ...]]


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A violation that is the smallest on its scenario.

    `exact` is False where the search was cut short: then there may be a smaller one.
    """

    scenario: Scenario
    violation: Violation
    switches: int
    exact: bool = True

    @property
    def size(self) -> Size:
        """Return what counterexamples are compared by."""
        scenario, steps = self.scenario, self.violation.steps
        requests = scenario.delivered().requests
        taking = set(map(process_of, steps))
        return (
            len(steps),
            self.switches,
            len(taking),
            sum(requests[who].units for who in taking),
            len(scenario.originals),
            sum(request.units for request in scenario.originals),
            sum(capacity for _, capacity in scenario.capacities),
            sum(fault_of(step) is not None for step in steps) + sum(who >= len(scenario.originals) for who in taking),
            scenario.faults.most,
            tuple((process_of(step), letter_of(fault_of(step))) for step in steps),
        )


def smallest_schedule(
    scenario: Scenario, implementation: Implementation, clause: str, *, places: int = MOST_PLACES
) -> Counterexample | None:
    """Return the smallest schedule of this very scenario that violates `clause`.

    None where no schedule does, or where `places` were not enough to tell. Raises what the code under test raises.
    """
    steps = MOST_STEPS * len(scenario.delivered().requests)
    return _counterexample(scenario, clause, Walk(scenario, implementation).least(clause, steps, Budget(places)))


def smallest(
    scenario: Scenario, implementation: Implementation, clause: str, *, places: int = MOST_PLACES
) -> Counterexample | None:
    """Return the smallest counterexample on any scenario within this one, itself included; see `parts`.

    None where there is none, or where `places` were not enough to find any. Raises what the code under test raises.
    """
    budget, best = Budget(places), None
    considered, whole = parts(scenario)
    for part in considered:
        most = len(best.violation.steps) if best else MOST_STEPS * len(part.delivered().requests)
        found = _counterexample(part, clause, Walk(part, implementation).least(clause, most, budget))
        if found and (best is None or found.size < best.size):
            best = found
        if budget.left < 0:
            break
    if best is None:
        return None
    return replace(best, exact=whole and budget.left >= 0)


def _counterexample(scenario: Scenario, clause: str, least: Least | None) -> Counterexample | None:
    if least is None:
        return None
    return Counterexample(scenario, Violation(clause, least.witness, least.steps), least.switches)


def parts(scenario: Scenario) -> tuple[Iterator[Scenario], bool]:
    """Return the scenarios within a scenario, smaller ones first, and whether they are all.

    In a part some attempts are left out, those that are left request at least one unit and at most what they did,
    capacities are at most what they were, and so is the number of faults. A resource that nobody requests is left
    out; the scenario as it is comes last. Where there are very many, those with other units are not tried.
    """
    counts = [request.units for request in scenario.originals] + [1 + capacity for _, capacity in scenario.capacities]
    most = prod(counts) * (1 + scenario.faults.most) << len(scenario.originals)
    whole = max(counts) <= MOST_VALUES and most < MOST_PARTS
    return islice(_parts(scenario, lowered=whole), MOST_PARTS), whole


def _parts(scenario: Scenario, *, lowered: bool) -> Iterator[Scenario]:
    originals = scenario.originals
    for number in range(1, len(originals) + 1):
        for kept in combinations(originals, number):
            yield from _lowered(kept, scenario, lowered=lowered)
    yield scenario


def _lowered(requests: Sequence[BookingRequest], scenario: Scenario, *, lowered: bool) -> Iterator[Scenario]:
    """Yield the scenarios of these attempts, with every smaller number of units, capacity and faults."""
    asked = {request.resource_id for request in requests}
    capacities = [(name, capacity) for name, capacity in scenario.capacities if name in asked]
    if not lowered:
        yield _part(scenario, requests, capacities, scenario.faults.most)
        return
    units = product(*(range(1, request.units + 1) for request in requests))
    for each in sorted(units, key=lambda numbers: (sum(numbers), numbers)):
        smaller = [replace(request, units=number) for request, number in zip(requests, each, strict=True)]
        for sizes in product(*(range(capacity + 1) for _, capacity in capacities)):
            named = [(name, size) for (name, _), size in zip(capacities, sizes, strict=True)]
            for faults in range(scenario.faults.most + 1):
                yield _part(scenario, smaller, named, faults)


def _part(
    scenario: Scenario, requests: Sequence[BookingRequest], capacities: Sequence[tuple[str, int]], faults: int
) -> Scenario:
    return replace(
        scenario,
        name=f"{scenario.name[: LONGEST_NAME - 5]}-part",
        title=f"{scenario.title[: LONGEST_TITLE - 9]}, in part",
        requests=tuple(requests),
        capacities=tuple(capacities),
        faults=Faults(faults, scenario.faults.kinds),
        redeliveries=0,
    )


def options_for(scenario: Scenario) -> str | None:
    """Return the options of the command line that name a scenario, by its content; None where none do.

    A shipped scenario has its name, and one like `contention` has the numbers that make it.
    """
    for shipped in shipped_scenarios():
        if shipped.fingerprint() == scenario.fingerprint():
            return options_of(shipped)
    twin = _twin(scenario)
    if twin is None or twin.fingerprint() != scenario.fingerprint():
        return None
    units, ids = [request.units for request in twin.requests], {request.booking_id for request in twin.requests}
    listed = "" if set(units) == {1} else f" --units {','.join(map(str, units))}"
    same = " --same-id" * (len(ids) < len(units))
    return f"--attempts {len(units)} --capacity {twin.capacities[0][1]}{listed}{same}"


def _twin(scenario: Scenario) -> Scenario | None:
    """Return the generated scenario that differs from this one in names alone, or None."""
    requests, ids = scenario.originals, {request.booking_id for request in scenario.originals}
    plain = len(scenario.capacities) == 1 and not scenario.faults.most and len(ids) in (1, len(requests))
    if not plain or {request.resource_id for request in requests} != {name for name, _ in scenario.capacities}:
        return None
    units = [request.units for request in requests]
    return contention(len(requests), scenario.capacities[0][1], units, same_id=len(ids) < len(requests))


def named(found: Counterexample, implementation: Implementation) -> tuple[Counterexample, str | None]:
    """Return a counterexample of the same size that the command line can name, and the options that do so.

    Where other names are needed for that, it is run again under them. None: it needs a file, see `as_toml`.
    """
    options, twin = options_for(found.scenario), _twin(found.scenario)
    if options is None and twin is not None and run_again(found.violation, twin, implementation)[1]:
        return replace(found, scenario=twin), options_for(twin)
    return found, options


def as_toml(scenario: Scenario) -> str:
    """Return a scenario as the text of a scenario file."""
    tables = [f"title = {_toml(scenario.title)}\n"]
    for name, capacity in scenario.capacities:
        tables.append(f"[[resources]]\nid = {_toml(name)}\ncapacity = {capacity}\n")
    for request in scenario.originals:
        ids = f"booking_id = {_toml(request.booking_id)}\nresource_id = {_toml(request.resource_id)}"
        tables.append(f"[[attempts]]\n{ids}\nrequested_units = {request.units}\n")
    if not scenario.capacities:
        tables.insert(0, "resources = []")
    if scenario.faults.most:
        kinds = ", ".join(_toml(kind) for kind in sorted(scenario.faults.kinds))
        tables.append(f"[faults]\nmost = {scenario.faults.most}\nkinds = [{kinds}]\n")
    return "\n".join(tables)


def _toml(text: str) -> str:
    """Return a basic string of TOML."""
    # As in JSON, but for the one control character that JSON lets pass.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
