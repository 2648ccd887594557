"""A program whose processes are watched between two operations; nothing else about it is changed.

While a process computes, a profile function sees each call that it makes, the shared state tells of each look at it,
and what the code can reach beside it is compared before and after. None of it is on in any other execution.
"""

import gc
import sys
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from types import CodeType, FrameType
from typing import Any

from lastseat.simulations.common.lines import Line
from lastseat.simulations.kernel.operations import Operation, Spawn, Steps
from lastseat.simulations.kernel.program import Process, Program, ProgramError, Started, kind_of
from lastseat.simulations.strategies.unseen import state
from lastseat.simulations.strategies.unseen.forgotten import forgotten
from lastseat.simulations.strategies.unseen.holdings import holding
from lastseat.simulations.strategies.unseen.notes import Note, Notes, sentence
from lastseat.simulations.strategies.unseen.outside import (
    CLOCK,
    call_of,
    is_held,
    is_idle_talk,
    is_own,
    is_real_lock,
    is_unseeded,
    own_line,
    would_block,
)

LOCK = "which the scheduler does not see"
UNSEEN = "where no schedule can come between"
TAKE = "which takes a yield, an await, or a yield from"


class OutOfSightError(RuntimeError):
    """Raised in the code of a process in the place of a call after which nothing could be trusted."""


class Guard:
    """Watches the processes of one execution after another, and keeps what it found in `notes`.

    `acted` are the processes that did anything at all between operations, `stood` has where each was last. `can_tell`
    says whether looks at the shared state were seen.
    """

    def __init__(self, program: Program, notes: Notes) -> None:
        self.notes, self._noun = notes, program.noun
        self.program = replace(
            program,
            processes=tuple(_Watched(self, who, process) for who, process in enumerate(program.processes)),
            shared=lambda: self._opened(program.shared()),
        )
        self.acted: set[int] = set()
        self.stood: dict[int, Line | None] = {}
        self._changing: set[str] = set()  # parts of the shared state that some operation changes
        self._looks: dict[tuple[int, str], Line | None] = {}
        self._changes: dict[tuple[int, str], Line | None] = {}
        self._made: dict[int, dict[int, tuple[object, Line | None]]] = {}  # operations, by process and identity
        self._codes: set[CodeType] = set()
        self._reached: dict[str, Callable[[], object]] = {}  # what the code can reach beside the shared state
        self._locks: dict[str, Any] = {}
        self._fatal: Note | None = None
        self._who = -1
        self._shared: Any = None
        self._parts: Any = {}
        self._here: Line | None = None  # the line of the process that was seen last
        self.can_tell, self.kind = True, ""

    def _opened(self, shared: Any) -> Any:
        self.kind = kind_of(shared)
        self._shared, can_tell = state.watched(shared)
        self.can_tell = self.can_tell and can_tell
        self._parts, self._made = state.parts_held(self._shared), {}
        return self._shared

    # --- around the code of a process -------------------------------------------------------------------------

    def compute(self, who: int, go_on: Callable[[], Any]) -> Any:
        """Let a process compute until its next operation, and return that; raise what it raises."""
        before = self._entered(who)
        surroundings = {name: holding(reach()) for name, reach in self._reached.items()}
        profile, collects = sys.getprofile(), gc.isenabled()
        gc.disable()  # what is called when something is collected is no doing of the process
        state.listen(self._looked)
        sys.setprofile(self._seen)
        try:
            operation = go_on()
        finally:
            sys.setprofile(profile)
            state.listen(None)
            if collects:
                gc.enable()
            self._compare(before, surroundings)
        self._made.get(who, {}).pop(id(operation), None)
        if isinstance(operation, Spawn):
            operation.make = partial(_begin, self, operation, operation.make)
        return operation

    def _entered(self, who: int) -> Any:
        self._who, self._here, parts = who, None, state.parts_held(self._shared)
        self._changing.update(name for name, held in parts.items() if held != self._parts.get(name))
        return state.whole(self._shared)

    def _compare(self, before: Any, surroundings: dict[str, Hashable | None]) -> None:
        """Note what has changed that only operations may change, and refuse what nobody can go on after."""
        self.stood[self._who] = self._here
        if self._fatal is not None:
            self._refuse(self._fatal)
        for name, held in surroundings.items():
            if held is not None and holding(self._reached[name]()) != held:
                self.acted.add(self._who)
                self._note(Note(f"changes {name} outside its operations", self._here, "and that is no shared state"))
        parts = state.parts_held(self._shared)
        now = state.whole(self._shared)
        if now != before and now == now:  # a snapshot that does not equal itself tells nothing
            changed = next((name for name, held in parts.items() if held != self._parts.get(name)), state.WHOLE)
            where = self._changes.get((self._who, changed)) or self._here
            what = "" if changed == state.WHOLE else f" ({changed})"
            self._refuse(Note(f"changes shared state outside its operations{what}", where, UNSEEN))
        self._parts = parts
        for name, lock in self._locks.items():
            if is_held(lock):
                self._refuse(Note(f"goes on holding the real lock {name}", self._here, LOCK))

    def _refuse(self, note: Note) -> None:
        raise ProgramError(sentence((self._who,), note, self._noun))

    def ended(self, who: int) -> None:
        """Take note that a process returned: what it made and did not take until now, it never takes."""
        for made, line in self._made.pop(who, {}).values():
            kind = getattr(made, "kind", type(made).__name__.lower())
            name = getattr(getattr(made, "on", None), "name", "")
            what = f"{kind} {name}".strip()
            self.notes.add(who, Note(f"makes the operation {what} and never takes it", line, TAKE))

    def note_looks(self) -> None:
        """Note the looks until now at parts of the shared state that operations change."""
        for (who, part), line in self._looks.items():
            if part in self._changing:
                self.notes.add(who, Note(f"looks at {part} outside its operations", line, UNSEEN))

    # --- what is told -----------------------------------------------------------------------------------------

    def _note(self, note: Note) -> None:
        self.notes.add(self._who, note)

    def _looked(self, part: str, changes: bool) -> None:
        line = own_line(sys._getframe(2))  # noqa: SLF001 - there is no other way to learn who asks
        self.acted.add(self._who)
        (self._changes if changes else self._looks).setdefault((self._who, part), line)

    def _seen(self, frame: FrameType, event: str, given: Any) -> None:
        """See what the code of a process does: this is the profile function."""
        if event == "c_call":
            self._called(frame, given)
        elif event == "call":
            self._began(frame)
        elif event == "return":
            if frame.f_code.co_name == "__init__" and frame.f_code.co_varnames:
                self._was_made(frame.f_locals.get(frame.f_code.co_varnames[0]), own_line(frame.f_back))
            elif is_own(frame):
                self._here = Line.of(frame)  # where it returns, or waits

    def _called(self, frame: FrameType, function: Any) -> None:
        if is_own(frame):
            self.acted.add(self._who)
            self._here = Line.of(frame)
        if would_block(function, frame):
            self._stop(Note("waits for a real lock that is held", own_line(frame), LOCK))
        call = call_of(function)
        if call is None or is_idle_talk(frame):
            return
        note = Note(call.does, own_line(frame), call.so)
        if call.is_fatal:
            self._stop(note)
        self._note(note)

    def _stop(self, note: Note) -> None:
        self._fatal = self._fatal or note
        raise OutOfSightError(note.does)

    def _began(self, frame: FrameType) -> None:
        code = frame.f_code
        if is_unseeded(frame) and not is_idle_talk(frame):
            self._note(Note("draws random numbers without a seed", own_line(frame), CLOCK))
        if code.co_name in ("__iter__", "__await__") and code.co_varnames:
            self._made.get(self._who, {}).pop(id(frame.f_locals.get(code.co_varnames[0])), None)
        if not is_own(frame):
            return
        self._here = Line.of(frame)
        if frame.f_back is not None and is_own(frame.f_back):
            self.acted.add(self._who)
        if code not in self._codes:
            self._codes.add(code)
            self._reach(frame)
            for name, line in forgotten(frame):
                self._note(Note(f"calls {name} and never takes its steps", line, TAKE))

    def _was_made(self, value: object, line: Line | None) -> None:
        if isinstance(value, Operation | Steps):  # those of a store may be somebody's values
            self._made.setdefault(self._who, {})[id(value)] = value, line

    def _reach(self, frame: FrameType) -> None:
        """Note what a function that is met first can reach: globals, what it captured, and real locks."""
        code, scope = frame.f_code, frame.f_globals
        for name in code.co_names:
            if name in scope:
                self._take(name, scope[name], partial(scope.get, name))
        for name in (*code.co_freevars, *code.co_varnames[: code.co_argcount]):
            value = frame.f_locals.get(name)
            if name in code.co_freevars:
                self._take(name, value, partial(_itself, value))
            for part, held in getattr(value, "__dict__", {}).items() if not isinstance(value, type) else ():
                if part in code.co_names and is_real_lock(held):
                    self._take(f"{name}.{part}", held, partial(_itself, held))

    def _take(self, name: str, value: object, reach: Callable[[], object]) -> None:
        if is_real_lock(value):
            self._locks.setdefault(name, value)
            self._note(Note(f"uses the real lock {name}", self._here, LOCK))
        elif name not in self._reached and _can_change(value) and holding(value) is not None:
            self._reached[name] = reach


