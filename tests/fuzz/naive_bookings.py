"""Every schedule of a booking system, each executed from a fresh store: plain code, and nothing of the explorers.

What a fault does, and where it can strike, is what `specs/decisions/faults.md` says.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lastseat.reference.implementation import Implementation
from lastseat.reference.values import BookingRequest, NotObserved, Snapshot, Verdict

Move: TypeAlias = tuple[int, str]  # an attempt, and the letter of the fault in its step, "" for none
LETTERS = {"crash": "cd", "unavailable": "u", "acknowledgement lost": "a", "redelivery": ""}


class TooManyError(Exception):
    """There are more schedules than a fuzzer has time for."""


@dataclass(frozen=True)
class Situation:
    """What is booked by whom. `kinds` are those of the faults, of which there are at most `faults` in a run."""

    capacities: tuple[tuple[str, int], ...]
    requests: tuple[BookingRequest, ...]
    implementation: Implementation
    faults: int = 0
    kinds: tuple[str, ...] = ()

    @property
    def delivered(self) -> tuple[BookingRequest, ...]:
        """Return the requests with every redelivery that may be made."""
        return self.requests * (1 + self.faults * ("redelivery" in self.kinds))


@dataclass(frozen=True)
class Step:
    """One step that was taken. `ended` says that the attempt returned right after it; `waiting` who waits then."""

    who: int
    letter: str
    operation: Any
    result: Any
    before: Snapshot
    after: Snapshot
    ended: bool
    returned: Any
    waiting: tuple[int, ...]


@dataclass
class History:
    """One execution. `stepless` holds what was returned without a step, `waiting` who waits at the start."""

    situation: Situation
    start: Snapshot
    stepless: dict[int, Any]
    waiting: tuple[int, ...]
    steps: list[Step] = field(default_factory=list)
    over: bool = False  # nobody who is there can take a step
    deadlock: bool = False  # and somebody who is there waits
    spent: int = 0  # faults

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple((step.who, step.letter) for step in self.steps)


class Execution:
    """An execution under way."""

    def __init__(self, situation: Situation) -> None:
        self.situation, self.first_repeat = situation, len(situation.requests)
        implementation = situation.implementation
        self.store: Any = implementation.open_store(dict(situation.capacities))
        self.attempts: list[Any] = [implementation.attempt(request) for request in situation.delivered]
        self.next: list[Any] = []
        self.gone: set[int] = set()  # who ended or crashed
        self.begun: set[int] = set()
        self.returned: dict[int, Any] = {}
        for who, attempt in enumerate(self.attempts):
            try:
                self.next.append(next(attempt))
            except StopIteration as finished:
                self.next.append(None)
                self.gone.add(who)
                if who < self.first_repeat:
                    self.begun.add(who)
                    self.returned[who] = finished.value
        self.history = History(situation, self.store.snapshot(), dict(self.returned), ())
        self.history.waiting = self.waiting()

    def is_there(self, who: int) -> bool:
        return who < self.first_repeat or who in self.begun

    def could_go(self) -> list[int]:
        """Return who would take a step if it had not to wait: those who are there, then redeliveries to be made."""
        alive = [who for who in range(len(self.attempts)) if who not in self.gone]
        left = self.history.spent < self.situation.faults
        new = [who for who in alive if not self.is_there(who) and left and who - self.first_repeat in self.begun]
        return [who for who in alive if self.is_there(who)] + new

    def has_to_wait(self, who: int) -> bool:
        would_block = getattr(self.store, "would_block", None)
        return would_block is not None and bool(would_block(self.next[who]))

    def waiting(self) -> tuple[int, ...]:
        return tuple(who for who in self.could_go() if self.has_to_wait(who))

    def moves(self) -> list[Move]:
        """Return every move that may be tried, also faults of which it shows only then whether they can strike."""
        found: list[Move] = []
        for who in self.could_go():
            if self.has_to_wait(who):
                continue
            found.append((who, ""))
            cost = 1 + (not self.is_there(who))
            if self.history.spent + cost <= self.situation.faults:
                letters = "".join(LETTERS[kind] for kind in self.situation.kinds)
                found.extend((who, letter) for letter in letters if self._may_strike(who, letter))
        return found

    def _may_strike(self, who: int, letter: str) -> bool:
        kind = self.next[who].kind
        return {"u": kind in ("observe", "persist"), "a": kind == "persist"}.get(letter, True)

    def take(self, move: Move) -> bool:
        """Take a step; return False where the fault could not strike there, and the execution is to be dropped."""
        who, letter = move
        operation, before = self.next[who], self.store.snapshot()
        self.history.spent += bool(letter) + (not self.is_there(who))
        self.begun.add(who)
        result = self._perform(operation, letter)
        after, ended, returned = self.store.snapshot(), False, None
        if letter == "a" and content(before) == content(after):
            return False
        if letter != "c":
            try:
                self.next[who] = self.attempts[who].send(result)
            except StopIteration as finished:
                ended, returned = True, finished.value
        if letter == "d":
            if not ended:
                return False
            ended, returned = False, None
        if ended or letter in ("c", "d"):
            self.gone.add(who)
        self.history.steps.append(
            Step(who, letter, operation, result, before, after, ended, returned, self.waiting())
        )
        return True

    def _perform(self, operation: Any, letter: str) -> Any:
        if letter == "c":
            return None
        if letter == "u":
            return NotObserved.UNAVAILABLE if operation.kind == "observe" else Verdict.STORE_UNAVAILABLE
        result = operation.perform(self.store)
        return Verdict.ACKNOWLEDGEMENT_LOST if letter == "a" else result

    def close(self) -> History:
        """Say whether the execution is over."""
        present = [who for who in self.could_go() if self.is_there(who)]
        self.history.over = all(self.has_to_wait(who) for who in present)
        self.history.deadlock = self.history.over and bool(present)
        return self.history


def content(held: Snapshot) -> Any:
    """Return what a snapshot shows of resources and reservations."""
    return held.resources, tuple(sorted(held.reservations))


def executed(situation: Situation, moves: tuple[Move, ...]) -> History | None:
    """Return the execution of these moves, None where one of them cannot be made."""
    execution = Execution(situation)
    for move in moves:
        if move not in execution.moves() or not execution.take(move):
            return None
    return execution.close()


def histories(situation: Situation, most: int) -> Iterator[History]:
    """Yield every schedule that ends somewhere, executed. Raises TooManyError beyond `most` of them."""
    agenda: list[tuple[Move, ...]] = [()]
    found = 0
    while agenda:
        moves = agenda.pop()
        execution = Execution(situation)
        if not all(map(execution.take, moves)):
            continue
        agenda.extend((*moves, move) for move in execution.moves())
        if execution.close().over:
            found += 1
            if found > most:
                raise TooManyError
            yield execution.history


@dataclass
class Everything:
    """What all schedules show. An outcome vector is a tuple of texts; None: it emitted no outcome."""

    schedules: int = 0
    deadlocks: int = 0
    by_faults: Counter[int] = field(default_factory=Counter)
    vectors: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    states: set[Any] = field(default_factory=set)

    def add(self, history: History) -> None:
        self.schedules += 1
        self.deadlocks += history.deadlock
        self.by_faults[history.spent] += 1
        self.vectors[vector_of(history)] += 1


def vector_of(history: History) -> tuple[str | None, ...]:
    """Return what each attempt emitted, as text."""
    returned = {**history.stepless, **{step.who: step.returned for step in history.steps if step.ended}}
    every = range(len(history.situation.delivered))
    return tuple(None if returned.get(who) is None else str(returned[who]) for who in every)
