"""Your own programs under the scheduler: processes over shared state, every interleaving that matters.

`explore` is the start; `simulations/PROGRAMS.md` is the guide. What is public is listed here, and nowhere else.
In reading order: `doors`, to explore and to sample; `case`, all that they are given, as a value; `capture`, which
takes that from a test function; `drawing`, diagrams; `notation`, small programs as text; `strategies`, which draw
programs, faults, schedules and scenarios for Hypothesis.
"""

from lastseat.simulations.counterexamples.explained import replay
from lastseat.simulations.doors.blocking import awaiting, blocking, take, take_async
from lastseat.simulations.doors.locals import ExecutionLocal
from lastseat.simulations.kernel.actions import FaultKind, Faults
from lastseat.simulations.kernel.budget import Estimate
from lastseat.simulations.kernel.exploration import (
    End,
    Exploration,
    Property,
    Verdict,
    Violation,
    always,
    at_end,
    sometimes,
)
from lastseat.simulations.kernel.objects import (
    Barrier,
    BoundedSemaphore,
    Clock,
    Condition,
    Deque,
    Dict,
    Event,
    List,
    Lock,
    Mutex,
    Queue,
    Register,
    RLock,
    Semaphore,
    Shared,
    SharedObject,
    step,
)
from lastseat.simulations.kernel.operations import (
    Act,
    Join,
    Operation,
    OperationFailedError,
    act,
    choose,
    spawn,
)
from lastseat.simulations.kernel.program import ProgramError
from lastseat.testing.case import Case
from lastseat.testing.doors import explore, sample
from lastseat.testing.drawing import draw

__all__ = [
    "Act",
    "Barrier",
    "BoundedSemaphore",
    "Case",
    "Clock",
    "Condition",
    "Deque",
    "Dict",
    "End",
    "Estimate",
    "Event",
    "ExecutionLocal",
    "Exploration",
    "FaultKind",
    "Faults",
    "Join",
    "List",
    "Lock",
    "Mutex",
    "Operation",
    "OperationFailedError",
    "ProgramError",
    "Property",
    "Queue",
    "RLock",
    "Register",
    "Semaphore",
    "Shared",
    "SharedObject",
    "Verdict",
    "Violation",
    "act",
    "always",
    "at_end",
    "awaiting",
    "blocking",
    "choose",
    "draw",
    "explore",
    "replay",
    "sample",
    "sometimes",
    "spawn",
    "step",
    "take",
    "take_async",
]
