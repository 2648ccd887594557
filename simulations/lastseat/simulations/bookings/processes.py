"""Starting attempts of real code, and telling what went wrong when they misbehave."""

from collections.abc import Callable, Sequence
from typing import Any

from lastseat.reference.attempt_booking import Attempt, Operation
from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.schedule import Schedule

# A correct attempt takes two shared steps. One that takes this many is cut off, and the search says so.
MOST_STEPS = 16


class ExplorationError(ValueError):
    """The code under the scheduler cannot be explored; the text is one line and names the schedule so far."""


def begin(
    scenario: Scenario, implementation: Implementation
) -> tuple[list[Attempt], list[Operation | None], list[tuple[int, Any]]]:
    """Start every attempt and return them, the operation that each waits to take, and those that took none.

    An attempt's code before its first operation is local. One that ends there has None for an operation, and
    stands in the third list with what it returned.
    """
    attempts = [implementation.attempt(request) for request in scenario.requests]
    pending: list[Operation | None] = [next(attempt, None) for attempt in attempts]
    if all(pending):  # nobody is None; the usual case, and looked at for every execution
        return attempts, pending, []
    # An attempt took no step. What it returned is gone with its end, so it is asked once more.
    stepless = [(who, _returned(implementation, scenario, who)) for who, one in enumerate(pending) if one is None]
    return attempts, pending, stepless


def _returned(implementation: Implementation, scenario: Scenario, who: int) -> Any:
    try:
        next(implementation.attempt(scenario.requests[who]))
    except StopIteration as finished:
        return finished.value
    raise ExplorationError(f"attempt {who} of {implementation.name} took no step, and then it took one")


def waits(store: Any) -> Callable[[Operation], bool] | None:
    """Return the store's `would_block`, which says that an operation cannot be taken now; None: it never waits."""
    would_block: Callable[[Operation], bool] | None = getattr(store, "would_block", None)
    return would_block


def failed(scenario: Scenario, steps: Sequence[int], error: Exception) -> ExplorationError:
    """Return the one line that tells that the code under test raised."""
    what = f"{type(error).__name__}: {printable(str(error), 200)}"
    return ExplorationError(f"scenario {scenario.name}, schedule {Schedule.of(steps)}: the code raised {what}")
