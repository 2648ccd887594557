"""Calls of a generator function or an `async def` whose steps nobody takes: what they give is dropped at once.

Nothing of such a function runs, so that no profile function sees it. It is found in the source: a statement that is
nothing but the call.
"""

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from inspect import iscoroutinefunction, isgeneratorfunction
from types import FrameType

from lastseat.simulations.common.lines import Line


def forgotten(frame: FrameType) -> Iterator[tuple[str, Line]]:
    """Yield what the function of a frame calls so, and where. Names are looked up in the frame; nothing is called."""
    code = frame.f_code
    last = max((line for *_, line in code.co_lines() if line), default=code.co_firstlineno)
    for name, of, line in _bare_calls(code.co_filename):
        if not code.co_firstlineno <= line <= last:
            continue
        scope = {**frame.f_globals, **frame.f_locals}
        called = scope.get(name) if of is None else getattr(type(scope.get(of)), name, None)
        if isgeneratorfunction(called) or iscoroutinefunction(called):
            yield name, Line(code.co_filename, line, code.co_name)


@lru_cache(maxsize=100)
def _bare_calls(file: str) -> tuple[tuple[str, str | None, int], ...]:
    """Return the statements of a file that are calls: the name, of which name it is an attribute, and the line."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    calls = [
        (node.value.func, node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    bare = [(called.id, None, line) for called, line in calls if isinstance(called, ast.Name)]
    methods = [
        (called.attr, called.value.id, line)
        for called, line in calls
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)
    ]
    return (*bare, *methods)
