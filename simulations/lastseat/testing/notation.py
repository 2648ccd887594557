"""A notation for small programs: text such as `x=1 y? | y=1 x?` is a list of processes.

Processes stand between bars, each a sequence of words. They share the registers x, y, z, the mutexes l, m, a
semaphore s of two permits, a condition c with a mutex of its own, an event e and a queue q of capacity 1:

    x=1  x?  x+  x:0>1        write, read, add 1, compare-and-swap of 0 for 1
    x>=1  x<1                 wait until it is so
    x=#  x++  x*              write the sum of all that was seen; add 1 by compare-and-swap; read until it is set
    l(  l)  l~                acquire, release, try to acquire; m, s and c likewise
    c.  c!  c*                wait for the condition, notify one, notify all
    e+  e-  e?  e>            set, clear, look, wait until it is set
    q<1  q>  q<1~  q>~  q#    put 1, get; try to put 1, try to get; the size
    @0                        join process 0
    1,2,3                     choose one of these
    .  .0  ;                  end here if the last result was true; if it was false; in any case
    ?1  ?0                    leave out the next word if the last result was true; if it was false
    !1                        assert that the last result was not 1
    l)^                       the step of a word, and 9 where it raises RuntimeError
"""

import re
from collections.abc import Callable, Generator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeAlias

from lastseat.simulations.kernel.objects import Condition, Event, Mutex, Queue, Register, Semaphore, Shared
from lastseat.simulations.kernel.operations import Join, Operation, choose

__all__ = ["CONTROL", "WORDS", "Process", "Words", "new_shared", "process_of", "processes_of"]

Make: TypeAlias = Callable[..., Any]  # of the shared state and the groups of the pattern: an operation, or several
Words: TypeAlias = Mapping[str, Make]  # by the pattern of the word
Process: TypeAlias = Callable[[Any], Generator[Operation, Any, Any]]


def new_shared() -> Shared:
    """Return the shared state that programs of this notation start from."""
    registers = {name: Register(0) for name in "xyz"}
    locks = {"l": Mutex(), "m": Mutex(), "s": Semaphore(2), "c": Condition()}
    return Shared(**registers, **locks, e=Event(), q=Queue(capacity=1))


# What a word means.
WORDS: Words = MappingProxyType(
    {
        r"([xyz])=(\d+)": lambda shared, name, value: getattr(shared, name).write(int(value)),
        r"([xyz])\?": lambda shared, name: getattr(shared, name).read(),
        r"([xyz])\+": lambda shared, name: getattr(shared, name).fetch_and_add(),
        r"([xyz]):(\d)>(\d)": lambda shared, name, old, new: getattr(shared, name).compare_and_swap(
            int(old), int(new)
        ),
        r"([xyz])>=(\d)": lambda shared, name, least: getattr(shared, name).until(lambda value: value >= int(least)),
        r"([xyz])<(\d)": lambda shared, name, bound: getattr(shared, name).until(lambda value: value < int(bound)),
        r"([lmsc])\(": lambda shared, name: getattr(shared, name).acquire(),
        r"([lmsc])\)": lambda shared, name: getattr(shared, name).release(),
        r"([lmsc])~": lambda shared, name: getattr(shared, name).try_acquire(),
        r"c\.": lambda shared: shared.c.wait(),
        r"c!": lambda shared: shared.c.notify(),
        r"c\*": lambda shared: shared.c.notify_all(),
        r"e\+": lambda shared: shared.e.set(),
        r"e-": lambda shared: shared.e.clear(),
        r"e\?": lambda shared: shared.e.is_set(),
        r"e>": lambda shared: shared.e.wait(),
        r"q<(\d)": lambda shared, item: shared.q.put(int(item)),
        r"q>": lambda shared: shared.q.get(),
        r"q<(\d)~": lambda shared, item: shared.q.try_put(int(item)),
        r"q>~": lambda shared: shared.q.try_get(),
        r"q#": lambda shared: shared.q.size(),
        r"@(\d)": lambda _, process: Join(int(process)),
        r"(\d(?:,\d)+)": lambda _, options: choose(*map(int, options.split(","))),
    }
)

# Words that are no steps: whether the process ends here, or leaves out the next word, by what was last given.
CONTROL: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        ".": lambda last: "end" if last else "",
        ".0": lambda last: "" if last else "end",
        ";": lambda _: "end",
        "?1": lambda last: "skip" if last else "",
        "?0": lambda last: "" if last else "skip",
    }
)


def process_of(text: str, words: Words = WORDS) -> Process:
    """Return a process that takes these steps and returns what they gave.

    That is without None, and without that a lock was taken.

    Raises ValueError where a word is none.
    """
    written = text.split()
    for word in written:
        if not (word in CONTROL or re.fullmatch(r"!\d+|[xyz](=#|\+\+|\*)", word)):
            _meaning(word.removesuffix("^"), words)

    def process(shared: object) -> Generator[Operation, Any, Any]:
        given: list[Any] = []
        following = iter(written)
        for word in following:
            last = given[-1] if given else None
            if word in CONTROL:
                what = CONTROL[word](last)
                if what == "end":
                    break
                if what == "skip":
                    next(following, None)
            elif word[0] == "!":
                assert last != int(word[1:]), f"{word[1:]} was seen"
            else:
                yield from _steps(shared, word, given, words)
        return tuple(given)

    return process


def _steps(shared: object, word: str, given: list[Any], words: Words) -> Generator[Operation, Any, None]:
    """Take the steps of one word, and note what they give."""
    place, how = word[:1], word[1:]
    if how == "=#":  # writes the sum of what was seen
        yield getattr(shared, place).write(sum(value for value in given if isinstance(value, int)))
    elif how == "++":  # adds, with as many compare-and-swaps as it takes
        swapped = False
        while not swapped:
            seen = yield getattr(shared, place).read()
            swapped = yield getattr(shared, place).compare_and_swap(seen, seen + 1)
        given.append(seen)
    elif how == "*" and place != "c":  # reads until it is set
        while not (yield getattr(shared, place).read()):
            pass
    else:
        make, groups = _meaning(word.removesuffix("^"), words)
        made = make(shared, *groups)
        try:
            result = (yield made) if isinstance(made, Operation) else (yield from made)
        except RuntimeError:
            if word[-1] != "^":
                raise
            result = 9
        if result is not None and word[-1] != "(":  # that a lock was taken is no news
            given.append(result)


def _meaning(word: str, words: Words) -> tuple[Make, tuple[str, ...]]:
    for pattern, make in words.items():
        if found := _fullmatch(pattern, word):
            return make, found.groups()
    raise ValueError(f"{word} is no step")


@cache
def _fullmatch(pattern: str, word: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, word)


def processes_of(text: str, words: Words = WORDS) -> list[Process]:
    """Return the processes of a program. Raises ValueError where a word is none.

    >>> from lastseat.testing import explore
    >>> from lastseat.testing.notation import new_shared, processes_of
    >>> sorted(explore(processes_of("x=1 y? | y=1 x?"), shared=new_shared).vectors)
    [((0,), (1,)), ((1,), (0,)), ((1,), (1,))]
    """
    return [process_of(part, words) for part in text.split("|")]
