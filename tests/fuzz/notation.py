"""A notation for small programs: text such as `x=1 y? | y=1 x?` is a list of processes.

Processes stand between bars, each a sequence of words over the registers x, y, z, the mutexes l, m and the semaphore
s of two permits. A word is a step (`STEPS`) or a loop of several (`x++`, `x*`), or it decides how the process goes on
(`CONTROL`).
"""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeAlias

from lastseat.testing import Join, Mutex, Operation, Register, Semaphore, Shared, act

Make: TypeAlias = Callable[..., Operation]
Places: TypeAlias = tuple[str, ...]
Process: TypeAlias = Callable[[Any], Generator[Operation, Any, Any]]

REGISTERS = "xyz"


def new_shared() -> Shared:
    return Shared(
        x=Register(0), y=Register(0), z=Register(0), l=Mutex(), m=Mutex(), s=Semaphore(2)
    )  # fmt: skip


def _value(shared: Any, name: str) -> Any:
    return getattr(shared, name).value


def _set(shared: Any, names: str | Places, value: int) -> None:
    for name in names:
        getattr(shared, name).value = value


def _copy(shared: Any, source: str, target: str) -> None:
    getattr(shared, target).value = _value(shared, source)


def _any_set(shared: Any) -> bool:
    return any(_value(shared, name) for name in REGISTERS)


@dataclass(frozen=True, slots=True)
class SetBoth(Operation):
    """A compare-and-swap of two places: what it writes is decided by one of them."""

    kind: ClassVar[str] = "set both"
    conditional: ClassVar[bool] = True
    first: str
    second: str

    @property
    def reads(self) -> Places:
        return (self.first,)

    @property
    def writes(self) -> Places:
        return (self.first, self.second)

    def perform(self, shared: Any, /) -> bool:
        if _value(shared, self.first) != 0:
            return False
        _set(shared, self.writes, 1)
        return True

    def wrote(self, result: Any, /) -> Places:
        return self.writes if result else ()


@dataclass(frozen=True, slots=True)
class Look(Operation):
    """Reads a register, and says that it may write less than it may write: nothing, in any case."""

    kind: ClassVar[str] = "look"
    conditional: ClassVar[bool] = True
    place: str

    @property
    def reads(self) -> Places:
        return (self.place,)

    @property
    def writes(self) -> Places:
        return ()

    def perform(self, shared: Any, /) -> Any:
        return _value(shared, self.place)


@dataclass(frozen=True, slots=True)
class Choice(Operation):
    """Writes some of what it may write. The result is what it wrote."""

    kind: ClassVar[str] = "choice"
    conditional: ClassVar[bool] = True
    reading: Places | None
    writing: Places | None
    run: Callable[[Any], Places | None]

    @property
    def reads(self) -> Places | None:
        return self.reading

    @property
    def writes(self) -> Places | None:
        return self.writing

    def perform(self, shared: Any, /) -> Places | None:
        return self.run(shared)

    def wrote(self, result: Any, /) -> Places | None:
        written: Places | None = result
        return written


@dataclass(frozen=True, slots=True)
class WaitingChoice(Choice):
    """Waits for its first place to be set, and then writes some of what it may write."""

    kind: ClassVar[str] = "waiting choice"
    blocking: ClassVar[bool] = True

    def ready(self, shared: Any, /) -> bool:
        assert self.reading is not None
        return bool(_value(shared, self.reading[0]))


def _one_of(shared: Any, deciding: str, first: str, second: str) -> Places:
    chosen = second if _value(shared, deciding) else first
    _set(shared, chosen, 1 + _value(shared, chosen))
    return (chosen,)


def _move(shared: Any, source: str, target: str) -> Places:
    if not _value(shared, source):
        return ()
    _set(shared, target, _value(shared, source))
    _set(shared, source, 0)
    return (source, target)


def _set_if_zero(shared: Any, place: str) -> Places:
    if _value(shared, place):
        return ()
    _set(shared, place, 1)
    return (place,)


def _set_all_if_zero(shared: Any, place: str) -> Places | None:
    if _value(shared, place):
        return ()
    _set(shared, REGISTERS, 1)
    return None  # everything


