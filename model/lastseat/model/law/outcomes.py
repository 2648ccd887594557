"""The law of outcomes: how likely each mix of BOOKED, REJECTED and FAILED is, when `attempts` race for one resource.

`outcomes` is the door. It follows no schedule and no attempt, but how many attempts are

    idle    have not observed
    fresh   have observed the version that is current
    stale   have observed an older one
    BOOKED, REJECTED, FAILED (or crashed)

That lumping is exact. A persist decides on the confirmed units, on the units that it asks for, and on whether it is
stale: never on who asks, and never on which older version was seen. So from all worlds of a lump one step leads to
the same lumps with the same probabilities (the chain is *strongly lumpable*), and these follow from each other
without the worlds.

`specs/decisions/outcomes.md` says why they agree; the tests hold each to the definition, and that to the real code.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, TypeVar, overload

from lastseat.model.law.chain import Chain
from lastseat.model.law.counting import counted
from lastseat.model.law.faults import NO_FAULTS, FaultRates, faults_error, with_faults
from lastseat.model.law.joint import Law, rounded
from lastseat.model.law.renewal import renewal, renewal_error
from lastseat.model.law.schedules import ScheduleLaw, Schedules
from lastseat.model.searches.readable import Mix
from lastseat.model.world import Policy

__all__ = ["NO_FAULTS", "FaultRates", "Law", "ScheduleLaw", "outcomes"]


@overload
def outcomes(
    attempts: int,
    capacity: int,
    law: str = ...,
    policy: str = ...,
    *,
    exact: Literal[True] = ...,
    in_flight: int | None = ...,
    units: Sequence[int] | None = ...,
    faults: FaultRates = ...,
) -> Law[Fraction]: ...
@overload
def outcomes(
    attempts: int,
    capacity: int,
    law: str = ...,
    policy: str = ...,
    *,
    exact: Literal[False],
    in_flight: int | None = ...,
    units: Sequence[int] | None = ...,
    faults: FaultRates = ...,
) -> Law[float]: ...
@overload
def outcomes(
    attempts: int,
    capacity: int,
    law: str = ...,
    policy: str = ...,
    *,
    exact: bool,
    in_flight: int | None = ...,
    units: Sequence[int] | None = ...,
    faults: FaultRates = ...,
) -> Law[Fraction] | Law[float]: ...
def outcomes(
    attempts: int,
    capacity: int,
    law: str = ScheduleLaw.UNIFORM,
    policy: str = Policy.VERSION_FIRST,
    *,
    exact: bool = True,
    in_flight: int | None = None,
    units: Sequence[int] | None = None,
    faults: FaultRates = NO_FAULTS,
) -> Law[Fraction] | Law[float]:
    """Return the joint law of the outcomes of `attempts` attempts at one resource of `capacity` units.

    `law` is "uniform" or "walk" (`ScheduleLaw`). With `exact` the masses are fractions, otherwise floats with an
    error bound. At most `in_flight` attempts are between observe and persist; None is no limit. `units` are the
    requested units, one number for all attempts or one for each; 1 where None. `faults` are probabilities; for an
    exact law they are fractions or integers.

    Unequal units, and faults together with a limit in flight, are computed by the definition, which is for small
    numbers. Floats need numpy for capacity-first and for a limit. Raises ValueError, in one line, where an argument
    is not as said here or too large. Clauses: persist.order, emit.one
    """
    _check_number("attempts", attempts, 0)
    _check_number("capacity", capacity, 0)
    if in_flight is not None:
        _check_number("in_flight", in_flight, 1)
    _check_faults(faults, exact)
    limit = None if in_flight is None or in_flight >= attempts else in_flight
    schedules = Schedules(attempts, _named(ScheduleLaw, law, "law"), limit)
    asked = _Asked(capacity, _units_of_each(attempts, units), schedules, _named(Policy, policy, "policy"), faults)
    if exact:
        return Law(attempts, capacity, schedules.law, asked.policy, asked.fractions())
    return Law(attempts, capacity, schedules.law, asked.policy, asked.floats(), asked.error())


@dataclass(frozen=True)
class _Asked:
    """What is asked, checked; `units` has one number for each attempt."""

    capacity: int
    units: tuple[int, ...]
    schedules: Schedules
    policy: Policy
    faults: FaultRates

    def fractions(self) -> Mapping[Mix, Fraction]:
        if self._needs_the_definition:
            kinds = Counter(self.units)
            return Chain(self.capacity, tuple(kinds), self.schedules, self.policy, self.faults).law(
                tuple(kinds.values())
            )
        if any(self.faults):
            return with_faults(len(self.units), self.faults, self._fractions_of, Fraction)
        return self._fractions_of(len(self.units))

    def floats(self) -> Mapping[Mix, float]:
        if self._needs_the_definition:
            return {mix: float(mass) for mix, mass in self.fractions().items()}
        if any(self.faults):
            return with_faults(len(self.units), self.faults, self._floats_of, float)
        return self._floats_of(len(self.units))

    def error(self) -> float:
        """Return the relative error of each of the floats."""
        attempts = len(self.units)
        if self._needs_the_definition:
            return rounded(1)
        error, mixing = self._error_without_faults(), faults_error(attempts) if any(self.faults) else 0.0
        return error + mixing + error * mixing

    @property
    def _needs_the_definition(self) -> bool:
        return len(set(self.units)) > 1 or (self.schedules.in_flight is not None and any(self.faults))

    @property
    def _renews(self) -> bool:
        return self.policy is Policy.VERSION_FIRST and self.schedules.in_flight is None

    @property
    def _seats(self) -> int:
        """Return how many attempts can be BOOKED; all ask for the same number of units."""
        return self.capacity // (self.units[0] if self.units else 1)

    def _fractions_of(self, attempts: int) -> Mapping[Mix, Fraction]:
        if self._renews:
            return renewal(attempts, self._seats, self.schedules.law, Fraction)
        return counted(self._seats, replace(self.schedules, attempts=attempts), self.policy)

    def _floats_of(self, attempts: int) -> Mapping[Mix, float]:
        if self._renews:
            return renewal(attempts, self._seats, self.schedules.law, float)
        from lastseat.model.law.fast import outcomes_fast  # here, since numpy is optional

        return outcomes_fast(self._seats, replace(self.schedules, attempts=attempts), self.policy)

    def _error_without_faults(self) -> float:
        if self._renews:
            return renewal_error(len(self.units), self._seats)
        from lastseat.model.law.fast import fast_error

        return fast_error(len(self.units), self._seats)


Named = TypeVar("Named", ScheduleLaw, Policy)


def _named(kind: type[Named], name: str, place: str) -> Named:
    try:
        return kind(name)
    except ValueError:
        raise ValueError(f"{place} must be {' or '.join(kind)}, not {_short(name)}") from None


def _check_number(place: str, value: int, least: int) -> None:
    if type(value) is not int or value < least:
        raise ValueError(f"{place} must be an integer of at least {least}, not {_short(value)}")


def _check_faults(faults: FaultRates, exact: bool) -> None:
    for place, rate in zip(FaultRates._fields, faults, strict=True):
        if isinstance(rate, bool) or not isinstance(rate, int | float | Fraction) or not 0 <= rate <= 1:
            raise ValueError(f"{place} must be a probability from 0 to 1, not {_short(rate)}")
        if exact and isinstance(rate, float):
            raise ValueError(f"{place} must be a fraction for an exact law, such as Fraction('0.1'), not {rate!r}")


def _units_of_each(attempts: int, units: Sequence[int] | None) -> tuple[int, ...]:
    given = (1,) if units is None else tuple(units)
    for number in given:
        _check_number("units", number, 1)
    if len(given) not in (1, attempts):
        raise ValueError(f"units must be 1 number or {attempts}, one for each attempt, not {len(given)} numbers")
    return given * attempts if len(given) == 1 else given


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or value.bit_length() < 128 else "a number beyond 2**128"
    return text if len(text) <= 60 else f"{text[:57]}..."
