"""The six levels: which code is under the scheduler, what the player is asked for, and what is to be learnt."""

from dataclasses import dataclass

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import MEMORY, Implementation
from lastseat.simulations.bookings.scenario import Scenario, contention


@dataclass(frozen=True, slots=True)
class Level:
    """One level. The player wins by a schedule that violates `goal`, any clause where that is "".

    `story` says what is wrong with the code, `task` what to do, and `lesson` is shown once it is done.
    """

    name: str
    title: str
    story: str
    task: str
    lesson: str
    scenario: Scenario
    implementation: Implementation
    goal: str = ""


_ALL = (
    Level(
        "blind",
        "The blind store",
        "This store writes the total that the attempt computed. It does not ask whether anybody wrote since.",
        "Sell the one seat twice.",
        "Both read 0, both wrote 1. The counter says 1 of 1 and two reservations stand: it cannot see the bug.",
        contention(2, 1),
        GALLERY["last-write-wins"],
        "state.sum",
    ),
    Level(
        "observed",
        "The check that looks back",
        "This store adds to the current counter, and checks the capacity against what the attempt observed.",
        "Confirm 3 of 2. Two attempts that race from the start are not enough.",
        "The check was made, on a number that was no longer true.",
        contention(3, 2),
        GALLERY["trusts-observation"],
        "state.capacity",
    ),
    Level(
        "two-steps",
        "Check, then write",
        "Here the store checks version and capacity on the current state. The write is a step of its own.",
        "Confirm 2 of 1.",
        "Both passed the check before either wrote. A check protects only what happens in the same step.",
        contention(2, 1),
        GALLERY["checks-then-writes"],
        "state.capacity",
    ),
    Level(
        "audit",
        "A version for every decision",
        "This store never overbooks. It raises the version when it refuses a request, too.",
        "Make an attempt FAIL by a conflict although nobody booked between its two steps.",
        "A refusal changed the version, so the next attempt failed for a conflict with nobody.",
        contention(3, 1),
        GALLERY["bumps-version-on-rejection"],
        "emit.conflict",
    ),
    Level(
        "delivered-twice",
        "The same booking, delivered twice",
        "This store checks version and capacity in one step. It does not remember which booking ids it has recorded.",
        "The same booking id is delivered twice. Record it twice.",
        "No race was needed. The second delivery saw the new version, so the version check let it pass.",
        contention(2, 2, same_id=True),
        GALLERY["forgets-identity"],
        "state.unique",
    ),
    Level(
        "correct",
        "The last level",
        "This store checks identity, version and capacity, and writes, all in one step.",
        "Break any promise, or say that it cannot be done.",
        "There is no such schedule. Every one was executed, and no clause is violated in any.",
        contention(3, 2),
        MEMORY,
    ),
)

LEVELS = {level.name: level for level in _ALL}
