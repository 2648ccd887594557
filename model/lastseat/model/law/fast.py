"""The law in floats for hundreds of attempts: either policy, and any number of attempts in flight, with numpy.

The chain is that of `counting`, gone through one number of idle attempts after the other; arrays hold the
probabilities for that number. All terms are positive, so nothing cancels.
"""

from lastseat.model.arrays import Floats, np
from lastseat.model.law.counting import Lump, decided
from lastseat.model.law.joint import rounded
from lastseat.model.law.schedules import Schedules
from lastseat.model.searches.readable import Mix
from lastseat.model.world import Policy

MOST_BYTES = 1 << 30


def outcomes_fast(capacity: int, schedules: Schedules, policy: Policy) -> dict[Mix, float]:
    """Return the probability of each mix of attempts of one unit, without faults; for the error see `fast_error`.

    Raises ValueError where the arrays would need more than a gigabyte.
    """
    attempts, full = schedules.attempts, min(schedules.attempts, capacity)
    limit = min(attempts, schedules.in_flight or attempts)
    _refuse_too_much(attempts, capacity, 2 * 8 * limit * limit * full)
    mass: dict[Mix, float] = {}
    # Two arrays take turns, since fresh memory costs more time than what is computed in it. What is not written for
    # one number of idle attempts was not for a larger one either: it is 0.
    racing, following = np.zeros((limit, limit, full)), np.zeros((limit, limit, full))
    for idle in range(attempts, -1, -1):
        observe, persist = _chances(schedules, idle, min(attempts - idle, limit))
        quiet = _race(racing, following, observe, persist, attempts - idle)
        quiet[0, 0] += idle == attempts
        for stale, chance in enumerate(quiet[:, full].tolist()):
            mix = decided(attempts, Lump(idle, 0, stale, full), policy)
            mass[mix] = mass.get(mix, 0.0) + chance
        for stale in range(len(quiet) - 1, 0, -1):
            quiet[stale - 1] += quiet[stale] * (persist[stale] * stale)
        if idle:
            arriving = following[: len(quiet), 0]
            arriving[:] = quiet[: len(arriving), :full] * observe[: len(arriving)]
            racing, following = following, racing
    for booked, chance in enumerate(quiet[0, :full].tolist()):
        mass[booked, 0, attempts - booked] = mass.get((booked, 0, attempts - booked), 0.0) + chance
    return mass


def fast_error(attempts: int, capacity: int) -> float:
    """Return the relative error of the masses of `outcomes_fast`.

    A step of a run multiplies what was there by a rounded chance times how many can take it, and adds the result:
    four roundings, in each of at most 2 `attempts` steps. To where a booking leads, bookings by fewer or more fresh
    attempts lead too, and so it is where a run is decided: at most `attempts` more additions for each of at most
    `capacity` bookings, and for the end.
    """
    return rounded(8 * attempts + (min(attempts, capacity) + 1) * (attempts + 1))


def _chances(schedules: Schedules, idle: int, most: int) -> tuple[Floats, Floats]:
    """Return, by attempts in flight, how likely the next step is an observe, and the persist of a given one."""
    observe = [float(schedules.observing(idle, flying)) if idle else 0.0 for flying in range(most + 1)]
    persist = [float(schedules.persisting(idle, flying)) if flying else 0.0 for flying in range(most + 1)]
    return np.array(observe)[:, None], np.array(persist)[:, None]


def _race(racing: Floats, following: Floats, observe: Floats, persist: Floats, observed: int) -> Floats:
    """Take every step where somebody is fresh; return what arrives where nobody is, as [stale, booked].

    Both arrays are [stale, fresh - 1, booked]. An observe leads from `racing` to `following`. Clause: persist.effect
    """
    most, full = len(observe) - 1, racing.shape[2]
    quiet, count = np.zeros((most + 1, full + 1)), np.arange(1.0, most + 1)[:, None]
    for stale in range(most - 1, -1, -1):
        fresh, booked = most - stale, min(observed - stale, full)
        there, flying = racing[stale, :fresh, :booked], slice(stale + 1, most + 1)
        each = there * persist[flying]
        if stale:
            racing[stale - 1, :fresh, :booked] += each * stale
        quiet[stale:most, 1 : booked + 1] += each * count[:fresh]
        room = min(fresh, racing.shape[1] - 1 - stale)  # where the limit is reached, nobody can observe
        np.multiply(there[:room], observe[flying][:room], out=following[stale, 1 : room + 1, :booked])
    return quiet


def _refuse_too_much(attempts: int, capacity: int, needed: int) -> None:
    if needed > MOST_BYTES:
        raise ValueError(
            f"{attempts} attempts at capacity {capacity} would need {needed / 2**30:.1f} GB in floats, "
            f"and more than {MOST_BYTES >> 30} GB are not used"
        )
