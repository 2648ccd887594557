"""What steps touched, as small numbers that are cheap to compare; and how that is learnt from an operation."""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Any, Protocol, TypeAlias

from lastseat.reference.attempt_booking import Observe, Persist
from lastseat.reference.values import BookingRequest, NotObserved, Snapshot, Verdict
from lastseat.simulations.kernel.actions import Fault
from lastseat.simulations.kernel.operations import Location, Operation, ended

Locations: TypeAlias = tuple[Location, ...] | None  # None: everything


class Footprints:
    """Gives each distinct pair of locations (read, written) a number, and knows which two of them conflict.

    `clash[a]` has bit b set where a step with footprint a and one with footprint b are dependent; `rivals[a]` lists
    the same numbers.
    """

    def __init__(self) -> None:
        self.known: list[tuple[Locations, Locations]] = []
        self.clash: list[int] = []
        self.rivals: list[list[int]] = []
        self._numbers: dict[tuple[Locations, Locations], int] = {}

    def number(self, reads: Locations, writes: Locations) -> int:
        """Return the number of a footprint."""
        number = self._numbers.get((reads, writes))
        if number is None:
            number = self._numbers[reads, writes] = len(self.known)
            self.known.append((reads, writes))
            self.clash.append(0)
            self.rivals.append([])
            for other in range(number + 1):
                if self._conflict(number, other):
                    self._add(number, other)
        return number

    def _add(self, number: int, other: int) -> None:
        for here, there in {(number, other), (other, number)}:
            self.clash[here] |= 1 << there
            self.rivals[here].append(there)

    def _conflict(self, number: int, other: int) -> bool:
        (reads, writes), (others_reads, others_writes) = self.known[number], self.known[other]
        return (
            _meet(writes, others_writes) or _meet(writes, others_reads) or _meet(reads, others_writes)
        )  # two reads never conflict


def _meet(here: Locations, there: Locations) -> bool:
    if here is None or there is None:
        return here != () and there != ()
    return any(location in there for location in here)


class Meter(Protocol):
    """Performs operations on one kind of shared state and tells what they touched, as numbers of `footprints`."""

    footprints: Footprints
    plain: set[type]  # classes of operations that were met and never wait
    took_effect: bool  # whether the operation that was performed last changed something

    def perform(self, who: int, operation: Any, shared: Any) -> tuple[Any, int]:
        """Take the step of process `who`; return its result and its footprint."""
        ...

    def raising(self, who: int, operation: Any, error: Exception) -> int:
        """Return the footprint of a step that raised: it may have changed something before."""
        ...

    def may_touch(self, who: int, operation: Any) -> int:
        """Return the largest footprint that the step can have where process `who` takes it."""
        ...

    def may_read(self, who: int, operation: Any) -> int:
        """Return the footprint of a step that reads what this one may read, and writes nothing."""
        ...

    def ending(self, who: int, footprint: int) -> int:
        """Return the footprint of a step with which process `who` ended."""
        ...

    def can_wait(self, operation: Any) -> bool:
        """Return whether the step may have to wait."""
        ...

    def is_ready(self, operation: Any, shared: Any) -> bool:
        """Return whether the step can be taken now."""
        ...

    def accepts(self, operation: object) -> bool:
        """Return whether this is an operation at all."""
        ...

    def failing(self, operation: Any) -> Collection[Fault]:
        """Return the faults that the operation can fail with."""
        ...

    def told(self, operation: Any, fault: Fault) -> Any:
        """Return what the process is told under that fault, or raise what it shall see raised."""
        ...

    def undone(self, who: int, operation: Any, fault: Fault) -> int:
        """Return the footprint of a step in which nothing is performed, because a fault strikes before it."""
        ...

    def dying(self, who: int, footprint: int) -> int:
        """Return the footprint of a step with which process `who` would have ended, and died."""
        ...


class _Meter:
    """What both kinds have in common: footprints, and those of last steps, each made once."""

    def __init__(self) -> None:
        self.footprints = Footprints()
        self.plain: set[type] = set()
        self.took_effect = False
        self.nothing = self.footprints.number((), ())
        self._endings: dict[tuple[int, int], int] = {}

    def ending(self, who: int, footprint: int) -> int:
        """Return the footprint of a step with which process `who` ended."""
        known = self._endings.get((who, footprint))
        if known is None:
            known = self._endings[who, footprint] = self._ending(who, *self.footprints.known[footprint])
        return known

    def _ending(self, who: int, reads: Locations, writes: Locations) -> int:
        raise NotImplementedError


