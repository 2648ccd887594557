"""Strategies that are wrong about faults, redeliveries or choices in one way each: the fuzzer finds every one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from fuzz.faulty_programs import FAULTS, Case
from fuzz.hunting import hunt

from lastseat.simulations.kernel import actions, execution
from lastseat.simulations.kernel.actions import Action, Fault, fault_of
from lastseat.simulations.kernel.execution import Execution
from lastseat.simulations.kernel.footprints import Footprints
from lastseat.simulations.kernel.program import Program
from lastseat.simulations.strategies.brute import Brute
from lastseat.simulations.strategies.reduction import dpor, wakeup
from lastseat.simulations.strategies.reduction.dpor import Dpor
from lastseat.simulations.strategies.reduction.trace import Link
from lastseat.simulations.strategies.reduction.wakeup import Node
from lastseat.simulations.strategies.sampling.chance import Chance
from lastseat.simulations.strategies.watch import Watch

# --- which actions are possible -------------------------------------------------------------------------------------


def loses_any_answer(who: int, *, took_effect: bool, **named: Any) -> Iterator[Action]:
    """Let the answer be lost of what took no effect."""
    del took_effect
    return actions.others(who, took_effect=True, **named)


def dies_after_any_step(who: int, *, ended: bool, **named: Any) -> Iterator[Action]:
    """Let a process die right after a step that does not end it."""
    del ended
    return actions.others(who, ended=True, **named)


def never_dies(who: int, **named: Any) -> Iterator[Action]:
    """Forget crashes."""
    return (action for action in actions.others(who, **named) if action.fault is not Fault.CRASH_BEFORE)


def forgets_a_branch(who: int, *, branches: int = 1, **named: Any) -> Iterator[Action]:
    """Forget the last branch of a choice."""
    return actions.others(who, branches=branches - 1, **named)


def counts_no_fault(self: Execution, who: int, operation: Any, original: Any = Execution.others) -> Iterator[Action]:
    """Leave one fault too many."""
    self.spent -= 1
    found = list(original(self, who, operation))
    self.spent += 1
    return iter(found)


# --- dpor -----------------------------------------------------------------------------------------------------------


def plans_at_once(self: Dpor) -> None:
    """Plan what else could have happened before all that comes after it, and not after what need not."""
    for index, instead in self._instead:
        spent = self.path[index].faults
        for step in instead:
            if spent + wakeup.is_fault(step) <= self._most_faults:
                self._reverse(index, [], step, self._largest(index))


def plans_only_faults(self: Dpor, original: Any = Dpor._plan_what_else) -> None:
    """Do not plan the ordinary step in the place of a fault."""
    kept = self._instead
    self._instead = [(index, instead) for index, instead in kept if fault_of(self.trace.steps[index]) is None]
    original(self)
    self._instead = kept


def covers_without_a_budget(
    node: Node, sequence: Sequence[Link], footprints: Footprints, most_faults: int, original: Any = wakeup.uncovered
) -> Any:
    """Let a fault that is asleep cover, though none is left for it."""
    return original(node, sequence, footprints, most_faults and 1_000)


def forgets_a_set(self: Program, original: Any = Program.parts) -> list[Program]:
    """Forget the last set of redeliveries."""
    found: list[Program] = original(self)
    return found[:-1] or found


# --- brute force, and samples ---------------------------------------------------------------------------------------


def ends_once(self: Brute, current: Execution, original: Any = Brute._turn) -> bool:
    """Go on with a redelivery only where somebody else could go on too."""
    with patch.object(Execution, "redeliveries", lambda _: []):
        found: bool = original(self, current)
    return found


def strikes_for_ever(self: Chance, *given: Any, original: Any = Chance.__init__) -> None:
    """Strike though the budget is used up."""
    original(self, *given)
    self._most += 1


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and what is replaced: where, by which name, and what stands there instead."""

    name: str
    replaced: tuple[tuple[Any, str, Any], ...]
    case: Case | None = None  # that shows it, where a hunt would take long

    def disagreement(self, case: Case) -> str | None:
        """Compare the strategies while the wrong one is planted."""
        with ExitStack() as stack:
            for where, name, other in self.replaced:
                stack.enter_context(patch.object(where, name, other))
            try:
                return FAULTS.disagreement(case)
            except Exception as error:  # noqa: BLE001 - an engine that raises is wrong too
                return f"{type(error).__name__}: {error}"

    def found(self, *, seed: int) -> str | None:
        """Hunt for it, and say how it was found. The case is not shrunk: nobody reads it."""

        if self.case is not None:
            return self.disagreement(self.case)

        def ask(case: Case) -> None:
            said = self.disagreement(case)
            if said is not None:
                raise _FoundError(said)

        try:
            hunt(FAULTS, seed_=seed, cases=1_500, disagreement=ask)
        except _FoundError as found:
            return str(found)
        return None


class _FoundError(BaseException):
    """Ends a hunt at once. No Exception: those are shrunk."""


def _instead_of_others(other: Callable[..., Any]) -> tuple[tuple[Any, str, Any], ...]:
    return ((execution, "others", other),)


WRONG = (
    Wrong("an answer is lost of what took no effect", _instead_of_others(loses_any_answer)),
    Wrong("a process dies after any step", _instead_of_others(dies_after_any_step)),
    Wrong("crashes are forgotten", _instead_of_others(never_dies)),
    Wrong("a branch is forgotten", _instead_of_others(forgets_a_branch)),
    Wrong("the budget is not counted", ((Execution, "others", counts_no_fault),)),
    Wrong("dpor plans no fault after what need not come after it", ((Dpor, "_plan_what_else", plans_at_once),)),
    Wrong(
        "dpor plans no ordinary step", ((Dpor, "_plan_what_else", plans_only_faults),), Case("x=1 x=1 | x=1", most=1)
    ),
    Wrong(
        "dpor covers with a fault that is not left",
        ((dpor, "uncovered", covers_without_a_budget), (wakeup, "uncovered", covers_without_a_budget)),
        Case("x? x? | x=1", most=1),
    ),
    Wrong("dpor forgets a set of redeliveries", ((Program, "parts", forgets_a_set),)),
    Wrong("brute forgets that it could have ended", ((Brute, "_turn", ends_once),)),
    Wrong("nobody stops at the first violation", ((Watch, "violated", property(lambda _: False)),)),
    Wrong("samples strike beyond the budget", ((Chance, "__init__", strikes_for_ever),)),
)
