"""Why a clause is violated, in one sentence: a template for each clause, with names, versions and steps of a run."""

from collections.abc import Callable, Mapping

from lastseat.model.properties import changed, fits
from lastseat.reference.values import Emission, Outcome, Verdict
from lastseat.simulations.bookings.abstraction import store_of
from lastseat.simulations.bookings.findings import Finding
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import printable
from lastseat.simulations.counterexamples.shown import (
    MOST_LISTED,
    Shown,
    anything,
    ending_of,
    outcome_of,
    resource_of,
    short,
    units_of,
)
from lastseat.simulations.counterexamples.story import change_told, emission_told
from lastseat.simulations.kernel.run import Run, Taken

LONGEST_CAUSE = 500  # characters
SUSPENSION = "progress.suspension"


Template = Callable[[Shown], str]


def cause_of(run: Run, scenario: Scenario, finding: Finding) -> str:
    """Return one sentence, without a full stop, that says why `finding` is so; `run` ends with the step it names.

    It is safe to print whatever the ids are. For what has no template, it tells the step and what is wrong with it.
    """
    shown = Shown(run, scenario.delivered(), finding)
    template = TEMPLATES.get(finding.clause, anything) if run.taken or finding.clause == SUSPENSION else anything
    return printable(template(shown), LONGEST_CAUSE)


# --- states ---------------------------------------------------------------------------------------------------


def _capacity(shown: Shown) -> str:
    for name, held in shown.last.after.resources:
        if not 0 <= held.confirmed <= held.capacity:
            before = resource_of(shown.last.before, name)
            earlier = f", from {before.confirmed}" if before else ""
            return (
                f"{shown.who}'s {shown.kind} in step {shown.number} took {short(name)} to {held.confirmed} confirmed"
                f"{earlier}, and its capacity is {held.capacity}"
            )
    return anything(shown)


def _sum(shown: Shown) -> str:
    for name, held in shown.last.after.resources:
        booked = sum(made.units for made in shown.last.after.reservations if made.resource_id == name)
        if booked != held.confirmed:
            return (
                f"after {shown.who}'s {shown.kind} in step {shown.number}, {short(name)} counts {held.confirmed} "
                f"confirmed, and its reservations add up to {booked}"
            )
    return anything(shown)


def _unique(shown: Shown) -> str:
    ids = [made.booking_id for made in shown.last.after.reservations]
    twice = next((booking_id for booking_id in ids if ids.count(booking_id) > 1), None)
    since = shown.recorded_since(twice) if twice is not None else 0
    if twice is None or not since:
        return anything(shown)
    return (
        f"{shown.who}'s {shown.kind} in step {shown.number} recorded booking id {short(twice)} once more, "
        f"though it is recorded since step {since}"
    )


def _version(shown: Shown) -> str:
    for name, held in shown.last.after.resources:
        effects = shown.effects(name)
        first = resource_of(shown.run.taken[0].before, name)
        if held.version != effects and first is not None and first.version:
            return f"the store starts {short(name)} at version {first.version}, as step {shown.number} shows"
        if held.version != effects:
            return (
                f"{shown.who}'s {shown.kind} in step {shown.number} left {short(name)} at version {held.version}, "
                f"after {effects} step{'s' * (effects != 1)} that took effect on it"
            )
    return anything(shown)


# --- steps ----------------------------------------------------------------------------------------------------


def _observe_changed(shown: Shown) -> str:
    return f"{shown.who}'s observe in step {shown.number} changed the store: {change_told(shown.last)}"


def _other_changed(shown: Shown) -> str:
    return (
        f"{shown.who}'s {shown.kind} in step {shown.number} is no persist and changed the store: "
        f"{change_told(shown.last)}"
    )


def _refusal(shown: Shown) -> str:
    answer = printable(str(shown.last.result), 60)
    return (
        f"{shown.who}'s persist in step {shown.number} was answered {answer} and changed the store all the same: "
        f"{change_told(shown.last)}"
    )


def _version_step(shown: Shown) -> str:
    effective = changed(store_of(shown.last.before), store_of(shown.last.after))
    for name, held in shown.last.after.resources:
        before = resource_of(shown.last.before, name)
        earlier = before.version if before else 0
        if held.version - earlier != (name in effective):
            effect = "took effect" if name in effective else "had no effect"
            moved = f"left its version at {held.version}" if held.version == earlier else (
                f"took its version from {earlier} to {held.version}"
            )  # fmt: skip
            return f"{shown.who}'s persist in step {shown.number} {effect} on {short(name)} and {moved}"
    return anything(shown)


