"""What a program was made of: a digest of the source of its processes and of what makes its shared state.

It is the same on every machine, as long as the code is: no path and no address is in it. Code of Python and of its
packages, and of this house, is left out: what they do shows in the operations.
"""

import dis
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache, partial
from hashlib import sha256
from sysconfig import get_paths
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

from lastseat.simulations.kernel.program import Program

DIGITS = 8  # of a digest, in hexadecimal
MOST_PARTS = 1_000  # functions, classes and values that are looked at
_HOUSE = "lastseat"
_PLAIN = (str, bytes, int, float, complex, bool, type(None))
_INSTALLED = tuple(get_paths()[kind] for kind in ("stdlib", "purelib", "platlib"))
Texts: TypeAlias = Iterator[str | bytes]


def source_digest(program: Program) -> str:
    """Return 8 hexadecimal digits that change with the source of a program, and with nothing else.

    It covers the functions of the processes and of the shared state, the functions and classes of somebody's own
    that they name, and what they were given: captured values and arguments, where these are plain.
    """
    digest, parts = sha256(), _Parts()
    for number, part in enumerate([*program.processes[: program.originals], program.shared]):
        digest.update(f"part {number}\n".encode())
        for text in parts.texts(part):
            digest.update(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
            digest.update(b"\0")
    return digest.hexdigest()[:DIGITS]


class _Parts:
    """Functions, classes and values, and all that they name; each is told once, and so many at most."""

    def __init__(self) -> None:
        self._seen: dict[int, Any] = {}  # what was told, by its identity, and kept so that it stays the only one
        self._left = MOST_PARTS

    def texts(self, part: object) -> Texts:
        """Yield the text of a part, and of what it names."""
        self._left -= 1
        if self._left < 0:
            return
        if type(part) in _PLAIN:
            yield f"{type(part).__name__} {part!r}"
            return
        if id(part) in self._seen:
            return
        self._seen[id(part)] = part
        if isinstance(part, FunctionType):
            yield from self._function(part)
        elif isinstance(part, type):
            yield from self._class(part)
        else:
            yield type(part).__name__
            yield from self._all(_inside(part))

    def _all(self, parts: Iterable[object]) -> Texts:
        for part in parts:
            yield from self.texts(part)

    def _function(self, function: FunctionType) -> Texts:
        code, names = function.__code__, function.__globals__
        yield from self._all([*(function.__defaults__ or ()), *_pairs(function.__kwdefaults__ or {})])
        yield from self._all(_captured(function))
        if not _is_own(function):
            yield f"{function.__module__}.{function.__qualname__}"
            return
        yield _text_of(code.co_filename, code)
        for inner in (code, *_inner(code)):
            yield from self._all(_named(inner, names))

    def _class(self, found: type) -> Texts:
        yield f"{found.__module__}.{found.__qualname__}" if not _is_own(found) else found.__name__
        if not _is_own(found):
            return
        for name, held in sorted(vars(found).items()):
            if type(held) in _PLAIN and not name.startswith("__"):
                yield f"{name} {held!r}"
            yield from self._all(_methods(held))
        yield from self._all(found.__bases__)


def _methods(held: object) -> Iterator[FunctionType]:
    """Yield the functions that an attribute of a class consists of."""
    if isinstance(held, property):
        yield from (part for part in (held.fget, held.fset) if isinstance(part, FunctionType))
    part = held.__func__ if isinstance(held, staticmethod | classmethod) else held
    if isinstance(part, FunctionType):
        yield part


def _inside(part: Any) -> Iterable[object]:
    """Return what a callable or a value consists of; its class, where that is not known."""
    if isinstance(part, MethodType):
        return (part.__func__, part.__self__)
    if isinstance(part, partial):
        return (part.func, *part.args, part.keywords)
    if isinstance(part, tuple | list):
        return part
    if isinstance(part, dict):
        return _pairs(part)
    if is_dataclass(part):  # a function made a process, among others
        return [getattr(part, named.name, None) for named in fields(part)]
    return (type(part),)


def _captured(function: FunctionType) -> Iterator[object]:
    """Yield what a function captured and does not change: the same in every run of the program."""
    stores = {step.argval for step in dis.get_instructions(function.__code__) if step.opname == "STORE_DEREF"}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            held = cell.cell_contents
        except ValueError:  # it is empty
            continue
        if name not in stores and not isinstance(held, list | dict):
            yield held


def _named(code: CodeType, names: dict[str, Any]) -> Iterator[object]:
    """Yield what the globals are that code names, if they are functions, classes, or constants."""
    for name in sorted(code.co_names):
        found = names.get(name)
        if isinstance(found, ModuleType):
            owned = [vars(found).get(attribute) for attribute in sorted(code.co_names)]
            yield from (held for held in owned if isinstance(held, FunctionType | type))
        elif isinstance(found, FunctionType | type) or (name.isupper() and type(found) in _PLAIN):
            yield found


def _pairs(named: dict[Any, Any]) -> Iterator[object]:
    for name in sorted(name for name in named if isinstance(name, str)):
        yield from (name, named[name])


def _is_own(part: Any) -> bool:
    """Return whether a function or a class is somebody's own, and not of this house, of Python or of a package."""
    module = str(getattr(part, "__module__", "") or "")
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names and top != "__main__":
        return False
    if top == _HOUSE:
        return False
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return not file.startswith(_INSTALLED)


@lru_cache(maxsize=2_000)
def _text_of(file: str, code: CodeType) -> str | bytes:
    """Return the source of a function, or where there is none, its instructions and constants."""
    del file  # two functions of different files may have one code
    try:
        return inspect.getsource(code)
    except (OSError, TypeError, IndexError, SyntaxError):
        return b"\0".join(_instructions(code))


def _instructions(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)
        elif type(constant) in _PLAIN:
            yield repr(constant).encode()
    yield " ".join((*code.co_names, *code.co_varnames)).encode()


def _inner(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inner(constant)