def _itself(value: object) -> object:
    return value


def _can_change(value: object) -> bool:
    return not (callable(value) and not isinstance(value, type)) and not isinstance(value, type(sys))


class _Watched:
    """A process that is watched."""

    def __init__(self, guard: Guard, who: int, process: Process) -> None:
        self._guard, self._who, self._process = guard, who, process

    def __call__(self, shared: object) -> Any:
        started = self._process(shared)
        return _WatchedStarted(self._guard, self._who, started) if hasattr(started, "send") else started


def _begin(guard: Guard, operation: Spawn, process: Process, shared: object) -> Any:
    """Begin a process that another one begins: by now, its number is known."""
    return _Watched(guard, operation.child, process)(shared)


class _WatchedStarted:
    """A watched process under way."""

    def __init__(self, guard: Guard, who: int, started: Started) -> None:
        self._guard, self._who, self.started = guard, who, started
        self._send, self._throw = started.send, started.throw

    def send(self, result: object, /) -> Any:
        """Go on with the result of the last operation."""
        return self._went(lambda: self._send(result))

    def throw(self, error: BaseException, /) -> Any:
        """Go on with an error in the place of a result."""
        return self._went(lambda: self._throw(error))

    def close(self) -> None:
        """Leave the process where it waits."""
        self.started.close()

    def _went(self, go_on: Callable[[], Any]) -> Any:
        try:
            return self._guard.compute(self._who, go_on)
        except StopIteration as finished:
            self._guard.ended(self._who)
            if finished.value is not None:
                self._guard.acted.add(self._who)
            raise
