"""The distinct steps of real attempts, from any state, each performed and judged once."""

from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest, Snapshot
from lastseat.simulations.bookings.judging.judge import Judge, Judged
from lastseat.simulations.bookings.judging.places import Running
from lastseat.simulations.bookings.program import booking_program
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.kernel.actions import Action, Fault, process_of
from lastseat.simulations.strategies.merging.restored import Blocked, Performed, Restored


class RealSteps(Restored[Judged]):
    """The distinct steps of one implementation on one scenario: what is remembered are the judge's numbers."""

    guards = False  # an attempt is given no store, and can change none

    def __init__(self, scenario: Scenario, implementation: Implementation) -> None:
        scenario = scenario.delivered()
        program = booking_program(scenario, implementation)
        super().__init__(program, program.meter())
        self.scenario, self.implementation = scenario, implementation
        self.judge = Judge(scenario, implementation)
        self.start = self.judge.start(self.first)
        requests: dict[str, BookingRequest] = {}
        # Once one of two payloads is booked, the other is refused for another reason than before, and what could be
        # placed before that booking could not be placed after it.
        self.some_id_has_two_payloads = any(
            requests.setdefault(request.booking_id, request) != request for request in scenario.requests
        )

    def kept(self, shared: int) -> Snapshot:
        """Return the snapshot of a shared state."""
        return self.judge.shared.values[shared].snapshot

    def told(self, who: int, local: int) -> tuple[object, ...] | None:
        """Return what an attempt in that local state has received, or None where it takes no more steps."""
        state = self.judge.locals[who].values[local]
        return state.received if isinstance(state, Running) else None

    def returned(self, who: int, local: int) -> None:
        """Return nothing: what an attempt returned is known only as what it emitted, and nobody waits for it."""
        del who, local

    def after(self, performed: Performed) -> Judged:
        """Judge a step that was performed."""
        step = performed.step
        fault = step.fault if isinstance(step, Action) else None
        return self.judge.judge(
            performed.shared,
            process_of(step),
            performed.local,
            performed.operation,
            performed.result,
            performed.after,
            None if fault is Fault.CRASH_AFTER else performed.returned,
            fault,
        )

    def crashed(self, shared: int, who: int, local: int, operation: object) -> Judged:
        """Judge that an attempt died instead of taking its step."""
        del operation
        return self.judge.judge_crash(shared, who, local)

    def ended(self, who: int, returned: object) -> Judged:
        """Judge an attempt that ended before its first step."""
        return self.judge.judge_stepless(who, self.start, returned)

    def blocked(self, shared: int, who: int, local: int, operation: object) -> Blocked:
        """Judge that an attempt has to wait."""
        kind = str(getattr(operation, "kind", ""))
        return Blocked(kind, self.judge.judge_blocked(shared, who, local, operation))  # type: ignore[arg-type]
