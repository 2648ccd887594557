"""Judging the steps of real code: every property, and conformance to the model, once for each distinct step.

A step is decided by what the store holds and what the attempt has received so far. The judge adds the little
history that the properties ask about (which persists took effect, and since when) to these two, gives each
distinct value a small number, and judges each distinct (store, attempt, received) once, however many schedules
pass through it. Why this loses nothing: `specs/decisions/merging.md`.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lastseat.model.properties import (
    LOST,
    RUN_CHECKS,
    STATE_CHECKS,
    STEP_CHECKS,
    STEP_PROPERTIES,
    Broken,
    Run,
    State,
    Step,
    Window,
    assess,
    changed,
    fits,
)
from lastseat.model.refinement import departure
from lastseat.model.steps import take_alone
from lastseat.model.world import Reservation, Store, System
from lastseat.reference.attempt_booking import Operation
from lastseat.reference.implementation import Implementation
from lastseat.reference.values import Resource, Snapshot
from lastseat.simulations.bookings.abstraction import (
    emitted_of,
    local_of,
    store_of,
    system_of,
    take_with_fault,
    verdict_of,
)
from lastseat.simulations.bookings.exploration import CONFORMANCE, Vector
from lastseat.simulations.bookings.judging.cases import Cases, Speaking
from lastseat.simulations.bookings.judging.linearizability import LINEARIZABLE, Monitor
from lastseat.simulations.bookings.judging.places import Crashed, Ended, Running, Shared
from lastseat.simulations.bookings.scenario import Scenario
from lastseat.simulations.common.numbering import Numbering
from lastseat.simulations.kernel import actions
from lastseat.simulations.kernel.actions import FAILING, Fault, FaultKind

# What is asked where no step can be taken.
WAITING_CHECKS = tuple(check for check in STEP_CHECKS if check.clause == "progress.suspension")


@dataclass(slots=True)
class Judged:
    """One distinct step: what it gave, where it led (as numbers of the judge), and what is wrong with it.

    `linear` says that the one-step specification, applied at this very step, explains what was emitted. `open`
    says that the attempt may have taken effect or not, whatever the store has recorded: nobody was told.
    """

    result: Any
    after: Snapshot
    shared: int
    local: int
    returned: tuple[Any] | None  # what the attempt returned right after it; None where it goes on
    linear: bool
    violations: Broken
    nonconforming: str | None = None
    open: bool = False


@dataclass(slots=True)
class Judge:
    """Judges one implementation on one scenario."""

    scenario: Scenario
    implementation: Implementation
    shared: Numbering[Shared] = field(default_factory=Numbering)
    locals: list[Numbering[Running | Ended]] = field(default_factory=list)
    cases: Cases = field(default_factory=Cases)
    system: System = field(init=False)
    capacities: dict[str, int] = field(init=False)
    monitor: Monitor = field(init=False)  # decides linearizability
    _vectors: dict[tuple[int, ...], Vector] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)  # what each shared state violates
    stores: dict[Snapshot, Store] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.system = system_of(self.scenario, self.implementation)
        self.capacities = dict(self.scenario.capacities)
        self.monitor = Monitor(self.capacities, self.system.requests)
        self.locals = [Numbering[Running | Ended]() for _ in self.scenario.requests]
        for numbering in self.locals:
            numbering.number(Running())  # so that 0 is where every attempt starts

    def start(self, snapshot: Snapshot) -> int:
        """Return the number of the shared state in which nothing has happened."""
        return self.number(Shared(snapshot))

    def judge(
        self,
        shared: int,
        attempt: int,
        local: int,
        operation: Operation,
        result: object,
        after: Snapshot,
        returned: tuple[Any] | None,
        fault: Fault | None = None,
    ) -> Judged:
        """Judge one step: `returned` holds what the attempt returned right after it, None if it goes on or died.

        `result` is what the attempt was told, `fault` what went wrong in it. A crash before it is `judge_crash`.
        """
        before, running = self.shared.values[shared], self.locals[attempt].values[local]
        assert isinstance(running, Running)
        step = self._record(before, attempt, running, operation, result, after, returned)
        if fault in FAILING:
            window = step.window and replace(step.window, after_a_fault=True)
            step = replace(step, fault=True, window=window)
        died = fault is Fault.CRASH_AFTER
        effects = _counted(before.effects, step.effective)
        moved = self._moved(running, step, result, dict(effects).get(step.request.resource_id, 0))
        speaking, broken = assess(step, STEP_PROPERTIES if died else STEP_CHECKS)
        faults = self._faults(attempt, running, fault)
        self.cases.note((attempt, fault, shared, local), (*speaking, CONFORMANCE, *faults))
        number = shared if after == before.snapshot else self.number(Shared(after, effects))
        ending: Running | Ended = Ended(step.emitted) if returned else moved
        if died:  # to all others as if its acknowledgement were lost; it owes no outcome
            ending, step = Crashed(None, begun=True, applied=bool(step.own_effects)), replace(step, emitted=LOST)
        return Judged(
            result=result,
            after=after,
            shared=number,
            local=self.locals[attempt].number(ending),
            returned=returned,
            linear=self._is_linear(step),
            violations=self.broken[number] + broken,
            nonconforming=self._nonconforming(running, step, result, ending, fault),
            # One that died stays pending: it may take effect later too, unless it did already.
            open=(step.ended and step.emitted in (None, LOST))
            or (died and step.before.reservations != step.after.reservations),
        )

    def judge_crash(self, shared: int, attempt: int, local: int) -> Judged:
        """Judge that an attempt dies instead of taking its next step: nothing happens, and it owes nothing.

        Clause: fault.crash
        """
        running = self.locals[attempt].values[local]
        assert isinstance(running, Running)
        self.cases.note(
            (attempt, Fault.CRASH_BEFORE, shared, local), self._faults(attempt, running, Fault.CRASH_BEFORE)
        )
        number = self.locals[attempt].number(Crashed(None, running.begun, bool(running.own_effects)))
        return Judged(None, self.shared.values[shared].snapshot, shared, number, None, linear=True, violations=())

    def judge_stepless(self, attempt: int, shared: int, returned: object) -> Judged:
        """Judge an attempt that ended before its first step."""
        state = self.shared.values[shared]
        store, emitted = self.store(state.snapshot), emitted_of(returned)
        request = self.system.requests[attempt]
        step = Step(request, "start", store, store, ended=True, emitted=emitted)
        speaking, broken = assess(step, STEP_CHECKS)
        self.cases.note((attempt, "start", shared, 0), speaking)
        return Judged(
            None,
            state.snapshot,
            shared,
            self.locals[attempt].number(Ended(emitted)),
            returned=(returned,),
            linear=self._is_linear(step),
            violations=broken,
            nonconforming="an attempt of the model does not end before its first step",
        )

    def judge_blocked(self, shared: int, attempt: int, local: int, operation: Operation) -> Broken:
        """Return what is violated where `attempt` cannot take its next step, `operation`, at all.

        No step was taken, so nothing but the waiting is judged.
        """
        store = self.store(self.shared.values[shared].snapshot)
        step = Step(self.system.requests[attempt], operation.kind, store, store, blocked=True)
        speaking, broken = assess(step, WAITING_CHECKS)
        self.cases.note((attempt, "waits", shared, local), speaking)
        return broken

    def ledger(self, shared: int) -> frozenset[Reservation]:
        """Return the reservations that are recorded in a shared state, as a set."""
        return frozenset(self.store(self.shared.values[shared].snapshot).reservations)

    def vector(self, locals_: tuple[int, ...]) -> Vector:
        """Return what every attempt emitted; None for one that has not ended."""
        vector = self._vectors.get(locals_)
        if vector is None:
            ends = (numbering.values[local] for numbering, local in zip(self.locals, locals_, strict=True))
            vector = tuple(end.emitted if isinstance(end, Ended) else None for end in ends)
            self._vectors[locals_] = vector
        return vector

    def judge_run(self, shared: int, locals_: tuple[int, ...], alike: int = 1) -> tuple[Vector, Broken]:
        """Return what every attempt emitted in a finished run, and what is violated by the run as a whole.

        `alike` is how many ends this one stands for.
        """
        vector = self.vector(locals_)
        told = self._told(vector, locals_) if self.scenario.faults.most else vector
        run = Run(self.system.requests, told, self.store(self.shared.values[shared].snapshot))
        speaking, broken = assess(run, RUN_CHECKS)
        self.cases.note((shared, locals_), (*speaking, LINEARIZABLE), alike)
        return vector, broken

    def _told(self, vector: Vector, locals_: tuple[int, ...]) -> Vector:
        """Return the outcomes, with a lost acknowledgement for whoever took effect and crashed before it heard."""
        ends = (numbering.values[local] for numbering, local in zip(self.locals, locals_, strict=True))
        applied = (isinstance(end, Crashed) and end.applied for end in ends)
        return tuple(LOST if lost else emitted for lost, emitted in zip(applied, vector, strict=True))

    def unexplained(self, steps: Sequence[actions.Step], locals_: tuple[int, ...]) -> int | None:
        """Return how many steps the shortest prefix of an execution has that no linearization explains, or None."""
        ends = (numbering.values[local] for numbering, local in zip(self.locals, locals_, strict=True))
        pending = [who for who, end in enumerate(ends) if isinstance(end, Running | Crashed)]
        return self.monitor.unexplained(steps, self.vector(locals_), pending)

    def number(self, shared: Shared) -> int:
        """Return the number of a shared state; a new one is assessed."""
        number = self.shared.number(shared)
        if number == len(self.broken):
            speaking, broken = assess(State(self.store(shared.snapshot), shared.effects), STATE_CHECKS)
            self.cases.note(number, speaking)
            self.broken.append(broken)
        return number

    def figures(self) -> dict[str, Any]:
        """Return what an `Exploration` says of the cases that were judged: `fired` and `conformed`."""
        fired = self.cases.fired()
        return {"conformed": fired.pop(CONFORMANCE, 0), "fired": fired}

    def digests(self) -> Speaking:
        """Return the cases that were judged, as a judge in another process would name them."""
        return self.cases.digests(self._value_of)

    def _value_of(self, case: Any) -> Hashable:
        """Return the value of a case, by the numbers that stand for it here: a state, an end, or a step."""
        if isinstance(case, int):
            return self.shared.values[case]
        if len(case) == 2:
            shared, locals_ = case
            ends = (numbering.values[local] for numbering, local in zip(self.locals, locals_, strict=True))
            return self.shared.values[shared], tuple(ends)
        attempt, what, shared, local = case
        return attempt, what and str(what), self.shared.values[shared], self.locals[attempt].values[local]

    def store(self, snapshot: Snapshot) -> Store:
        """Return the model's store for a snapshot."""
        store = self.stores.get(snapshot)
        if store is None:
            store = self.stores[snapshot] = store_of(snapshot)
        return store

    def _record(
        self,
        shared: Shared,
        attempt: int,
        running: Running,
        operation: Operation,
        result: Any,
        after: Snapshot,
        returned: tuple[Any] | None,
    ) -> Step:
        """Return what the properties ask about this step."""
        request, name = self.system.requests[attempt], self.scenario.requests[attempt].resource_id
        store, kind = self.store(shared.snapshot), operation.kind
        later = store if after == shared.snapshot else self.store(after)
        effective = () if later is store else changed(store, later)
        window, current = running.window, store.resource(name)
        if kind == "persist":
            window = Window(
                fitted=fits(current, request.units),
                raced=dict(shared.effects).get(name, 0) > running.since,
                known=current is not None,
                used=store.recorded(request.booking_id) is not None,
                after_a_fault=running.met_a_fault,
            )
        proposal = getattr(operation, "proposal", None)
        return Step(
            request=request,
            action=kind,
            before=store,
            after=later,
            effective=effective,
            verdict=verdict_of(result) if kind == "persist" else None,
            expected_version=proposal.expected_version if proposal else None,
            observes=running.observes + (kind == "observe"),
            persists=running.persists + (kind == "persist"),
            own_effects=running.own_effects + bool(effective),
            steps=len(running.received) + 1,
            window=window,
            ended=returned is not None,
            emitted=emitted_of(returned[0]) if returned else None,
        )

    def _moved(self, running: Running, step: Step, result: Any, now: int) -> Running:
        """Return where the attempt stands after this step, if it goes on; `now` counts effects on its resource."""
        # An effect of its own is no race: it counts on both sides.
        since = now if step.action == "observe" else running.since + (step.request.resource_id in step.effective)
        met = running.met_a_fault or step.fault
        return Running(
            (*running.received, result), step.observes, step.persists, step.own_effects, since, step.window, met
        )

    def _is_linear(self, step: Step) -> bool:
        """Return whether the one-step specification explains this step; it knows the capacities that were given."""
        kept = {name: resource.capacity for name, resource in step.before.resources} == self.capacities
        return kept and departure(step) is None

    def _faults(self, attempt: int, running: Running, fault: Fault | None) -> Iterator[str]:
        """Yield the faults that strike in a step, by the names that `fired` has for them."""
        if fault:
            yield "fault." + fault.kind.replace(" ", "_")
        if attempt >= len(self.scenario.originals) and not running.begun:
            yield str(FaultKind.REDELIVERY)

    def _nonconforming(
        self, running: Running, step: Step, result: Any, ending: Running | Ended, fault: Fault | None
    ) -> str | None:
        """Return how this step differs from the model's, or None: every step of a run is a step of the model.

        To die is no step of the model: there the attempt takes none any more.
        """
        local = local_of(running.received)
        if local is None:
            return f"the model has no third shared step, {step.action!r}"
        if step.fault:
            assert fault is not None
            expected = take_with_fault(step.before, step.request, local, self.system.policy, fault)
        else:
            expected = take_alone(step.before, step.request, local, self.system.policy)
            assert expected is not None, "an unfinished attempt of the model always has a step"
        if expected is None:
            return f"the model has no {step.action!r} in which this fault strikes"
        here = ending.emitted if isinstance(ending, Ended) else local_of(ending.received)
        if fault is Fault.CRASH_AFTER:
            here = expected.local  # what the model's attempt emits, this one cannot
        if expected.action != step.action or expected.local != here or expected.store != step.after:
            return f"the model's {expected.action} gives {expected.local}; seen: {step.action}, {here}"
        current = step.before.resource(step.request.resource_id)
        if isinstance(result, Resource) and current and result.capacity != current.capacity:
            return f"observed capacity {result.capacity}, the store's is {current.capacity}"
        return None


def _counted(effects: tuple[tuple[str, int], ...], effective: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    if not effective:
        return effects
    counts = Counter(dict(effects))
    counts.update(effective)
    return tuple(sorted(counts.items()))
