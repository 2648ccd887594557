"""Whatever is asked of them, in whatever order, a store on a file and a store in memory answer alike.

Clauses: persist.order, persist.verdict, state.capacity, state.sum, state.unique, state.version
"""

from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from lastseat.reference.attempt_booking import propose
from lastseat.reference.store import Policy
from lastseat.reference.stores.memory import CapacityFirstMemoryStore, MemoryStore
from lastseat.reference.stores.sqlite import LARGEST, SqliteStore
from lastseat.reference.values import BookingRequest, Observation, Proposal, Reservation, Snapshot, Verdict

# Few ids, so that they collide, and now and then a text or a number that no table expects.
any_text = st.text(st.characters(codec=None), min_size=1, max_size=4)
resource_ids = st.sampled_from(["room", "desk", "nowhere"]) | any_text
booking_ids = st.sampled_from(["ann", "bob", "cid"]) | any_text
units = st.integers(1, 4) | st.integers(min_value=1)
versions = st.none() | st.integers(0, 4) | st.integers()
capacities = st.dictionaries(resource_ids, st.integers(0, 6) | st.integers(0, LARGEST), max_size=3)
requests = st.builds(BookingRequest, booking_ids, resource_ids, units)


class CapacityFirstSqliteStore(SqliteStore):
    policy: ClassVar[Policy] = Policy.CAPACITY_FIRST


class StoresAgree(RuleBasedStateMachine):
    """One history, performed on a store in memory and on a store in a file."""

    memory_type: ClassVar[type[MemoryStore]] = MemoryStore
    sqlite_type: ClassVar[type[SqliteStore]] = SqliteStore

    proposals = Bundle("proposals")
    snapshots = Bundle("snapshots")

    @initialize(capacities=capacities | st.just({"room": 3, "desk": 1}))
    def open(self, capacities: dict[str, int]) -> None:
        self.memory = self.memory_type.open(capacities)
        self.sqlite = self.sqlite_type.open(capacities)

    def teardown(self) -> None:
        if hasattr(self, "sqlite"):
            self.sqlite.close()

    @rule(target=proposals, request=requests)
    def observe(self, request: BookingRequest) -> Proposal:
        observed: Observation = self.memory.observe(request.resource_id)
        assert self.sqlite.observe(request.resource_id) == observed
        return propose(request, observed)

    @rule(proposal=proposals | st.builds(Proposal, requests, versions, versions))
    def persist(self, proposal: Proposal) -> None:
        before = self.sqlite.snapshot()

        verdict = self.sqlite.persist(proposal)

        assert verdict is self.memory.persist(proposal)
        if verdict is not Verdict.ACCEPTED:
            assert self.sqlite.snapshot() == before

    @rule(request=requests)
    def book(self, request: BookingRequest) -> None:
        self.persist(self.observe(request))

    @rule(proposal=consumes(proposals))
    def persist_twice(self, proposal: Proposal) -> None:
        self.persist(proposal)
        self.persist(proposal)

    @rule(target=snapshots)
    def snapshot(self) -> Snapshot:
        return self.sqlite.snapshot()

    @rule(snapshot=snapshots)
    def restore(self, snapshot: Snapshot) -> None:
        self.memory.restore(snapshot)
        self.sqlite.restore(snapshot)

    @invariant()
    def they_hold_the_same(self) -> None:
        if hasattr(self, "sqlite"):
            assert self.sqlite.snapshot() == self.memory.snapshot()

    @invariant()
    def the_books_balance(self) -> None:
        held = self.sqlite.snapshot() if hasattr(self, "sqlite") else Snapshot(())
        for name, resource in held.resources:
            own: list[Reservation] = [one for one in held.reservations if one.resource_id == name]
            assert 0 <= resource.confirmed == sum(one.units for one in own) <= resource.capacity
            assert resource.version == len(own)
        assert len({one.booking_id for one in held.reservations}) == len(held.reservations)


class CapacityFirstStoresAgree(StoresAgree):
    memory_type = CapacityFirstMemoryStore
    sqlite_type = CapacityFirstSqliteStore


FEW = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestStoresAgree = StoresAgree.TestCase
TestStoresAgree.settings = FEW
TestCapacityFirstStoresAgree = CapacityFirstStoresAgree.TestCase
TestCapacityFirstStoresAgree.settings = FEW
