"""Which executions are watched, and the rule: what is found makes a complete search vacuous, or is an error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.kernel.stepping import Broken
from lastseat.simulations.strategies.audit import repeated
from lastseat.simulations.strategies.sampling.chance import Chance
from lastseat.simulations.strategies.unseen.guard import Guard
from lastseat.simulations.strategies.unseen.notes import NO_PROCESS, Note, Notes

EXECUTIONS = 4  # that are watched: one process after the other, the last one first, and at random
MOST_STEPS = 2_000  # of one of them
STEPLESS = "takes no shared step"


@dataclass(frozen=True, slots=True)
class Unseen:
    """What was found that no schedule decides, and what could not be looked at: sentences."""

    found: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()


class Lookout:
    """Watches some executions of a program. What it has found is in `unseen`; `program` is the one that is watched.

    Both it and whoever executes `program` raise ProgramError where a search could not be trusted at all: real
    threads, a real lock that is held while others go on, a shared state that is changed between two operations.
    """

    def __init__(self, program: Program) -> None:
        self._original, self._notes = program, Notes()
        self._guard = Guard(program, self._notes)
        self.program = self._guard.program

    def look_around(self) -> None:
        """Watch the first executions, and that the first of them goes again as it went."""
        if not self._original.processes:
            return
        meter = self._original.meter()
        for number in range(EXECUTIONS):
            execution = Execution(self.program, meter)
            if number == 0:
                _note_stepless(execution, self._guard)
            _run(execution, number)
            if number == 0 and execution.exhausted() is None:
                repeated(execution, self.program)

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Let an error that says that the program is not what it declares begin with what was found."""
        try:
            yield
        except ProgramError as error:
            found = "; ".join(self.unseen.found)
            if not found:
                raise
            raise ProgramError(f"{found}; {error}") from error

    @property
    def unseen(self) -> Unseen:
        """Return what was found until now."""
        if not self._original.processes:
            return Unseen((NO_PROCESS,))
        self._guard.note_looks()
        unwatched = () if self._guard.can_tell else (f"looks at {self._guard.kind} are not noticed",)
        return Unseen(self._notes.told(self._original.noun), unwatched)


def _note_stepless(execution: Execution, guard: Guard) -> None:
    """Note which processes have ended before any step, though they did something. It is so in every execution."""
    for who, returned in execution.returned.items():
        if who in guard.acted and not isinstance(returned, Broken):
            guard.notes.add(who, Note(STEPLESS, guard.stood.get(who), "so no schedule can come between what it does"))


def _run(execution: Execution, number: int) -> None:
    random = Random(number)  # noqa: S311 - nothing secret is drawn
    chance = Chance(random, execution.program, execution.meter)
    while len(execution.schedule) < MOST_STEPS and execution.exhausted() is None:
        possible = chance.possible(execution)
        if not possible:
            return
        who = possible[-number] if number < 2 else random.choice(possible)
        if number < 2:
            execution.step(who)
        else:
            chance.take(execution, who, execution.operation(who))
