"""One distinct step of a program at a time, from any state.

The shared state is restored, the process is started anew on it and told what it had been told, and takes its step.
That it then takes the step that an execution from the start would take rests on two things: what a process does next
is decided by what it was told, and what an operation gives and leaves behind by the shared state as it is kept. See
`specs/decisions/merging.md`; `recheck` holds both to executions.

What is remembered of a state is up to a derived class: it gives numbers to shared states and to local ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import FAILING, Action, Fault, Step, others, process_of, taken_by
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Choose, Join, Raised, Spawn
from lastseat.simulations.kernel.program import Program, ProgramError, Started, no_operation, raised_told, start
from lastseat.simulations.kernel.stepping import drop, is_outcome
from lastseat.simulations.strategies.merging.kept import keeper_of

Locals: TypeAlias = Sequence[int] | Mapping[int, int]  # the number of the local state of each process
Key: TypeAlias = tuple[int, Step, int, int]  # shared state, step, its process's local state, and the joined one's


class MisbehavedError(ProgramError):
    """What a process did that cannot be merged. The text says what, and whoever knows the schedule says who."""


def told_of(error: Exception) -> str:
    """Return what a process did, in words that go on from its name."""
    return str(error) if isinstance(error, MisbehavedError) else raised_told(error)


class Taken(Protocol):
    """A distinct step: what its process was told, what is kept of the shared state, and where it led, as numbers."""

    result: Any
    after: Any
    shared: int
    local: int
    returned: tuple[Any] | None  # what the process returned right after it; None where it goes on or died


@dataclass(frozen=True, slots=True)
class Blocked:
    """A process that cannot take its next step until another one moves: for what it waits, and what that violates."""

    kind: str
    violations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Performed:
    """A step that was just performed: from which state, by whom, and what it gave and left behind."""

    shared: int
    step: Step
    local: int
    operation: Any
    result: Any
    after: Any
    returned: tuple[Any] | None


AnyTaken = TypeVar("AnyTaken", bound=Taken)
_NEW: Any = object()


class Restored(Generic[AnyTaken]):
    """The distinct steps of a program, each performed once.

    `performed` counts them. `alike` has the process that takes the steps of an alike one. `joins` has the process
    that is joined in the next step of a process in a local state: such a step is also decided by the local state of
    the joined one. `cut` are processes that took too many steps.
    """

    guards: ClassVar[bool] = True  # whether code between operations is watched for changes of the shared state
    start: int

    def __init__(self, program: Program, meter: Meter) -> None:
        self.program, self.meter = program, meter
        self.keeper, self.first = keeper_of(program)
        self.performed = 0
        self.cut: set[int] = set()
        self.joins: dict[tuple[int, int], int] = {}
        self.alike: dict[int, int] = {}
        self._taken: dict[Key, AnyTaken | Blocked | None] = {}
        self._others: dict[Key, tuple[Action, ...]] = {}
        self._branches = bool(program.faults.in_a_step)

    # --- what is remembered, and how it is numbered -----------------------------------------------------------

    def kept(self, shared: int) -> Any:
        """Return what is kept of a shared state."""
        raise NotImplementedError

    def told(self, who: int, local: int) -> tuple[Any, ...] | None:
        """Return what a process in that local state was told, or None where it takes no more steps."""
        raise NotImplementedError

    def returned(self, who: int, local: int) -> tuple[Any] | None:
        """Return what a process in that local state returned, or None where it did not."""
        raise NotImplementedError

    def after(self, performed: Performed) -> AnyTaken:
        """Return a step that was performed, with the numbers of what follows."""
        raise NotImplementedError

    def crashed(self, shared: int, who: int, local: int, operation: object) -> AnyTaken:
        """Return that a process died instead of taking its step."""
        raise NotImplementedError

    def ended(self, who: int, returned: object) -> AnyTaken:
        """Return that a process ended before its first step."""
        raise NotImplementedError

    def blocked(self, shared: int, who: int, local: int, operation: Any) -> Blocked:
        """Return that a process has to wait."""
        del shared, who, local
        return Blocked(str(operation.kind))

    def broken(self, error: Exception) -> Any:
        """Return what a process returned that raised an error."""
        raise error

    # --- taking a step ----------------------------------------------------------------------------------------

    def stepless(self, who: int) -> AnyTaken | None:
        """Return how a process ends before its first step, None where it takes one.

        A redelivery that takes no step is nowhere to be seen.
        """
        process = self._started(who, self.keeper.back(self.first))
        try:
            returned = self._resume(process, None)
            return None if returned is None else self.ended(who, returned[0])
        finally:
            drop([process], [])

    def take(self, shared: int, step: Step, locals_: Locals, *, is_given: bool = False) -> AnyTaken | Blocked | None:
        """Return a step from a state. None where its process takes no more, or where it is not possible there.

        Of a step that `is_given` it is known to be possible, and nothing else is performed to find out. Raises
        whatever the code of the program raises, and MisbehavedError where it cannot be merged.
        """
        who = process_of(step)
        twin = self.alike.get(who, who)
        if twin != who:
            step, locals_ = taken_by(step, twin), dict(enumerate(locals_)) | {twin: locals_[who]}
        key = self._key(shared, step, locals_)
        known = self._taken.get(key, _NEW)
        if known is _NEW:
            known = self._take(shared, step, locals_, is_given=is_given)
            self._taken[self._key(shared, step, locals_)] = known
        seen: AnyTaken | Blocked | None = known
        return seen

    def others(self, shared: int, who: int, locals_: Locals) -> tuple[Action, ...]:
        """Return what else can happen in the place of an ordinary step, if the budget of faults allows it."""
        self.take(shared, who, locals_)
        twin = self.alike.get(who, who)
        if twin == who:
            return self._others.get(self._key(shared, who, locals_), ())
        found = self._others.get(self._key(shared, twin, dict(enumerate(locals_)) | {twin: locals_[who]}), ())
        return tuple(Action(who, action.fault, action.branch) for action in found)

    def _key(self, shared: int, step: Step, locals_: Locals) -> Key:
        who = process_of(step)
        local = locals_[who]
        joined = self.joins.get((who, local))
        return shared, step, local, -1 if joined is None else locals_[joined]

    def _take(self, shared: int, step: Step, locals_: Locals, *, is_given: bool) -> AnyTaken | Blocked | None:
        who = process_of(step)
        told = self.told(who, locals_[who])
        if told is None:
            return None
        if len(told) >= self.program.most_steps:
            self.cut.add(who)
            return None
        if isinstance(step, Action) and not is_given and step not in self.others(shared, who, locals_):
            return None
        state = self.keeper.back(self.kept(shared))
        process = self._started(who, state)
        try:
            operation = self._replayed(process, told)
            if operation is None:
                return None
            if self.guards:
                self._compare(self.kept(shared), state)
            return self._stepped(shared, step, locals_, process, operation, state)
        finally:
            drop([process], [])

    def _started(self, who: int, state: object) -> Started:
        send: Any = start(self.program.processes[who], state)
        process: Started = send.__self__
        return process

    def _replayed(self, process: Started, told: tuple[Any, ...]) -> Any:
        """Tell a process what it had been told, and return its next operation; None: it takes no step at all."""
        operation = None
        for answer in (None, *told):
            try:
                operation = process.throw(answer.again()) if answer.__class__ is Raised else process.send(answer)
            except Exception as error:
                if not told and (isinstance(error, StopIteration) or is_outcome(self.program, error)):
                    return None
                raise MisbehavedError("is not deterministic: it ended earlier when it was told the same") from error
        return operation

    def _stepped(
        self, shared: int, step: Step, locals_: Locals, process: Started, operation: Any, state: Any
    ) -> AnyTaken | Blocked:
        who, fault = process_of(step), step.fault if isinstance(step, Action) else None
        local = locals_[who]
        if getattr(operation, "personal", False):
            object.__setattr__(operation, "process", who)
            self.joins[who, local] = who  # nobody else is like it, as if it joined itself
        if operation.__class__ is Spawn:
            raise MisbehavedError("begins another process, which merging cannot follow: use dpor or brute")
        if self._must_wait(who, operation, state, locals_):
            return self.blocked(shared, who, local, operation)
        if fault is Fault.CRASH_BEFORE:
            return self.crashed(shared, who, local, operation)
        told = self._told(lambda: self._performed(step, operation, state, locals_))
        took_effect = self.meter.took_effect and told.__class__ is not Raised
        if fault in FAILING:
            told = self._told(lambda: self.meter.told(operation, fault))
        after = self.keeper.keep(state)
        self.performed += 1
        returned = self._resume(process, told)
        if self.guards:
            self._compare(after, state)
        if not isinstance(step, Action):
            possible = self._possible(who, operation, took_effect=took_effect, ended=returned is not None)
            if possible:
                self._others[self._key(shared, step, locals_)] = possible
        return self.after(Performed(shared, step, local, operation, told, after, returned))

    def _must_wait(self, who: int, operation: object, state: object, locals_: Locals) -> bool:
        if not self.meter.can_wait(operation):
            return False
        if operation.__class__ is not Join:
            return not self.meter.is_ready(operation, state)
        joined = operation.process
        if joined not in range(len(self.program.processes)):
            raise MisbehavedError(f"joins process {printable(str(joined), 60)}, and there is none")
        self.joins[who, locals_[who]] = joined
        return self.returned(joined, locals_[joined]) is None

    def _performed(self, step: Step, operation: Any, state: Any, locals_: Locals) -> Any:
        who, meter = process_of(step), self.meter
        if isinstance(step, Action) and step.fault is Fault.UNAVAILABLE:
            meter.took_effect = False
            return None
        if isinstance(step, Action) and step.branch:
            meter.took_effect = False
            return operation.options[step.branch]
        if operation.__class__ is Join:
            meter.took_effect = False
            returned = self.returned(operation.process, locals_[operation.process])
            assert returned is not None, "it has not to wait"
            return returned[0]
        return meter.perform(who, operation, state)[0]

    def _told(self, give: Callable[[], Any]) -> Any:
        """Return what a process is told: what is given, or an error that is raised in the process."""
        try:
            return give()
        except Exception as error:
            if not is_outcome(self.program, error):
                raise
            return Raised.of(error)

    def _resume(self, process: Started, told: object) -> tuple[Any] | None:
        """Let a process compute until its next operation; return what it returned if it ended instead."""
        try:
            operation = process.throw(told.error) if told.__class__ is Raised else process.send(told)
        except StopIteration as finished:
            return (finished.value,)
        except Exception as error:
            if not is_outcome(self.program, error):
                raise
            return (self.broken(error),)
        if not self.meter.accepts(operation):
            raise MisbehavedError(no_operation(process, operation))
        return None

    def _possible(self, who: int, operation: object, *, took_effect: bool, ended: bool) -> tuple[Action, ...]:
        options = operation.options if operation.__class__ is Choose else (None,)
        if not self._branches and len(options) == 1:
            return ()
        return tuple(
            others(
                who,
                allowed=self.program.faults.in_a_step,
                failing=self.meter.failing(operation),
                took_effect=took_effect,
                ended=ended,
                branches=len(options),
            )
        )

    def _compare(self, kept: object, state: object) -> None:
        """Raise ProgramError where code between operations has changed the shared state."""
        if self.keeper.key(self.keeper.keep(state)) != self.keeper.key(kept):
            raise MisbehavedError("changes shared state outside its operations")
