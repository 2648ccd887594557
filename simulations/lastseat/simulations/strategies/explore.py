"""Exploring a program: a strategy is driven over it, and its claims are watched."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from lastseat.simulations.common.text import quoted
from lastseat.simulations.kernel.budget import Budget
from lastseat.simulations.kernel.exploration import Exploration, Property, When
from lastseat.simulations.kernel.program import Program, ProgramError
from lastseat.simulations.strategies.known import declared
from lastseat.simulations.strategies.search import search
from lastseat.simulations.strategies.watch import Watch


@dataclass(frozen=True, slots=True)
class ProgramSubject:
    """A program and the claims about it; see `split.Subject`."""

    explored: Program
    properties: tuple[Property, ...]
    deadlocks: bool
    part: int | None = None

    def program(self) -> Program:
        """Return the program."""
        return self.explored if self.part is None else self.explored.parts()[self.part]

    def in_part(self, part: int) -> "ProgramSubject":
        """Return the subject whose program is that part of this one's."""
        return replace(self, part=part)

    def observer(self) -> Watch:
        """Return a new watch."""
        return Watch(self.program(), self.properties, deadlocks=self.deadlocks)


def explore_program(
    program: Program,
    strategy: str,
    properties: Sequence[Property],
    budget: Budget,
    *,
    deadlocks: bool = False,
    executor: Executor | None = None,
) -> Exploration:
    """Explore a program with the strategy of that name, and check properties; see `lastseat.testing.explore`.

    Raises ProgramError where the program cannot be explored, or the strategy cannot honour what is asked.
    """
    wanted = declared(strategy)
    always = next((claim for claim in properties if claim.when is When.ALWAYS), None)
    if always and not wanted.shows_every_state:
        raise ProgramError(
            f"{strategy} does not visit every state, so it cannot say that {quoted(always.name)} always holds; use "
            "brute or merged, or let a process read what it is about and assert it"
        )
    if wanted.walk is not None:
        if executor is not None:
            raise ProgramError(f"only dpor is split over workers, and not {quoted(strategy)}")
        return wanted.walk(program, properties, budget, deadlocks)
    subject = ProgramSubject(program, tuple(properties), deadlocks)
    searched = search(subject, wanted, budget, executor)
    return searched.observer.report(strategy, searched, searched.driven, wanted.coverage)
