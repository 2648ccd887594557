"""The rules of a level as a table of positions: the real code is run under every schedule, and what shows is kept.

The page that plays the game knows nothing about booking. It walks this table.
"""

from dataclasses import asdict, dataclass, replace
from functools import cache

from lastseat.reference.attempt_booking import Observe
from lastseat.reference.values import Proposal, Resource, Snapshot
from lastseat.simulations.bookings.findings import findings
from lastseat.simulations.bookings.scheduler import run
from lastseat.simulations.counterexamples.story import emission_told, observation_told
from lastseat.simulations.game.levels import Level
from lastseat.simulations.kernel.run import Run


@dataclass(frozen=True, slots=True)
class Row:
    """What a player sees of one attempt: its next step, what it saw and proposes, its outcome; "" where not yet."""

    does: str
    saw: str
    proposes: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Position:
    """What a player sees between two steps.

    `counter` and `reservations` say what the store holds. `next` has the number of the position after a step of
    each attempt, None where it has ended. `broken` is the witness of the violation, "" where there is none yet.
    """

    counter: str
    version: int
    reservations: tuple[str, ...]
    rows: tuple[Row, ...]
    broken: str
    next: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """The positions of a level; the first one is the start.

    `schedules` is the number of all schedules, `breaking` of those that violate the goal, and `shortest` a shortest
    sequence of steps that does (empty: there is none).
    """

    positions: tuple[Position, ...]
    schedules: int
    breaking: int
    shortest: tuple[int, ...]

    def plain(self) -> dict[str, object]:
        """Return the rules as plain data, in which `rows` has each row once and positions have numbers of rows."""
        rows = {
            row: number
            for number, row in enumerate(dict.fromkeys(row for position in self.positions for row in position.rows))
        }
        positions = [
            {**asdict(position), "rows": [rows[row] for row in position.rows]} for position in self.positions
        ]
        return {**asdict(self), "rows": list(map(asdict, rows)), "positions": positions}


@cache
def rules_of(level: Level) -> Rules:
    """Return the rules of a level, from running its code from the start under every prefix of every schedule."""
    numbers: dict[Position, int] = {}
    ends: list[bool] = []
    breaking: list[tuple[int, ...]] = []

    def number(steps: tuple[int, ...]) -> int:
        execution = run(level.scenario, level.implementation, steps)
        after = {who: number((*steps, who)) for who in execution.free}
        following = tuple(after.get(who) for who in range(len(level.scenario.requests)))
        position = replace(position_of(execution, level), next=following)
        if position.broken:
            breaking.append(steps)
        if not after:
            ends.append(bool(position.broken))
        # Two prefixes share a position only if they show the same and lead to the same positions.
        return numbers.setdefault(position, len(numbers))

    last = number(())  # a position is numbered after all that it leads to, so the start comes last
    turned = (
        replace(position, next=tuple(None if to is None else last - to for to in position.next))
        for position in reversed(numbers)
    )
    shortest = min(breaking, key=lambda steps: (len(steps), steps), default=())
    return Rules(tuple(turned), len(ends), sum(ends), shortest)


def position_of(execution: Run, level: Level) -> Position:
    """Return what shows of a run, which may be unfinished, at its present end; without what follows."""
    held: Snapshot = execution.final
    ((_, resource),) = held.resources
    found = findings(execution, level.scenario, level.implementation)
    broken = (finding.witness for finding in found if level.goal in ("", finding.clause))
    return Position(
        f"{resource.confirmed} of {resource.capacity}",
        resource.version,
        tuple(made.booking_id for made in held.reservations),
        tuple(_row(execution, who) for who in range(len(level.scenario.requests))),
        next(broken, ""),
    )


def _row(execution: Run, who: int) -> Row:
    own = [taken for taken in execution.taken if taken.process == who]
    observed = [taken.result for taken in own if isinstance(taken.operation, Observe)]
    ended = who in execution.returned
    operations = [taken.operation for taken in own] + ([] if ended else [execution.ahead[who]])
    proposals: list[Proposal] = [operation.proposal for operation in operations if hasattr(operation, "proposal")]
    seen = observed[-1] if observed else None
    proposed = proposals[-1].confirmed if proposals else None
    return Row(
        "" if ended else execution.ahead[who].kind,
        observation_told(seen) if observed else "",
        f"{seen.confirmed} → {proposed}" if isinstance(seen, Resource) and proposed is not None else "",
        emission_told(execution.returned[who]) if ended else "",
    )
