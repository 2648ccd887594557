"""The door to z3, which is optional: it is imported when it is first used, and nothing here needs it before that."""

from importlib import import_module
from typing import Any, TypeAlias

Term: TypeAlias = Any  # an expression, a sort or a model of z3, which ships no types


class SolverMissingError(ImportError):
    """z3 is needed for the proof, and it is not installed."""


class _Solver:
    """The module z3, imported at the first use. Raises SolverMissingError when it is not installed."""

    def __getattr__(self, name: str) -> Term:
        try:
            found = getattr(import_module("z3"), name)
        except ImportError as error:
            raise SolverMissingError(
                "the proof needs z3, which is not installed: pip install 'lastseat[prove]'", name="z3"
            ) from error
        setattr(self, name, found)
        return found


z3 = _Solver()


def checked(solver: Term) -> str:
    """Return what a solver answers: sat, unsat or unknown. Raises KeyboardInterrupt when Ctrl-C stopped it."""
    answer = str(solver.check())
    if answer == "unknown" and "interrupted" in solver.reason_unknown():
        raise KeyboardInterrupt  # z3 takes Ctrl-C for itself while it searches
    return answer
