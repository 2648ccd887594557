"""A shared state that notices who looks at it: every look between two operations is one that no schedule decides.

A `Shared` and objects of somebody's own classes get a class for one execution that tells of each access; a dict,
list, set or deque is replaced by one that does. What cannot be told of is said not to be looked at.
"""

from collections import deque
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from threading import local
from typing import Any, TypeAlias

from lastseat.simulations.kernel.objects import Shared, SharedObject
from lastseat.simulations.strategies.unseen.holdings import attributes_of, holding, is_data

Tell: TypeAlias = Callable[[str, bool], None]  # that a part of the state was looked at, or changed
WHOLE = "the shared state"
_CONTAINERS = (dict, list, set, deque)
_ACCESS = ("getitem", "setitem", "delitem", "iter", "len", "contains", "reversed", "eq", "iadd", "ior")


class _Listener(local):
    """Whom to tell, while a process computes in this thread; nobody otherwise."""

    tell: Tell | None = None


_listener = _Listener()


def listen(tell: Tell | None) -> None:
    """Let looks at watched states be told of; None: to nobody."""
    _listener.tell = tell


def _told(part: str, *, changes: bool = False) -> None:
    if _listener.tell is not None:
        _listener.tell(part, changes)


def watched(shared: Any) -> tuple[Any, bool]:
    """Return a shared state, or one that equals it, that tells of looks at it; and whether it can tell of them."""
    if isinstance(shared, Shared):
        return shared, all(_retyped(held, _object_class) for held in vars(shared)["_objects"].values())
    kind = type(shared)
    if kind in _CONTAINERS:
        twin = _own_class(kind)(shared)
        return twin, True
    return shared, _retyped(shared, _own_class)


def _retyped(value: Any, make: Callable[[type], type]) -> bool:
    try:
        value.__class__ = make(type(value))
    except Exception:  # noqa: BLE001 - a class that is written in C, or one that nobody may derive from
        return False
    return True


def parts_held(shared: Any) -> Mapping[str, Hashable | None]:
    """Return what each named part of a shared state holds now; None for one that cannot be looked at."""
    if isinstance(shared, Shared):
        return {name: _held_by(held) for name, held in vars(shared)["_objects"].items()}
    own = {} if isinstance(shared, _CONTAINERS) else attributes_of(shared)
    if not own:
        return {WHOLE: holding(shared)}
    return {name: holding(part) for name, part in own.items()}


def _held_by(held: Any) -> Hashable | None:
    try:
        return holding(held.value)
    except Exception:  # noqa: BLE001 - somebody's own
        return None


def whole(shared: Any) -> Any:
    """Return what is another value once somebody has changed the shared state: its snapshot, or all it holds."""
    snapshot = getattr(shared, "snapshot", None)
    return snapshot() if callable(snapshot) else parts_held(shared)


@cache
def _object_class(kind: type) -> type:
    """Return the class of a shared object that tells of who looks at its value."""
    inherited = getattr(kind, "value", None)

    def get(self: SharedObject) -> Any:
        _told(self.name)
        return vars(self)["value"] if inherited is None else inherited.__get__(self, kind)

    def put(self: SharedObject, value: object) -> None:
        _told(self.name, changes=True)
        if inherited is None:
            vars(self)["value"] = value
        else:
            inherited.__set__(self, value)

    can_put = inherited is None or getattr(inherited, "fset", None) is not None
    own = {"value": property(get, put if can_put else None), "__module__": kind.__module__}
    return type(kind.__name__, (kind,), own)


@cache
def _own_class(kind: Any) -> type:
    """Return a class of somebody's own that tells of who looks at the data of its instances."""
    container = next((base for base in _CONTAINERS if issubclass(kind, base)), None)

    def look(self: Any, name: str) -> Any:
        if not name.startswith("__") and (_is_data_of(self, kind, name) or (container and hasattr(container, name))):
            _told(WHOLE if container else name)
        return kind.__getattribute__(self, name)

    def change(self: Any, name: str, value: object) -> None:
        _told(WHOLE if container else name, changes=True)
        kind.__setattr__(self, name, value)

    own: dict[str, Any] = {"__getattribute__": look, "__setattr__": change, "__module__": kind.__module__}
    own["__slots__"] = ()
    if container:
        names = [f"__{name}__" for name in _ACCESS]
        own.update({name: _access(kind, name) for name in names if hasattr(kind, name)})
        if kind.__hash__ is not None:
            own["__hash__"] = kind.__hash__
    return type(kind.__name__, (kind,), own)


def _is_data_of(value: object, kind: type, name: str) -> bool:
    if name in getattr(value, "__dict__", {}):
        return True
    part = next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)
    return part is not None and (is_data(name, part) or type(part).__name__ == "member_descriptor")


def _access(kind: type, name: str) -> Callable[..., Any]:
    inner = getattr(kind, name)

    def access(self: Any, *arguments: Any) -> Any:
        _told(WHOLE)
        return inner(self, *arguments)

    return access
