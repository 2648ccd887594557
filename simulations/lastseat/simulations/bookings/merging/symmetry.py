"""Attempts that are alike: exchanged with their booking ids, and held to it by real code.

Two attempts are alike when they ask for as many units of the same resource, and either carry the same booking id
or each an id of its own. Exchanging them (and their ids in the store) should then change nothing else. Of real code
that is not assumed but checked: for every step that is used, each of its images under the exchanges is performed by
the real code as well, and must give the image of what the step gave. If one does not, the walk is made again without
symmetry. So no more is believed than without it; only words are saved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeAlias

from lastseat.model.searches.symmetric import groups_of
from lastseat.reference.values import Snapshot
from lastseat.simulations.bookings.judging.judge import Judged
from lastseat.simulations.bookings.judging.places import Shared
from lastseat.simulations.bookings.merging.real_steps import RealSteps
from lastseat.simulations.kernel.actions import Step, process_of, taken_by
from lastseat.simulations.strategies.merging.orbits import Orbits
from lastseat.simulations.strategies.merging.words import Layout, Word

Place: TypeAlias = tuple[int, Step, int]  # a store, a step, and the local state of the attempt that takes it
# The store after a step, and what else it gave; no store where no step is taken.
Gave: TypeAlias = tuple[int | None, Any]


def alike_attempts(steps: RealSteps) -> tuple[tuple[int, ...], ...]:
    """Return the groups of attempts that look alike; none where some are delivered again."""
    if steps.scenario.redeliveries:
        return ()
    return tuple(group for group in groups_of(steps.judge.system.requests) if len(group) > 1)


class AttemptOrbits(Orbits):
    """The orbits of the states of attempts: what is recorded under an attempt's own id goes with it."""

    def __init__(self, layout: Layout, groups: tuple[tuple[int, ...], ...], steps: RealSteps) -> None:
        super().__init__(layout, groups)
        self.steps, self.judge = steps, steps.judge
        self.exchanges = [_exchange(layout.processes, *pair) for group in groups for pair in pairwise(group)]
        self._images: dict[tuple[int, ...], dict[int, int]] = {fields: {} for fields in self.exchanges}
        self._recorded: dict[int, list[Any]] = {}
        self._gave: dict[Place, Gave] = {}
        self._checked: set[Place] = set()
        for group in groups:
            for who in group:  # one numbering of local states, so that equal numbers are equal states
                self.judge.locals[who] = self.judge.locals[group[0]]

    def standings(self, word: Word) -> Sequence[Any]:
        """Return for each attempt all that tells it from those of its group: its local state and what is recorded."""
        shared = self.layout.shared(word)
        recorded = self._recorded.get(shared)
        if recorded is None:
            recorded = self._recorded[shared] = self._found_recorded(shared)
        return list(zip(self.layout.locals(word), recorded, strict=True))

    def _found_recorded(self, shared: int) -> list[Any]:
        recorded: dict[str, tuple[tuple[str, int], ...]] = {}
        for reservation in self.judge.shared.values[shared].snapshot.reservations:
            name = reservation.booking_id
            recorded[name] = (*recorded.get(name, ()), (reservation.resource_id, reservation.units))
        return [recorded.get(request.booking_id, ()) for request in self.steps.scenario.requests]

    def exchanged(self, word: Word, fields: Sequence[int]) -> Word:
        """Return the word in which each attempt stands, and is recorded, where attempt `fields[who]` was."""
        shared = self.layout.shared(word)
        image = self.image(shared, tuple(fields))
        return super().exchanged(word, fields) + ((image - shared) << self.layout.shared_at)

    def image(self, shared: int, fields: tuple[int, ...]) -> int:
        """Return the shared state in which place i has the booking id's reservations that fields[i] had."""
        images = self._images.setdefault(fields, {})
        known = images.get(shared)
        if known is None:
            requests = self.steps.scenario.requests
            renamed = {requests[who].booking_id: requests[place].booking_id for place, who in enumerate(fields)}
            state = self.judge.shared.values[shared]
            known = images[shared] = self.judge.number(Shared(_renamed(state.snapshot, renamed), state.effects))
        return known

    # --- the check that alike attempts behave alike -----------------------------------------------------------

    def images(self, shared: int, step: Step, local: int) -> Iterator[bool]:
        """Perform every image of a step, and yield for each place whether its images are what they should be."""
        agenda = [(shared, step, local)]
        while agenda:
            here = agenda.pop()
            if here not in self._checked:
                self._checked.add(here)
                yield self._agree(here, agenda)

    def _agree(self, here: Place, agenda: list[Place]) -> bool:
        """Return whether the step of a place gives, but for the exchange, what each image of it gives; note these."""
        shared, step, local = here
        who, (gave_shared, gave) = process_of(step), self._seen(here)
        for fields in self.exchanges:
            images = self._images[fields]
            image = images.get(shared)
            there = self.image(shared, fields) if image is None else image, taken_by(step, fields[who]), local
            if there != here:
                agenda.append(there)
                image_shared, gives = self._seen(there)
                if gave != gives:
                    return False
            else:
                image_shared = gave_shared
            if gave_shared is not None and self.image(gave_shared, fields) != image_shared:
                return False
        return True

    def _seen(self, place: Place) -> Gave:
        """Return what the step of a place gives."""
        known = self._gave.get(place)
        if known is None:
            known = self._gave[place] = self._taken(*place)
        return known

    def _taken(self, shared: int, step: Step, local: int) -> Gave:
        try:
            taken = self.steps.take(shared, step, {process_of(step): local})
        except Exception:  # noqa: BLE001 - the walk without symmetry tells what went wrong, if any schedule leads here
            return None, object()  # the image of nothing
        if not isinstance(taken, Judged):
            return None, type(taken)
        clauses = tuple(clause for clause, _ in taken.violations)
        return taken.shared, (taken.local, taken.returned, taken.linear, clauses)


def _exchange(processes: int, first: int, second: int) -> tuple[int, ...]:
    fields = list(range(processes))
    fields[first], fields[second] = second, first
    return tuple(fields)


def _renamed(snapshot: Snapshot, names: dict[str, str]) -> Snapshot:
    reservations = (
        replace(reservation, booking_id=names.get(reservation.booking_id, reservation.booking_id))
        for reservation in snapshot.reservations
    )
    return replace(snapshot, reservations=tuple(sorted(reservations)))
