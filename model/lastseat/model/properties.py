"""The named properties: what must hold of every state, step and finished run.

Each property is one clause of `specs/booking.md`. It says when it speaks (`applies`: its antecedent) and what
would break it (`witness`: a sentence, or None when it holds). A property whose antecedent was never true was
not checked, whatever else a search says: `fired` counts are kept for that.

They speak about `State`, `Step` and `Run` records, which a search builds from model worlds and the simulations from
executions of real code. So there is one definition of each property, and two independent things it is held to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from lastseat.model.world import Done, Outcome, Request, Reservation, Resource, Store, Verdict


@dataclass(frozen=True, slots=True)
class Window:
    """What was true at an attempt's persist, and between its observe and that persist."""

    fitted: bool  # the units fitted the current state
    raced: bool  # another attempt's persist on the same resource took effect since the observe
    known: bool  # the resource exists
    used: bool  # the booking id was recorded already
    after_a_fault: bool = False  # a fault struck in this step of the attempt, or an earlier one


@dataclass(frozen=True, slots=True)
class State:
    """What all attempts share at one moment: the store, and how many steps took effect on each resource so far."""

    store: Store
    effects: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One shared step of one attempt, and all that the properties ask about it.

    `effective` names the resources on which it took effect (see `changed`). The counts `observes`, `persists`,
    `own_effects` and `steps` are the attempt's own, this step included.
    """

    request: Request
    action: str
    before: Store
    after: Store
    effective: tuple[str, ...] = ()
    verdict: Verdict | None = None
    expected_version: int | None = None
    observes: int = 0
    persists: int = 0
    own_effects: int = 0
    steps: int = 0
    window: Window | None = None
    ended: bool = False
    emitted: Done | None = None
    blocked: bool = False
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run: the final store, and for each request what its attempt emitted (None: nothing)."""

    requests: tuple[Request, ...]
    emitted: tuple[Done | None, ...]
    final: Store


Broken: TypeAlias = tuple[tuple[str, str], ...]  # clauses, each with the witness that it is violated
Record = TypeVar("Record", State, Step, Run)


@dataclass(frozen=True, slots=True)
class Property(Generic[Record]):
    """A clause that can be checked. `says` is the whole claim in one line."""

    clause: str
    says: str
    applies: Callable[[Record], bool]
    witness: Callable[[Record], str | None]


def changed(before: Store, after: Store) -> tuple[str, ...]:
    """Return the ids of the resources whose confirmed units or reservations differ: where a step took effect.

    The version is left out on purpose, so that version and effect can be held against each other.
    """
    if before is after or before == after:
        return ()
    names = dict.fromkeys(name for store in (before, after) for name in _names(store))
    return tuple(name for name in names if _booked(before, name) != _booked(after, name))


def _names(store: Store) -> tuple[str, ...]:
    return (*(name for name, _ in store.resources), *(reservation.resource_id for reservation in store.reservations))


def _booked(store: Store, name: str) -> tuple[int, tuple[Reservation, ...]]:
    resource = store.resource(name)
    own = tuple(reservation for reservation in store.reservations if reservation.resource_id == name)
    return (resource.confirmed if resource else 0, own)


def fits(resource: Resource | None, units: int) -> bool:
    """Return whether `units` more fit the resource as it is. Clause: persist.capacity"""
    return resource is not None and resource.confirmed + units <= resource.capacity


def reservation_of(request: Request) -> Reservation:
    """Return the reservation that `request` asks for."""
    return Reservation(request.booking_id, request.resource_id, request.units)


# --- states ---------------------------------------------------------------------------------------------------


def _over_capacity(state: State) -> str | None:
    for name, resource in state.store.resources:
        if not 0 <= resource.confirmed <= resource.capacity:
            return f"{name} has {resource.confirmed} of {resource.capacity} units confirmed"
    return None


def _sum_differs(state: State) -> str | None:
    for name, resource in state.store.resources:
        booked = sum(each.units for each in state.store.reservations if each.resource_id == name)
        if booked != resource.confirmed:
            return f"{name} has {resource.confirmed} units confirmed, but its reservations add up to {booked}"
    return None


def _recorded_twice(state: State) -> str | None:
    ids = [reservation.booking_id for reservation in state.store.reservations]
    twice = next((booking_id for booking_id in ids if ids.count(booking_id) > 1), None)
    return f"booking id {twice} is recorded {ids.count(twice)} times" if twice else None


def _version_differs(state: State) -> str | None:
    effects = dict(state.effects)
    for name, resource in state.store.resources:
        if resource.version != effects.get(name, 0):
            return f"{name} is at version {resource.version} after {effects.get(name, 0)} effective persists"
    return None


def _always(_record: State | Step) -> bool:
    return True