def _compare_and_swap(shown: Shown) -> str:
    proposal = getattr(shown.last.operation, "proposal", None)
    expected = proposal.expected_version if proposal else None
    basis = "without a version" if expected is None else f"on version {expected}"
    since = 0
    for taken in shown.run.taken[:-1]:
        held = resource_of(taken.after, shown.resource)
        fresh = held is not None and held.version == expected
        since = 0 if fresh else (since or taken.number)
    stale = f", stale since step {since}," if since and expected is not None else ""
    did = "accepted" if shown.last.result is Verdict.ACCEPTED else "applied"
    return f"{shown.who} persisted in step {shown.number} {basis}{stale} and the store {did} it"


def _identity(shown: Shown) -> str:
    request = shown.scenario.requests[shown.last.process]
    recorded = next((made for made in shown.last.before.reservations if made.booking_id == request.booking_id), None)
    if recorded is None:
        return anything(shown)
    due, whose = ("accepted", "this") if recorded.is_of(request) else ("identifier reuse", "another")
    return (
        f"booking id {short(request.booking_id)} is recorded for {whose} request since step "
        f"{shown.recorded_since(request.booking_id)}, and {shown.who}'s persist in step {shown.number} was answered "
        f"{printable(str(shown.last.result), 60)}, not {due}"
    )


# --- attempts -------------------------------------------------------------------------------------------------


def _one_outcome(shown: Shown) -> str:
    ending = ending_of(shown)
    if ending is None:
        return f"{shown.who} ended in step {shown.number} without an outcome"
    reason = f"with the reason {ending.reason}" if ending.reason else "without a reason"
    return f"{shown.who} ended in step {shown.number} {ending.outcome} {reason}"


def _one_persist(shown: Shown) -> str:
    for kind in ("persist", "observe"):
        steps = shown.own(kind)
        if len(steps) > 1:
            return f"{shown.who} took a second {kind} in step {steps[1]}, after its first in step {steps[0]}"
    return anything(shown)


def _decided_early(shown: Shown) -> str:
    observed = shown.own("observe")
    basis = f" on what it observed in step {observed[-1]}" if observed else ""
    return f"{shown.who} ended {outcome_of(shown)} in step {shown.number}{basis}, before any persist"


def _booked(shown: Shown) -> str:
    recorded = next((made for made in shown.last.after.reservations if made.booking_id == shown.booking), None)
    instead = f"another request is recorded under {short(shown.booking)}" if recorded else "it is not recorded"
    answer = f", answered {printable(str(shown.last.result), 60)}," if shown.last.operation.kind == "persist" else ""
    return f"{shown.who} ended its {shown.kind} in step {shown.number}{answer} as BOOKED, and {instead}"


def _persisted_at(shown: Shown) -> Taken:
    own = [taken for taken in shown.run.taken if shown.is_own(taken)]
    return next((taken for taken in reversed(own) if taken.operation.kind == "persist"), own[-1])


def _rejected(shown: Shown) -> str:
    persist = _persisted_at(shown)
    request = shown.scenario.requests[shown.last.process]
    held = resource_of(persist.before, request.resource_id)
    if held is None or not fits(store_of(persist.before).resource(request.resource_id), request.units):
        return anything(shown)
    return (
        f"{shown.who} was REJECTED in step {shown.number}, though its persist in step {persist.number} found "
        f"{held.capacity - held.confirmed} of {units_of(held.capacity)} free and it asked for {request.units}"
    )


def _conflict(shown: Shown) -> str:
    observed = [number for number in shown.own("observe") if number < shown.number]
    since = f"since its observe in step {observed[-1]}" if observed else "before it"
    name = short(shown.scenario.requests[shown.last.process].resource_id)
    return (
        f"{shown.who} FAILED by version conflict in step {shown.number}, and no persist of another attempt took "
        f"effect on {name} {since}"
    )


def _unbooked(shown: Shown) -> str:
    own = (taken for taken in shown.run.taken if shown.is_own(taken))
    effective = [taken.number for taken in own if changed(store_of(taken.before), store_of(taken.after))]
    if not effective:
        return anything(shown)
    where = "there" if effective[0] == shown.number else f"in step {effective[0]}"
    return f"{shown.who} ended {outcome_of(shown)} in step {shown.number}, and what it did {where} took effect"


def _solo(shown: Shown) -> str:
    begun = next(taken.number for taken in shown.run.taken if taken.process == shown.last.process)
    return (
        f"{shown.who} ended {outcome_of(shown)} in step {shown.number}, and since its first step, {begun}, nobody "
        "interfered: the resource is known, the booking id unused"
    )


def _two_steps(shown: Shown) -> str:
    own = [str(taken.number) for taken in shown.run.taken if shown.is_own(taken)]
    rest = shown.run.unfinished
    ahead = shown.run.ahead[shown.last.process].kind if shown.last.process in rest else "more"
    return (
        f"{shown.who} has taken {len(own)} shared steps with step {shown.number}, and has not ended: its next is "
        f"{printable(ahead, 30)}"
    )


