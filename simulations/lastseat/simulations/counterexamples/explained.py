"""A violation of any program's claim explained, once for all who write of it; and one schedule again."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lastseat.simulations.common.text import counted, printable
from lastseat.simulations.common.widths import columns
from lastseat.simulations.counterexamples.folding import folded, gaps_of, kept_of
from lastseat.simulations.counterexamples.holding import copies_of, spawned_in
from lastseat.simulations.counterexamples.program_story import StepTold, end_told, told_steps
from lastseat.simulations.counterexamples.wording import differs
from lastseat.simulations.counterexamples.wrapping import WIDTH, wrapped
from lastseat.simulations.doors.tokens import again, token_of
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults, Step
from lastseat.simulations.kernel.exploration import Violation
from lastseat.simulations.kernel.program import Process, Program, program_of
from lastseat.simulations.kernel.run import Run, play
from lastseat.simulations.kernel.schedule import Schedule

LONGEST_NAME = 200  # characters of a claim
LONGEST_WITNESS = 300  # characters
LONGEST_FUNCTION = 30  # characters of a function's name
LONGEST_TOKEN = 100  # characters of a schedule that is written out in a line of Python
MOST_NAMED = 12  # processes that are told by the names of their functions
MOST_LINES = 40  # of a story, in a terminal of the usual width
MOST_SAID_OF_THE_END = 12  # lines


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a claim is violated. Its texts are safe to print.

    `run` ends with the step at which it shows. `steps` are its steps in words, and `end` what is to be said of its
    end, one line each; in them a process is called p0, and `legend` says what its function is called. `least` says
    how many preemptions it takes. `token` is the schedule as text, and `replay` the line that takes it again.
    """

    name: str
    witness: str
    run: Run
    steps: tuple[StepTold, ...]
    end: tuple[str, ...]
    token: str
    replay: str
    legend: str = ""
    least: str = ""

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
        """Return the steps, numbered, and what is to be said of the end, in lines of at most `width` columns.

        Of a long one, steps in the middle are folded into a line that counts them: which, is the same for all widths.
        """
        end = [line for said in self._end() for line in wrapped(said, "     ", width)]
        kept, lines = self._kept(), list[str]()
        gaps = {gap[0]: gap for gap in gaps_of(kept, len(self.steps))}
        names = [step.who for step in self.steps]
        for number, told in enumerate(self._told(width)):
            if number in kept:
                lines += told
            elif number in gaps:
                lines += wrapped(folded(gaps[number], names), "     ", width)
        return [*lines, *end]

    def _end(self) -> tuple[str, ...]:
        if len(self.end) <= MOST_SAID_OF_THE_END:
            return self.end
        return (*self.end[: MOST_SAID_OF_THE_END - 2], "…", self.end[-1])

    def _told(self, width: int) -> list[list[str]]:
        """Return the lines of each step."""
        place = max((len(step.place) for step in self.steps), default=0)
        who = max((len(step.who) for step in self.steps), default=0)
        digits = max(3, len(str(len(self.steps))))
        between = "  " if place else ""
        return [
            wrapped(step.text, f"{number:>{digits}}. {step.place:<{place}}{between}{step.who:<{who}}  ", width)
            for number, step in enumerate(self.steps, start=1)
        ]

    def _kept(self) -> frozenset[int]:
        """Return the steps that are shown, so that the whole explanation has at most MOST_LINES lines."""
        heights = [len(lines) for lines in self._told(WIDTH)]
        others = [*self._above(WIDTH), *(line for said in self._end() for line in wrapped(said, "     ", WIDTH))]
        room = MOST_LINES - len(others) - -(-columns(self._last()) // WIDTH)
        return kept_of(heights, [step.process for step in self.steps], self._notable(), room)

    def _notable(self) -> list[int]:
        """Return the steps that say most: of stale copies, when they were read and overtaken; then what changed."""
        overtaken = [held for held in copies_of(self.run) if held.stale is not None]
        around = [number for held in overtaken[::-1] for number in (held.stale, held.start, held.end) if number]
        changing = [taken.number for taken in reversed(self.run.taken) if differs(taken.before, taken.after)]
        return [number - 1 for number in dict.fromkeys([*around, *changing])]

    def _above(self, width: int) -> list[str]:
        said = [line for line in (self.least, self.witness, self.legend) if line]
        return [*wrapped(self.head, "", width), *(line for told in said for line in wrapped(told, "  ", width))]

    def _last(self) -> str:
        return f"  replay it: {self.replay}"

    def text(self, width: int = WIDTH) -> str:
        """Return all of it: what is violated, what violates it, the story, and how to take it again.

        Lines have at most `width` columns; but the last, which is to be copied, is one line.
        """
        return "\n".join([*self._above(width), *self.story(width), self._last()])

    def __str__(self) -> str:
        return self.text()


def explain_program(program: Program, violation: Violation, replay: str | None = None, least: str = "") -> Explained:
    """Return the explanation of a violation of a claim about `program`: its steps are taken once more.

    `replay` is the line that is shown for taking them again; None: a call of `replay`, with the names that `explore`
    has for its arguments. `least` says how many preemptions the violation takes (`Fewest.told`). Raises MisfitError
    where a step can no longer be taken.
    """
    run = play(program, violation.steps)
    token = str(token_of(program, run.taken))
    return Explained(
        name=printable(violation.name, LONGEST_NAME),
        witness=printable(violation.witness, LONGEST_WITNESS),
        run=run,
        steps=told_steps(run, short=True),
        end=end_told(run, short=True),
        token=token,
        replay=replay_call(token, program.faults) if replay is None else replay,
        legend=legend_of(program, run),
        least=least,
    )


def legend_of(program: Program, run: Run) -> str:
    """Return which function each process of a run is, as far as they have names: "p0 increment · p1 increment"."""
    spawned, taking = spawned_in(run), {taken.process for taken in run.taken}
    there = [who for who in range(len(run.labels)) if who < run.originals or who in taking or who in spawned]
    named = [(who, spawned.get(who) or _name_of(program, who)) for who in there[:MOST_NAMED]]
    if not any(name for _, name in named):
        return ""
    told = [f"p{who} {name}".rstrip() for who, name in named]
    if len(there) > MOST_NAMED:
        told.append(f"and {len(there) - MOST_NAMED} more")
    return " · ".join(told)


def _name_of(program: Program, who: int) -> str:
    if who < len(program.labels):
        return printable(program.labels[who], LONGEST_FUNCTION)
    function: object = program.processes[who] if who < len(program.processes) else None
    for _ in range(MOST_NAMED):  # what is wrapped in something
        inner = getattr(function, "function", None) or getattr(function, "func", None)
        if not callable(inner) or isinstance(getattr(function, "__name__", None), str):
            break
        function = inner
    name = getattr(function, "__name__", "")
    return printable(name, LONGEST_FUNCTION) if isinstance(name, str) and name != "<lambda>" else ""


def replay_call(token: str, faults: Faults = NO_FAULTS) -> str:
    """Return the line of Python that takes a schedule again; what stands for the program is to be filled in."""
    allowed = ", faults=..." if faults.most else ""
    return f"replay(processes, shared=..., schedule={_written(token)}{allowed})"


def _written(token: str) -> str:
    """Return a schedule as an expression of Python: what repeats itself in a long one is multiplied."""
    if len(token) <= LONGEST_TOKEN:
        return f'"{token}"'
    steps, at_sign, made_for = token.partition("@")
    first, *rest = steps.split(".")
    parts = [(first, 1)]
    for step, repeated in groupby(rest):
        times = len(list(repeated))
        if times == parts[-1][1] == 1:
            parts[-1] = (f"{parts[-1][0]}.{step}", 1)
        else:
            parts.append((f".{step}", times))
    parts += [(at_sign + made_for, 1)] if made_for else []
    told = " + ".join(f'"{text}" * {times}' if times > 1 else f'"{text}"' for text, times in parts)
    return min(f'"{token}"', told, key=len)


def replay(
    processes: Sequence[Process],
    *,
    shared: Callable[[], Any],
    schedule: str | Iterable[Step],
    faults: Faults = NO_FAULTS,
) -> Run:
    """Take one schedule of a program again, step by step, and return the run.

    `schedule` is text, as a violation prints it, or its steps. Raises ScheduleError where the text is no schedule,
    and MisfitError, with its number, at the first step that no longer applies. Warns where the text was made of
    another source, or on another version of Python, and all of its steps apply nevertheless.
    """
    asked = Schedule.parse(schedule) if isinstance(schedule, str) else Schedule.of(schedule)
    taken = again(program_of(processes, shared, faults=faults), asked)
    if taken.stale:
        warnings.warn(taken.stale, stacklevel=2)
    return taken.run