STATE_CHECKS: tuple[Property[State], ...] = (
    Property("state.capacity", "0 <= confirmed <= capacity", _always, _over_capacity),
    Property("state.sum", "confirmed = sum of the units of the recorded reservations", _always, _sum_differs),
    Property("state.unique", "a booking id is recorded at most once in the whole store", _always, _recorded_twice),
    Property("state.version", "version = number of effective persists", _always, _version_differs),
)

# --- steps ----------------------------------------------------------------------------------------------------


def _observe_wrote(step: Step) -> str | None:
    return "an observe changed the store" if step.before != step.after else None


def _wrote(step: Step) -> bool:
    return step.action != "observe" and step.before != step.after  # an observe has a property of its own


def _other_wrote(step: Step) -> str | None:
    return f"the step {step.action!r} changed the store" if step.action != "persist" else None


def _refusal_wrote(step: Step) -> str | None:
    return f"a persist answered {step.verdict} and changed the store" if step.before != step.after else None


def _version_jumped(step: Step) -> str | None:
    for name, resource in step.after.resources:
        earlier = step.before.resource(name)
        grown = resource.version - (earlier.version if earlier else 0)
        if grown != (name in step.effective):
            took = "a step that took effect" if name in step.effective else "a step without effect"
            return f"{took} on {name} raised its version by {grown}"
    return None


def _stale_write(step: Step) -> str | None:
    current = step.before.resource(step.request.resource_id)
    version = current.version if current else None
    if step.expected_version == version:
        return None
    return f"a proposal made from version {step.expected_version} took effect at version {version}"


def _identity_broken(step: Step) -> str | None:
    recorded = step.before.recorded(step.request.booking_id)
    due = Verdict.ACCEPTED if recorded == reservation_of(step.request) else Verdict.IDENTIFIER_REUSE
    if step.verdict != due:
        return f"booking id {step.request.booking_id} is recorded; the verdict is {step.verdict}, due is {due}"
    return None


def _recorded_before(step: Step) -> bool:
    answered = step.action == "persist" and not step.fault
    return answered and step.before.recorded(step.request.booking_id) is not None


STEP_PROPERTIES: tuple[Property[Step], ...] = (
    Property("observe.pure", "observe changes nothing", lambda s: s.action == "observe", _observe_wrote),
    Property("persist.only_writer", "only persist writes", _wrote, _other_wrote),
    Property(
        "persist.refusal_pure",
        "a persist that is not accepted changes nothing",
        lambda s: s.action == "persist" and s.verdict not in (Verdict.ACCEPTED, Verdict.ACKNOWLEDGEMENT_LOST),
        _refusal_wrote,
    ),
    Property(
        "persist.version_step",
        "a version rises by one with every effective persist, and never otherwise",
        lambda s: s.action == "persist",
        _version_jumped,
    ),
    Property(
        "persist.compare_and_swap",
        "an effective persist was proposed from the version that is current",
        lambda s: s.action == "persist" and bool(s.effective),
        _stale_write,
    ),
    Property(
        "persist.identity",
        "a recorded id is accepted again for the same request, and refused for another",
        _recorded_before,
        _identity_broken,
    ),
)

# --- attempts -------------------------------------------------------------------------------------------------


UNANSWERED = Done(Outcome.FAILED, Verdict.STORE_UNAVAILABLE)
CONFLICT = Done(Outcome.FAILED, Verdict.VERSION_CONFLICT)
LOST = Done(Outcome.FAILED, Verdict.ACKNOWLEDGEMENT_LOST)


def _is_emitted(*outcomes: Outcome) -> Callable[[Step], bool]:
    return lambda step: step.emitted is not None and step.emitted.outcome in outcomes


def _retried(step: Step) -> str | None:
    if step.observes > 1 or step.persists > 1:
        return f"one attempt observed {step.observes} times and persisted {step.persists} times"
    return None


def _decided_early(step: Step) -> str | None:
    if step.persists or step.emitted == UNANSWERED:
        return None
    return f"{step.emitted and step.emitted.outcome} was decided without a persist"


def _outcome_missing(step: Step) -> str | None:
    if step.emitted is None:
        return "an attempt ended without one of the three outcomes"
    if (step.emitted.outcome is Outcome.FAILED) != (step.emitted.reason is not None):
        return f"an attempt ended {step.emitted.outcome} with reason {step.emitted.reason}"
    return None


def _booked_unrecorded(step: Step) -> str | None:
    if reservation_of(step.request) in step.after.reservations:
        return None
    return f"BOOKED, but booking id {step.request.booking_id} is not recorded as requested"


def _rejected_though_it_fitted(step: Step) -> str | None:
    if step.window and step.window.fitted:
        return f"REJECTED, but {step.request.units} more units fitted at its persist"
    return None


