"""Ready-made shared objects for classic programs, in one `Shared`.

In reading order: `shared`, the state of a program; `registers`, values that are read and written; `locks`, mutexes
and semaphores; `signals`, events and conditions; `queues`. Methods return operations; a process takes them by
yielding (or awaiting) them:

    seen = yield shared.counter.read()
"""

from lastseat.simulations.kernel.objects.locks import Mutex, Semaphore
from lastseat.simulations.kernel.objects.queues import Queue
from lastseat.simulations.kernel.objects.registers import Register
from lastseat.simulations.kernel.objects.shared import Shared, SharedObject, Touch
from lastseat.simulations.kernel.objects.signals import Condition, Event, Waiting

__all__ = [
    "Condition",
    "Event",
    "Mutex",
    "Queue",
    "Register",
    "Semaphore",
    "Shared",
    "SharedObject",
    "Touch",
    "Waiting",
]
