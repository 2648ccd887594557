"""Finding the implementation that a user names: one of ours, or their own as `module:attribute`."""

import importlib
import sys
from difflib import get_close_matches
from pathlib import Path

from lastseat.reference.flawed import GALLERY
from lastseat.reference.implementation import CAPACITY_FIRST, MEMORY, SQLITE, Implementation
from lastseat.reference.memory_store import MemoryStore
from lastseat.simulations.scenario import printable, quoted

CORRECT = {one.name: one for one in (MEMORY, CAPACITY_FIRST, SQLITE)}
SHIPPED = {**CORRECT, **GALLERY}


class ImplementationError(ValueError):
    """No such implementation; the text is one line."""


def find_implementation(name: str) -> Implementation:
    """Return the implementation of that name, or the one that `module:attribute` names.

    The attribute is an `Implementation`, a use case (a generator function of one request, run on the memory
    store), or a store class with `open`. Naming a module runs it, as `python -m` would. Raises ImplementationError.
    """
    if ":" in name:
        return _imported(name)
    if name in SHIPPED:
        return SHIPPED[name]
    near = get_close_matches(name, SHIPPED, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(SHIPPED)}, or module:function"
    raise ImplementationError(f"there is no implementation {quoted(name)}; {hint}")


def _imported(name: str) -> Implementation:
    module_name, _, attribute = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except AttributeError:
        raise ImplementationError(f"module {quoted(module_name)} has no {quoted(attribute)}") from None
    except Exception as error:
        why = f"{type(error).__name__}: {printable(str(error), 200)}"
        raise ImplementationError(f"{quoted(name)} cannot be imported: {why}") from error
    label = printable(name, 60)
    if isinstance(found, Implementation):
        return found
    if isinstance(found, type) and callable(getattr(found, "open", None)):
        return Implementation(label, found.open)  # type: ignore[attr-defined]  # looked up on the line above
    if callable(found):
        return Implementation(label, MemoryStore.open, found)
    raise ImplementationError(f"{quoted(name)} is no Implementation, no use case and no store class")
