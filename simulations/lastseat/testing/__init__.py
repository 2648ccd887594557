"""Your own programs under the scheduler: processes over shared state, every interleaving that matters.

See `explore`, and `simulations/README.md` for a start.
"""

from lastseat.simulations.doors.blocking import awaiting, blocking, take, take_async
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
from lastseat.simulations.kernel.objects import Mutex, Register, Semaphore, Shared
from lastseat.simulations.kernel.operations import Act, Join, Operation, act
from lastseat.simulations.kernel.program import ProgramError
from lastseat.simulations.strategies.explore import explore
from lastseat.simulations.strategies.sample import sample

__all__ = [
    "Act",
    "End",
    "Exploration",
    "Join",
    "Mutex",
    "Operation",
    "ProgramError",
    "Property",
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
    "explore",
    "sample",
    "sometimes",
    "take",
    "take_async",
]
