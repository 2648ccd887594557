"""What a cause may speak about: a run that shows a violation, and how its parts are worded."""

from dataclasses import dataclass

from lastseat.model.properties import changed
from lastseat.reference.values import Emission, Resource, Snapshot
from lastseat.simulations.bookings.abstraction import store_of
from lastseat.simulations.bookings.findings import Finding
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.story import LONGEST_ID, emission_told, step_told
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.run import Run, Taken

MOST_LISTED = 6  # attempts or reservations in one sentence


@dataclass(frozen=True, slots=True)
class Shown:
    """A run that shows a violation, and ends with the step at which it does.

    `scenario` has a request for each attempt of the run.
    """

    run: Run
    scenario: Scenario
    finding: Finding

    @property
    def number(self) -> int:
        """Return the step at which it shows, from 1; 0 is the start."""
        return self.finding.step

    @property
    def last(self) -> Taken:
        """Return that step."""
        return self.run.taken[-1]

    @property
    def who(self) -> str:
        """Return whose step it was."""
        return self.label(self.last.process)

    @property
    def kind(self) -> str:
        """Return what the step was."""
        return printable(self.last.operation.kind, 30)

    @property
    def resource(self) -> str:
        """Return the id of the resource that the step is about."""
        proposal = getattr(self.last.operation, "proposal", None)
        request = proposal.request if proposal else self.scenario.requests[self.last.process]
        name: str = request.resource_id
        return name

    @property
    def booking(self) -> str:
        """Return the booking id of the attempt whose step it was."""
        return self.scenario.requests[self.last.process].booking_id

    def label(self, attempt: int) -> str:
        """Return the name of an attempt."""
        return self.run.labels[attempt]

    def own(self, kind: str) -> list[int]:
        """Return in which steps the attempt did something of that kind."""
        return [taken.number for taken in self.run.taken if self.is_own(taken) and taken.operation.kind == kind]

    def is_own(self, taken: Taken) -> bool:
        """Return whether it is a step of the same attempt that reached the store."""
        return taken.process == self.last.process and taken.fault is not Fault.CRASH_BEFORE

    def recorded_since(self, booking_id: str) -> int:
        """Return the step from which on a booking id was recorded until before the last one; 0 where it was not."""
        since = 0
        for taken in self.run.taken[:-1]:
            recorded = any(made.booking_id == booking_id for made in taken.after.reservations)
            since = (since or taken.number) if recorded else 0
        return since

    def effects(self, name: str) -> int:
        """Return how many steps took effect on a resource."""
        return sum(name in changed(store_of(taken.before), store_of(taken.after)) for taken in self.run.taken)


def anything(shown: Shown) -> str:
    """Return the step and what is wrong with it, for what has no template."""
    if not shown.run.taken:
        returned = sorted(shown.run.returned.items())
        ended = [f", {shown.label(who)} ended {emission_told(emitted)}" for who, emitted in returned]
        return f"before any step{''.join(ended[:MOST_LISTED])}: {shown.finding.witness}"
    return f"in step {shown.number}, {step_told(shown.last, shown.who)}: {shown.finding.witness}"


def short(text: str) -> str:
    """Return an id, short and safe to print."""
    return printable(text, LONGEST_ID)


def units_of(number: int) -> str:
    """Return "1 unit", "2 units"."""
    return f"{number} unit{'s' * (number != 1)}"


def resource_of(snapshot: Snapshot, name: str) -> Resource | None:
    """Return a resource in a snapshot, or None."""
    return dict(snapshot.resources).get(name)


def ending_of(shown: Shown) -> Emission | None:
    """Return what the attempt emitted in the last step, or None."""
    returned = shown.last.returned
    return returned if isinstance(returned, Emission) else None


def outcome_of(shown: Shown) -> str:
    """Return what the attempt ended with, in words."""
    ending = ending_of(shown)
    return emission_told(ending) if ending else "without an outcome"
