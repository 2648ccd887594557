"""The law from one booking to the next: version-first, and no limit on attempts in flight.

After a booking nobody is fresh, and what the stale ones do changes nothing: their persists drop out of the schedule
like the steps of an attempt that a fault strikes (`faults`). So only the number of idle attempts counts.
With `idle` of them, j observe before the next of those j books, which makes a chain that falls from `attempts`:

    uniform   (prod over k < j of 2(idle-k) / (2 idle-k)) * j / (2 idle-j)
    walk      (prod over k < j of (idle-k) / idle) * j / idle           (the birthday problem)

The booking that fills the resource decides everything: whoever is idle then will be REJECTED, and everyone else
who is not BOOKED is stale, and FAILED. When nobody is idle after a booking, no other one can follow.
"""

from collections.abc import Callable
from math import fsum

from lastseat.model.law.joint import Number, rounded
from lastseat.model.law.schedules import ScheduleLaw
from lastseat.model.searches.readable import Mix


def phase(idle: int, law: ScheduleLaw, number: Callable[[int], Number]) -> list[Number]:
    """Return the probability that the next booking leaves 0, 1, …, idle - 1 attempts idle of `idle` ones.

    `number` is Fraction or float; it says in what the probabilities are computed.
    """
    chances: list[Number] = []
    unbooked = number(1)  # the probability that `observed` attempts observe before one of them books
    each = 2 if law is ScheduleLaw.UNIFORM else 1  # how much an idle attempt weighs; a fresh one weighs 1
    for observed in range(1, idle + 1):
        waiting, fresh = idle - observed + 1, observed - 1
        unbooked = unbooked * (number(each * waiting) / (each * waiting + fresh))
        chances.append(unbooked * (number(observed) / (each * (idle - observed) + observed)))
    return chances[::-1]


def renewal(attempts: int, capacity: int, law: ScheduleLaw, number: Callable[[int], Number]) -> dict[Mix, Number]:
    """Return the probability of each mix under version-first, without faults and without a limit in flight."""
    phases = [phase(idle, law, number) for idle in range(attempts + 1)]
    mass: dict[Mix, Number] = {}
    idle_after = {attempts: number(1)}
    for booked in range(min(attempts, capacity)):
        if 0 in idle_after:
            mass[booked, 0, attempts - booked] = idle_after.pop(0)
        most = max(idle_after, default=0)
        idle_after = {
            left: _sum([chance * phases[idle][left] for idle, chance in idle_after.items() if idle > left])
            for left in range(most)
        }
    full = min(attempts, capacity)
    for idle, chance in idle_after.items():
        mass[full, idle, attempts - full - idle] = chance
    return mass


def renewal_error(attempts: int, capacity: int) -> float:
    """Return the relative error of the masses in floats.

    Between two bookings, each observe costs a division and a product, and the booking as many; then there is one more
    product, and one sum that is rounded once. A run has at most `attempts` observes and `capacity` bookings.
    """
    return rounded(2 * attempts + 4 * min(attempts, capacity))


def _sum(values: list[Number]) -> Number:
    return fsum(values) if isinstance(values[0], float) else sum(values[1:], values[0])
