"""Your own programs under the scheduler: processes over shared state, every interleaving that matters.

See `explore`, and `simulations/README.md` for a start.
"""

from lastseat.simulations.programs.blocking import awaiting, blocking, take, take_async
from lastseat.simulations.programs.exploration import (
    End,
    Exploration,
    Property,
    Verdict,
    Violation,
    always,
    at_end,
    sometimes,
)
from lastseat.simulations.programs.explore import explore
from lastseat.simulations.programs.objects import Mutex, Register, Semaphore, Shared
from lastseat.simulations.programs.operations import Act, Join, Operation, act
from lastseat.simulations.programs.program import ProgramError
from lastseat.simulations.programs.sample import sample

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
