"""Use cases as values: which steps an attempt takes, and what it emits.

The defaults are the correct ones, so that a value shows no more than how it deviates.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from fuzz.stores import DrawnStore, Rules, Short

from lastseat.reference.attempt_booking import Attempt, Observe, Persist, attempt_booking, emit, propose
from lastseat.reference.implementation import Implementation
from lastseat.reference.store import Policy
from lastseat.reference.values import (
    BookingRequest,
    Emission,
    NotObserved,
    Observation,
    Outcome,
    Proposal,
    Reason,
    Reservation,
    Resource,
    Verdict,
)


@dataclass(frozen=True)
class Look:
    """A shared step that reads a resource and is no observe."""

    kind: ClassVar[str] = "look"
    resource_id: str

    def perform(self, store: DrawnStore, /) -> Resource | None:
        return store.look(self.resource_id)


@dataclass(frozen=True)
class Cancel:
    """A shared step that takes a reservation back."""

    kind: ClassVar[str] = "cancel"
    request: BookingRequest

    @property
    def resource_id(self) -> str:
        return self.request.resource_id

    def perform(self, store: DrawnStore, /) -> None:
        request = self.request
        store.cancel(Reservation(request.booking_id, request.resource_id, request.units))


Taking = Generator[Any, Any, Any]


@dataclass(frozen=True, repr=False)
class Flow(Short):
    """What an attempt does. With `only`, the attempts under this booking id do it, and all others what is right."""

    only: str = ""
    at: str = ""  # the resource that is booked; "": the one that was requested
    under: str = ""  # the booking id that is used
    units: int = 0  # that are proposed; 0: those that were requested
    observes: int = 1  # before the first persist
    expects: str = "observed"  # the version; zero, next
    early: str = "never"  # full, room, absent: what the observation must say to end there; stepless
    early_says: str = "REJECTED"
    looks: bool = False  # before all else
    retries: int = 0  # after a conflict
    after: str = "nothing"  # observe, look, cancel, persist: once more, when the verdict is there
    says: tuple[tuple[str, str], ...] = ()  # verdicts, each with what is emitted in place of its own outcome

    def attempt(self, request: BookingRequest) -> Attempt:
        """Return an attempt at a request."""
        if self.only and request.booking_id != self.only:
            return attempt_booking(request)
        return self._attempt(request)

    def _attempt(self, request: BookingRequest) -> Attempt:
        units = self.units or request.units
        asked = BookingRequest(self.under or request.booking_id, self.at or request.resource_id, units)
        if self.early == "stepless":
            return spoken(self.early_says)
        if self.looks:
            yield Look(asked.resource_id)
        for turn in range(1 + self.retries):
            observation: Observation = NotObserved.ABSENT
            for _ in range(self.observes):
                observation = yield Observe(asked.resource_id)
                if observation is NotObserved.UNAVAILABLE:
                    return self._emit(Verdict.STORE_UNAVAILABLE)
            if turn == 0 and self._is_early(observation, asked.units):
                return spoken(self.early_says)
            proposal = self._propose(asked, observation)
            verdict: Verdict = yield Persist(proposal)
            if verdict is not Verdict.VERSION_CONFLICT:
                break
        yield from self._afterwards(asked, proposal, verdict)
        return self._emit(verdict)

    def _is_early(self, observation: Observation, units: int) -> bool:
        if not isinstance(observation, Resource):
            return self.early == "absent"
        fits = observation.confirmed + units <= observation.capacity
        return self.early == ("room" if fits else "full")

    def _propose(self, asked: BookingRequest, observation: Observation) -> Proposal:
        proposal = propose(asked, observation)
        if self.expects == "zero":
            return replace(proposal, expected_version=0)
        if self.expects == "next" and proposal.expected_version is not None:
            return replace(proposal, expected_version=proposal.expected_version + 1)
        return proposal

    def _afterwards(self, asked: BookingRequest, proposal: Proposal, verdict: Verdict) -> Taking:
        match self.after:
            case "observe":
                yield Observe(asked.resource_id)
            case "look":
                yield Look(asked.resource_id)
            case "cancel" if verdict is not Verdict.OVER_CAPACITY:
                yield Cancel(asked)
            case "persist":
                yield Persist(proposal)

    def _emit(self, verdict: Verdict) -> Any:
        said = dict(self.says).get(str(verdict))
        return emit(verdict) if said is None else spoken(said)

    @property
    def most_steps(self) -> int:
        """Return how many steps an attempt takes at most."""
        if self.early == "stepless":
            return 2 if self.only else 0
        return max(2, self.looks + (self.observes + 1) * (1 + self.retries) + (self.after != "nothing"))


def spoken(said: str) -> Any:
    """Return what an attempt returns by its text: an outcome, a reason for FAILED, or what is no outcome."""
    if said == "nothing":
        return None
    return Emission(Outcome(said)) if said in list(Outcome) else Emission(Outcome.FAILED, Reason(said))


def implementation_of(rules: Rules, flow: Flow) -> Implementation:
    """Return the two together. The store claims the order in which it checks."""
    order = [one for one in rules.order if one in ("version", "capacity")]
    policy = Policy.CAPACITY_FIRST if order[:1] == ["capacity"] else Policy.VERSION_FIRST
    return Implementation("drawn", partial(Rules.open, rules), flow.attempt, policy)  # type: ignore[arg-type]
