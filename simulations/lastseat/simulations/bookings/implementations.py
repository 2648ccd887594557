"""Finding the implementation that a user names: one of ours, or their own as `module:attribute`; and running it."""

import sys
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from lastseat.reference.attempt_booking import Attempt
from lastseat.reference.flawed import GALLERY, RARE, UNDER_FAULTS
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.reference.store import Policy
from lastseat.reference.stores.memory import MemoryStore
from lastseat.reference.values import BookingRequest, Emission
from lastseat.simulations.bookings.limits import ExplorationError
from lastseat.simulations.common.loading import LoadingError, loaded
from lastseat.simulations.common.text import printable, quoted, raised_by
from lastseat.simulations.kernel.schedule import ScheduleError

CORRECT = {implementation.name: implementation for implementation in (MEMORY, CAPACITY_FIRST, SQLITE)}
SHIPPED = {**CORRECT, **GALLERY, **RARE, **UNDER_FAULTS}
STORE_METHODS = ("open", "observe", "persist", "snapshot", "restore")


class ImplementationError(ValueError):
    """No such implementation; the text is one line."""


def find_implementation(name: str) -> Implementation:
    """Return the implementation of that name, or the one that `module:attribute` names.

    The attribute is an `Implementation`, a use case (a generator function of one request, run on the memory
    store), or a store class. Naming a module runs it, as `python -m` would. Raises ImplementationError.
    """
    if ":" in name:
        return _imported(name)
    if name in SHIPPED:
        return SHIPPED[name]
    near = get_close_matches(name, SHIPPED, n=1, cutoff=0.5)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else f"known: {', '.join(CORRECT)}, those of the gallery (see lastseat mutants), or module:function"
    )
    raise ImplementationError(f"there is no implementation {quoted(name)}; {hint}")


@contextmanager
def running(implementation: Implementation) -> Iterator[None]:
    """Run somebody's code in the block: what it prints goes to standard error, as standard output is ours.

    Whatever it raises, an attempt to leave the program included, becomes an ExplorationError of one line.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (ExplorationError, ScheduleError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise ExplorationError(f"{implementation.name} raised {raised_by(error)}") from error


def _imported(name: str) -> Implementation:
    try:
        found = loaded(name)
    except LoadingError as error:
        raise ImplementationError(str(error)) from error.__cause__
    # Under our own name it could not be found again, and the line that replays a violation would not work.
    if isinstance(found, Implementation):
        return replace(found, name=name, attempt=_checked(found.attempt, name))
    if isinstance(found, type):
        return _with_store(found, name)
    if callable(found):
        return Implementation(name, MemoryStore.open, _checked(found, name))
    raise ImplementationError(f"{quoted(name)} is no Implementation, no use case and no store class")


def _with_store(found: Any, name: str) -> Implementation:
    lacking = [method for method in STORE_METHODS if not callable(getattr(found, method, None))]
    if lacking:
        raise ImplementationError(f"{quoted(name)} is no store class: it has no {', '.join(lacking)}")
    policy = getattr(found, "policy", None)
    return Implementation(name, found.open, policy=policy if isinstance(policy, Policy) else Policy.VERSION_FIRST)


def _checked(use_case: Callable[[BookingRequest], Any], name: str) -> Callable[[BookingRequest], Attempt]:
    """Return the use case, made to say in plain words that it is none, or that what it yields is no operation."""

    def attempt(request: BookingRequest) -> Attempt:
        started = use_case(request)
        if isinstance(started, Coroutine):
            started.close()  # or Python would warn that nobody awaited it
        if not isinstance(started, Generator):
            raise ExplorationError(f"{name} is no use case: it returns {_kind(started)} and no generator")
        result: Any = None
        while True:
            try:
                operation = started.send(result)
            except StopIteration as finished:
                emission: Emission = finished.value
                return emission
            if not isinstance(getattr(operation, "kind", None), str) or not hasattr(operation, "perform"):
                raise ExplorationError(f"{name} yields {_kind(operation)}, which has no kind or no perform")
            result = yield operation

    return attempt


def _kind(value: object) -> str:
    return f"a value of type {printable(type(value).__name__, 60)}"
