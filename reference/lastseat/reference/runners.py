"""Plain runners: perform one attempt against a store, from its first step to its outcome."""

from collections.abc import Generator
from typing import Any, TypeVar

from lastseat.reference.attempt_booking import Operation
from lastseat.reference.store import AsyncStore, Store

Result = TypeVar("Result")


def run(attempt: Generator[Operation, Any, Result], store: Store) -> Result:
    """Perform `attempt` on `store` in the calling thread and return what it emits.

    Each operation is performed once: a runner adds no retry. Clause: attempt.one_persist
    """
    result: object = None
    while True:
        try:
            operation = attempt.send(result)
        except StopIteration as finished:  # how a Python generator returns its value
            return finished.value  # type: ignore[no-any-return]
        result = operation.perform(store)


async def run_async(attempt: Generator[Operation, Any, Result], store: AsyncStore) -> Result:
    """Perform `attempt` on a store whose operations are awaited, and return what it emits."""
    result: object = None
    while True:
        try:
            operation = attempt.send(result)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        result = await operation.perform_async(store)
