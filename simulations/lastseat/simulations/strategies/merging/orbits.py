"""Processes that are alike: states that differ only in who is who are merged too, and still counted exactly.

An orbit is a set of states that come from each other by exchanges of alike processes. It is kept as its canonical
member, in which the processes of each group stand in sorted order. All members have equally many steps into each
next orbit, so that schedules are counted by orbit, and the number of members is a product of multinomial
coefficients. (Clarke, Emerson, Jha and Sistla 1998; Ip and Dill 1996.)

Of a program, processes are alike where they are one function of the shared state. Then an exchange leaves the shared
state as it is, and nothing has to be checked, but that nobody joins one of them by its number: `specs/decisions/
merging.md` has the argument.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import partial
from math import factorial, prod
from types import MethodType
from typing import Any

from lastseat.simulations.kernel.program import Process, Program
from lastseat.simulations.strategies.merging.kept import exact
from lastseat.simulations.strategies.merging.words import Layout, Word

WRAPPED = ["function", "arguments", "named"]  # the fields of a process that is a function with arguments


class Orbits:
    """The orbits of one program's states."""

    def __init__(self, layout: Layout, groups: tuple[tuple[int, ...], ...]) -> None:
        self.layout, self.groups = layout, groups
        self._single = [who for who in range(layout.processes) if not any(who in group for group in groups)]
        self._most = prod(factorial(len(group)) for group in groups)
        self._canonical: dict[Word, Word] = {}

    def standings(self, word: Word) -> Sequence[Any]:
        """Return for each process all that tells it from those of its group: its local state."""
        return self.layout.locals(word)

    def exchanged(self, word: Word, fields: Sequence[int]) -> Word:
        """Return the word in which each process stands where process `fields[who]` stood."""
        bits, mask = self.layout.bits, self.layout.local_mask
        below = word & ((1 << self.layout.shared_at) - 1)
        exchanged = word - below
        for place, field in enumerate(fields):
            exchanged |= ((below >> bits * field) & mask) << bits * place
        return exchanged

    def kinds(self, word: Word) -> list[tuple[int, int]]:
        """Return one process for each distinct standing in a canonical word, and how many stand there."""
        standings = self.standings(word)
        kinds = [(who, 1) for who in self._single]
        for group in self.groups:
            first, times, last = group[0], 0, standings[group[0]]
            for who in group:
                if standings[who] == last:
                    times += 1
                    continue
                kinds.append((first, times))
                first, times, last = who, 1, standings[who]
            kinds.append((first, times))
        kinds.sort()
        return kinds

    def members(self, kinds: Iterable[tuple[int, int]]) -> int:
        """Return how many states an orbit has, given its `kinds`."""
        return self._most // prod([factorial(times) for _, times in kinds])

    def size(self, word: Word) -> int:
        """Return how many states the orbit of a canonical word has."""
        return self.members(self.kinds(word))

    def canonical(self, word: Word) -> Word:
        """Return the canonical member of the orbit of `word`."""
        known = self._canonical.get(word)
        if known is None:
            known = self._canonical[word] = self.exchanged(word, self.fields(word))
        return known

    def fields(self, word: Word) -> tuple[int, ...]:
        """Return which process of `word` stands in each place of its canonical member."""
        standings = self.standings(word)
        fields = list(range(self.layout.processes))
        for group in self.groups:
            for place, who in zip(group, sorted(group, key=standings.__getitem__, reverse=True), strict=True):
                fields[place] = who
        return tuple(fields)

    def arrangements(self, word: Word) -> list[tuple[int, ...]]:
        """Return the distinct ways in which the local states of `word` can stand: which field in each place."""
        locals_ = self.layout.locals(word)
        arranged = [tuple(range(self.layout.processes))]
        for group in self.groups:
            orders = list(distinct_orders(group, locals_))
            arranged = [_placed(fields, group, order) for fields in arranged for order in orders]
        return arranged


def _placed(fields: tuple[int, ...], group: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    placed = list(fields)
    for place, who in zip(group, order, strict=True):
        placed[place] = who
    return tuple(placed)


def distinct_orders(group: Sequence[int], locals_: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield orders of the processes of a group: each distinct order of their local states once."""
    standing: dict[int, list[int]] = {}
    for who in group:
        standing.setdefault(locals_[who], []).append(who)
    left = Counter({local: len(whose) for local, whose in standing.items()})

    def orders(chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(chosen) == len(group):
            yield chosen
        for local in [local for local, count in left.items() if count]:
            whose = standing[local]
            who = whose[len(whose) - left[local]]
            left[local] -= 1
            yield from orders((*chosen, who))
            left[local] += 1

    return orders(())


def alike_processes(program: Program) -> tuple[tuple[int, ...], ...]:
    """Return the groups of processes that are one function of the shared state; none where some are repeated."""
    if program.redeliveries:
        return ()
    groups: dict[Hashable, list[int]] = {}
    for who, process in enumerate(program.processes):
        groups.setdefault(_function_of(process), []).append(who)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _function_of(process: Process | Callable[..., Any]) -> Hashable:
    """Return a value that is equal for processes that are the same function of the shared state."""
    if isinstance(process, partial):
        return _with(partial, process.func, process.args, process.keywords) or id(process)
    if isinstance(process, MethodType):
        return MethodType, id(process.__self__), process.__func__
    if is_dataclass(process) and [part.name for part in fields(process)] == WRAPPED:
        function, arguments, named = (getattr(process, name) for name in WRAPPED)
        return _with(type(process), function, arguments, named) or id(process)
    return id(process)


def _with(kind: type, function: Any, arguments: Any, named: Any) -> Hashable:
    """Return the value of a function with arguments, None where these cannot be compared."""
    key = kind, _function_of(function), exact(arguments), exact(tuple(sorted(named.items())))
    try:
        hash(key)
    except TypeError:
        return None
    return key
