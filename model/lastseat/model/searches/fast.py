"""The same search as the readable one, on whole sets of worlds at once, with numpy.

It visits the worlds store by store instead of level by level (`fast_boxes` has the picture), and what it finds is
the same: the worlds and transitions are counted exactly, every property is judged for each distinct case that is
reached, and a violation comes with the path that the readable search prints. Agreement is tested.

In reading order: `tables` (what one attempt can do at each store), `fast_boxes` (all worlds, by store),
`fast_verdicts` (counts and properties), `fast_paths` (shortest paths), `fast_memory` (what is refused).
"""

from collections.abc import Callable

from lastseat.model.searches.boxes import Boxes
from lastseat.model.searches.memory import TooLargeError, within
from lastseat.model.searches.pairwise import PAIRWISE, Member, Pairwise
from lastseat.model.searches.paths import violations_of
from lastseat.model.searches.readable import Searched
from lastseat.model.searches.tables import tables_of
from lastseat.model.searches.verdicts import Verdicts
from lastseat.model.steps import CORRECT, Semantics
from lastseat.model.world import System

STEPS_OF_AN_ATTEMPT = 2

__all__ = ["PAIRWISE", "Member", "Pairwise", "TooLargeError", "search_fast"]


def search_fast(
    system: System,
    semantics: Semantics = CORRECT,
    *,
    stop_at_first: bool = True,
    tick: Callable[[int], None] = lambda _states: None,
    pairwise: tuple[Pairwise, ...] = (),
    check: bool = True,
    memory: int | None = None,
) -> Searched:
    """Visit every reachable world of `system` and check every property, and the invariants in `pairwise` as well.

    The result is that of `search`, with these differences. Schedules are not counted, so `interleavings` is empty.
    When it stops at the first violation, it has counted all worlds already; `complete` is False all the same,
    because other clauses may be violated farther from the start. `tick` is called after each store with the number
    of worlds so far. After Ctrl-C, what is known is true of the stores that were done; a violation has a shortest
    path, but another one may be nearer. Without `check` the worlds are only counted.

    `memory` is in bytes, by default all that the machine has to spare. Raises TooLargeError, before the search, if
    the worlds do not fit in it. Clause: progress.two_steps
    """
    verdicts: Verdicts | None = None
    try:
        boxes = Boxes(tables_of(system, semantics, watch=within(memory, len(system.requests))))
        verdicts = Verdicts(boxes, pairwise, check=check)
        for store in boxes.settled():
            verdicts.look_at(store)
            tick(verdicts.states)
        complete = True
    except KeyboardInterrupt:
        complete = False
    if verdicts is None:
        return Searched(states=1, generated=1, depth=0, complete=False)
    violations = violations_of(boxes, semantics, verdicts.ranked(), stop_at_first=stop_at_first)
    return Searched(
        states=verdicts.states,
        generated=verdicts.generated,
        # Every attempt can always go on until it is done, so the longest run has all steps of all attempts.
        depth=STEPS_OF_AN_ATTEMPT * len(system.requests) if complete else verdicts.depth,
        complete=complete and not (violations and stop_at_first),
        violations=violations,
        fired=verdicts.fired(),
    )
