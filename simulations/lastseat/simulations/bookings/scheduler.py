"""One schedule of real attempts, executed; and every schedule, which is the definition of exhaustive."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from lastseat.reference.implementation import Implementation
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.bookings.program import booking_program
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel import naive
from lastseat.simulations.kernel.actions import Step
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.kernel.run import Recorder, Run, play
from lastseat.simulations.kernel.schedule import ScheduleError
from lastseat.simulations.kernel.stepping import MisfitError


def run(
    scenario: Scenario, implementation: Implementation, steps: Iterable[Step], *, to_the_end: bool = False
) -> Run:
    """Execute `steps` from a fresh store; then, if asked, let the first attempt that can go on do so, to the end.

    Raises ScheduleError at the first step that no longer applies, with its number, and what the code under test
    raises.
    """
    with _as_said_of_bookings():
        executed = play(booking_program(scenario.delivered(), implementation), steps, to_the_end=to_the_end)
    for failure in executed.broken:
        raise ExplorationError(f"the code of {implementation.name} raised AssertionError: {failure.said}")
    return executed


def recorder(scenario: Scenario, implementation: Implementation) -> Recorder:
    """Return an execution that is taken step by step, for whoever decides about each when the one before is done."""
    with _as_said_of_bookings():
        return Recorder(booking_program(scenario.delivered(), implementation))


def schedules(scenario: Scenario, implementation: Implementation, visit: Callable[[Run], None]) -> int:
    """Execute every schedule, each from the start, and call `visit` with each; return how many there are.

    The definition of exhaustive: nothing is pruned, remembered or merged, and every fault is tried in every step,
    up to the budget of the scenario. Only for small scenarios.
    """
    with _as_said_of_bookings():
        return naive.schedules(booking_program(scenario.delivered(), implementation), visit)


@contextmanager
def _as_said_of_bookings() -> Iterator[None]:
    """Let errors of a program be seen as what they are to attempts: a schedule that does not fit, or their own."""
    try:
        yield
    except MisfitError as error:
        raise ScheduleError(str(error)) from None
    except ProgramError as error:
        if isinstance(error.__cause__, Exception):
            raise error.__cause__  # noqa: B904 - it is what the code under test raised itself
        raise ExplorationError(str(error)) from error
