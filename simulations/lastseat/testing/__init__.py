"""Your own programs under the scheduler: processes over shared state, every interleaving that matters.

`explore` is the start; `simulations/PROGRAMS.md` is the guide. What is public is listed here, and nowhere else.
In reading order: `doors`, to explore and to sample; `notation`, small programs as text; `strategies`, which draw
programs, faults, schedules and scenarios for Hypothesis.
"""

from lastseat.simulations.counterexamples.explained import replay
from lastseat.simulations.doors.blocking import awaiting, blocking, take, take_async
from lastseat.simulations.kernel.actions import FaultKind, Faults
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
from lastseat.simulations.kernel.objects import Condition, Event, Mutex, Queue, Register, Semaphore, Shared
from lastseat.simulations.kernel.operations import Act, Join, Operation, OperationFailedError, act, choose
from lastseat.simulations.kernel.program import ProgramError
from lastseat.testing.doors import explore, sample

__all__ = [
    "Act",
    "Condition",
    "End",
    "Event",
    "Exploration",
    "FaultKind",
    "Faults",
    "Join",
    "Mutex",
    "Operation",
    "OperationFailedError",
    "ProgramError",
    "Property",
    "Queue",
    "Register",
    "Semaphore",
    "Shared",
    "Verdict",
    "Violation",
    "act",
    "always",
    "at_end",
    "awaiting",
    "blocking",
    "choose",
    "explore",
    "replay",
    "sample",
    "sometimes",
    "take",
    "take_async",
]
