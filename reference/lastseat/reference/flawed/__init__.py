"""The gallery of wrong implementations, each one small file that says what is wrong and why it is easy to miss.

They are here to show that the checks bite: see `tests/simulations/bookings/test_flawed.py`.
"""

from collections.abc import Iterable
from types import ModuleType

from lastseat.reference.flawed import (
    accepts_any_payload,
    accepts_unknown_resource,
    acknowledges_before_writing,
    assumes_empty_resource,
    bumps_version_on_rejection,
    cancels_when_unsure,
    checks_id_on_observe,
    checks_then_writes,
    compensates_overbooking,
    counts_bookings,
    counts_observers,
    counts_remaining,
    creates_unknown_resource,
    discards_oldest,
    expires_on_observe,
    fails_when_full,
    forgets_identity,
    forgets_reason,
    guesses_version,
    hidden_retry,
    holds_first,
    ignores_version,
    last_write_wins,
    locks_on_observe,
    looks_at_first_page,
    mistakes_absence_for_conflict,
    never_bumps_version,
    one_row_per_resource,
    queues_conflicts,
    refuses_repeats,
    rejects_conflicts,
    rejects_early,
    rejects_when_unavailable,
    replays_first_answer,
    retries_under_new_id,
    scopes_id_to_resource,
    searches_unsorted_ledger,
    starts_at_version_one,
    swallows_failures,
    takes_silence_for_success,
    trusts_observation,
    version_wraps_around,
    writes_in_two_steps,
)
from lastseat.reference.implementation import Implementation


def _by_name(modules: Iterable[ModuleType]) -> dict[str, Implementation]:
    found: Iterable[Implementation] = (module.IMPLEMENTATION for module in modules)
    return {implementation.name: implementation for implementation in found}


# Each shows itself on a shipped scenario of at most three attempts, without a fault.
GALLERY = _by_name(
    (
        ignores_version,
        forgets_identity,
        rejects_early,
        writes_in_two_steps,
        locks_on_observe,
        rejects_conflicts,
        never_bumps_version,
        bumps_version_on_rejection,
        trusts_observation,
        last_write_wins,
        checks_then_writes,
        checks_id_on_observe,
        scopes_id_to_resource,
        accepts_any_payload,
        refuses_repeats,
        hidden_retry,
        swallows_failures,
        forgets_reason,
        fails_when_full,
        guesses_version,
        compensates_overbooking,
        acknowledges_before_writing,
        counts_bookings,
        counts_remaining,
        starts_at_version_one,
        expires_on_observe,
        holds_first,
        creates_unknown_resource,
        accepts_unknown_resource,
        mistakes_absence_for_conflict,
        one_row_per_resource,
        queues_conflicts,
        discards_oldest,
        counts_observers,
        replays_first_answer,
    )
)

# These need a scenario of their own, and show themselves in few of its schedules.
RARE = _by_name(
    (
        version_wraps_around,
        looks_at_first_page,
        searches_unsorted_ledger,
    )
)

# These are correct until a fault strikes.
UNDER_FAULTS = _by_name(
    (
        takes_silence_for_success,
        rejects_when_unavailable,
        retries_under_new_id,
        assumes_empty_resource,
        cancels_when_unsure,
    )
)
