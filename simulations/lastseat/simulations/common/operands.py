"""An assertion that failed, with the values that it was about: "assert seen != 3 (seen is 3)".

Nothing of the program is called for it but the `repr` of values: no property, no function, no `__getitem__`.
"""

import ast
import linecache
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from inspect import getattr_static
from itertools import islice
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from lastseat.simulations.common.text import printable
from lastseat.simulations.common.values import value_told

LONGEST_SOURCE = 120  # characters of the assertion
MOST_OPERANDS = 6
# What is named in an assertion and is no operand of it.
NO_OPERANDS = (BuiltinFunctionType, FunctionType, MethodType, ModuleType, type)
_UNKNOWN = object()


def operands_of(error: AssertionError, is_foreign: Callable[[FrameType], bool] = lambda _: False) -> str:
    """Return the assertion that failed, on one line, and the values of the names, attributes and items in it.

    It is looked for where `error` was raised, in the innermost frame that is not foreign. "" where that is no assert
    statement, or its source is not known.
    """
    found = None
    trace = error.__traceback__
    while trace is not None:
        if not is_foreign(trace.tb_frame):
            found = trace
        trace = trace.tb_next
    if found is None:
        return ""
    frame = found.tb_frame
    asserted = _assertion(frame.f_code.co_filename, frame.f_code, found.tb_lineno, found.tb_lasti)
    if asserted is None:
        return ""
    source, operands = asserted
    names: Mapping[str, Any] = {**frame.f_builtins, **frame.f_globals, **frame.f_locals}
    values = [(text, _value(operand, names)) for text, operand in operands]
    told = [f"{text} is {value_told(value)}" for text, value in values if not _is_no_operand(value)]
    listed = ", ".join(told[:MOST_OPERANDS]) + ", …" * (len(told) > MOST_OPERANDS)
    return f"{source} ({listed})" if told else source


def _is_no_operand(value: object) -> bool:
    return value is _UNKNOWN or isinstance(value, NO_OPERANDS)


# --- the source -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1000)
def _assertion(
    file: str, code: CodeType, line: int, instruction: int
) -> tuple[str, tuple[tuple[str, ast.expr], ...]] | None:
    """Return the assert statement at an instruction, and the expressions in it whose values can be looked up.

    Code of two files can be equal, so that the file is named.
    """
    source = "".join(linecache.getlines(file))
    tree = _parsed(source)
    if tree is None:
        return None
    statements = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if len(statements) > 1:  # on one line
        place = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
        at = (place[0] or line, place[2] or 0)
        statements = [node for node in statements if (node.lineno, node.col_offset) <= at][-1:]
    if not statements:
        return None
    test = statements[-1].test
    operands = {ast.unparse(expression): expression for expression in _operands(test)}
    told = ast.get_source_segment(source, test) if test.lineno == test.end_lineno else ast.unparse(test)
    return printable(f"assert {told}", LONGEST_SOURCE), tuple(operands.items())


@lru_cache(maxsize=20)
def _parsed(source: str) -> ast.Module | None:
    if not source:
        return None
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the largest expressions whose values can be looked up, in their order.

    Names that a comprehension or a lambda gives are not those of the frame.
    """
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda):
        return
    if isinstance(node, ast.Name) or (isinstance(node, ast.Attribute | ast.Subscript) and _is_path(node)):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _operands(child)
        elif isinstance(child, ast.keyword):
            yield from _operands(child.value)


def _is_path(node: ast.expr) -> bool:
    """Return whether an expression is a name with attributes and items, each named or numbered."""
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=owner):
            return _is_path(owner)
        case ast.Subscript(value=owner, slice=ast.Name() | ast.Constant()):
            return _is_path(owner)
        case ast.Subscript(value=owner, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant())):
            return _is_path(owner)
    return False


# --- the values -----------------------------------------------------------------------------------------------


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of a path; `_UNKNOWN` where code of the program would have to be called for it."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(operand=ast.Constant(value=int() as value)):
            return -value
        case ast.Name(id=name):
            return names.get(name, _UNKNOWN)
        case ast.Attribute(value=owner, attr=name):
            return _attribute(_value(owner, names), name)
        case ast.Subscript(value=owner, slice=key):
            return _item(_value(owner, names), _value(key, names))
    return _UNKNOWN


def _attribute(owner: object, name: str) -> Any:
    """Return an attribute that is kept in the object, or in its class: not where the class decides that in Python."""
    if owner is _UNKNOWN or not isinstance(type(owner).__getattribute__, WrapperDescriptorType):
        return _UNKNOWN
    found = getattr_static(owner, name, _UNKNOWN)
    if type(found) is MemberDescriptorType:
        try:
            return found.__get__(owner)
        except AttributeError:
            return _UNKNOWN
    return _UNKNOWN if hasattr(type(found), "__get__") else found


def _item(owner: object, key: object) -> Any:
    """Return an item of a plain container, by a key whose equality is Python's own."""
    if type(owner) not in (dict, list, tuple, str) or type(key) not in (int, str, bool, bytes, float, type(None)):
        return _UNKNOWN
    if type(owner) is dict and any(type(known) not in (int, str, bool, bytes, float) for known in owner):
        return _UNKNOWN  # to look a key up, it would be compared with others
    try:
        return owner[key]  # type: ignore[index]
    except (LookupError, TypeError):
        return _UNKNOWN
