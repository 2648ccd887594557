"""The notation of `lastseat.testing.notation`, with odd words for the explorers: steps on two places, on everything,
on nothing, and conditional ones of every kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from lastseat.testing import Operation, act, notation
from lastseat.testing.notation import Process, Words, new_shared

Places: TypeAlias = tuple[str, ...]

REGISTERS = "xyz"

__all__ = ["REGISTERS", "STEPS", "new_shared", "processes_of"]


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


def _set_and_raise(shared: Any, deciding: str, place: str) -> None:
    _set(shared, place, 1)
    if not _value(shared, deciding):
        raise RuntimeError(f"{deciding} is not set")


# What a word means: a pattern, and the operation made of the shared state and the pattern's groups.
STEPS: Words = {
    **notation.WORDS,
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
    # The second is set to 1, and then it raises if the first is 0.
    r"([xyz])!([xyz])": lambda _, a, b: act(
        "set or raise", lambda s: _set_and_raise(s, a, b), reads=(a,), writes=(b,)
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


def processes_of(text: str) -> list[Process]:
    """Return the processes of a program."""
    return notation.processes_of(text, STEPS)
