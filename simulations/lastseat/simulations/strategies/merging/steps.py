"""The distinct steps of a program of anybody's: a process is what it was told, and an ended one what it returned."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import Action, Fault, process_of
from lastseat.simulations.kernel.footprints import Meter
from lastseat.simulations.kernel.operations import Raised
from lastseat.simulations.kernel.program import Program, ProgramError, kind_of
from lastseat.simulations.kernel.stepping import Broken
from lastseat.simulations.strategies.merging.kept import ExactNumbering, exact, is_value
from lastseat.simulations.strategies.merging.restored import MisbehavedError, Performed, Restored
from lastseat.simulations.strategies.watch import names_of


@dataclass(frozen=True, slots=True)
class Told:
    """A process that has not ended, and all that it was told."""

    results: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """A process that ended."""

    value: Any


@dataclass(frozen=True, slots=True)
class Died:
    """A process that crashed."""


Local: TypeAlias = Told | Returned | Died


@dataclass(slots=True)
class TakenStep:
    """A distinct step; see `restored.Taken`.

    It is counted under its `names`. `effect` says whether a conditional operation had one, None of another; `broken`
    is what its process raised.
    """

    result: Any
    after: Any
    shared: int
    local: int
    returned: tuple[Any] | None
    names: tuple[str, ...] = ()
    effect: bool | None = None
    broken: Broken | None = None


class ProgramSteps(Restored[TakenStep]):
    """The distinct steps of a program. `alike` processes have one numbering of local states."""

    def __init__(self, program: Program, meter: Meter, alike: tuple[tuple[int, ...], ...] = ()) -> None:
        super().__init__(program, meter)
        self.shared: ExactNumbering[Any] = ExactNumbering(self.keeper.key)
        self.locals: list[ExactNumbering[Local]] = [ExactNumbering(_key_of) for _ in program.processes]
        for group in alike:
            for who in group:
                self.locals[who], self.alike[who] = self.locals[group[0]], group[0]
        for numbering in self.locals:
            numbering.number(Told())  # so that 0 is where every process starts
        self.start = self.shared.number(self.first)

    def kept(self, shared: int) -> Any:
        """Return what is kept of a shared state."""
        return self.shared.values[shared]

    def told(self, who: int, local: int) -> tuple[Any, ...] | None:
        """Return what a process in that local state was told, or None where it takes no more steps."""
        state = self.locals[who].values[local]
        return state.results if isinstance(state, Told) else None

    def returned(self, who: int, local: int) -> tuple[Any] | None:
        """Return what a process in that local state returned, or None where it did not."""
        state = self.locals[who].values[local]
        return (state.value,) if isinstance(state, Returned) else None

    def is_under_way(self, who: int, local: int) -> bool:
        """Return whether a process can still take a step, now or later."""
        told = self.told(who, local)
        return told is not None and len(told) < self.program.most_steps

    def has_died(self, who: int, local: int) -> bool:
        """Return whether a process in that local state crashed."""
        return isinstance(self.locals[who].values[local], Died)

    def after(self, performed: Performed) -> TakenStep:
        """Return a step that was performed, with the numbers of what follows."""
        who, returned = process_of(performed.step), performed.returned
        fault = performed.step.fault if isinstance(performed.step, Action) else None
        broken = returned[0] if returned and isinstance(returned[0], Broken) else None
        local: Local = Returned(returned[0]) if returned else Told(self._longer(who, performed))
        if fault is Fault.CRASH_AFTER:
            local, returned = Died(), None
        return TakenStep(
            performed.result,
            performed.after,
            self._numbered_shared(performed.after),
            self._numbered(who, local),
            returned,
            _names_of(performed.operation, fault),
            _effect(performed, fault),
            broken,
        )

    def crashed(self, shared: int, who: int, local: int, operation: object) -> TakenStep:
        """Return that a process died instead of taking its step."""
        del local
        died = self._numbered(who, Died())
        return TakenStep(None, self.kept(shared), shared, died, None, _names_of(operation, Fault.CRASH_BEFORE))

    def ended(self, who: int, returned: object) -> TakenStep:
        """Return that a process ended before its first step."""
        broken = returned if isinstance(returned, Broken) else None
        local = self._numbered(who, Returned(returned))
        return TakenStep(None, self.first, self.start, local, (returned,), broken=broken)

    def broken(self, error: Exception) -> Broken:
        """Return what a process returned that raised an error."""
        return Broken.by(error)

    def _longer(self, who: int, performed: Performed) -> tuple[Any, ...]:
        result, told = performed.result, self.told(who, performed.local)
        assert told is not None, "only a process that has not ended takes a step"
        if not is_value(result):
            raise MisbehavedError(
                f"is told {kind_of(result)} by its {performed.operation.kind}, which merging cannot tell it again: "
                "that must be hashable, and equal to a copy of itself"
            )
        return (*told, result)

    def _numbered(self, who: int, local: Local) -> int:
        try:
            return self.locals[who].number(local)
        except TypeError:
            raise unhashable(local.value if isinstance(local, Returned) else local) from None

    def _numbered_shared(self, kept: object) -> int:
        try:
            return self.shared.number(kept)
        except TypeError:
            raise unhashable(kept) from None


def unhashable(value: object) -> ProgramError:
    """Return the error that says that an end cannot be counted."""
    return ProgramError(
        "what a process returns, and the snapshot of the shared state, must be hashable: "
        f"{printable(repr(value), 200)}"
    )


def _names_of(operation: Any, fault: Fault | None) -> tuple[str, ...]:
    kind = str(operation.kind)
    return (kind,) if fault is None else names_of(kind, fault)


def _effect(performed: Performed, fault: Fault | None) -> bool | None:
    operation = performed.operation
    if fault is not None or performed.result.__class__ is Raised or not getattr(operation, "conditional", False):
        return None
    return bool(operation.wrote(performed.result))


def _key_of(local: Local) -> Hashable:
    if isinstance(local, Told):
        return Told, exact(local.results)
    return (Returned, exact(local.value)) if isinstance(local, Returned) else Died
