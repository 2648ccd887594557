"""Taking the program of a test function: its first call of `explore` or `sample` is noted, and not made."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

_IS_NOTING: ContextVar[bool] = ContextVar("lastseat_is_noting", default=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of `explore` or `sample`: which of them, and with what arguments."""

    door: str
    arguments: Mapping[str, Any]


class _NotedError(BaseException):
    """The call was noted: the function is left at once, by what no `except Exception` sees."""

    def __init__(self, call: Call) -> None:
        super().__init__(f"{call.door} was called")
        self.call = call


def noted(door: Callable[Given, Result]) -> Callable[Given, Result]:
    """Make of `explore` or `sample` a function whose call can be noted; see `first_call`."""

    @wraps(door)
    def called(*arguments: Given.args, **named: Given.kwargs) -> Result:
        if _IS_NOTING.get():
            raise _NotedError(Call(door.__name__, signature(door).bind(*arguments, **named).arguments))
        return door(*arguments, **named)

    return called


def first_call(function: Callable[[], Any]) -> Call | Any:
    """Call a function until it calls `explore` or `sample`, and return that call.

    If it calls neither, what it returns is returned. Raises whatever the function raises before.
    """
    noting = _IS_NOTING.set(True)
    try:
        return function()
    except _NotedError as noted:
        return noted.call
    finally:
        _IS_NOTING.reset(noting)