def _suspension(shown: Shown) -> str:
    waiting = shown.run.waiting
    if not waiting:
        return anything(shown)
    who = waiting[0]
    kind = printable(shown.run.ahead[who].kind, 30)
    begun = {taken.process for taken in shown.run.taken}
    holders = [shown.label(who) for who in shown.run.free if who in begun][:MOST_LISTED]
    for_whom = f" until {' or '.join(holders)} goes on, who may be suspended for ever" if holders else ""
    when = f"after step {shown.number}" if shown.number else "at the start"
    return f"{when}, {shown.label(who)} cannot take its {kind}{for_whom}"


# --- runs -----------------------------------------------------------------------------------------------------


def _kept(shown: Shown) -> str:
    requests = shown.scenario.requests
    for who, returned in sorted(shown.run.returned.items()):
        booked = isinstance(returned, Emission) and returned.outcome is Outcome.BOOKED
        if not booked or any(made.is_of(requests[who]) for made in shown.last.after.reservations):
            continue
        ended = max((taken.number for taken in shown.run.taken if taken.process == who), default=0)
        held = [any(made.is_of(requests[who]) for made in taken.after.reservations) for taken in shown.run.taken]
        if not any(held):
            return f"{shown.label(who)} was BOOKED in step {ended}, and its reservation was never recorded"
        gone = shown.run.taken[len(held) - held[::-1].index(True)]
        return (
            f"{shown.label(who)} was BOOKED in step {ended}, and its reservation is gone since "
            f"{shown.label(gone.process)}'s {printable(gone.operation.kind, 30)} in step {gone.number}"
        )
    return anything(shown)


def _recorded(shown: Shown) -> str:
    requests, returned = shown.scenario.requests, shown.run.returned
    for made in shown.last.after.reservations:
        own = [who for who, request in enumerate(requests) if made.is_of(request)]
        endings = [returned[who] for who in own if isinstance(returned.get(who), Emission)]
        if any(ending.outcome is Outcome.BOOKED for ending in endings):
            continue
        since = next(taken.number for taken in shown.run.taken if made in taken.after.reservations)
        told = [f"{shown.label(who)} {emission_told(returned[who])}" for who in own if who in returned]
        ended = f" ({', '.join(told[:MOST_LISTED])})" if told else ""
        return (
            f"booking id {short(made.booking_id)} is recorded since step {since}, and nobody was BOOKED for it{ended}"
        )
    return anything(shown)


def _linearizable(shown: Shown) -> str:
    ends = {
        taken.process: taken.returned
        for taken in shown.run.taken
        if taken.ended and isinstance(taken.returned, Emission)
    }
    ending = ends.pop(shown.last.process, None)
    if ending is None:
        return anything(shown)
    others = [
        f"{shown.label(who)} {emitted.outcome}"
        for who, emitted in ends.items()
        if emitted.outcome is not Outcome.FAILED
    ]
    beside = f" beside {', '.join(others[:MOST_LISTED])}{' and others' * (len(others) > MOST_LISTED)}" * bool(others)
    return (
        f"since step {shown.number}, no order of the bookings, one at a time, explains {shown.who} {ending.outcome}"
        f"{beside}{_overbooked(shown, {shown.last.process: ending, **ends})}"
    )


def _overbooked(shown: Shown, ends: Mapping[int, Emission]) -> str:
    """Return that more was BOOKED than there is, "" where it was not."""
    requests = shown.scenario.requests
    booked = {requests[who] for who, emitted in ends.items() if emitted.outcome is Outcome.BOOKED}
    for name, capacity in shown.scenario.capacities:
        units = sum(request.units for request in booked if request.resource_id == name)
        if units > capacity:
            return f": {units_of(units)} of {short(name)} were BOOKED, and its capacity is {capacity}"
    return ""


TEMPLATES: Mapping[str, Template] = {
    "state.capacity": _capacity,
    "state.sum": _sum,
    "state.unique": _unique,
    "state.version": _version,
    "observe.pure": _observe_changed,
    "persist.only_writer": _other_changed,
    "persist.refusal_pure": _refusal,
    "persist.version_step": _version_step,
    "persist.compare_and_swap": _compare_and_swap,
    "persist.identity": _identity,
    "emit.one": _one_outcome,
    "attempt.one_persist": _one_persist,
    "attempt.decides_at_persist": _decided_early,
    "emit.booked": _booked,
    "emit.rejected": _rejected,
    "emit.conflict": _conflict,
    "emit.unbooked": _unbooked,
    "attempt.solo": _solo,
    "progress.two_steps": _two_steps,
    SUSPENSION: _suspension,
    "emit.kept": _kept,
    "emit.recorded": _recorded,
    LINEARIZABLE: _linearizable,
}
