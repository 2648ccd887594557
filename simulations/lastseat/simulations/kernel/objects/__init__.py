"""Ready-made shared objects with the methods that Python gives theirs, in one `Shared`, and a kit for your own.

In reading order: `shared`, the state of a program; `registers`; `locks`; `events`; `conditions`; `barriers`;
`queues`; `containers`, what dicts (`entries`, `mappings`) and `sequences` have in common; `clocks`; `kit`. Methods
return operations; a process takes them by yielding (or awaiting) them: `seen = yield shared.counter.read()`.
"""

from lastseat.simulations.kernel.objects.barriers import Barrier
from lastseat.simulations.kernel.objects.clocks import Clock
from lastseat.simulations.kernel.objects.conditions import Condition, Waiting
from lastseat.simulations.kernel.objects.containers import Container, Sequence
from lastseat.simulations.kernel.objects.entries import Entries
from lastseat.simulations.kernel.objects.events import Event
from lastseat.simulations.kernel.objects.kit import step
from lastseat.simulations.kernel.objects.locks import BoundedSemaphore, Lock, Lockable, Mutex, RLock, Semaphore
from lastseat.simulations.kernel.objects.mappings import Dict
from lastseat.simulations.kernel.objects.queues import Queue
from lastseat.simulations.kernel.objects.registers import Register
from lastseat.simulations.kernel.objects.sequences import Deque, List
from lastseat.simulations.kernel.objects.shared import Shared, SharedObject, Touch

__all__ = [
    "Barrier",
    "BoundedSemaphore",
    "Clock",
    "Condition",
    "Container",
    "Deque",
    "Dict",
    "Entries",
    "Event",
    "List",
    "Lock",
    "Lockable",
    "Mutex",
    "Queue",
    "RLock",
    "Register",
    "Semaphore",
    "Sequence",
    "Shared",
    "SharedObject",
    "Touch",
    "Waiting",
    "step",
]