# What a word means: a pattern, and the operation made of the shared state and the pattern's groups.
STEPS: dict[str, Make] = {
    r"([xyz])=(\d+)": lambda s, a, v: getattr(s, a).write(int(v)),
    r"([xyz])\?": lambda s, a: getattr(s, a).read(),
    r"([xyz])\+": lambda s, a: getattr(s, a).fetch_and_add(),
    r"([xyz]):(\d)>(\d)": lambda s, a, v, w: getattr(s, a).compare_and_swap(int(v), int(w)),
    r"([xyz])>=(\d)": lambda s, a, v: getattr(s, a).until(lambda value: value >= int(v)),
    r"([xyz])<(\d)": lambda s, a, v: getattr(s, a).until(lambda value: value < int(v)),
    r"([lms])\(": lambda s, a: getattr(s, a).acquire(),
    r"([lms])\)": lambda s, a: getattr(s, a).release(),
    r"([lms])~": lambda s, a: getattr(s, a).try_acquire(),
    r"@(\d)": lambda _, n: Join(int(n)),
    # Steps on two places: a copy, a blind write, an equality that is waited for; and a step that declares nothing.
    r"([xyz])>([xyz])": lambda _, a, b: act("copy", lambda s: _copy(s, a, b), reads=(a,), writes=(b,)),
    r"([xyz])([xyz])=(\d)": lambda _, a, b, v: act(
        "write both", lambda s: _set(s, (a, b), int(v)), reads=(), writes=(a, b)
    ),
    r"([xyz])==([xyz])": lambda _, a, b: act(
        "equal", lambda _: None, reads=(a, b), writes=(), when=lambda s: _value(s, a) == _value(s, b)
    ),
    r"([xyz])==([xyz])!": lambda _, a, b: act(
        "any equal", lambda _: None, when=lambda s: _value(s, a) == _value(s, b)
    ),
    # Both are set to 1, if the first is 0; or as soon as it is.
    r"([xyz])&([xyz])": lambda _, a, b: SetBoth(a, b),
    r"([xyz])&&([xyz])": lambda _, a, b: act(
        "set both", lambda s: _set(s, (a, b), 1), reads=(a,), writes=(a, b), when=lambda s: _value(s, a) == 0
    ),
    r"([xyz])!": lambda _, a: act("undeclared", lambda s: setattr(getattr(s, a), "value", 1 + _value(s, a))),
    # Conditional steps: no possible write; one of two places; both or none; after a wait; nothing declared.
    r"([xyz])\?\?": lambda _, a: Look(a),
    r"([xyz])/([xyz])([xyz])": lambda _, d, a, b: Choice((d, a, b), (a, b), lambda s: _one_of(s, d, a, b)),
    r"([xyz])->([xyz])": lambda _, a, b: Choice((a,), (a, b), lambda s: _move(s, a, b)),
    r"([xyz])>>([xyz])": lambda _, a, b: WaitingChoice((a, b), (b,), lambda s: _set_if_zero(s, b)),
    r"([xyz])!\?": lambda _, a: Choice(None, None, lambda s: _set_if_zero(s, a)),
    r"([xyz])~all": lambda _, a: Choice((a,), None, lambda s: _set_all_if_zero(s, a)),
    # Steps on everything: reads it all; waits for something in it; overwrites it blindly. And one on nothing.
    r"all\?": lambda _: act("read all", lambda s: s.snapshot(), reads=None, writes=()),
    r"all>0": lambda _: act("any set", lambda s: s.snapshot(), reads=None, writes=(), when=_any_set),
    r"all=(\d)": lambda _, v: act("write all", lambda s: _set(s, REGISTERS, int(v)), reads=(), writes=None),
    r"-": lambda _: act("nothing", lambda _: None, reads=(), writes=()),
    r"never": lambda _: act("never", lambda _: None, when=lambda _: False),
}

# Words that are no steps: whether the process ends here, or leaves out the next word, by what was last given.
CONTROL: dict[str, Callable[[Any], str]] = {
    ".": lambda last: "end" if last else "",
    ".0": lambda last: "" if last else "end",
    ";": lambda _: "end",
    "?1": lambda last: "skip" if last else "",
    "?0": lambda last: "" if last else "skip",
}


def process_of(text: str) -> Process:
    """Return a process that takes these steps and returns what they gave. `!1` claims that the last gave no 1."""

    words = text.split()

    def process(shared: Any) -> Generator[Operation, Any, Any]:
        given: list[Any] = []
        following = iter(words)
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
                yield from _steps(shared, word, given)
        return tuple(given)

    return process


def _steps(shared: Any, word: str, given: list[Any]) -> Generator[Operation, Any, None]:
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
    elif how == "*":  # reads until it is set
        while not (yield getattr(shared, place).read()):
            pass
    else:
        make, groups = _meaning(word)
        result = yield make(shared, *groups)
        if result is not None:
            given.append(result)


@cache
def _meaning(word: str) -> tuple[Make, tuple[str, ...]]:
    for pattern, make in STEPS.items():
        if found := re.fullmatch(pattern, word):
            return make, found.groups()
    raise AssertionError(f"{word} is no step")


def processes_of(text: str) -> list[Process]:
    """Return the processes of a program."""
    return [process_of(part) for part in text.split("|")]
