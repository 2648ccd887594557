"""The four-step flow against the one-step specification: persist is the moment at which an attempt takes effect.

Each transition of the model has to be a step of `atomic`, read through the ledger and the outcomes, or no step of it
at all. That is checked on the fly, transition by transition, by every search of the model. It is sufficient for
linearizability and not necessary: an implementation may take effect at another moment of its own. Of real code the
simulations therefore decide linearizability itself. (Abadi and Lamport 1991 on refinement mappings.)
"""

from lastseat.model.atomic import book
from lastseat.model.properties import STEP_CHECKS, Property, Step, reservation_of
from lastseat.model.world import Outcome, Verdict


def departure(step: Step) -> str | None:
    """Return how `step` differs from the one-step specification, or None where it is a step of it.

    An attempt that FAILED is absent, and one whose acknowledgement was lost may have booked.
    Clause: history.linearizable
    """
    before, after = step.before.reservations, step.after.reservations
    if step.emitted is None:
        return None if before == after else "reservations changed in a step that ends no attempt"
    capacities = {name: resource.capacity for name, resource in step.before.resources}
    booked, outcome = book(capacities, frozenset(before), step.request)
    due = before
    if booked != frozenset(before):
        due = tuple(sorted((*before, reservation_of(step.request))))
    if step.emitted.outcome is Outcome.FAILED:
        lost = step.emitted.reason is Verdict.ACKNOWLEDGEMENT_LOST
        absent = after == before or (lost and after == due)
        return None if absent else "an attempt FAILED and left reservations changed"
    if step.emitted.outcome is not outcome:
        return f"emitted {step.emitted.outcome} where one step would emit {outcome}"
    return None if after == due else f"{outcome} left other reservations than one step would"


REFINEMENT: Property[Step] = Property(
    "history.linearizable",
    "each step is a step of the one-step specification, or none",
    lambda step: step.ended or step.before.reservations != step.after.reservations,
    departure,
)

# What the searches of the model check of a step.
MODEL_STEP_CHECKS: tuple[Property[Step], ...] = (*STEP_CHECKS, REFINEMENT)
