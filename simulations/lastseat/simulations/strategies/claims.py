"""Claims about a program, asked one at a time: what one says of a state or an end, and what they all never said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from lastseat.simulations.common.lines import lines_of
from lastseat.simulations.common.text import printable, quoted
from lastseat.simulations.kernel.exploration import Property, When
from lastseat.simulations.kernel.program import ProgramError, kind_of
from lastseat.simulations.kernel.stepping import Broken

LONGEST = 300  # characters of an objection

SoFar: TypeAlias = Callable[[], str]  # the schedule so far, as the end of a sentence


class Claims:
    """The claims, by when they are looked at."""

    def __init__(self, properties: Sequence[Property]) -> None:
        self.always = [claim for claim in properties if claim.when is When.ALWAYS]
        self.at_end = [claim for claim in properties if claim.when is When.AT_END]
        self.sometimes = [claim for claim in properties if claim.when is When.SOMETIMES]

    def vacuous(self, spoke: Mapping[str, int]) -> tuple[str, ...]:
        """Return the claims that had nothing to say (sometimes: that never held)."""
        claims = (*self.always, *self.at_end, *self.sometimes)
        return tuple(claim.name for claim in claims if not spoke.get(claim.name))


def applies(claim: Property, about: object, so_far: SoFar) -> bool:
    """Return whether the claim is made of a state or an end. Raises ProgramError where it cannot be asked."""
    try:
        return claim.applies is None or bool(_asked(claim, claim.applies, about, so_far))
    except AssertionError as error:
        raise _raised(claim, error, so_far) from error


def objection(claim: Property, about: object, so_far: SoFar) -> str | None:
    """Return why the claim does not hold, None where it does.

    An assertion that fails in the check is an objection. Raises ProgramError where the check raises anything else,
    and where it gives what is no answer.
    """
    try:
        found = _asked(claim, claim.check, about, so_far)
    except AssertionError as error:
        return printable(str(Broken.by(error)), LONGEST)
    if found is None or (_is_bool(found) and found):
        return None
    if isinstance(found, str):
        return printable(found, LONGEST)
    if _is_bool(found):
        return "it is not so"
    raise ProgramError(
        f"the claim {quoted(claim.name)} gave {kind_of(found)}; a check gives True or None where the claim holds, "
        f"False or a text where it does not{so_far()}"
    )


def _is_bool(found: object) -> bool:
    """Return whether this is a bool, of Python or of numpy."""
    of = type(found)
    return of is bool or (of.__module__ == "numpy" and of.__name__ in ("bool", "bool_"))


def _asked(claim: Property, question: Callable[[Any], Any], about: object, so_far: SoFar) -> Any:
    try:
        return question(about)
    except AssertionError:
        raise
    except Exception as error:
        raise _raised(claim, error, so_far) from error


def _raised(claim: Property, error: Exception, so_far: SoFar) -> ProgramError:
    what = printable(f"{type(error).__name__}: {error}", 200)
    where = "".join(f" ({printable(str(line), 60)})" for line in lines_of(error)[:1])
    return ProgramError(f"the claim {quoted(claim.name)} raised {what}{where}{so_far()}")


def never(effects: Mapping[str, Iterable[bool]]) -> tuple[str, ...]:
    """Return the kinds of steps that never had an effect, or always had one, and could have done otherwise."""
    words = {True: "never without effect", False: "never with effect"}
    return tuple(
        f"{kind}: {words[next(iter(seen))]}" for kind, seen in sorted(effects.items()) if len(set(seen)) == 1
    )
