"""Loading what a user names as `module:attribute` or `file.py::attribute`: his own code, which is run for it."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from lastseat.simulations.common.text import printable, quoted, raised_by

_NAMED = re.compile(r"([\w-]+(?:\.[\w-]+)*):(\w+)")
_IN_A_FILE = re.compile(r"([^:]*\.py)::?([\w.]+(?:::\w+)*)", re.DOTALL)
LONGEST_NAME = 60  # characters


class LoadingError(ValueError):
    """There is no such thing, or its module cannot be imported; the text is one line."""


def loaded(name: str) -> Any:
    """Return what `module:attribute` names. The current folder is the first where a module is looked for.

    Naming a module runs it, as `python -m` would; what it prints goes to standard error. Raises LoadingError.
    """
    match = _NAMED.fullmatch(name)
    if match is None:
        raise LoadingError(f"{quoted(name)} is not of the form module:function")
    module = match.group(1)
    return _attribute(_imported(module), [match.group(2)], f"module {quoted(module)}")


def loaded_from_anywhere(name: str) -> Any:
    """Return what `module:attribute`, `file.py:attribute` or `file.py::Class::attribute` names; see `loaded`.

    A file is imported without changing where modules are looked for, as pytest does in its mode importlib. Of a class
    on the way to an attribute, an instance is made.
    """
    match = _IN_A_FILE.fullmatch(name)
    if match is None:
        if ".py:" in name or "[" in name:
            raise LoadingError(f"{quoted(name)} is not of the form file.py::function")
        return loaded(name)
    module = _from_file(match.group(1))
    return _attribute(module, re.split(r"::|\.", match.group(2)), quoted(match.group(1)))


def _attribute(module: ModuleType, path: Sequence[str], where: str) -> Any:
    found: Any = module
    for place, attribute in enumerate(path):
        try:
            found = getattr(found, attribute)
        except AttributeError:
            near = get_close_matches(attribute, dir(found), n=1, cutoff=0.7)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise LoadingError(f"{where} has no {quoted(attribute)}{hint}") from None
        if isinstance(found, type) and place + 1 < len(path):
            found = _made(found)
    return found


def _made(found: type) -> Any:
    try:
        with redirect_stdout(sys.stderr):
            return found()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        named = printable(found.__name__, LONGEST_NAME)
        raise LoadingError(f"{named} cannot be made: {raised_by(error)}") from error


def _imported(name: str) -> ModuleType:
    _look_here()
    try:
        with redirect_stdout(sys.stderr):
            return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may also try to leave the program
        raise LoadingError(f"module {quoted(name)} cannot be imported: {raised_by(error)}") from error


def _look_here() -> None:
    here = str(Path.cwd())
    if here in sys.path:
        sys.path.remove(here)
    sys.path.insert(0, here)


def _from_file(file: str) -> ModuleType:
    """Import a file by its path, under the name by which it could be imported from the current folder."""
    _look_here()
    path = Path(file).absolute()
    name = _name_of(path)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    try:
        with redirect_stdout(sys.stderr):
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None, "its name ends in .py"
            assert spec.loader is not None, "it is no folder"
            module = sys.modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        is_absent = isinstance(error, OSError) and not path.is_file()
        why = "there is no such file" if is_absent else raised_by(error)
        raise LoadingError(f"{quoted(file)} cannot be imported: {why}") from error
    return module


def _name_of(path: Path) -> str:
    here = Path.cwd()
    parts = path.relative_to(here).parts if path.is_relative_to(here) else path.parts[1:]
    name = ".".join(part.replace(".", "_") for part in (*parts[:-1], path.stem))
    # One of Python's own, or of another file, stays what it is.
    is_taken = name in sys.stdlib_module_names or name in sys.modules
    same = getattr(sys.modules.get(name), "__file__", None) == str(path)
    return f"{name}__of_a_file" if is_taken and not same else name
