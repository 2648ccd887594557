"""A case: processes, what they share, and what is claimed of them, as one value."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lastseat.simulations.counterexamples.explained import replay
from lastseat.simulations.kernel.actions import NO_FAULTS, Faults, Step
from lastseat.simulations.kernel.exploration import Exploration, Property
from lastseat.simulations.kernel.program import MOST_STEPS, Process
from lastseat.simulations.kernel.run import Run
from lastseat.testing.doors import explore, sample


@dataclass(frozen=True, slots=True)
class Case:
    """A program and the claims about it: what `explore` is given, as a value that the command line takes by its name.

    With this in `mine.py`, `lastseat explore --program mine:counting` says the same as `counting.explore()`.

    >>> from lastseat.testing import Case, Register, Shared, at_end
    >>> def increment(shared):
    ...     seen = yield shared.counter.read()
    ...     yield shared.counter.write(seen + 1)
    >>> both = at_end("no update is lost", lambda end: end.shared.counter.value == 2)
    >>> counting = Case([increment, increment], lambda: Shared(counter=Register(0)), [both])
    >>> str(counting.explore().verdict), str(counting.sample(runs=100).verdict), counting.replay("0.0.1.1").final
    ('violated', 'violated', (('counter', 2),))
    """

    processes: Sequence[Process]
    shared: Callable[[], Any]
    properties: Sequence[Property] = ()
    deadlocks: bool = False
    faults: Faults = NO_FAULTS
    most_steps: int = MOST_STEPS

    def explore(self, **how: Any) -> Exploration:
        """Explore it; `how` are further arguments of `explore`, such as `strategy` and `seconds`."""
        return explore(self.processes, **self._arguments(), **how)

    def sample(self, **how: Any) -> Exploration:
        """Run it under random schedules; `how` are further arguments of `sample`, such as `runs` and `seed`."""
        return sample(self.processes, **self._arguments(), **how)

    def replay(self, schedule: str | Iterable[Step]) -> Run:
        """Take one schedule of it again, step by step."""
        return replay(self.processes, shared=self.shared, schedule=schedule, faults=self.faults)

    def _arguments(self) -> dict[str, Any]:
        return {
            "shared": self.shared,
            "properties": self.properties,
            "deadlocks": self.deadlocks,
            "faults": self.faults,
            "most_steps": self.most_steps,
        }