def _conflict_without_race(step: Step) -> str | None:
    if step.window and step.window.raced:
        return None
    return "FAILED by version conflict, but no other persist took effect between its observe and its persist"


def _unbooked_effect(step: Step) -> str | None:
    if step.own_effects:
        return f"{step.emitted and step.emitted.outcome}, but a persist of this attempt took effect"
    return None


def _undisturbed(step: Step) -> bool:
    window = step.window
    calm = window and window.known and not (window.used or window.raced or window.after_a_fault)
    return bool(step.ended and not step.fault and calm)


def _failed_alone(step: Step) -> str | None:
    if step.emitted and step.emitted.outcome is Outcome.FAILED:
        return f"FAILED ({step.emitted.reason}) though nobody interfered, the resource is known and the id unused"
    return None


def _too_many_steps(step: Step) -> str | None:
    return None if step.ended else f"an attempt has taken {step.steps} shared steps and has not ended"


def _blocked(step: Step) -> str | None:
    return f"an attempt cannot take its step {step.action!r} until another one moves" if step.blocked else None


def _not_booked(step: Step) -> bool:
    return step.emitted is not None and step.emitted.outcome is not Outcome.BOOKED and step.emitted != LOST


ATTEMPT_PROPERTIES: tuple[Property[Step], ...] = (
    Property("emit.one", "an attempt that ends emits exactly one outcome", lambda s: s.ended, _outcome_missing),
    Property("attempt.one_persist", "at most one observe and one persist: no retry", _always, _retried),
    Property(
        "attempt.decides_at_persist",
        "nothing is decided before persist",
        _is_emitted(*Outcome),
        _decided_early,
    ),
    Property("emit.booked", "BOOKED: its reservation is recorded", _is_emitted(Outcome.BOOKED), _booked_unrecorded),
    Property(
        "emit.rejected",
        "REJECTED: at its persist the units did not fit the current state",
        _is_emitted(Outcome.REJECTED),
        _rejected_though_it_fitted,
    ),
    Property(
        "emit.conflict",
        "FAILED by conflict: another persist took effect inside its window",
        lambda s: s.emitted == CONFLICT,
        _conflict_without_race,
    ),
    Property("emit.unbooked", "REJECTED or FAILED: nothing of it is recorded", _not_booked, _unbooked_effect),
    Property(
        "attempt.solo",
        "undisturbed, without a fault, on a known resource, with an unused id, an attempt never FAILS",
        _undisturbed,
        _failed_alone,
    ),
    Property(
        "progress.two_steps",
        "every attempt ends within two shared steps of its own",
        lambda s: s.ended or s.steps >= 2,
        _too_many_steps,
    ),
    Property("progress.suspension", "no attempt ever waits for another one", _always, _blocked),
)

STEP_CHECKS: tuple[Property[Step], ...] = STEP_PROPERTIES + ATTEMPT_PROPERTIES

# --- finished runs --------------------------------------------------------------------------------------------


def _booking_lost(run: Run) -> str | None:
    for request, emitted in zip(run.requests, run.emitted, strict=True):
        booked = emitted is not None and emitted.outcome is Outcome.BOOKED
        if booked and reservation_of(request) not in run.final.reservations:
            return f"booking id {request.booking_id} was BOOKED, and at the end it is not recorded"
    return None


def _recorded_for_nobody(run: Run) -> str | None:
    claimed = {
        reservation_of(request)
        for request, emitted in zip(run.requests, run.emitted, strict=True)
        if emitted and (emitted.outcome is Outcome.BOOKED or emitted.reason is Verdict.ACKNOWLEDGEMENT_LOST)
    }
    stray = next((reservation for reservation in run.final.reservations if reservation not in claimed), None)
    return f"booking id {stray.booking_id} is recorded, and no attempt for it was BOOKED" if stray else None


def _anyone_booked(run: Run) -> bool:
    return any(emitted and emitted.outcome is Outcome.BOOKED for emitted in run.emitted)


RUN_CHECKS: tuple[Property[Run], ...] = (
    Property("emit.kept", "what was BOOKED is still recorded at the end", _anyone_booked, _booking_lost),
    Property(
        "emit.recorded",
        "what is recorded was BOOKED (or its acknowledgement was lost)",
        lambda run: bool(run.final.reservations),
        _recorded_for_nobody,
    ),
)


def assess(record: Record, checks: tuple[Property[Record], ...]) -> tuple[list[str], Broken]:
    """Return the clauses that speak about `record`, and (clause, witness) for each of them that it violates."""
    speaking = [check for check in checks if check.applies(record)]
    broken = [(check.clause, what) for check in speaking if (what := check.witness(record)) is not None]
    return [check.clause for check in speaking], tuple(broken)
