"""A violation of any program's claim explained, once for all who write of it; and one schedule again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lastseat.simulations.common.text import counted, printable
from lastseat.simulations.counterexamples.program_story import end_told, steps_told
from lastseat.simulations.counterexamples.wrapping import WIDTH, wrapped
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults, Step
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.program import Process, Program, program_of
from lastseat.simulations.kernel.run import Run, play
from lastseat.simulations.kernel.schedule import Schedule

LONGEST_NAME = 200  # characters of a claim
LONGEST_WITNESS = 300  # characters


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a claim is violated. Its texts are safe to print.

    `run` ends with the step at which it shows. `steps` are its steps in words, and `end` what is to be said of its
    end, one line each. `token` is the schedule as text, and `replay` the line that takes it again.
    """

    name: str
    witness: str
    run: Run
    steps: tuple[str, ...]
    end: tuple[str, ...]
    token: str
    replay: str

    @property
    def violating(self) -> tuple[int, ...]:
        """Return the number of the step at which it shows, () at the start: what a drawing has in crimson."""
        return (len(self.run.taken),) if self.run.taken else ()

    @property
    def head(self) -> str:
        """Return what is violated, and after how many steps."""
        when = f"after {counted(len(self.steps), 'step')}" if self.steps else "before any step"
        return f"{self.name} is violated {when}"

    def story(self, width: int = WIDTH) -> list[str]:
        """Return the steps, numbered, and what is to be said of the end, in lines of at most `width` columns."""
        lines: list[str] = []
        for number, step in enumerate(self.steps, start=1):
            lines += wrapped(step, f"{number:>3}. ", width)
        for said in self.end:
            lines += wrapped(said, "     ", width)
        return lines

    def text(self, width: int = WIDTH) -> str:
        """Return all of it: what is violated, what violates it, the story, and how to take it again.

        Lines have at most `width` columns; but the last, which is to be copied, is one line.
        """
        witness = wrapped(self.witness, "  ", width) if self.witness else []
        lines = [*wrapped(self.head, "", width), *witness, *self.story(width), f"  replay it: {self.replay}"]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()


def explain_program(program: Program, violation: Violation, replay: str | None = None) -> Explained:
    """Return the explanation of a violation of a claim about `program`: its steps are taken once more.

    `replay` is the line that is shown for taking them again; None: a call of `replay`, with the names that `explore`
    has for its arguments. Raises MisfitError where a step can no longer be taken.
    """
    run = play(program, violation.steps)
    token = str(Schedule.of(violation.steps))
    return Explained(
        name=printable(violation.name, LONGEST_NAME),
        witness=printable(violation.witness, LONGEST_WITNESS),
        run=run,
        steps=steps_told(run),
        end=end_told(run),
        token=token,
        replay=replay_call(token, program.faults) if replay is None else replay,
    )


def replay_call(token: str, faults: Faults = NO_FAULTS) -> str:
    """Return the line of Python that takes a schedule again; what stands for the program is to be filled in."""
    allowed = ", faults=..." if faults.most else ""
    return f'replay(processes, shared=..., schedule="{token}"{allowed})'


def replay(
    processes: Sequence[Process],
    *,
    shared: Callable[[], Any],
    schedule: str | Iterable[Step],
    faults: Faults = NO_FAULTS,
) -> Run:
    """Take one schedule of a program again, step by step, and return the run.

    `schedule` is text, as a violation prints it, or its steps. Raises ScheduleError where the text is no schedule,
    and MisfitError, with its number, at the first step that no longer applies.
    """
    steps = Schedule.parse(schedule).steps if isinstance(schedule, str) else tuple(schedule)
    return play(program_of(processes, shared, faults=faults), steps)