class DeclaredMeter(_Meter):
    """For operations that say themselves what they touch."""

    def perform(self, who: int, operation: Operation, shared: object) -> tuple[Any, int]:
        """Take the step; return its result and its footprint."""
        del who
        result = operation.perform(shared)
        wrote = operation.wrote(result)
        self.took_effect = wrote != ()
        return result, self.footprints.number(operation.reads, wrote)

    def raising(self, who: int, operation: Operation, error: Exception) -> int:
        """Return the footprint of a step that raised."""
        del who
        self.took_effect = False  # and so there is no acknowledgement that could be lost
        return self.footprints.number(operation.reads, operation.wrote_raising(error))

    def may_touch(self, who: int, operation: Operation) -> int:
        """Return the largest footprint that the step can have: it writes all that it may, and is the last."""
        return self.ending(who, self.footprints.number(operation.reads, operation.writes))

    def may_read(self, who: int, operation: Operation) -> int:
        """Return the footprint of a step that reads what this one may read, and writes nothing."""
        del who
        return self.footprints.number(operation.reads, ())

    def _ending(self, who: int, reads: Locations, writes: Locations) -> int:
        # Whoever joins the process reads that.
        return self.footprints.number(reads, None if writes is None else (*writes, ended(who)))

    def can_wait(self, operation: Operation) -> bool:
        """Return whether the step may have to wait."""
        return operation.blocking

    def is_ready(self, operation: Operation, shared: object) -> bool:
        """Return whether the step can be taken now."""
        return operation.ready(shared)

    def accepts(self, operation: object) -> bool:
        """Return whether this is an operation at all."""
        return isinstance(operation, Operation)

    def failing(self, operation: Operation) -> Collection[Fault]:
        """Return the faults that the operation says it can fail with."""
        return operation.failing

    def told(self, operation: Operation, fault: Fault) -> Any:
        """Return what the process is told under that fault, or raise what it shall see raised."""
        return operation.told(fault)

    def undone(self, who: int, operation: Operation, fault: Fault) -> int:
        """Return the footprint of a step that is not performed: nothing, or what decides whether it can be taken."""
        del fault
        return self.may_read(who, operation) if operation.blocking else self.nothing

    def dying(self, who: int, footprint: int) -> int:
        """Return the footprint of a step with which process `who` would have ended: nobody who joins it sees that."""
        del who
        return footprint


STORE: Locations = ("store",)
# What an attempt is told by a store that does not answer, by the kind of its operation. Other operations are
# somebody's own: nobody can say how they would learn of it, so this fault does not strike them.
UNANSWERED: dict[str, Any] = {"observe": NotObserved.UNAVAILABLE, "persist": Verdict.STORE_UNAVAILABLE}
_FAILING: dict[str, tuple[Fault, ...]] = {
    "observe": (Fault.UNAVAILABLE,),
    "persist": (Fault.UNAVAILABLE, Fault.ANSWER_LOST),
}


