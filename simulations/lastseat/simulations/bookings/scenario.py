"""Scenarios: which resources there are, and which booking requests are delivered to them.

A scenario is a value. It says nothing about order: that is what a schedule is for.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import factorial

from lastseat.reference.values import BookingRequest
from lastseat.simulations.common.text import number, printable, quoted
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults

# Two such numbers add up to less than 2**31, so that no engine and no database column overflows on them.
MOST_UNITS = 1_000_000_000
MOST_GENERATED_ATTEMPTS = 64  # as in a scenario file
MOST_DELIVERED = 64  # attempts, with every redelivery that the fault budget allows
LONGEST_NAME = 64  # characters
LONGEST_TITLE = 120  # characters
LONGEST_LABEL = 24  # characters, before a number is added to tell equal labels apart


@dataclass(frozen=True, slots=True)
class Scenario:
    """The resources and the deliveries of one situation.

    `name` is short and fit for a file stem, `title` is one line for people. `capacities` pairs each resource id
    with its capacity in units and is kept sorted by id. `requests` has one request for each delivery, in order;
    a repeated delivery is an equal request again. A request may name a resource that does not exist. `faults` is
    what may go wrong in one run. The last `redeliveries` of the requests are there only as faults (see `delivered`).

    Raises ValueError, in one line with the offending value, when a part is not as said here.
    Clause: request.valid
    """

    name: str
    title: str
    capacities: tuple[tuple[str, int], ...]
    requests: tuple[BookingRequest, ...]
    faults: Faults = NO_FAULTS
    redeliveries: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}", self.name):
            raise ValueError(
                f"name must be 1 to {LONGEST_NAME} letters, digits, - and _ (of ASCII), not {quoted(self.name)}"
            )
        if not self.title.strip() or not self.title.isprintable() or len(self.title) > LONGEST_TITLE:
            raise ValueError(
                f"title must be one printable line of 1 to {LONGEST_TITLE} characters, not {quoted(self.title)}"
            )
        _check_capacities(self.capacities)
        if not self.requests:
            raise ValueError("requests must hold at least one request, not ()")
        if (
            most := len(self.originals) * (1 + self.faults.redeliveries)
        ) > MOST_DELIVERED and self.faults.redeliveries:
            raise ValueError(f"with redeliveries there may be {most} attempts; at most {MOST_DELIVERED} are allowed")
        for request in self.requests:
            if request.units > MOST_UNITS:
                raise ValueError(f"units must be at most {MOST_UNITS}, not {number(request.units)}")
        # The class is frozen, so its own constructor is the only place where the order can be made canonical.
        object.__setattr__(self, "capacities", tuple(sorted(self.capacities)))
        object.__setattr__(self, "requests", tuple(self.requests))

    @property
    def originals(self) -> tuple[BookingRequest, ...]:
        """Return the requests that are delivered in every run."""
        return self.requests[: len(self.requests) - self.redeliveries]

    def delivered(self) -> "Scenario":
        """Return the scenario with an attempt for every redelivery that the fault budget allows.

        Of n attempts, attempt i is repeated by attempt n + i, that one by 2n + i, and so on. A repeat may begin when
        the attempt before it has begun, and its first step costs one fault.
        """
        times = self.faults.redeliveries
        if not times or self.redeliveries:
            return self
        return replace(self, requests=self.requests * (1 + times), redeliveries=len(self.requests) * times)

    @property
    def labels(self) -> tuple[str, ...]:
        """Return one short unique name per attempt, for printing: its booking id where only it has that id.

        Deliveries that share an id become `id#1`, `id#2`, …; labels that would still be equal, because ids were
        shortened, get `~2`, `~3`, …. A redelivery is called as what it repeats, and `again`. No label
        holds a control character or an edge that cannot be seen.
        """
        deliveries = Counter(request.booking_id for request in self.originals)
        seen: Counter[str] = Counter()
        labels: dict[str, None] = {}
        for request in self.originals:
            name = request.booking_id
            seen[name] += 1
            label = _visible(name) + (f"#{seen[name]}" if deliveries[name] > 1 else "")
            labels[_unused(label, labels)] = None
        originals = tuple(labels)
        for repeat in range(self.redeliveries):
            turn, who = divmod(repeat, len(originals))
            labels[_unused(f"{originals[who]} again{f' {turn + 1}' if turn else ''}", labels)] = None
        return tuple(labels)

    def fingerprint(self) -> str:
        """Return 8 hexadecimal digits that depend on capacities, requests and faults, and on no name or title."""
        content: dict[str, object] = {
            "capacities": self.capacities,
            "requests": [(request.booking_id, request.resource_id, request.units) for request in self.originals],
        }
        if self.faults.most:  # a scenario without faults keeps the fingerprint that it always had
            content["faults"] = [self.faults.most, *sorted(self.faults.kinds)]
        canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return sha256(canonical.encode("ascii")).hexdigest()[:8]

    def interleavings_of_two_steps(self) -> int:
        """Return (2n)!/2**n: in how many orders n attempts can take two steps each, without a fault."""
        attempts = len(self.originals)
        return factorial(2 * attempts) >> attempts


def contention(attempts: int, capacity: int, units: Sequence[int] | None = None, same_id: bool = False) -> Scenario:
    """Return the generated scenario of `attempts` attempts on one resource, `seats`, of `capacity` units.

    `units` are the requested units: one number for all attempts, or one for each; 1 where None. The booking ids
    are a, b, c, … z, a1, b1, …, or always a where `same_id`.

    Raises ValueError when a number is out of range, or when there are not as many `units` as attempts.
    """
    if type(attempts) is not int or not 1 <= attempts <= MOST_GENERATED_ATTEMPTS:
        raise ValueError(f"attempts must be an integer from 1 to {MOST_GENERATED_ATTEMPTS}, not {number(attempts)}")
    given = (1,) if units is None else tuple(units)
    if len(given) not in (1, attempts):
        raise ValueError(f"units must be 1 number or {attempts}, one for each attempt, not {len(given)} numbers")
    each = given * attempts if len(given) == 1 else given
    for asked in each:
        if type(asked) is not int or not 1 <= asked <= MOST_UNITS:
            raise ValueError(f"units must be integers from 1 to {MOST_UNITS}, not {number(asked)}")
    _check_capacities([("seats", capacity)])
    suffix, wording = _units_in_words(each)
    return Scenario(
        name=f"attempts-{attempts}-capacity-{capacity}{suffix}{'-same-id' if same_id else ''}",
        title=f"{attempts} attempt{'s' * (attempts > 1)}, capacity {capacity}{wording}"
        f"{', one booking id' if same_id else ''}",
        capacities=(("seats", capacity),),
        requests=tuple(
            BookingRequest("a" if same_id else _letter(index), "seats", asked) for index, asked in enumerate(each)
        ),
    )


def _check_capacities(capacities: Sequence[tuple[str, int]]) -> None:
    known: set[str] = set()
    for resource_id, capacity in capacities:
        if not isinstance(resource_id, str) or not resource_id:
            raise ValueError(f"a resource id must be a text that is not empty, not {number(resource_id)}")
        if type(capacity) is not int or not 0 <= capacity <= MOST_UNITS:
            raise ValueError(
                f"capacity of {quoted(resource_id)} must be an integer from 0 to {MOST_UNITS}, not {number(capacity)}"
            )
        if resource_id in known:
            raise ValueError(f"resource {quoted(resource_id)} is there twice")
        known.add(resource_id)


def _visible(booking_id: str) -> str:
    label = printable(booking_id, LONGEST_LABEL)
    return label if label == label.strip() else f'"{label}"'


def _unused(label: str, used: dict[str, None]) -> str:
    candidate, copy = label, 1
    while candidate in used:
        copy += 1
        candidate = f"{label}~{copy}"
    return candidate


def _letter(index: int) -> str:
    turn, place = divmod(index, 26)
    return f"{'abcdefghijklmnopqrstuvwxyz'[place]}{turn or ''}"


def _units_in_words(each: Sequence[int]) -> tuple[str, str]:
    """Return how a generated name and title tell the requested units."""
    if set(each) == {1}:
        return "", ""
    if len(set(each)) == 1:
        return f"-units-{each[0]}", f", {each[0]} units each"
    listed = "-".join(map(str, each))
    if len(listed) > 16:
        return "-unequal-units", ", unequal units"
    return f"-units-{listed}", f", units {listed.replace('-', ', ')}"
