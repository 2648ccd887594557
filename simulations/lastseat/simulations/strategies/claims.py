"""Claims about a program, asked one at a time: what one says of a state or an end, and what they all never said."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from lastseat.simulations.common.text import printable, quoted
from lastseat.simulations.kernel.exploration import Property, When
from lastseat.simulations.kernel.program import ProgramError

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
    return claim.applies is None or bool(_asked(claim, claim.applies, about, so_far))


def objection(claim: Property, about: object, so_far: SoFar) -> str | None:
    """Return why the claim does not hold, None where it does. Raises ProgramError where it cannot be asked."""
    found = _asked(claim, claim.check, about, so_far)
    if found is True or found is None:
        return None
    return printable(found if isinstance(found, str) else "it is not so", 300)


def _asked(claim: Property, question: Callable[[Any], Any], about: object, so_far: SoFar) -> Any:
    try:
        return question(about)
    except Exception as error:
        what = printable(f"{type(error).__name__}: {error}", 200)
        raise ProgramError(f"the claim {quoted(claim.name)} raised {what}{so_far()}") from error


def never(effects: Mapping[str, Iterable[bool]]) -> tuple[str, ...]:
    """Return the kinds of steps that never had an effect, or always had one, and could have done otherwise."""
    words = {True: "never without effect", False: "never with effect"}
    return tuple(
        f"{kind}: {words[next(iter(seen))]}" for kind, seen in sorted(effects.items()) if len(set(seen)) == 1
    )