class StoreMeter(_Meter):
    """For `Observe` and `Persist` on a store: a step wrote exactly if the store's snapshot is another one after it.

    A store that is `partitioned` promises that a step touches only the resource and the booking id that it names; the
    snapshot of any other one is a single location. That is coarser than it need be, and right also for stores that
    are wrong. Where steps may have to wait, it is a single location too: then every state in which one waits is seen.

    `requests` are those of the attempts, if their steps are judged. A step is judged by the resource of its request,
    and a persist, or the end of an attempt, by the booking id too, whatever it named itself: so it reads them. Where
    attempts are `ordered`, a step also reads which of the others have ended, so that orders which differ in who ended
    before whom began are not taken for one.
    """

    def __init__(self, store: object, requests: Sequence[BookingRequest] = (), *, ordered: bool = False) -> None:
        super().__init__()
        self._own = [_locations(request.resource_id, request.booking_id) for request in requests]
        self._ends = [ended(who) for who in range(len(requests))] if ordered else []
        self._would_block = getattr(store, "would_block", None)
        # Not inherited: a class that changes what its parent does has to promise it anew.
        promised = bool(vars(type(store)).get("partitioned", False))
        self._partitioned = promised and self._would_block is None
        self._known: dict[Hashable, tuple[int, int]] = {}

    def _footprints_of(self, who: int, operation: object) -> tuple[int, int]:
        """Return the footprint of a step that writes, and of one that does not."""
        key: Hashable = None
        if self._partitioned and isinstance(operation, Observe):
            key = who, operation.resource_id
        elif self._partitioned and isinstance(operation, Persist):
            request = operation.proposal.request
            key = who, request.resource_id, request.booking_id
        elif self._ends:
            key = (who,)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._numbered(key)
        return known

    def _numbered(self, key: Any) -> tuple[int, int]:
        who, *names = key or (-1,)
        writes: Locations = _locations(*names) if names else None if self._partitioned else STORE
        reads = writes
        if reads is not None and names and self._own:
            reads = _union(reads, self._own[who][: len(names)])
        if reads is not None and self._ends:
            reads = _union(reads, (end for end in self._ends if end != ended(who)))
        return self.footprints.number(reads, writes), self.footprints.number(reads, ())

    def perform(self, who: int, operation: Any, shared: Any) -> tuple[Any, int]:
        """Take the step; return its result and its footprint."""
        before = shared.snapshot()
        result = operation.perform(shared)
        after = shared.snapshot()
        writing, reading = self._footprints_of(who, operation)
        if after is before or after == before:
            self.took_effect = False
            return result, reading
        # What a store hides is nothing that an acknowledgement could be about.
        self.took_effect = _visible(before) != _visible(after)
        return result, writing

    def raising(self, who: int, operation: Any, error: Exception) -> int:
        """Return the footprint of a step that raised."""
        del error
        self.took_effect = False
        return self._footprints_of(who, operation)[0]

    def _ending(self, who: int, reads: Locations, writes: Locations) -> int:
        if self._own and self._partitioned and reads is not None:
            reads = _union(reads, self._own[who])
        if self._ends and writes is not None:
            writes = (*writes, ended(who))
        return self.footprints.number(reads, writes)

    def may_touch(self, who: int, operation: object) -> int:
        """Return the largest footprint that the step can have: it writes, and is the last."""
        return self.ending(who, self._footprints_of(who, operation)[0])

    def may_read(self, who: int, operation: object) -> int:
        """Return the footprint of a step that reads what this one may read, and writes nothing."""
        return self._footprints_of(who, operation)[1]

    def can_wait(self, operation: object) -> bool:
        """Return whether the step may have to wait."""
        del operation
        return self._would_block is not None

    def is_ready(self, operation: Any, shared: Any) -> bool:
        """Return whether the step can be taken now."""
        return not shared.would_block(operation)

    def accepts(self, operation: object) -> bool:
        """Return whether this is an operation at all."""
        return isinstance(getattr(operation, "kind", None), str) and hasattr(operation, "perform")

    def failing(self, operation: Any) -> Collection[Fault]:
        """Return the faults that the operation can fail with, by its kind."""
        return _FAILING.get(operation.kind, ())

    def told(self, operation: Any, fault: Fault) -> Any:
        """Return what an attempt is told by a store that does not answer."""
        return Verdict.ACKNOWLEDGEMENT_LOST if fault is Fault.ANSWER_LOST else UNANSWERED[operation.kind]

    def undone(self, who: int, operation: Any, fault: Fault) -> int:
        """Return the footprint of a step in which nothing is performed. One that fails is judged like any step."""
        if fault is Fault.UNAVAILABLE or self._would_block is not None:
            return self.may_read(who, operation)
        return self.nothing

    def dying(self, who: int, footprint: int) -> int:
        """Return the footprint of a step with which an attempt would have ended: it is judged like an end."""
        reads, writes = self.footprints.known[footprint]
        if self._own and self._partitioned and reads is not None:
            reads = _union(reads, self._own[who])
        return self.footprints.number(reads, writes)


def _visible(snapshot: Any) -> Any:
    return (snapshot.resources, snapshot.reservations) if isinstance(snapshot, Snapshot) else snapshot


def _locations(*names: str) -> tuple[Location, ...]:
    """Return the locations of a resource and, where it is named too, of a booking id."""
    return tuple(zip(("resource", "booking"), names, strict=False))


def _union(locations: tuple[Location, ...], more: Iterable[Location]) -> tuple[Location, ...]:
    return tuple(dict.fromkeys((*locations, *more)))
