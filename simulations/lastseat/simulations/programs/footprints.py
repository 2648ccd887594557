"""What steps touched, as small numbers that are cheap to compare; and how that is learnt from an operation."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Protocol, TypeAlias

from lastseat.reference.attempt_booking import Observe, Persist
from lastseat.simulations.programs.operations import Location, Operation, ended

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

    def ending(self, footprint: int, process: int) -> int:
        """Return the footprint of a process's last step, which whoever joins the process reads too."""
        reads, writes = self.known[footprint]
        if writes is None:
            return footprint
        return self.number(reads, (*writes, ended(process)))

    def _add(self, one: int, other: int) -> None:
        for here, there in {(one, other), (other, one)}:
            self.clash[here] |= 1 << there
            self.rivals[here].append(there)

    def _conflict(self, one: int, other: int) -> bool:
        (reads, writes), (others_reads, others_writes) = self.known[one], self.known[other]
        return (
            _meet(writes, others_writes) or _meet(writes, others_reads) or _meet(reads, others_writes)
        )  # two reads never conflict


def _meet(one: Locations, other: Locations) -> bool:
    if one is None or other is None:
        return one != () and other != ()
    return any(location in other for location in one)


class Meter(Protocol):
    """Performs operations on one kind of shared state and tells what they touched, as numbers of `footprints`."""

    footprints: Footprints
    joins: ClassVar[bool]  # whether a process can be joined
    plain: set[type]  # classes of operations that were met and never wait

    def perform(self, who: int, operation: Any, shared: Any) -> tuple[Any, int]:
        """Take the step of process `who`; return its result and its footprint."""
        ...

    def may_touch(self, who: int, operation: Any) -> int:
        """Return the largest footprint that the step can have where process `who` takes it."""
        ...

    def may_read(self, who: int, operation: Any) -> int:
        """Return the footprint of a step that reads what this one may read, and writes nothing."""
        ...

    def is_certain(self, operation: Any) -> bool:
        """Return whether that is the footprint which it will have."""
        ...

    def can_wait(self, operation: Any) -> bool:
        """Return whether the step may have to wait."""
        ...

    def is_ready(self, operation: Any, shared: Any) -> bool:
        """Return whether the step can be taken now."""
        ...

    def accepts(self, operation: Any) -> bool:
        """Return whether this is an operation at all."""
        ...


class DeclaredMeter:
    """For operations that say themselves what they touch."""

    joins: ClassVar[bool] = True

    def __init__(self) -> None:
        self.footprints = Footprints()
        self.plain: set[type] = set()

    def perform(self, who: int, operation: Operation, shared: Any) -> tuple[Any, int]:
        """Take the step; return its result and its footprint."""
        del who
        result = operation.perform(shared)
        return result, self.footprints.number(operation.reads, operation.wrote(result))

    def may_touch(self, who: int, operation: Operation) -> int:
        """Return the largest footprint that the step can have: it writes all that it may, and is the last."""
        return self.footprints.ending(self.footprints.number(operation.reads, operation.writes), who)

    def may_read(self, who: int, operation: Operation) -> int:
        """Return the footprint of a step that reads what this one may read, and writes nothing."""
        del who
        return self.footprints.number(operation.reads, ())

    def is_certain(self, operation: Operation) -> bool:
        """Return False: what a step gives decides whether the process ends with it, and its end is touched too."""
        del operation
        return False

    def can_wait(self, operation: Operation) -> bool:
        """Return whether the step may have to wait."""
        return operation.blocking

    def is_ready(self, operation: Operation, shared: Any) -> bool:
        """Return whether the step can be taken now."""
        return operation.ready(shared)

    def accepts(self, operation: Any) -> bool:
        """Return whether this is an operation at all."""
        return isinstance(operation, Operation)


STORE: Locations = ("store",)


class StoreMeter:
    """For `Observe` and `Persist` on a store: a step wrote exactly if the store's snapshot is another one after it.

    A store that is `partitioned` promises that a step touches only the resource and the booking id that it names; the
    snapshot of any other one is a single location. That is coarser than it need be, and right also for stores that
    are wrong. Where steps may have to wait, it is a single location too: then every state in which one waits is seen.

    `judged` are for each process locations that whoever judges its steps looks at besides; none if it is empty.
    """

    joins: ClassVar[bool] = False

    def __init__(self, store: Any, judged: Sequence[tuple[Location, ...]] = ()) -> None:
        self.footprints = Footprints()
        self.plain: set[type] = set()
        self._judged = judged
        self._would_block = getattr(store, "would_block", None)
        # Not inherited: a class that changes what its parent does has to promise it anew.
        promised = bool(vars(type(store)).get("partitioned", False))
        self._partitioned = promised and self._would_block is None
        self._locations: dict[Hashable, tuple[int, int]] = {}

    def _footprints_of(self, who: int, operation: Any) -> tuple[int, int]:
        """Return the footprint of a step that writes, and of one that does not."""
        key: Hashable = None
        if self._partitioned and isinstance(operation, Observe):
            key = operation.resource_id
        elif self._partitioned and isinstance(operation, Persist):
            request = operation.proposal.request
            key = (request.resource_id, request.booking_id)
        if self._judged and key is not None:
            key = (key, who)
        known = self._locations.get(key)
        if known is None:
            known = self._locations[key] = self._numbered(who, operation, key is not None)
        return known

    def _numbered(self, who: int, operation: Any, named: bool) -> tuple[int, int]:
        where = locations_of(operation) if named else None if self._partitioned else STORE
        reads = where
        if self._judged and where is not None and where is not STORE:
            reads = tuple(dict.fromkeys((*where, *self._judged[who])))
        return self.footprints.number(reads, where), self.footprints.number(reads, ())

    def perform(self, who: int, operation: Any, shared: Any) -> tuple[Any, int]:
        """Take the step; return its result and its footprint."""
        before = shared.snapshot()
        result = operation.perform(shared)
        after = shared.snapshot()
        writing, reading = self._footprints_of(who, operation)
        return result, reading if after is before or after == before else writing

    def may_touch(self, who: int, operation: Any) -> int:
        """Return the largest footprint that the step can have."""
        writing, reading = self._footprints_of(who, operation)
        return reading if self.is_certain(operation) else writing

    def may_read(self, who: int, operation: Any) -> int:
        """Return the footprint of a step that reads what this one may read, and writes nothing."""
        return self._footprints_of(who, operation)[1]

    def is_certain(self, operation: Any) -> bool:
        """Return whether the footprint is known before: an observe of a store that keeps its promises."""
        return self._partitioned and isinstance(operation, Observe)

    def can_wait(self, operation: Any) -> bool:
        """Return whether the step may have to wait."""
        del operation
        return self._would_block is not None

    def is_ready(self, operation: Any, shared: Any) -> bool:
        """Return whether the step can be taken now."""
        return not shared.would_block(operation)

    def accepts(self, operation: Any) -> bool:
        """Return whether this is an operation at all."""
        return isinstance(getattr(operation, "kind", None), str) and hasattr(operation, "perform")


def locations_of(operation: Any) -> Locations:
    """Return what an operation on a store that is `partitioned` may touch; None: everything."""
    if isinstance(operation, Observe):
        return (("resource", operation.resource_id),)
    if isinstance(operation, Persist):
        return locations_of_request(operation.proposal.request)
    return None


def locations_of_request(request: Any) -> tuple[Location, ...]:
    """Return what a persist for a request may touch, and what the judge looks at for it."""
    return ("resource", request.resource_id), ("booking", request.booking_id)
