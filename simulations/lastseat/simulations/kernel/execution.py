"""One execution of a program, a step at a time, in whatever order it is told. Nothing else steps code from its start.

`step` takes an action; `free`, `redeliveries` and `others` say which actions are possible.
"""

from bisect import insort
from collections.abc import Iterable, Iterator
from typing import Any

from lastseat.simulations.common.text import printable
from lastseat.simulations.kernel.actions import Action, Fault, Step, others
from lastseat.simulations.kernel.endings import differ, diverged
from lastseat.simulations.kernel.operations import Choose, Join, Raised
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.kernel.stepping import MisfitError, Stepped, is_outcome


class Execution(Stepped):
    """An execution: which actions are possible, and what each does; see `Stepped` for its attributes."""

    # --- taking a step ----------------------------------------------------------------------------------------

    def step(self, step: Step) -> tuple[Any, int]:
        """Take a step; return what its process is told, and the number of its footprint.

        What the operation raises is raised in the process. Raises ProgramError where the program is at fault,
        MisfitError where a fault does not fit its step.
        """
        if isinstance(step, Action):
            return self._special(step)
        operation = self.pending[step]
        if operation is None and step in self._asleep:
            operation = self._wake(step)
        self.schedule.append(step)
        try:
            if operation.__class__ is Join:
                result, footprint = self._joined(operation)
            else:
                result, footprint = self.meter.perform(step, operation, self.shared)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the process
            result, footprint = self._raised(step, operation, error)
        self.ended = self._resume(step, result)
        if self.ended:
            footprint = self.meter.ending(step, footprint)
        return result, self.began(step, footprint) if self._repeats else footprint

    def repeat(self, step: Step) -> Any:
        """Take a step whose footprint nobody asks for, and return its result; otherwise as `step`.

        Raises ProgramError where its process has none.
        """
        if not isinstance(step, int):
            return self._special(step, metered=False)[0]
        operation = self.pending[step]
        if operation is None:
            if step not in self._asleep:
                raise diverged(self, "a step", "none")
            operation = self._wake(step)
        schedule = self.schedule
        schedule.append(step)
        try:
            result = (
                self.returned[operation.process] if operation.__class__ is Join else operation.perform(self.shared)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the process
            result, _ = self._raised(step, operation, error)
            self.ended = self._resume(step, result)
            return result
        try:
            operation = self.pending[step] = self._sends[step](result)
        except BaseException as error:  # noqa: BLE001  # StopIteration, as a rule; all else is passed on
            self._stop(step, error)
        else:
            if operation.__class__ not in self._plain:
                self._admit(step, operation)
            if len(schedule) >= self._cut_at and self._steps_of(step) >= self._cut_at:
                self._cut(step)
        return result

    def repeat_all(self, steps: Iterable[Step], results: Iterable[Any]) -> None:
        """Take steps that were taken before. Raises ProgramError where one does not give the result that it gave."""
        repeat = self.repeat
        for step, seen in zip(steps, results, strict=False):
            result = repeat(step)
            if (
                result is not seen
                and (result.__class__ is not seen.__class__ or result != seen)
                and differ(seen, result)
            ):
                raise diverged(self, seen, result)

    def step_if_it_fits(self, step: Action) -> tuple[Any, int]:
        """Take a step with a fault in it, or the ordinary one where the fault turns out not to fit; as `step`."""
        self._lenient = True
        try:
            return self._special(step)
        finally:
            self._lenient = False

    def _special(self, step: Action, *, metered: bool = True) -> tuple[Any, int]:
        """Take a step with a fault in it, or another branch of a choice; its footprint is 0 if it is not metered."""
        result, footprint = self._taken_specially(step, metered=metered)
        return result, self.began(step.process, footprint) if self._repeats and metered else footprint

    def began(self, who: int, footprint: int) -> int:
        """Return the footprint of a step that was just taken; for the first of its process, others wait."""
        if self._steps_of(who) > 1:
            return footprint
        return self.program.beginning(self.meter.footprints, who, footprint)

    def _taken_specially(self, step: Action, *, metered: bool) -> tuple[Any, int]:
        who, fault = step.process, step.fault
        operation = self.pending[who]
        if operation is None and who in self._asleep:
            operation = self._wake(who)
        if operation is None:
            raise diverged(self, "a step", "none")
        self.schedule.append(step)
        self.spent += fault is not None
        if fault is Fault.CRASH_BEFORE:
            self.ended = False
            self._die(who)
            return None, self.meter.undone(who, operation, fault) if metered else 0
        try:
            result, footprint = self._performed(step, operation) if metered else (self._repeated(step, operation), 0)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the process
            result, footprint = self._raised(who, operation, error)
        if fault is Fault.ANSWER_LOST and metered and not self.meter.took_effect:
            self._misfit(step, "nothing is applied for {}, so that no acknowledgement can be lost")
            fault = None
        told = result if fault in (None, Fault.CRASH_AFTER) else self._told(who, operation, fault)
        self.ended = self._resume(who, told)
        if fault is Fault.CRASH_AFTER and not self.ended:
            self._misfit(step, "{} does not end with this step, so that it cannot die right before it emits")
            fault = None
        if fault is Fault.CRASH_AFTER:
            del self.returned[who]
            self._die(who)
            return told, self.meter.dying(who, footprint) if metered else 0
        return told, self.meter.ending(who, footprint) if self.ended and metered else footprint

    def _performed(self, step: Action, operation: Any) -> tuple[Any, int]:
        meter = self.meter
        if step.fault is Fault.UNAVAILABLE:
            meter.took_effect = False
            return None, meter.undone(step.process, operation, step.fault)
        if step.branch:
            meter.took_effect = False
            return operation.options[step.branch], meter.footprints.number((), ())
        if operation.__class__ is Join:
            return self._joined(operation)
        return meter.perform(step.process, operation, self.shared)

    def _repeated(self, step: Action, operation: Any) -> Any:
        if step.fault is Fault.UNAVAILABLE:
            return None
        if step.branch:
            return operation.options[step.branch]
        return self.returned[operation.process] if operation.__class__ is Join else operation.perform(self.shared)

    def _misfit(self, step: Action, why: str) -> None:
        """Make an ordinary step of the one that is under way, or refuse it."""
        if not self._lenient:
            raise MisfitError(why.format(self.program.named(step.process)))
        self.schedule[-1] = step.process
        self.spent -= 1

    def _told(self, who: int, operation: Any, fault: Any) -> Any:
        try:
            return self.meter.told(operation, fault)
        except Exception as error:  # noqa: BLE001 - what the process shall see raised
            return self._raised(who, operation, error)[0]

    def _raised(self, who: int, operation: Any, error: Exception) -> tuple[Raised, int]:
        """Return what a process is told by an operation that raised, and the footprint of that step."""
        if not is_outcome(self.program, error):
            raise self._failed(who, error) from error
        return Raised.of(error), self.meter.raising(who, operation, error)

    def _die(self, who: int) -> None:
        if self.pending[who] is not None:
            self._leave(who)
        self.crashed |= {who}

    def _wake(self, who: int) -> Any:
        """Begin a redelivery, and return its first operation."""
        self.spent += 1
        operation = self.pending[who] = self._asleep[who]
        self._asleep = {other: first for other, first in self._asleep.items() if other != who}
        insort(self._left, who)
        return operation

    # --- which actions are possible ---------------------------------------------------------------------------

    def unfinished(self) -> list[int]:
        """Return the processes that have begun or will, and can still take a step, now or later."""
        return self._left.copy()

    def free(self) -> list[int]:
        """Return the processes that can take their next step now, without redeliveries that were not made.

        Where nothing waits, the list is the execution's own, and not to be changed.
        """
        if not self.waits:
            return self._left
        pending = self.pending
        return [who for who in self._left if self._can_go(who, pending[who])]

    def redeliveries(self) -> list[int]:
        """Return the redeliveries that can be made now: what they repeat has begun, and a fault is left for each."""
        return [who for who in self.due() if not self.waits or self._can_go(who, self._asleep[who])]

    def due(self) -> list[int]:
        """Return the redeliveries that can be made now, or could if they had not to wait."""
        if not self._asleep or self.spent >= self.program.faults.most:
            return []
        originals = self.program.originals
        return [who for who in self._asleep if self.has_begun(who - originals)]

    def others(self, who: int, operation: object) -> Iterator[Action]:
        """Yield what else could have happened in the place of the last step, which was an ordinary one.

        `operation` is what was performed. See `actions.others`.
        """
        faults = self.program.faults
        left = faults.most - self.spent
        options = operation.options if operation.__class__ is Choose else (None,)
        if left <= 0 and len(options) == 1:
            return iter(())
        return others(
            who,
            allowed=faults.in_a_step if left > 0 else (),
            failing=self.meter.failing(operation),
            took_effect=self.meter.took_effect,
            ended=self.ended,
            branches=len(options),
        )

    def is_free(self, who: int) -> bool:
        """Return whether process `who`, which has not ended, can take its next step now."""
        return self._can_go(who, self.pending[who])

    def can_go(self, who: int) -> bool:
        """Return whether process `who` can take a step now; a redelivery, whether it can be made."""
        if who in self._asleep:
            return who in self.redeliveries()
        return self.is_there(who) and self.pending[who] is not None and self._can_go(who, self.pending[who])

    def is_there(self, who: int) -> bool:
        """Return whether there is a process of that number: others may not have begun it yet."""
        return who < len(self._sends) and self._sends[who] is not None

    def is_asleep(self, who: int) -> bool:
        """Return whether `who` is a redelivery that was not made."""
        return who in self._asleep

    def waiting(self) -> list[int]:
        """Return the processes, redeliveries that can be made included, that cannot take their next step now."""
        if not self.waits:
            return []
        there = [who for who in self._left if not self._is_to_come(who)]
        return [who for who in (*there, *self.due()) if not self._can_go(who, self.operation(who))]

    def is_vain(self) -> bool:
        """Return whether a redelivery that should have been made was not: another execution has been this one."""
        return any(not self.has_begun(who) for who in self._made)

    def _is_to_come(self, who: int) -> bool:
        """Return whether `who` is a redelivery that will be made, and what it repeats has not begun."""
        return who in self._made and not self._steps_of(who) and not self.has_begun(who - self.program.originals)

    def _can_go(self, who: int, operation: object) -> bool:
        if self._is_to_come(who):
            return False
        if not self.meter.can_wait(operation):
            return True
        if operation.__class__ is Join:
            if operation.process not in range(len(self.pending)):
                joined = printable(str(operation.process), 60)
                raise ProgramError(f"process {who} joins process {joined}, and there is none{self.so_far()}")
            return operation.process in self.returned
        try:
            return self.meter.is_ready(operation, self.shared)
        except Exception as error:
            raise self._failed(who, error) from error
